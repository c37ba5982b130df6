"""A bar of a training's progress, filled from inside the jitted program."""

import sys
from collections.abc import Mapping
from typing import Any, Self, TextIO

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LINES = 10  # where there is no terminal
_SHOWN = ("performance", "loss")


class ProgressBar:
    """A bar where there is a terminal, ten lines where there is none; give it as ``report``.

    It shows the mean over runs of performance per trial and loss. The bar begins with the first
    update and stays until it is closed; in a ``with`` statement it is closed however that ends.

    Args:
        updates: of the training.
        stream: where to write; default is the standard output.
    """

    def __init__(self, updates: int, stream: TextIO | None = None):
        self._stream = stream or sys.stdout
        self._every = max(1, updates // _LINES)
        self._is_terminal = self._stream.isatty()
        self._bar = Progress(
            MofNCompleteColumn(),
            TextColumn("updates"),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=self._stream, highlight=False),
            disable=not self._is_terminal,
        )
        self._task = self._bar.add_task("", total=updates)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __call__(self, number: Any, metrics: Mapping[str, Any]) -> None:
        """Show that ``number`` updates are done."""
        shown = ", ".join(f"{name} {np.mean(metrics[name]):.3f}" for name in _SHOWN)
        if self._is_terminal:
            self._bar.start()
            self._bar.update(self._task, completed=int(number), description=shown)
        elif int(number) % self._every == 0:
            self._stream.write(f"{int(number):>6,} updates: {shown}\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()
