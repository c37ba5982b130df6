"""The psychophysical kernel: when evidence counts for a choice."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend
from jaxgym_neuro.analysis.estimates import Z95, Curve
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PsychophysicalKernel(Result):
    """How much more evidence there was before one choice than before the other."""

    kernel: Curve  # x: step, from the onset, or up to the last one of a trial (0)
    trials: int
    left_out: int  # unanswered, or another choice than the two

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot the kernel over steps, and return the Axes."""
        ax = axes_of(ax, "step", "difference of evidence", counted=True)
        self.kernel.plot(ax, label=label, color=color, marker="")
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        legend(ax)
        return ax


def psychophysical_kernel(
    trials: Any = None,
    evidence: Any = None,
    *,
    choice: Any = "choice",
    between: Sequence[Any] | None = None,
    by: Any = None,
    steps: Any = None,
    start: Any = 0,
    align: str = "start",
    answered: Any = None,
    fewest: int = 20,
) -> PsychophysicalKernel:
    """Average evidence by choice, step by step, and take the difference.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        evidence: (n, T) of each trial at each step, as of ``table.kept["ob"]``: for the higher of
            the two choices, less that for the other.
        choice: column or array of choices.
        between: the two choices, the lower first, if there are more.
        by: column or array of the condition (``"signed_coh"``), whose mean evidence is taken away
            first: what remains is noise. None: nothing is taken away, as in trials of one kind.
        steps: column or array, how many steps of evidence each trial has; what follows counts for
            nothing. None: the column ``steps``, or, where there is none, all of them.
        start: the first step of evidence, one number or a column or array.
        align: count steps from the ``"start"``, or back from the ``"end"`` of a trial.
        answered: column or array, which trials count; None: those in which the choice has a time.
        fewest: trials of each choice that a step needs; other steps are left away.

    Raises:
        ValueError: for evidence of another shape, a choice that was never made, or NaN within the
            steps of a trial.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, choice)
    shown = columns.get(evidence, "evidence")
    if shown.ndim != 2 or shown.dtype.kind not in "biuf":
        raise ValueError(f"evidence is numbers (trials, steps), not of shape {shown.shape}")
    if align not in ("start", "end"):
        raise ValueError(f"align is 'start' or 'end', not {align!r}")
    mask, is_high, (low, high) = columns.two_choices(choice, between, mask)
    n, width = shown.shape
    last = np.full(n, width)
    if steps is not None or "steps" in columns:
        last = columns.get("steps" if steps is None else steps, "steps").astype(np.int64)
    first = np.broadcast_to(
        np.asarray(start) if np.ndim(start) == 0 and not isinstance(start, str)
        else columns.get(start, "start"), n
    ).astype(np.int64)  # fmt: skip
    if first.min() < 0 or last.max() > width:
        raise ValueError(f"start and steps lie within the {width} steps of the evidence")
    rows = np.flatnonzero(mask)
    first, last, chosen = first[rows], last[rows], is_high[rows]
    shown, seen = _aligned(shown[rows], first, last, align)
    if not np.isfinite(shown[seen]).all():
        odd = rows[(~np.isfinite(shown) & seen).any(axis=1)]
        raise ValueError(
            "evidence is finite at every step of a trial that was answered; it is not in "
            f"{len(odd)} of them, first in row {odd[0]} (from 0)"
        )
    kind = None
    if by is not None:
        kind = np.unique(columns.known(by, "by", mask), return_inverse=True)[1]
    sums = _sums_by_choice(shown, seen, chosen, kind)
    (n_low, sum_low, square_low), (n_high, sum_high, square_high) = sums
    used = np.flatnonzero((n_low >= fewest) & (n_high >= fewest))
    if not len(used):
        raise ValueError(
            f"each choice needs {fewest} trials with evidence at a step; there are at most "
            f"{int(n_low.max())} of {low} and {int(n_high.max())} of {high}"
        )
    mean_low, mean_high = sum_low[used] / n_low[used], sum_high[used] / n_high[used]
    spread = [
        (square[used] - count[used] * mean**2) / (count[used] - 1) / count[used]
        for square, count, mean in (
            (square_low, n_low, mean_low),
            (square_high, n_high, mean_high),
        )
    ]
    difference, half = mean_high - mean_low, Z95 * np.sqrt(np.maximum(sum(spread), 0))
    x = used if align == "start" else used - (width - 1)
    count = (n_low + n_high)[used].astype(np.int64)
    return PsychophysicalKernel(
        kernel=Curve(x, difference, difference - half, difference + half, count),
        trials=len(rows),
        left_out=n - len(rows),
    )


def _sums_by_choice(shown, seen, chosen, kind):
    """Sum evidence at each step over the trials of each choice, less the mean of its kind."""
    sums = np.zeros((2, 3, shown.shape[1]))  # of each choice: how many, sum, and sum of squares
    for step in range(shown.shape[1]):
        there = seen[:, step]
        everywhere = there.all()
        values = shown[:, step] if everywhere else shown[there, step]
        values = values.astype(np.float64)
        if kind is not None:
            of = kind if everywhere else kind[there]
            count = np.bincount(of)
            values -= (np.bincount(of, values) / np.maximum(count, 1))[of]
        side = (chosen if everywhere else chosen[there]).astype(np.int8)
        for place, weights in enumerate((None, values, values**2)):
            sums[:, place, step] = np.bincount(side, weights, 2)
    return sums


def _aligned(shown, first, last, align):
    """Shift each row so that its first step, or its last, is in the same column."""
    n, width = shown.shape
    at = np.arange(width)
    if (first == first[0]).all() and (last == last[0]).all():  # nothing differs between rows
        low, high = int(first[0]), int(last[0])
        out = np.zeros((n, width), shown.dtype)
        target = slice(0, high - low) if align == "start" else slice(width - (high - low), width)
        out[:, target] = shown[:, low:high]
        seen = np.zeros(width, bool)
        seen[target] = True
        return out, np.broadcast_to(seen, (n, width))
    source = at + (first if align == "start" else last - width)[:, None]
    seen = (source >= first[:, None]) & (source < last[:, None])
    return np.take_along_axis(shown, np.clip(source, 0, width - 1), axis=1), seen
