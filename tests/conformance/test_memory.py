"""Nothing is kept of a task that is gone and that JAX has forgotten; and steps use no more memory.

Every unequal task is compiled anew. So a sweep over arguments of constructors grows, until
``jax.clear_caches()`` or the end of the process.
"""

import gc
import weakref

import jax
import matplotlib.pyplot as plt
import numpy as np

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
    "Gymnasium, compiled": lambda task: play(GymnasiumEnv(task, tabulate=False)),
    "vector": lambda task: play(TaskVectorEnv(task, 2, batch_size=4)),
    "vector, compiled": lambda task: play(TaskVectorEnv(task, 2, tabulate=False)),
    "rollout": lambda task: jgn.rollout(task, num_envs=2, num_steps=3),
    "Dataset": lambda task: jgn.Dataset(task, batch_size=2, seq_len=5).next(),
    "plot_env": lambda task: plt.close(jgn.plotting.plot_env(task, num_steps=5)),
}
TASKS = {
    "GoNogo": lambda: jgn.make("GoNogo-v0", timing={"fixation": 300})[0],
    "ReachingDelayResponse": lambda: jgn.make("ReachingDelayResponse-v0", dt=40)[0],
    "TimeOut": lambda: jgn.wrappers.TimeOut(jgn.make("GoNogo-v0")[0], 300),
    "MultiTask": lambda: jgn.wrappers.MultiTask(["GoNogo-v0", "GoNogo-v0"]),
}
CASES = [("GoNogo", use) for use in USES]
CASES += [("TimeOut", "batches"), ("MultiTask", "its form"), ("MultiTask", "new_trial")]
CASES += [("ReachingDelayResponse", "Gymnasium")]


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
