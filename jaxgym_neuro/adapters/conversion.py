"""What crosses the border between JAX and Gymnasium: spaces, actions, observations, numbers."""

from array import array
from collections.abc import Mapping
from operator import index
from typing import Any

import gymnasium
import jax
import numpy as np

from jaxgym_neuro.adapters.stepping.streams import BatchedParams
from jaxgym_neuro.spaces import is_box, is_discrete
from jaxgym_neuro.support.validation import check_name

_TYPE_CODES = {"float32": "f", "int8": "b", "int32": "i", "int64": "q"}


def to_gymnasium_space(space: Any) -> Any:
    """Convert a gymnax space (Box, Discrete, Dict or Tuple) to Gymnasium's; ``.name`` is kept."""
    parts = getattr(space, "spaces", None)
    if isinstance(parts, Mapping):
        items = {name: to_gymnasium_space(item) for name, item in parts.items()}
        return gymnasium.spaces.Dict(items)
    if parts is not None:
        return gymnasium.spaces.Tuple([to_gymnasium_space(item) for item in parts])
    if is_discrete(space):
        converted: Any = gymnasium.spaces.Discrete(space.n)
    elif is_box(space):
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


def shortest(x: Any) -> np.ndarray:
    """Write float32 as the shortest decimal numbers that round to them: -0.1, not -0.10000000149.

    Args:
        x: an array of any dtype; only floats change.

    Returns:
        Float64 of the same shape, or the array itself.
    """
    x = np.asarray(x)
    if x.dtype != np.float32:
        return x
    found = x.astype(np.float64).ravel()
    left = np.flatnonzero((np.rint(found) != found) & np.isfinite(found))
    for decimals in range(1, 17):
        if not left.size:
            break
        rounded = np.round(found[left], decimals)
        is_same = rounded.astype(np.float32) == found[left]
        found[left[is_same]] = rounded[is_same]
        left = left[~is_same]
    return found.reshape(x.shape)


class _Decimals(dict[float, float]):
    """Does what `shortest` does to one number, and knows those that it has seen lately."""

    _MOST = 4096

    def __missing__(self, x: float) -> float:
        if len(self) >= self._MOST:
            self.clear()
        self[x] = found = float(str(np.float32(x)))
        return found


# ``decimal[x]``: nearly all rewards have been seen before, and a look-up takes a third of a call.
decimal = _Decimals()


def read_fast(x: np.ndarray) -> Any:
    """Return the numbers of an array in a row, as what Python reads one by one faster than NumPy's.

    A list would be read in half the time, but takes ten times as long to make.
    """
    code = _TYPE_CODES.get(x.dtype.name)
    return array(code, x.tobytes()) if code else x.ravel().tolist()


def has_trials(task: Any) -> bool:
    """Whether an environment is a task made of trials."""
    return hasattr(task, "new_trial")


def checked_params(task: Any, params: Any) -> Any:
    """Check params, and put them on the device: once, not at every step."""
    if hasattr(task, "validate"):
        task.validate(params)
    return jax.device_put(params)


def checked_batched_params(task: Any, params: Any, num_envs: int) -> BatchedParams:
    """Check params of N environments, whose arrays may have an axis of N in front."""
    default = task.default_params
    if type(params) is not type(default):
        raise ValueError(
            f"params of {task.name} are made by its default_params and .replace(...), "
            f"not {type(params).__name__}"
        )
    batched = BatchedParams(params, default, num_envs)
    if hasattr(task, "validate"):
        is_batched = any(axis is not None for axis in batched.axes)
        for index in range(num_envs if is_batched else 1):
            task.validate(batched.of_env(index))
    return batched


def with_step_limit(params: Any, most: int) -> Any:
    """Return params under which an episode has at most so many steps."""
    own = np.asarray(params.max_steps_in_episode)  # 0: no limit
    limit = np.where((own > 0) & (own < most), own, most)
    return params.replace(max_steps_in_episode=limit.astype(np.int32))


def checked_conditions(
    task: Any, conditions: Mapping[str, Any], num_envs: int | None = None
) -> dict[str, np.ndarray]:
    """Check conditions that are to be fixed, and give them the dtypes of the task's.

    Args:
        task: the functional environment.
        conditions: name to value.
        num_envs: N where a value may be one of N; then all get an axis of N.
    """
    if conditions and not has_trials(task):
        raise ValueError(f"{task.name} has no trials whose conditions could be fixed")
    if not isinstance(conditions, Mapping):
        raise ValueError(
            f"conditions are given as a dict from name to value, not as {conditions!r}"
        )
    if num_envs is None or not conditions:
        return task.check_conditions(conditions) if conditions else {}
    several = {name for name, value in conditions.items() if _is_several(task, name, value)}
    for name in several:
        if len(conditions[name]) != num_envs:
            raise ValueError(
                f"condition {name!r} is fixed to one value, or to {num_envs}, one for each "
                f"environment, not to {len(conditions[name])}"
            )
    each = [
        task.check_conditions(
            {name: value[i] if name in several else value for name, value in conditions.items()}
        )
        for i in range(num_envs if several else 1)
    ]
    stacked = {name: np.stack([one[name] for one in each]) for name in conditions}
    return {name: np.broadcast_to(x, (num_envs, *x.shape[1:])) for name, x in stacked.items()}


def _is_several(task: Any, name: str, value: Any) -> bool:
    """Whether the value of a condition has an axis more than the task's."""
    check_name("condition", name, task.conditions)
    try:
        return np.ndim(value) == 1 + len(task.conditions[name].shape)
    except ValueError:  # rows of different lengths
        return False


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


def checked_actions(space: Any, actions: Any) -> np.ndarray:
    """Do what `checked_action` does with actions of N environments; faster than the space does."""
    try:
        given = np.asarray(actions)
    except ValueError:  # rows of different lengths
        given = np.asarray(None)
    if given.shape == space.shape:
        if isinstance(space, gymnasium.spaces.MultiDiscrete):
            if given.dtype.kind in "iu" and _all((given < space.nvec) & (given >= 0)):
                return given.astype(np.int32)
        elif given.dtype.kind in "iuf":
            given = given.astype(space.dtype, copy=False)
            if _all((given >= space.low) & (given <= space.high)):
                return given
    raise ValueError(f"actions are an element of {space}, not {actions!r}")


def _all(mask):
    return np.count_nonzero(mask) == mask.size  # in a fifth of the time of all()


def own_observation(space: gymnasium.Space, ob: Any) -> Any:
    """Copy an observation into writable arrays of the space's dtype."""
    if isinstance(space, gymnasium.spaces.Dict):
        return {name: own_observation(item, ob[name]) for name, item in space.spaces.items()}
    if isinstance(space, gymnasium.spaces.Tuple):
        return tuple(own_observation(*pair) for pair in zip(space.spaces, ob, strict=True))
    return np.array(ob, space.dtype)
