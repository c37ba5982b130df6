"""Activity around an event, and its averages by condition."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import Z95
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


def check_activity(activity: Any) -> np.ndarray:
    """Return activity as an array (trials, steps, units).

    Raises:
        ValueError: for another shape, or what are no numbers.
    """
    values = np.asarray(activity)
    if values.ndim != 3 or values.dtype.kind not in "biuf" or 0 in values.shape:
        raise ValueError(
            "activity is numbers (trials, steps, units), one leaf of table.kept['activity'], not "
            f"of shape {values.shape} and of dtype {values.dtype}"
        )
    return values


def columns_of(trials: Any, activity: np.ndarray) -> Columns:
    """Return the columns of the trials of activity.

    Raises:
        ValueError: for a table of another number of trials.
    """
    columns = Columns(trials)
    if columns.length not in (None, len(activity)):
        raise ValueError(
            f"activity has a row for each of the {columns.length} trials, not {len(activity)}"
        )
    columns.length = len(activity)
    return columns


def align(
    activity: Any, event: Any, *, before: int = 0, after: int | None = None, steps: Any = None
) -> np.ndarray:
    """Cut activity around an event: NaN where a trial has no such step.

    Args:
        activity: (n, T, units).
        event: the step of the event in each trial, (n,) or one number: the onset of the stimulus,
            the answer (the last step, ``table.steps - 1``) ...
        before: steps to show before it.
        after: steps to show from it on; None: all.
        steps: (n,) how many steps each trial has; None: all T.

    Returns:
        (n, before + after, units) floating numbers.

    Raises:
        ValueError: for activity of another shape, or an event outside of all trials.
    """
    values = check_activity(activity)
    n, width, _ = values.shape
    at = np.broadcast_to(np.asarray(event), n)
    last = np.broadcast_to(np.asarray(width if steps is None else steps), n)
    if not np.isfinite(at).all():
        raise ValueError("event is a step in every trial; leave out trials without one first")
    at = at.astype(np.int64)
    until = width - int(at.min()) if after is None else int(after)
    if before < 0 or until < 1:
        raise ValueError(f"before is at least 0 and after at least 1, not {before} and {until}")
    source = at[:, None] + np.arange(-before, until)
    there = (source >= 0) & (source < last[:, None])
    if not there.any():
        raise ValueError(f"no trial has a step within {before} before and {until} after the event")
    kind = values.dtype if values.dtype.kind == "f" else np.dtype(np.float32)
    if there.all() and (at == at[0]).all():
        return values[:, at[0] - before : at[0] + until].astype(kind, copy=False)
    rows = np.arange(n)[:, None]
    cut = values[rows, np.clip(source, 0, width - 1)].astype(kind)
    cut[~there] = np.nan
    return cut


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Averages(Result):
    """Mean activity of each unit over time, by condition."""

    names: tuple[str, ...]  # of what the conditions are made of
    conditions: np.ndarray  # (k, names) the value of each, one row per condition
    time: np.ndarray  # (T,) steps from the event
    mean: np.ndarray  # (k, T, units); NaN where no trial has the step
    error: np.ndarray  # (k, T, units) standard errors; NaN of a single trial
    count: np.ndarray  # (k, T) trials
    trials: int
    left_out: int  # unanswered, where these are left out

    def plot(self, ax: Any = None, *, unit: int = 0, label: str | None = None) -> Any:
        """Plot the mean of one unit over time, with intervals of 95 %, and return the Axes."""
        ax = axes_of(ax, "steps from the event", f"activity of unit {unit}", counted=True)
        prefix = "" if label is None else f"{label}, "
        for row, mean, error in zip(self.conditions, self.mean, self.error, strict=True):
            name = ", ".join(
                f"{n} {v:g}" if isinstance(v, float) else f"{n} {v}"
                for n, v in zip(self.names, row.tolist(), strict=True)
            )
            color = next_color(ax)
            ax.plot(self.time, mean[:, unit], color=color, linewidth=1.2, label=prefix + name)
            half = Z95 * np.nan_to_num(error[:, unit])
            ax.fill_between(
                self.time, mean[:, unit] - half, mean[:, unit] + half, color=color, alpha=0.2,
                linewidth=0,
            )  # fmt: skip
        legend(ax)
        return ax


def conditions_of(
    columns: Columns, by: Any, rows: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return names, the conditions (k, names), and which one each trial has, (rows,)."""
    several = isinstance(by, list | tuple)
    given = list(by) if several else [by]
    names = tuple(one if isinstance(one, str) else f"condition {i}" for i, one in enumerate(given))
    values = [columns.get(one, "by")[rows] for one in given]
    for name, column in zip(names, values, strict=True):
        if column.ndim != 1 or (column.dtype.kind == "f" and np.isnan(column).any()):
            raise ValueError(f"{name} is a single value in each trial, and not NaN")
    inverse = [np.unique(column, return_inverse=True) for column in values]
    code = np.zeros(len(values[0]), np.int64)
    for found, of in inverse:
        code = code * len(found) + of
    codes, first, which = np.unique(code, return_index=True, return_inverse=True)
    if len(codes) > 200:
        raise ValueError(f"{', '.join(names)} make {len(codes)} conditions; take fewer than 200")
    kinds = {column.dtype.kind for column in values}
    stacked = [column[first] for column in values]
    dtype = None if kinds <= set("biuf") else object
    return names, np.stack([np.asarray(c, dtype) for c in stacked], axis=1), which


