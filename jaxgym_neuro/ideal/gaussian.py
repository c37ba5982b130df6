"""Probabilities of Gaussian evidence: what closed forms and rules share."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

LEAST_NOISE = 1e-3  # below, likelihoods are those of this noise: they stay finite

_erf = np.vectorize(math.erf, otypes=[np.float64])


def phi(x: Any) -> np.ndarray:
    """Standard normal cumulative distribution; infinity gives 1."""
    return 0.5 * (1 + _erf(np.asarray(x, np.float64) / math.sqrt(2)))


def density(x: Any) -> np.ndarray:
    """Standard normal density."""
    return np.exp(-0.5 * np.square(x)) / math.sqrt(2 * math.pi)


def ratio(signal: Any, noise: Any) -> np.ndarray:
    """Signal over noise; 0 over 0 is 0, and else over 0 is infinity."""
    signal, noise = np.broadcast_arrays(np.asarray(signal, np.float64), noise)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(signal == 0, 0.0, signal / noise)


def tuning(theta: np.ndarray) -> np.ndarray:
    """cos(theta_i - theta_j) of the units of a ring, (d, d)."""
    return np.cos(theta[:, None] - theta[None]).astype(np.float32)


def fits(theta: np.ndarray, sums: jax.Array) -> jax.Array:
    """Return how well the tuning of each direction fits what the units saw, (d,)."""
    return jnp.matmul(jnp.asarray(tuning(theta)), sums, precision="highest")


def power(theta: np.ndarray) -> float:
    """Sum of squared cosines over the units of a ring, the same for each direction."""
    return 2.0 if len(theta) == 2 else len(theta) / 2


def direction_accuracy(theta: np.ndarray, coh: Any, steps: int, sigma: float) -> np.ndarray:
    """How often the direction of motion is found, by the unit whose tuning fits the sums best.

    Coherent motion adds cos(theta_i - theta) coh / 200 to unit i at each step. Its projections
    upon the cosine and sine of a direction are Gaussian with the same variance; with two units only
    the cosine is seen.

    Args:
        theta: preferred directions, (d,).
        coh: coherence in percent, (...).
        steps: that the stimulus lasts.
        sigma: noise of one step.
    """
    d = len(theta)
    signal = np.asarray(coh, np.float64) / 200 * math.sqrt(steps * power(theta))
    m = ratio(signal, sigma)
    if d == 2:
        return phi(m)
    # The density of the angle of a Gaussian at distance m from the origin, within pi / d.
    m = np.minimum(m, 1e3)[..., None]
    nodes, weights = np.polynomial.legendre.leggauss(400)
    angle = nodes * math.pi / d
    along = m * np.cos(angle)
    found = density(m) * density(0) + along * density(m * np.sin(angle)) * phi(along)
    inside = np.sum(weights * found, axis=-1) * math.pi / d
    return np.where(m[..., 0] >= 1e3, 1.0, inside)


def log_motion(
    theta: np.ndarray, sums: jax.Array, steps: jax.Array, sigma: jax.Array, cohs: jax.Array
) -> jax.Array:
    """Log-likelihood of each direction, over coherences that are all equally likely: (d,).

    Args:
        theta: preferred directions, (d,).
        sums: input of each unit summed over the stimulus, (d,).
        steps: that were summed.
        sigma: noise of one step.
        cohs: coherences in percent, (n,).
    """
    half = cohs / 200
    variance = jnp.maximum(sigma, LEAST_NOISE) ** 2
    fit = fits(theta, sums)
    cost = steps * power(theta) * half**2 / 2
    return jax.nn.logsumexp((half * fit[:, None] - cost) / variance, axis=1)


def match_accuracy(*errors: Any) -> Any:
    """How often two items are told to be the same or not, with a probability to err on each."""
    first, second = errors
    return (1 - first) * (1 - second) + first * second
