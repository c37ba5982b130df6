"""MotorTiming, ReadySetGo and OneTwoThreeGo: each with the rule that they share."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import draw, follow, in_period, is_uniform, play, script

import jaxgym_neuro as jgn

TASKS = ["MotorTiming-v0", "OneTwoThreeGo-v0", "ReadySetGo-v0"]


@pytest.fixture(scope="module", params=TASKS)
def env(request):
    return jgn.make(request.param)[0]


@pytest.fixture(scope="module")
def trials(env):
    return draw(env, num=1024)


def lengths(env, trials, period):
    i = env.periods.index(period)
    return np.asarray(trials.end - trials.start)[:, i]


def go_steps(trials):
    return np.argmax(np.asarray(trials.gt), axis=1)


def act_at(env, steps, action=1):
    return np.where(np.arange(env.T) == steps[:, None], action, 0)


def test_the_ground_truth_is_to_act_once_when_the_interval_is_over(env, trials):
    np.testing.assert_array_equal(np.asarray(trials.gt).sum(axis=1), 1)
    interval = np.asarray(trials.conditions[env.INTERVAL])
    begin = np.asarray(trials.end)[:, env.periods.index(env.REFERENCE)]
    np.testing.assert_array_equal(go_steps(trials), begin + np.round(interval / 80))


def test_reward_falls_with_the_error_and_ends_at_the_tolerance(env, trials):
    interval = np.asarray(trials.conditions[env.INTERVAL], np.float64)
    tolerance = 0.2 * interval + 25
    for late in (-5, -2, -1, 0, 1, 2, 5):
        played = play(env, trials, act_at(env, go_steps(trials) + late))
        error = abs(late) * 80
        is_close = error <= tolerance
        closeness = np.clip(1 - error / tolerance, 0, 1) ** 1.5
        np.testing.assert_allclose(
            played.returns, np.where(is_close, np.maximum(closeness, 0.1), 0), rtol=1e-4, atol=1e-6
        )
        np.testing.assert_array_equal(played.performance, is_close)
        np.testing.assert_array_equal(played.steps, go_steps(trials) + late + 1)
    never = play(env, trials, script(env, trials))
    assert np.all((never.returns == 0) & (never.performance == 0))
    np.testing.assert_array_equal(never.steps, trials.length)
    beyond = play(env, trials, act_at(env, go_steps(trials), action=2))
    assert np.all((beyond.returns == 0) & (beyond.performance == 0))


def test_the_produced_interval_is_an_answer_with_one_clock(env, trials):
    """Before and after the interval is over, which in OneTwoThreeGo is in two periods."""

    def answer(trial, t):
        zero, carry = jnp.int32(0), env.init_carry(jax.random.key(0), env.default_params)
        state = jgn.EnvState(time=zero, t=t, num_trials=zero, trial=trial, carry=carry)
        return env.judge(state, jnp.int32(1), env.default_params).answers["produced"]

    begin = np.asarray(trials.end)[:, env.periods.index(env.REFERENCE)]
    judge = jax.jit(jax.vmap(answer))
    for late in (-3, 0, 2):
        at = (go_steps(trials) + late).astype(np.int32)
        given = judge(trials, at)
        assert np.all(given.is_given)
        np.testing.assert_allclose(given.value, (at - begin) * 80)
        np.testing.assert_allclose(given.time, (at - begin) * 80)
    assert not np.any(judge(trials, np.zeros_like(begin)).is_given)


def test_acting_too_early_costs_abort(env, trials):
    played = play(env, trials, script(env, trials, fixation=1))
    np.testing.assert_allclose(played.returns, -0.1 * lengths(env, trials, "fixation"), rtol=1e-5)
    params = env.default_params.replace(abort=True)
    played = play(env, trials, script(env, trials, fixation=1), params)
    assert np.all(played.steps == 1)


@pytest.mark.parametrize("dt", [20, 100])
@pytest.mark.parametrize("name", TASKS)
def test_following_the_ground_truth_is_perfect_at_any_dt(name, dt):
    env, _ = jgn.make(name, dt=dt)
    played = follow(env, num=32)
    np.testing.assert_array_equal(played.returns, 1)
    np.testing.assert_array_equal(played.performance, 1)


def test_motor_timing_shows_which_interval_is_due_and_when_to_begin():
    env, _ = jgn.make("MotorTiming-v0")
    trials = draw(env, num=1024)
    index = np.asarray(trials.conditions["production_ind"])
    assert is_uniform(index, [0, 1])
    np.testing.assert_array_equal(trials.conditions["production"], [[800, 1500][i] for i in index])
    assert set(lengths(env, trials, "set")) == {1}
    assert set(lengths(env, trials, "production")) == {20, 37}
    seen = np.asarray(trials.ob)
    at_set = seen[np.arange(1024), np.asarray(trials.start)[:, 2]]
    np.testing.assert_array_equal(
        at_set, np.stack([index >= 0, index == 0, index == 1, index >= 0], 1)
    )
    np.testing.assert_array_equal(seen[:, 0], [[1, 0, 0, 0]] * 1024)
    np.testing.assert_array_equal(seen[in_period(env, trials, "production")], 0)
    assert env.T == 80 + 1


def test_of_two_movements_the_cued_one_has_to_be_made_in_time():
    env, params = jgn.make("MotorTiming-v0", two_movements=True)
    trials = draw(env, num=512)
    movement = np.asarray(trials.conditions["movement"])
    assert is_uniform(movement, [0, 1])
    assert is_uniform(movement[np.asarray(trials.conditions["production_ind"]) == 1], [0, 1])
    cue = np.asarray(trials.ob)[..., np.asarray(env.observation_space().name["movement"])]
    due = np.stack([movement == 0, movement == 1], 1)
    np.testing.assert_array_equal(cue.any(axis=1), due)
    shown = in_period(env, trials, "cue") | in_period(env, trials, "set")
    np.testing.assert_array_equal(cue.any(axis=2), shown)
    np.testing.assert_array_equal(np.asarray(trials.gt).max(axis=1), 1 + movement)
    for action, right in ((1, movement == 0), (2, movement == 1)):
        played = play(env, trials, act_at(env, go_steps(trials), action=action))
        np.testing.assert_array_equal(played.returns, right)
        np.testing.assert_array_equal(played.performance, right)
    table = jgn.rollout(env, params, "ground_truth", num_envs=4, num_trials=16)
    np.testing.assert_array_equal(table.choice, 1 + table.conditions["movement"])
    interval = table.conditions["production"]
    np.testing.assert_array_equal(table.answers["produced"], np.round(interval / 80) * 80)
    assert list(jgn.make("MotorTiming-v0")[0].answers) == ["produced"]


def test_motor_timing_refuses_intervals_that_do_not_fit():
    env, params = jgn.make("MotorTiming-v0")
    with pytest.raises(ValueError, match="1500 ms"):
        env.validate(params.replace(intervals=[800.0, 2000.0]))


def test_ready_set_go_flashes_bound_the_interval():
    env, _ = jgn.make("ReadySetGo-v0", gain=1.5)
    trials = draw(env, num=1024)
    measure = np.asarray(trials.conditions["measure"])
    np.testing.assert_array_equal(measure, 80 * lengths(env, trials, "measure"))
    assert set(measure / 80) == set(range(10, 19))
    np.testing.assert_array_equal(trials.conditions["production"], 1.5 * measure)
    seen = np.asarray(trials.ob)
    ready, set_ = np.argmax(seen[:, :, 1], axis=1), np.argmax(seen[:, :, 2], axis=1)
    np.testing.assert_array_equal((set_ - ready) * 80, measure)
    np.testing.assert_array_equal(seen[:, :, 1:].sum(axis=1), 1)
    assert env.T == 1 + 18 + 1 + 54


def test_ready_set_go_takes_a_chosen_interval_and_refuses_a_gain_that_does_not_fit():
    env, params = jgn.make("ReadySetGo-v0", dt=20)
    trial = env.new_trial(jax.random.key(0), params, measure=911, gain=0.5)
    assert float(trial.conditions["measure"]) == 900
    assert float(trial.conditions["production"]) == 450
    with pytest.raises(ValueError, match="gain"):
        env.validate(params.replace(gain=2.0))


def test_one_two_three_go_repeats_one_interval():
    env, _ = jgn.make("OneTwoThreeGo-v0")
    trials = draw(env, num=1024)
    interval = np.asarray(trials.conditions["interval"])
    assert is_uniform(interval, [560, 640, 800, 880, 960])
    for name in ("interval1", "interval2", "interval3"):
        np.testing.assert_array_equal(lengths(env, trials, name) * 80, interval)
    seen = np.asarray(trials.ob)
    flashes = [np.flatnonzero(row) for row in seen[:, :, 1]]
    assert all(len(steps) == 3 for steps in flashes)
    np.testing.assert_array_equal(
        [np.diff(s) for s in flashes], np.stack([interval / 80 + 1] * 2, 1)
    )
    real = np.arange(env.T) < np.asarray(trials.length)[:, None]
    np.testing.assert_array_equal(seen[:, :, 2] == 1, real & ~in_period(env, trials, "fixation"))
    chosen = env.new_trial(jax.random.key(0), interval=650)
    assert float(chosen.conditions["interval"]) == 640


def test_not_to_act_may_cost_something(env, trials):
    params = env.default_params.with_rewards(miss=-2.0)
    assert np.all(play(env, trials, script(env, trials), params).returns == -2)
    act = act_at(env, go_steps(trials))
    assert np.all(play(env, trials, act, params).returns == 1)


def test_waiting_is_enforced_until_the_interval_begins(trials, env):
    """The rule is that of a ChoiceTask; here it is asked where these tasks have it."""
    strict = jgn.make(env.name + "-v0", enforce="until_cue")[0]
    before = [name for name in env.periods if name not in env.ANSWERING]
    steps = np.stack([in_period(env, trials, name) for name in before]).any(axis=0)
    free = np.stack([in_period(env, trials, name) for name in env.WAITING]).any(axis=0)
    for task, punished in ((env, free), (strict, steps)):
        played = play(task, trials, steps.astype(int))
        np.testing.assert_allclose(played.returns, -0.1 * punished.sum(axis=1), rtol=1e-4)
