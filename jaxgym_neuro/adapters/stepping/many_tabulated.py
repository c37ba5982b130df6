"""Steps of N environments that are look-ups in NumPy, in tables of trials.

Where nothing is carried from step to step and from trial to trial, what an action earns, whether it
ends the trial, and what is seen next depend on the trial, the step and the action alone. One
compiled call draws the next trials of all environments and lists this for every step and action,
and the steps through them need no call at all.
"""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import spaces
from jaxgym_neuro.adapters.stepping.streams import (
    BatchedParams,
    Transition,
    stream_key,
)
from jaxgym_neuro.core.env import EnvState, TrialEnv
from jaxgym_neuro.support.xla import compiler_options

_BLOCK_SIZE = 3 * 2**20  # numbers in a block, about
_FEWEST_TRIALS, _MOST_TRIALS = 8, 32  # of an environment, in a block


def can_be_tabulated(task: Any, params: Any, num_envs: int) -> bool:
    """Whether the tables of a task exist, and enough of its trials make up a block."""
    if not isinstance(task, TrialEnv) or not isinstance(task.action_space(params), spaces.Discrete):
        return False
    own = type(task)
    if task.num_kinds != 1 or own.step is not TrialEnv.step or own.reset is not TrialEnv.reset:
        return False
    state = jax.eval_shape(task.reset, jax.eval_shape(lambda: jax.random.key(0)), params)[1]
    if jax.tree.leaves(state.carry) or _trials_in_block(task, num_envs) < _FEWEST_TRIALS:
        return False

    def act(time, num_trials, t, trial, action):
        now = {"time": time, "num_trials": num_trials, "t": t}
        state_now = EnvState(trial=trial, carry=state.carry, **now)
        response = task.respond(state_now, action, params)
        return task.observe(state_now, params), jax.tree.map(jnp.asarray, vars(response))

    action = jax.ShapeDtypeStruct((), jnp.int32)
    jaxpr = jax.make_jaxpr(act)(state.time, state.num_trials, state.t, state.trial, action).jaxpr
    read = [variable for equation in jaxpr.eqns for variable in equation.invars]
    clocks = jaxpr.invars[:2]
    return not any(variable is clock for variable in [*read, *jaxpr.outvars] for clock in clocks)


class TabulatedSteps:
    """Takes each step by look-ups in tables of trials, drawn for all environments at a time.

    Args:
        task: a task that `can_be_tabulated`.
        num_envs: N.
    """

    def __init__(self, task: TrialEnv, num_envs: int):
        self._task, self._num_envs = task, num_envs
        self._size = _trials_in_block(task, num_envs)
        self._num_steps, self._num_actions = task.T, task.num_actions
        self._first = np.arange(num_envs) * self._size  # first trial of each environment
        self._words: Any = None
        self._number = np.full(num_envs, -1, np.int32)  # of the trial under way, in its stream
        self._time, self._num_trials = (np.zeros(num_envs, np.int32) for _ in range(2))
        self._trial = self._first.copy()  # under way, in the block
        self._row = self._trial * self._num_steps  # of the block's steps, the current one
        self._is_fixed = np.zeros(num_envs, bool)  # does the trial have conditions that were given?
        self._block: dict[str, Any] = {}

    def begin(
        self,
        mask: np.ndarray,
        words: np.ndarray,
        is_new_stream: np.ndarray,
        params: BatchedParams,
        conditions: dict[str, np.ndarray],
    ) -> np.ndarray:
        """Begin an episode where ``mask``; return all observations."""
        self._words, self._params = words, params
        self._number = np.where(mask, np.where(is_new_stream, 0, self._number + 1), self._number)
        self._time[mask] = self._num_trials[mask] = 0
        limits = params.tree.trials_per_episode, params.tree.max_steps_in_episode
        self._limits = [np.asarray(limit) for limit in limits]
        self._is_limited = any(np.any(limit) for limit in self._limits)
        self._row = np.where(mask, self._trial * self._num_steps, self._row)
        self._is_fixed &= ~mask
        self._draw()
        if conditions:
            self._is_fixed |= mask
            self._replace(mask, self._drawn(1, conditions), np.arange(self._num_envs))
        return self._block["ob"].take(self._row, axis=0)

    def conditions(self) -> dict[str, np.ndarray]:
        """Conditions of the trials under way."""
        return _take(self._block["conditions"], self._trial)

    def step(self, actions: np.ndarray, waiting: np.ndarray | None) -> Transition:
        """Take a step, except where ``waiting``."""
        block, row = self._block, self._row
        cell = row * self._num_actions + actions
        ends = block["ends"].take(cell)
        rewards, performance = block["rewards"].take(cell), block["performances"].take(cell)
        info = {
            "new_trial": ends,
            "performance": performance,
            "gt": block["gt"].take(row, axis=0),
            "conditions": self.conditions(),
            **_take(block["infos"], cell),
        }
        if waiting is None:
            row = row + 1
        else:
            ends &= ~waiting
            rewards[waiting] = performance[waiting] = 0
            row = row + ~waiting
        turns, final = ends, None
        terminated, truncated = (np.zeros(self._num_envs, bool) for _ in range(2))
        if self._is_limited:
            most_trials, most_steps = self._limits
            self._time += 1 if waiting is None else ~waiting
            self._num_trials += ends
            terminated = (most_trials > 0) & (self._num_trials >= most_trials)
            truncated = (most_steps > 0) & (self._time >= most_steps)
            done = terminated | truncated
            if done.any():
                turns = ends | done
                self._time[done] = self._num_trials[done] = 0
                cut_short = done & ~ends
                final = cut_short, block["ob"].take(row[cut_short], axis=0)
        self._row = row
        self._turn(turns)
        ob = self._block["ob"].take(self._row, axis=0)
        if final is None:
            return Transition(ob, rewards, terminated, truncated, info, None)
        # Between trials the next observation is the first of a trial that nobody has seen.
        cut_short, unseen = final
        final_ob = ob.copy()
        final_ob[cut_short] = unseen
        return Transition(ob, rewards, terminated, truncated, info, final_ob)

    # ------------------------------------------------------------------ inside

    def _turn(self, turns):
        """Go on with the next trial where ``turns``."""
        self._number += turns
        self._is_fixed &= ~turns
        self._trial += turns
        self._row = np.where(turns, self._trial * self._num_steps, self._row)
        if (self._trial == self._first + self._size).any():
            self._draw()

    def _draw(self):
        """Draw anew, from the trial under way on."""
        before, was = self._block, self._trial
        self._block = self._drawn(self._size, {})
        self._row = self._first * self._num_steps + self._row % self._num_steps
        self._trial = self._first.copy()
        if self._is_fixed.any():
            self._replace(self._is_fixed, before, was)

    def _drawn(self, size, overrides):
        args = (self._words, self._number, self._params.leaves, overrides)
        statics = (self._task, size, self._params.structure, self._params.axes)
        block = _draw_block()(*statics, *args)
        return jax.tree.map(np.asarray, block)

    def _replace(self, mask, source, trial):
        """Begin the block with trials of another one, where ``mask``."""

        def replace(old, new):
            per_trial = len(old) // (self._num_envs * self._size)
            new = new.reshape(-1, per_trial, *new.shape[1:])
            old = old.reshape(-1, *new.shape[1:]).copy()
            old[self._first[mask]] = new[trial[mask]]
            return old.reshape(-1, *new.shape[2:])

        self._block = jax.tree.map(replace, self._block, source)


