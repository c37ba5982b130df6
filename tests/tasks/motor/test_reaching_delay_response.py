import jax
import numpy as np
import pytest
from helpers import draw, follow, in_period, is_uniform, play

import jaxgym_neuro as jgn

NUM = 1024


@pytest.fixture(scope="module")
def env():
    return jgn.make("ReachingDelayResponse-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=NUM)


def acting(env, trials, go, position, period="decision"):
    """Wait, but in one period go with this strength to these positions."""
    inside = in_period(env, trials, period)
    go_now = np.where(inside, go, -1.0)
    where = np.broadcast_to(np.reshape(position, (-1, 1)), inside.shape)
    return np.stack([go_now, where], axis=-1).astype(np.float32)


def test_targets_and_delays_are_uniform(env, trials):
    target = np.sort(np.asarray(trials.conditions["ground_truth"]))
    assert np.abs(target - (np.arange(NUM) + 0.5) / NUM).max() < 2.7 / np.sqrt(NUM)
    assert is_uniform(trials.length, [10, 20, 30])
    narrow, _ = jgn.make("ReachingDelayResponse-v0", lowbound=0.2, highbound=0.6)
    bounded = np.asarray(draw(narrow, num=NUM).conditions["ground_truth"])
    assert 0.2 <= bounded.min() < 0.22 < 0.58 < bounded.max() <= 0.6


def test_observation_and_ground_truth_of_a_known_target(env):
    trial = env.new_trial(jax.random.key(0), ground_truth=0.25)
    decision = int(trial.start[2])
    np.testing.assert_array_equal(trial.ob[:5], [[0, 0.25]] * 5)
    np.testing.assert_array_equal(trial.ob[5:decision], [[0, -0.5]] * (decision - 5))
    np.testing.assert_array_equal(trial.ob[decision : decision + 5], [[1, -0.5]] * 5)
    np.testing.assert_array_equal(trial.gt[:decision], [[-1, -0.5]] * decision)
    np.testing.assert_array_equal(trial.gt[decision : decision + 5], [[1, 0.25]] * 5)


def test_reward_table(env, trials):
    target = np.asarray(trials.conditions["ground_truth"])
    for error in (0.0, 0.3, -0.8):
        played = play(env, trials, acting(env, trials, 0.5, target + error))
        expected = 1 / (1 + abs(error)) ** 2
        np.testing.assert_allclose(played.returns, expected, rtol=1e-4)
        np.testing.assert_allclose(played.performance, expected, rtol=1e-4)
        np.testing.assert_array_equal(played.steps, np.asarray(trials.start)[:, 2] + 1)
    for position in (-1.5, 2.5, np.nan):
        failed = play(env, trials, acting(env, trials, 1.0, np.float32(position)))
        assert np.all((failed.returns == 0) & (failed.performance == 0))
        np.testing.assert_array_equal(failed.steps, np.asarray(trials.start)[:, 2] + 1)
    missed = play(env, trials, acting(env, trials, -1.0, target))
    np.testing.assert_allclose(missed.returns, -0.5)
    np.testing.assert_array_equal(missed.steps, trials.length)
    idle = play(env, trials, np.zeros((NUM, env.T, 2), np.float32))
    np.testing.assert_allclose(idle.returns, -1.0, rtol=1e-5)
    early = acting(env, trials, 0.0, target, period="stimulus")
    aborted = play(env, trials, early, env.default_params.replace(abort=True))
    assert np.all((aborted.returns == np.float32(-0.1)) & (aborted.steps == 1))


@pytest.mark.parametrize(("scale", "earned"), [(1.0, 2 / 3), (0.1, 1 / 6)])
def test_always_pointing_to_the_middle_earns_as_much_as_the_page_says(env, trials, scale, earned):
    params = env.default_params.replace(error_scale=scale)
    played = play(env, trials, acting(env, trials, 1.0, np.full(NUM, 0.5)), params)
    error = np.abs(np.asarray(trials.conditions["ground_truth"]) - 0.5)
    np.testing.assert_allclose(played.returns, 1 / (1 + error / scale) ** 2, rtol=1e-4)
    assert abs(np.mean(played.returns) - earned) < 4 * np.std(played.returns) / np.sqrt(NUM)


def test_pointing_where_the_target_was_seen_is_perfect(env, trials):
    seen = np.asarray(trials.ob)[:, 0, 1]
    played = play(env, trials, acting(env, trials, 1.0, seen))
    assert np.all((played.returns == 1) & (played.performance == 1))


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_is_perfect_at_any_dt(dt):
    env, _ = jgn.make("ReachingDelayResponse-v0", dt=dt)
    played = follow(env, num=32)
    np.testing.assert_allclose(played.returns, 1, rtol=1e-6)
    np.testing.assert_allclose(played.performance, 1, rtol=1e-6)


def test_bounds_the_wrong_way_round_are_refused(env):
    wrong = "lowbound is at most highbound .0.1., not 0.5"
    with pytest.raises(ValueError, match=wrong):
        jgn.make("ReachingDelayResponse-v0", lowbound=0.5, highbound=0.1)
    with pytest.raises(ValueError, match=wrong):
        env.validate(env.default_params.replace(lowbound=0.5, highbound=0.1))


def test_bounds_outside_the_action_space_are_refused(env):
    with pytest.raises(ValueError, match="lowbound is a finite number of at least -1"):
        jgn.make("ReachingDelayResponse-v0", lowbound=-1.5)
    with pytest.raises(ValueError, match=r"highbound .* at most 2, not"):
        env.validate(env.default_params.replace(highbound=2.5))
