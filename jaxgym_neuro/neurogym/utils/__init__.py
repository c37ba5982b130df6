"""Data, plots, durations and schedules, under NeuroGym's names."""

from jaxgym_neuro.neurogym.durations import TruncExp
from jaxgym_neuro.neurogym.utils import (
    data,
    info,
    logging,
    ngym_random,
    plotting,
    scheduler,
    spaces,
    tasktools,
)
from jaxgym_neuro.neurogym.utils.plotting import plot_env
from jaxgym_neuro.neurogym.utils.scheduler import (
    RandomBlockSchedule,
    RandomSchedule,
    SequentialBlockSchedule,
    SequentialSchedule,
)

__all__ = [
    "RandomBlockSchedule",
    "RandomSchedule",
    "SequentialBlockSchedule",
    "SequentialSchedule",
    "TruncExp",
    "data",
    "info",
    "logging",
    "ngym_random",
    "plot_env",
    "plotting",
    "scheduler",
    "spaces",
    "tasktools",
]
