# pyright: reportUnknownMemberType=false
"""Rows of batched arrays: which are due, taking them out, and writing them back.

What `renewal` and `kinds` do with a chunk of rows, they do with these.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax import lax

from jaxgym_neuro.support.xla import compute_once

_WORD = 32


@dataclasses.dataclass(frozen=True)
class RowInputs:
    """What is needed to draw many rows, flat: some arrays have a row for each, others are shared.

    Flat, because axes that say which is which would pass through the constructors of params.
    """

    leaves: list[jax.Array]
    per_row: tuple[bool, ...]  # of each leaf, does it have a row axis?
    structure: Any  # of the pytree of one row

    def select(self, rows: Callable[[jax.Array], jax.Array]) -> Self:
        """Return these with ``rows(leaf)`` of what has rows."""
        own = [rows(x) if has else x for x, has in zip(self.leaves, self.per_row, strict=True)]
        return dataclasses.replace(self, leaves=own)

    def map(self, function: Callable[[Any, Any], Any], other: Any) -> Any:
        """Return ``function(inputs, other)`` of every row; all of ``other`` has rows."""
        axes = [0 if has_rows else None for has_rows in self.per_row]

        def from_leaves(leaves: list[jax.Array], other: Any) -> Any:
            return function(jax.tree.unflatten(self.structure, leaves), other)

        return jax.vmap(from_leaves, in_axes=(axes, 0))(self.leaves, other)


def take(tree: Any, row: jax.Array) -> Any:
    """Return the rows of every array."""

    def take_of(x: jax.Array) -> jax.Array:
        return x.at[row].get(mode="clip")

    return jax.tree.map(take_of, tree)


def put(tree: Any, row: jax.Array, values: Any) -> Any:
    """Write the rows of every array, or what they begin with; those past its end are dropped.

    What is written to a row of numbers may be a matrix: its lines, one after the other.
    """

    def put_array(x: jax.Array, y: jax.Array) -> jax.Array:
        if y.ndim > x.ndim:
            return _put_matrices(x, row, y)
        to = (row, slice(y.shape[1])) if y.shape[1:] != x.shape[1:] else row
        return x.at[to].set(y, mode="drop", unique_indices=True)

    return jax.tree.map(put_array, tree, values)


def _put_matrices(x: jax.Array, row: jax.Array, y: jax.Array) -> jax.Array:
    """Write matrices (n, rows, width) over what rows of ``x`` (N, numbers) begin with.

    Line by line: flat, each number would be computed from its place in the row, which on CPU costs
    a division and all that could be computed once for a line, up to ten times the time.
    """
    _, lines, width = y.shape
    begin = jnp.broadcast_to(lax.iota(jnp.int32, lines) * jnp.int32(width), y.shape[:2])
    to = jnp.stack([jnp.broadcast_to(row[:, None], begin.shape), begin], axis=-1)
    numbers = lax.ScatterDimensionNumbers(
        update_window_dims=(2,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0, 1)
    )
    mode = lax.GatherScatterMode.FILL_OR_DROP
    return lax.scatter(x, to, y, numbers, unique_indices=True, mode=mode)


def write_over(old: jax.Array, new: jax.Array, axis: int = 0) -> jax.Array:
    """Write an array over the beginning of an old one; a matrix, line by line."""
    new = new.reshape(*new.shape[:axis], -1, *old.shape[axis + 1 :])
    rest = lax.slice_in_dim(old, new.shape[axis], old.shape[axis], axis=axis)
    return jnp.concatenate([new, rest], axis=axis)


def rank_due_rows(due: jax.Array) -> tuple[Callable[[jax.Array], jax.Array], jax.Array]:
    """Return a function from rank to row (the k-th due row for rank k), and the number due.

    ``jnp.nonzero`` would run over all rows several times at every step. Packed into 32-bit words,
    the rows need one cheap pass and a running sum over the words; a rank then finds its group of
    words, in that its word, and its bit by halving the word five times.
    """
    rows = due.shape[0]
    padded = jnp.pad(due, (0, -rows % _WORD)).reshape(-1, _WORD).astype(jnp.uint32)
    bit = lax.broadcasted_iota(jnp.uint32, padded.shape, 1)
    words = jnp.sum(padded << bit, axis=1, dtype=jnp.uint32)
    counts = lax.population_count(words).astype(jnp.int32)
    ends = jnp.cumsum(counts, dtype=jnp.int32)
    # Groups of about as many words as there are groups; a binary search would be a loop.
    size = 2 ** math.ceil(math.log2(len(words)) / 2)
    groups = jnp.pad(ends, (0, -len(ends) % size), mode="edge").reshape(-1, size)

    def row_of_rank(rank: jax.Array) -> jax.Array:
        group = jnp.sum(groups[None, :, -1] <= rank[:, None], axis=1, dtype=jnp.int32)
        group = compute_once(jnp.minimum(group, jnp.int32(len(groups) - 1)))
        in_group = groups.at[group].get(mode="promise_in_bounds")
        word = jnp.sum(in_group <= rank[:, None], axis=1, dtype=jnp.int32)
        word = compute_once(jnp.minimum(group * jnp.int32(size) + word, jnp.int32(len(words) - 1)))
        bit = nth_set_bit(words[word], rank - (ends[word] - counts[word]))
        return word * jnp.int32(_WORD) + bit

    return row_of_rank, ends[-1]


def nth_set_bit(word: jax.Array, n: jax.Array) -> jax.Array:
    """Position of the n-th set bit (from 0, lowest first) of each 32-bit word."""
    position = jnp.zeros_like(n)
    for half in (16, 8, 4, 2, 1):
        low = word & jnp.uint32((1 << half) - 1)
        in_low = lax.population_count(low).astype(jnp.int32)
        is_above = n >= in_low
        position = position + jnp.where(is_above, jnp.int32(half), jnp.int32(0))
        word = jnp.where(is_above, word >> jnp.uint32(half), low)
        n = n - jnp.where(is_above, in_low, jnp.int32(0))
    return position
