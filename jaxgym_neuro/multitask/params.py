"""Params of several tasks, and what is remembered of them."""

import dataclasses
from typing import Any

from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree


@pytree
class MultiTaskParams(TrialParams):
    """Params of several tasks; each task keeps to its own rewards, timing, r_tmax and abort."""

    tasks: tuple[Any, ...] = dataclasses.field(default_factory=tuple)  # params of each task


@pytree
class MultiTaskCarry:
    """What is remembered beyond a trial."""

    schedule: Any  # carry of the schedule
    tasks: tuple[Any, ...]  # carry of each task
    task: Any = ()  # () int32, the task of the trial, where several are drawn by one program
