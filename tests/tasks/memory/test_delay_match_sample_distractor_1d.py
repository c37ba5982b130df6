import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("DelayMatchSampleDistractor1D-v0")


def test_one_test_repeats_the_sample(case):
    trials, truth = case.trials, case.trials.conditions["ground_truth"]
    sample = trials.ob[:, 3, 1:]
    for i, step in enumerate((18, 33, 48)):
        is_same = np.all(np.isclose(trials.ob[:, step, 1:], sample, atol=1e-5), axis=1)
        assert np.all(is_same[truth == i + 1])
        assert np.mean(is_same[truth != i + 1]) < 0.001
        np.testing.assert_array_equal(trials.gt[:, step] == 1, truth == i + 1)
    angle = trials.conditions["sample"][:, None]
    expected = np.cos(np.arange(32) * 2 * np.pi / 32 - angle)
    np.testing.assert_allclose(sample, expected, atol=1e-5)
    np.testing.assert_array_equal(trials.ob[0, :, 0], np.arange(53) < 18)


def test_distractors_can_be_chosen(case):
    chosen = np.float32([1, 2, 3])
    trials = helpers.draw(case.env, num=16, distractors=chosen, ground_truth=2, sample=0.5)
    np.testing.assert_array_equal(trials.conditions["tests"], np.tile([1, 0.5, 3], (16, 1)))


def test_sigma_has_an_effect(case):
    noise = np.asarray(helpers.draw(case.env, num=4096).ob) - case.trials.ob
    np.testing.assert_allclose(noise[:, 3:8, 1:].std(), 0.1, rtol=0.01)
    assert np.all(noise[..., 0] == 0)


def test_conditions_have_their_distributions(case):
    conditions = case.trials.conditions
    assert helpers.is_uniform(conditions["ground_truth"], [1, 2, 3])
    assert helpers.within(np.sum(conditions["sample"] < np.pi / 2), 4096, 0.25)
    assert helpers.within(np.sum(conditions["distractors"] < np.pi / 2), 3 * 4096, 0.25)


def test_every_row_of_the_reward_table(case):
    truth = case.trials.conditions["ground_truth"]
    followed = helpers.play(case.env, case.trials, case.trials.gt)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    np.testing.assert_array_equal(followed.steps, 4 + 15 * truth)
    for period in ("delay1", "delay2", "delay3"):
        assert np.all(case.act(**{period: 1}).returns == -1)
    np.testing.assert_array_equal(case.act(test2=1).returns, np.where(truth == 2, 1, -1))
    missed = case.act()
    assert np.all(missed.returns == 0)
    assert np.all(missed.performance == 0)
    assert np.all(missed.steps == 53)
    np.testing.assert_allclose(case.act(fixation=1, sample=1).returns, -0.8, atol=1e-6)
    assert np.all(case.act(case.params.replace(abort=True), sample=1).steps == 4)


def test_a_miss_costs_the_same_whichever_test_matched(case):
    assert np.all(case.act(case.params.with_rewards(miss=-2.0)).returns == -2)


def test_distractors_may_keep_away_from_the_sample(case):
    for chosen in ({}, {"sample": 0.25}):
        params = case.params.replace(min_distance=1.0)
        conditions = helpers.draw(case.env, params, 4096, **chosen).conditions
        sample, distractors = (
            np.asarray(conditions["sample"]),
            np.asarray(conditions["distractors"]),
        )
        apart = np.angle(np.exp(1j * (distractors - sample[:, None])))
        assert np.abs(apart).min() >= 1 - 1e-5
        # Beyond it they are uniform: 1 / 4 in each quarter of what is left of the circle.
        within = np.sum(np.abs(apart) < 1 + (np.pi - 1) / 4)
        assert helpers.within(within, apart.size, 0.25)
        assert helpers.within(np.sum(apart > 0), apart.size, 0.5)


def test_distractors_repeat_as_often_as_they_are_to(case):
    params = case.params.replace(p_repeat=0.5)
    conditions = helpers.draw(case.env, params, 4096).conditions
    truth, repeat, tests, sample = (
        np.asarray(conditions[name]) for name in ("ground_truth", "repeat", "tests", "sample")
    )
    assert helpers.within(np.sum(repeat), 4096, 0.5)
    others = np.stack([tests[i][np.arange(3) != truth[i] - 1] for i in range(4096)])
    assert np.all(others[repeat, 0] == others[repeat, 1])
    assert np.all(others[~repeat, 0] != others[~repeat, 1])
    assert np.all(tests[np.arange(4096), truth - 1] == sample)
    # What repeats is the first distractor, which is drawn as ever.
    plain = np.asarray(helpers.draw(case.env, case.params, 4096).conditions["tests"])
    first = np.where(truth == 1, 1, 0)
    np.testing.assert_array_equal(others[:, 0], plain[np.arange(4096), first])
