# pyright: reportUnknownMemberType=false
"""What callers give to a task: one set of its own params, a state of its own, an action.

Structure, shapes and dtypes are known while a step is traced, so that these checks add nothing to
a compiled program, nor to the time of a call.
"""

from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.params import Number, declared, is_traced, title_of
from jaxgym_neuro.core.state import EnvState
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.printing import brief
from jaxgym_neuro.support.validation import is_dict

if TYPE_CHECKING:
    from jaxgym_neuro.core.env import TrialEnv


def check_one_set(env: "TrialEnv", params: Any) -> None:
    """Raise a ValueError unless params are of the task's class, and one set of them.

    Their numbers are not looked at, and may be traced.
    """
    default: Any = env.own_params
    own = cast(Any, type(default))
    given = cast(Any, type(params))
    if given is not own:
        raise ValueError(
            f"params of {env.name} are made by its default_params and .replace(...), "
            f"not {title_of(given)}"
        )
    for name, entry in declared(own).items():
        _check_shape(name, getattr(params, name), getattr(default, name), entry)
    for name, amount in params.rewards.items() if is_dict(params.rewards) else ():
        _check_shape(f"rewards[{name!r}]", amount, 0, Number(""))
    for name, duration in params.timing.items() if is_dict(params.timing) else ():
        if not isinstance(duration, timing_module.Distribution):
            given = "a number" if is_traced(duration) else repr(duration)
            raise ValueError(
                f"params.timing[{name!r}] is a distribution of durations, not {given}: write "
                f"params.with_timing({name}=...)"
            )


def check_params(env: "TrialEnv", params: Any) -> None:
    """Do so, and look whether trials have room for the durations, where these are known."""
    check_one_set(env, params)
    for name, amount in params.rewards.items():
        if isinstance(amount, int | float):  # set in place: what replaces them has dtypes
            raise ValueError(
                f"params.rewards[{name!r}] is an array, not {amount!r}: write "
                f"params.with_rewards({name}={amount!r})"
            )
    for name, duration in params.timing.items():
        is_own = duration is env.timing.get(name)  # as in most calls, which so take no longer
        if not is_own and not any(map(is_traced, jax.tree.leaves(duration))):
            check_duration(env, name, duration)


def check_duration(env: "TrialEnv", name: str, duration: timing_module.Distribution) -> None:
    """Raise a ValueError for a duration that the arrays of trials have no room for."""
    longest = env.timing.get(name)
    if longest is None:
        return
    wanted = duration.upper()
    if int(timing_module.duration_steps(wanted, env.dt)) > env.layout.longest[name]:
        raise ValueError(
            f"timing[{name!r}] lasts up to {wanted:g} ms, and the arrays of this {env.name} have "
            f"room for {longest.upper():g} ms; to allow more, construct it with "
            f"timing={{{name!r}: ...}} of the longest duration"
        )


def check_state(env: "TrialEnv", state: Any) -> None:
    """Raise a ValueError for what is no state, or one whose trial is of another task."""
    wanted = f"a state of {env.name} is what its reset or step returned"
    if not isinstance(state, EnvState):
        raise ValueError(f"{wanted}, not {type(state).__name__}")
    trial: Any = state.trial
    if not isinstance(trial, Trial):  # held in a form of the task's own
        return
    layout = env.layout
    own = (layout.num_steps, *layout.ob_shape), len(layout.periods)
    given = np.shape(trial.ob), len(trial.start)
    if np.ndim(state.t) == 0 and own != given:
        raise ValueError(
            f"{wanted}: its trials have observations {own[0]} and {own[1]} periods, and those of "
            f"this state {given[0]} and {given[1]}"
        )


def check_action(env: "TrialEnv", action: Any) -> None:
    """Raise a ValueError unless the action is one action."""
    space = env.action_space()
    if action is None or jnp.shape(action) != space.shape:
        given = "None" if action is None else f"one of shape {jnp.shape(action)}"
        raise ValueError(
            f"an action of {env.name} has the shape {space.shape}, as {space} says, and "
            f"is not {given}; for a batch of environments, vmap step"
        )
    kind = np.dtype(jnp.result_type(action)).kind
    if isinstance(space, spaces.Discrete) and kind not in "iub":
        raise ValueError(
            f"an action of {env.name} is a whole number, as {space} says, and is not "
            f"{jnp.result_type(action)}; write action.astype(jnp.int32)"
        )


def _check_shape(name: str, value: Any, like: Any, entry: Number) -> None:
    """Raise a ValueError for an array that has an axis more than one set of params has."""
    shape: Any = np.shape(value) if hasattr(value, "shape") else ()  # lists may be ragged
    one = np.shape(like)
    if len(shape) == len(one) + 1 and shape[1:] == one and shape[0] > 1:
        own = f"an array of shape {one}" if one else entry.allowed
        raise ValueError(
            f"these params are a set of {shape[0]}: {name} is {brief(value)}, and in one set "
            f"{own}; vmap over them with in_axes=0, or take one, "
            "jax.tree.map(lambda x: x[0], params)"
        )
