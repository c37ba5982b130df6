"""NeuroGym's wrappers: functions from an environment of `make` to another one.

Each wraps the task as the wrapper of `jaxgym_neuro.wrappers` does, so that a `Dataset` has what the
wrapped environment shows.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.core import TrialEnv
from jaxgym_neuro.schedules import Schedule


def _over_environments(wrapper: Callable[..., Any]) -> Callable[..., TrialEnv]:
    @functools.wraps(wrapper, updated=())
    def wrap(env, *args, **kwargs):
        task = _task_of(wrapper.__name__, env)
        return env.rebuilt(wrapper(task, *args, **kwargs))

    return wrap


def _task_of(name, env):
    if not isinstance(env, TrialEnv):
        raise ValueError(
            f"{name} wraps an environment of make(), not {env!r}; wrappers of Gymnasium's come "
            "after those of tasks"
        )
    return env.task


PassAction = _over_environments(wrappers.PassAction)
PassReward = _over_environments(wrappers.PassReward)
RandomGroundTruth = _over_environments(wrappers.RandomGroundTruth)
ReactionTime = _over_environments(wrappers.ReactionTime)
ScheduleAttr = _over_environments(wrappers.ScheduleAttr)
SideBias = _over_environments(wrappers.SideBias)
TrialHistoryV2 = _over_environments(wrappers.TrialHistory)


def Noise(env: TrialEnv, std_noise: float = 0.1) -> TrialEnv:  # noqa: N802
    """Add Gaussian noise to every channel; see `jaxgym_neuro.wrappers.Noise`."""
    return _over_environments(wrappers.Noise)(env, std_noise)


def ScheduleEnvs(  # noqa: N802
    envs: Sequence[TrialEnv], schedule: Schedule, env_input: bool = False, *, pad: bool = False
) -> TrialEnv:
    """Make one environment of several, of which each trial takes one.

    Args:
        envs: environments of `make`.
        schedule: of ``utils``, for as many; it draws the environment of each trial.
        env_input: whether channels, after all others, show which environment it is.
        pad: whether they may differ in the number of channels and of actions, as in `MultiTask`;
            NeuroGym's may not.

    Returns:
        An environment of a `jaxgym_neuro.wrappers.MultiTask`, with ``envs``.

    Raises:
        ValueError: for anything else, or tasks that do not go together.
    """
    tasks = [_task_of("ScheduleEnvs", env) for env in envs]
    env = TrialEnv(wrappers.MultiTask(tasks, schedule, task_cue=env_input, pad=pad))
    env.envs = tuple(envs)
    return env


ALL_WRAPPERS: dict[str, Callable[..., TrialEnv]] = {
    "Noise-v0": Noise,
    "PassAction-v0": PassAction,
    "PassReward-v0": PassReward,
    "RandomGroundTruth-v0": RandomGroundTruth,
    "ReactionTime-v0": ReactionTime,
    "ScheduleAttr-v0": ScheduleAttr,
    "ScheduleEnvs-v0": ScheduleEnvs,
    "SideBias-v0": SideBias,
    "TrialHistoryV2-v0": TrialHistoryV2,
}


def all_wrappers() -> list[str]:
    """List the names of the wrappers."""
    return sorted(ALL_WRAPPERS)
