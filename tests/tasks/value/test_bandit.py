import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import draw, is_uniform, play, within
from scipy import stats

import jaxgym_neuro as jgn
from jaxgym_neuro import EnvState

NUM = 4096


@pytest.fixture(scope="module")
def env():
    return jgn.make("Bandit-v0", n=3, p=[0.2, 0.5, 0.8], rewards=[1.0, 2.0, 0.5])[0]


def session(env, num_trials, policy=lambda trial: jnp.int32(0), num_envs=64):
    """What is drawn in the trials of an episode, and earned, (num_envs, num_trials, ...) each.

    The arm that is chosen is a function of the trial's number.
    """
    params, zero = env.default_params, jnp.int32(0)

    def one(key):
        def next_trial(carry, inputs):
            key, number = inputs
            drawn, carry = env.sample_conditions(key, params, carry)
            trial = env.lay_out(key, drawn, params)
            state = EnvState(time=zero, t=zero, num_trials=zero, trial=trial, carry=carry)
            response = env.respond(state, policy(number), params)
            carry = carry if response.carry is None else response.carry
            return carry, {**trial.conditions, "reward": response.reward}

        key_carry, key_trials = jax.random.split(key)
        inputs = (jax.random.split(key_trials, num_trials), jnp.arange(num_trials))
        return jax.lax.scan(next_trial, env.init_carry(key_carry, params), inputs)[1]

    keys = jax.random.split(jax.random.key(0), num_envs)
    return jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(keys))


def is_uniform_between(values, low, high):
    """Whether numbers are uniform: the p-value is below 1e-6 for one seed in a million."""
    return stats.kstest(np.ravel(values), stats.uniform(low, high - low).cdf).pvalue > 1e-6


def test_each_arm_pays_its_amount_with_its_probability(env):
    trials = draw(env, num=NUM)
    for arm, (p, amount) in enumerate([(0.2, 1.0), (0.5, 2.0), (0.8, 0.5)]):
        played = play(env, trials, np.full((NUM, 1), arm, np.int32))
        paid = played.returns == amount
        assert within(paid.sum(), NUM, p)
        assert np.all(played.returns[~paid] == 0)
        assert np.all(played.steps == 1)
        assert np.all(played.performance == (arm == 1))
    np.testing.assert_array_equal(trials.gt, 1)
    np.testing.assert_array_equal(trials.conditions["best"], 1)
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
    env, params = jgn.make("Bandit-v0", p=(0.5, 0.5))
    _, state = env.reset(jax.random.key(0), params)
    for arm in range(2):
        assert float(env.respond(state, jnp.int32(arm), params).performance) == 1


def test_the_arms_of_every_episode_are_new_by_default():
    env = jgn.make("Bandit-v0", n=3, trials_per_episode=3)[0]
    step = jax.jit(env.step)
    _, state = env.reset(jax.random.key(0))
    seen = []
    for i in range(6):
        seen.append(np.asarray(state.trial.conditions["p"]))
        state = step(jax.random.key(i), state, i % 3)[1]
    assert np.all(np.equal(seen[:3], seen[0]))
    assert np.all(np.equal(seen[3:], seen[3]))
    assert np.all(seen[0] != seen[3])
    p = np.asarray(draw(env, num=NUM).conditions["p"])
    assert is_uniform_between(p, 0, 1)
    assert np.abs(np.corrcoef(p, rowvar=False) - np.eye(3)).max() < 5 / np.sqrt(NUM)


def test_one_arm_is_right_by_default_and_another_wrong():
    drawn = jax.tree.map(np.asarray, draw(jgn.make("Bandit-v0")[0], num=NUM).conditions)
    assert within(drawn["best"].sum(), NUM, 0.5)
    assert np.all(np.diff(drawn["p"]) != 0)


def test_drawn_arms_are_between_their_bounds():
    env, params = jgn.make("Bandit-v0")
    p = draw(env, params.replace(p_min=0.2, p_max=0.6), num=NUM).conditions["p"]
    assert is_uniform_between(p, 0.2, 0.6)


def test_correlated_arms_share_what_there_is():
    p = np.asarray(draw(jgn.make("Bandit-v0", draw="correlated")[0], num=NUM).conditions["p"])
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert is_uniform_between(p[:, 0], 0, 1)


