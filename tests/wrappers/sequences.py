"""What the tests of wrappers share: sequences of trials without their arrays, and steps."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import jaxgym_neuro as jgn


def task(**kwargs):
    """The task that is wrapped: one step of fixation, four of stimulus, two to decide."""
    timing = {"fixation": 100, "stimulus": 400, "delay": 0, "decision": 200}
    return jgn.make("PerceptualDecisionMaking-v0", timing=timing, **kwargs)[0]


def conditions_of(env, num_envs, num_trials, params=None, seed=0):
    """Conditions of trial after trial, each (num_envs, num_trials)."""
    keys = jax.random.split(jax.random.key(seed), num_envs)
    return jax.device_get(_conditions(env, num_trials, keys, _or_default(env, params)))


@partial(jax.jit, static_argnames=("env", "num_trials"))
@partial(jax.vmap, in_axes=(None, None, 0, None))
def _conditions(env, num_trials, key, params):
    def draw(carry, key):
        conditions, carry = env.sample_conditions(key, params, carry)
        return carry, conditions

    key_carry, key_trials = jax.random.split(key)
    keys = jax.random.split(key_trials, num_trials)
    return jax.lax.scan(draw, env.init_carry(key_carry, params), keys)[1]


def trials_of(env, num_trials, params=None, seed=0, **conditions):
    """Independent trials."""
    keys = jax.random.split(jax.random.key(seed), num_trials)
    return jax.device_get(_trials(env, keys, _or_default(env, params), conditions))


@partial(jax.jit, static_argnames=("env",))
@partial(jax.vmap, in_axes=(None, 0, None, None))
def _trials(env, key, params, conditions):
    return env.new_trial(key, params, **conditions)


def walk(env, act, num_trials, params=None, seed=0):
    """Walk through one trial each with ``act(state, drawn, row)``, and record every step.

    Returns:
        Arrays of shape (num_trials, T, ...). In ``alive`` stands whether the trial goes on; what
        follows has no meaning.
    """
    params = _or_default(env, params)

    def one(key, row):
        def step(carry, t):
            memory, alive = carry
            now = state.replace(t=t, carry=memory)
            drawn = env.action_space().sample(jax.random.fold_in(key, t))
            action = act(now, drawn, row)
            response = env.respond(now, action, params)
            ends = response.new_trial | env.is_last_step(now)
            record = {
                "t": t,
                "action": action,
                "alive": alive,
                "ends": alive & ends,
                "conditions": state.trial.conditions,
                "reward": response.reward,
                "new_trial": response.new_trial,
                "performance": response.performance,
                "reaction_time": response.answers["choice"].time,
                **response.info,
            }
            return (response.carry, alive & ~ends), record

        state = env.reset(key, params)[1]
        steps = jnp.arange(env.T, dtype=jnp.int32)
        return jax.lax.scan(step, (state.carry, jnp.bool_(True)), steps)[1]

    return _each(one, num_trials, seed)


def play(env, act, num_envs, num_steps, params_of=None, seed=0):
    """Play ``act(state, drawn, row)`` with ``params_of(row)``; record every step.

    Here and above, ``drawn`` is a random action.

    Returns:
        Arrays of shape (num_envs, num_steps, ...); ``ob`` is what was seen before the action.
    """

    def one(key, row):
        params = env.default_params if params_of is None else params_of(row)

        def step(carry, key):
            ob, state = carry
            key_step, key_action = jax.random.split(key)
            action = act(state, env.action_space().sample(key_action), row)
            after_ob, after, reward, *_, info = env.step(key_step, state, action, params)
            record = {
                "ob": ob,
                "action": action,
                "reward": reward,
                "t": state.t,
                "start": state.trial.start,
                "length": state.trial.length,
                **info,
            }
            return (after_ob, after), record

        key_reset, key_steps = jax.random.split(key)
        begun = env.reset(key_reset, params)
        return jax.lax.scan(step, begun, jax.random.split(key_steps, num_steps))[1]

    return _each(one, num_envs, seed)


def _each(one, rows, seed):
    keys = jax.random.split(jax.random.key(seed), rows)
    return jax.device_get(jax.jit(jax.vmap(one))(keys, jnp.arange(rows, dtype=jnp.int32)))


def _or_default(env, params):
    return env.default_params if params is None else params


def wait(state, drawn, row):
    """Do nothing."""
    del state, row
    return jnp.zeros_like(drawn)


def answer(state, drawn, row):
    """Follow the ground truth."""
    del drawn, row
    return state.trial.gt[state.t]


def err(state, drawn, row):
    """Do something, but not what is right (of two answers)."""
    del drawn, row
    right = state.trial.gt[state.t]
    return jnp.where(right == 0, 0, 3 - right)


def assert_frequencies(drawn, probs, values=None):
    """Check frequencies to 4.9 standard errors: an error in one of a million tests."""
    values = np.arange(len(probs)) if values is None else np.asarray(values)
    probs, drawn = np.asarray(probs), np.ravel(drawn)
    found = np.mean(drawn[:, None] == values, axis=0)
    bound = 4.9 * np.sqrt(probs * (1 - probs) / len(drawn))
    assert np.all(np.abs(found - probs) <= bound), (found, probs, len(drawn))


def block_lengths(kinds):
    """Kinds and lengths of the blocks in a row of trials; the last one may be cut off."""
    starts = np.flatnonzero(np.diff(kinds, prepend=kinds[0] - 1))
    return kinds[starts], np.diff(starts, append=len(kinds))
