"""A forked process that cannot compute says so at once, and one that can computes."""

import os
import subprocess
import sys

import pytest

if not hasattr(os, "fork"):
    pytest.skip("nothing forks here", allow_module_level=True)

BEGIN = """
import functools, multiprocessing, time, warnings
import gymnasium
import jax
import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv

warnings.simplefilter("ignore")  # JAX's and Python's, of forks
make_env = functools.partial(gymnasium.make, "jaxgym_neuro/GoNogo-v0")
"""
WITHOUT_BACKEND = """
make_env()  # to make one starts no backend
envs = gymnasium.vector.AsyncVectorEnv([make_env], context="fork")
ob, _ = envs.reset(seed=0)
for _ in range(20):
    envs.step([0])
envs.close()
assert (ob[0] == make_env().reset(seed=0)[0]).all()
print("went well")
"""
WITH_BACKEND = """
env, params = jgn.make("GoNogo-v0")
single, many = make_env(), TaskVectorEnv("GoNogo-v0", 2)
dataset = jgn.Dataset("GoNogo-v0", batch_size=2, seq_len=10)
key = jax.random.key(0)
begin = time.monotonic()
envs = gymnasium.vector.AsyncVectorEnv([make_env] * 2, context="fork")
try:
    envs.reset(seed=0)
except RuntimeError as error:
    print("AsyncVectorEnv", error)
envs.close(terminate=True)
assert time.monotonic() - begin < 5

def try_all(pipe):
    calls = {
        "env.reset": lambda: env.reset(key, params),
        "env.step": lambda: env.step(key, None, 0, params),
        "env.new_trial": lambda: env.new_trial(key),
        "wrapped": lambda: jgn.wrappers.PassReward(env).reset(key),
        "single.reset": lambda: single.reset(),
        "single.step": lambda: single.step(0),
        "single.new_trial": lambda: single.unwrapped.new_trial(),
        "made anew": lambda: make_env().reset(seed=0),
        "many.reset": lambda: many.reset(),
        "many.step": lambda: many.step([0, 0]),
        "dataset": lambda: dataset(),
        "dataset.next": lambda: dataset.next(),
        "Dataset": lambda: jgn.Dataset("GoNogo-v0"),
        "rollout": lambda: jgn.rollout("GoNogo-v0", num_trials=3),
    }
    for name, call in calls.items():
        try:
            call()
        except RuntimeError as error:
            pipe.send((name, str(error)))
        else:
            pipe.send((name, "nothing"))
    pipe.send(None)

context = multiprocessing.get_context("fork")
here, there = context.Pipe()
process = context.Process(target=try_all, args=(there,))
process.start()
while here.poll(30):
    told = here.recv()
    if told is None:
        break
    print(*told)
else:
    print("stood still")
process.kill()
print(float(env.observation_space().sample(key).sum()) < 99, "here")
"""


def run(script):
    arguments = [sys.executable, "-c", BEGIN + script]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_processes_forked_before_the_backend_starts_run_their_own():
    assert run(WITHOUT_BACKEND) == ["went well"]


def test_processes_forked_later_say_at_once_that_they_are_to_be_spawned():
    *told, last = run(WITH_BACKEND)
    assert last == "True here"
    assert len(told) == 15
    assert [line for line in told if 'context="spawn"' not in line] == []
