"""A bar of a training's progress, filled from inside the jitted program."""

import sys
from collections.abc import Mapping
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

_LINES = 10  # where there is no terminal


class ProgressBar:
    """A bar where there is a terminal, ten lines where there is none; give it as ``report``.

    It shows the mean over runs of performance per trial and loss.

    Args:
        updates: of the training.
        stream: where to write; default is the standard output.
    """

    def __init__(self, updates: int, stream: TextIO | None = None):
        self._updates, self._stream = updates, stream or sys.stdout
        self._every = max(1, updates // _LINES)
        self._is_terminal = self._stream.isatty()
        self._bar = tqdm(
            total=updates, unit="update", file=self._stream, disable=not self._is_terminal
        )

    def __call__(self, number: Any, metrics: Mapping[str, Any]) -> None:
        """Show that ``number`` updates are done."""
        shown = {name: f"{np.mean(metrics[name]):.3f}" for name in ("performance", "loss")}
        if self._is_terminal:
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update(int(number) - self._bar.n)
        elif int(number) % self._every == 0:
            line = ", ".join(f"{name} {value}" for name, value in shown.items())
            self._stream.write(f"{int(number):>6,} updates: {line}\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
