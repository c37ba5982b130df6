"""What a correction is, and those that several tasks share."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

UNSTATED = object()
ABSENT = "absent"  # of a reward that NeuroGym lists, and we do not have


@dataclasses.dataclass(frozen=True)
class Correction:
    """One deviation.

    Attributes:
        difference: name of the deviation in the task's ``DIFFERENCES``, or in those of every task.
        comparisons: patterns of comparison names (see comparisons.py), as in `fnmatch`.
        expected: what is there instead: the exact mean over trials, a `Sample` to compare with, or
            a function ``(side, name)`` that returns either. Of what is static, the value.
        rows: turns NeuroGym's ``(ob, gt, golden, dt)`` into the corrected ``(ob, gt)``.
        step: turns what is seen in NeuroGym after a step, ``(row, action, t)``, into the corrected
            row; for tasks without arrays.
        configs: configurations in which it shows; default all.

    Raises:
        ValueError: for one that would only exempt what is there from being compared.
    """

    difference: str
    comparisons: tuple[str, ...] = ()
    expected: Any = UNSTATED
    rows: Callable[..., Any] | None = None
    step: Callable[..., Any] | None = None
    configs: tuple[int, ...] | None = None

    def __post_init__(self):
        if self.comparisons and self.expected is UNSTATED:
            raise ValueError(f"state what {self.comparisons} must be instead: {self.difference}")
        if not (self.comparisons or self.rows or self.step):
            raise ValueError(f"this corrects neither a number nor rows: {self.difference}")

    def number(self, side, name):
        """Return what is expected of one comparison."""
        return self.expected(side, name) if callable(self.expected) else self.expected


def cue_rows(value, *periods):
    """Return rows in which the fixation channel has ``value`` in the given periods too."""

    def rows(ob, gt, golden, dt):
        del dt
        for name in periods:
            start, end = golden["periods"][name]
            ob[start:end, 0] = value
        return ob, gt

    return rows


def act_only_at(step):
    """Return rows whose one action is at ``step(periods, conditions, dt)``."""

    def rows(ob, gt, golden, dt):
        at = step(golden["periods"], golden["conditions"], dt)
        return ob, (np.arange(len(gt)) == at).astype(gt.dtype)

    return rows


R_TMAX = Correction(difference="miss", comparisons=("static/r_tmax",), expected=0.0)
WITHHOLDING_SCORES = (
    Correction("withholding", comparisons=("policy/fixating/performance",), expected=0.5),
    Correction("withholding", comparisons=("policy/ground_truth/performance",), expected=1),
    R_TMAX,
)
CUE_UNTIL_DECISION = Correction(
    difference="cue",
    comparisons=("observation/stimulus/0/*", "observation/delay/0/*"),
    expected=1,
    rows=cue_rows(1, "stimulus", "delay"),
)


def never_paid(*rewards):
    """Correct rewards that NeuroGym lists and never gives."""
    return Correction(
        difference="never paid",
        comparisons=tuple(f"static/rewards/{name}" for name in rewards),
        expected=ABSENT,
    )
