"""The collection task priors_v0: contexts, successors, and alternatives in play."""

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

NUM_ENVS, NUM_TRIALS, CONTEXT, BLOCK = 300, 240, 60, 40


@pytest.fixture(scope="module")
def drawn():
    """Conditions of 72,000 trials, (environments, trials)."""
    env, params = jgn.make(
        "priors.priors_v0-v0", n_ch=4, probs=0.7, ctx_dur=CONTEXT, block_nch=BLOCK, death_prob=0
    )

    def one(key):
        def draw(carry, key):
            conditions, carry = env.sample_conditions(key, params, carry)
            return carry, conditions

        key_carry, key_trials = jax.random.split(key)
        keys = jax.random.split(key_trials, NUM_TRIALS)
        return jax.lax.scan(draw, env.init_carry(key_carry, params), keys)[1]

    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    return jax.device_get(jax.jit(jax.vmap(one))(keys))


def assert_probability(found, p):
    """Check to 4.9 standard errors: an error in one of a million tests."""
    assert abs(np.mean(found) - p) <= 4.9 * np.sqrt(p * (1 - p) / np.size(found))


def test_alternatives_in_play_change_from_block_to_block(drawn):
    n_ch = drawn["n_ch"].reshape(NUM_ENVS, -1, BLOCK)
    assert np.all(n_ch == n_ch[..., :1])
    for number in (2, 3, 4):
        assert_probability(n_ch[..., 0] == number, 1 / 3)
    assert np.all(drawn["ground_truth"] < drawn["n_ch"])


def test_contexts_last_and_give_way_to_others(drawn):
    context = drawn["context"].reshape(NUM_ENVS, -1, CONTEXT)
    assert np.all(context == context[..., :1])
    assert np.all(np.diff(context[..., 0], axis=1) != 0)
    assert set(np.unique(context)) == {0, 1, 2}


def test_the_ground_truth_follows_the_context(drawn):
    """Within a context each choice has a successor, which follows with the probability given."""
    last, following = drawn["ground_truth"][:, :-1], drawn["ground_truth"][:, 1:]
    same = (drawn["n_ch"][:, 1:] == 4) & (drawn["n_ch"][:, :-1] == 4)
    shares, total, distinct = 0, 0, []
    for row in range(NUM_ENVS):
        for context in range(3):
            successors = []
            for choice in range(4):
                here = same[row] & (drawn["context"][row, 1:] == context) & (last[row] == choice)
                counts = np.bincount(following[row][here], minlength=4)
                if counts.sum() >= 12:  # enough to tell the successor from the others
                    shares, total = shares + counts.max(), total + counts.sum()
                    successors.append(counts.argmax())
            if len(successors) > 1:
                distinct.append(len(set(successors)) > 1)
    assert total > 5000
    assert np.mean(distinct) > 0.6  # two of four are the same by chance in a quarter of cases
    assert abs(shares / total - 0.7) < 0.02


def test_the_inputs_in_play_are_seen_and_the_others_are_not():
    env, params = jgn.make("priors.priors_v0-v0", n_ch=4)
    params = params.replace(sigma=0.0)
    trial = env.new_trial(jax.random.key(0), params, n_ch=3, ground_truth=1, coh=50.0)
    start, end = int(trial.start[1]), int(trial.end[1])
    np.testing.assert_allclose(trial.ob[start:end, 1:5], [[0.25, 0.75, 0.25, 0]] * (end - start))
    noisy = env.new_trial(jax.random.key(0), params.replace(sigma=1.0), n_ch=3).ob
    assert np.all(np.std(noisy[start:end, 1:4], axis=0) > 0)
    assert not np.any(noisy[:, 4])
