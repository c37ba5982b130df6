"""The conditional accuracy function: how often answers of each speed are right."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend
from jaxgym_neuro.analysis.estimates import Curve
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.analysis.values import levels


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ConditionalAccuracy(Result):
    """Accuracy in bins of the time that answers took, from fast to slow."""

    accuracy: Curve  # x: mean time in the bin, ms
    trials: int
    left_out: int  # unanswered

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot accuracy over time, and return the Axes."""
        ax = axes_of(ax, "reaction time (ms)", "correct")
        self.accuracy.plot(ax, label=label, color=color)
        legend(ax)
        return ax


def conditional_accuracy(
    trials: Any = None,
    time: Any = "reaction_time",
    correct: Any = "correct",
    *,
    bins: int = 5,
    answered: Any = None,
) -> ConditionalAccuracy:
    """Compute accuracy in bins of equally many answers, by how long these took.

    Fast errors (impulses, a starting point that varies) make the first bins the worse ones, slow
    errors (a drift that varies, bounds that collapse) the last.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        time: column or array of times in ms; NaN: no answer.
        correct: column or array, was it right?
        bins: how many; a bin that has no time of its own is left away.
        answered: column or array, which trials count; None: those with a time.

    Raises:
        ValueError: for fewer than 10 answers in a bin, or times that are all the same.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, correct, time)
    right, times = columns.yes_or_no(correct, "correct", mask), columns.times(time, "time", mask)
    if len(times) < 10 * bins:
        raise ValueError(f"{bins} bins need {10 * bins} answers at least, not {len(times)}")
    x, bin_of = levels(times, bins, "time")
    count = np.bincount(bin_of)
    curve = Curve.of_proportions(x, np.bincount(bin_of, right), count)
    return ConditionalAccuracy(curve, len(times), int(np.sum(~mask)))
