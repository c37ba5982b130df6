"""A task under test: its trials and runs, compiled and played when a check asks for them."""

import copy
import dataclasses
import functools
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import policies, spaces
from jaxgym_neuro.registry import as_env
from jaxgym_neuro.support.xla import COMPILE_QUICKLY
from jaxgym_neuro.testing.demands import ERRORS

# Most of the time goes into compiling, and little into running.
quick_jit = partial(jax.jit, compiler_options=COMPILE_QUICKLY)


@dataclasses.dataclass(frozen=True)
class _Still(policies.Policy):
    """Action 0, or no movement, whether or not that is to wait."""

    def act(self, key, ob, memory, space):
        return jnp.zeros(space.shape, space.dtype), memory


@dataclasses.dataclass(frozen=True)
class _Invalid(policies.StatePolicy):
    """Actions outside the space: beyond its two ends by turns, or no number."""

    def act(self, key, state, params, env):
        space = env.action_space(params)
        if not isinstance(space, spaces.Discrete):
            return jnp.full(space.shape, jnp.nan, space.dtype)
        return jnp.where(state.time % jnp.int32(2) == 0, jnp.int32(space.n), jnp.int32(-1))


_POLICIES = {
    "random": policies.random,
    "ground truth": policies.ground_truth,  # random where there is none
    "waiting": _Still(),
    "invalid": _Invalid(),
}


class TaskUnderTest:
    """A task under test, and what the checks have observed of it so far."""

    def __init__(self, task, params, num_envs, num_trials, has_ground_truth, seed):
        self.env, self.twin = _twins(task)
        self.params = self.env.default_params if params is None else params
        self.num_envs, self.num_trials = num_envs, num_trials
        self.is_ground_truth_expected = has_ground_truth
        self.seed = seed
        self.action_space = self.env.action_space(self.params)
        self.observation_space = self.env.observation_space(self.params)
        self.steps = 2 * self.env.T + 2  # enough for two trials
        self._runs = {}
        self.step = quick_jit(lambda *args: self.env.step(*args))

    def key(self, number):
        """Return the key of one use."""
        return jax.random.fold_in(jax.random.key(self.seed), number)

    def keys(self, number, count):
        """Return several keys of one use."""
        return jax.random.split(self.key(number), count)

    @functools.cached_property
    def step_shapes(self):
        """Abstract results of reset and of a step: ``(ob, state), transition``."""
        key = self.key(0)
        reset = jax.eval_shape(self.env.reset, key, self.params)
        action = self.action_shape
        return reset, jax.eval_shape(self.env.step, key, reset[1], action, self.params)

    @functools.cached_property
    def can_be_traced(self):
        """Whether reset and step can be traced."""
        try:
            return self.step_shapes is not None
        except ERRORS:
            return False

    @property
    def action_shape(self):
        """Shape and dtype of an action."""
        return jax.eval_shape(self.action_space.sample, self.key(0))

    @property
    def response_shape(self):
        """Abstract result of ``respond``."""
        (_, state), _ = self.step_shapes
        return jax.eval_shape(self.env.respond, state, self.action_shape, self.params)

    @functools.cached_property
    def begun(self):
        """Observations and states of ``num_trials`` episodes that have just begun."""
        return self.reset_all(self.keys(1, self.num_trials), self.params)

    @functools.cached_property
    def reset_all(self):
        """Reset, over a batch of keys."""
        return quick_jit(jax.vmap(self.env.reset, in_axes=(0, None)))

    @property
    def trials(self):
        """The first trials of these episodes, on the host."""
        return jax.device_get(self.begun[1].trial)

    @functools.cached_property
    def start(self):
        """Observations and states in which every run begins."""
        return jax.tree.map(lambda x: x[: self.num_envs], self.begun)

    @functools.cached_property
    def step_keys(self):
        """Keys of the steps of a run, (steps, num_envs)."""
        return self.keys(2, self.steps * self.num_envs).reshape(self.steps, self.num_envs)

    @functools.cached_property
    def variants(self):
        """Params of each environment in a run: every second one has other rewards."""
        return [(self.limited(), self.other_params)[i % 2] for i in range(self.num_envs)]

    def play(self, policy, sweep=False, **limits):
        """Play a policy, with the episode limits given or with swept params; return the record."""
        name = (policy, sweep, *limits.items())
        if name not in self._runs:
            params = self.variants if sweep else [self.limited(**limits)] * self.num_envs
            params = jax.tree.map(lambda *leaves: np.stack(leaves), *params)
            number = jnp.int32(list(_POLICIES).index(policy))
            played = _play(self.env, self.step_keys, self.start, params, number)
            self._runs[name] = jax.device_get(played)
        return self._runs[name]

    def limited(self, trials_per_episode=0, max_steps_in_episode=0):
        """Return the params with episode limits."""
        return self.params.replace(
            trials_per_episode=np.asarray(trials_per_episode, np.int32),
            max_steps_in_episode=np.asarray(max_steps_in_episode, np.int32),
        )

    @property
    def other_params(self):
        """Params that differ in their rewards only."""
        rewards = {name: _shifted(amount) for name, amount in self.params.rewards.items()}
        return self.limited().replace(rewards=rewards, r_tmax=_shifted(self.params.r_tmax))

    @property
    def has_ground_truth(self):
        """Whether following the ground truth ought to be the best policy."""
        if self.is_ground_truth_expected is not None:
            return self.is_ground_truth_expected
        is_action = self.env.ground_truth_space == self.action_space
        return is_action and bool(np.any(self.trials.gt != 0))


