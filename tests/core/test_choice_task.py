"""ChoiceTask: what waiting and answering earn where a task waits and answers in its own periods."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import Action, Channel, ChoiceTask, Period, Reward, TrialParams, pytree, random
from jaxgym_neuro.core.choice_task import ABORT, abort_by
from jaxgym_neuro.core.params import Leaf, check_param
from jaxgym_neuro.core.ring_choice import coherences
from jaxgym_neuro.core.tables import expanded


class GoNext(ChoiceTask):
    """Go in either of two periods if the ground truth says so; or wait through both."""

    TIMING = {
        "fixation": Period(100, "wait"),
        "stimulus": Period(100, "watch"),
        "first": Period(100, "go"),
        "second": Period(100, "go"),
    }
    CHANNELS = {"fixation": Channel("a cue")}
    ACTIONS = {"fixation": Action("wait"), "go": Action("go", 2)}
    REWARDS = {
        "abort": Reward(-0.25, "acting too early"),
        "correct": Reward(1.0, "going"),
        "fail": Reward(-0.5, "going the wrong way"),
        "miss": Reward(-2.0, "not going"),
    }
    WAITING = ("fixation", "stimulus")
    ANSWERING = ("first", "second")

    def __init__(self, **declared):
        super().__init__(dt=100, **declared)

    def sample_conditions(self, key, params, carry):
        return {"ground_truth": random.integer(key, 3)}, carry

    def build_trial(self, builder, conditions, params):
        builder = builder.add_period(self.periods)
        return builder.set_groundtruth(conditions["ground_truth"], period=("first", "second"))


class NeverPunished(GoNext):
    """The same, without ``fail`` and ``miss``."""

    REWARDS = {"abort": GoNext.REWARDS["abort"], "correct": GoNext.REWARDS["correct"]}


class ToldEarly(GoNext):
    """The same, where the ground truth is to go from the first step on."""

    def build_trial(self, builder, conditions, params):
        return super().build_trial(builder, conditions, params).set_groundtruth(1)


ENV = GoNext()


def play(actions, gt, env=ENV, **changes):
    """Play actions in a trial of this ground truth; return rewards, ends and scores."""
    params = env.default_params.replace(**changes)
    _, state = env.reset(jax.random.key(0), params)
    state = state.replace(trial=env.new_trial(jax.random.key(1), params, ground_truth=gt))
    steps = []
    for action in actions:
        _, state, reward, _, _, info = env.step(jax.random.key(2), state, jnp.int32(action), params)
        steps.append((float(reward), bool(info["new_trial"]), float(info["performance"])))
    return [list(column) for column in zip(*steps, strict=True)]


@pytest.mark.parametrize("wait", [0, 1])
@pytest.mark.parametrize(
    ("gt", "action", "earned"), [(1, 1, 1), (2, 2, 1), (1, 2, -0.5), (2, 3, -0.5)]
)
def test_the_first_action_in_a_period_to_answer_in_is_judged(wait, gt, action, earned):
    rewards, ends, scores = play([0, 0, *[0] * wait, action], gt)
    assert rewards == [0, 0, *[0] * wait, earned]
    assert ends == [False, False, *[False] * wait, True]
    assert scores[-1] == (earned == 1)


def test_going_where_the_ground_truth_is_to_wait_is_wrong():
    assert play([0, 0, 1], gt=0) == [[0, 0, -0.5], [False, False, True], [0, 0, 0]]


@pytest.mark.parametrize("abort", [False, True])
@pytest.mark.parametrize("early", [0, 1])
def test_acting_in_a_period_to_wait_in_costs_abort_and_may_end_the_trial(abort, early):
    rewards, ends, scores = play([0] * early + [1], gt=1, abort=abort)
    assert rewards == [0] * early + [-0.25]
    assert ends[-1] is abort
    assert scores[-1] == 0


def test_acting_too_early_is_wrong_even_where_the_ground_truth_is_to_act():
    assert play([1], gt=1, env=ToldEarly(), abort=True) == [[-0.25], [True], [0]]


def test_having_waited_is_right_where_the_ground_truth_is_to_wait():
    assert play([0] * 4, gt=0) == [[0] * 4, [False] * 3 + [True], [0, 0, 0, 1]]


def test_having_waited_costs_miss_where_the_ground_truth_is_to_go():
    assert play([0] * 4, gt=2) == [[0, 0, 0, -2], [False] * 3 + [True], [0] * 4]


def test_r_tmax_is_added_to_what_waiting_comes_to():
    assert play([0] * 4, gt=0, r_tmax=-3.0)[0] == [0, 0, 0, -3]
    assert play([0] * 4, gt=1, r_tmax=-3.0)[0] == [0, 0, 0, -5]


def test_a_task_may_lack_fail_and_miss():
    env = NeverPunished()
    assert play([0, 0, 2], gt=1, env=env) == [[0, 0, 0], [False, False, True], [0, 0, 0]]
    assert play([0] * 4, gt=1, env=env)[0] == [0] * 4
    assert play([0, 0, 1], gt=1, env=env)[0] == [0, 0, 1]


def test_rewards_are_swept():
    params = ENV.default_params

    @jax.jit
    @jax.vmap
    def missed(amount):
        swept = params.with_rewards(miss=amount)
        trial = ENV.new_trial(jax.random.key(0), swept, ground_truth=1)
        _, state = ENV.reset(jax.random.key(0), swept)
        state = state.replace(trial=trial, t=jnp.int32(3))
        return ENV.judge(state, jnp.int32(0), swept).reward

    amounts = np.float32([-1, 0, 2.5])
    np.testing.assert_array_equal(missed(amounts), amounts)


@pytree
class MotionParams(TrialParams):
    """Numbers of a task that shows motion."""

    cohs: Leaf = coherences(0, 51.2)


def test_a_reward_for_acting_too_early_differs_from_the_common_one_in_its_event():
    early = abort_by("an action before the tone")
    assert early.event == "an action before the tone"
    assert (early.amount, early.ends) == (ABORT.amount, ABORT.ends)


def test_coherences_are_percents_of_at_least_0():
    assert check_param(MotionParams, "cohs", None) == (0.0, 51.2)
    with pytest.raises(ValueError, match=r"each of cohs \(percent\) is .* at least 0, not -1"):
        check_param(MotionParams, "cohs", (6.4, -1))


class ActsInBetween(GoNext):
    """The same, whose rule has the subject wait in fixation alone."""

    WAITING = ("fixation",)


def test_by_default_acting_between_fixation_and_the_answer_costs_nothing_and_does_nothing():
    assert play([0, 1, 1], gt=1, env=ActsInBetween(), abort=True) == [
        [0, 0, 1],
        [0, 0, 1],
        [0, 0, 1],
    ]


@pytest.mark.parametrize("abort", [False, True])
def test_enforced_until_the_cue_acting_costs_abort_in_every_period_before_the_answer(abort):
    env = ActsInBetween(enforce="until_cue")
    assert play([0, 1], gt=1, env=env, abort=abort) == [[0, -0.25], [False, abort], [0, 0]]
    assert play([0, 0, 1], gt=1, env=env)[0] == [0, 0, 1]


def test_where_the_subject_has_to_wait_is_an_attribute_that_tells_tasks_apart():
    assert ActsInBetween().waiting == ("fixation",)
    assert ActsInBetween(enforce="until_cue").waiting == ("fixation", "stimulus")
    assert ActsInBetween() != ActsInBetween(enforce="until_cue")
    with pytest.raises(ValueError, match=r"unknown enforce 'until cue'; did you mean 'until_cue'"):
        ActsInBetween(enforce="until cue")


def test_abort_without_a_step_to_wait_in_is_refused():
    without = {"timing": {"fixation": 0}}
    words = (
        r"abort ends a trial of ActsInBetween for an action in fixation, which lasts 0 ms, .*"
        r"timing=\{'fixation': 300\}, or .* enforce='until_cue'"
    )
    with pytest.raises(ValueError, match=words):
        ActsInBetween(abort=True, **without)
    env = ActsInBetween(**without)
    with pytest.raises(ValueError, match=words):
        env.validate(env.default_params.replace(abort=True))
    assert ActsInBetween(abort=True, enforce="until_cue", **without).abort


WAITS = [id for id in IDS if "enforce" in inspect.signature(jgn.registry.factory_of(id)).parameters]


@pytest.mark.parametrize("id", WAITS)
def test_until_the_cue_is_until_the_task_says_so(id):
    """The table of periods has words for where the subject waits; the rule goes by their order."""
    env = jgn.make(id, enforce="until_cue")[0]
    told = expanded(env.TIMING, env.sizes)
    waits = tuple(name for name in env.periods if told[name].subject.startswith("wait"))
    answers = set(env.ANSWERING)
    assert set(waits) - answers == set(env.waiting)


@pytest.mark.parametrize("id", ["GoNogo-v0", "DelayPairedAssociation-v0"])
def test_abort_is_refused_where_a_task_has_no_fixation_by_default(id):
    with pytest.raises(ValueError, match="fixation, which lasts 0 ms, so that it has no effect"):
        jgn.make(id, abort=True)
    assert jgn.make(id, abort=True, enforce="until_cue")[1].abort


def test_an_interval_between_trials_is_no_period_to_wait_in():
    env = jgn.make("GoNogo-v0", timing={"iti": 500}, enforce="until_cue")[0]
    assert env.waiting == ("fixation", "stimulus", "delay")
    with pytest.raises(ValueError, match="fixation, which lasts 0 ms, so that it has no effect"):
        jgn.make("GoNogo-v0", timing={"iti": 500}, abort=True)
