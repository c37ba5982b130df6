import math
from statistics import NormalDist

import helpers
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

ID = "ChangingEnvironment-v0"


@pytest.fixture(scope="module")
def case():
    return helpers.case(ID, cxt_cue=True)


def contexts(num=20_000, **kwargs):
    """Contexts of trials in a row, and their numbers in their blocks."""
    env, params = jgn.make(ID, **kwargs)

    @jax.jit
    def in_a_row(key):
        def next_trial(carry, key):
            conditions, carry = env.sample_conditions(key, params, carry)
            return carry, (conditions["context"], conditions["trial_in_block"])

        carry = env.init_carry(jax.random.fold_in(key, 1), params)
        return jax.lax.scan(next_trial, carry, jax.random.split(key, num))[1]

    return (np.asarray(x) for x in in_a_row(jax.random.key(0)))


def test_cues_are_on_where_they_should(case):
    env, trials = case.env, case.trials
    is_real = np.arange(env.T) < trials.length[:, None]
    is_decision = helpers.in_period(env, trials, "decision")
    np.testing.assert_array_equal(trials.ob[..., 1] == 1, is_real & ~is_decision)
    shown = trials.conditions["context"][:, None] * is_real
    np.testing.assert_array_equal(trials.ob[..., 0], shown)
    hidden = helpers.draw(jgn.make(ID, sigma=0)[0], num=64)
    assert hidden.ob.shape[-1] == 3


def test_evidence_is_on_its_side(case):
    conditions = case.trials.conditions
    in_stimulus = helpers.in_period(case.env, case.trials, "stimulus")
    strong, weak = ((1 + sign * conditions["coh"] / 100) / 2 for sign in (1, -1))
    is_left = conditions["side"] == 1
    left, right = np.where(is_left, [strong, weak], [weak, strong])
    evidence = np.stack([left, right], axis=-1)[:, None] * in_stimulus[..., None]
    np.testing.assert_allclose(case.trials.ob[..., 2:], evidence, atol=1e-6)
    np.testing.assert_allclose(conditions["signed_coh"], (right - left) * 100, atol=1e-4)


def test_the_ground_truth_is_the_side_in_the_context(case):
    conditions = case.trials.conditions
    truth = conditions["side"] + 2 * conditions["context"]
    np.testing.assert_array_equal(conditions["ground_truth"], truth)
    assert helpers.is_uniform(truth, [1, 2, 3, 4])
    assert helpers.is_uniform(conditions["coh"], [0, 6.4, 12.8, 25.6, 51.2])
    in_decision = helpers.in_period(case.env, case.trials, "decision")
    np.testing.assert_array_equal(case.trials.gt, truth[:, None] * in_decision)
    given = helpers.draw(case.env, num=8, side=2, context=1)
    assert np.all(given.gt.max(axis=1) == 4)


def test_every_row_of_the_reward_table(case):
    truth = case.trials.conditions["ground_truth"]
    params = case.params.with_rewards(fail=-0.5, miss=-2.0)
    followed = case.act(params, decision=truth)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    # The right side in the wrong context is an error, as is the wrong side in the right one.
    for wrong in ((truth + 1) % 4 + 1, np.where(truth % 2 == 1, truth + 1, truth - 1)):
        failed = case.act(params, decision=wrong)
        assert np.all(failed.returns == -0.5)
        assert np.all(failed.performance == 0)
    assert np.all(case.act(params, stimulus=truth).returns == -2)
    broken = case.act(params.replace(abort=True), fixation=1)
    np.testing.assert_allclose(broken.returns, -0.1, atol=1e-6)


def test_contexts_last_as_many_trials_as_the_paper_says():
    context, trial = contexts(block_dur=("truncated_exponential", (6, 2, 15)))
    begins = np.flatnonzero(np.diff(context)) + 1
    np.testing.assert_array_equal(np.flatnonzero(trial[1:] == 0) + 1, begins)
    lasted = np.diff(begins)
    weight = np.exp(-np.arange(14) / 6)
    for trials, share in zip(range(2, 16), weight / weight.sum(), strict=True):
        assert helpers.within(np.sum(lasted == trials), len(lasted), share)
    assert set(lasted) == set(range(2, 16))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_contexts_change_with_their_probability(p):
    context, _ = contexts(cxt_ch_prob=p)
    changes = np.diff(context) != 0
    assert helpers.within(np.sum(changes), len(changes), p)


def test_who_adds_up_the_evidence_and_knows_the_context_is_right_as_often_as_is_said():
    env, _ = jgn.make(ID, preset="psychometric", timing={"stimulus": 800})
    trials = helpers.draw(env, num=4096, coh=12.8)
    added = np.where(helpers.in_period(env, trials, "stimulus")[..., None], trials.ob[..., 2:], 0)
    side = 1 + np.argmax(added.sum(axis=1), axis=-1)
    right = np.sum(side == np.asarray(trials.conditions["side"]))
    expected = NormalDist().cdf(0.128 * math.sqrt(800 / 2) / 3.0)
    assert helpers.within(right, 4096, expected)


def test_what_is_no_block_or_probability_is_refused():
    with pytest.raises(ValueError, match=r"cxt_ch_prob is .* at least 0 and at most 1"):
        jgn.make(ID, cxt_ch_prob=1.5)
    with pytest.raises(ValueError, match="ascending order"):
        jgn.make(ID, block_dur=(5, 2))
    env, params = jgn.make(ID, block_dur=(2, 5))
    with pytest.raises(ValueError, match="the shortest block is of 1 to 5 trials, not of 6"):
        env.validate(params.replace(context_block_least=6))
