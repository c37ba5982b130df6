"""The history kernel: what choices and outcomes before do to a choice."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend
from jaxgym_neuro.analysis.estimates import Curve, Estimate
from jaxgym_neuro.analysis.logistic import fit_logistic
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class History(Result):
    """Weights of the trials before in the log-odds of a choice.

    A weight of ``choice`` above 0 is a tendency to repeat that choice, however it turned out; one
    of ``outcome`` to repeat what was right and to leave what was wrong. After a right choice both
    add up, after a wrong one they are opposed.
    """

    choice: Curve  # x: 1, 2, ... trials back
    outcome: Curve
    bias: Estimate  # log-odds of the higher choice
    stimulus: Estimate | None  # weight of the stimulus of this trial, per its unit
    trials: int
    left_out: int  # unanswered, or soon after one that was, or after the start of a session

    def plot(self, ax: Any = None, *, label: str | None = None) -> Any:
        """Plot both kernels, and return the Axes."""
        ax = axes_of(ax, "trials back", "weight (log-odds)", counted=True)
        prefix = "" if label is None else f"{label}, "
        self.choice.plot(ax, label=f"{prefix}choice")
        self.outcome.plot(ax, label=f"{prefix}choice x outcome", line="--")
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        ax.set_xticks(self.choice.x)
        legend(ax)
        return ax


def history(
    trials: Any = None,
    choice: Any = "choice",
    outcome: Any = "correct",
    *,
    stimulus: Any = None,
    back: int = 5,
    between: Sequence[Any] | None = None,
    answered: Any = None,
) -> History:
    """Fit how choices depend on those before, and on how those turned out.

    A logistic regression: the log-odds of the higher choice are a bias, plus a weight times the
    stimulus, plus for each trial back a weight times its choice (1 or -1) and one times its choice
    times its outcome (1 or -1). Intervals are those of maximum likelihood. Trials are put in the
    order in which they were played (by the column ``trial``; without it they are in order) in each
    session: the columns ``session``, ``run`` and ``env``, those that there are, tell them apart.
    Trials that follow upon an unanswered one within ``back`` trials are left out.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        choice: column or array of choices.
        outcome: column or array, did the choice turn out well: ``correct``, or
            ``table.reward > 0``?
        stimulus: column or array of a stimulus with a sign; without it, what the stimulus does to
            the choice is noise.
        back: how many trials.
        between: the two choices, the lower first, if there are more.
        answered: column or array, which trials were answered; None: those in which the choice has
            a time, and is not NaN.

    Raises:
        ValueError: for too few trials in a row, one choice only, outcomes that are all the same,
            a stimulus that tells choices apart without error, or a number of ``trial`` that comes
            twice in a session.
    """
    if back < 1:
        raise ValueError(f"back is at least 1, not {back}")
    columns = Columns(trials)
    mask = columns.answered(answered, choice)
    mask, is_high, _ = columns.two_choices(choice, between, mask)
    good = np.zeros(len(mask), bool)
    good[mask] = columns.yes_or_no(outcome, "outcome", mask)
    shown = np.zeros(len(mask))
    if stimulus is not None:
        shown[mask] = columns.finite(stimulus, "stimulus", mask)
    order, begins = columns.order()
    mask, side = mask[order], np.where(is_high[order], 1.0, -1.0)
    signed = side * np.where(good[order], 1.0, -1.0)
    at = np.arange(len(mask))
    session_start = np.maximum.accumulate(np.where(begins, at, 0))
    last_gap = np.maximum.accumulate(np.where(mask, -1, at))
    rows = np.flatnonzero(mask & (at - session_start >= back) & (last_gap < at - back))
    names = ["bias"]
    features = [np.ones(len(rows))]
    if stimulus is not None:
        names.append("stimulus")
        features.append(shown[order][rows])
    for what, values in (("choice", side), ("outcome", signed)):
        for lag in range(1, back + 1):
            names.append(f"{what} {lag} back")
            features.append(values[rows - lag])
    fitted = fit_logistic(np.stack(features, axis=1), side[rows] > 0, names)
    lags = np.arange(1, back + 1)
    return History(
        **{what: _kernel(fitted, what, lags, len(rows)) for what in ("choice", "outcome")},
        bias=fitted["bias"],
        stimulus=None if stimulus is None else fitted["stimulus"],
        trials=len(rows),
        left_out=len(mask) - len(rows),
    )


def _kernel(fitted, what, lags, count):
    weights = [fitted[f"{what} {lag} back"] for lag in lags]
    value, low, high = np.array([(w.value, w.low, w.high) for w in weights]).T
    return Curve(lags, value, low, high, np.full(len(lags), count))
