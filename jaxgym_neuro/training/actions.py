"""What a network's outputs say about actions: probabilities of discrete ones, or a Gaussian."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.spaces import is_box, is_discrete

POLICY = "policy"  # the readout that is read here


@dataclasses.dataclass(frozen=True)
class Categorical:
    """Actions 0 to n - 1; the readout gives their logits."""

    n: int

    @property
    def size(self) -> int:
        """Size of the readout."""
        return self.n

    @property
    def num_sds(self) -> int:
        """How many standard deviations are learned."""
        return 0

    def sample(self, key: jax.Array, outputs: Any) -> jax.Array:
        """Draw an action for each row, by the inverse of the distribution function."""
        logits = outputs[POLICY]
        cumulative = jnp.cumsum(jax.nn.softmax(logits), axis=-1)
        drawn = random.uniform(key, logits.shape[:-1])
        # Rounding may leave the last cumulative sum below 1, so it is not asked.
        return jnp.sum(drawn[..., None] >= cumulative[..., :-1], axis=-1, dtype=jnp.int32)

    def greedy(self, outputs: Any) -> jax.Array:
        """Return the likeliest action of each row."""
        return jnp.argmax(outputs[POLICY], axis=-1).astype(jnp.int32)

    def log_prob(self, outputs: Any, drawn: jax.Array) -> jax.Array:
        """Return the log probability of what was drawn."""
        log_probs = jax.nn.log_softmax(outputs[POLICY])
        chosen = jax.nn.one_hot(drawn, self.n, dtype=log_probs.dtype)
        return jnp.sum(log_probs * chosen, axis=-1)

    def entropy(self, outputs: Any) -> jax.Array:
        """Return the entropy of each row, in nats."""
        log_probs = jax.nn.log_softmax(outputs[POLICY])
        return -jnp.sum(jnp.exp(log_probs) * log_probs, axis=-1)

    def as_action(self, drawn: jax.Array) -> jax.Array:
        """Return the action that the environment is given."""
        return drawn


@dataclasses.dataclass(frozen=True)
class Gaussian:
    """Continuous actions; the readout gives their means, in units of half the space's range.

    What is drawn may lie outside the space; the action is clipped to it.
    """

    low: tuple[float, ...]  # flat
    high: tuple[float, ...]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Size of the readout."""
        return len(self.low)

    @property
    def num_sds(self) -> int:
        """How many standard deviations are learned."""
        return self.size

    def sample(self, key: jax.Array, outputs: Any) -> jax.Array:
        """Draw for each row."""
        mean = outputs[POLICY]
        return mean + jnp.exp(outputs["log_sd"]) * random.standard_normal(key, mean.shape)

    def greedy(self, outputs: Any) -> jax.Array:
        """Return the mean of each row."""
        return outputs[POLICY]

    def log_prob(self, outputs: Any, drawn: jax.Array) -> jax.Array:
        """Return the log density of what was drawn."""
        log_sd = outputs["log_sd"]
        off = (drawn - outputs[POLICY]) * jnp.exp(-log_sd)
        log_2pi = np.float32(math.log(2 * math.pi))
        return -0.5 * jnp.sum(off**2 + 2.0 * log_sd + log_2pi, axis=-1)

    def entropy(self, outputs: Any) -> jax.Array:
        """Return the entropy of each row, in nats."""
        each = np.float32(0.5 * math.log(2 * math.pi * math.e))
        return jnp.sum(outputs["log_sd"] + each, axis=-1)

    def as_action(self, drawn: jax.Array) -> jax.Array:
        """Return the action that the environment is given."""
        low, high = (np.asarray(x, np.float32) for x in (self.low, self.high))
        is_finite = np.isfinite(low) & np.isfinite(high)
        with np.errstate(invalid="ignore"):
            middle = np.where(is_finite, (low + high) / 2, 0).astype(np.float32)
            half = np.where(is_finite, (high - low) / 2, 1).astype(np.float32)
        action = jnp.clip(middle + half * drawn, low, high)
        return action.reshape(*drawn.shape[:-1], *self.shape)


def actions_of(space: Any) -> Categorical | Gaussian:
    """Return what outputs say about the actions of a space.

    Raises:
        ValueError: for a space that is neither Discrete nor Box.
    """
    if is_discrete(space):
        return Categorical(int(space.n))
    if is_box(space):
        low, high = (
            tuple(np.broadcast_to(np.asarray(x, np.float64), space.shape).reshape(-1).tolist())
            for x in (space.low, space.high)
        )
        return Gaussian(low, high, tuple(space.shape))
    raise ValueError(f"a policy's actions are Discrete or Box, not {type(space).__name__}")
