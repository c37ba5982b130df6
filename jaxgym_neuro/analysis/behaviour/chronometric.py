"""The chronometric curve: how long answers take, right ones and wrong ones."""

import dataclasses
import itertools
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import Curve
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.analysis.values import levels


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Chronometric(Result):
    """Mean time of right and of wrong answers by the strength of the stimulus."""

    correct: Curve  # ms
    error: Curve | None  # ms; None where it was not asked for
    median_correct: np.ndarray  # (k,) ms
    trials: int
    left_out: int  # unanswered
    stimulus: str = "stimulus"  # what pictures say of it, with its unit

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot both means with their intervals, errors as open circles, and return the Axes."""
        ax = axes_of(ax, self.stimulus, "reaction time (ms)")
        color = next_color(ax) if color is None else color
        prefix = "" if label is None else f"{label}, "
        self.correct.plot(ax, label=f"{prefix}correct", color=color)
        if self.error is not None:
            self.error.plot(ax, label=f"{prefix}error", color=color, line="--", marker="x")
        legend(ax)
        return ax


def chronometric(
    trials: Any = None,
    stimulus: Any = "coh",
    *,
    time: Any = "reaction_time",
    correct: Any = "correct",
    answered: Any = None,
    bins: int | None = None,
    errors: bool = True,
) -> Chronometric:
    """Average the times of answers by the strength of the stimulus.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        stimulus: column or array of the strength.
        time: column or array of times in ms; NaN: no answer.
        correct: column or array, was it right?
        answered: column or array, which trials count; None: those with a time.
        bins: put the strengths into so many bins of equally many trials.
        errors: average the times of errors, too; of which there must be some.

    Raises:
        ValueError: for one strength only, no answers, negative times, or no errors where they
            are to be averaged.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, correct, time)
    x, right = (
        columns.finite(stimulus, "stimulus", mask),
        columns.yes_or_no(correct, "correct", mask),
    )
    times = columns.times(time, "time", mask)
    found, level_of = levels(x, bins, "stimulus")
    if not right.any():
        raise ValueError("no answer is right; the curve needs right ones")
    if errors and right.all():
        raise ValueError("there are no errors to average; errors=False leaves them out")
    order = np.lexsort((times, level_of))
    order = order[right[order]]
    edges = np.searchsorted(level_of[order], np.arange(len(found) + 1))
    sorted_times = times[order]
    medians = [
        np.median(sorted_times[low:high]) if high > low else np.nan
        for low, high in itertools.pairwise(edges)
    ]
    return Chronometric(
        correct=Curve.of_means(found, level_of[right], times[right]),
        error=Curve.of_means(found, level_of[~right], times[~right]) if errors else None,
        median_correct=np.array(medians),
        trials=len(times),
        left_out=int(np.sum(~mask)),
        stimulus=columns.label(stimulus, "stimulus"),
    )
