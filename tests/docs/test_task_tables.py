"""What a task declares in its tables is what its code does, and leaves nothing unsaid."""

import inspect
import itertools
import re
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import registry
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.params import TrialParams, declared

# Arguments for which a task has all that its tables speak of.
CASES = {
    "AnnubesEnv-v0": {"output_behavior": (0, 1, 2)},
    "AntiReach-v0": {"cue": True},
    "Bandit-v0": {"n": 3, "p": (0.1, 0.2, 0.3)},
    "ContextDecisionMaking-v0": {"use_expl_context": True, "dim_ring": 5},
    "DelayPairedAssociation-v0": {"dual": True},
    "MotorTiming-v0": {"intervals": (800, 1000, 1500)},
    "ProbabilisticReasoning-v0": {"shape_weight": (-1, 0.5, 1)},
    "PulseDecisionMaking-v0": {"n_bin": 3},
    "ReadySetGo-v0": {"gain": (1, 1.5), "priors": ((500, 800), (800, 900), (900, 1000))},
    "ToneDetection-v0": {"timing": {"toneTiming": (300, 600)}},
    "modcog.dmcintlseqr-v0": {"dim_ring": 6},
    "priors.priors_v0-v0": {"n_ch": 4},
    "yang19.dnmc-v0": {"dim_ring": 6},
}


@pytest.fixture(scope="module", params=IDS)
def task(request):
    """A task's class, and one of its kind with five units on every ring."""
    cls = registry.factory_of(request.param)
    arguments = CASES.get(request.param, {})
    if "dim_ring" in inspect.signature(cls).parameters:
        arguments = {"dim_ring": 5, **arguments}
    env, params = jgn.make(request.param, **arguments)
    return SimpleNamespace(id=request.param, cls=cls, env=env, params=params)


def places(names):
    return {name: np.atleast_1d(np.asarray(where)).tolist() for name, where in names.items()}


def test_channels_are_those_of_the_space(task):
    space = task.env.row_space
    said = places(tables.indices(task.cls.CHANNELS, task.env.sizes))
    assert task.env.makes_frames == (task.cls.FRAME is not None)
    assert said == places(space.name)
    if said:
        assert sorted(itertools.chain(*said.values())) == list(range(space.shape[-1]))


def test_actions_are_those_of_the_space(task):
    said = places(tables.indices(task.cls.ACTIONS, task.env.sizes))
    assert said == places(task.env.action_space().name)
    if said:
        assert sorted(itertools.chain(*said.values())) == list(range(task.env.num_actions))


def test_periods_are_those_of_the_trial(task):
    said = tables.expanded(task.cls.TIMING, task.env.sizes)
    assert [name for name in said if name in task.env.periods] == list(task.env.periods)
    assert list(tables.durations(said)) == list(task.env.timing)


def test_rewards_are_those_of_the_params(task):
    assert set(tables.amounts(task.cls.REWARDS)) == set(task.params.rewards)


def test_conditions_are_those_of_the_trial_in_dtype_and_shape(task):
    key = jax.eval_shape(lambda: jax.random.key(0))
    drawn = jax.eval_shape(task.env.new_trial, key).conditions
    assert set(task.cls.CONDITIONS) == set(drawn)
    for name, entry in task.cls.CONDITIONS.items():
        assert entry.derived == (name not in task.env.conditions), name
        assert entry.dtype == str(drawn[name].dtype), name
        assert len(entry.shape) == drawn[name].ndim, name
        for size, found in zip(entry.shape, drawn[name].shape, strict=True):
            assert isinstance(size, str) or size == found, name


def test_further_entries_of_the_info_are_those_of_the_step(task):
    key = jax.eval_shape(lambda: jax.random.key(0))
    _, state = jax.eval_shape(task.env.reset, key)
    space = task.env.action_space()
    action = jax.ShapeDtypeStruct(space.shape, np.int32 if hasattr(space, "n") else space.dtype)
    *_, info = jax.eval_shape(task.env.step, key, state, action)
    common = {"new_trial", "performance", "gt", "conditions", "final_observation"}
    common |= {"terminated", "truncated"}
    for name in task.env.answers:
        common |= {name, tables.time_of(name)}
    assert set(task.cls.INFO) == set(info) - common
    for name, entry in task.cls.INFO.items():
        assert (entry.dtype, len(entry.shape)) == (str(info[name].dtype), info[name].ndim)


def test_nothing_is_left_unsaid(task):
    rows = [*task.cls.TIMING.values(), *task.cls.REWARDS.values(), *task.cls.CHANNELS.values()]
    rows += [*task.cls.ACTIONS.values(), *task.cls.CONDITIONS.values()]
    assert all(hasattr(row, "__dataclass_fields__") for row in rows), "a bare number has no words"
    for row in rows:
        words = [getattr(row, name, "") for name in ("subject", "event", "meaning", "distribution")]
        assert any(words), row
    undeclared = [n for n, entry in declared(type(task.params)).items() if not entry.meaning]
    assert undeclared == []


def test_params_are_declared_where_they_are_numbers(task):
    fields = set(vars(task.params)) - {"timing", "rewards"}
    assert fields == set(declared(type(task.params)))
    assert set(declared(TrialParams)) <= fields


def test_params_print_a_line_each(task):
    title, *lines = str(task.params).splitlines()
    assert title.endswith(":")
    assert all(re.match(r" {4,}\S", line) for line in lines)


def test_every_argument_is_said(task):
    arguments = task.cls.__doc__.split("\nArgs:\n")[1].split("\n\n")[0]
    said = re.findall(r"^    (\w[\w, ]*):", arguments, re.MULTILINE)
    said = [name for names in said for name in names.split(", ")]
    assert sorted(said) == sorted(inspect.signature(task.cls).parameters)


def test_documentation_has_every_table(task):
    info = jgn.task_info(task.id)
    for table in info.tables:
        assert f"\n{table.title}:\n" in info.documentation
        for row in table.rows:
            assert row[0] in info.documentation
    assert (info.paper is None) == ("\nReference: " not in info.documentation)
    assert (info.paper and info.paper.link) == task.env.metadata["paper_link"]


def test_the_paper_is_linked_by_its_doi(task):
    paper = jgn.task_info(task.id).paper
    assert paper is None or paper.link.startswith("https://doi.org/10.")


def test_example_is_of_this_task_and_its_shape_is_right(task):
    example = task.cls.__doc__.split("\nExample:\n")[1]
    (make,) = re.findall(rf'= (jgn.make\("{task.id}".*\))\n', example)
    env, _ = eval(make, {"jgn": jgn})
    for shape in re.findall(r"\.new_trial\(.*\)\.ob\.shape\n +(.*)", example):
        assert shape == str((env.T, *env.observation_space().shape))


def test_differences_have_reasons_and_tests(task):
    for name, difference in jgn.task_info(task.id).differences.items():
        assert difference.here, name
        assert difference.why, name
        assert difference.tests, name
        assert all(test.startswith("test_") for test in difference.tests), name
