import helpers
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

ID = "MatchingPenny-v0"
NUM = 4000


def played(actions, seed=0, **kwargs):
    """Act in one environment: what is seen, what it earns, what the opponent chooses."""
    env, params = jgn.make(ID, **kwargs)

    @jax.jit
    def play(key):
        key_reset, key_steps = jax.random.split(key)
        first, state = env.reset(key_reset, params)

        def step(state, now):
            key, action = now
            ob, state, reward, _, _, info = env.step(key, state, action, params)
            return state, (ob, reward, info["performance"], info["gt"])

        keys = jax.random.split(key_steps, len(actions))
        return first, jax.lax.scan(step, state, (keys, actions))[1]

    first, (obs, *rest) = jax.tree.map(np.asarray, play(jax.random.key(seed)))
    return (np.concatenate([first[None], obs[:-1]]), *rest)


def means(actions, rate=0.2):
    """What the opponent remembers before each choice."""
    found = [0.5]
    for action in actions:
        found.append(found[-1] + rate * (action - found[-1]))
    return np.asarray(found[:-1])


def less_chosen(num):
    actions = [0]
    while len(actions) < num:
        actions.append(int(means([*actions, 0])[-1] < 0.5))
    return np.asarray(actions, np.int32)


@pytest.fixture(scope="module")
def coins():
    return np.random.default_rng(0).integers(2, size=NUM).astype(np.int32)


@pytest.fixture(scope="module")
def against_mean(coins):
    return played(coins)


def test_the_opponent_chooses_what_the_subject_chose_less(coins, against_mean):
    *_, opponent = against_mean
    remembered = means(coins)
    is_clear = np.abs(remembered - 0.5) > 1e-4
    assert np.mean(is_clear) > 0.99
    # NeuroGym's rule, 1 where the rounded mean is 0.
    theirs = 1 - np.round(remembered[is_clear])
    np.testing.assert_array_equal(opponent[is_clear], theirs)


def test_what_the_opponent_chose_is_seen_in_the_next_trial(against_mean):
    ob, _, _, opponent = against_mean
    np.testing.assert_array_equal(ob.sum(axis=1), 1)
    np.testing.assert_array_equal(ob.argmax(axis=1)[1:], opponent[:-1])


def test_a_match_wins_and_a_coin_wins_half_of_the_trials(coins, against_mean):
    _, reward, performance, opponent = against_mean
    np.testing.assert_array_equal(reward, coins == opponent)
    np.testing.assert_array_equal(performance, coins == opponent)
    assert helpers.within(reward.sum(), NUM, 0.5)
    _, reward, _, opponent = played(coins, opponent_type="random", rewards={"fail": -1.0})
    np.testing.assert_array_equal(reward, np.where(coins == opponent, 1, -1))
    assert helpers.within(opponent.sum(), NUM, 0.5)


def test_a_preference_loses_and_who_foretells_the_opponent_wins():
    _, lost, *_ = played(np.ones(100, np.int32))
    assert np.all(lost[1:] == 0)
    _, won, *_ = played(less_chosen(100))
    assert np.all(won[1:] == 1)


def test_the_first_choice_of_either_opponent_is_a_coin():
    for kwargs in ({}, {"opponent_type": "random"}):
        conditions = helpers.draw(jgn.make(ID, **kwargs)[0], num=4096).conditions
        assert helpers.is_uniform(conditions["opponent_action"], [0, 1])
        assert helpers.is_uniform(conditions["last_opponent_action"], [0, 1])


def test_what_is_no_target_is_an_error_and_not_remembered():
    actions = np.asarray([1, 7, -1, 7], np.int32)
    _, reward, _, opponent = played(actions)
    assert np.all(reward[1:] == 0)
    assert np.all(opponent[1:] == 0)


def test_an_unknown_opponent_is_refused():
    with pytest.raises(ValueError, match=r"unknown opponent_type 'mean'.*did you mean"):
        jgn.make(ID, opponent_type="mean")
