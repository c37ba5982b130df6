import jax
import numpy as np
import pytest
from helpers import draw, follow, is_uniform, play, script

import jaxgym_neuro as jgn
from jaxgym_neuro.tasks.value.economic_decision_making import Params


@pytest.fixture(scope="module")
def env():
    return jgn.make("EconomicDecisionMaking-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=4096)


@pytest.fixture(scope="module")
def worth(trials):
    """Worth of options 1 and 2, computed from what is seen."""
    seen = np.asarray(trials.ob)[:, 15]
    units = np.array([0.22, 0.1])  # of A, of B
    first = (seen[:, 1:3] @ units) * seen[:, 5] * 5
    second = (seen[:, 3:5] @ units) * seen[:, 6] * 5
    return np.stack([first, second], axis=1)


def test_juices_and_offers_are_equally_likely(trials):
    assert is_uniform(trials.conditions["juice"], [0, 1])
    pairs = np.asarray(trials.conditions["offer"])
    index = [Params.offers.index(tuple(pair)) for pair in pairs]
    assert is_uniform(index, range(9))


def test_observation_of_a_known_offer(env):
    trial = env.new_trial(jax.random.key(0), juice=1, offer=(4, 1))
    np.testing.assert_allclose(trial.ob[15], [1, 0, 1, 1, 0, 0.8, 0.2], rtol=1e-6)
    np.testing.assert_array_equal(trial.ob[14], [1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(trial.ob[int(trial.start[2])], 0)


def test_preference_turns_between_two_and_three_units_of_b(env):
    for offer, better in (((2, 1), 2), ((3, 1), 1)):
        trial = env.new_trial(jax.random.key(0), juice=1, offer=offer)
        assert int(trial.gt[int(trial.start[2])]) == better


@pytest.mark.parametrize("juice", [0, 1])
def test_of_options_worth_the_same_the_first_is_the_ground_truth(juice):
    env = jgn.make("EconomicDecisionMaking-v0", b_to_a=0.5)[0]
    trial = env.new_trial(jax.random.key(0), juice=juice, offer=(2, 1))
    first, second = trial.conditions["values"]
    assert first == second > 0
    assert trial.conditions["ground_truth"] == 0
    assert trial.gt[trial.start[2]] == 1


def test_an_option_pays_what_is_seen_of_it(env, trials, worth):
    for option in (1, 2):
        played = play(env, trials, script(env, trials, decision=option))
        np.testing.assert_allclose(played.returns, worth[:, option - 1], atol=1e-5)
        is_best = worth[:, option - 1] >= worth.max(axis=1) - 1e-6
        np.testing.assert_array_equal(played.performance, is_best)
    best = script(env, trials, decision=np.argmax(worth, axis=1) + 1)
    played = play(env, trials, best)
    np.testing.assert_array_equal(played.performance, 1)
    assert np.mean(played.returns) == pytest.approx(0.362, abs=0.02)
    beyond = play(env, trials, script(env, trials, decision=3))
    assert np.all((beyond.returns == 0) & (beyond.performance == 0))
    early = play(env, trials, script(env, trials, offer_on=1))
    np.testing.assert_allclose(
        early.returns, -0.1 * np.asarray(trials.end - trials.start)[:, 1], rtol=1e-5
    )


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_takes_the_better_option_at_any_dt(dt):
    env, _ = jgn.make("EconomicDecisionMaking-v0", dt=dt)
    played = follow(env)
    assert np.all((played.performance == 1) & (played.returns > 0))


def test_offers_that_are_no_pairs_are_refused():
    with pytest.raises(ValueError, match=r"offers has the shape \(n, 2\), not \(1, 3\)"):
        jgn.make("EconomicDecisionMaking-v0", offers=[(1, 2, 3)])
