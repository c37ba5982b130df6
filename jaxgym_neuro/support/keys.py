# pyright: reportUnknownMemberType=false
"""Typed keys as the words that they are made of, for whatever knows no keys."""

from typing import Any, cast

import jax
import jax.numpy as jnp


def is_key(x: Any) -> bool:
    """Return whether an array, or its shape, is one of keys."""
    return jnp.issubdtype(x.dtype, jax.dtypes.prng_key)


def impl_of(x: Any) -> Any:
    """Return the kind of key that an array holds; None if it holds none."""
    return jax.random.key_impl(x) if is_key(x) else None


def as_words(x: jax.Array) -> jax.Array:
    """Return an array; one of keys as words, with one more axis."""
    return x if impl_of(x) is None else jax.random.key_data(x)


def shape_of_words(x: Any) -> Any:
    """Return the shape and dtype of an array, or of one that is described, `as_words`."""
    return jax.eval_shape(jax.random.key_data, x) if is_key(x) else x


def from_words(x: jax.Array, impl: Any) -> jax.Array:
    """Undo `as_words`."""
    return x if impl is None else cast(jax.Array, jax.random.wrap_key_data(x, impl=impl))