def condition_averages(
    activity: Any,
    trials: Any = None,
    by: str | Sequence[Any] | np.ndarray = "choice",
    *,
    event: Any = 0,
    before: int = 0,
    after: int | None = None,
    steps: Any = None,
    keep: Any = None,
) -> Averages:
    """Average activity over the trials of each condition, aligned to an event.

    Args:
        activity: (n, T, units), as of ``table.kept["activity"]``.
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        by: the condition: a column or array, or a list of several.
        event: the step of the event in each trial, see `align`.
        before: steps to show before it.
        after: steps to show from it on; None: all.
        steps: (n,) how many steps each trial has; None: the column ``steps``, or, where there is
            none, all.
        keep: column or array, which trials to average; None: all.

    Raises:
        ValueError: for activity of another shape, or as many trials as it has not.
    """
    values = check_activity(activity)
    columns = columns_of(trials, values)
    mask = np.ones(len(values), bool) if keep is None else columns.yes_or_no(keep, "keep")
    if not mask.any():
        raise ValueError("no trial is left to average")
    rows = np.flatnonzero(mask)
    names, conditions, which = conditions_of(columns, by, rows)
    last = columns.get("steps", "steps") if steps is None and "steps" in columns else steps
    at = np.broadcast_to(np.asarray(event), len(values))[rows]
    last = None if last is None else np.broadcast_to(np.asarray(last), len(values))[rows]
    cut = align(values[rows], at, before=before, after=after, steps=last)
    shape = len(conditions), *cut.shape[1:]
    mean, error = np.full(shape, np.nan), np.full(shape, np.nan)
    count = np.zeros(shape[:2], np.int64)
    for one in range(len(conditions)):
        of = cut[which == one].astype(np.float64)
        there = ~np.isnan(of[..., 0])
        count[one] = there.sum(axis=0)
        some = np.maximum(count[one], 1)[:, None]
        centre = np.nansum(of, axis=0) / some
        spread = np.nansum((of - centre) ** 2, axis=0) / np.maximum(count[one] - 1, 1)[:, None]
        mean[one] = np.where(count[one][:, None] > 0, centre, np.nan)
        error[one] = np.where(count[one][:, None] > 1, np.sqrt(spread / some), np.nan)
    time = np.arange(-before, cut.shape[1] - before)
    left_out = len(values) - len(rows)
    return Averages(names, conditions, time, mean, error, count, len(rows), left_out)
