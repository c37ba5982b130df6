"""A task and its params say what they are, so that files can tell whose they are."""

import json

import jax
import numpy as np
import pytest
from configurations import CONFIGURATIONS
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro.core.identity import differences, identity_of

TASKS = {id: (lambda id=id, **kwargs: jgn.make(id, **kwargs)[0]) for id in IDS}
TASKS |= {
    "CatchTrials(MultiTask)": lambda **kwargs: jgn.wrappers.CatchTrials(
        jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True, **kwargs), 0.1
    )
}
OTHERS = {
    "CatchTrials(MultiTask)": [{"task_cue": False}, {"schedule": jgn.schedules.Sequential(2)}]
}


def changed(params, number):
    """Params of which one leaf is another."""
    leaves, structure = jax.tree.flatten(params)
    leaf = np.asarray(leaves[number])
    leaves[number] = ~leaf if leaf.dtype == bool else leaf + leaf.dtype.type(1)
    return jax.tree.unflatten(structure, leaves)


@pytest.mark.parametrize("name", TASKS)
def test_equal_tasks_say_the_same_and_one_changed_param_is_named(name):
    env, twin = TASKS[name](), TASKS[name]()
    params = env.default_params
    identity = identity_of(env, params)
    saved = json.dumps(identity)
    assert differences(identity_of(twin, params), json.loads(saved)) == []
    assert "0x" not in saved  # an address, which is another in another process
    for number, (path, _) in enumerate(jax.tree_util.tree_leaves_with_path(params)):
        other = identity_of(env, changed(params, number))
        told = [difference.split(" is ")[0] for difference in differences(identity, other)]
        assert told == [f"params{jax.tree_util.keystr(path)}"]


@pytest.mark.parametrize("name", TASKS)
def test_other_arguments_are_told_apart(name):
    default = identity_of(TASKS[name]())
    for kwargs in {**CONFIGURATIONS, **OTHERS}[name]:
        assert differences(default, identity_of(TASKS[name](**kwargs)))


def test_what_is_no_identity_is_said_to_be_none():
    assert differences({"task": "a"}, None) == ["it is a dict here and None there"]
    assert differences({"task": "a"}, {}) == ["task is 'a' here and 'nothing' there"]
    assert differences({"sigma": 1, "p": float("nan")}, {"sigma": 1.0, "p": float("nan")}) == []
