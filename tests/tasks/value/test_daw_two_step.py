import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import draw, play, within

import jaxgym_neuro as jgn
from jaxgym_neuro.tasks.value.daw_two_step import Carry

NUM = 4096


def choices(first, second):
    return np.stack([np.full(NUM, first), np.full(NUM, second)], axis=1).astype(np.int32)


@pytest.fixture(scope="module")
def env():
    return jgn.make("DawTwoStep-v0")[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=NUM)


@pytest.fixture(scope="module")
def simplified():
    return jgn.make("DawTwoStep-v0", simplified=True)[0]


def test_transitions_are_common_with_probability_0_7(trials):
    common = np.asarray(trials.conditions["common"])
    for action in (0, 1):
        assert within(common[:, action].sum(), NUM, 0.7)
        reached = np.asarray(trials.conditions["transition"])[:, action]
        np.testing.assert_array_equal(reached == action + 1, common[:, action])


def test_an_option_pays_with_its_probability(env):
    reward_prob = np.array([[0.3, 0.6], [0.45, 0.7]])
    trials = draw(env, num=NUM, reward_prob=reward_prob)
    paid = np.asarray(trials.conditions["reward"]).sum(axis=0)
    for state in (0, 1):
        for option in (0, 1):
            assert within(paid[state, option], NUM, reward_prob[state, option])


def test_the_first_choice_leads_to_the_state_that_is_seen(env):
    transition = [2, 1]
    trial = env.new_trial(jax.random.key(0), transition=transition)
    for action in (1, 2):
        _, state = env.reset(jax.random.key(0))
        state = state.replace(trial=trial)
        np.testing.assert_array_equal(env.observe(state, env.default_params), [1, 0, 0])
        ob, state, reward, _, _, info = env.step(jax.random.key(1), state, action)
        assert float(reward) == 0
        assert not bool(info["new_trial"])
        assert int(np.argmax(ob)) == transition[action - 1]
        ob, *_, info = env.step(jax.random.key(2), state, 1)
        assert bool(info["new_trial"])
        np.testing.assert_array_equal(ob, [1, 0, 0])


def test_reward_table(env, trials):
    drawn = jax.tree.map(np.asarray, trials.conditions)
    rows = np.arange(NUM)
    for first in (1, 2):
        state = drawn["transition"][:, first - 1]
        for second in (1, 2):
            played = play(env, trials, choices(first, second))
            np.testing.assert_array_equal(
                played.returns, drawn["reward"][rows, state - 1, second - 1]
            )
            score = (drawn["best_first"] == first) * 0.5 + (
                drawn["best_second"][rows, state - 1] == second
            ) * 0.5
            np.testing.assert_allclose(played.performance, score)
            assert np.all(played.steps == 2)
    for no_choice in (0, 3, -1):
        played = play(env, trials, choices(no_choice, 1))
        np.testing.assert_allclose(played.returns, -0.1)
        assert np.all((played.steps == 1) & (played.performance == 0))
        played = play(env, trials, choices(1, no_choice))
        np.testing.assert_allclose(played.returns, -0.1)
        assert np.all((played.steps == 2) & (played.performance <= 0.5))


def test_following_the_ground_truth_is_perfect_and_earns_the_expected_most(env, trials):
    played = play(env, trials, np.asarray(trials.gt))
    np.testing.assert_array_equal(played.performance, 1)
    value = np.asarray(trials.conditions["reward_prob"]).max(axis=2)
    expected = 0.7 * value.max(axis=1) + 0.3 * value.min(axis=1)
    np.testing.assert_allclose(
        played.returns.mean(), expected.mean(), atol=5 * played.returns.std() / np.sqrt(NUM)
    )


def drift(env, carry, num_trials):
    """Reward probabilities (num_trials, 2, options) over the trials of one subject."""

    def next_trial(carry, key):
        conditions, carry = env.sample_conditions(key, env.default_params, carry)
        return carry, conditions["reward_prob"]

    keys = jax.random.split(jax.random.key(3), num_trials)
    return np.asarray(jax.jit(lambda c: jax.lax.scan(next_trial, c, keys))(carry)[1])


