# pyright: reportUnknownMemberType=false
"""Markov chains: what they come to after a number of trials, and in the long run."""

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro.support.meshes import axes_of, vary

_BITS = 24  # of a number of trials
_FOR_EVER = 2**20 - 1  # trials after which all that is forgotten is forgotten


def after(start: jax.Array, matrix: jax.Array, trials: jax.Array) -> jax.Array:
    """Return the probabilities of the states after so many trials.

    Args:
        start: probabilities of the states now, (n,) float32.
        matrix: probability of each state (column) after each state (row), (n, n) float32.
        trials: () int32, from 0 to 2**24 - 1; may be traced.
    """

    def go_on(_: Any, carry: Any) -> Any:
        probs, power, left = carry
        probs = jnp.where(left % 2 == 1, _times(probs, power), probs)
        return probs, _times(power, power), left // 2

    carry = start, matrix, jnp.asarray(trials, jnp.int32)
    carry = vary(carry, axes_of(carry))
    return cast(Any, lax.fori_loop(0, _BITS, go_on, carry))[0]


def in_the_long_run(matrix: jax.Array) -> jax.Array:
    """Return the share of the trials that a chain spends in each state, (n,) float32.

    Where that depends on the state in which the chain begins, all begin equally often.

    Args:
        matrix: probability of each state (column) after each state (row), (n, n) float32.
    """
    states = matrix.shape[0]
    # It spends as much in each if it rests at half of the trials, and then is not periodic.
    rests = (matrix + jnp.eye(states, dtype=jnp.float32)) / 2
    start = jnp.full((states,), 1 / states, jnp.float32)
    return after(start, rests, jnp.int32(_FOR_EVER))


def _times(left: jax.Array, right: jax.Array) -> jax.Array:
    """Multiply, in full precision, and have what sums to 1 sum to 1 again."""
    product = jnp.matmul(left, right, precision=lax.Precision.HIGHEST)
    total = jnp.sum(product, axis=-1, keepdims=True)
    return product / jnp.maximum(total, np.finfo(np.float32).tiny)
