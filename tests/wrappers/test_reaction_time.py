"""ReactionTime: when an answer counts, what it earns, and how it is timed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequences import task, trials_of, walk

import jaxgym_neuro as jgn
from jaxgym_neuro.wrappers import CatchTrials, ReactionTime, TimeOut

FIXATION, STIMULUS, DELAY, DECISION = range(4)


@pytest.fixture(scope="module")
def played():
    """Row i answers from step i of its trial on, and waits before; row 5 never does."""
    env = ReactionTime(task(), urgency=-0.125)

    def act(state, drawn, row):
        return jnp.where(state.t >= row, state.trial.gt[state.t], jnp.zeros_like(drawn))

    return walk(env, act, num_trials=6)


def test_the_decision_opens_one_step_after_the_stimulus_and_ends_the_trial_with_it():
    trials = trials_of(ReactionTime(task()), 8, ground_truth=1)
    assert np.all(trials.start[:, [FIXATION, STIMULUS, DECISION]] == [0, 1, 2])
    assert np.all(trials.end[:, [FIXATION, STIMULUS, DECISION]] == [1, 5, 5])
    assert np.all(trials.length == 5)
    np.testing.assert_array_equal(trials.gt[:, :5], [[0, 0, 2, 2, 2]] * 8)
    np.testing.assert_array_equal(trials.ob[:, :5, 0], [[1, 1, 0, 0, 0]] * 8)


def test_without_end_on_stimulus_the_trial_lasts_as_long_as_before():
    env = jgn.make(
        "PerceptualDecisionMaking-v0",
        timing={"fixation": 100, "stimulus": 300, "delay": 200, "decision": 200},
    )[0]
    trials = trials_of(ReactionTime(env, end_on_stimulus=False), 4, ground_truth=0)
    assert np.all(trials.length == 8)
    np.testing.assert_array_equal(trials.gt, [[0, 0, 1, 1, 1, 1, 1, 1]] * 4)
    np.testing.assert_array_equal(trials.start[:, DECISION], [2] * 4)
    np.testing.assert_array_equal(trials.end[:, [STIMULUS, DELAY, DECISION]], [[4, 6, 8]] * 4)


@pytest.mark.parametrize("steps", [0, 1])
def test_a_stimulus_of_one_step_or_none_leaves_time_to_answer(steps):
    env = jgn.make(
        "PerceptualDecisionMaking-v0", timing={"stimulus": 100 * steps, "decision": 200}
    )[0]
    trials = trials_of(ReactionTime(env), 4, ground_truth=0)
    expected = [0, 1] if steps else [0, 1, 1]
    assert np.all(trials.length == len(expected))
    np.testing.assert_array_equal(trials.gt[:, : len(expected)], [expected] * 4)


def test_the_reaction_time_is_the_time_from_onset_to_the_answer(played):
    for row, step in enumerate((2, 2, 2, 3, 4)):  # the decision is open from step 2 to step 4
        times = played["reaction_time"][row][played["alive"][row]]
        np.testing.assert_array_equal(times, [-1] * step + [100 * (step - 1)])
        assert played["ends"][row, step]
        assert played["new_trial"][row, step]
    np.testing.assert_array_equal(played["reaction_time"][5][played["alive"][5]], [-1] * 5)


def test_an_answer_is_paid_with_the_urgency_of_every_step(played):
    alive, ends = played["alive"], played["ends"]
    assert np.all(played["reward"][alive & ~ends] == -0.125)
    np.testing.assert_array_equal(played["reward"][ends], [0.875] * 5 + [-0.125])
    np.testing.assert_array_equal(played["performance"][ends], [1] * 5 + [0])


def test_an_early_answer_is_not_punished_where_the_task_would():
    """ReachingDelayResponse charges every move in its stimulus period."""
    env = ReactionTime(jgn.make("ReachingDelayResponse-v0")[0])
    params = env.default_params.replace(abort=True)
    state = env.reset(jax.random.key(0), params)[1]
    go = jnp.array([1.0, 0.5], jnp.float32)
    at = [state.replace(t=jnp.int32(t)) for t in (0, 1)]
    before, early = (env.respond(state, go, params) for state in at)
    assert (float(before.reward), bool(before.new_trial)) == (pytest.approx(-0.1), True)
    assert float(before.performance) == 0
    assert float(early.reward) > 0
    assert bool(early.new_trial)


def test_the_reaction_time_of_a_broken_fixation_is_none():
    env = ReactionTime(task(abort=True))
    state = env.reset(jax.random.key(0))[1]
    response = env.respond(state, jnp.int32(1), env.default_params)
    assert bool(response.new_trial)
    assert response.answers["choice"].time == -1


def test_in_a_catch_trial_there_is_nothing_to_answer():
    trials = trials_of(ReactionTime(CatchTrials(task(), 0.5)), 64)
    is_catch = trials.conditions["catch"]
    assert 0 < is_catch.sum() < 64
    assert not trials.gt[is_catch].any()
    assert trials.gt[~is_catch][:, 2:5].all()


@pytest.mark.parametrize("id", ["DelayComparison-v0", "Reaching1D-v0", "ReadySetGo-v0"])
def test_tasks_without_stimulus_and_decision_are_rejected(id):
    with pytest.raises(ValueError, match="periods 'stimulus' and 'decision'"):
        ReactionTime(jgn.make(id)[0])


def test_a_time_out_belongs_outside():
    with pytest.raises(ValueError, match="wrap TimeOut around ReactionTime"):
        ReactionTime(TimeOut(task()))
    with pytest.raises(ValueError, match="urgency is a finite number"):
        ReactionTime(task(), urgency="high")
