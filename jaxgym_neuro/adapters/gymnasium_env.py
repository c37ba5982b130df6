"""Tasks as Gymnasium environments: NumPy in, NumPy out, one environment at a time."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import gymnasium
import jax
import numpy as np
from gymnax.environments import spaces as gymnax_spaces

from jaxgym_neuro import random
from jaxgym_neuro.registry import make
from jaxgym_neuro.validation import check_name

_RESET_OPTIONS = ("params", "conditions")


class GymnasiumEnv(gymnasium.Env):
    """A task, or any gymnax environment, behind ``gymnasium.Env``.

    ``gymnasium.make("jaxgym_neuro/PerceptualDecisionMaking-v0", dt=20)`` returns one.

    An episode that ends is not restarted: the observation returned with ``terminated`` or
    ``truncated`` is the last one of the episode, and the user calls `reset`. Tasks made of trials
    go on for ever unless ``params`` says otherwise (``trials_per_episode``,
    ``max_steps_in_episode``).

    Attributes:
        task: the functional environment.
        params: its params; set by ``reset(options={"params": ...})``.
        state: its state, None before the first reset.

    Args:
        task: a registered id, or an environment.
        params: params to begin with; default are the task's.
        render_mode: None.
        **kwargs: the task's constructor arguments, where ``task`` is an id.

    Raises:
        ValueError: for an unknown id or argument, arguments beside an environment, params that do
            not suit the task, or a render mode.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self, task: Any, params: Any = None, render_mode: str | None = None, **kwargs: Any
    ):
        if render_mode is not None:
            raise ValueError(f"render_mode is None, not {render_mode!r}")
        if isinstance(task, str):
            self.task, default_params = make(task, **kwargs)
        elif kwargs:
            raise ValueError(
                f"constructor arguments ({', '.join(kwargs)}) go with a task's id; "
                f"{type(task).__name__} is constructed already"
            )
        else:
            self.task, default_params = task, task.default_params
        self.params = _checked_params(self.task, default_params if params is None else params)
        self.observation_space = to_gymnasium_space(self.task.observation_space(self.params))
        self.action_space = to_gymnasium_space(self.task.action_space(self.params))
        self.render_mode = None
        self.state = None
        self._key = None

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: starts the stream of random numbers anew; None continues it.
            options: ``"params"``, used from now on; ``"conditions"``, a dict that fixes conditions
                of the first trial as ``task.new_trial(key, params, **conditions)`` does.

        Returns:
            The first observation, and an info dict with the ``conditions`` of the first trial.

        Raises:
            ValueError: for an unknown option or condition, or params that do not suit the task.
        """
        options = options or {}
        for name in options:
            check_name("reset option", name, _RESET_OPTIONS)
        params = self.params
        if options.get("params") is not None:
            params = _checked_params(self.task, options["params"])
        conditions = _checked_conditions(self.task, options.get("conditions") or {})
        super().reset(seed=seed)
        self.params = params
        words = self.np_random.integers(2**32, size=2, dtype=np.uint32)
        self._key, ob, self.state = _reset(self.task, words, params, conditions)
        info = {"conditions": self.state.trial.conditions} if _has_trials(self.task) else {}
        return _observation(self.observation_space, ob), to_numpy(info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step.

        Args:
            action: an element of ``action_space``: an int or an array, of NumPy or of JAX.

        Returns:
            Observation, reward, terminated, truncated, and an info dict with the keys of the
            functional step, less ``final_observation``.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`, and after the end of an episode.
            ValueError: for an action outside the action space.
        """
        if self._key is None:
            raise gymnasium.error.ResetNeeded(
                "call reset() before the first step(), and after an episode has ended"
            )
        action = _checked_action(self.action_space, action)
        self._key, *transition = _step(self.task, self._key, self.state, action, self.params)
        ob, self.state, reward, terminated, truncated, info = transition
        terminated, truncated = bool(terminated), bool(truncated)
        final = info.pop("final_observation", ob)
        if terminated or truncated:
            ob, self._key = final, None
        ob = _observation(self.observation_space, ob)
        return ob, float(reward), terminated, truncated, to_numpy(info)

    @property
    def trial(self) -> Any:
        """The trial under way; None before the first reset."""
        return None if self.state is None else self.state.trial


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


def _has_trials(task: Any) -> bool:
    return hasattr(task, "new_trial")


def _checked_params(task: Any, params: Any) -> Any:
    if hasattr(task, "validate"):
        task.validate(params)
    return jax.device_put(params)  # once, not at every step


def _checked_conditions(task: Any, conditions: Mapping[str, Any]) -> dict[str, np.ndarray]:
    if conditions and not _has_trials(task):
        raise ValueError(f"{task.name} has no trials whose conditions could be fixed")
    for name in conditions:
        check_name("condition", name, task.conditions)
    return {
        name: np.asarray(value).astype(task.conditions[name].dtype)
        for name, value in conditions.items()
    }


def _checked_action(space: gymnasium.Space, action: Any) -> Any:
    """Give an action the dtype that the compiled step knows, so that nothing is compiled anew."""
    checked = action
    if isinstance(space, gymnasium.spaces.Discrete):
        checked = np.asarray(action)
    elif isinstance(space, gymnasium.spaces.Box):
        checked = np.asarray(action, space.dtype)
    if not space.contains(checked):
        raise ValueError(f"an action is an element of {space}, not {action!r}")
    is_discrete = isinstance(space, gymnasium.spaces.Discrete)
    return checked.astype(np.int32) if is_discrete else checked


def _observation(space: gymnasium.Space, ob: Any) -> Any:
    """Copy an observation into writable arrays of the space's dtype."""
    if isinstance(space, gymnasium.spaces.Dict):
        return {name: _observation(item, ob[name]) for name, item in space.spaces.items()}
    if isinstance(space, gymnasium.spaces.Tuple):
        return tuple(_observation(*pair) for pair in zip(space.spaces, ob, strict=True))
    return np.array(ob, space.dtype)


@partial(jax.jit, static_argnames=("task",))
def _reset(task, words, params, conditions):
    """Begin an episode from two random words; return the key of its steps besides."""
    key = jax.random.wrap_key_data(words, impl="threefry2x32")
    key_reset, key_steps = random.split(key)
    ob, state = task.reset(key_reset, params)
    if conditions:
        # The same key: all but the conditions that are fixed is as it would have been.
        trial = task.new_trial(jax.random.clone(key_reset), params, **conditions)
        state = state.replace(trial=trial)
        ob = task.observe(state, params)
    return key_steps, ob, state


@partial(jax.jit, static_argnames=("task",))
def _step(task, key, state, action, params):
    """Take one step; return the key of the next one besides."""
    key, key_step = random.split(key)
    return key, *task.step(key_step, state, action, params)