def _twins(task: Any) -> tuple[Any, Any]:
    """Return two environments that ought to be equal, without being the same."""
    if callable(task):
        one, other = task(), task()
    else:
        one, other = task, task if isinstance(task, str) else copy.copy(task)
    return as_env(one, made_of_trials=True), as_env(other, made_of_trials=True)


def _shifted(number):
    return np.asarray(number, np.float32) + np.float32(0.25)


@partial(quick_jit, static_argnames=("env",))
def _play(env, keys, begun, params, policy):
    """Play a batch, each row with its params; return a record of each step.

    The policy is the one of that number in ``_POLICIES``, so that one compile does for all.
    """

    def play(begun, key, params):
        ob, state = begun
        action = _act(env, key, ob, state, params, policy)
        ob, after, reward, terminated, truncated, info = env.step(key, state, action, params)
        record = {
            "action": action,
            "ob": ob,
            "reward": reward,
            "terminated": terminated,
            "truncated": truncated,
            "info": info,
            "time": state.time,
            "t": state.t,
            "num_trials": state.num_trials,
            "length": state.trial.length,
            "gt": state.trial.gt[state.t],
            "conditions": state.trial.conditions,
            "carry": after.carry,
        }
        return (ob, after), record

    return lax.scan(lambda begun, keys: jax.vmap(play)(begun, keys, params), begun, keys)[1]


def _act(env, key, ob, state, params, number):
    actors = []
    for policy in _POLICIES.values():
        if policy is policies.ground_truth and not env.has_ground_truth_action:
            policy = policies.random
        actors.append(policies.actor(policy, env, params))
    return lax.select_n(number, *(actor(key, ob, (), state, params)[0] for actor in actors))


def sum_per_trial(played, values):
    """Sum (steps, envs) values over each trial; return sums and which trials were completed."""
    is_last = played["info"]["new_trial"]
    index = np.cumsum(is_last, axis=0) - is_last
    sums = np.zeros((index.max() + 1, index.shape[1]), np.float64)
    np.add.at(sums, (index, np.arange(index.shape[1])), values)
    completed = np.arange(len(sums))[:, None] < is_last.sum(axis=0)
    return sums, completed
