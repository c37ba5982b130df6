"""Answers: which step's they are, and from when their times count."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Answer
from jaxgym_neuro.wrappers import MultiTask, ReactionTime, TimeOut


class TwoAnswers(jgn.TrialEnv):
    """Two questions, each of two steps, and a step in which nothing is asked."""

    TIMING = {"cue": 100, "first": 200, "gap": 100, "second": 200}
    CHANNELS = {"cue": jgn.Channel("1 in the cue")}
    ACTIONS = {"fixation": jgn.Action("wait"), "choice": jgn.Action("an option", 2)}
    ANSWERS = {
        "first": Answer("the action in first", since="cue"),
        "second": Answer("how many steps late", since=("first", "second"), dtype="float32"),
    }

    def build_trial(self, builder, conditions, params):
        return builder.add_period(self.periods).add_ob(1, period="cue")

    def respond(self, state, action, params):
        acted = action != 0
        late = (state.t - state.trial.start[3]).astype(jnp.float32)
        return jgn.Response(
            reward=0.0,
            new_trial=acted & self.in_period(state, "second"),
            answers={
                "first": Given(acted & self.in_period(state, "first")),
                "second": Given(acted & self.in_period(state, "second"), late),
            },
        )


def steps_of(env, actions):
    """Info of each step of a trial with those actions."""
    state = env.reset(0)[1]

    def one(state, action):
        _, state, *_, info = env.step(jax.random.key(1), state, action)
        return state, info

    return jax.device_get(lax.scan(one, state, np.asarray(actions, np.int32))[1])


def test_each_answer_counts_at_its_own_step_with_its_own_clock():
    info = steps_of(TwoAnswers(dt=100), [0, 0, 2, 1, 0, 1])
    np.testing.assert_array_equal(info["first_time"], [-1, -1, 200, -1, -1, -1])
    np.testing.assert_array_equal(info["second_time"], [-1, -1, -1, -1, -1, 100])
    assert (info["first"][2], info["second"][5]) == (2, 1.0)
    table = jgn.rollout(TwoAnswers(dt=100), policy=1, num_envs=2, num_trials=4)
    np.testing.assert_array_equal(table.answers["first"], 1)
    np.testing.assert_array_equal(table.times["first"], 200)  # the last one that was given
    np.testing.assert_array_equal(table.choice, 0.0)
    np.testing.assert_array_equal(table.reaction_time, 0.0)
    assert list(table.columns())[:4] == ["first", "first_time", "second", "second_time"]


def test_an_answer_that_was_not_given_is_missing_in_the_table():
    table = jgn.rollout(TwoAnswers(dt=100), policy="wait", num_envs=2, num_trials=4)
    np.testing.assert_array_equal(table.answers["first"], 0)  # to wait
    assert np.isnan(table.choice).all()
    assert np.isnan(table.times["first"]).all()
    assert np.isnan(table.reaction_time).all()


def test_an_error_is_recorded_where_it_is_made_and_not_after_its_time_out():
    env = jgn.make("PerceptualDecisionMaking-v0")[0]

    def act(key, ob, memory):
        """Answer 1 when asked; act at random when the screen is blank, in a time-out."""
        is_on, was_on = ob[0] == 1, memory
        anything = jax.random.randint(key, (), 0, 3)
        return jnp.where(is_on, 0, jnp.where(was_on, 1, anything)), is_on

    plain, timed = (
        jgn.rollout(one, policy=act, memory=jnp.bool_(False), num_envs=16, num_trials=320)
        for one in (env, TimeOut(env, 1000))
    )
    for table in (plain, timed):
        assert 0.4 < table.correct.mean() < 0.6
        np.testing.assert_array_equal(table.choice, 1)
        np.testing.assert_array_equal(table.reaction_time, 0)
    assert timed.steps[~timed.correct].min() == plain.steps.max() + 10


def test_a_time_out_keeps_the_reaction_times_of_errors():
    env = TimeOut(jgn.make("perceptualdecisionmaking.roitman02-v0")[0], 1000)
    table = jgn.rollout(env, policy=2, num_envs=16, num_trials=160)
    assert 0.2 < table.correct.mean() < 0.8
    np.testing.assert_array_equal(table.choice, 2)
    np.testing.assert_array_equal(table.reaction_time, 100)  # after one step of the stimulus


def test_a_clock_is_the_same_whether_its_event_is_under_way_or_over():
    timing = {"stimulus": 300, "delay": 200, "decision": 500}
    env = ReactionTime(
        jgn.make("PerceptualDecisionMaking-v0", timing=timing)[0], end_on_stimulus=False
    )
    for step in range(1, 9):
        info = steps_of(env, [0] * (1 + step) + [1])
        assert info["reaction_time"][-1] == 100 * step


def test_an_answer_that_is_one_number_of_the_action_is_so_among_several_tasks():
    env = MultiTask(["ReachingDelayResponse-v0"] * 2)
    table = jgn.rollout(env, policy="ground_truth", num_envs=2, num_trials=8)
    np.testing.assert_array_equal(table.answers["position"], table.conditions["ground_truth"])


def test_several_tasks_ask_for_what_each_of_them_asks():
    env = MultiTask([TwoAnswers(dt=100), jgn.make("GoNogo-v0")[0]], pad=True)
    assert list(env.answers) == ["first", "second", "choice"]
    table = jgn.rollout(env, policy=1, num_envs=8, num_trials=80)
    is_first = table.conditions["task"] == 0
    assert 0 < is_first.sum() < 80
    np.testing.assert_array_equal(np.isnan(table.times["first"]), ~is_first)
    np.testing.assert_array_equal(np.isnan(table.times["choice"]), is_first)
    np.testing.assert_array_equal(table.choice, ~is_first)


@pytest.mark.parametrize("id", fast_if_typical(IDS))
def test_info_has_every_answer_and_its_time_and_durations_are_those_of_the_trial(id):
    env, _ = jgn.make(id)
    table = jgn.rollout(env, num_envs=4, num_trials=8)
    assert set(table.answers) == set(table.times) == set(env.answers)
    assert list(table.durations) == list(env.periods)
    for ms in table.durations.values():
        steps = np.round(ms / env.dt)
        np.testing.assert_allclose(ms, env.dt * steps, rtol=1e-5)
        assert steps.min() >= 0
        assert steps.max() <= env.T


def test_answers_other_than_those_declared_are_refused_in_words():
    class Silent(TwoAnswers):
        def respond(self, state, action, params):
            return jgn.Response(reward=0.0)

    with pytest.raises(ValueError, match="answers are a dict of first, second, as ANSWERS"):
        Silent(dt=100).step(0, Silent(dt=100).reset(0)[1], 0)

    class Wrong(TwoAnswers):
        def respond(self, state, action, params):
            given = Given(jnp.bool_(True), jnp.int32(1))
            return jgn.Response(reward=0.0, answers={"first": given, "second": given})

    with pytest.raises(ValueError, match=r"answer 'second' as ANSWERS declares it, float32\[\]"):
        Wrong(dt=100).step(0, Wrong(dt=100).reset(0)[1], 0)


def test_an_answer_is_called_like_nothing_else_in_the_info():
    class Truth(TwoAnswers):
        ANSWERS = {"gt": Answer("what is true")}

    with pytest.raises(ValueError, match="has 'gt' already"):
        Truth(dt=100)

    class Told(TwoAnswers):
        ANSWERS = {"choice": Answer("an option")}

        def respond(self, state, action, params):
            return jgn.Response(reward=0.0, info={"reaction_time": jnp.float32(7)})

    with pytest.raises(ValueError, match="'reaction_time', which the step writes itself"):
        Told(dt=100).step(0, Told(dt=100).reset(0)[1], 0)
