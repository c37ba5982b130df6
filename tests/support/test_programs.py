"""Compiled programs are kept for a few values of static arguments, and shared by equal ones."""

import gc
import weakref

import jax
import jax.numpy as jnp

from jaxgym_neuro.support.caches import jit_for_few, kept_with_jax


class Static:
    """Equal by value, as tasks are."""

    def __init__(self, factor):
        self.factor = factor

    def __eq__(self, other):
        return self.factor == other.factor

    def __hash__(self):
        return hash(self.factor)


def made():
    traced = []

    @jit_for_few(1, maxsize=2, donate_argnums=0)
    def scale(static, x):
        """Scale."""
        traced.append(static.factor)
        return static.factor * x

    return scale, traced


def test_equal_statics_share_a_program_and_only_the_last_few_have_one():
    scale, traced = made()
    for factor in (2, 3, 2, 3, 4, 4, 2):
        assert scale(Static(factor), jnp.float32(5)) == 5 * factor
    assert traced == [2, 3, 4, 2]
    assert len(scale.programs) == 2
    assert scale.program(Static(2))(jnp.float32(5)) == 10
    assert traced == [2, 3, 4, 2]
    assert scale.__doc__ == "Scale."


def test_what_is_not_kept_is_freed_with_its_program():
    scale, _ = made()
    kept = []
    for factor in range(5):
        static = Static(factor)
        kept.append(weakref.ref(static))
        scale(static, jnp.float32(1))
    del static
    gc.collect()
    assert [one() is None for one in kept] == [True, True, True, False, False]
    jax.clear_caches()
    gc.collect()
    assert [one() is None for one in kept] == [True] * 5


def test_what_is_worked_out_once_is_forgotten_with_what_jax_has_compiled():
    calls = []
    square = kept_with_jax(maxsize=8)(lambda x: calls.append(x) or x * x)
    assert [square(3), square(3)] == [9, 9]
    jax.clear_caches()
    assert square(3) == 9
    assert calls == [3, 3]
