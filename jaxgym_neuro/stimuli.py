# pyright: reportUnknownMemberType=false
"""Encodings that tasks share: rings of direction-tuned units."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.support.validation import check_integer


def ring(num_units: int) -> np.ndarray:
    """Return the preferred angles of a ring of units, in radians from 0; float32, (num_units,).

    Raises:
        ValueError: for fewer than 2 units.
    """
    num_units = check_integer("dim_ring (the number of units on the ring)", num_units, at_least=2)
    return (np.arange(num_units) * (2 * math.pi / num_units)).astype(np.float32)


def coherent_motion(theta: np.ndarray, direction: jax.Array, coh: jax.Array) -> jax.Array:
    """Mean input of ring units to motion of a coherence (percent) in a direction (radians)."""
    return jnp.cos(theta - direction) * (coh / 200) + 0.5


def cosine_tuning(theta: np.ndarray, angle: jax.Array) -> jax.Array:
    """Mean input of ring units to an angle (radians): a cosine from -1 to 1 around it."""
    return jnp.cos(theta - angle)


def positive_tuning(theta: np.ndarray, angle: jax.Array) -> jax.Array:
    """Mean input of ring units to an angle (radians): a cosine from 0 to 1 around it."""
    return jnp.cos(theta - angle) * 0.5 + 0.5


def bump(theta: np.ndarray, angle: jax.Array) -> jax.Array:
    """Mean input of ring units to an angle (radians): a Gaussian of 0.8 at it, of s.d. pi / 8."""
    # What is opposite may be more than half a turn away, by less than a float32 can tell.
    distance = jnp.abs(theta - angle) % np.float32(2 * math.pi)
    distance = jnp.minimum(distance, np.float32(2 * math.pi) - distance)
    return 0.8 * jnp.exp(-0.5 * (distance * np.float32(8 / math.pi)) ** 2)


def pick(table: np.ndarray, index: jax.Array) -> jax.Array:
    """Return one row of a constant table; an index out of range takes the nearest row."""
    return jnp.asarray(table).at[index].get(mode="clip")
