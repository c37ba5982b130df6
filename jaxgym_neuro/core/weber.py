# pyright: reportUnknownMemberType=false
"""What tasks share in which times may be judged imprecisely: Weber's law."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.params import number
from jaxgym_neuro.core.tables import Condition

_MOST = 4.0  # standard deviations at which a jitter is cut: 6 of 100,000 are


def weber_fraction(meaning: str) -> Any:
    """Declare a field of params: the Weber fraction."""
    return number(
        0.0, f"s.d. of the jitter of {meaning}, as a fraction of it", at_least=0, at_most=0.2
    )


def jitter_of(of: str) -> Condition:
    """Declare the condition that holds the jitter of a time, in standard deviations."""
    return Condition(
        f"standard normal, cut at 4: {of} is multiplied by 1 + ``params.weber`` * jitter",
        at_least=-_MOST,
        at_most=_MOST,
    )


def draw_jitter(key: jax.Array) -> jax.Array:
    """Draw a jitter, () float32."""
    return jnp.clip(random.standard_normal(key, ()), -_MOST, _MOST)


def stretch(params: Any, jitter: jax.Array) -> jax.Array:
    """Return what a time is multiplied by; it is above 0."""
    return 1 + jnp.asarray(params.weber, jnp.float32) * jitter


def shown_ms(steps: jax.Array, factor: Any, dt: float) -> jax.Array:
    """Return how long an interval of some steps is shown, in ms: whole steps, at least one."""
    shown = jnp.maximum(jnp.round(steps.astype(jnp.float32) * factor), 1)
    return jnp.where(steps > 0, shown, 0) * np.float32(dt)


def longest_shown(steps: int, weber: float) -> int:
    """Return the most steps that an interval of some steps is shown for."""
    return math.ceil(steps * (1 + _MOST * weber) - 1e-6)


def check_room(task: str, name: str, value: Any, longest: float, unit: str = "") -> None:
    """Raise a ValueError if a field of params is greater than what T was made for."""
    if np.max(value) > np.float32(longest):
        raise ValueError(
            f"{name} goes up to {np.max(value):g}{unit}, and the arrays of this {task} have room "
            f"for {longest:g}{unit}; to allow more, construct it with {name}= the greatest"
        )
