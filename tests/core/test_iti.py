"""The interval between trials, which any task can have."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro.registry import factory_of
from jaxgym_neuro.wrappers import MultiTask, ReactionTime, TimeOut

STEPS = 3
IDS = [id for id in IDS if id != "AnnubesEnv-v0"]  # has one of its own, after it


@pytest.mark.parametrize("id", fast_if_typical(IDS))
def test_a_trial_after_the_interval_is_the_trial_without_one(id):
    quiet = {"sigma": 0} if "sigma" in inspect.signature(factory_of(id)).parameters else {}
    env, _ = jgn.make(id, **quiet)
    late, _ = jgn.make(id, timing={"iti": STEPS * env.dt}, **quiet)
    assert late.T == env.T + STEPS
    assert late.periods == ("iti", *env.periods)
    keys = jax.random.split(jax.random.key(1), 32)
    plain, shifted = (jax.jit(jax.vmap(one.new_trial))(keys) for one in (env, late))
    np.testing.assert_array_equal(shifted.length, plain.length + STEPS)
    np.testing.assert_array_equal(shifted.start[:, 0], 0)
    np.testing.assert_array_equal(shifted.end[:, 0], STEPS)
    is_there = plain.end > plain.start
    np.testing.assert_array_equal(shifted.start[:, 1:][is_there], plain.start[is_there] + STEPS)
    np.testing.assert_array_equal(shifted.end[:, 1:][is_there], plain.end[is_there] + STEPS)
    np.testing.assert_array_equal(shifted.gt[:, STEPS:], plain.gt)
    assert not np.any(shifted.ob[:, :STEPS])
    assert not np.any(shifted.gt[:, :STEPS])
    if id != "ToneDetection-v0":  # its noise is drawn for all steps, and more of them
        np.testing.assert_allclose(shifted.ob[:, STEPS:], plain.ob, atol=1e-6)


def _played(env, action, num_steps):
    def one(state, key):
        _, state, reward, *_, info = env.step(key, state, action)
        return state, (reward, info["new_trial"], info["reaction_time"])

    keys = jax.random.split(jax.random.key(0), num_steps)
    return jax.device_get(lax.scan(one, env.reset(0)[1], keys)[1])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda env: env,
        lambda env: TimeOut(env, 200),
        ReactionTime,
        lambda env: MultiTask([env], task_cue=False),
    ],
)
def test_nothing_that_the_subject_does_in_it_counts(wrap):
    timing = {"iti": 300, "fixation": 100, "stimulus": 200, "decision": 100}
    env = wrap(jgn.make("PerceptualDecisionMaking-v0", timing=timing, abort=True)[0])
    reward, ends, times = _played(env, jnp.int32(1), 4)
    np.testing.assert_array_equal(reward[:3], 0)
    assert reward[3] == np.float32(-0.1)  # the first step of fixation
    np.testing.assert_array_equal(times, -1)
    assert not ends[:3].any()


def test_what_a_task_remembers_waits_for_the_interval_to_pass():
    env = jgn.make("Reaching1D-v0", timing={"iti": 300, "fixation": 200})[0]
    state = env.reset(0)[1]
    first = state.carry
    for _ in range(3):
        _, state, *_ = env.step(0, state, 2)
        jax.tree.map(np.testing.assert_array_equal, state.carry, first)


def test_it_is_drawn_and_can_be_given_and_swept():
    env, params = jgn.make("GoNogo-v0", timing={"iti": ("uniform", (100, 1000))})
    keys = jax.random.split(jax.random.key(0), 512)
    steps = np.asarray(jax.vmap(env.new_trial)(keys).end[:, 0])
    assert set(steps) == set(range(1, 10))
    assert env.new_trial(0, iti=700).end[0] == 7
    shorter = params.replace(timing={**params.timing, "iti": jgn.timing.Uniform(100, 200)})
    assert env.new_trial(0, shorter).end[0] == 1
    table = jgn.rollout(env, policy="wait", num_envs=4, num_trials=32)
    assert set(np.round(table.durations["iti"])) <= set(range(100, 1000, 100))


def test_until_counts_from_where_the_task_begins():
    timing = {"fixation": 200, "stimulus": ("until", 1000)}
    plain, late = (
        jgn.make("PerceptualDecisionMaking-v0", timing={**timing, **more})[0]
        for more in ({}, {"iti": 500})
    )
    assert late.T == plain.T + 5
    np.testing.assert_array_equal(late.new_trial(0).end[1:], plain.new_trial(0).end + 5)
