"""Wrapped tasks, and stacks of wrappers, keep every promise of a task."""

import itertools

import jax
import numpy as np
import pytest
from sequences import task, trials_of

import jaxgym_neuro as jgn
from jaxgym_neuro import TrialEnv, schedules, spaces
from jaxgym_neuro.testing import check_task, promises
from jaxgym_neuro.wrappers import (
    CatchTrials,
    MinimumTime,
    MissTrialReward,
    MotionPulses,
    MultiTask,
    Noise,
    PassAction,
    PassReward,
    RandomGroundTruth,
    ReactionTime,
    ScheduleAttr,
    SelfInitiated,
    SideBias,
    TimeOut,
    TrialHistory,
    TrialWrapper,
)
from jaxgym_neuro.wrappers.base import OF_THE_TASK

PROBS = [[0.8, 0.2], [0.3, 0.7]]
STAGES = schedules.Curriculum(2, threshold=0.5, window=1)
# From the inside out.
WRAPPERS = {
    "random": lambda env: RandomGroundTruth(env, [0.4, 0.6]),
    "history": lambda env: TrialHistory.repeating_and_alternating(env, block_dur=(1, 3)),
    "bias": lambda env: SideBias(env, PROBS, block_dur=0.3),
    "schedule": lambda env: ScheduleAttr(env, STAGES, [{"coh": 51.2}, {"coh": 25.6}]),
    "pulses": lambda env: MotionPulses(env, (-20, 0, 20)),
    "catch": lambda env: CatchTrials(env, 0.2),
    "reaction": lambda env: ReactionTime(env, urgency=-0.01),
    "miss": lambda env: MissTrialReward(env, -0.2),
    "initiated": lambda env: SelfInitiated(env, hold=200),
    "minimum": lambda env: MinimumTime(env, 200),
    "timeout": lambda env: TimeOut(env, 300),
    "noise": lambda env: Noise(env, 0.2),
    "action": lambda env: PassAction(env, one_hot=True),
    "reward": PassReward,
}
# Every two wrappers meet in one of these.
STACKS = [
    (
        *("random", "history", "bias", "pulses", "catch", "miss", "initiated", "minimum"),
        *("action", "reward"),
    ),
    ("random", "pulses", "catch", "reaction", "initiated", "minimum", "timeout", "noise", "reward"),
    (
        *("schedule", "pulses", "reaction", "miss", "initiated", "minimum", "timeout", "noise"),
        "action",
    ),
    ("history", "bias", "schedule", "reaction", "minimum", "timeout", "noise"),
    ("random", "schedule", "catch", "timeout", "reward"),
]
# The last is small. The others take 10 s and more.
EACH_STACK = [pytest.param(names, marks=pytest.mark.slow) for names in STACKS[:-1]] + STACKS[-1:]
OVER_ONE_TASK = {"pulses"}  # what is not put around several
# What can be checked without running a step; the stacks run.
FORM = ["equal_by_value", "strict_promotion", "fixed_point", "info_keys", "validates"]
BY_SHAPE = FORM + [name for name in promises() if name.startswith("one_compile")]
# What compiles steps once more, which takes long for several tasks.
COMPILED_AGAIN = {"jit_changes_nothing", "params_can_be_swept", *BY_SHAPE} - set(FORM)


def several_tasks():
    """Two tasks of other lengths, channels and names, one of which withholds its answer."""
    go_nogo = jgn.make("GoNogo-v0", timing={"stimulus": 200, "delay": 100, "decision": 200})[0]
    return MultiTask([task(), go_nogo], pad=True)


def stacked(names, base=task):
    env = base()
    for name in names:
        env = WRAPPERS[name](env)
    return env


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapped_task_has_the_form_of_a_task(name):
    check_task(lambda: stacked([name]), num_envs=4, num_trials=4, only=BY_SHAPE)


@pytest.mark.parametrize("name", [name for name in WRAPPERS if name not in OVER_ONE_TASK])
def test_several_tasks_that_are_wrapped_have_the_form_of_a_task(name):
    check_task(lambda: stacked([name], several_tasks), num_envs=4, num_trials=4, only=FORM)


