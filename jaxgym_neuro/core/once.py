"""Compute a small value once, where XLA's CPU compiler would compute it for every use of it."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def compute_once(tree: Any) -> Any:
    """Return the same arrays; on CPU, nothing that uses them computes them again.

    A fusion on CPU computes what it reads element by element, and a producer that it took in is
    computed again for every element that needs it: a random angle, its cosine, or the start of a
    period for every step and channel of a trial, an action for every array that depends on it.
    `jax.lax.optimization_barrier` is gone before XLA fuses. A windowed sum is never taken in; this
    one sums each value and the zero that its padding has for it.

    Use it for a few numbers per trial: it writes them to memory twice. Gradients pass through.
    """
    return jax.tree.map(_compute_array_once, tree)


def _compute_array_once(x):
    x = jnp.asarray(x)
    if jax.typeof(x).weak_type or jnp.issubdtype(x.dtype, jax.dtypes.extended) or x.size == 0:
        return x
    if x.dtype == jnp.bool_:
        return _compute_array_once(x.astype(jnp.int32)) != 0
    return lax.platform_dependent(x, cpu=_add_padding, default=lambda x: x)


def _add_padding(x):
    window, padding = (2, *(1,) * x.ndim), ((0, 1), *((0, 0),) * x.ndim)
    strides = (1,) * (1 + x.ndim)
    return lax.reduce_window(x[None], jnp.zeros((), x.dtype), lax.add, window, strides, padding)[0]
