"""Trials of a task, and what following the ground truth comes to in each."""

import functools

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.support.xla import COMPILE_QUICKLY


@functools.partial(jax.jit, static_argnums=0, compiler_options=COMPILE_QUICKLY)
def drawn_and_followed(env, keys, params):
    """Trials, what following the ground truth earns and scores in each, and its last step."""

    def follow(key):
        trial = env.new_trial(key, params)
        zero = jnp.int32(0)

        def judge(t):
            state = EnvState(time=zero, t=t, num_trials=zero, trial=trial, carry=())
            verdict = env.judge(state, env.ground_truth_action(state, params), params)
            return verdict.reward, verdict.performance, verdict.ends

        reward, performance, ends = jax.vmap(judge)(jnp.arange(env.T, dtype=jnp.int32))
        last = jnp.argmax(ends)
        counts = jnp.arange(env.T) <= last
        return trial, jnp.sum(jnp.where(counts, reward, 0)), performance[last], last

    return jax.vmap(follow)(keys)
