import helpers
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def case():
    return helpers.case("PerceptualDecisionMakingDelayResponse-v0")


def test_evidence_of_both_sides(case):
    trials = case.trials
    is_clear = (trials.conditions["ground_truth"] == 1) & np.isclose(trials.conditions["coh"], 51.2)
    ob = trials.ob[is_clear]
    np.testing.assert_allclose(ob[:, :11], np.tile([1, 0.756, 0.244], (len(ob), 11, 1)), atol=1e-6)
    np.testing.assert_allclose(ob[:, 11:14], np.tile([1, 0, 0], (len(ob), 3, 1)))
    assert np.all(trials.ob[helpers.in_period(case.env, trials, "decision")] == 0)


def test_noise_has_the_sd_of_the_condition(case):
    ob = np.asarray(helpers.draw(case.env, num=4096).ob)
    assert np.all(ob[:, :11, 0] == 1)
    noise = ob[:, 1, 1:] - ob[:, 2, 1:]
    np.testing.assert_allclose(noise.std(), 0.1 * np.sqrt(2), rtol=0.04)


def test_conditions_have_their_distributions(case):
    conditions, periods = case.trials.conditions, case.env.periods
    assert helpers.is_uniform(conditions["ground_truth"], [1, 2])
    assert helpers.is_uniform(conditions["coh"], [0, 6.4, 12.8, 25.6, 51.2])
    delay = (case.trials.end - case.trials.start)[:, periods.index("delay")]
    assert helpers.is_uniform(delay, [3, 5, 7, 9, 12, 20, 32, 40])


def test_every_row_of_the_reward_table(case):
    right = case.trials.conditions["ground_truth"]
    followed = case.act(decision=right)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == case.trials.length - 14)
    assert np.all(case.act(decision=3 - right).returns == 0)
    assert np.all(case.act(stimulus=1, delay=2).returns == 0)


def test_abort_in_a_fixation_period():
    case = helpers.case(
        "PerceptualDecisionMakingDelayResponse-v0", num=8, timing={"fixation": 300}, abort=True
    )
    aborted = case.act(fixation=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)
    assert np.all(aborted.steps == 1)


def test_sigma_of_a_trial_can_be_given(case):
    trial = case.env.new_trial(jax.random.key(0), case.params, sigma=3.0)
    assert np.std(trial.ob[:11, 1:]) > 1


def test_signed_coherence_is_positive_where_right_is_right(case):
    conditions, shown = case.trials.conditions, case.trials.ob[:, 3, 1:]
    told = (shown[:, 1] - shown[:, 0]) * 100
    np.testing.assert_allclose(conditions["signed_coh"], told, atol=1e-4)
    assert np.all(conditions["signed_coh"][conditions["ground_truth"] == 2] >= 0)


def test_delays_have_the_probabilities_that_are_given():
    task = "PerceptualDecisionMakingDelayResponse-v0"
    env, _ = jgn.make(task, timing={"delay": [500, 1000]}, delay_probs=[0.2, 0.8])
    trials = helpers.draw(env, num=4096)
    i = env.periods.index("delay")
    steps = np.asarray(trials.end - trials.start)[:, i]
    assert set(steps) == {5, 10}
    assert helpers.within(np.sum(steps == 10), 4096, 0.8)


def test_a_flat_hazard_ends_a_delay_at_a_constant_rate():
    env, params = jgn.make("PerceptualDecisionMakingDelayResponse-v0", delay_probs="flat")
    delay = params.timing["delay"]
    values, weights = np.asarray(delay.values), np.asarray(delay.weights)
    np.testing.assert_allclose(weights.sum(), 1, atol=1e-6)
    left = 1 - np.cumsum(weights)[:-1]  # still waiting after each delay but the last
    rates = -np.diff(np.log(np.append(1, left))) / np.diff(np.append(0, values[:-1]))
    np.testing.assert_allclose(rates, 1 / 1_400, rtol=1e-4)
    assert env.T == jgn.make("PerceptualDecisionMakingDelayResponse-v0")[0].T


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"delay_probs": [0.5, 0.5]}, "delay_probs are 8 probabilities"),
        ({"delay_probs": "flt"}, "did you mean 'flat'"),
        ({"delay_probs": "flat", "timing": {"delay": 500}}, "of a list of delays"),
    ],
)
def test_probabilities_that_are_none_of_the_delays_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        jgn.make("PerceptualDecisionMakingDelayResponse-v0", **arguments)


def test_coherences_are_given_and_scaled():
    _, params = jgn.make("PerceptualDecisionMakingDelayResponse-v0", cohs=(10, 50), stim_scale=0.5)
    np.testing.assert_array_equal(params.cohs, [5, 25])
