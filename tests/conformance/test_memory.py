"""Nothing is kept of a task that is gone and that JAX has forgotten; and steps use no more memory.

Every unequal task is compiled anew. So a sweep over arguments of constructors grows, until
``jax.clear_caches()`` or the end of the process.
"""

import functools
import gc
import tracemalloc
import weakref

import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.core.identity import identity_of


def step_in_a_batch(task):
    keys = jax.random.split(jax.random.key(0), 2)
    params = task.default_params
    _, state = jax.vmap(task.reset, in_axes=(0, None))(keys, params)
    actions = np.zeros((2, *task.action_space().shape), task.action_space().dtype)
    jax.vmap(task.step, in_axes=(0, 0, 0, None))(keys, state, actions, params)


def play(env):
    env.reset(seed=0)
    for _ in range(3):
        env.step(np.zeros(env.action_space.shape, env.action_space.dtype))


USES = {
    "its form": lambda task: (task.conditions, task.kinds, identity_of(task), str(task)),
    "new_trial": lambda task: task.new_trial(jax.random.key(0)),
    "batches": step_in_a_batch,
    "Gymnasium": lambda task: play(GymnasiumEnv(task, batch_size=4)),
    "vector, compiled": lambda task: play(TaskVectorEnv(task, 2, tabulate=False)),
    "rollout": lambda task: jgn.rollout(task, num_envs=2, num_steps=3),
    "Dataset": lambda task: jgn.Dataset(task, batch_size=2, seq_len=5).next(),
}
TASKS = {
    "GoNogo": lambda: jgn.make("GoNogo-v0", timing={"fixation": 300})[0],
    "ReachingDelayResponse": lambda: jgn.make("ReachingDelayResponse-v0", dt=40)[0],
    "MultiTask": lambda: jgn.wrappers.MultiTask(["GoNogo-v0", "GoNogo-v0"]),
}
CASES = [("GoNogo", use) for use in USES]
CASES += [("MultiTask", "new_trial"), ("ReachingDelayResponse", "Gymnasium")]


@pytest.mark.slow
def test_a_task_that_was_used_is_forgotten_with_what_jax_has_compiled():
    kept = {}
    for name, use in CASES:
        task = TASKS[name]()
        USES[use](task)
        kept[name, use] = [weakref.ref(one) for one in (task, *task.kinds)]
    del task
    jax.clear_caches()
    gc.collect()
    assert [case for case, parts in kept.items() if any(part() is not None for part in parts)] == []


@pytest.mark.parametrize("kind", ["one", "one, compiled", "two", "Dataset", "Monitor"])
def test_many_steps_use_no_more_memory_than_a_few(kind, tmp_path):
    """What Python holds, and what JAX does, after twice as many steps as it takes to settle."""
    if kind == "Dataset":
        go_on, count = jgn.Dataset("GoNogo-v0", batch_size=2, seq_len=40, batches_per_draw=2), 150
    elif kind == "two":
        env, count = TaskVectorEnv("GoNogo-v0", 2, batch_size=16), 800
        env.reset(seed=0)
        go_on = functools.partial(env.step, np.zeros(2, int))
    else:
        tabulate = kind != "one, compiled"
        env, count = GymnasiumEnv("GoNogo-v0", tabulate=tabulate, batch_size=16), 2000
        count = count if tabulate else 300
        if kind == "Monitor":
            env = jgn.Monitor(env, tmp_path, trials_per_part=20)
        env.reset(seed=0)
        go_on = functools.partial(env.step, 0)
    held = []
    tracemalloc.start()
    for _ in range(3):
        for _ in range(count):
            go_on()
        gc.collect()
        held.append((tracemalloc.get_traced_memory()[0], len(jax.live_arrays())))
    tracemalloc.stop()
    (_, _), (before, arrays_before), (after, arrays_after) = held
    assert after - before < 20_000  # bytes: a trial that were kept at each end would be twice that
    assert arrays_after <= arrays_before + 8