@pytest.mark.parametrize("names", EACH_STACK, ids="-".join)
def test_a_stack_keeps_every_promise(names):
    check_task(lambda: stacked(names), num_envs=16, num_trials=32)


@pytest.mark.parametrize("names", EACH_STACK, ids="-".join)
def test_a_stack_over_several_tasks_keeps_its_promises(names):
    only = [name for name in promises() if name not in COMPILED_AGAIN]
    around = [name for name in names if name not in OVER_ONE_TASK]
    check_task(lambda: stacked(around, several_tasks), num_envs=16, num_trials=32, only=only)


def test_every_two_wrappers_are_in_a_stack():
    assert set(jgn.wrappers.__all__) - {"MultiTask", "TrialWrapper"} == {
        type(stacked([name])).__name__ for name in WRAPPERS
    }
    found = {pair for names in STACKS for pair in itertools.combinations(names, 2)}
    assert found == set(itertools.combinations(WRAPPERS, 2))


def test_a_stack_keeps_names_spaces_and_params():
    env = PassReward(PassAction(SideBias(task(), PROBS, 5)))
    assert env.name == "PassReward(PassAction(SideBias(PerceptualDecisionMaking)))"
    channels = {"fixation": 0, "stimulus": range(1, 3), "action": 3, "reward": 4}
    assert env.observation_space().name == channels
    assert env.action_space() == task().action_space()
    assert env.periods == task().periods
    assert env.metadata == task().metadata
    assert env.rewards == task().rewards
    fields = vars(env.default_params)
    assert {"cohs", "sigma", "side_bias_probs", "side_bias_block_least"} <= set(fields)
    trial = env.new_trial(jax.random.key(0), ground_truth=1, coh=6.4)
    assert int(trial.gt[-1]) == 2
    assert trial.ob.shape == (env.T, 5)


def test_a_wrapper_that_draws_no_conditions_leaves_the_trials_of_a_key_as_they_are():
    names = [name for name in WRAPPERS if not stacked([name]).draws]
    assert names == [
        "reaction", "miss", "initiated", "minimum", "timeout", "noise", "action", "reward"
    ]  # fmt: skip
    plain = trials_of(task(), 8)
    env = stacked(names)
    wrapped = trials_of(env, 8, env.default_params.replace(added_noise=0.0))
    for name, values in plain.conditions.items():
        np.testing.assert_array_equal(wrapped.conditions[name], values)
    np.testing.assert_array_equal(wrapped.ob[:, :5, 1:3], plain.ob[:, :5, 1:])


def test_of_what_every_task_has_a_wrapper_says_whose_it_is():
    """Whoever gives `TrialEnv` an attribute decides here whether a wrapped task has its task's."""

    class Plain(TrialEnv):
        TIMING = {"stimulus": 100}

        def __init__(self):
            space = spaces.unbounded({"fixation": 0})
            super().__init__(dt=100, observation_space=space, action_space=spaces.Discrete(2))

        def build_trial(self, builder, conditions, params):
            return builder

    has = {name for name in vars(Plain()) if not name.startswith("_")}
    wrapped = PassReward(Plain())
    says = {*OF_THE_TASK, *vars(wrapped), *dir(TrialWrapper)}
    assert has
    assert has - says == set()
    assert {name for name in OF_THE_TASK if not hasattr(Plain(), name)} == set()


def test_what_the_class_of_a_task_adds_is_found_through_wrappers():
    env = PassReward(Noise(task(dim_ring=3)))
    assert env.theta is env.env.env.theta
    with pytest.raises(AttributeError, match="'PassReward' object has no attribute '_spaces_'"):
        env._spaces_  # noqa: B018


def test_equal_stacks_are_equal_and_others_are_not():
    names = ("bias", "noise", "action")
    assert stacked(names) == stacked(names)
    assert hash(stacked(names)) == hash(stacked(names))
    assert stacked(names) != stacked(names[::-1])
    assert Noise(task(), 0.1) != Noise(task(), 0.2)
