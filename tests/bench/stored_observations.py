"""What observations that are stored in 16 bits would save, and what they would cost.

Steps of PerceptualDecisionMaking are timed in turn with trials whose ``ob`` is float32, bfloat16,
or the bits of bfloat16 as whole numbers. The builder and the reading of a row are replaced for it.
"""

import dataclasses
from unittest import mock

import jax
import jax.numpy as jnp

from jaxgym_neuro import registry
from jaxgym_neuro.bench.timing import REFERENCE, Case, time_in_turn
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.trial import TrialBuilder

CASES = {
    "T = 22, N = 16,384": (16_384, 66, {}),
    "T = 22, 33 channels, N = 16,384": (16_384, 66, {"dim_ring": 32}),
    "T = 550, N = 4,096": (4_096, 1_100, {"dt": 4}),
}
KINDS = ("float32", "bfloat16", "bits")


def case_of(kind, num_envs, num_steps, arguments):
    build, read = TrialBuilder.build, TrialEnv.ob_now

    def build_small(builder):
        trial = build(builder)
        ob = trial.ob if kind == "float32" else trial.ob.astype(jnp.bfloat16)
        ob = jax.lax.bitcast_convert_type(ob, jnp.uint16) if kind == "bits" else ob
        return dataclasses.replace(trial, ob=ob)

    def read_small(env, state):
        row = read(env, state)
        row = jax.lax.bitcast_convert_type(row, jnp.bfloat16) if kind == "bits" else row
        return row.astype(jnp.float32)

    jax.clear_caches()
    env = registry.as_env(REFERENCE, **arguments)
    with (
        mock.patch.multiple(TrialBuilder, build=build_small),
        mock.patch.multiple(TrialEnv, ob_now=read_small),
    ):
        shape = jax.eval_shape(env.reset, jax.eval_shape(lambda: jax.random.key(0)))[1]
        size = sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(shape))
        return size, Case(kind, env, env.default_params, num_envs, num_steps)


def main():
    print(f"{'':34}{'stored as':12}{'bytes':>8}{'ns':>8}")
    for name, (num_envs, num_steps, arguments) in CASES.items():
        made = [case_of(kind, num_envs, num_steps, arguments) for kind in KINDS]
        timings = time_in_turn([case for _, case in made])
        for (size, _), timing in zip(made, timings, strict=True):
            print(f"{name:34}{timing.name:12}{size:8,}{timing.ns_per_step:8.0f}")


if __name__ == "__main__":
    main()
