"""What a program holds can be pickled and copied: tasks, params, states, environments, data.

Spawned processes are sent it by pickling, and checkpoints are made of it. What comes back is equal,
and goes on as the original does.
"""

import copy
import os
import pickle
import subprocess
import sys
from functools import partial

import gymnasium
import jax
import numpy as np
import pytest
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import schedules
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.core.identity import identity_of

W = jgn.wrappers


def go_nogo():
    return jgn.make("GoNogo-v0")[0]


def follow(key, ob, memory):
    return 1, memory


def two_tasks():
    return W.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)


WRAPPED = {
    "MultiTask": two_tasks,
    "CatchTrials": lambda: W.CatchTrials(go_nogo(), 0.1),
    "CatchTrials(MultiTask)": lambda: W.CatchTrials(two_tasks(), 0.1),
    "MissTrialReward": lambda: W.MissTrialReward(go_nogo()),
    "Noise": lambda: W.Noise(go_nogo(), 0.1),
    "PassAction": lambda: W.PassAction(go_nogo()),
    "PassReward": lambda: W.PassReward(go_nogo()),
    "RandomGroundTruth": lambda: W.RandomGroundTruth(go_nogo()),
    "ReactionTime": lambda: W.ReactionTime(jgn.make("PerceptualDecisionMaking-v0")[0]),
    "ScheduleAttr": lambda: W.ScheduleAttr(
        go_nogo(), schedules.Curriculum(2, threshold=0.5, window=1), [{"ground_truth": 1}, {}]
    ),
    "SideBias": lambda: W.SideBias(go_nogo(), [[0.2, 0.8], [0.5, 0.5]], block_dur=0.3),
    "TimeOut": lambda: W.TimeOut(go_nogo()),
    "TrialHistory": lambda: W.TrialHistory(go_nogo()),
    "Noise(TimeOut(PassReward))": lambda: W.Noise(W.TimeOut(W.PassReward(go_nogo())), 0.1),
}
TASKS = {id: (lambda id=id: jgn.make(id)[0]) for id in IDS} | WRAPPED
OTHER_VALUES = {
    "schedules": [
        schedules.Sequential(2),
        schedules.Random(3, probs=[0.2, 0.3, 0.5]),
        schedules.RandomBlock(block_lens=[1, 3]),
        schedules.SequentialBlock(block_lens=[1, 3]),
        schedules.Curriculum(2, threshold=0.5),
    ],
    "policies": [
        jgn.policies.random,
        jgn.policies.wait,
        jgn.policies.ground_truth,
        jgn.policies.constant(1),
        jgn.policies.follow(follow),
    ],
    "spaces": [
        jgn.spaces.Discrete(3, {"fixation": 0, "choice": [1, 2]}),
        jgn.spaces.Box(-1, np.array([1, np.inf]), (2,), name={"a": 0, "b": 1}),
    ],
    "facts": [*go_nogo().CHANNELS.values(), *go_nogo().ACTIONS.values(), go_nogo().PAPER],
}
COPIES = {
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


def leaves_of(tree):
    """What the arrays of a pytree hold, those of keys too."""
    typed = jax.dtypes.prng_key
    return [
        np.asarray(jax.random.key_data(x) if jax.dtypes.issubdtype(x.dtype, typed) else x)
        for x in jax.tree.leaves(tree)
    ]


def assert_equal_trees(actual, expected):
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for one, other in zip(leaves_of(actual), leaves_of(expected), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def blank(tree):
    """Arrays of the shapes of a tree; those of a state need not be computed to be pickled."""
    return jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), tree)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_with_its_params_and_states_comes_back_as_it_was(name):
    env = TASKS[name]()
    params, key = env.default_params, jax.eval_shape(lambda: jax.random.key(0))
    trial = jax.eval_shape(env.new_trial, key, params)
    _, state = jax.eval_shape(env.reset, key, params)  # by now it has been used
    structure = jax.tree.structure(params)
    for how, copied in COPIES.items():
        for used in (TASKS[name](), env):
            again = copied(used)
            assert again == env, how
            assert hash(again) == hash(env)
            assert type(again) is type(env)
            assert again.observation_space() == env.observation_space()
            assert again.layout == env.layout
        for tree in (params, blank(state), blank(trial)):
            assert_equal_trees(copied(tree), tree)
            assert type(copied(tree)) is type(tree)
        env.validate(copied(params))
        assert copied(structure) == structure
    assert identity_of(pickle.loads(pickle.dumps(env)), params) == identity_of(env, params)
    assert not set(vars(env)) <= set(env.attributes)  # something was remembered ...
    assert len(pickle.dumps(env)) == len(pickle.dumps(TASKS[name]()))  # ... and not pickled


@pytest.mark.parametrize("kind", OTHER_VALUES)
def test_what_tasks_are_made_of_comes_back_as_it_was(kind):
    for value in OTHER_VALUES[kind]:
        for how, copied in COPIES.items():
            assert copied(value) == value, (how, value)
            assert hash(copied(value)) == hash(value)


