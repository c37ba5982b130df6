import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("DualDelayMatchSample-v0")


def test_each_item_is_cued_and_tested_in_its_turn(case):
    trials, conditions = case.trials, case.trials.conditions
    is_swapped = conditions["test_order"] == 1
    items = trials.ob[:, 5, 1:5].reshape(-1, 2, 2)
    for j in (0, 1):
        value = conditions[f"sample{j + 1}"] * 2
        np.testing.assert_allclose(items[:, j], np.stack([1 - value, value], -1), atol=1e-6)
        cue = np.where(is_swapped == (j == 0), 30, 15)
        rows = np.arange(len(cue))
        assert np.all(trials.ob[rows, cue, 5 + j] == 1)
        assert np.all(trials.ob[rows, cue, 6 - j] == 0)
        shown = trials.ob[rows, cue + 5, 1:5].reshape(-1, 2, 2)
        assert np.all(shown[:, 1 - j] == 0)
        is_match = np.all(np.isclose(shown[:, j], items[:, j], atol=1e-6), axis=1)
        truth = np.where(is_match, 1, 2)
        np.testing.assert_array_equal(truth, conditions[f"ground_truth{j + 1}"])
        np.testing.assert_array_equal(trials.gt[rows, cue + 5], truth)


def test_noise_lies_on_the_stimuli_alone(case):
    shown = np.asarray(helpers.draw(case.env, num=4096, sample1=0, sample2=0).ob)
    sd = shown.std(axis=0)
    np.testing.assert_allclose(sd[5:10, 1:5], 0.1, rtol=0.06)
    assert set(np.unique(shown[..., [0, 5, 6]])) == {0, 1}


def test_cue_goes_off_in_the_tests(case):
    step = np.arange(40)
    is_test = ((step >= 20) & (step < 25)) | (step >= 35)
    np.testing.assert_array_equal(case.trials.ob[:, :, 0], np.tile(~is_test, (4096, 1)))


def test_conditions_have_their_distributions(case):
    conditions = case.trials.conditions
    for name, options in (
        ("ground_truth1", (1, 2)),
        ("ground_truth2", (1, 2)),
        ("sample1", (0, 0.5)),
        ("sample2", (0, 0.5)),
        ("test_order", (0, 1)),
    ):
        assert helpers.is_uniform(conditions[name], options), name


def test_first_answers_are_paid_and_both_are_graded(case):
    gt = case.trials.gt
    first, second = gt[:, 20], gt[:, 35]
    followed = helpers.play(case.env, case.trials, gt)
    assert np.all(followed.returns == 2)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == 36)
    for answers, score in (
        ({"test1": first}, 0.5),
        ({"test2": second}, 0.5),
        ({"test1": 3 - first, "test2": second}, 0.5),
        ({"test1": 3 - first, "test2": 3 - second}, 0),
    ):
        played = case.act(**answers)
        np.testing.assert_allclose(played.performance, score)
        np.testing.assert_allclose(played.returns, 2 * score)
    changed_mind = case.act(test1=3 - first)
    steps = np.arange(40)
    late = np.where(steps == 20, (3 - first)[:, None], np.where(steps < 25, gt, 0))
    np.testing.assert_array_equal(
        helpers.play(case.env, case.trials, late).returns, changed_mind.returns
    )


def test_acting_outside_the_tests_is_penalised(case):
    np.testing.assert_allclose(case.act(delay1=1, cue2=2).returns, -1, atol=1e-5)
    aborted = case.act(case.params.replace(abort=True), sample=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)
    assert np.all(aborted.steps == 6)


def test_each_test_that_is_not_answered_is_a_miss(case):
    first, second = case.trials.gt[:, 20], case.trials.gt[:, 35]
    params = case.params.with_rewards(miss=-0.25)
    assert np.all(case.act(params).returns == -0.5)
    assert np.all(case.act(params, test1=first).returns == 1 - 0.25)
    assert np.all(case.act(params, test2=second).returns == 1 - 0.25)
    assert np.all(case.act(params, test1=first, test2=second).returns == 2)


def test_the_second_cue_may_name_the_same_item_again():
    case = helpers.case("DualDelayMatchSample-v0", p_switch=0.5)
    trials, conditions = case.trials, case.trials.conditions
    assert helpers.is_uniform(conditions["switch"], [0, 1])
    cued = [np.argmax(trials.ob[:, step, 5:7], axis=1) for step in (15, 30)]
    np.testing.assert_array_equal(cued[0], conditions["test_order"])
    np.testing.assert_array_equal(cued[1] != cued[0], conditions["switch"])
    items, rows = trials.ob[:, 5, 1:5].reshape(-1, 2, 2), np.arange(len(trials.length))
    for item, step in zip(cued, (20, 35), strict=True):
        shown = trials.ob[:, step, 1:5].reshape(-1, 2, 2)
        assert np.all(shown[rows, 1 - item] == 0)
        is_match = np.all(np.isclose(shown[rows, item], items[rows, item], atol=1e-6), axis=1)
        np.testing.assert_array_equal(trials.gt[:, step], np.where(is_match, 1, 2))
        assert helpers.is_uniform(is_match, [0, 1])


def answers(case, steps, carry=None):
    """Answers of action 1, and their times, at steps of a trial."""
    _, state = case.env.reset(0, case.params)
    state = state if carry is None else state.replace(carry=carry)
    infos = [
        case.env.judge(state.replace(t=np.int32(t)), np.int32(1), case.params).info for t in steps
    ]
    names = ("first_choice_time", "second_choice_time")
    return [tuple(float(info[name]) for name in names) for info in infos]


def test_both_answers_are_recorded_each_from_its_own_test(case):
    assert answers(case, [19, 20, 24, 34, 35, 37]) == [
        (-1, -1), (0, -1), (400, -1), (-1, -1), (-1, 0), (-1, 200)
    ]  # fmt: skip
    again = {"has_answered": np.bool_(True), "score": np.float32(0)}
    assert answers(case, [22, 36], again) == [(-1, -1), (-1, 100)]
