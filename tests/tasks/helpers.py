"""Draw and play whole batches of trials; each compiles once per task and batch size."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

NUM_TRIALS = 256


class Played(NamedTuple):
    """What a batch of trials came to, (N,) each."""

    returns: np.ndarray
    performance: np.ndarray
    steps: np.ndarray


def draw(env, params=None, num=NUM_TRIALS, seed=0, **conditions):
    """Draw ``num`` trials with the same conditions fixed; a pytree of arrays (N, ...)."""
    params = env.default_params if params is None else params
    keys = jax.random.split(jax.random.key(seed), num)
    return jax.vmap(lambda key: env.new_trial(key, params, **conditions))(keys)


def play(env, trials, actions, params=None):
    """Act out ``actions`` (N, T, ...) in the first trial of as many fresh environments."""
    params = env.default_params if params is None else params
    return Played(*(np.asarray(x) for x in _play(env, trials, jnp.asarray(actions), params)))


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

        _, state = env.reset(key, params)
        state = state.replace(trial=trial)
        start = (state, jnp.bool_(True), jnp.float32(0), jnp.float32(0), jnp.int32(0))
        (_, _, score, total, steps), _ = jax.lax.scan(step, start, actions)
        return total, score, steps

    keys = jax.random.split(jax.random.key(1), actions.shape[0])
    return jax.vmap(play_one)(keys, trials, actions)


def script(env, trials, **action_in):
    """Actions (N, T) that are 0 but in the named periods; an action is a number or one per trial."""
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