def _trials_in_block(task, num_envs):
    per_step = math.prod(task.observation_space().shape) + 3 * task.num_actions
    return min(_BLOCK_SIZE // (num_envs * task.T * per_step), _MOST_TRIALS)


def _take(arrays, index):
    return {name: x.take(index, axis=0) for name, x in arrays.items()}


@functools.cache
def _draw_block():
    """Return the compiled draw of the next trials of all streams, as flat arrays."""

    def draw(task, size, structure, axes, words, number, leaves, overrides):
        def of_stream(words, number, leaves, overrides):
            params = jax.tree.unflatten(structure, leaves)

            def of_trial(number):
                trial = task.new_trial(stream_key(words, number), params, **overrides)
                return _tables(task, params, trial)

            return jax.vmap(of_trial)(number + lax.iota(jnp.int32, size))

        over_streams = jax.vmap(of_stream, in_axes=(0, 0, list(axes), 0))
        per_trial, per_step, per_action = over_streams(words, number, leaves, overrides)
        tables = {}
        for arrays, num_axes in ((per_trial, 2), (per_step, 3), (per_action, 4)):
            flat = functools.partial(_with_one_axis, num_axes)
            tables |= jax.tree.map(flat, arrays)
        return tables

    return jax.jit(draw, static_argnums=(0, 1, 2, 3), compiler_options=compiler_options())


def _with_one_axis(num_axes, x):
    return x.reshape(-1, *x.shape[num_axes:])


def _tables(task, params, trial):
    """List a trial: what there is of it once, at each of T steps, and there for each action."""
    zero = jnp.int32(0)

    def state_at(t):
        return EnvState(time=zero, t=t, num_trials=zero, trial=trial, carry=())

    def outcome(t, action):
        state = state_at(t)
        response = task.respond(state, action, params)
        answered = jnp.asarray(response.new_trial, jnp.bool_)
        timed_out = task.is_last_step(state) & ~answered
        ends = answered | timed_out
        r_tmax = jnp.asarray(params.r_tmax, jnp.float32)
        return {
            "ends": ends,
            "rewards": jnp.asarray(response.reward, jnp.float32) + jnp.where(timed_out, r_tmax, 0),
            "performances": jnp.where(ends, jnp.asarray(response.performance, jnp.float32), 0),
            "infos": response.info,
        }

    steps, actions = (lax.iota(jnp.int32, size) for size in (task.T, task.num_actions))
    over_actions = jax.vmap(outcome, in_axes=(None, 0))
    per_action = jax.vmap(over_actions, in_axes=(0, None))(steps, actions)
    ob = jax.vmap(lambda t: task.observe(state_at(t), params))(steps)
    return {"conditions": trial.conditions}, {"ob": ob, "gt": trial.gt}, per_action
