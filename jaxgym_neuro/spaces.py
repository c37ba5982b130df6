# pyright: reportMissingTypeStubs=false
"""Observation and action spaces with names for their channels and actions."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import spaces as gymnax_spaces

from jaxgym_neuro.support.validation import check_integer, hashable, unknown_name

Names = Mapping[str, int | Sequence[int] | range]


class _ByValue:
    """Equality and hash by value, so that equal tasks share compiled code."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and hashable(vars(self)) == hashable(vars(other))

    def __hash__(self):
        return hash(hashable(vars(self)))


class Box(_ByValue, gymnax_spaces.Box):
    """gymnax's Box with ``name``: a dict from channel name to index or indices on the last axis.

    Args:
        low: bound, a scalar or an array of ``shape``.
        high: bound, likewise.
        shape: shape of one element.
        dtype: float32 unless said otherwise.
        name: ``{"fixation": 0, "stimulus": [1, 2]}``; None for unnamed channels.
    """

    def __init__(
        self,
        low: Any,
        high: Any,
        shape: tuple[int, ...] = (),
        dtype: Any = np.float32,
        name: Names | None = None,
    ):
        low, high = (np.asarray(bound, dtype) for bound in (low, high))
        super().__init__(low, high, tuple(shape), dtype)
        self.name = _check_names("channel", name, self.shape[-1] if self.shape else 1)

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw uniformly where both bounds are finite; else a normal number cut at a finite one."""
        low, high = (np.broadcast_to(bound, self.shape) for bound in (self.low, self.high))
        is_bounded = np.isfinite(low) & np.isfinite(high)
        key_uniform, key_normal = jax.random.split(key)
        unit = jax.random.uniform(key_uniform, self.shape, jnp.float32)
        span = np.where(is_bounded, high, 0) - np.where(is_bounded, low, 0)
        uniform = np.where(is_bounded, low, 0).astype(np.float32) + unit * span.astype(np.float32)
        normal = jnp.clip(jax.random.normal(key_normal, self.shape, jnp.float32), low, high)
        return jnp.where(is_bounded, uniform, normal).astype(self.dtype)


class Discrete(_ByValue, gymnax_spaces.Discrete):
    """gymnax's Discrete with ``name``: a dict from action name to its index or indices."""

    def __init__(self, num_categories: int, name: Names | None = None):
        super().__init__(check_integer("the number of actions", num_categories, at_least=1))
        self.name = _check_names("action", name, self.n)


def unbounded(name: Names | Sequence[str]) -> Box:
    """Return a Box of float32 channels without bounds: those in ``name``, or one for each name."""
    if not isinstance(name, Mapping):
        name = {one: index for index, one in enumerate(name)}
    size = 1 + max(int(np.max(where)) for where in name.values())
    return Box(-np.inf, np.inf, (size,), name=name)


def indices_of(kind: str, names: Names, where: Any, size: int) -> list[int]:
    """Resolve a name, an index or several of either to indices; ``None`` means all.

    Raises:
        ValueError: for an unknown name (with the closest match) or an index out of range.
    """
    if where is None:
        return list(range(size))
    if isinstance(where, str):
        if where not in names:
            raise unknown_name(kind, where, names)
        return indices_of(kind, names, names[where], size)
    if isinstance(where, int | np.integer):
        if not 0 <= where < size:
            raise ValueError(f"{kind} {where} does not exist; there are {size}, from 0")
        return [int(cast(int, where))]
    several = cast(Sequence[Any], where)
    return [index for item in several for index in indices_of(kind, names, item, size)]


def _check_names(kind: str, names: Any, size: int) -> dict[str, Any]:
    if names is None:
        return {}
    if not isinstance(names, Mapping):
        raise ValueError(f"name is a dict from {kind} name to index or indices, not {names!r}")
    given = cast(Names, names)
    for name, where in given.items():
        try:
            indices_of(kind, {}, where, size)
        except ValueError as error:
            raise ValueError(f"name {name!r}: {error}") from None
    return dict(given)
