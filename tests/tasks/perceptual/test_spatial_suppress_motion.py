import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("SpatialSuppressMotion-v0", num=1024)


def test_grating_drives_the_units_it_covers(case):
    conditions, ob = case.trials.conditions, case.trials.ob[:, 0].reshape(-1, 4, 8)
    assert np.all(case.trials.ob == case.trials.ob[:, :1])
    is_high = conditions["contrast"] > 0.5
    for direction, opposite in ((1, 2), (2, 1), (3, 4), (4, 3)):
        is_it = conditions["direction"] == direction
        peak = conditions["contrast"][is_it]
        np.testing.assert_allclose(ob[is_it, direction - 1, 0], peak, atol=1e-6)
        np.testing.assert_allclose(ob[is_it, opposite - 1], 0, atol=1e-6)
    assert np.all((ob > 0.01).any(axis=1).sum(axis=1) == np.where(is_high, 8, 1))
    np.testing.assert_array_equal(conditions["diameter"], np.where(is_high, 8, 1))


def test_ground_truth_is_what_people_report(case):
    conditions, gt = case.trials.conditions, case.trials.gt
    np.testing.assert_allclose(gt.sum(axis=-1), 1, atol=1e-5)
    assert np.all(gt >= 0)
    is_left, is_high = conditions["direction"] == 1, conditions["contrast"] > 0.5
    suppressed, clear = gt[is_left & is_high][0], gt[is_left & ~is_high][0]
    np.testing.assert_allclose(suppressed[14], [0.32, 0.475, 0.1025, 0.1025], atol=1e-3)
    np.testing.assert_allclose(suppressed[13, 0], 0.295, atol=1e-3)
    np.testing.assert_allclose(suppressed[35], [0.99 / 1.03, 0.04 / 1.03, 0, 0], atol=1e-3)
    np.testing.assert_allclose(clear[17], [0.575, 0.1167, 0.15415, 0.15415], atol=1e-3)


def test_conditions_have_their_distributions(case):
    assert helpers.is_uniform(case.trials.conditions["direction"], [1, 2, 3, 4])
    assert helpers.is_uniform(case.trials.conditions["contrast"], [0.05, 0.99])


def test_closeness_is_paid(case):
    env, trials = case.env, case.trials
    followed = helpers.play(env, trials, trials.gt)
    np.testing.assert_allclose(followed.returns, 1, atol=1e-5)
    np.testing.assert_allclose(followed.performance, 1, atol=1e-5)
    assert np.all(followed.steps == 36)
    guess = helpers.play(env, trials, np.full_like(trials.gt, 0.25))
    expected = 1 - np.abs(trials.gt - 0.25).sum(axis=-1).mean(axis=1) / 2
    np.testing.assert_allclose(guess.returns, expected, atol=1e-4)
    np.testing.assert_allclose(guess.performance, expected, atol=1e-4)
    for outside in (np.nan, 2.0, -1.0):
        refused = helpers.play(env, trials, np.full_like(trials.gt, outside))
        assert np.all(refused.returns == 0)


def test_any_contrast_works_with_and_without_a_diameter(case):
    trials = helpers.draw(case.env, num=4, contrast=0.5, diameter=3)
    assert np.all(np.isfinite(trials.gt))
    assert np.all(
        (np.asarray(trials.ob)[:, 0].reshape(4, 4, 8) > 0.01).any(axis=1).sum(axis=1) == 3
    )
