"""DelayMatchSample and DelayMatchCategory."""

import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def sample():
    return helpers.case("DelayMatchSample-v0", dim_ring=4)


@pytest.fixture(scope="module")
def category():
    return helpers.case("DelayMatchCategory-v0")


def test_sample_and_test_are_equal_or_opposite(sample):
    trials, conditions = sample.trials, sample.trials.conditions
    expected = 0.5 + 0.5 * np.cos(np.arange(4) * np.pi / 2 - conditions["sample_theta"][:, None])
    np.testing.assert_allclose(trials.ob[:, 5, 1:], expected, atol=1e-6)
    is_match = conditions["ground_truth"] == 1
    np.testing.assert_allclose(trials.ob[is_match, 20], trials.ob[is_match, 5], atol=1e-6)
    np.testing.assert_allclose(trials.ob[~is_match, 20, 1:], 1 - expected[~is_match], atol=1e-6)
    assert np.all(trials.ob[:, :23, 0] == 1)
    assert np.all(trials.ob[:, 23:] == 0)


def test_conditions_of_match_to_sample(sample):
    conditions = sample.trials.conditions
    assert helpers.is_uniform(conditions["ground_truth"], [1, 2])
    assert helpers.is_uniform(conditions["sample_theta"], np.arange(4) * np.pi / 2)


@pytest.mark.parametrize(
    ("name", "answer_in", "steps"), [("sample", "decision", 24), ("category", "test", 22)]
)
def test_every_row_of_the_reward_table(name, answer_in, steps, request):
    case = request.getfixturevalue(name)
    right = case.trials.conditions["ground_truth"]
    followed = case.act(**{answer_in: right})
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == steps)
    assert np.all(case.act(**{answer_in: 3 - right}).returns == 0)
    assert np.all(case.act(sample=1).returns == 0)
    broken = case.act(case.params.replace(abort=True), fixation=1)
    np.testing.assert_allclose(broken.returns, -0.1, atol=1e-6)
    assert np.all(broken.steps == 1)


def test_conditions_of_match_to_category(category):
    conditions = category.trials.conditions
    assert helpers.is_uniform(conditions["ground_truth"], [1, 2])
    assert helpers.is_uniform(conditions["sample_category"], [0, 1])
    assert helpers.within(np.sum(conditions["test_place"] < 0.25), 4096, 0.25)
    is_near_zero = np.cos(conditions["sample_theta"]) > 0
    np.testing.assert_array_equal(is_near_zero, conditions["sample_category"] == 0)


def test_categories_can_be_told_apart_with_the_default_ring(category):
    # A subject that sees only the noisy observations and compares the two units.
    ob = np.asarray(helpers.draw(category.env, num=4096).ob)
    evidence = ob[..., 1] - ob[..., 2]
    sample, test = evidence[:, 5:11].sum(axis=1), evidence[:, 21:].sum(axis=1)
    answer = np.where((sample > 0) == (test > 0), 1, 2)
    assert np.mean(answer == category.trials.conditions["ground_truth"]) > 0.93


def test_a_non_match_lies_at_its_distance_on_either_side_of_the_sample():
    case = helpers.case("DelayMatchSample-v0", dim_ring=8, distance=0.5)
    conditions = case.trials.conditions
    apart = np.angle(np.exp(1j * (conditions["test_theta"] - conditions["sample_theta"])))
    is_match = conditions["ground_truth"] == 1
    np.testing.assert_allclose(apart[is_match], 0, atol=1e-5)
    np.testing.assert_allclose(apart[~is_match], conditions["turn"][~is_match] * 0.5, atol=1e-5)
    assert helpers.is_uniform(conditions["turn"], [-1, 1])
    with pytest.raises(ValueError, match=r"distance \(rad\) is .* above 0 and at most 3.14159"):
        helpers.jgn.make("DelayMatchSample-v0", distance=4)


def test_directions_may_be_a_few_that_keep_away_from_the_boundary():
    """Twelve directions, as in the experiment: the nearest is 15 degrees from the boundary."""
    conditions = helpers.case("DelayMatchCategory-v0", num_directions=6).trials.conditions
    for name in ("sample", "test"):
        degrees = np.degrees(conditions[f"{name}_theta"])
        assert helpers.is_uniform(degrees, np.arange(-75, 270, 30))


def test_a_non_match_is_passed_over_and_a_match_follows_which_is_reported():
    case = helpers.case("DelayMatchCategory-v0", second_test=True)
    trials, conditions = case.trials, case.trials.conditions
    is_match = np.asarray(conditions["ground_truth"]) == 1
    np.testing.assert_array_equal(trials.length, np.where(is_match, 27, 27 + 10 + 6))
    # Steps: 5 of fixation, 6 of the sample, 10 of the delay, 6 of the test, and after it as many.
    place = np.asarray(conditions["last_place"])
    assert helpers.within(np.sum(place < 0.25), len(place), 0.25)
    last = (np.asarray(conditions["sample_category"]) + place - 0.5) * np.pi
    expected = 0.5 + 0.5 * np.cos(last)
    np.testing.assert_allclose(trials.ob[~is_match, 38, 1], expected[~is_match], atol=1e-5)
    assert np.all(trials.ob[:, 21:, 0] == 0)
    assert np.all(trials.ob[:, 27:37] == 0)
    right = case.act(test=np.where(is_match, 1, 0), last_test=1)
    assert np.all((right.returns == 1) & (right.performance == 1))
    everywhere = case.act(test=1)
    np.testing.assert_array_equal(everywhere.performance, is_match)
    never = case.act()
    assert np.all(never.performance == 0)
    early = case.act(second_delay=1)
    assert np.all(early.performance == 0)
    other = case.act(test=np.where(is_match, 2, 0), last_test=2)
    assert np.all(other.performance == 0)
