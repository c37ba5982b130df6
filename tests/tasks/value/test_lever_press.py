import jax
import numpy as np
import pytest
from helpers import draw, is_uniform

import jaxgym_neuro as jgn

SIGNALLED, POKED = "LeverPress-v0", "LeverPressWithPoke-v0"
THIRSTY = "LeverPressWithPokeRest-v0"


def played(id, actions, **kwargs):
    """What is seen, earned, scored and drawn in the steps of one environment."""
    env, params = jgn.make(id, **kwargs)

    @jax.jit
    def play(actions):
        first, state = env.reset(0, params)

        def step(state, now):
            key, action = now
            ob, state, reward, _, _, info = env.step(key, state, action, params)
            return state, (ob, reward, info["performance"], info["conditions"])

        keys = jax.random.split(jax.random.key(1), len(actions))
        return first, jax.lax.scan(step, state, (keys, actions))[1]

    first, (obs, *rest) = jax.device_get(play(np.asarray(actions, np.int32)))
    return (np.concatenate([first[None], obs[:-1]])[:, 0], *rest)


def test_a_sequence_is_paid_at_its_end():
    """Against the rule, in words of Python, for actions at random."""
    actions = (np.random.default_rng(0).random(2000) < 0.7).astype(int)
    seen, reward, performance, drawn = played(SIGNALLED, actions, n_press=3, signal_prob=0.6)
    left, paid = drawn["left"][0], 0
    for t, action in enumerate(actions):
        assert drawn["left"][t] == left
        assert seen[t] == (left == 3)
        assert performance[t] == (action == (left > 0))
        earned = 0
        if left == 0:
            earned = -1 if action else 0
            left = 3 if not action and drawn["signal"][t] else 0
        elif action:
            left -= 1
            earned = 10 if left == 0 else 0
        else:
            left = 0
        assert reward[t] == earned
        paid += earned == 10
    assert paid > 50
    assert drawn["signal"].mean() == pytest.approx(0.6, abs=0.05)


def test_a_poke_is_paid_after_the_presses():
    actions = (np.random.default_rng(0).random(2000) < 2 / 3).astype(int)
    for observe_state in (False, True):
        seen, reward, performance, drawn = played(POKED, actions, observe_state=observe_state)
        left = drawn["left"][0]
        for t, action in enumerate(actions):
            assert drawn["left"][t] == left
            assert seen[t] == (left if observe_state else 1)
            assert performance[t] == (action == (left > 0))
            assert reward[t] == (not action and left == 0)
            left = max(left - 1, 0) if action else left or 4


def test_a_drink_is_worth_the_thirst():
    """Against the rule, in words of Python, for actions at random."""
    actions = np.random.default_rng(0).choice(3, 3000, p=[0.15, 0.5, 0.35])
    for observe_state in (False, True):
        seen, reward, performance, drawn = played(THIRSTY, actions, observe_state=observe_state)
        left, since, drinks = drawn["left"][0], drawn["since"][0], []
        for t, action in enumerate(actions):
            thirst = min(max(since, 0), 1)
            assert drawn["left"][t] == left
            np.testing.assert_allclose(
                [drawn["thirst"][t], seen[t]],
                [thirst, left if observe_state else thirst],
                atol=1e-4,
            )
            due = 1 if left else 0 if since >= 1 - 1e-6 else 2
            assert performance[t] == (action == due)
            earned = 0 if action == 2 else -0.1
            if action == 1:
                left = max(left - 1, 0)
            elif action == 0 and left == 0:
                earned += 2 * thirst
                drinks.append(thirst)
                left, since = 4, -8
            np.testing.assert_allclose(reward[t], earned, atol=1e-4)
            since = min(since + drawn["growth"][t], 1)
        assert len(drinks) > 100
        assert min(drinks) == 0 < np.mean(drinks) < 1 == max(drinks)
    assert 0.8 <= drawn["growth"].min() < 0.81 < 1.19 < drawn["growth"].max() <= 1.2


def earned(id, policy):
    table = jgn.rollout(id, policy=policy, num_envs=64, num_trials=64 * 300)
    return table.reward.mean()


def test_who_counts_earns_what_is_said_and_who_does_not_less():
    """In n + 1 / p steps 10, and in n + 1 steps 1; at random with the best probability 1 in 9."""
    assert earned(SIGNALLED, "ground_truth") == pytest.approx(10 / 6, rel=0.02)
    assert earned(POKED, "ground_truth") == pytest.approx(1 / 5, rel=0.01)
    assert earned(THIRSTY, "ground_truth") == pytest.approx(0.157, rel=0.03)

    def press_at_random(key, ob, memory):
        return jax.random.bernoulli(key, 2 / 3).astype(np.int32), memory

    assert earned(POKED, press_at_random) == pytest.approx(1 / 9, rel=0.05)


@pytest.mark.parametrize("id", [SIGNALLED, POKED])
def test_an_action_that_is_none_does_nothing_but_lose_a_sequence(id):
    _, reward, performance, drawn = played(id, [7] * 20)
    assert not reward.any()
    assert not performance.any()
    left = 0 if id == SIGNALLED else drawn["left"][0]
    assert (drawn["left"][1:] == left).all()


@pytest.mark.parametrize("id", [SIGNALLED, POKED, THIRSTY])
def test_an_episode_begins_anywhere(id):
    first = np.asarray(draw(jgn.make(id)[0], num=1000).conditions["left"])
    assert is_uniform(first, range(5))


@pytest.mark.parametrize("id", [SIGNALLED, POKED, THIRSTY])
def test_a_sequence_has_a_press_at_least(id):
    with pytest.raises(ValueError, match="n_press"):
        jgn.make(id, n_press=0)
