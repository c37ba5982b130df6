"""The collection tasks that are one task in one wrapper."""

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.wrappers import ReactionTime, SideBias


def test_roitman02_is_the_task_with_a_reaction_time_and_lasts_21_steps():
    env, params = jgn.make("perceptualdecisionmaking.roitman02-v0")
    assert isinstance(env, ReactionTime)
    trial = env.new_trial(jax.random.key(0), params, ground_truth=0)
    assert int(trial.length) == 21
    assert trial.ob.shape == (22, 3)
    np.testing.assert_array_equal(np.flatnonzero(trial.gt[:21]), np.arange(2, 21))


def test_ibl20_has_blocks_of_90_trials_with_a_prior_of_4_to_1():
    env, params = jgn.make("perceptualdecisionmaking.ibl20-v0")
    assert isinstance(env, SideBias)
    np.testing.assert_array_equal(params.side_bias_probs, np.float32([[0.8, 0.2], [0.2, 0.8]]))
    assert (params.side_bias_block_least, params.side_bias_block_most) == (90, 90)


def test_collections_are_listed_by_their_tags():
    assert "perceptualdecisionmaking.ibl20-v0" in jgn.registered_tasks("two-alternative")
    assert "priors.priors_v0-v0" in jgn.registered_tasks("n-alternative")


# ------------------------------------------------------------------ ibl20, as published

NUM_ENVS, NUM_TRIALS = 300, 600  # 180,000 trials; after the first, five whole blocks fit in a row


@pytest.fixture(scope="module")
def published():
    """The task, and the conditions of its trials in a row."""
    env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", preset="paper")

    def one(key):
        def draw(carry, key):
            conditions, carry = env.sample_conditions(key, params, carry)
            return carry, conditions

        keys = jax.random.split(key, NUM_TRIALS + 1)
        return jax.lax.scan(draw, env.init_carry(keys[0], params), keys[1:])[1]

    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    return env, jax.device_get(jax.jit(jax.vmap(one))(keys))


def assert_share(found, p):
    """Check to 5 standard errors: an error in one of two million tests."""
    assert abs(np.mean(found) - p) <= 5 * np.sqrt(p * (1 - p) / np.size(found))


def test_ibl20_as_published_begins_with_90_unbiased_trials(published):
    _, drawn = published
    block = drawn["side_bias_block"]
    assert np.all((block == 2) == (np.arange(NUM_TRIALS) < 90))
    assert_share(drawn["ground_truth"][:, :90], 0.5)
    assert_share(block[:, 90], 0.5)


def test_ibl20_as_published_has_blocks_of_20_to_100_trials_at_4_to_1_in_turn(published):
    _, drawn = published
    block = drawn["side_bias_block"]
    for kind, p_right in ((0, 0.2), (1, 0.8)):
        assert_share(drawn["ground_truth"][block == kind], p_right)
    lengths = []
    for row in block:
        begins = np.flatnonzero(np.diff(row)) + 1
        assert np.all(np.diff(row[begins]) != 0)
        lengths.extend(np.diff(begins)[:5])
    assert len(lengths) == 5 * NUM_ENVS
    allowed = np.arange(20, 101)
    p = np.exp(-allowed / 60)
    p /= p.sum()
    for low, high in ((20, 30), (31, 50), (51, 75), (76, 100)):
        is_between = (allowed >= low) & (allowed <= high)
        assert_share((lengths >= np.int64(low)) & (lengths <= np.int64(high)), p[is_between].sum())
    assert abs(np.mean(lengths) - allowed @ p) < 5 * np.std(lengths) / np.sqrt(len(lengths))


def test_ibl20_as_published_shows_no_contrast_half_as_often_as_any_other(published):
    _, drawn = published
    for coh, p in ((100, 2 / 9), (25, 2 / 9), (12.5, 2 / 9), (6.25, 2 / 9), (0, 1 / 9)):
        assert_share(drawn["coh"] == coh, p)


def test_who_knows_the_block_of_ibl20_is_right_in_80_percent_without_contrast(published):
    _, drawn = published
    without = (drawn["coh"] == 0) & (drawn["side_bias_block"] < 2)
    guess = drawn["side_bias_block"]  # side 0 is usual in block 0, and 1 in block 1
    assert np.sum(without) > 10_000
    assert_share((guess == drawn["ground_truth"])[without], 0.8)


def test_ibl20_as_published_is_answered_at_any_time_and_an_error_costs_2_s(published):
    env, _ = published
    params = env.default_params.replace(sigma=0.0)
    trial = env.new_trial(jax.random.key(0), params, ground_truth=1, coh=25.0)
    begin, end = (int(x[env.periods.index("stimulus")]) for x in (trial.start, trial.end))
    assert end - begin == 600
    np.testing.assert_allclose(trial.ob[begin + 1 : end, 1:], [[0, 0.25]] * (end - begin - 1))
    np.testing.assert_array_equal(trial.gt[begin + 1 : end], 2)
    assert float(trial.conditions["side_bias_p"][1]) == 0.5
    step = jax.jit(env.step)
    for answer, expected in ((2, 1), (1, 1 + 20)):
        _, state = env.reset(jax.random.key(0), params, ground_truth=1, coh=25.0)
        steps, is_over = 0, False
        while not is_over:
            action = answer if int(state.t) == begin + 3 else 0
            _, state, *_, info = step(jax.random.key(1), state, action, params)
            steps, is_over = steps + 1, bool(info["new_trial"])
        assert steps - (begin + 3) == expected


def test_ibl20_refuses_probabilities_of_contrasts_without_gratings():
    with pytest.raises(ValueError, match="coh_probs are those of gratings"):
        jgn.make("perceptualdecisionmaking.ibl20-v0", coh_probs=[0.2] * 5)
    with pytest.raises(ValueError, match="coh_probs are 2 probabilities"):
        jgn.make(
            "perceptualdecisionmaking.ibl20-v0", gratings=True, cohs=[1, 2], coh_probs=[0.2] * 5
        )
