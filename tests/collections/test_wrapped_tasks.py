"""The collection tasks that are one task in one wrapper."""

import jax
import numpy as np

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