def test_restless_arms_walk_and_begin_anywhere_between_their_bounds():
    env = jgn.make("Bandit-v0", n=4, drift=0.05)[0]
    p = session(env, 200, num_envs=128)["p"]
    for trial in (0, 199):
        assert is_uniform_between(p[:, trial], 0, 1)
    inside = (p[:, :-1] > 0.3) & (p[:, :-1] < 0.7)  # six s.d. from the bounds
    steps = np.diff(p, axis=1)[inside]
    assert steps.std() == pytest.approx(0.05, rel=5 / np.sqrt(2 * len(steps)))
    assert abs(steps.mean()) < 5 * 0.05 / np.sqrt(len(steps))


def test_arms_change_places_after_their_blocks():
    env = jgn.make("Bandit-v0", p=(0.2, 0.8), reversals=(5, 9))[0]
    best = session(env, 400, num_envs=64)["best"]
    turns = [np.flatnonzero(np.diff(row)) for row in best]
    lengths = np.concatenate([np.diff(row) for row in turns])
    assert set(lengths) == {5, 6, 7, 8, 9}
    assert within(np.sum(lengths == 5), len(lengths), 0.2)
    assert within(best[:, 0].sum(), 64, 0.5)


def test_an_episode_begins_amid_a_block():
    env = jgn.make("Bandit-v0", p=(0.2, 0.8), reversals=6)[0]
    best = session(env, 7, num_envs=1024)["best"]
    trials_before = np.argmax(np.diff(best, axis=1) != 0, axis=1) + 1
    assert is_uniform(trials_before, range(1, 7))


def test_arms_change_places_by_chance_and_take_their_probabilities_along():
    env = jgn.make("Bandit-v0", n=3, p=(0.1, 0.2, 0.9), reversals=0.1)[0]
    drawn = session(env, 200, num_envs=64)
    assert within(np.sum(np.diff(drawn["best"], axis=1) != 0), 64 * 199, 0.1)
    np.testing.assert_allclose(np.sort(drawn["p"]), np.tile([0.1, 0.2, 0.9], (64, 200, 1)))
    for arm in range(3):
        assert within(np.sum(drawn["best"][:, 0] == arm), 64, 1 / 3)


def test_a_bait_stays_until_its_arm_is_chosen():
    env = jgn.make("Bandit-v0", p=(0.1, 0.3), baited=True)[0]
    drawn = session(env, 50, num_envs=512, policy=lambda trial: (trial % 10 == 9).astype(jnp.int32))
    baited, holds = drawn["baited"], drawn["baited"] | (drawn["luck"] < drawn["p"])
    np.testing.assert_array_equal(drawn["payoff"], holds)
    assert not baited[:, 0].any()
    chosen = np.arange(49) % 10 == 9
    for arm in (0, 1):
        takes = chosen == (arm == 1)
        np.testing.assert_array_equal(baited[:, 1:, arm], holds[:, :-1, arm] & ~takes)
    # Visited every tenth trial, an arm pays unless it was given nothing ten times.
    assert within(drawn["reward"][:, 9::10].sum(), 512 * 5, 1 - 0.7**10)
    is_best = np.where(baited, 1, [0.1, 0.3])
    np.testing.assert_array_equal(drawn["best"], np.argmax(is_best, axis=-1))


def test_a_bait_can_be_given_to_a_trial():
    env = jgn.make("Bandit-v0", p=(0.1, 0.3), baited=True)[0]
    trial = env.new_trial(jax.random.key(0), baited=[True, False], luck=[0.9, 0.9])
    np.testing.assert_array_equal(trial.conditions["payoff"], [1, 0])
    assert int(trial.gt[0]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 3, "p": [0.5, 0.5]}, "p has one number for each of the 3 arms"),
        ({"n": 3, "rewards": [1, 1]}, "rewards has one number for each of the 3 arms"),
        ({"p": [0.5, 1.5]}, "at most 1"),
        ({"draw": "fixed"}, "fixed arms have a p"),
        ({"draw": "independent", "p": [0.1, 0.2]}, "fixed arms have a p, and others none"),
        ({"draw": "corelated"}, "did you mean 'correlated'"),
        ({"draw": "correlated", "n": 3}, "two arms can be correlated, not 3"),
        ({"p": [0.1, 0.2], "drift": 0.1}, "arms that drift are independent, not fixed"),
        ({"drift": -0.1}, "drift is .* of at least 0"),
        ({"reversals": 0}, "at least 1"),
        ({"baited": "no"}, "baited"),
    ],
)
def test_arms_that_cannot_be_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        jgn.make("Bandit-v0", **arguments)


def test_a_lower_bound_above_the_higher_one_is_refused():
    env, params = jgn.make("Bandit-v0")
    with pytest.raises(ValueError, match="p_min is at most p_max"):
        env.validate(params.replace(p_min=0.8, p_max=0.2))
