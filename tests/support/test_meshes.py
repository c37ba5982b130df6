"""Tasks on several devices: what a mesh gives is what one device gives, with JAX's defaults."""

import os
import subprocess
import sys
import textwrap

import pytest

SCRIPT = """
    import jax, jax.numpy as jnp, numpy as np
    import jaxgym_neuro as jgn
    from jax.sharding import AxisType, NamedSharding, PartitionSpec as P

    jax.config.update("jax_numpy_dtype_promotion", "strict")

    short = {"timing": {"stimulus": 200, "delay": 100, "decision": 200}}
    DOTS = jgn.make("PerceptualDecisionMaking-v0", **short)[0]

    def task(name):
        if name == "several tasks":
            other = jgn.make("Detection-v0", timing={"stimulus": 200})[0]
            return jgn.wrappers.MultiTask([DOTS, other], pad=True)
        return jgn.make(name)[0]

    def playing(env):
        params = env.default_params

        def play(key, params):
            keys = jax.random.split(key, 3)
            begun = env.reset(keys[0], params)

            def step(begun, key):
                action = env.action_space().sample(key)
                ob, state, reward, *_, info = env.step(key, begun[1], action, params)
                return (ob, state), (ob, reward, info["new_trial"])

            begun, steps = jax.lax.scan(step, begun, jax.random.split(keys[1], 2 * env.T))
            # JAX cannot batch a switch over kinds of trial in a shard_map.
            one_kind = env.num_kinds == 1
            return begun, steps, env.new_trial(keys[2], params) if one_kind else ()

        return params, jax.jit(jax.vmap(play, in_axes=(0, None)))

    def batch_of(env):
        data = jgn.Dataset(env, batch_size=2, seq_len=20)
        params = env.default_params
        draw = jax.vmap(lambda key, params: data.sample_batch(key, params), in_axes=(0, None))
        return params, jax.jit(draw)

    def check(program, kinds, name):
        params, play = program
        keys = jax.random.split(jax.random.key(0), 6)
        expected = play(keys, params)
        for kind in kinds:
            mesh = jax.make_mesh((2,), ("rows",), axis_types=(kind,))
            sharded = jax.device_put(keys, NamedSharding(mesh, P("rows")))
            mapped = jax.shard_map(
                play, mesh=mesh, in_specs=(P("rows"), P()), out_specs=P("rows")
            )
            with jax.set_mesh(mesh):
                ways = [jax.jit(mapped), play] if kind is AxisType.Explicit else [jax.jit(mapped)]
                for way in ways:
                    found = way(sharded, params)
                    jax.tree.map(np.testing.assert_array_equal, found, expected)
                    assert len(jax.tree.leaves(found)[0].sharding.device_set) == 2
        print("equal:", name)

    assert len(jax.devices()) == 2
    BOTH = (AxisType.Auto, AxisType.Explicit)
"""


def run_on_two_devices(script):
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(SCRIPT) + textwrap.dedent(script)],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_task_runs_in_shard_map_and_sharded_with_the_defaults_of_jax():
    run = run_on_two_devices('check(playing(task("Bandit-v0")), BOTH, "Bandit")')
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.count("equal:") == 1


@pytest.mark.slow
def test_so_do_several_tasks_in_one_and_batches_of_data():
    run = run_on_two_devices("""
        check(playing(task("several tasks")), BOTH[:1], "several tasks")
        check(batch_of(task("DawTwoStep-v0")), BOTH[:1], "batches")
    """)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.count("equal:") == 2
