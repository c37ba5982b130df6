"""TimeOut: how long it lasts, what is seen, and what is paid."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from sequences import play, task

from jaxgym_neuro import schedules
from jaxgym_neuro.wrappers import PassAction, ScheduleAttr, TimeOut, TrialWrapper

TRIAL, OUT = 7, 3  # steps


class Recorded(schedules.Schedule):
    """Says whether the number of trials recorded is odd."""

    n = 2

    def init(self, key):
        return jnp.int32(0)

    def next(self, key, carry):
        return carry % 2, carry

    def record(self, carry, performance):
        return carry + 1


class HalfMarks(TrialWrapper):
    """Scores a wrong answer with 0.4."""

    draws = False

    def change_response(self, state, action, params, response):
        score = jnp.where(response.new_trial, response.performance.clip(0.4), response.performance)
        return dataclasses.replace(response, performance=score), ()


@pytest.fixture(scope="module")
def env():
    """A schedule inside, which must not record the steps of a time-out as trials."""
    inner = ScheduleAttr(task(abort=True), Recorded(), [{"ground_truth": 0}, {}])
    return PassAction(TimeOut(HalfMarks(inner), 100 * OUT))


@pytest.fixture(scope="module")
def played(env):
    """Rows: answers right, errs, breaks fixation, waits; errs, with a shorter time-out."""

    def act(state, drawn, row):
        right = state.trial.gt[state.t]
        wrong = jnp.where(right == 0, 0, 3 - right)
        return jnp.stack([right, wrong, jnp.int32(1), jnp.zeros_like(drawn), wrong])[row]

    def params_of(row):
        return env.default_params.replace(
            r_tmax=jnp.float32(-0.25), timeout=jnp.where(row == 4, 150.0, 300.0)
        )

    return play(env, act, num_envs=5, num_steps=4 * (TRIAL + OUT), params_of=params_of)


def test_the_arrays_have_room_for_it(env, played):
    assert env.T == TRIAL + OUT
    assert env.periods[-1] == "timeout"
    assert np.all(played["start"][..., -1] == TRIAL)
    np.testing.assert_array_equal(played["length"][:, 0], [TRIAL + OUT] * 4 + [TRIAL + 1])


@pytest.mark.parametrize(
    ("row", "ended", "lasts"), [(0, 5, 0), (1, 5, OUT), (2, 0, OUT), (3, TRIAL - 1, OUT), (4, 5, 1)]
)
def test_an_error_costs_its_time_and_nothing_else_does(played, row, ended, lasts):
    new_trial, t = played["new_trial"][row], played["t"][row]
    assert new_trial.any()
    assert np.all(t[new_trial] == ended + lasts)
    np.testing.assert_array_equal(played["timeout"][row], t > ended)


def test_the_screen_is_blank_and_actions_earn_nothing(played):
    is_out = played["timeout"]
    assert not played["ob"][is_out][:, :3].any()
    is_decision = played["t"] >= TRIAL - 2  # which shows nothing either
    assert np.all(played["ob"][~is_out & ~is_decision][:, 0] == 1)
    assert not played["reward"][is_out].any()
    shown = played["ob"][:, 1:, 3]  # the last action, outside the time-out
    np.testing.assert_array_equal(shown, played["action"][:, :-1])


def test_performance_is_reported_at_the_end_of_the_time_out(played):
    for row, score in enumerate((1, 0.4, 0.4, 0, 0.4)):
        new_trial = played["new_trial"][row]
        assert np.all(played["performance"][row][new_trial] == np.float32(score))
        assert not played["performance"][row][~new_trial].any()


def test_what_the_last_action_earned_is_paid_once(played):
    t = played["t"]
    for row, (at, reward) in enumerate([(5, 1), (5, 0), (0, -0.1), (TRIAL - 1, -0.25)]):
        expected = np.where(t[row] == at, np.float32(reward), np.float32(0))
        np.testing.assert_array_equal(played["reward"][row], expected)


def test_what_is_inside_does_not_see_the_time_out(played):
    index = played["conditions"]["schedule_index"]
    number = np.cumsum(played["new_trial"], axis=1) - played["new_trial"]
    np.testing.assert_array_equal(index, number % 2)


@pytest.mark.parametrize(("threshold", "lasts"), [(0.4, 0), (0.41, OUT)])
def test_only_a_performance_below_the_threshold_is_an_error(threshold, lasts):
    env = TimeOut(HalfMarks(task()), 100 * OUT, threshold=threshold)

    def err(state, drawn, row):
        right = state.trial.gt[state.t]
        return jnp.where(right == 0, 0, 3 - right)

    played = play(env, err, num_envs=2, num_steps=2 * (TRIAL + OUT))
    assert np.all(played["t"][played["new_trial"]] == 5 + lasts)


def test_a_param_may_only_shorten_it(env):
    env.validate(env.default_params.replace(timeout=0.0))
    with pytest.raises(ValueError, match="at most 300"):
        env.validate(env.default_params.replace(timeout=400.0))


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda env: TimeOut(env, 0), "above 0, not 0"),
        (lambda env: TimeOut(env, threshold=2), "threshold is a finite number"),
        (lambda env: TimeOut(TimeOut(env)), "time-out"),
        (lambda env: TimeOut("Null-v0"), "made of trials"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap(task())
