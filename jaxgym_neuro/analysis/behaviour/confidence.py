"""Confidence: waivers of a sure reward, and reports on a scale."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import Curve, Estimate
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.analysis.values import levels


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Wager(Result):
    """How often a sure reward is taken, and how well subjects do that waive it."""

    sure: Curve  # of trials in which it was offered
    waived: Curve  # accuracy where it was offered and not taken
    not_offered: Curve  # accuracy where it was not offered
    p_sure: Estimate  # over all strengths
    advantage: Estimate  # accuracy where it was waived, less that where it was not offered
    trials: int
    left_out: int  # unanswered
    stimulus: str = "stimulus"  # what pictures say of it, with its unit

    def plot(self, ax: Any = None, *, label: str | None = None) -> Any:
        """Plot the three curves, and return the Axes."""
        ax = axes_of(ax, self.stimulus, "proportion")
        prefix = "" if label is None else f"{label}, "
        self.sure.plot(ax, label=f"{prefix}sure target chosen", marker="s", line=":")
        color = next_color(ax)
        self.waived.plot(ax, label=f"{prefix}correct, sure target waived", color=color)
        self.not_offered.plot(
            ax, label=f"{prefix}correct, not offered", color=color, line="--", marker="x"
        )
        ax.set_ylim(-0.03, 1.03)
        legend(ax)
        return ax


def wager(
    trials: Any = None,
    stimulus: Any = "coh",
    *,
    choice: Any = "choice",
    sure: Any = 3,
    offered: Any = "wager",
    correct: Any = None,
    ground_truth: Any = "ground_truth",
    answered: Any = None,
    bins: int | None = None,
) -> Wager:
    """Compute how often a sure reward is taken by strength, and what waiving says of accuracy.

    A subject that knows how sure it is takes it where the stimulus is weak, and is more often
    right where it waives it than where it is not offered (Kiani & Shadlen 2009,
    https://doi.org/10.1126/science.1169405).

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        stimulus: column or array of the strength.
        choice: column or array of choices.
        sure: the choice that takes the sure reward, in ``PostDecisionWager-v0`` action 3.
        offered: column or array, was it there?
        correct: column or array, was a direction that was chosen right? None: the choice is 1 more
            than ``ground_truth``, as in ``PostDecisionWager-v0``.
        ground_truth: column or array.
        answered: column or array, which trials count; None: those in which the choice has a time.
        bins: put the strengths into so many bins of equally many trials.

    Raises:
        ValueError: unless it was offered and not, taken and waived.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, choice)
    x, level_of = levels(columns.finite(stimulus, "stimulus", mask), bins, "stimulus")
    taken = columns.get(choice, "choice")[mask] == sure
    was_offered = columns.yes_or_no(offered, "offered", mask)
    if correct is None:
        truth = columns.finite(ground_truth, "ground_truth", mask)
        right = columns.numbers(choice, "choice")[mask] == truth + 1
    else:
        right = columns.yes_or_no(correct, "correct", mask)
    waived, plain = was_offered & ~taken, ~was_offered & ~taken
    taken &= was_offered
    if not (taken.any() and waived.any() and plain.any()):
        raise ValueError(
            f"a wager needs trials in which choice {sure} was offered and taken, offered and "
            f"waived, and not offered; there are {taken.sum()}, {waived.sum()} and {plain.sum()}"
        )

    def curve(hits, among):
        count = np.bincount(level_of[among], minlength=len(x))
        return Curve.of_proportions(x, np.bincount(level_of[hits & among], minlength=len(x)), count)

    p = [float(right[among].mean()) for among in (waived, plain)]
    smooth = [
        (right[among].sum() + 0.5) / (among.sum() + 1) for among in (waived, plain)
    ]  # keeps the error of an accuracy of 1 above 0
    variance = sum(
        q * (1 - q) / among.sum() for q, among in zip(smooth, (waived, plain), strict=True)
    )
    p_taken = Curve.of_proportions([0], [taken.sum()], [was_offered.sum()])
    return Wager(
        sure=curve(taken, was_offered),
        waived=curve(right, waived),
        not_offered=curve(right, plain),
        p_sure=Estimate(float(p_taken.y[0]), float(p_taken.low[0]), float(p_taken.high[0])),
        advantage=Estimate.of(p[0] - p[1], float(np.sqrt(variance))),
        trials=int(np.sum(mask)),
        left_out=int(np.sum(~mask)),
        stimulus=columns.label(stimulus, "stimulus"),
    )


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Confidence(Result):
    """How often answers are right that were given with each confidence."""

    accuracy: Curve  # x: confidence
    auroc: Estimate  # that a right answer is given with more confidence than a wrong one
    # Mean confidence less accuracy: above 0 where a subject that reports probabilities is overly
    # confident.
    overconfidence: Estimate
    trials: int
    left_out: int  # unanswered

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot accuracy over confidence, and return the Axes."""
        ax = axes_of(ax, "confidence", "correct")
        self.accuracy.plot(ax, label=label, color=color)
        ax.plot([0.5, 1], [0.5, 1], color="0.8", linewidth=0.8, zorder=0)
        legend(ax)
        return ax


def confidence(
    trials: Any = None,
    reported: Any = "confidence",
    correct: Any = "correct",
    *,
    answered: Any = None,
    bins: int | None = None,
) -> Confidence:
    """Compute accuracy by reported confidence, and how well confidence tells errors from the rest.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        reported: column or array of the confidence; NaN: none was reported.
        correct: column or array, was the answer right?
        answered: column or array, which trials count; None: those with an answer and a report.
        bins: put the reports into so many bins of equally many trials; needed where they are
            continuous.

    Raises:
        ValueError: for one confidence only, or unless there are right answers and errors.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, correct, reported)
    right = columns.yes_or_no(correct, "correct", mask)
    report = columns.finite(reported, "reported", mask)
    x, level_of = levels(report, bins, "reported")
    if right.all() or not right.any():
        raise ValueError("confidence is judged by right answers and errors; there is one kind only")
    count = np.bincount(level_of)
    hits = np.bincount(level_of, right)
    auroc, error = _area(report, right)
    difference = report - right
    return Confidence(
        accuracy=Curve.of_proportions(x, hits, count),
        auroc=Estimate.of(auroc, error),
        overconfidence=Estimate.of(
            difference.mean(), difference.std(ddof=1) / np.sqrt(len(report))
        ),
        trials=len(report),
        left_out=int(np.sum(~mask)),
    )


def _area(values, right):
    """Return the area under the ROC curve with its error (Hanley & McNeil 1982)."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.searchsorted(ordered, ordered, side="left")
    last = np.searchsorted(ordered, ordered, side="right")
    rank = (first + last + 1) / 2  # of ties, the mean of theirs
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    area = (rank[right[order]].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (n_right - 1) * (q1 - area**2) + (n_wrong - 1) * (q2 - area**2)
    ) / (n_right * n_wrong)
    return float(area), float(np.sqrt(max(variance, 0.0)))
