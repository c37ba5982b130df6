"""Where a task is deliberately not what NeuroGym 2.3.1 does, and what it must be instead.

A comparison whose name matches a correction's pattern is not made with the recording; the corrected
number is checked. A pattern that matches no comparison of a task fails the test: it is out of date.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Correction:
    """One deviation.

    Attributes:
        reason: what NeuroGym does, and what is done here.
        comparisons: patterns of comparison names (see test_parity.py), as in `fnmatch`.
        expected: what the mean over trials must be: a number, or (lowest, highest).
        rows: turns NeuroGym's golden ``(ob, gt, periods)`` into the corrected ``(ob, gt)``, or None
            where the rows need none.
        configs: configurations in which it shows; default all.
    """

    reason: str
    comparisons: tuple[str, ...] = ()
    expected: float | tuple[float, float] | None = None
    rows: Callable[..., Any] | None = None
    configs: tuple[int, ...] | None = None


def _cue_until_decision(ob, gt, periods):
    for name in ("stimulus", "delay"):
        start, end = periods[name]
        ob[start:end, 0] = 1
    return ob, gt


CORRECTIONS: Mapping[str, tuple[Correction, ...]] = {
    "PerceptualDecisionMaking-v0": (
        Correction(
            reason="the fixation cue stays on until the subject may answer; NeuroGym turns it off "
            "after fixation, and an agent cannot know when to act",
            comparisons=("observation/stimulus/0/*", "observation/delay/0/*"),
            expected=1,
            rows=_cue_until_decision,
        ),
    ),
}

# Entries of NeuroGym's trial dict that are no conditions here, and why.
NOT_CONDITIONS: Mapping[str, Mapping[str, str]] = {}

# How a value of NeuroGym's trial dict reads here, where it is not the same number.
AS_HERE: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {}
