import jax
import numpy as np
import pytest
from helpers import draw, follow, is_uniform, play, script, within

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
    params = env.default_params.with_rewards(miss=-0.5)
    waited = play(env, trials, script(env, trials), params)
    assert np.all((waited.returns == -0.5) & (waited.performance == 0))
    beyond = play(env, trials, script(env, trials, decision=3))
    assert np.all((beyond.returns == 0) & (beyond.performance == 0))
    early = play(env, trials, script(env, trials, offer_on=1))
    np.testing.assert_allclose(
        early.returns, -0.1 * np.asarray(trials.end - trials.start)[:, 1], rtol=1e-5
    )


def test_to_take_the_larger_amount_is_nearly_as_good_as_to_know_what_it_is_worth(trials):
    """And A where they are equal; option 1 is A if ``juice`` is 0."""
    b, a = np.asarray(trials.conditions["offer"]).T
    values = np.asarray(trials.conditions["values"])
    takes_b = b > a
    option = np.where(np.asarray(trials.conditions["juice"]) == 1, ~takes_b, takes_b).astype(int)
    earned = values[np.arange(len(values)), option]
    assert within((earned == values.max(axis=1)).sum(), len(values), 8 / 9)
    assert np.all((earned == values.max(axis=1)) == ((b != 2) | (a != 1)))
    per_offer = [np.mean(earned[(b == offer[0]) & (a == offer[1])]) for offer in Params.offers]
    assert np.mean(per_offer) == pytest.approx(0.360, abs=1e-3)


def test_noise_lies_on_the_amounts_while_they_are_shown():
    env, params = jgn.make("EconomicDecisionMaking-v0", sigma=2.0)
    shown = np.asarray(draw(env, params, num=2048, juice=0, offer=(2, 1)).ob)
    noise = shown[:, 15, 5:] - np.array([0.2, 0.4])
    assert abs(noise.mean()) < 5 * 0.2 / 64
    assert noise.std() == pytest.approx(0.2, rel=5 / np.sqrt(2 * noise.size))
    quiet = np.delete(shown, (5, 6), axis=2)
    assert set(np.unique(quiet)) == {0, 1}
    assert np.all(shown[:, :15, 5:] == 0)


def test_with_noise_choices_are_a_matter_of_degree():
    """The worth of the amounts as they were seen, on average, decides."""
    offers = ((3, 2), (4, 2), (5, 2), (6, 2))
    env, params = jgn.make("EconomicDecisionMaking-v0", offers=offers, sigma=8)
    trials = draw(env, params, num=4096, juice=1)
    shown = np.asarray(trials.ob)[:, :, 5:]
    steps = np.asarray(trials.end - trials.start)[:, 1]
    b, a = (5 * shown.sum(axis=1) / steps[:, None]).T
    offered_b = np.asarray(trials.conditions["offer"])[:, 0]
    takes_b = [np.mean((b > 2.2 * a)[offered_b == offer[0]]) for offer in offers]
    assert np.all(np.diff(takes_b) > 0)
    assert 0.2 < takes_b[0] < 0.4
    assert 0.6 < takes_b[-1] < 0.8


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_takes_the_better_option_at_any_dt(dt):
    env, _ = jgn.make("EconomicDecisionMaking-v0", dt=dt)
    played = follow(env)
    assert np.all((played.performance == 1) & (played.returns > 0))


def test_offers_that_are_no_pairs_are_refused():
    with pytest.raises(ValueError, match=r"offers has the shape \(n, 2\), not \(1, 3\)"):
        jgn.make("EconomicDecisionMaking-v0", offers=[(1, 2, 3)])
