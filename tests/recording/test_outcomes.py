"""Outcomes of trials in which there may be nothing to act upon."""

import pickle

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


def test_a_tone_that_is_heard_at_another_time_is_a_false_alarm():
    said = {
        name: jgn.rollout("ToneDetection-v0", policy=policy, num_envs=16, num_trials=64)
        for name, policy in {"right": "ground_truth", "none": 0, "first": 1}.items()
    }
    tone = {name: table.conditions["condition"] for name, table in said.items()}
    expected = {
        "right": np.where(tone["right"] > 0, "hit", "correct rejection"),
        "none": np.where(tone["none"] > 0, "miss", "correct rejection"),
        "first": np.where(tone["first"] == 1, "hit", "false alarm"),
    }
    for name, table in said.items():
        np.testing.assert_array_equal(table.labels["outcome"], expected[name])


def test_where_one_test_always_matches_there_are_hits_misses_and_false_alarms():
    played = {
        policy: jgn.rollout(
            "DelayMatchSampleDistractor1D-v0", policy=policy, num_envs=8, num_trials=32
        )
        for policy in ("ground_truth", "wait", 1)
    }
    assert set(played["ground_truth"].labels["outcome"]) == {"hit"}
    assert set(played["wait"].labels["outcome"]) == {"miss"}
    assert set(played[1].labels["outcome"]) == {"false alarm"}  # in the first delay


def test_tasks_that_always_ask_for_a_choice_have_none():
    table = jgn.rollout("PerceptualDecisionMaking-v0", num_envs=2, num_trials=4)
    assert "outcome" not in table.columns()


def test_words_are_written_when_they_are_asked_for_and_go_wherever_a_column_goes():
    table = jgn.rollout("GoNogo-v0", num_envs=8, num_trials=64)
    words = table.labels["outcome"]
    assert dict(table.labels).keys() == {"outcome"}
    assert table.labels["outcome"] is not words  # nothing of the size of words is held
    np.testing.assert_array_equal(table["outcome"], words)
    np.testing.assert_array_equal(table.take(slice(3, 9)).labels["outcome"], words[3:9])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(table))["outcome"], words)
    joined = jgn.TrialTable.concatenate([table, table.take(slice(5))])
    np.testing.assert_array_equal(joined["outcome"], [*words, *words[:5]])
    with pytest.raises(KeyError, match="outcomes"):
        table.labels["outcomes"]