def test_reward_probabilities_walk_between_their_bounds(env):
    start = Carry(reward_prob=jnp.full((2, 2), 0.5, jnp.float32), choice=jnp.int32(0))
    path = drift(env, start, NUM)
    assert path.min() >= 0.25
    assert path.max() <= 0.75
    inside = (path[:-1] > 0.4) & (path[:-1] < 0.6)  # four s.d. and more from the bounds
    steps = np.diff(path, axis=0)[inside]
    assert steps.std() == pytest.approx(0.025, rel=5 / np.sqrt(2 * len(steps)))
    assert abs(steps.mean()) < 5 * 0.025 / np.sqrt(len(steps))
    assert len(np.unique(path[1000])) == 4


def test_the_good_option_moves_when_probabilities_switch():
    env, params = jgn.make("DawTwoStep-v0", reward_schedule="switch")
    path = drift(env, env.init_carry(jax.random.key(0), params), NUM).reshape(NUM, 4)
    np.testing.assert_allclose(np.sort(path, axis=1), np.tile([0.1, 0.1, 0.1, 0.9], (NUM, 1)))
    good = np.argmax(path, axis=1)
    assert within(np.sum(good[1:] != good[:-1]), NUM - 1, 0.025)
    assert set(good) == {0, 1, 2, 3}


def test_simplified_form_pays_for_the_state_and_asks_to_wait_there(simplified):
    trials = draw(simplified, num=NUM)
    drawn = jax.tree.map(np.asarray, trials.conditions)
    rows = np.arange(NUM)
    assert within(drawn["common"][:, 0].sum(), NUM, 0.8)
    assert within((drawn["best_first"] == 1).sum(), NUM, 0.5)
    for first in (1, 2):
        state = drawn["transition"][:, first - 1]
        played = play(simplified, trials, choices(first, 0))
        np.testing.assert_array_equal(played.returns, drawn["reward"][rows, state - 1, 0])
        np.testing.assert_array_equal(played.performance, drawn["best_first"] == first)
        assert np.all(played.steps == 2)
        moved = play(simplified, trials, choices(first, 1))
        np.testing.assert_allclose(moved.returns, played.returns - 0.1, atol=1e-6)
    waited = play(simplified, trials, choices(0, 0))
    assert np.all((waited.returns == np.float32(-0.1)) & (waited.steps == 1))
    best = play(simplified, trials, np.asarray(trials.gt))
    assert np.all(best.performance == 1)
    assert within(best.returns.sum(), NUM, 0.8 * 0.9 + 0.2 * 0.1)


def test_probabilities_last_within_an_episode_and_choice_does_not(simplified):
    env = simplified
    params = env.default_params.replace(p_switch=0.0)
    ob, state = env.reset(jax.random.key(0), params)
    first = np.asarray(state.carry.reward_prob)
    for i in range(6):
        ob, state, *_ = env.step(jax.random.key(i), state, int(i % 2 == 0), params)
        np.testing.assert_array_equal(state.trial.conditions["reward_prob"], first)
        assert int(state.carry.choice) == int(i % 2 == 0)
    assert ob[0] == 1


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ValueError, match="did you mean 'drift'"):
        jgn.make("DawTwoStep-v0", reward_schedule="drif")


def test_a_lower_probability_above_the_higher_one_is_refused(env):
    for name, value, higher in (("p_min", 0.8, "p_max"), ("p_low", 0.95, "p_high")):
        with pytest.raises(ValueError, match=f"{name} is at most {higher}"):
            env.validate(env.default_params.replace(**{name: value}))


def test_a_probability_above_one_is_refused():
    with pytest.raises(ValueError, match=r"p_common is .* at most 1, not 1\.5"):
        jgn.make("DawTwoStep-v0", p_common=1.5)
