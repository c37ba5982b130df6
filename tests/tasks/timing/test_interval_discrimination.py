import jax
import numpy as np
import pytest
from helpers import draw, follow, play, script, within

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def env():
    return jgn.make("IntervalDiscrimination-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=4096)


def test_either_stimulus_is_longer_equally_often_and_never_neither(trials):
    first, second = (np.asarray(trials.conditions[f"duration{i}"]) for i in (1, 2))
    assert np.mean(first == second) < 1e-3  # 0.235**8 = 1e-5 after eight draws
    assert within(np.sum(first > second), 4096, 0.5)
    assert set(first / 80) == set(second / 80) == {3, 4, 5, 6, 7}


def test_the_longer_stimulus_can_be_seen_and_is_the_answer(trials):
    steps = np.asarray(trials.ob).sum(axis=1)[:, 1:]
    np.testing.assert_array_equal(
        steps * 80, np.stack([trials.conditions[f"duration{i}"] for i in (1, 2)], axis=1)
    )
    differ = steps[:, 0] != steps[:, 1]
    answer = np.where(steps[:, 0] > steps[:, 1], 1, 2)
    np.testing.assert_array_equal(answer[differ], trials.conditions["ground_truth"][differ])


def test_equal_durations_are_decided_by_a_coin(env):
    trials = draw(env, num=4096, duration1=400.0, duration2=400.0)
    assert within(np.sum(np.asarray(trials.conditions["ground_truth"]) == 1), 4096, 0.5)


def test_durations_can_be_chosen(env):
    trial = env.new_trial(jax.random.key(0), duration1=330, duration2=480)
    assert float(trial.conditions["duration1"]) == 320
    np.testing.assert_array_equal(np.asarray(trial.ob).sum(axis=0)[1:], [4, 6])
    assert int(trial.conditions["ground_truth"]) == 2


def test_reward_table(env, trials):
    answer = np.asarray(trials.conditions["ground_truth"])
    right = play(env, trials, script(env, trials, decision=answer))
    assert np.all((right.returns == 1) & (right.performance == 1))
    for action in (3 - answer, 3, -1):
        failed = play(env, trials, script(env, trials, decision=action))
        assert np.all((failed.returns == 0) & (failed.performance == 0))
    early = play(env, trials, script(env, trials, fixation=1, stim1=1))
    np.testing.assert_allclose(early.returns, -0.3, rtol=1e-5)


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_is_perfect_at_any_dt(dt):
    env, _ = jgn.make("IntervalDiscrimination-v0", dt=dt)
    played = follow(env)
    assert np.all((played.returns == 1) & (played.performance == 1))
