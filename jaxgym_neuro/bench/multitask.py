"""What a step costs where every trial may be of another task, against the tasks alone.

``python -m jaxgym_neuro bench multitask`` prints it; compiling takes minutes.
"""

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

from jaxgym_neuro import registry, spaces
from jaxgym_neuro.bench.timing import REPEATS, Case, time_in_turn
from jaxgym_neuro.multitask.multi_task import MultiTask

_DT = 100.0  # ms; the tasks of a `MultiTask` have one dt


def tasks_of_choice() -> list[str]:
    """List the native tasks with a dt of 100 ms whose ground truth is one of several actions."""
    ids = [id for id in registry.registered_tasks() if "." not in id]  # those of no collection
    return [id for id in ids if _asks_for_a_choice(registry.as_env(id))]


def _asks_for_a_choice(env):
    space = env.action_space()
    is_choice = isinstance(space, spaces.Discrete) and space.n > 1
    return is_choice and env.ground_truth_space == space and env.dt == _DT


def multi_task_ratio(
    tasks: Sequence[str] | None = None,
    num_envs: int = 16_384,
    num_steps: int = 100,
    repeats: int = REPEATS,
) -> dict[str, Any]:
    """Time a `MultiTask` and each of its tasks alone, in turn.

    Args:
        tasks: ids; default are `tasks_of_choice`.
        num_envs: environments of each.
        num_steps: steps of a timed run.
        repeats: timed runs of each, of which the median counts.

    Returns:
        The timings, and ``cost_over_mean``: ns per step of the `MultiTask`, over the mean of the
        tasks.
    """
    tasks = tasks_of_choice() if tasks is None else tasks
    several = MultiTask(tasks, pad=True)
    cases = [Case("MultiTask", several, several.default_params, num_envs, num_steps)]
    cases += [Case(id, *registry.resolve(id), num_envs, num_steps) for id in tasks]
    timings = time_in_turn(cases, repeats)
    ns = [timing.ns_per_step for timing in timings]
    mean = statistics.mean(ns[1:])
    return {
        "timings": [dataclasses.asdict(timing) for timing in timings],
        "ns_per_step": ns[0],
        "mean_ns_per_step": round(mean, 2),
        "cost_over_mean": round(ns[0] / mean, 2),
    }
