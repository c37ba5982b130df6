import re

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.support.xla import compile_quickly, compute_once, options_on_cpu

KEYS = jax.random.split(jax.random.key(0), 16)


def shown(key):
    """A random angle, seen at every step by every unit."""
    angle = compute_once(random.uniform(key))
    return jnp.ones((50, 8), jnp.float32) * angle


def test_what_uses_a_value_does_not_compute_it_again():
    program = jax.jit(jax.vmap(shown)).lower(KEYS).compile().as_text()
    last = re.search(r"ROOT .*calls=%([\w.\-]+)", program[program.index("ENTRY") :]).group(1)
    users = program[program.index(f"%{last} ") :].split("\n}")[0]
    assert "broadcast" in users
    assert "xor" not in users  # the random number generator
    assert "xor" in program


def test_values_shapes_and_dtypes_stay_as_they_are():
    tree = {
        "angle": jnp.array([0.1, -jnp.inf, 3e38], jnp.float32),
        "choice": jnp.int32(-7),
        "words": jnp.array([[2**32 - 1, 0]], jnp.uint32),
        "is_common": jnp.array([True, False]),
        "weak": jnp.asarray(2),
        "empty": jnp.zeros((0, 2), jnp.float32),
        "carry": (),
    }
    for same in (compute_once(tree), jax.jit(compute_once)(tree)):
        jax.tree.map(np.testing.assert_array_equal, same, tree)
        assert jax.tree.map(jax.typeof, same) == jax.tree.map(jax.typeof, tree)


def test_gradients_pass_forward_and_backward():
    def loss(x, scale):
        return jnp.sum(compute_once(x * scale) ** 2)

    x = jnp.array([1.0, 2.0, 3.0], jnp.float32)
    for gradient in (jax.grad, jax.jacfwd):
        by_scale = gradient(loss, argnums=1)
        assert float(by_scale(x, jnp.float32(2))) == 56.0
        assert float(jax.jit(by_scale)(x, jnp.float32(2))) == 56.0


def test_what_is_compiled_quickly_by_itself_is_a_part_of_any_program_around_it():
    """XLA's options are for whole programs, and JAX refuses them within one."""
    traced = []

    @compile_quickly
    def double(x):
        traced.append(1)
        return 2 * x

    x = jnp.ones(3)
    for _ in range(2):
        np.testing.assert_array_equal(double(x), [2, 2, 2])
    assert len(traced) == 1
    np.testing.assert_array_equal(jax.jit(lambda: double(x))(), [2, 2, 2])
    np.testing.assert_array_equal(jax.vmap(double)(x), [2, 2, 2])
    np.testing.assert_array_equal(jax.vmap(lambda y: y + double(x))(x)[0], [3, 3, 3])
    assert jax.grad(double)(1.0) == 2
    assert jax.jvp(double, (1.0,), (1.0,)) == (2, 2)


def test_what_is_set_by_flags_is_left_as_it_is(monkeypatch):
    options = {"xla_backend_optimization_level": 2, "xla_cpu_use_fusion_emitters": False}
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_enable_fast_math")
    assert options_on_cpu(**options) == {"xla_cpu_use_fusion_emitters": False}
    monkeypatch.delenv("XLA_FLAGS")
    assert options_on_cpu(**options) == options
