"""What tasks hold is serialized by flax, as a TrainState that holds it needs."""

import flax.serialization
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

SHORT = {"timing": {"stimulus": 200, "delay": 100, "decision": 200}}


def a_state(seed):
    return jgn.make("PerceptualDecisionMaking-v0", **SHORT)[0].reset(jax.random.key(seed))[1]


def a_wrapped_state(seed):
    env = jgn.wrappers.TimeOut(jgn.make("DawTwoStep-v0")[0], 100)
    return env.reset(jax.random.key(seed))[1]


def a_state_of_several_tasks(seed):
    return jgn.wrappers.MultiTask(["GoNogo-v0", "Bandit-v0"], pad=True).reset(jax.random.key(seed))[
        1
    ]


def params(seed):
    return jgn.make("PerceptualDecisionMaking-v0")[1].replace(sigma=seed / 2)


def streams(seed):
    return jgn.Dataset("GoNogo-v0", batch_size=2, seq_len=8).init_stream(seed)


@pytest.mark.parametrize(
    "make", [a_state, a_wrapped_state, a_state_of_several_tasks, params, streams]
)
def test_flax_saves_and_restores_it(make):
    saved, other = make(1), make(2)
    restored = flax.serialization.from_bytes(other, flax.serialization.to_bytes(saved))
    assert jax.tree.structure(restored) == jax.tree.structure(saved)
    for x, y in zip(jax.tree.leaves(restored), jax.tree.leaves(saved), strict=True):
        assert x.dtype == y.dtype
        if jax.dtypes.issubdtype(y.dtype, jax.dtypes.prng_key):
            x, y = jax.random.key_data(x), jax.random.key_data(y)
        np.testing.assert_array_equal(x, y)
