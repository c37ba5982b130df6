import math

import jax
import numpy as np
import pytest
from helpers import draw, follow, play

import jaxgym_neuro as jgn

NUM = 1024


@pytest.fixture(scope="module", params=["Reaching1D-v0", "Reaching1DWithSelfDistraction-v0"])
def env(request):
    return jgn.make(request.param)[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=NUM)


@pytest.fixture(scope="module")
def away(trials):
    """Signed angle from the resting hand to the target."""
    return np.asarray(trials.conditions["ground_truth"], np.float64) - math.pi


def toward(env, away, step=0.05):
    """Actions (N, T) that go straight to the target in the reach and stop there."""
    moves = np.round(np.abs(away) / step)[:, None]
    t = np.arange(env.T)
    return np.where((t >= 5) & (t - 5 < moves), np.where(away > 0, 1, 2)[:, None], 0)


def returns_of(distance):
    return np.maximum(1 - distance, -0.1).sum(axis=1)


def test_targets_are_uniform_on_the_circle_and_not_whole_numbers(trials):
    angle = np.sort(np.asarray(trials.conditions["ground_truth"])) / (2 * math.pi)
    expected = (np.arange(NUM) + 0.5) / NUM
    assert np.abs(angle - expected).max() < 2.7 / np.sqrt(NUM)  # Kolmogorov-Smirnov, 1e-6
    np.testing.assert_allclose(trials.gt[:, :5], math.pi, rtol=1e-6)
    np.testing.assert_array_equal(
        trials.gt[:, 5:], np.tile(trials.conditions["ground_truth"][:, None], 5)
    )


