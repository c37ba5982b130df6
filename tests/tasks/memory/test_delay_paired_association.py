import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("DelayPairedAssociation-v0")


def test_odours_decide_the_ground_truth(case):
    trials, pair = case.trials, case.trials.conditions["pair"]
    shown = [1 + np.argmax(trials.ob[:, step, 1:], axis=1) for step in (5, 25)]
    np.testing.assert_array_equal(np.stack(shown, axis=1), pair)
    is_pair = (shown[1] - shown[0]) == 2
    np.testing.assert_array_equal(trials.gt[:, 40:], np.tile(is_pair[:, None], 5))
    np.testing.assert_array_equal(trials.conditions["ground_truth"], is_pair)
    assert np.all(trials.ob[:, :40, 0] == 1)
    assert np.all(trials.ob[:, 40:] == 0)
    assert np.all(trials.ob[:, :, 1:].sum(axis=(1, 2)) == 20)


def test_pairs_are_equally_likely(case):
    pair = case.trials.conditions["pair"]
    assert helpers.is_uniform(pair[:, 0] * 10 + pair[:, 1], [13, 14, 23, 24])


@pytest.mark.parametrize(
    ("given", "go"),
    [({"pair": (1, 3)}, 1), ({"pair": (1, 4)}, 0), ({"ground_truth": 1}, 1)],
)
def test_odours_and_ground_truth_agree_however_given(case, given, go):
    conditions = helpers.draw(case.env, num=64, **given).conditions
    first, second = np.moveaxis(np.asarray(conditions["pair"]), -1, 0)
    assert np.all((second - first == 2) == go)
    assert np.all(np.asarray(conditions["ground_truth"]) == go)


def test_every_row_of_the_reward_table(case):
    go = case.trials.conditions["ground_truth"] == 1
    followed = helpers.play(case.env, case.trials, case.trials.gt)
    np.testing.assert_array_equal(followed.returns, go)
    assert np.all(followed.performance == 1)
    np.testing.assert_array_equal(followed.steps, np.where(go, 41, 45))
    went = case.act(decision=1)
    np.testing.assert_array_equal(went.returns, np.where(go, 1, -1))
    np.testing.assert_array_equal(went.performance, go)
    waited = case.act(case.params.with_rewards(miss=-0.5))
    np.testing.assert_array_equal(waited.returns, np.where(go, -0.5, 0))
    np.testing.assert_array_equal(waited.performance, ~go)
    assert np.all(case.act(stim1=1).returns == 0)


def test_noise_lies_on_the_odours(case):
    noise = np.asarray(helpers.draw(case.env, num=4096).ob) - case.trials.ob
    np.testing.assert_allclose(noise[:, np.r_[0:10, 20:30], 1:].std(), 0.1, rtol=0.01)
    assert np.all(noise[:, np.r_[10:20, 30:45]] == 0)
    assert np.all(noise[..., 0] == 0)
