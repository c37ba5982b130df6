import helpers
import numpy as np
import pytest

from jaxgym_neuro.tasks.memory import delay_comparison


@pytest.fixture(scope="module")
def case():
    return helpers.case("DelayComparison-v0")


def test_frequencies_are_shown_in_the_order_of_the_ground_truth(case):
    trials, conditions = case.trials, case.trials.conditions
    first, second = trials.ob[:, 7, 1], trials.ob[:, 22, 1]
    np.testing.assert_array_equal(first > second, conditions["ground_truth"] == 1)
    is_high_second = np.all(conditions["vpair"] == (34, 26), axis=1) & (first < second)
    np.testing.assert_allclose(first[is_high_second], 5 / 6, atol=1e-6)
    np.testing.assert_allclose(second[is_high_second], 1)
    np.testing.assert_allclose(0.5 + (conditions["v1"] - 10) / 48, first, atol=1e-6)
    assert np.all(trials.ob[:, :25, 0] == 1)
    assert np.all(trials.ob[:, 25] == 0)


def test_noise_lies_on_the_stimulus_alone(case):
    noise = np.asarray(helpers.draw(case.env, num=4096).ob) - case.trials.ob
    sd = noise.std(axis=0)
    np.testing.assert_allclose(sd[np.r_[5:10, 20:25], 1], 0.1, rtol=0.06)
    assert np.all(sd[:, 0] == 0)
    assert np.all(sd[np.r_[0:5, 10:20, 25:26]] == 0)


def test_conditions_have_their_distributions(case):
    assert helpers.is_uniform(case.trials.conditions["ground_truth"], [1, 2])
    assert helpers.is_uniform(case.trials.conditions["vpair"][:, 0], [18, 22, 26, 30, 34])


def test_every_row_of_the_reward_table(case):
    right = case.trials.conditions["ground_truth"]
    followed = case.act(decision=right)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(case.act(decision=3 - right).returns == 0)
    assert np.all(case.act(delay=right).returns == 0)
    np.testing.assert_allclose(case.act(fixation=1).returns, -0.5, atol=1e-6)
    assert np.all(case.act(case.params.replace(abort=True), fixation=1).steps == 1)


def test_ground_truth_holds_for_pairs_given_small_first(case):
    trials = helpers.draw(case.env, num=64, vpair=(10, 18))
    np.testing.assert_array_equal(
        np.asarray(trials.conditions["v1"]) > np.asarray(trials.conditions["v2"]),
        np.asarray(trials.conditions["ground_truth"]) == 1,
    )


@pytest.mark.parametrize("vpairs", [[], [(1, 2, 3)], [(5, 5)]])
def test_bad_pairs_are_errors(vpairs):
    with pytest.raises(ValueError, match="vpairs"):
        helpers.jgn.make("DelayComparison-v0", vpairs=vpairs)


def test_bad_pairs_among_params_are_errors(case):
    case.env.validate(case.params.replace(vpairs=case.params.vpairs[::-1]))
    for vpairs, message in (
        ([(18, 10)] * 4 + [(5, 5)], "two different"),
        ([(18, 10)] * 4, "shape"),
        ([(18, 10)] * 4 + [(-1, 5)], "at least 0"),
    ):
        with pytest.raises(ValueError, match=f"vpairs.*{message}"):
            case.env.validate(case.params.replace(vpairs=vpairs))


@pytest.mark.parametrize(("vpairs", "share"), [(None, 0.7), (delay_comparison.CHAIN, 7 / 12)])
def test_the_second_frequency_alone_tells_the_answer_of_some_pairs(vpairs, share):
    """What the docstring says of who remembers nothing; each pair comes in either order."""
    pairs = delay_comparison.PAIRS if vpairs is None else vpairs
    shown = [(second, first > second) for one in pairs for first, second in (one, one[::-1])]
    right = 0
    for v2 in {v2 for v2, _ in shown}:
        answers = [is_first for v, is_first in shown if v == v2]
        right += max(answers.count(True), answers.count(False))
    assert right / len(shown) == pytest.approx(share)
