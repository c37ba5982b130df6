"""Every number of every task's params is refused if it is not what it is declared to be."""

import dataclasses
import math

import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import schedules, wrappers
from jaxgym_neuro.core.params import declared

PDM = jgn.make("PerceptualDecisionMaking-v0")[0]
PROBS = [[0.8, 0.2], [0.3, 0.7]]
WRAPPED = {
    "CatchTrials": lambda: wrappers.CatchTrials(PDM, 0.2),
    "MissTrialReward": lambda: wrappers.MissTrialReward(PDM, -1),
    "Noise": lambda: wrappers.Noise(PDM),
    "PassAction": lambda: wrappers.PassAction(wrappers.PassReward(PDM)),
    "RandomGroundTruth": lambda: wrappers.RandomGroundTruth(PDM),
    "ReactionTime": lambda: wrappers.ReactionTime(PDM, urgency=-0.01),
    "ScheduleAttr": lambda: wrappers.ScheduleAttr(PDM, schedules.Random(2), [{"coh": 1}, {}]),
    "SelfInitiated": lambda: wrappers.SelfInitiated(PDM),
    "SideBias": lambda: wrappers.SideBias(PDM, PROBS, (2, 5)),
    "SideBias by chance": lambda: wrappers.SideBias(PDM, PROBS, 0.5),
    "MinimumTime": lambda: wrappers.MinimumTime(PDM, 300),
    "TimeOut": lambda: wrappers.TimeOut(PDM, 300),
    "TrialHistory": lambda: wrappers.TrialHistory.repeating_and_alternating(PDM, block_dur=3),
    "MultiTask": lambda: wrappers.MultiTask([PDM, "GoNogo-v0"], pad=True),
}
TASKS = {**{id: (lambda id=id: jgn.make(id)[0]) for id in IDS}, **WRAPPED}


def wrong(entry, value):
    """Values that a field may not have, in place of one that it may."""
    if isinstance(value, dict):
        for name in value:
            for other in wrong(entry, value[name]):
                yield {**value, name: other}
        yield {}
        return
    shape = np.shape(value)
    numbers = [2, 0.5] if entry.dtype is np.bool_ else [math.nan, math.inf, True]
    numbers += [0.5, 2**40] if entry.dtype is np.int32 else []
    numbers += [] if entry.at_least is None else [entry.at_least - 1]
    numbers += [] if entry.above is None else [entry.above]
    numbers += [] if entry.at_most is None else [entry.at_most + 1]
    numbers += [0.9, -1] if entry.sums_to_1 else []
    yield from (np.full(shape, number) for number in numbers)
    yield from ("some", None, np.stack([np.asarray(value)] * 2))  # the last as if for two tasks
    if shape:
        yield np.asarray(value).ravel()[0]


@pytest.fixture(scope="module", params=TASKS)
def env(request):
    return TASKS[request.param]()


def is_refused(env, params):
    try:
        env.validate(params)
    except ValueError as error:
        return bool(str(error))
    return False


def test_every_field_refuses_what_it_is_not_declared_to_be(env):
    params = env.default_params
    env.validate(params)
    count = 0
    for name, entry in declared(type(params)).items():
        for value in wrong(entry, getattr(params, name)):
            assert is_refused(env, params.replace(**{name: value})), (name, value)
            count += 1
    assert count >= 4 * len(declared(type(params)))


def test_every_field_is_declared(env):
    fields = {field.name for field in dataclasses.fields(env.default_params)}
    of_other_kinds = {"timing", "rewards", "tasks", "schedule_attr"}
    assert fields - set(declared(type(env.default_params))) <= of_other_kinds


def test_rewards_and_timing_have_every_entry_and_no_other(env):
    params = env.default_params
    for name in ("rewards", "timing"):
        entries = getattr(params, name)
        for changed in ({**entries, "more": next(iter(entries.values()), 1.0)}, 3):
            assert is_refused(env, dataclasses.replace(params, **{name: changed})), (name, changed)
        for missing in entries:
            fewer = {key: value for key, value in entries.items() if key != missing}
            assert is_refused(env, dataclasses.replace(params, **{name: fewer})), (name, missing)
    for value in (math.nan, math.inf, "one", [1, 2], None, True):
        for name in params.rewards:
            assert is_refused(env, params.with_rewards(**{name: value})), (name, value)


def test_params_of_another_task_are_refused(env):
    class Params(type(env.default_params)):
        pass

    for other in (None, 3, Params):
        assert is_refused(env, other)


def test_values_of_scheduled_conditions_are_those_that_may_be_given():
    env = TASKS["ScheduleAttr"]()
    params = env.default_params
    for value in ([-1, 0], [math.nan, 0], [1], 3, [[1, 2]], "x"):
        assert is_refused(env, params.replace(schedule_attr={"coh": value})), value
    for attr in ({}, {"cho": [1, 2]}, None, 3):
        assert is_refused(env, params.replace(schedule_attr=attr)), attr
    env.validate(params.replace(schedule_attr={"coh": [51.2, math.nan]}))  # one row is not used


def test_each_task_of_several_is_checked():
    env = TASKS["MultiTask"]()
    params = env.default_params
    first, second = params.tasks
    for tasks in ((first.replace(sigma=-1), second), (first,), (second, first), None):
        assert is_refused(env, params.replace(tasks=tasks)), tasks
