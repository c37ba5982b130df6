"""Draw and play whole batches of trials; each compiles once per task and batch size."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro import EnvState

NUM_TRIALS = 256


class Played(NamedTuple):
    """What a batch of trials came to, (N,) each."""

    returns: np.ndarray
    performance: np.ndarray
    steps: np.ndarray


class Case(NamedTuple):
    """A task, its params without noise, and a batch of trials large enough for statistics."""

    env: Any
    params: Any
    trials: Any

    def act(self, params=None, **action_in):
        """Play the trials with a `script`."""
        return play(self.env, self.trials, script(self.env, self.trials, **action_in), params)


def case(id, num=4096, **kwargs):
    """Make a task, and draw its trials without noise."""
    env, params = jgn.make(id, **kwargs)
    if hasattr(params, "sigma"):
        params = params.replace(sigma=0.0)
    return Case(env, params, jax.tree.map(np.asarray, draw(env, params, num)))


def draw(env, params=None, num=NUM_TRIALS, seed=0, **conditions):
    """Draw ``num`` trials with the same conditions fixed; a pytree of arrays (N, ...)."""
    params = env.default_params if params is None else params
    keys = jax.random.split(jax.random.key(seed), num)
    return jax.vmap(lambda key: env.new_trial(key, params, **conditions))(keys)


def play(env, trials, actions, params=None):
    """Act out ``actions`` (N, T, ...) in the first trial of as many fresh environments."""
    params = env.default_params if params is None else params
    env = env.replaced(renew=_keep)  # a second trial takes long to compile, and is not seen
    return Played(*(np.asarray(x) for x in _play(env, trials, jnp.asarray(actions), params)))


def _keep(draw, due, inputs, old, reads=()):
    return old


@partial(jax.jit, static_argnames=("env",))
def _play(env, trials, actions, params):
    def play_one(key, trial, actions):
        def step(carry, action):
            state, alive, score, total, steps = carry
            _, state, reward, _, _, info = env.step(key, state, action, params)
            total = total + jnp.where(alive, reward, 0)
            score = score + jnp.where(alive, info["performance"], 0)
            steps = steps + alive.astype(jnp.int32)
            return (state, alive & ~info["new_trial"], score, total, steps), None

        zero, carry = jnp.int32(0), env.init_carry(key, params)
        state = EnvState(time=zero, t=zero, num_trials=zero, trial=trial, carry=carry)
        start = (state, jnp.bool_(True), jnp.float32(0), jnp.float32(0), jnp.int32(0))
        (_, _, score, total, steps), _ = jax.lax.scan(step, start, actions)
        return total, score, steps

    keys = jax.random.split(jax.random.key(1), actions.shape[0])
    return jax.vmap(play_one)(keys, trials, actions)


def follow(env, num=64, seed=0, params=None):
    """Follow the ground truth for one trial in each of ``num`` environments."""
    params = env.default_params if params is None else params
    keys = jax.random.split(jax.random.key(seed), num)
    return Played(*(np.asarray(x) for x in _follow(env, keys, params)))


@partial(jax.jit, static_argnames=("env",))
def _follow(env, keys, params):
    """Judge without `step`, whose renewal takes long to compile."""

    def follow_one(key):
        def judge(carry, _):
            state, alive, played = carry
            response = env.respond(state, env.ground_truth_action(state, params), params)
            ended = jnp.asarray(response.new_trial) | env.is_last_step(state)
            now = (response.reward, jnp.where(ended, response.performance, 0), 1)
            played = jax.tree.map(lambda sum, x: sum + jnp.where(alive, x, 0), played, now)
            kept = state.carry if response.carry is None else response.carry
            return (state.replace(t=state.t + 1, carry=kept), alive & ~ended, played), None

        _, state = env.reset(key, params)
        start = (state, jnp.bool_(True), (jnp.float32(0), jnp.float32(0), jnp.int32(0)))
        return jax.lax.scan(judge, start, length=env.T)[0][2]

    return jax.vmap(follow_one)(keys)


def script(env, trials, **action_in):
    """Actions (N, T): 0 but in the named periods; an action is a number or one per trial."""
    start, end = np.asarray(trials.start), np.asarray(trials.end)
    steps = np.arange(env.T)
    actions = np.zeros((len(start), env.T), np.int32)
    for period, action in action_in.items():
        i = env.periods.index(period)
        inside = (steps >= start[:, i, None]) & (steps < end[:, i, None])
        actions = np.where(inside, np.reshape(action, (-1, 1)), actions)
    return actions


def in_period(env, trials, period):
    """Mask (N, T) of the steps of a period."""
    return script(env, trials, **{period: 1}) == 1


def within(count, num, p, z=5.0):
    """Whether a binomial count is within ``z`` standard errors of p; z = 5 errs once in 2e6."""
    return abs(count - num * p) <= z * np.sqrt(num * p * (1 - p))


def is_uniform(values, options):
    """Whether values fall on the options equally often, and on nothing else (`within` each)."""
    values, num = np.asarray(values), len(values)
    counts = [np.sum(np.isclose(values, option)) for option in options]
    return sum(counts) == num and all(within(count, num, 1 / len(options)) for count in counts)
