import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import draw, is_uniform, play, within
from scipy import stats

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


def at_first_and_later(env, key):
    """What is remembered before the first trial, and after forty."""

    def next_trial(carry, key):
        return env.sample_conditions(key, env.default_params, carry)[1], None

    first = env.init_carry(key, env.default_params)
    return first, jax.lax.scan(next_trial, first, jax.random.split(key, 40))[0]


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


def test_walks_begin_as_they_are_found_later(env):
    keys = jax.random.split(jax.random.key(8), NUM)
    for carry in jax.jit(jax.vmap(lambda key: at_first_and_later(env, key)))(keys):
        reward_prob = np.asarray(carry.reward_prob).ravel()
        # errs for one seed in a million
        assert stats.kstest(reward_prob, stats.uniform(0.25, 0.5).cdf).pvalue > 1e-6


def test_any_option_is_the_good_one_at_first():
    env, params = jgn.make("DawTwoStep-v0", reward_schedule="switch")
    keys = jax.random.split(jax.random.key(0), NUM)
    start = jax.vmap(lambda key: env.init_carry(key, params).reward_prob)(keys)
    assert is_uniform(np.argmax(np.asarray(start).reshape(NUM, 4), axis=1), range(4))


def test_what_the_first_choice_is_worth(env, trials):
    """The mean of the largest of two uniform numbers is 2/3, of four 4/5 of the way."""
    value = np.asarray(trials.conditions["reward_prob"]).max(axis=2)
    planned = 0.7 * value.max(axis=1) + 0.3 * value.min(axis=1)
    for found, expected in ((planned, 0.61), (value.mean(axis=1), 0.25 + 0.5 * 2 / 3)):
        assert abs(found.mean() - expected) < 5 * found.std() / np.sqrt(NUM)


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


@pytest.fixture(scope="module")
def two_starts():
    return jgn.make("DawTwoStep-v0", starts=2, simplified=True, p_common=1.0)[0]


def test_of_two_starts_either_is_shown_and_turns_the_actions_round(two_starts):
    trials = draw(two_starts, num=NUM)
    drawn = jax.tree.map(np.asarray, trials.conditions)
    assert is_uniform(drawn["start"], [1, 2])
    np.testing.assert_array_equal(np.asarray(trials.ob)[:, 0, :2], np.eye(2)[drawn["start"] - 1])
    assert np.all(drawn["common"])
    good = np.argmax(drawn["reward_prob"][:, :, 0], axis=1) + 1
    leads_there = np.where(drawn["start"] == 1, good, 3 - good)
    np.testing.assert_array_equal(drawn["best_first"], leads_there)
    best = play(two_starts, trials, np.asarray(trials.gt))
    assert np.all(best.performance == 1)
    assert within(best.returns.sum(), NUM, 0.9)


def test_after_either_start_the_state_reached_is_seen_and_is_common_by_action():
    env = jgn.make("DawTwoStep-v0", starts=2)[0]
    _, state = env.reset(jax.random.key(0))
    for start in (1, 2):
        trial = env.new_trial(jax.random.key(0), start=start, transition=[1, 1])
        np.testing.assert_array_equal(trial.conditions["common"], np.array([1, 2]) == start)
        for action in (1, 2):
            now = state.replace(trial=trial)
            response = env.respond(now, jnp.int32(action), env.default_params)
            now = now.replace(t=jnp.int32(1), carry=response.carry)
            np.testing.assert_array_equal(env.observe(now, env.default_params), [0, 0, 1, 0])


def learning(env, num_envs, num_trials, seed=0):
    """Mean rewards of two learners of the first choice, both with one option in each state.

    One learns what each action has earned after each start, the other what each state has paid,
    and where the actions lead. Both choose by softmax.
    """

    def next_trial(carry, key):
        drawn, carry = env.sample_conditions(key, env.default_params, carry)
        pays = drawn["luck"] < drawn["reward_prob"]
        return carry, (drawn["start"] - 1, pays[:, 0])

    def subject(key):
        key_carry, key_trials = jax.random.split(key)
        keys = jax.random.split(key_trials, num_trials)
        return jax.lax.scan(next_trial, env.init_carry(key_carry, env.default_params), keys)[1]

    keys = jax.random.split(jax.random.key(seed), num_envs)
    starts, pays = map(np.asarray, jax.jit(jax.vmap(subject, out_axes=1))(keys))
    rng, every = np.random.default_rng(seed), np.arange(num_envs)
    of_actions, of_states = np.full((num_envs, 2, 2), 0.5), np.full((num_envs, 2), 0.5)
    earned = {"free": 0.0, "based": 0.0}
    for start, paid in zip(starts, pays, strict=True):
        for name in earned:
            states = np.where(start[:, None] == 0, [0, 1], [1, 0])  # to which the actions lead
            values = (
                of_actions[every, start] if name == "free" else of_states[every[:, None], states]
            )
            action = np.argmax(5 * values + rng.gumbel(size=(num_envs, 2)), axis=1)
            state = states[every, action]
            reward = paid[every, state].astype(float)
            learned, where = (
                (of_actions, (every, start, action))
                if name == "free"
                else (of_states, (every, state))
            )
            learned[where] += 0.5 * (reward - learned[where])
            earned[name] += reward.mean() / num_trials
    return earned


def test_planning_pays_where_transitions_are_certain_and_starts_are_two():
    arguments = {"simplified": True, "starts": 2, "reward_schedule": "drift", "p_common": 1.0}
    walks = {"drift": 0.2, "p_min": 0.0, "p_max": 1.0}
    env = jgn.make("DawTwoStep-v0", **arguments, **walks)[0]
    earned = learning(env, num_envs=512, num_trials=200)
    # Both are near 0.55, so that the difference of two means of 102,400 trials has the s.e. 0.0022;
    # elsewhere simulated it is 0.019. At 4 s.e. the test errs once in 30,000.
    assert earned["based"] - earned["free"] > 4 * 0.0022
    assert earned["based"] > 0.5 + 0.04


def test_a_trial_without_reward_may_cost(env, trials):
    params = env.default_params.with_rewards(fail=-1.0)
    drawn = draw(env, params, num=NUM).conditions["reward"]
    assert set(np.unique(np.asarray(drawn))) == {-1, 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"starts": 3}, "starts is 1 or 2, not 3"),
        ({"starts": 0}, "starts .* at least 1"),
        ({"drift": -1}, "drift is .* of at least 0"),
        ({"p_min": 0.9}, "p_min is at most p_max"),
    ],
)
def test_starts_and_walks_that_cannot_be_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        jgn.make("DawTwoStep-v0", **arguments)


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
