import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import draw, play, within

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def env():
    return jgn.make("Bandit-v0", n=3, p=[0.2, 0.5, 0.8], rewards=[1.0, 2.0, 0.5])[0]


def test_each_arm_pays_its_amount_with_its_probability(env):
    trials = draw(env, num=4096)
    for arm, (p, amount) in enumerate([(0.2, 1.0), (0.5, 2.0), (0.8, 0.5)]):
        played = play(env, trials, np.full((4096, 1), arm, np.int32))
        paid = played.returns == amount
        assert within(paid.sum(), 4096, p)
        assert np.all(played.returns[~paid] == 0)
        assert np.all(played.steps == 1)
        assert np.all(played.performance == (arm == 1))
    np.testing.assert_array_equal(trials.gt, 1)
    np.testing.assert_array_equal(trials.ob, 0)


def test_an_action_that_is_no_arm_earns_nothing(env):
    trials = draw(env, num=64, p=[1.0, 1.0, 1.0])
    for action in (-1, 3):
        played = play(env, trials, np.full((64, 1), action, np.int32))
        assert np.all((played.returns == 0) & (played.performance == 0))


def test_probabilities_and_amounts_can_be_chosen_for_a_trial(env):
    trial = env.new_trial(jax.random.key(0), p=[1.0, 0.0, 1.0], rewards=[3.0, 9.0, 2.0])
    np.testing.assert_array_equal(trial.conditions["payoff"], [3, 0, 2])
    assert int(trial.gt[0]) == 0


def test_either_of_two_equal_arms_is_best():
    env, params = jgn.make("Bandit-v0")
    _, state = env.reset(jax.random.key(0), params)
    for arm in range(2):
        assert float(env.respond(state, jnp.int32(arm), params).performance) == 1


def test_numbers_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match="each of the 3 arms"):
        jgn.make("Bandit-v0", n=3)
    with pytest.raises(ValueError, match="at most 1"):
        jgn.make("Bandit-v0", p=[0.5, 1.5])
