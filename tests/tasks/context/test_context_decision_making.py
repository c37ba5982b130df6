import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def explicit():
    return helpers.case("ContextDecisionMaking-v0", use_expl_context=True)


def test_context_says_which_modality_counts(explicit):
    trials, conditions = explicit.trials, explicit.trials.conditions
    is_chosen = (conditions["ground_truth"] == 1) & (conditions["other_choice"] == 2)
    is_chosen &= (conditions["coh_1"] == 50) & (conditions["coh_2"] == 5)
    rows = ([1, 0.75, 0.25, 0.475, 0.525, 1, 0], [1, 0.25, 0.75, 0.525, 0.475, 0, 1])
    for context, expected in enumerate(rows):
        # The cue stays on in the stimulus; the rest is as in NeuroGym.
        stimulus = trials.ob[is_chosen & (conditions["context"] == context)][:, 3:10]
        assert len(stimulus) > 20
        np.testing.assert_allclose(stimulus, np.broadcast_to(expected, stimulus.shape), atol=1e-6)


def test_cue_is_on_until_the_decision_and_context_throughout(explicit):
    env, trials = explicit.env, explicit.trials
    steps = np.arange(env.T)
    is_decision = helpers.in_period(env, trials, "decision")
    is_real = steps < trials.length[:, None]
    np.testing.assert_array_equal(trials.ob[..., 0] == 1, is_real & ~is_decision)
    np.testing.assert_array_equal(trials.ob[..., 5:].sum(axis=-1) == 1, is_real)
    assert np.all(trials.ob[is_decision][:, :5] == 0)


def test_conditions_have_their_distributions(explicit):
    conditions = explicit.trials.conditions
    assert helpers.is_uniform(
        conditions["ground_truth"] * 2 + conditions["other_choice"], [3, 4, 5, 6]
    )
    assert helpers.is_uniform(conditions["context"], [0, 1])
    assert helpers.is_uniform(conditions["coh_1"], [5, 15, 50])
    assert helpers.is_uniform(conditions["coh_2"], [5, 15, 50])


def test_every_row_of_the_reward_table(explicit):
    right = explicit.trials.conditions["ground_truth"]
    followed = explicit.act(decision=right)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    np.testing.assert_array_equal(followed.steps, explicit.trials.length)
    assert np.all(explicit.act(decision=3 - right).returns == 0)
    assert np.all(explicit.act(stimulus=right, delay=right).returns == 0)
    np.testing.assert_allclose(explicit.act(fixation=1).returns, -0.3, atol=1e-6)
    assert np.all(explicit.act(explicit.params.replace(abort=True), fixation=1).steps == 1)


def test_implicit_context_is_fixed_and_not_shown():
    case = helpers.case("ContextDecisionMaking-v0", num=256, impl_context_modality=1)
    assert case.trials.ob.shape[-1] == 5
    assert np.all(case.trials.conditions["context"] == 1)
    second = np.where(case.trials.ob[:, 5, 3] > case.trials.ob[:, 5, 4], 1, 2)
    np.testing.assert_array_equal(second, case.trials.conditions["ground_truth"])


def test_noise_lies_on_the_stimulus_channels(explicit):
    noise = np.asarray(helpers.draw(explicit.env, num=4096).ob) - explicit.trials.ob
    np.testing.assert_allclose(noise[:, 3:10, 1:5].std(), 0.1, rtol=0.02)
    assert np.all(noise[..., 0] == 0)
    assert np.all(noise[..., 5:] == 0)


def test_a_third_modality_is_an_error():
    with pytest.raises(
        ValueError, match=r"impl_context_modality is .* of at least 0 and at most 1"
    ):
        helpers.jgn.make("ContextDecisionMaking-v0", impl_context_modality=2)


def test_errors_and_misses_may_cost_something(explicit):
    right = explicit.trials.conditions["ground_truth"]
    params = explicit.params.with_rewards(fail=-0.5, miss=-2.0)
    assert np.all(explicit.act(params, decision=3 - right).returns == -0.5)
    assert np.all(explicit.act(params).returns == -2)
    assert np.all(explicit.act(params, decision=right).returns == 1)


def test_signed_coherences_are_what_each_modality_tells_and_congruence_is_their_agreement(explicit):
    conditions, shown = explicit.trials.conditions, explicit.trials.ob[:, 4]
    for modality, first in ((1, 1), (2, 3)):
        told = (shown[:, first + 1] - shown[:, first]) * 100
        np.testing.assert_allclose(conditions[f"signed_coh_{modality}"], told, atol=1e-4)
    agree = conditions["signed_coh_1"] * conditions["signed_coh_2"] > 0
    np.testing.assert_array_equal(conditions["congruent"], agree)
    assert helpers.is_uniform(conditions["congruent"], [0, 1])
