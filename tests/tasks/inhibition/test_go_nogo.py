import jax
import numpy as np
import pytest
from helpers import draw, follow, is_uniform, play, script, within

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def env():
    return jgn.make("GoNogo-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=4096)


@pytest.fixture(scope="module")
def is_go(trials):
    return np.asarray(trials.conditions["ground_truth"]) == 1


def test_go_and_nogo_are_equally_likely_and_told_apart(trials, is_go):
    assert is_uniform(is_go, [0, 1])
    seen = np.asarray(trials.ob)
    np.testing.assert_array_equal(seen[:, 2, 2] > seen[:, 2, 1], is_go)
    np.testing.assert_array_equal(seen[:, :, 0], np.tile([1] * 10 + [0] * 5, (4096, 1)))
    np.testing.assert_array_equal(seen[:, 5:, 1:], 0)


def test_the_preset_is_as_hard_as_it_says():
    env, _ = jgn.make("GoNogo-v0", preset="psychometric")
    trials = draw(env, num=1024)
    seen = np.asarray(trials.ob)[:, :5].sum(axis=1)
    right = (seen[:, 2] > seen[:, 1]) == np.asarray(trials.conditions["ground_truth"])
    assert within(np.sum(right), 1024, 0.838)


def test_go_trials_may_be_the_usual_ones():
    trials = draw(jgn.make("GoNogo-v0", p_go=0.8)[0], num=1024)
    assert within(np.sum(np.asarray(trials.conditions["ground_truth"])), 1024, 0.8)


def test_reward_table(env, trials, is_go):
    went = play(env, trials, script(env, trials, decision=1))
    np.testing.assert_allclose(went.returns, np.where(is_go, 1, -0.5))
    np.testing.assert_array_equal(went.performance, is_go)
    assert np.all(went.steps == 11)
    waited = play(env, trials, script(env, trials))
    np.testing.assert_allclose(waited.returns, np.where(is_go, -0.5, 0))
    np.testing.assert_array_equal(waited.performance, ~is_go)
    assert np.all(waited.steps == 15)
    beyond = play(env, trials, script(env, trials, decision=2))
    np.testing.assert_allclose(beyond.returns, -0.5)
    assert np.all(beyond.performance == 0)


def test_acting_in_fixation_costs_abort():
    env, params = jgn.make("GoNogo-v0", timing={"fixation": 300}, abort=True)
    _, state = env.reset(jax.random.key(0), params)
    _, _, reward, _, _, info = env.step(jax.random.key(1), state, 1, params)
    assert float(reward) == pytest.approx(-0.1)
    assert bool(info["new_trial"])


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_earns_all_there_is_at_any_dt(dt):
    env, _ = jgn.make("GoNogo-v0", dt=dt)
    played = follow(env, num=128)
    assert np.all(played.performance == 1)
    steps = np.where(played.returns == 1, 1000 // dt + 1, 1500 // dt)
    np.testing.assert_array_equal(played.steps, steps)
    assert set(played.returns) == {0, 1}
