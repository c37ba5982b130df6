"""A bar of a training's progress, filled from inside the jitted program."""

import sys
from collections import deque
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


class ProgressBar:
    """A bar where there is a terminal, ten lines where there is none; give it as ``report``.

    It shows performance per trial and loss, as means over runs and a tenth of the updates: with
    ten lines, over all since the line before. The bar begins with the first update and stays until
    it is closed; in a ``with`` statement it is closed however that ends.

    Args:
        updates: of the training.
        stream: where to write; default is the standard output.
        best: performance of the ideal observer, shown beside; None: it is not shown.
    """

    def __init__(self, updates: int, stream: TextIO | None = None, *, best: float | None = None):
        self._stream = stream or sys.stdout
        self._every = max(1, updates // _LINES)
        self._last: deque[Mapping[str, Any]] = deque(maxlen=self._every)
        self._best = "" if best is None else f" (ideal {best:.3f})"
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
        self._last.append(metrics)
        performance, loss = self._mean_performance(), self._mean_loss()
        shown = f"performance {performance:.3f}{self._best}, loss {loss:.3f}"
        if self._is_terminal:
            self._bar.start()
            self._bar.update(self._task, completed=int(number), description=shown)
        elif int(number) % self._every == 0:
            self._stream.write(f"{int(number):>6,} updates: {shown}\n")
            self._stream.flush()

    def _mean_performance(self) -> float:
        """Mean over the trials of the last updates; each counts as the trials that ended in it."""
        scores = np.stack([np.asarray(one["performance"]) for one in self._last])
        trials = np.stack([np.broadcast_to(one["trials"], scores.shape[1:]) for one in self._last])
        return float(np.sum(scores * trials) / max(np.sum(trials), 1))

    def _mean_loss(self) -> float:
        return float(np.mean([one["loss"] for one in self._last]))

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()
