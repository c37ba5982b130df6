"""The tests set XLA_FLAGS, and a user does not: then programs are compiled with options of ours."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import jax, numpy as np
import jaxgym_neuro as jgn
from jaxgym_neuro import training
from jaxgym_neuro.support.xla import compiler_options

assert compiler_options()  # or this test is of nothing
env, params = jgn.make("GoNogo-v0")
half = {"updates": 4, "chunk": 2, "num_envs": 8, "cell": training.GRU(4), "folder": FOLDER}
training.train_ppo(env, params, **half, until=lambda metrics: True)
assert training.load(FOLDER, env, params).num_updates == 2
trained = training.train_ppo(env, params, **half, resume=True)
again = training.load(FOLDER, env, params)
jax.tree.map(np.testing.assert_array_equal, trained.weights, again.weights)
table = jgn.rollout(env, params, *again.agent(), num_envs=2, num_trials=4)
assert len(table) == 4

# Whatever is compiled with options may be a part of what a user compiles.
keys = jax.random.split(jax.random.key(0), 2)
ob, state = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))(keys, params)
jax.eval_shape(jax.vmap(env.reset, in_axes=(0, None)), keys, params)
dataset = jgn.Dataset(env, batch_size=2, seq_len=20, output="jax")
jax.jit(dataset.sample_batch)(keys[0], params)
jax.jit(jax.vmap(env.new_trial, in_axes=(0, None)))(keys, params)
"""


@pytest.mark.slow
def test_training_loading_and_drawing_work_where_the_compiler_has_our_options(tmp_path):
    user = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    program = PROGRAM.replace("FOLDER", repr(str(tmp_path)))
    subprocess.run([sys.executable, "-c", program], check=True, env=user)
