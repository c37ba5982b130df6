"""Outcomes of trials in which there may be nothing to act upon."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn

SIGNAL = {
    "GoNogo-v0": lambda c: c["ground_truth"] == 1,
    "Detection-v0": lambda c: c["ground_truth"] == 1,
    "DelayPairedAssociation-v0": lambda c: c["ground_truth"] == 1,
    "AnnubesEnv-v0": lambda c: ~c["catch"],
}


@pytest.mark.parametrize("id", SIGNAL)
@pytest.mark.parametrize("wrap", [lambda env: env, lambda env: jgn.wrappers.TimeOut(env, 200)])
def test_an_outcome_says_what_there_was_and_what_was_done(id, wrap):
    env = wrap(jgn.make(id)[0])
    right, silent = (
        jgn.rollout(env, policy=policy, num_envs=16, num_trials=96)
        for policy in ("ground_truth", "wait")
    )
    signal = SIGNAL[id](right.conditions)
    assert 0 < signal.sum() < 96
    expected = np.where(signal, "hit", "correct rejection")
    np.testing.assert_array_equal(right.labels["outcome"], expected)
    signal = SIGNAL[id](silent.conditions)
    expected = np.where(signal, "miss", "correct rejection")
    np.testing.assert_array_equal(silent.columns()["outcome"], expected)


def test_an_answer_to_nothing_is_a_false_alarm_and_broken_fixation_is_an_abort():
    env = jgn.make("GoNogo-v0", timing={"fixation": 200}, abort=True)[0]

    def act(key, ob, cue_was_on):
        """Act when the cue goes off."""
        return jnp.where(cue_was_on & (ob[0] == 0), 1, 0), ob[0] == 1

    table = jgn.rollout(env, None, act, jnp.bool_(False), num_envs=8, num_trials=64)
    go = table.conditions["ground_truth"] == 1
    np.testing.assert_array_equal(table.labels["outcome"], np.where(go, "hit", "false alarm"))
    broken = jgn.rollout(env, policy=1, num_envs=8, num_trials=64)
    go = broken.conditions["ground_truth"] == 1
    np.testing.assert_array_equal(broken.labels["outcome"], np.where(go, "miss", "abort"))


def test_tasks_that_always_ask_for_a_choice_have_none():
    table = jgn.rollout("PerceptualDecisionMaking-v0", num_envs=2, num_trials=4)
    assert "outcome" not in table.columns()
