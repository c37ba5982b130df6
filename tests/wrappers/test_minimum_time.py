"""MinimumTime: when an answer has its outcome, and what happens until then."""

import jax.numpy as jnp
import numpy as np
import pytest
from sequences import play, task

from jaxgym_neuro.wrappers import MinimumTime, MissTrialReward, ReactionTime, TimeOut

ONSET, STIMULUS = 1, 4  # steps; an answer is possible from the stimulus's second step on
RIGHT, WRONG, LATER, FIXATION, NEVER = range(5)


def act(state, drawn, row):
    """Answer right or wrong at step 2, right at step 4, in fixation, never; then go on acting."""
    right = jnp.max(state.trial.gt)
    action = jnp.where(row == WRONG, 3 - right, right)
    begins = jnp.asarray([2, 2, 4, 0, 99])[row]
    return jnp.where(state.t < begins, 0, action)


def played(env):
    def params_of(row):
        return env.default_params.replace(r_tmax=jnp.float32(-0.25))

    steps = play(env, act, num_envs=5, num_steps=24, params_of=params_of)
    return {name: steps[name][:, : env.T] for name in steps if name != "conditions"}


@pytest.fixture(scope="module", params=[300, 800])
def case(request):
    """Times within the stimulus and beyond the task's last step."""
    env = MinimumTime(ReactionTime(task(abort=True)), request.param)
    return env, request.param // 100, played(env)


def test_no_answer_has_an_outcome_before_the_minimum_time(case):
    env, minimum, steps = case
    due = ONSET + minimum
    ends = {RIGHT: due, WRONG: due, LATER: max(4, due), FIXATION: 0, NEVER: max(4, due)}
    earned = {RIGHT: 1.0, WRONG: 0.0, LATER: 1.0, FIXATION: -0.1, NEVER: -0.25}
    for row, end in ends.items():
        assert np.argmax(steps["new_trial"][row]) == end
        reward = steps["reward"][row, : end + 1]
        np.testing.assert_array_equal(reward, np.float32(earned[row]) * (np.arange(end + 1) == end))
        performance = steps["performance"][row, : end + 1]
        np.testing.assert_array_equal(performance[:-1], 0)
        assert performance[-1] == (row in (RIGHT, LATER))
    assert max(7, 7 - STIMULUS + minimum + 1) == env.T


def test_the_answer_counts_when_it_is_given_and_nothing_is_seen_after_it(case):
    *_, steps = case
    for row, answered in ((RIGHT, 2), (WRONG, 2), (LATER, 4)):
        end = np.argmax(steps["new_trial"][row])
        time = steps["reaction_time"][row, : end + 1]
        at = np.arange(end + 1) == answered
        np.testing.assert_array_equal(time, np.where(at, 100 * (answered - ONSET), -1))
        assert not steps["ob"][row, answered + 1 : end + 1].any()
        assert steps["ob"][row, ONSET : answered + 1].any(axis=1).all()


def test_a_shorter_minimum_is_a_param_and_a_longer_one_is_refused():
    env = MinimumTime(ReactionTime(task()), 800)
    env.validate(env.default_params.replace(minimum_time=0.0))
    with pytest.raises(ValueError, match="at most 800"):
        env.validate(env.default_params.replace(minimum_time=900.0))


def test_a_time_out_follows_upon_the_minimum():
    env = TimeOut(MinimumTime(ReactionTime(task(abort=True)), 300), 200)
    steps = played(env)
    for row, end in ((RIGHT, 4), (WRONG, 6), (FIXATION, 2), (NEVER, 6)):
        assert np.argmax(steps["new_trial"][row]) == end
    np.testing.assert_array_equal(np.flatnonzero(steps["timeout"][WRONG, :7]), [5, 6])


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda: MinimumTime(task(), 0), "above 0, not 0"),
        (lambda: MinimumTime(task(), event="stimulsu"), "stimulus"),
        (lambda: MinimumTime(MinimumTime(task())), "a minimum time delays"),
        (lambda: MinimumTime(TimeOut(task())), "wrap TimeOut around MinimumTime"),
        (lambda: MissTrialReward(MinimumTime(task())), "wrap MinimumTime around MissTrialReward"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap()
