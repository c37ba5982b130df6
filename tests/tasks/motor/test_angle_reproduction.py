import jax
import numpy as np
import pytest
from helpers import draw, play

import jaxgym_neuro as jgn

ID = "AngleReproduction-v0"
GO1, GO2 = 25, 30  # first steps of the go periods


@pytest.fixture(scope="module")
def env():
    return jgn.make(ID)[0]


@pytest.fixture(scope="module")
def table():
    return jgn.rollout(ID, policy="ground_truth", num_envs=16, num_trials=256, key=3)


def steps_of(env, actions, **conditions):
    """What is seen, earned and told at each step of a trial."""
    _, state = env.reset(0, **conditions)

    def one(state, action):
        ob, state, reward, *_, info = env.step(jax.random.key(1), state, action)
        return state, (ob, reward, info["hand"], info["new_trial"])

    return jax.device_get(jax.lax.scan(one, state, np.asarray(actions, np.int32))[1])


def circular(x):
    return np.abs((x + np.pi) % (2 * np.pi) - np.pi)


def test_what_is_shown_and_what_is_due(env):
    trial = env.new_trial(jax.random.key(0), ground_truth1=1.5, ground_truth2=5.0)
    for first, angle in ((5, 1.5), (15, 5.0)):
        shown = trial.ob[first : first + 5, :16]
        np.testing.assert_allclose(shown, [np.cos(env.theta - angle)] * 5, atol=1e-5)
    assert not trial.ob[[*range(5), *range(10, 15), *range(20, 35)], :16].any()
    np.testing.assert_array_equal(trial.ob[:, 32], np.arange(35) // 5 == 5)
    np.testing.assert_array_equal(trial.ob[:, 33], np.arange(35) // 5 == 6)
    np.testing.assert_allclose(trial.gt, np.repeat([np.pi, 1.5, 5.0], [25, 5, 5]), rtol=1e-6)
    assert not trial.ob[:, 16:32].any()  # the hand is added as it moves


def test_the_hand_rests_until_the_first_go_signal(env):
    seen, reward, hand, _ = steps_of(env, [1] * 35, ground_truth1=0.0, ground_truth2=1.0)
    np.testing.assert_allclose(hand[:GO1], np.pi, rtol=1e-6)
    moved = np.pi + 0.63 * np.arange(1, 11)  # from the first go signal to the end, 6.3 rad/s
    np.testing.assert_allclose(circular(hand[GO1:] - moved), 0, atol=1e-5)
    np.testing.assert_allclose(seen[28, 16:32], np.cos(env.theta - hand[28]), atol=1e-5)
    assert not reward[:GO1].any()
    target = np.repeat([0.0, 1.0], 5)
    np.testing.assert_allclose(
        reward[GO1:], np.maximum(1 - circular(hand[GO1:] - target), -0.1), 1e-4
    )


def test_moving_before_the_go_signal_ends_the_trial_only_under_abort():
    early = np.r_[[0] * 12, 1, [0] * 22]
    for abort in (False, True):
        env = jgn.make(ID, abort=abort)[0]
        ended = steps_of(env, early)[3]
        assert np.flatnonzero(ended)[0] == (12 if abort else 34)


def test_every_angle_can_be_reached(table):
    for i in (1, 2):
        error = circular(table.answers[f"angle{i}"] - table.conditions[f"ground_truth{i}"])
        assert error.max() <= 0.315 + 1e-4  # half a step
        assert error.mean() == pytest.approx(0.315 / 2, rel=0.15)
        np.testing.assert_array_equal(table.times[f"angle{i}"], 400)


def test_following_the_truth_scores_1_and_resting_0(env, table):
    np.testing.assert_allclose(table.performance, 1, atol=1e-5)
    trials = draw(env, num=256)
    resting = play(env, trials, np.zeros((256, 35), np.int32))
    far = [
        circular(np.asarray(trials.conditions[f"ground_truth{i}"]) - np.pi) > 0.4 for i in (1, 2)
    ]
    np.testing.assert_allclose(resting.performance[far[0] & far[1]], 0, atol=1e-5)


def test_each_reach_counts_by_itself(env):
    """Who goes to the first angle and stays there has half, as the second is another one."""
    given = {"ground_truth1": np.pi - 1.26, "ground_truth2": np.pi}
    for actions, expected in (
        ([2, 2, 0, 0, 0] + [0] * 5, 0.5),
        ([2, 2, 0, 0, 0, 1, 1, 0, 0, 0], 1),
    ):
        actions = np.r_[[0] * GO1, actions]
        trials = draw(env, num=1, **given)
        played = play(env, trials, actions[None].astype(np.int32))
        np.testing.assert_allclose(played.performance, expected, atol=1e-5)
