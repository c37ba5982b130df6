"""Every task runs at step sizes other than its own, jitted and vmapped, with and without x64."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro.support.xla import COMPILE_QUICKLY

NUM_TRIALS = 16
# Empty in trials without a tone, in those without a wager, and in the first stages of a training.
WITHOUT_STEPS = {
    ("ToneDetection-v0", "toneDur"),
    ("PostDecisionWager-v0", "pre_sure"),
    ("CVLearning-v0", "stimulus"),
    ("CVLearning-v0", "delay"),
}


@partial(
    jax.jit,
    static_argnums=0,
    compiler_options=COMPILE_QUICKLY,
)
def act_and_reset(env, keys, params):
    """Draw trials, and play them by their ground truth, or by waiting where it is no action."""

    def act(state):
        if env.ground_truth_space == env.action_space(params):
            return env.ground_truth_action(state, params)
        return jnp.zeros(env.action_space(params).shape, env.action_space(params).dtype)

    def play(key):
        def judge(carry, _):
            state, alive, score = carry
            response = env.respond(state, act(state), params)
            ended = jnp.asarray(response.new_trial) | env.is_last_step(state)
            scored = jnp.asarray(response.performance, jnp.float32)
            score = score + jnp.where(ended & alive, scored, 0)
            kept = state.carry if response.carry is None else response.carry
            shown = env.observe(state, params)
            return (state.replace(t=state.t + 1, carry=kept), alive & ~ended, score), shown

        _, first = env.reset(key, params)
        start = (first, jnp.bool_(True), jnp.float32(0))
        (last, _, score), shown = jax.lax.scan(judge, start, length=env.T)
        return first.trial, shown, score, last

    return jax.vmap(play)(keys)


@pytest.mark.slow
@pytest.mark.parametrize("x64", [False, True], ids=["x32", "x64"])
@pytest.mark.parametrize("dt", [10, 20, 50, 100])
@pytest.mark.parametrize("id", IDS)
def test_it_runs_at_any_step_size_and_following_the_ground_truth_performs(id, dt, x64):
    with jax.enable_x64(x64):
        env, params = jgn.make(id, dt=dt)
        keys = jax.random.split(jax.random.key(dt), NUM_TRIALS)
        trials, shown, score, last = jax.device_get(act_and_reset(env, keys, params))
    wide = [x.dtype for x in jax.tree.leaves((trials, shown, last)) if x.dtype.itemsize > 4]
    assert not wide
    assert np.all(np.isfinite(shown))
    if env.ground_truth_space == env.action_space(params):
        np.testing.assert_allclose(score, 1, atol=1e-5)
    steps = trials.end - trials.start
    for i, period in enumerate(env.periods):
        if period in env.timing and env.timing[period].lower() > 0:
            assert np.all(steps[:, i] >= 1) or (id, period) in WITHOUT_STEPS, period
