import helpers
import jax
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("MultiSensoryIntegration-v0")


def test_modalities_share_the_coherence(case):
    env, params, _ = case
    trial = env.new_trial(jax.random.key(0), params, coh=50, coh_prop=0.8, ground_truth=1)
    np.testing.assert_allclose(trial.ob[3], [1, 0.30, 0.70, 0.45, 0.55], atol=1e-6)
    np.testing.assert_allclose(trial.ob[10], 0)
    np.testing.assert_array_equal(trial.gt, [0] * 10 + [2])


def test_noise_lies_on_the_modalities_in_the_stimulus(case):
    env, _, _ = case
    trials = helpers.draw(env, num=4096, coh=0)
    noise = np.asarray(trials.ob) - np.asarray(trials.ob).mean(axis=0)
    assert np.all(noise[:, [0, 1, 2, 10]] == 0)
    # 4,096 x 7 numbers: the standard error of their s.d. is 0.4 %.
    np.testing.assert_allclose(noise[:, 3:10, 1:].std(axis=(0, 1)), 0.1, rtol=0.02)
    assert np.all(noise[:, :, 0] == 0)


def test_conditions_have_their_distributions(case):
    conditions = case.trials.conditions
    assert helpers.is_uniform(conditions["ground_truth"], [0, 1])
    assert helpers.is_uniform(conditions["coh"], [5, 15, 50])
    assert helpers.within(np.sum(conditions["coh_prop"] < 0.3), 4096, 0.3)


def test_every_row_of_the_reward_table(case):
    right = case.trials.conditions["ground_truth"] + 1
    assert np.all(case.act(decision=right).returns == 1)
    assert np.all(case.act(decision=right).performance == 1)
    assert np.all(case.act(decision=3 - right).returns == 0)
    assert np.all(case.act(decision=3 - right).performance == 0)
    fixation = case.act(fixation=1, decision=right)
    np.testing.assert_allclose(fixation.returns, 1 - 0.3, atol=1e-6)
    aborted = case.act(case.params.replace(abort=True), fixation=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)
    assert np.all(aborted.steps == 1)


def test_errors_and_misses_may_cost_something(case):
    right = case.trials.conditions["ground_truth"] + 1
    params = case.params.with_rewards(fail=-0.5, miss=-2.0)
    assert np.all(case.act(params, decision=3 - right).returns == -0.5)
    assert np.all(case.act(params).returns == -2)


@pytest.fixture(scope="module")
def combined():
    """Cue combination: each modality alone and both, of unequal noise, in conflict or not."""
    return helpers.case(
        "MultiSensoryIntegration-v0",
        modalities=(0.5, 0.25, 0.25),
        coh_prop_range=(0.5, 0.5),
        conflicts=(-8.0, 0.0, 8.0),
        unreliability=(1.0, 2.0),
    )


def test_signed_coherences_are_what_each_modality_tells(case, combined):
    for trials in (case.trials, combined.trials):
        conditions, shown = trials.conditions, trials.ob[:, 4]
        for modality, first in ((1, 1), (2, 3)):
            told = (shown[:, first + 1] - shown[:, first]) * 100
            np.testing.assert_allclose(conditions[f"signed_coh_{modality}"], told, atol=1e-4)
    sign = np.where(conditions["ground_truth"] == 1, 1, -1)
    np.testing.assert_array_equal(conditions["signed_coh"], sign * conditions["coh"])


def test_modalities_are_shown_alone_or_together(combined):
    conditions, shown = combined.trials.conditions, combined.trials.ob[:, 4]
    assert helpers.within(np.sum(conditions["modality"] == 0), 4096, 0.5)
    assert helpers.within(np.sum(conditions["modality"] == 1), 4096, 0.25)
    np.testing.assert_array_equal(shown[:, 1:3].sum(axis=1) > 0, conditions["modality"] != 2)
    np.testing.assert_array_equal(shown[:, 3:].sum(axis=1) > 0, conditions["modality"] != 1)


def test_a_conflict_leaves_the_sum_of_both_modalities(combined):
    conditions = combined.trials.conditions
    assert helpers.is_uniform(conditions["conflict"], [-8, 0, 8])
    assert np.all(conditions["coh_prop"] == 0.5)
    both = conditions["modality"] == 0
    first, second = conditions["signed_coh_1"][both], conditions["signed_coh_2"][both]
    np.testing.assert_allclose(first + second, conditions["signed_coh"][both], atol=1e-4)
    np.testing.assert_allclose(first - second, conditions["conflict"][both], atol=1e-4)


def test_each_modality_has_its_own_noise_where_it_is_shown(combined):
    env, trials = combined.env, combined.trials
    noise = (np.asarray(helpers.draw(env, num=4096).ob) - trials.ob)[:, 3:10]
    for name, where, sd in ((1, slice(1, 3), 0.1), (2, slice(3, 5), 0.2)):
        is_hidden = trials.conditions["modality"] == 3 - name
        assert np.all(noise[is_hidden][..., where] == 0)
        # 3,072 x 14 numbers: the standard error of their s.d. is 0.35 %.
        np.testing.assert_allclose(noise[~is_hidden][..., where].std(), sd, rtol=0.02)
