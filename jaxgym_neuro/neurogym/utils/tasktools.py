"""Small functions that NeuroGym's task classes use."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.support.validation import unknown_name


def to_map(*args: Any) -> dict[Hashable, int]:
    """Number names, given one by one or as a list, from 0."""
    is_list = len(args) == 1 and isinstance(args[0], list | tuple)
    return {name: index for index, name in enumerate(args[0] if is_list else args)}


def get_idx(t: Any, start_end: Sequence[float]) -> np.ndarray:
    """Return the indices of the times from a start up to, not including, an end."""
    start, end = start_end
    times = np.asarray(t)
    return np.flatnonzero((times >= start) & (times < end))


def get_periods_idx(
    dt: float, periods: Mapping[str, Any]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the times of all steps, in ms, and the indices of those in each period.

    Args:
        dt: the step in ms.
        periods: start and end of each, in ms; ``"tmax"`` has the last time.
    """
    count = int(periods["tmax"] / dt + 1e-3) + 1
    times = np.linspace(0, periods["tmax"], count)
    indices = {name: get_idx(times, span) for name, span in periods.items() if name != "tmax"}
    return times, indices


def minmax_number(dist: str, args: Any) -> tuple[Any, Any]:
    """Return the least and the greatest value of a duration in NeuroGym's short form.

    Raises:
        ValueError: for an unknown distribution.
    """
    if dist == "uniform":
        return args[0], args[1]
    if dist == "choice":
        return np.min(args), np.max(args)
    if dist == "truncated_exponential":
        return args[1], args[2]
    if dist == "constant":
        return args, args
    known = ("choice", "constant", "truncated_exponential", "uniform")
    raise unknown_name("distribution", dist, known)


def circular_dist(original_dist: Any) -> Any:
    """Return the distance of angles, of any difference in radians, from 0 to pi."""
    return np.abs((np.asarray(original_dist) + np.pi) % (2 * np.pi) - np.pi)


def divide(x: float, y: float) -> float:
    """Return x / y, or 0 where that is no number."""
    return 0.0 if y == 0 or np.isnan(x) or np.isnan(y) else x / y


def correct_2AFC(perf: Any) -> tuple[float, float]:  # noqa: N802
    """Return the fraction of trials with a decision, and of decisions that were right.

    Args:
        perf: with ``n_trials``, ``n_decision`` and ``n_correct``.
    """
    return divide(perf.n_decision, perf.n_trials), divide(perf.n_correct, perf.n_decision)


def compute_perf(perf: float, reward: float, num_tr_perf: int, tr_perf: Any) -> tuple[float, int]:
    """Return the running mean of a reward, and of how many trials it is.

    Args:
        perf: the mean up to now.
        reward: of the trial.
        num_tr_perf: trials up to now.
        tr_perf: whether the trial counts.
    """
    if tr_perf:
        num_tr_perf += 1
        perf += (reward - perf) / num_tr_perf
    return perf, num_tr_perf
