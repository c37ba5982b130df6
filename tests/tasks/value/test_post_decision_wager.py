import jax
import numpy as np
import pytest
from helpers import draw, follow, in_period, is_uniform, play, script, within

import jaxgym_neuro as jgn
from jaxgym_neuro.tasks.value.post_decision_wager import Params


@pytest.fixture(scope="module")
def env():
    return jgn.make("PostDecisionWager-v0", sigma=0)[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=4096)


@pytest.fixture(scope="module")
def wager(trials):
    return np.asarray(trials.conditions["wager"])


def test_conditions_are_uniform(trials, wager):
    assert is_uniform(wager, [0, 1])
    assert is_uniform(trials.conditions["ground_truth"], [0, 1])
    assert is_uniform(trials.conditions["coh"], Params.cohs)


def test_the_sure_bet_appears_after_pre_sure_and_stays(env, trials, wager):
    shown = in_period(env, trials, "delay") | in_period(env, trials, "decision")
    shown &= ~in_period(env, trials, "pre_sure") & wager[:, None]
    np.testing.assert_array_equal(np.asarray(trials.ob)[:, :, 3], shown)
    pre_sure = np.asarray(trials.end - trials.start)[:, 3]
    assert set(pre_sure[wager]) == {5, 6, 7}
    assert set(pre_sure[~wager]) == {0}
    np.testing.assert_array_equal(trials.start[wager, 3], trials.end[wager, 1])
    length = np.asarray(trials.length)
    assert length.min() >= 15
    assert length.max() <= 27


def test_stimulus_is_coded_on_the_ring_and_the_cue_lasts_to_the_decision(env, trials):
    trial = env.new_trial(jax.random.key(0), coh=51.2, ground_truth=1, wager=False)
    np.testing.assert_allclose(trial.ob[1], [1, 0.244, 0.756, 0], atol=1e-6)
    waits = ~in_period(env, trials, "decision") & (
        np.arange(env.T) < np.asarray(trials.length)[:, None]
    )
    np.testing.assert_array_equal(np.asarray(trials.ob)[:, :, 0], waits)


def test_noise_lies_on_the_evidence_alone():
    env, _ = jgn.make("PostDecisionWager-v0", sigma=2.0)
    trials = draw(env, num=4096, coh=0.0)
    stimulus = np.asarray(trials.ob)[:, 1, 1]  # always within the stimulus period
    assert stimulus.std() == pytest.approx(0.2, rel=5 / np.sqrt(2 * 4096))
    cues = np.asarray(trials.ob)[..., [0, 3]]
    assert set(np.unique(cues)) == {0, 1}


def test_reward_table(env, trials, wager):
    answer = np.asarray(trials.conditions["ground_truth"]) + 1
    right = play(env, trials, script(env, trials, decision=answer))
    assert np.all((right.returns == 1) & (right.performance == 1))
    wrong = play(env, trials, script(env, trials, decision=3 - answer))
    assert np.all((wrong.returns == 0) & (wrong.performance == 0))
    sure = play(env, trials, script(env, trials, decision=3))
    np.testing.assert_allclose(sure.returns, np.where(wager, 0.7, -0.1), rtol=1e-6)
    np.testing.assert_allclose(sure.performance, np.where(wager, 0.7, 0), rtol=1e-6)
    early = play(env, trials, script(env, trials, fixation=1))
    np.testing.assert_allclose(early.returns, -0.1, rtol=1e-6)
    beyond = play(env, trials, script(env, trials, decision=4))
    assert np.all((beyond.returns == 0) & (beyond.performance == 0))
    params = env.default_params.with_rewards(miss=-0.5)
    waited = play(env, trials, script(env, trials), params)
    assert np.all((waited.returns == -0.5) & (waited.performance == 0))


def test_the_fraction_that_the_sure_bet_earns_can_be_swept(env, wager):
    params = env.default_params.replace(sure=0.5)
    trials = draw(env, params, num=4096)
    sure = play(env, trials, script(env, trials, decision=3), params)
    np.testing.assert_allclose(sure.returns, np.where(wager, 0.5, -0.1), rtol=1e-6)
    np.testing.assert_allclose(sure.performance, np.where(wager, 0.5, 0), rtol=1e-6)


def test_the_sure_bet_of_a_trial_can_be_given(env, trials, wager):
    given = draw(env, num=4096, sure=0.3)
    sure = play(env, given, script(env, given, decision=3))
    np.testing.assert_allclose(sure.returns, np.where(wager, 0.3, -0.1), rtol=1e-6)
    np.testing.assert_allclose(trials.conditions["sure"], 0.7, rtol=1e-6)
    params = jgn.make("PostDecisionWager-v0", sure=0.8)[1]
    assert params.sure == np.float32(0.8)


def test_the_sure_bet_scores_0_where_right_and_wrong_earn_the_same(env, trials):
    params = env.default_params.with_rewards(correct=0.5, fail=0.5)
    sure = play(env, trials, script(env, trials, decision=3), params)
    assert np.all(sure.performance == 0)


def test_in_the_papers_form_durations_have_its_means_and_errors_a_time_out():
    params = jgn.make("PostDecisionWager-v0", preset="paper")[1]
    for period, mean in (("stimulus", 180), ("delay", 1350)):
        assert params.timing[period].true_mean() == pytest.approx(mean, abs=0.5)
    assert (float(params.sure), float(params.timeout)) == (np.float32(0.8), 1000)


def test_it_pays_to_bet_where_the_evidence_is_weak():
    """The evidence is the sum of the difference between the channels."""
    env, _ = jgn.make("PostDecisionWager-v0")
    trials = draw(env, num=4096, wager=True)
    evidence = np.asarray(trials.ob)[:, :, 1:3].sum(axis=1) @ np.array([1.0, -1.0])
    choice = np.where(evidence > 0, 1, 2)
    never = play(env, trials, script(env, trials, decision=choice))
    unsure = np.abs(evidence) < 0.25
    at_times = play(env, trials, script(env, trials, decision=np.where(unsure, 3, choice)))
    assert within(never.performance.sum(), 4096, 0.789)
    # An ideal observer, who reckons with the duration as well, earns 0.826.
    assert 0.826 - 0.015 < at_times.returns.mean() < 0.826 + 5 * 0.25 / 64
    follows = play(env, trials, np.asarray(trials.gt))
    assert np.all(follows.returns == 1)


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_is_perfect_at_any_dt_and_ring_size(dt):
    env, _ = jgn.make("PostDecisionWager-v0", dt=dt, dim_ring=2 if dt > 20 else 5)
    played = follow(env)
    assert np.all((played.returns == 1) & (played.performance == 1))


def test_signed_coherence_is_positive_where_the_second_direction_is_right(trials):
    conditions = {name: np.asarray(value) for name, value in trials.conditions.items()}
    sign = np.where(conditions["ground_truth"] == 1, 1, -1)
    np.testing.assert_array_equal(conditions["signed_coh"], sign * conditions["coh"])
