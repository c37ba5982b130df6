"""Plots, durations and schedules, under NeuroGym's names."""

import math
from collections.abc import Sequence

from jaxgym_neuro import schedules, timing
from jaxgym_neuro.neurogym import data, info, plotting
from jaxgym_neuro.neurogym.plotting import plot_env

__all__ = [
    "RandomBlockSchedule",
    "RandomSchedule",
    "SequentialBlockSchedule",
    "SequentialSchedule",
    "TruncExp",
    "data",
    "info",
    "plot_env",
    "plotting",
]


def TruncExp(vmean: float, vmin: float = 0, vmax: float = math.inf) -> timing.Distribution:  # noqa: N802
    """Return an exponential distribution of durations, with mean ``vmean`` before truncation.

    A task wants a finite ``vmax``, as its arrays have a length.
    """
    return timing.TruncatedExponential(mean=vmean, min=vmin, max=vmax)


def SequentialSchedule(n: int) -> schedules.Schedule:  # noqa: N802
    """Return a schedule of one index after the other, from 0."""
    return schedules.Sequential(n, start=0)


def RandomSchedule(n: int) -> schedules.Schedule:  # noqa: N802
    """Return a schedule that draws each index from the others, so that none follows itself."""
    return schedules.Random(n, repeat=n == 1)


def SequentialBlockSchedule(n: int, block_lens: Sequence[int]) -> schedules.Schedule:  # noqa: N802
    """Return a schedule of blocks of trials, one after the other, from the first."""
    return schedules.SequentialBlock(_checked(n, block_lens), start=0)


def RandomBlockSchedule(n: int, block_lens: Sequence[int]) -> schedules.Schedule:  # noqa: N802
    """Return a schedule of blocks of trials, each drawn from the others."""
    return schedules.RandomBlock(_checked(n, block_lens))


def _checked(n, block_lens):
    if len(block_lens) != n:
        raise ValueError(f"block_lens has {n} lengths, one for each condition, not {block_lens!r}")
    return block_lens
