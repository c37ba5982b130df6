# pyright: reportUnknownMemberType=false
"""Observation and action spaces with names for their channels and actions."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeGuard, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.support.immutable import ReadOnlyDict
from jaxgym_neuro.support.validation import (
    check_integer,
    hashable,
    is_list_or_tuple,
    unknown_name,
)

Names = Mapping[str, int | Sequence[int] | range]


class DiscreteSpace(Protocol):
    """What a space of discrete actions has, ours or gymnax's."""

    n: int
    shape: tuple[()]
    dtype: Any


class BoxSpace(Protocol):
    """What a space of arrays has, ours or gymnax's."""

    low: Any
    high: Any
    shape: tuple[int, ...]
    dtype: Any


def is_discrete(space: Any) -> TypeGuard[DiscreteSpace]:
    """Whether a space, ours or gymnax's, is a `Discrete`."""
    return hasattr(space, "n")


def is_box(space: Any) -> TypeGuard[BoxSpace]:
    """Whether a space, ours or gymnax's, is a `Box`."""
    return hasattr(space, "low") and hasattr(space, "high")


class _Space:
    """Equal and hashed by value, so that equal tasks share compiled code.

    To gymnax our spaces are its own: code that asks ``isinstance(space, gymnax...Discrete)`` has
    imported gymnax, which takes seconds and starts JAX's backend. So they do not derive from its
    classes, and name them as their ``__class__`` as soon as they are there.
    """

    # This is what isinstance asks next, where the type itself is no answer.
    @property
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        gymnax_spaces = sys.modules.get("gymnax.environments.spaces")
        return getattr(gymnax_spaces, type(self).__name__, type(self))

    def __reduce__(self):
        # By default pickle writes __class__.
        return _remade, (type(self), vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and hashable(vars(self)) == hashable(vars(other))

    def __hash__(self):
        return hash(hashable(vars(self)))


def _remade(cls: type[_Space], attributes: Mapping[str, Any]) -> _Space:
    """Make a space of its attributes, when it is unpickled or copied."""
    space = object.__new__(cls)
    vars(space).update(attributes)
    return space


class Box(_Space):
    """Arrays of a shape, with ``name``: a dict from channel name to indices on the last axis.

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
        if not is_list_or_tuple(shape):
            raise ValueError(f"the shape of a Box is a tuple such as (3,), not {shape!r}")
        self.shape = tuple(shape)
        self.low, self.high = (_bound(bound, self.shape, dtype) for bound in (low, high))
        if not np.all(self.low <= self.high):  # nor is NaN
            raise ValueError(f"a Box has low <= high, not {low} and {high}")
        self.dtype = dtype
        self.name = _check_names("channel", name, self.shape[-1] if self.shape else 1)

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw uniformly where both bounds are finite; else a normal number cut at a finite one."""
        low, high = (np.broadcast_to(bound, self.shape) for bound in (self.low, self.high))
        is_bounded = np.isfinite(low) & np.isfinite(high)
        key_uniform, key_normal = jax.random.split(random.as_key(key))
        unit = jax.random.uniform(key_uniform, self.shape, jnp.float32)
        span = np.where(is_bounded, high, 0) - np.where(is_bounded, low, 0)
        uniform = np.where(is_bounded, low, 0).astype(np.float32) + unit * span.astype(np.float32)
        normal = jnp.clip(jax.random.normal(key_normal, self.shape, jnp.float32), low, high)
        return jnp.where(is_bounded, uniform, normal).astype(self.dtype)

    def contains(self, x: Any) -> jax.Array:
        """Whether every number of ``x`` lies within the bounds: () bool."""
        x = jnp.asarray(x)
        return jnp.all((x >= self.low) & (x <= self.high))

    def __repr__(self):
        low, high = (bound.tolist() for bound in (self.low, self.high))
        return f"Box({low}, {high}, {self.shape}, {np.dtype(self.dtype)}{_named(self.name)})"


class Discrete(_Space):
    """Actions 0 to n - 1, with ``name``: a dict from action name to its index or indices.

    Args:
        num_categories: n.
        name: ``{"fixation": 0, "choice": [1, 2]}``; None for unnamed actions.
    """

    def __init__(self, num_categories: int, name: Names | None = None):
        self.n = check_integer("the number of actions", num_categories, at_least=1)
        self.shape = ()
        self.dtype = np.dtype(np.int32)
        self.name = _check_names("action", name, self.n)

    def sample(self, key: jax.Array) -> jax.Array:
        """Draw an action, each as likely: () int32."""
        return jax.random.randint(random.as_key(key), (), 0, self.n, self.dtype)

    def contains(self, x: Any) -> jax.Array:
        """Whether ``x`` is one of the actions: () bool."""
        x = jnp.asarray(x)
        return (x >= 0) & (x < self.n)

    def __repr__(self):
        return f"Discrete({self.n}{_named(self.name)})"


def check_space(name: str, space: Any, *kinds: type) -> None:
    """Raise a ValueError unless a space is one of ours, of one of the ``kinds``."""
    if not isinstance(space, kinds):
        allowed = " or ".join(f"jaxgym_neuro.spaces.{kind.__name__}" for kind in kinds)
        given = f"{type(space).__module__}.{type(space).__qualname__}"
        raise ValueError(f"{name} is a {allowed}, not a {given}")


def _bound(bound: Any, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return a bound as an array that cannot be changed."""
    array = np.array(bound, dtype)
    if array.shape not in ((), shape):
        raise ValueError(
            f"a bound of a Box is a number or an array of its shape {shape}, not of {array.shape}"
        )
    array.setflags(write=False)
    return array


def _named(names: Mapping[str, Any]) -> str:
    return f", name={dict(names)}" if names else ""


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
    return ReadOnlyDict(given)
