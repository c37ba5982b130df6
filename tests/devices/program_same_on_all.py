"""What is played, drawn and learned on a mesh is what one device plays, draws and learns.

Run in a process with several devices, or in several processes: ``[address processes number]``.
"""

import re
import sys

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import jaxgym_neuro as jgn
from jaxgym_neuro.support.dividing import fetched
from jaxgym_neuro.training import GRU, train_ppo, train_supervised

if sys.argv[1:]:  # before anything is computed
    address, processes, number = sys.argv[1:]
    jax.distributed.initialize(address, int(processes), int(number))
    assert jax.process_count() == int(processes)

COLLECTIVE = re.compile(
    r"= .*(all-reduce|all-gather|collective-permute|all-to-all|reduce-scatter)(-start)?\("
)
SHORT = {"stimulus": 200, "delay": 100, "decision": 200}
DOTS = jgn.make("PerceptualDecisionMaking-v0", timing=SHORT)[0]
DETECTION = jgn.make("Detection-v0", timing={"stimulus": 200})[0]
TASKS = {
    "a task": DOTS,
    "several tasks": jgn.wrappers.MultiTask([DOTS, DETECTION], pad=True),
    "a wrapped task": jgn.wrappers.PassReward(DOTS),
    "blocks": jgn.make("ChangingEnvironment-v0", timing={"stimulus": 200})[0],
}
NUM_ENVS = 16
NUM_DEVICES = jax.device_count()


def assert_equal(found, expected, atol=0.0):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=0, atol=atol)


def played(env):
    """Return a function that plays a batch for two trials' time: what is seen and paid."""
    params = env.default_params

    def play(key):
        keys = jax.random.split(key, 2)
        ob, state = env.reset(keys[0], params)

        def step(state, key):
            key_action, key_step = jax.random.split(key)
            action = env.action_space().sample(key_action)
            ob, state, reward, *_, info = env.step(key_step, state, action, params)
            return state, (ob, reward, info["new_trial"], info["conditions"])

        _, steps = jax.lax.scan(step, state, jax.random.split(keys[1], 2 * env.T))
        return ob, steps

    return jax.vmap(play)


def talk_in_a_step(env, keys):
    """Return what devices tell each other in a step of all environments."""
    params = env.default_params

    def step(keys, state):
        actions = jax.vmap(env.action_space().sample)(keys)
        return jax.vmap(env.step, in_axes=(0, 0, 0, None))(keys, state, actions, params)

    _, state = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))(keys, params)
    text = jax.jit(step).lower(keys, state).compile().as_text()
    return [line for line in text.splitlines() if COLLECTIVE.search(line)]


def check_environments():
    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    words = np.asarray(jax.random.key_data(keys))
    for name, env in TASKS.items():
        play = played(env)
        expected = jax.device_get(jax.jit(play)(keys))
        auto, explicit = (
            jax.make_mesh((NUM_DEVICES,), ("envs",), axis_types=(kind,))
            for kind in (AxisType.Auto, AxisType.Explicit)
        )
        divided = jax.random.wrap_key_data(jax.device_put(words, NamedSharding(auto, P("envs"))))
        assert not talk_in_a_step(env, divided)
        assert_equal(fetched(jax.jit(play)(divided)), expected)
        mapped = jax.shard_map(play, mesh=auto, in_specs=P("envs"), out_specs=P("envs"))
        assert_equal(fetched(jax.jit(mapped)(divided)), expected)
        with jax.set_mesh(explicit):
            divided = jax.device_put(words, NamedSharding(explicit, P("envs")))
            assert_equal(fetched(jax.jit(play)(jax.random.wrap_key_data(divided))), expected)
        print("environments:", name, flush=True)


def check_trials():
    mesh = jax.make_mesh((NUM_DEVICES,), ("envs",))
    for name in ("several tasks", "a wrapped task"):
        env = TASKS[name]
        tables = [
            jgn.rollout(env, num_envs=NUM_ENVS, num_trials=40, keep=("ob",), mesh=one)
            for one in (None, mesh)
        ]
        assert tables[0].frame().equals(tables[1].frame())
        assert_equal(tables[1].kept["ob"], tables[0].kept["ob"])
        one, many = (
            jgn.Dataset(env, batch_size=NUM_ENVS, seq_len=20, mesh=mesh) for mesh in (None, mesh)
        )
        for _ in range(2):
            assert_equal(many(), one())
        assert many.position == one.position
        many.restore(one.position)
        assert_equal(many(), one())
        print("trials:", name, flush=True)


def check_training():
    meshes = [jax.make_mesh((NUM_DEVICES,), ("envs",))]
    if NUM_DEVICES > 1:
        meshes.append(jax.make_mesh((2, NUM_DEVICES // 2), ("runs", "envs")))
    settings = {"cell": GRU(hidden=8), "updates": 4, "chunk": 2, "num_seeds": 2}
    for train, sizes in (
        (train_ppo, {"num_envs": NUM_ENVS}),
        (train_supervised, {"batch_size": NUM_ENVS}),
        (train_supervised, {"batch_size": NUM_ENVS, "row_trials": 2}),
    ):
        one = train(DOTS, **settings, **sizes)
        for mesh in meshes:
            many = train(DOTS, **settings, **sizes, mesh=mesh)
            assert_equal(many.weights, one.weights, atol=1e-5)
            assert_equal(dict(many.metrics), dict(one.metrics), atol=1e-4)
            print("training:", train.__name__, sizes, mesh.axis_names, flush=True)


check_environments()
check_trials()
check_training()
print("all the same", flush=True)