def test_data_and_its_streams_go_on_as_they_were():
    dataset = jgn.Dataset("GoNogo-v0", batch_size=2, seq_len=30, batches_per_draw=2)
    dataset.next()
    stream = dataset.init_stream(jax.random.key(3))
    copies = {how: copied(dataset) for how, copied in COPIES.items()}
    positions = {how: copied(dataset.position) for how, copied in COPIES.items()}
    for how, copied in COPIES.items():
        assert_equal_trees(copied(stream), stream)
        assert positions[how] == dataset.position
    for _ in range(3):
        expected = dataset.next()
        assert_equal_trees(copies["pickle"].next(), expected)
        assert_equal_trees(copies["deepcopy"].next(), expected)


def test_a_table_comes_back_as_it_was():
    table = jgn.TrialTable.of(
        conditions={"coh": np.array([1.0, 2.0, 3.0])},
        answers={"choice": np.zeros(3, np.int32)},
        times={"choice": np.full(3, -1)},
        performance=np.ones(3),
        reward=np.ones(3),
        steps=np.ones(3, int),
        env=np.zeros(3, int),
        trial=np.arange(3),
    )
    for copied in COPIES.values():
        again = copied(table).columns()
        assert list(again) == list(table.columns())
        for name, column in table.columns().items():
            np.testing.assert_array_equal(again[name], column)


# Discrete actions, continuous ones, and compiled steps with a class made at run time.
ENVIRONMENTS = {
    "GoNogo": go_nogo,
    "ReachingDelayResponse": lambda: jgn.make("ReachingDelayResponse-v0")[0],
    "TimeOut": lambda: W.TimeOut(go_nogo()),
}


def assert_close(actual, expected):
    """The same: look-ups for continuous actions are made of numbers of 53 bits."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), actual, expected)


def play(env, num_steps, seed=None):
    """Take steps with actions of a fixed order; return what was shown."""
    shown = []
    if seed is not None:
        shown.append(env.reset(seed=seed))
        env.action_space.seed(seed)
    actions = [env.action_space.sample() for _ in range(num_steps)]
    return shown + [env.step(action) for action in actions]


@pytest.mark.parametrize("make", [GymnasiumEnv, TaskVectorEnv])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_behind_gymnasium_goes_on_as_it_was(name, make):
    env = make(ENVIRONMENTS[name](), **({"num_envs": 2} if make is TaskVectorEnv else {}))
    for how in ("pickle", "deepcopy"):
        fresh = COPIES[how](env)
        assert fresh.task == env.task
        play(env, 7, seed=3)
        again = COPIES[how](env)
        assert again.observation_space == env.observation_space
        assert again.action_space == env.action_space
        expected = play(env, 30)
        assert_close(play(again, 30), expected)
        assert_close(play(again, 7, 3), play(env, 7, 3))  # and goes back to look-ups
        assert again.is_tabulated == env.is_tabulated
    assert_close(play(fresh, 7, 3), play(env, 7, 3))


def test_a_rendered_environment_comes_back():
    env = gymnasium.make("jaxgym_neuro/GoNogo-v0", render_mode="rgb_array")
    env.reset(seed=0)
    env.step(0)
    again = pickle.loads(pickle.dumps(env))
    np.testing.assert_array_equal(again.render(), env.render())


CHILD = """
import pickle, sys
import jax
import jaxgym_neuro as jgn
from jaxgym_neuro.core.identity import differences, identity_of

with open(sys.argv[1], "rb") as file:
    tasks, envs = pickle.load(file)
for name, (env, params, identity) in tasks.items():
    assert differences(identity_of(env, params), identity) == [], name
    twin = env.replaced()
    assert env == twin and hash(env) == hash(twin), name
    if name in jgn.registered_tasks():
        made = jgn.make(name)[0]
        assert env == made and hash(env) == hash(made), name
for env, seen in envs:
    ob = env.reset(seed=5)[0]
    env.step(env.action_space.sample())
    assert (ob == seen).all()
with open(sys.argv[2], "wb") as file:
    pickle.dump(tasks, file)
"""


def test_a_spawned_process_gets_what_was_sent_and_sends_it_back(tmp_path):
    """Where strings have other hashes, so that none that was kept would do."""
    tasks, envs = {}, []
    for name, make in TASKS.items():
        env = make()
        params = env.default_params
        hash(env)
        tasks[name] = env, params, identity_of(env, params)
    for id in ("GoNogo-v0", "ReachingDelayResponse-v0"):
        env = gymnasium.make(f"jaxgym_neuro/{id}")
        envs.append((env, env.reset(seed=5)[0]))
    sent, returned = tmp_path / "sent", tmp_path / "returned"
    sent.write_bytes(pickle.dumps((tasks, envs)))
    arguments = [sys.executable, "-c", CHILD, str(sent), str(returned)]
    subprocess.run(arguments, check=True, env={**os.environ, "PYTHONHASHSEED": "77"})
    again = pickle.loads(returned.read_bytes())
    for name, (env, params, _) in tasks.items():
        assert again[name][0] == env
        assert hash(again[name][0]) == hash(env)
        assert_equal_trees(again[name][1], params)
