"""What a wrapper asks of the task that it wraps."""

from collections.abc import Mapping, Sequence

import jax
import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.stimuli import pick
from jaxgym_neuro.wrappers.base import check_env

TIME_OUT = "timeout"  # the period that TimeOut adds
MINIMUM_TIME = "minimum_time"  # the period that MinimumTime adds
_DELAYS = {TIME_OUT: ("TimeOut", "a time-out"), MINIMUM_TIME: ("MinimumTime", "a minimum time")}


def check_waiting(wrapper: str, env: TrialEnv) -> None:
    """Raise a ValueError unless action 0 is to wait, and the ground truth is an action."""
    check_env(wrapper, env)
    if not env.can_wait or env.ground_truth_space != env.action_space():
        raise ValueError(
            f"{wrapper} needs a task in which action 0, 'fixation', is to wait, and the ground "
            f"truth is an action; {env.name} is no such task"
        )


def check_inside_time_out(
    wrapper: str, env: TrialEnv, delays: tuple[str, ...] = (MINIMUM_TIME, TIME_OUT)
) -> None:
    """Raise a ValueError if the trials of the task are held beyond their end.

    Args:
        wrapper: name of the wrapper.
        env: the task.
        delays: periods that are held, of which the task may have none.
    """
    check_env(wrapper, env)
    for delay, (name, what) in _DELAYS.items():
        if delay in delays and delay in env.periods:
            raise ValueError(
                f"{wrapper} judges a trial by how it ends, which {what} delays; wrap {name} around "
                f"{wrapper}, not the other way round"
            )


def check_choices(wrapper: str, env: TrialEnv) -> tuple[int, ...]:
    """Return the values that the task's ground truth can take, or raise a ValueError."""
    check_env(wrapper, env)
    if not env.choices:
        raise ValueError(
            f"{wrapper} sets the condition 'ground_truth', and {env.name} does not draw it from a "
            "few values (its `choices` are empty)"
        )
    return tuple(env.choices)


def with_choice(
    conditions: Mapping[str, jax.Array], choices: Sequence[int], index: jax.Array
) -> dict[str, jax.Array]:
    """Return the conditions with the choice of that index as ground truth."""
    value = pick(np.asarray(choices), index).astype(conditions["ground_truth"].dtype)
    return {**conditions, "ground_truth": value}


def widened(wrapper: str, env: TrialEnv, channel: str, size: int | None = None) -> spaces.Box:
    """Return the task's observation space with one more channel, or a range of ``size``.

    Raises:
        ValueError: if observations are not vectors, or there is a channel of that name.
    """
    check_env(wrapper, env)
    space = env.observation_space()
    if len(space.shape) != 1:
        raise ValueError(
            f"{wrapper} adds a channel to a vector of channels, and what {env.name} shows has the "
            f"shape {space.shape}"
        )
    if channel in space.name:
        raise ValueError(f"{env.name} has a channel {channel!r} already; wrap it once")
    before, after = space.shape[0], space.shape[0] + (size or 1)
    low, high = (
        np.append(np.broadcast_to(bound, before), np.full(after - before, limit))
        for bound, limit in ((space.low, -np.inf), (space.high, np.inf))
    )
    where = before if size is None else range(before, after)
    return spaces.Box(low, high, (after,), name={**space.name, channel: where})
