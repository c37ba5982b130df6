"""Wrappers over several tasks do to each of them what they do to it alone."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequences import task

import jaxgym_neuro as jgn
from jaxgym_neuro.wrappers import (
    CatchTrials,
    MissTrialReward,
    MultiTask,
    PassAction,
    PassReward,
    ReactionTime,
    TimeOut,
)

TIMING = {"fixation": 200, "stimulus": 200, "delay": 0, "decision": 300}
# Nothing but conditions is drawn; channels, periods, lengths and rewards differ.
TASKS = (
    task(sigma=0.0),
    jgn.make("ContextDecisionMaking-v0", use_expl_context=True, sigma=0.0, timing=TIMING)[0],
    jgn.make("GoNogo-v0", timing=TIMING)[0],
)
NUM_TRIALS, NUM_OWN = 200, 2  # channels that the wrappers add


def wrapped(env):
    """All wrappers that judge or show, and draw at most a condition of their own."""
    env = MissTrialReward(ReactionTime(CatchTrials(env), urgency=-0.01), -0.3)
    return PassReward(PassAction(TimeOut(env, 200)))


@partial(jax.jit, static_argnums=0)
def play(env, conditions, actions):
    """Play one trial of each of the conditions; what comes after its end has no meaning."""
    params = env.default_params

    def one(conditions, actions):
        ob, state = env.reset(jax.random.key(0), params, **conditions)

        def step(carry, action):
            ob, state = carry
            verdict = env.judge(state, action, params)
            after = state.replace(t=state.t + 1, carry=verdict.carry)
            row = {"ob": ob, "gt": env.gt_now(state), "reward": verdict.reward}
            row |= {"ends": verdict.ends, "performance": verdict.performance}
            row |= {name: verdict.info[name] for name in ("reaction_time", "timeout")}
            return (env.observe(after, params), after), row

        return jax.lax.scan(step, (ob, state), actions)[1]

    return jax.vmap(one)(conditions, actions)


WHOLE = MultiTask(TASKS, pad=True, task_cue=False)


@pytest.mark.parametrize("number", range(len(TASKS)))
def test_each_task_is_judged_and_shown_as_if_it_were_wrapped_alone(number):
    own, rng = wrapped(TASKS[number]), np.random.default_rng(number)
    keys = jax.random.split(jax.random.key(number), NUM_TRIALS)
    drawn = jax.vmap(lambda key: TASKS[number].new_trial(key).conditions)(keys)
    drawn = {name: drawn[name] for name in TASKS[number].conditions}
    catch = np.arange(NUM_TRIALS) % 3 == 0
    acts = rng.random((NUM_TRIALS, own.T)) < 0.2
    actions = (acts * rng.integers(1, 3, acts.shape)).astype(np.int32)
    alone = jax.device_get(play(own, {**drawn, "catch": catch}, actions))

    names = WHOLE.condition_names[number]
    given = {names[name]: values for name, values in drawn.items()}
    given |= {"task": np.full(NUM_TRIALS, number, np.int32), "catch": catch}
    among = jax.device_get(play(wrapped(WHOLE), given, actions))

    before_end = np.cumsum(alone["ends"], axis=1) - alone["ends"] == 0
    assert alone["ends"].any(axis=1).all()
    num_channels = TASKS[number].observation_space().shape[0]
    channels = [*range(num_channels), *range(-NUM_OWN, 0)]
    seen, expected = among.pop("ob"), alone.pop("ob")
    np.testing.assert_allclose(
        seen[..., channels][before_end], expected[..., channels][before_end], atol=1e-6
    )
    assert not seen[..., num_channels:-NUM_OWN][before_end].any()
    for name, values in alone.items():
        np.testing.assert_allclose(among[name][before_end], values[before_end], atol=1e-6)
    # It was worth comparing.
    assert {0.0, 1.0} == set(alone["performance"][alone["ends"]].tolist())
    assert alone["timeout"].any()
    assert (alone["reaction_time"] > 0).any()
    assert jnp.unique(alone["reward"]).size > 4
