"""Params of several tasks, and what is remembered of them."""

import dataclasses
from typing import Any, Self

from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import unknown_name


@pytree
class MultiTaskParams(TrialParams):
    """Params of several tasks; each task keeps to its own rewards, timing, r_tmax and abort."""

    tasks: tuple[Any, ...] = dataclasses.field(default_factory=tuple)  # params of each task

    def replace(self, **changes: Any) -> Self:
        """Return params with other fields; those of a task are in ``tasks``.

        Raises:
            ValueError: for an unknown field, with the closest match, or the task that has it.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                owners = [i for i, own in enumerate(self.tasks) if hasattr(own, name)]
                raise ValueError(f"{unknown_name('param', name, known)} {_of_tasks(owners)}")
        return super().replace(**changes)

    def with_timing(self, **periods: Any) -> Self:
        """Refuse: each task has durations of its own, in ``tasks``.

        Raises:
            ValueError: always, with what to write.
        """
        owners = [i for i, own in enumerate(self.tasks) if set(periods) <= set(own.timing)]
        raise ValueError(f"params of several tasks have no timing. {_of_tasks(owners)}")

    def with_rewards(self, **rewards: float) -> Self:
        """Refuse: each task has rewards of its own, in ``tasks``.

        Raises:
            ValueError: always, with what to write.
        """
        owners = [i for i, own in enumerate(self.tasks) if set(rewards) <= set(own.rewards)]
        raise ValueError(f"params of several tasks have no rewards. {_of_tasks(owners)}")


def _of_tasks(owners: list[int]) -> str:
    """Say where the params of tasks are, and which tasks have what was asked for."""
    numbers = ", ".join(map(str, owners))
    have = f"Params of task {numbers} have" if owners else "No task's params have"
    at = owners[0] if owners else 0
    return (
        f"{have} it: those of each task are in params.tasks, and params.replace(tasks=(...)) takes "
        f"them, with params.tasks[{at}].replace(...), .with_timing(...) or .with_rewards(...)"
    )


@pytree
class MultiTaskCarry:
    """What is remembered beyond a trial."""

    schedule: Any  # carry of the schedule
    tasks: tuple[Any, ...]  # carry of each task
    task: Any = ()  # () int32, the task of the trial, where several are drawn by one program
