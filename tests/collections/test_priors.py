"""The collection task priors_v0: contexts, successors, and alternatives in play."""

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.collections.priors.n_alternatives import factor

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


def blocks_of(numbers, length):
    """Values in whole blocks, the first of which begins before the first trial of a row."""
    begins = np.argmax(np.diff(numbers, axis=1) != 0, axis=1) + 1
    rows = [row[begin:] for row, begin in zip(numbers, begins, strict=True)]
    return [row[: len(row) // length * length].reshape(-1, length) for row in rows]


def test_alternatives_in_play_change_from_block_to_block(drawn):
    assert np.all([np.all(blocks == blocks[:, :1]) for blocks in blocks_of(drawn["n_ch"], BLOCK)])
    for number in (2, 3, 4):
        assert_probability(drawn["n_ch"][:, 0] == number, 1 / 3)
    begin = np.argmax(np.diff(drawn["n_ch"], axis=1) != 0, axis=1) + 1
    in_first_block = begin < BLOCK + 1  # else the number was drawn again
    assert_probability(begin[in_first_block] <= BLOCK // 2, 1 / 2)
    assert np.all(drawn["ground_truth"] < drawn["n_ch"])


def test_contexts_last_and_give_way_to_others(drawn):
    contexts = blocks_of(drawn["context"], CONTEXT)
    assert np.all([np.all(blocks == blocks[:, :1]) for blocks in contexts])
    assert np.all([np.all(np.diff(blocks[:, 0]) != 0) for blocks in contexts])
    assert set(np.unique(drawn["context"])) == {0, 1, 2}
    begins = drawn["trial_in_context"][:, 1:] == 0
    np.testing.assert_array_equal(begins, np.diff(drawn["context"], axis=1) != 0)


def test_coherences_grow_with_the_number_in_play(drawn):
    """So that the strongest of n inputs is the right one in 75 % of trials for every number."""
    factors = {n: factor(n) for n in (2, 3, 4)}
    for number, by in factors.items():
        cohs = np.unique(drawn["coh"][drawn["n_ch"] == number])
        np.testing.assert_allclose(cohs, by * np.array([0, 6.4, 12.8, 25.6, 51.2]), rtol=1e-5)
    inputs = np.random.default_rng(0).normal(size=(40_000, 4))
    difference = 0.953873 * np.array(list(factors.values()))  # Phi(0.953873 / sqrt(2)) = 0.75
    for (number, by), d in zip(factors.items(), difference, strict=True):
        shown = inputs[:, :number] + d * np.eye(number)[0]
        assert_probability(np.argmax(shown, axis=1) == 0, 0.75)
        assert by >= 1


def test_balanced_successors_are_those_of_one_choice_each():
    arguments = {"n_ch": 4, "probs": 0.8, "num_contexts": 1, "block_nch": 500, "death_prob": 0}
    env, params = jgn.make("priors.priors_v0-v0", balanced=True, **arguments)

    def one(key):
        def draw(carry, key):
            conditions, carry = env.sample_conditions(key, params, carry)
            return carry, (conditions["ground_truth"], conditions["n_ch"])

        keys = jax.random.split(key, 401)
        return jax.lax.scan(draw, env.init_carry(keys[0], params), keys[1:])[1]

    truth, n_ch = jax.device_get(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 60)))
    shares = []
    for row, number in zip(truth, n_ch, strict=True):
        if np.all(number == number[0]):
            counts = np.zeros((number[0], number[0]), int)
            np.add.at(counts, (row[:-1], row[1:]), 1)
            successors = counts.argmax(axis=1)
            assert len(set(successors)) == number[0], counts
            shares.append(counts.max(axis=1).sum() / counts.sum())
    assert len(shares) > 5
    assert abs(np.mean(shares) - 0.8) < 0.03


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
