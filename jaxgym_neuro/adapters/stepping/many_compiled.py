"""Steps of N environments that are one compiled call of the vmapped functional step."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.adapters.conversion import has_trials, shortest
from jaxgym_neuro.adapters.stepping.interface import Transition
from jaxgym_neuro.adapters.stepping.streams import BatchedParams, stream_key
from jaxgym_neuro.support.caches import MOST_PROGRAMS, jit_for_few, kept_with_jax
from jaxgym_neuro.support.xla import compiler_options

_RETURNED = ("final_observation", "terminated", "truncated")  # beside the info


class CompiledMany:
    """Takes each step by one compiled call of the vmapped functional step.

    Args:
        task: the functional environment.
        num_envs: N.
    """

    is_tabulated = False

    def __init__(self, task: Any, num_envs: int):
        self._task = task
        self._has_trials = has_trials(task)
        self._number: Any = np.full(num_envs, -1, np.int32)  # of the trial under way
        self._words: Any = None
        # The state is kept flat, as to flatten it costs as much as the call.
        self._leaves: Any = None
        self._structure: Any = None
        self._ob: Any = None
        self.can_step = False

    def go_on_from(
        self, words: np.ndarray, number: np.ndarray, params: BatchedParams, state: Any, ob: Any
    ) -> None:
        """Go on with episodes, where ``number`` (N,) are the trials under way."""
        self._words, self._params = jax.device_put(words), params
        # Copies, as a step overwrites them.
        self._number, state, self._ob = jax.tree.map(jnp.array, (number, state, ob))
        self._use(state)

    def begin(
        self,
        mask: np.ndarray,
        words: np.ndarray,
        is_new_stream: bool,
        params: BatchedParams,
        conditions: dict[str, np.ndarray],
    ) -> np.ndarray:
        """Begin an episode where ``mask``; return all observations."""
        self._words, self._params = jax.device_put(words), params
        number = np.where(mask, -1, self._number) if is_new_stream else self._number
        old = None if self._leaves is None else (self._ob, self._state())
        statics = (self._task, params.structure, params.axes)
        self._ob, self._number, state = _begin_rows(
            *statics, self._words, number, params.leaves, conditions, mask, old
        )
        self._use(state)
        return np.asarray(self._ob)

    def conditions(self) -> dict[str, np.ndarray]:
        """Conditions of the trials under way."""
        # Copies, as the next step overwrites the state.
        return jax.tree.map(np.array, self._state().trial.conditions) if self._has_trials else {}

    def step(self, actions: np.ndarray, waiting: np.ndarray | None) -> Transition:
        """Take a step, except where ``waiting``."""
        before = self._words, self._number, self._leaves, self._ob
        shown, self._number, self._leaves = self._step(
            *before, actions, self._params.leaves, waiting
        )
        self._ob = shown[0]
        ob, final_ob, rewards, terminated, truncated, info = jax.tree.map(np.asarray, shown)
        done = (terminated | truncated).any()
        final_ob = final_ob if done else None
        return Transition(ob, shortest(rewards), terminated, truncated, info, final_ob)

    def successor(self) -> None:
        """Return None: what this cannot go on with has ended."""

    def _use(self, state):
        self._leaves, self._structure = jax.tree.flatten(state)
        self._step = self._compiled_step()
        self.can_step = True

    def _compiled_step(self):
        return _step_rows(self._task, self._params.structure, self._params.axes, self._structure)

    def __getstate__(self):
        """What is pickled: all but compiled code."""
        return {name: value for name, value in vars(self).items() if name != "_step"}

    def __setstate__(self, attributes: dict[str, Any]):
        vars(self).update(attributes)
        if self._structure is not None:
            self._step = self._compiled_step()

    def _state(self):
        return jax.tree.unflatten(self._structure, self._leaves)


@jit_for_few(3)
def _begin_rows(task, structure, axes, words, number, leaves, conditions, mask, old):
    """Begin an episode with the next trial of the stream where ``mask``."""

    def begin(words, number, leaves, conditions):
        params = jax.tree.unflatten(structure, leaves)
        return task.reset(stream_key(words, number), params, **conditions)

    number = number + jnp.asarray(mask, jnp.int32)
    ob, state = jax.vmap(begin, in_axes=(0, 0, list(axes), 0))(words, number, leaves, conditions)
    ob, state = (ob, state) if old is None else _select(mask, (ob, state), old)
    return ob, number, state


@kept_with_jax(MOST_PROGRAMS)
def _step_rows(task, structure, axes, state_structure):
    """Return the compiled step; a function of its own, as static arguments cost time at a call."""

    def step_one(words, number, state, action, leaves):
        params = jax.tree.unflatten(structure, leaves)
        return task.step(stream_key(words, number + 1), state, action, params)

    def step(words, number, state, ob, actions, leaves, waiting):
        """Step, except where ``waiting``; a trial that begins is the next of its stream."""
        before = (number, jax.tree.unflatten(state_structure, state), ob)
        over_envs = jax.vmap(step_one, in_axes=(0, 0, 0, 0, list(axes)))
        ob, state, reward, *ends, info = over_envs(words, number, before[1], actions, leaves)
        terminated, truncated = ends
        # Other environments than tasks may draw at every step.
        is_drawn = info["new_trial"] | terminated | truncated if has_trials(task) else True
        number = number + jnp.asarray(is_drawn, jnp.int32)
        final_ob = info.get("final_observation", ob)
        info = {name: value for name, value in info.items() if name not in _RETURNED}
        conditions = {name: info.pop(name) for name in ("conditions",) if name in info}
        earned = (reward, terminated, truncated, info)
        if waiting is not None:
            number, state, ob = _select(waiting, before, (number, state, ob))
            earned = _select(waiting, jax.tree.map(jnp.zeros_like, earned), earned)
        *earned, info = earned
        earned = (*earned, info | conditions)
        return (ob, final_ob, *earned), number, jax.tree.leaves(state)

    return jax.jit(step, donate_argnums=(1, 2), compiler_options=compiler_options())


def _select(mask, chosen, other):
    """Choose rows of every array."""

    def select(x, y):
        return jnp.where(mask.reshape(-1, *(1,) * (x.ndim - 1)), x, y)

    return jax.tree.map(select, chosen, other)
