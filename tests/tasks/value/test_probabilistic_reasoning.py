import jax
import numpy as np
import pytest
from helpers import draw, follow, is_uniform, play, script, within

import jaxgym_neuro as jgn
from jaxgym_neuro.tasks.value.probabilistic_reasoning import Params


@pytest.fixture(scope="module")
def env():
    return jgn.make("ProbabilisticReasoning-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=4096)


def test_locations_are_shuffled_and_shapes_uniform(trials):
    locs = np.asarray(trials.conditions["locs"])
    assert np.all(np.sort(locs, axis=1) == np.arange(4))
    for position in range(4):
        assert is_uniform(locs[:, position], range(4))
        assert is_uniform(np.asarray(trials.conditions["shapes"])[:, position], range(10))
    assert is_uniform(trials.length, [34, 35])


def test_shapes_pile_up_at_their_locations_until_the_delay(env):
    trial = env.new_trial(jax.random.key(0), locs=[2, 0, 3, 1], shapes=[9, 0, 4, 4])
    ob = np.asarray(trial.ob)[:, 1:].reshape(-1, 4, 10)
    for step, shown in ((4, 0), (5, 1), (10, 2), (15, 3), (24, 4), (25, 0), (32, 0)):
        expected = np.zeros((4, 10))
        for loc, shape in list(zip([2, 0, 3, 1], [9, 0, 4, 4], strict=True))[:shown]:
            expected[loc, shape] = 1
        np.testing.assert_array_equal(ob[step], expected)
    decision = int(trial.start[6])
    np.testing.assert_array_equal(trial.ob[:decision, 0], 1)
    np.testing.assert_array_equal(trial.ob[decision:, 0], 0)


def test_shapes_add_up_to_the_log_odds_of_the_second_target(env, trials):
    weights = np.array(Params.shape_weight)
    log_odd = weights[np.asarray(trials.conditions["shapes"])].sum(axis=1)
    np.testing.assert_allclose(trials.conditions["log_odd"], log_odd, atol=1e-5)
    for shapes in ([5, 5, 4, 5], [0, 0, 5, 5], [3, 4, 5, 6]):
        p = 1 / (1 + 10 ** -weights[shapes].sum())
        chosen = draw(env, num=4096, shapes=shapes).conditions["ground_truth"]
        assert within(np.sum(np.asarray(chosen)), 4096, p) or p < 1e-6


def test_the_better_target_is_the_more_likely_one_and_the_ground_truth_what_luck_made_of_it(env):
    shapes = [[5, 5, 5, 5], [4, 4, 4, 4], [0, 9, 4, 5], [0, 9, 3, 6]]
    better = [int(env.new_trial(0, shapes=x, luck=0.999).conditions["better"]) for x in shapes]
    assert better == [1, 0, 0, 0]
    unlucky = env.new_trial(0, shapes=[5, 5, 5, 5], luck=0.999).conditions
    assert (int(unlucky["better"]), int(unlucky["ground_truth"])) == (1, 0)


def test_who_takes_the_better_target_is_right_as_often_as_can_be(trials):
    drawn = trials.conditions
    right = np.asarray(drawn["better"]) == np.asarray(drawn["ground_truth"])
    assert within(right.sum(), 4096, 0.915)


def test_reward_table(env, trials):
    answer = np.asarray(trials.conditions["ground_truth"]) + 1
    right = play(env, trials, script(env, trials, decision=answer))
    assert np.all((right.returns == 1) & (right.performance == 1))
    assert set(right.steps) == {30, 31}
    wrong = play(env, trials, script(env, trials, decision=3 - answer))
    assert np.all((wrong.returns == 0) & (wrong.performance == 0))
    params = env.default_params.with_rewards(miss=-0.25)
    waited = play(env, trials, script(env, trials), params)
    assert np.all((waited.returns == -0.25) & (waited.performance == 0))
    early = play(env, trials, script(env, trials, stimulus2=1))
    np.testing.assert_allclose(early.returns, -0.5, rtol=1e-5)


def test_a_subject_that_adds_up_the_weights_it_sees_beats_any_single_shape(env, trials):
    seen = np.asarray(trials.ob)[:, 24, 1:].reshape(-1, 4, 10)
    choice = (seen.sum(axis=1) @ np.array(Params.shape_weight) > 0) + 1
    log_odd = np.asarray(trials.conditions["log_odd"], np.float64)
    best = np.mean(1 / (1 + 10 ** -np.abs(log_odd)))
    played = play(env, trials, script(env, trials, decision=choice))
    assert within(played.performance.sum(), 4096, best)


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_is_perfect_at_any_dt_and_number_of_locations(dt):
    env, _ = jgn.make("ProbabilisticReasoning-v0", dt=dt, n_loc=3, shape_weight=[-1, 1])
    assert env.periods[1:4] == ("stimulus0", "stimulus1", "stimulus2")
    played = follow(env)
    assert np.all((played.returns == 1) & (played.performance == 1))
