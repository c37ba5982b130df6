"""What `rollout` keeps of every step, aligned to trials."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn

ALL = ("ob", "gt", "action", "reward", "activity")


def counting(key, ob, count):
    """Act at random, and tell how many steps were played, and what is seen."""
    key_action, key_whether = jax.random.split(key)
    action = jnp.where(
        jax.random.uniform(key_whether) < 0.3, jax.random.randint(key_action, (), 0, 3), 0
    )
    return action, count + 1, {"count": count, "seen": ob * 2}


@pytest.fixture(scope="module")
def played():
    env = jgn.make("PerceptualDecisionMaking-v0", timing={"stimulus": ("uniform", [300, 2000])})[0]
    return jgn.rollout(
        env, None, counting, jnp.int32(0), num_envs=5, num_trials=120, keep=ALL, key=3
    )


def test_every_step_of_a_trial_stands_in_its_row_and_nothing_after_it(played):
    kept = played.kept
    assert set(kept) == set(ALL)
    longest = played.steps.max()
    assert kept["ob"].shape == (120, longest, 3)
    inside = np.arange(longest) < played.steps[:, None]
    for name in ("ob", "action", "reward"):
        assert not kept[name][~inside].any()
    np.testing.assert_allclose(kept["reward"].sum(axis=1), played.reward, atol=1e-6)
    activity = kept["activity"]
    np.testing.assert_array_equal(activity["seen"], 2 * kept["ob"])
    for env in range(5):  # its trials follow one upon another, over several chunks of steps
        rows = played.env == env
        counts = np.concatenate([activity["count"][i][inside[i]] for i in np.flatnonzero(rows)])
        np.testing.assert_array_equal(counts, np.arange(len(counts)))
    assert played.steps.sum() > 5 * 128


def test_what_was_seen_is_aligned_with_what_was_done(played):
    kept = played.kept
    last = np.arange(len(played)), played.steps - 1
    np.testing.assert_array_equal(kept["action"][last], played.choice)
    np.testing.assert_array_equal(kept["ob"][:, 0, 0], 1)  # the cue, in the first step of each
    np.testing.assert_array_equal(kept["ob"][last][:, 0], 0)
    asked = played.durations["fixation"] + played.durations["stimulus"]
    np.testing.assert_array_equal(kept["gt"][:, 0], 0)
    truth = played.conditions["ground_truth"] + 1
    np.testing.assert_array_equal(kept["gt"][np.arange(120), (asked / 100).astype(int)], truth)


def test_rows_of_a_table_take_what_was_kept_with_them(played):
    rows = np.flatnonzero(played.correct)[::-1]
    taken = played.take(rows)
    np.testing.assert_array_equal(taken.kept["reward"].sum(axis=1), taken.reward)
    both = jgn.TrialTable.concatenate([taken, played.take(slice(0, 7))])
    assert len(both.kept["gt"]) == len(taken) + 7
    np.testing.assert_allclose(both.kept["reward"].sum(axis=1), both.reward, atol=1e-6)
    again = both.take([len(both) - 1, 0])
    np.testing.assert_allclose(again.kept["reward"].sum(axis=1), again.reward, atol=1e-6)
    assert len(played.take(slice(0)).kept["ob"]) == 0


def test_nothing_is_kept_unless_it_is_asked_for():
    assert jgn.rollout("GoNogo-v0", num_envs=2, num_trials=4).kept is None
    kept = jgn.rollout("GoNogo-v0", num_envs=2, num_trials=4, keep=("gt",)).kept
    assert list(kept) == ["gt"]
    with pytest.raises(ValueError, match="what was kept"):
        kept["ob"]


def test_what_it_would_take_is_said_before_it_is_taken():
    with pytest.raises(ValueError, match=r"takes [\d,]+ bytes .*keep_at_most allows 1,000"):
        jgn.rollout("GoNogo-v0", num_envs=2, num_steps=400, keep=("ob",), keep_at_most=1000)
    with pytest.raises(ValueError, match="did you mean 'activity'"):
        jgn.rollout("GoNogo-v0", num_trials=4, keep=("activities",))
    with pytest.raises(ValueError, match="several names"):
        jgn.rollout("GoNogo-v0", num_trials=4, keep="ob")
