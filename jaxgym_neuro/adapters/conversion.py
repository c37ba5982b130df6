"""What crosses the border between JAX and Gymnasium: spaces, actions, observations, numbers."""

from collections.abc import Mapping
from operator import index
from typing import Any

import gymnasium
import jax
import numpy as np
from gymnax.environments import spaces as gymnax_spaces

from jaxgym_neuro.support.validation import check_name


def to_gymnasium_space(space: Any) -> Any:
    """Convert a gymnax space (Box, Discrete, Dict or Tuple) to Gymnasium's; ``.name`` is kept."""
    if isinstance(space, gymnax_spaces.Dict):
        items = {name: to_gymnasium_space(item) for name, item in space.spaces.items()}
        return gymnasium.spaces.Dict(items)
    if isinstance(space, gymnax_spaces.Tuple):
        return gymnasium.spaces.Tuple([to_gymnasium_space(item) for item in space.spaces])
    if isinstance(space, gymnax_spaces.Discrete):
        converted: Any = gymnasium.spaces.Discrete(space.n)
    elif isinstance(space, gymnax_spaces.Box):
        dtype = np.dtype(space.dtype)
        # Gymnasium's checker warns of infinite bounds; these contain every number that there is.
        limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
        low, high = (
            np.clip(np.broadcast_to(np.asarray(bound, dtype), space.shape), limits.min, limits.max)
            for bound in (space.low, space.high)
        )
        converted = gymnasium.spaces.Box(low, high, space.shape, dtype.type)
    else:
        raise ValueError(
            f"only Box, Discrete, Dict and Tuple spaces exist in Gymnasium and gymnax alike, "
            f"not {type(space).__name__}"
        )
    converted.name = getattr(space, "name", {})
    return converted


def to_numpy(tree: Any) -> Any:
    """Turn the arrays of a pytree into NumPy arrays, and its scalars into Python's."""
    tree = jax.device_get(tree)
    return jax.tree.map(lambda x: np.asarray(x).item() if np.ndim(x) == 0 else np.array(x), tree)


def has_trials(task: Any) -> bool:
    """Whether an environment is a task made of trials."""
    return hasattr(task, "new_trial")


def checked_params(task: Any, params: Any) -> Any:
    """Check params, and put them on the device: once, not at every step."""
    if hasattr(task, "validate"):
        task.validate(params)
    return jax.device_put(params)


def checked_conditions(task: Any, conditions: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Check conditions that are to be fixed, and give them the dtypes of the task's."""
    if conditions and not has_trials(task):
        raise ValueError(f"{task.name} has no trials whose conditions could be fixed")
    for name in conditions:
        check_name("condition", name, task.conditions)
    return {
        name: np.asarray(value).astype(task.conditions[name].dtype)
        for name, value in conditions.items()
    }


def checked_action(space: gymnasium.Space, action: Any) -> Any:
    """Give an action the dtype that the compiled step knows, so that nothing is compiled anew."""
    is_discrete = isinstance(space, gymnasium.spaces.Discrete)
    try:
        if is_discrete:
            checked: Any = np.int64(index(action))
        elif isinstance(space, gymnasium.spaces.Box):
            checked = np.asarray(action, space.dtype)
        else:
            checked = action
        is_action = space.contains(checked)
    except (TypeError, ValueError, OverflowError):  # not even a number
        is_action = False
    if not is_action:
        raise ValueError(f"an action is an element of {space}, not {action!r}")
    return np.int32(checked) if is_discrete else checked


def own_observation(space: gymnasium.Space, ob: Any) -> Any:
    """Copy an observation into writable arrays of the space's dtype."""
    if isinstance(space, gymnasium.spaces.Dict):
        return {name: own_observation(item, ob[name]) for name, item in space.spaces.items()}
    if isinstance(space, gymnasium.spaces.Tuple):
        return tuple(own_observation(*pair) for pair in zip(space.spaces, ob, strict=True))
    return np.array(ob, space.dtype)