def test_reward_is_one_minus_the_distance_from_the_target(env, trials, away):
    resting = play(env, trials, np.zeros((NUM, 10), np.int32))
    distance = np.abs(away)
    np.testing.assert_allclose(
        resting.returns, 5 * np.maximum(1 - distance, -0.1), rtol=1e-4, atol=1e-4
    )
    assert np.all(resting.steps == 10)
    is_far = (distance > 0.05) & (distance < 2.8)  # opposite to rest, both ways lead there
    np.testing.assert_allclose(resting.performance[is_far], 0, atol=1e-5)

    straight = play(env, trials, toward(env, away))
    left = np.abs(
        distance[:, None] - 0.05 * np.minimum(np.arange(1, 6), np.round(distance / 0.05)[:, None])
    )
    np.testing.assert_allclose(straight.returns, returns_of(left), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(straight.performance, 1)
    apart = play(env, trials, np.where(toward(env, away) > 0, 3 - toward(env, away), 0))
    np.testing.assert_allclose(apart.performance[is_far], 0, atol=1e-5)
    assert np.all(apart.returns <= straight.returns + 1e-4)


def test_the_hand_is_as_fast_at_any_dt():
    """And moves by what it is told in a step, if it is told so."""
    for kwargs, moved in (
        ({"dt": 20}, 0.25),
        ({"dt": 100}, 0.25),
        ({"dt": 20, "speed": 2.0}, 1.0),
        ({"dt": 20, "step_size": 0.05}, 1.25),
    ):
        env, _ = jgn.make("Reaching1D-v0", **kwargs)
        trials = draw(env, num=1, ground_truth=2 * math.pi)
        actions = (np.arange(env.T) >= env.T // 2).astype(np.int32)[None]
        distance = math.pi - moved / (env.T // 2) * np.arange(1, env.T // 2 + 1)
        played = play(env, trials, actions, env.default_params.with_rewards(fail=-10.0))
        np.testing.assert_allclose(played.returns, np.sum(1 - distance), rtol=1e-4)


def test_a_reward_may_lead_to_every_target_from_anywhere():
    """The nearer the hand comes, the more it earns, where by default most earn the floor."""
    env, params = jgn.make("Reaching1D-v0", start_angle=1.0)
    trials = draw(env, num=NUM)
    away = np.asarray(trials.conditions["ground_truth"], np.float64) - 1.0
    away = (away + math.pi) % (2 * math.pi) - math.pi
    np.testing.assert_array_equal(trials.gt[:, 0], 1.0)
    rest = np.zeros((NUM, env.T), np.int32)
    is_far = np.abs(away) > 0.025
    for cost, share in ((1.0, (math.pi - 1.35) / math.pi), (0.35, 0.0)):
        sloped = params.replace(cost_of_distance=cost)
        best, resting = (play(env, trials, a, sloped) for a in (toward(env, away), rest))
        same = np.mean((best.returns <= resting.returns + 1e-6)[is_far])
        assert abs(same - share) < 4 * math.sqrt(share * (1 - share) / NUM) + 1e-9
        np.testing.assert_array_equal(best.performance, 1)
    with pytest.raises(ValueError, match=r"start_angle .rad. is a finite number"):
        jgn.make("Reaching1D-v0", start_angle=7.0)
    with pytest.raises(ValueError, match=r"step_size .rad in a step. is .*-0.1"):
        jgn.make("Reaching1D-v0", step_size=-0.1)


def test_an_action_outside_the_space_moves_nothing(env, trials):
    resting = play(env, trials, np.zeros((NUM, 10), np.int32))
    for action in (3, -1):
        played = play(env, trials, np.full((NUM, 10), action, np.int32))
        np.testing.assert_array_equal(played.returns, resting.returns)


def test_the_hand_is_seen_where_it_has_moved_and_rests_again_in_the_next_trial(env):
    ob, state = env.reset(jax.random.key(0))
    trial = env.new_trial(jax.random.key(0), ground_truth=1.0)
    state = state.replace(trial=trial)
    theta, hand = np.asarray(env.theta), math.pi
    for i, action in enumerate([0, 1, 1, 2, 1, 2, 1, 1, 0]):
        ob, state, *_ = env.step(jax.random.key(i), state, action)
        hand += {0: 0, 1: 0.05, 2: -0.05}[action]
        target = np.cos(theta - 1.0) * (i + 1 >= 5)
        expected = (
            np.concatenate([target, np.cos(theta - hand)])
            if env.name == "Reaching1D"
            else 0.3 * target + np.cos(theta - hand)
        )
        np.testing.assert_allclose(ob, expected, atol=1e-5)
    ob, state, *_, info = env.step(jax.random.key(9), state, 1)
    assert bool(info["new_trial"])
    np.testing.assert_allclose(ob[-len(theta) :], np.cos(theta - math.pi), atol=1e-5)


def test_the_hand_and_where_it_ends_are_told(env):
    """The answer is given once, after the last step, and is where the hand is then."""
    step = jax.jit(env.step)
    _, state = env.reset(jax.random.key(0))
    for t in range(env.T):
        hand = math.pi + 0.05 * max(0, min(t - 5, 3))
        _, state, *_, info = step(jax.random.key(1), state, int(6 <= t < 9))
        assert float(info["hand"]) == pytest.approx(hand, abs=1e-5)
        assert float(info["final_angle_time"]) == (400 if t == env.T - 1 else -1)
    assert float(info["final_angle"]) == pytest.approx(math.pi + 0.15, abs=1e-5)


def test_moving_in_fixation_ends_the_trial_if_so_asked(env):
    params = env.default_params.replace(abort=True)
    _, state = env.reset(jax.random.key(0), params)
    for action, ends in ((0, False), (1, True), (2, True)):
        *_, info = env.step(jax.random.key(1), state, action, params)
        assert bool(info["new_trial"]) == ends


def test_the_preset_can_reach_every_target():
    env, _ = jgn.make("Reaching1D-v0", preset="everywhere")
    played = follow(env, num=256)
    np.testing.assert_array_equal(played.performance, 1)
    assert np.all(played.returns > 2)


@pytest.mark.parametrize("dt", [20, 100])
def test_following_the_ground_truth_is_perfect_at_any_dt_and_step(dt):
    env, _ = jgn.make("Reaching1D-v0", dt=dt, step_size=dt / 160)
    played = follow(env)
    np.testing.assert_array_equal(played.performance, 1)
    assert np.all(played.returns > 0)
    assert np.all(played.steps == 1000 // dt)
