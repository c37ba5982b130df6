"""Block transitions: how choices follow a change that nothing announces."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend
from jaxgym_neuro.analysis.estimates import Curve, Estimate, proportion
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class BlockTransitions(Result):
    """How often the side is chosen that a new block favours, around the change."""

    toward: Curve  # x: trials from the change; 0 is the first of the new block
    before: Estimate  # over the trials shown before the change
    after: Estimate  # over the last third of those shown after it
    shift: Estimate  # after less before
    changes: int
    trials: int  # in which something counted
    left_out: int  # unanswered, or not to be counted

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot the choices around the change, and return the Axes."""
        ax = axes_of(
            ax, "trials from the change", "chosen: what the new block favours", counted=True
        )
        self.toward.plot(ax, label=label, color=color, marker=".")
        ax.axvline(-0.5, color="0.8", linewidth=0.8, zorder=0)
        legend(ax)
        return ax


def block_transitions(
    trials: Any = None,
    block: Any = "block",
    choice: Any = "choice",
    *,
    between: Sequence[Any] | None = None,
    where: Any = None,
    before: int = 10,
    after: int = 20,
    answered: Any = None,
) -> BlockTransitions:
    """Align choices to the changes of blocks.

    Trials are put in the order in which they were played (by the column ``trial``; without it they
    are in order) in each session: the columns ``session``, ``run`` and ``env``, those that there
    are, tell sessions apart. Where a session begins there is no change.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        block: column or array of what the block favours, a number: where it rises, the new block
            favours the higher choice, where it falls, the lower one. The probability of the right
            side, say.
        choice: column or array of choices.
        between: the two choices, the lower first, if there are more.
        where: column or array of True and False, trials to count: those without a stimulus, say.
        before: trials to show before a change, within the same block.
        after: trials to show after it, within the same block.
        answered: column or array, which trials count; None: those in which the choice has a time.

    Raises:
        ValueError: if there was no change, with the reason, nothing to count before it or after,
            or if a number of ``trial`` comes twice in a session.
    """
    if min(before, after) < 1:
        raise ValueError(f"before and after are at least 1, not {before} and {after}")
    columns = Columns(trials)
    mask = columns.answered(answered, choice)
    mask, is_high, _ = columns.two_choices(choice, between, mask)
    if where is not None:
        mask &= columns.yes_or_no(where, "where")
    order, begins = columns.order()
    favoured = columns.numbers(block, "block")[order]
    odd = order[~np.isfinite(favoured)]
    if len(odd):
        raise ValueError(
            f"block is finite in every trial, answered or not; it is not in {len(odd)} of "
            f"{len(mask)}, first in row {odd.min()} (from 0)"
        )
    mask, is_high = mask[order], is_high[order]
    n, at = len(mask), np.arange(len(mask))
    changed = np.zeros(n, bool)
    changed[1:] = (favoured[1:] != favoured[:-1]) & ~begins[1:]
    if not changed.any():
        raise ValueError(_why_no_change(favoured, int(begins.sum())))
    starts = np.flatnonzero(changed | begins)
    number = np.searchsorted(starts, at, side="right") - 1
    next_start = np.append(starts[1:], n)
    is_change = changed[starts]
    follows_change = np.append(is_change[1:], False)  # does a change end the block?
    rises = np.zeros(len(starts), bool)
    rises[is_change] = favoured[starts[is_change]] > favoured[starts[is_change] - 1]
    lags, hits = [], []
    since = at - starts[number]
    rows = mask & is_change[number] & (since < after)
    lags.append(since[rows])
    hits.append(is_high[rows] == rises[number[rows]])
    until = at - next_start[number]
    rows_before = mask & follows_change[number] & (until >= -before)
    lags.append(until[rows_before])
    hits.append(is_high[rows_before] == rises[number[rows_before] + 1])
    if not (rows.any() and rows_before.any()):
        raise ValueError(
            f"there are {int(changed.sum())} changes of block, with {int(rows_before.sum())} "
            f"trials to count before and {int(rows.sum())} after them; both are needed"
        )
    lag, hit = np.concatenate(lags), np.concatenate(hits)
    count = np.bincount(lag + before, minlength=before + after)
    curve = Curve.of_proportions(
        np.arange(-before, after), np.bincount(lag + before, hit, before + after), count
    )
    late = lag >= after - max(after // 3, 1)
    if not late.any():
        raise ValueError(f"no trial to count is {after - max(after // 3, 1)} after a change")
    rates = [proportion(hit[among].sum(), among.sum()) for among in (lag < 0, late)]
    variance = sum(
        (rate.value * (1 - rate.value) + 0.25 / among.sum()) / among.sum()
        for rate, among in zip(rates, (lag < 0, late), strict=True)
    )
    return BlockTransitions(
        toward=curve,
        before=rates[0],
        after=rates[1],
        shift=Estimate.of(rates[1].value - rates[0].value, float(np.sqrt(variance))),
        changes=int(changed.sum()),
        trials=int(np.sum(mask)),
        left_out=int(np.sum(~mask)),
    )


def _why_no_change(favoured, sessions):
    found = np.unique(favoured)
    if len(found) == 1:
        return (
            f"block never changes: it is {found[0]:g} in all {len(favoured)} trials; it says in "
            "each trial what the block favours"
        )
    return (
        f"block takes {len(found)} values, and never changes within one of the {sessions} "
        "sessions: one is what has the same `session`, `run` and `env`, and no number of `trial` "
        "left out"
    )
