"""Rows that tasks share in which a direction on a ring is chosen, or motion is seen."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.params import number
from jaxgym_neuro.core.tables import Action, Condition

RING_CHOICE = Action("the direction of ring unit i", "d")
RING_TRUTH = Condition(
    "uniform over the directions; choice i is action i + 1", "int32", at_least=0, below="d"
)
COHERENCE = Condition("uniform over ``params.cohs``", unit="percent", at_least=0)
# Of two directions, 0 and pi, the second is the positive one; of more, what is told of that axis.
SIGNED_COHERENCE = Condition(
    "-coh cos(theta_gt): with two directions, coh where the second is right, -coh where the first",
    unit="percent",
    derived=True,
)


def signed_coherence(direction: jax.Array, coh: jax.Array) -> jax.Array:
    """Return a coherence (percent) with the sign of its direction (radians): pi is positive."""
    return -coh * jnp.cos(direction)


def coherences(*percent: float) -> Any:
    """Declare a field of params: the coherences of motion, from which each trial draws one."""
    return number(percent, "coherences", unit="percent", shape=("n",), at_least=0)
