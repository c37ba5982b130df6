"""Batch-aware renewal: draw a new trial only where one has ended.

A trial's arrays are drawn when the trial begins, so a step costs one row read, unless the turn from
one trial to the next spoils it. Under ``vmap`` it does: ``lax.cond`` becomes a select, and a select
evaluates both sides, so every environment would draw a whole trial at every step and throw nearly
all of them away. `renew` keeps the work proportional to the number of trials that really end:

* one environment: a `lax.cond`;
* a batch (the rule that ``vmap`` finds through `jax.custom_batching.custom_vmap`): take the rows
  that are due, a block at a time, in a ``while_loop``: gather what their draw needs, draw that many
  trials with ``vmap``, scatter them into the state in place;
* a batch of batches: the rule above, itself under `custom_vmap`, flattens the two axes into one.

In place means that whatever else the step reads from the old arrays it must read first. XLA orders
two operations only where one needs the other, and copies the array where it cannot order them, so
`renew` takes what was read (``reads``) and lets the loop's counter depend on it. What is needed of
the old arrays only where they are replaced (the last observation of an episode) is read inside.

The results equal those of the select: row i is drawn from row i's key and params alone.

A ``while_loop`` has no reverse-mode derivative, and a drawn trial does not depend on the policy:
`renew` cuts the gradient of everything that enters it. Gradients with respect to task params are
available through ``TrialEnv.new_trial``, which is plain ``jnp``.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap

_WORD = 32


def renew(
    draw: Callable[[Any, Any], tuple[Any, Any]],
    due: jax.Array,
    inputs: Any,
    old: Any,
    last: Any,
    reads: Any = (),
) -> tuple[Any, Any]:
    """Return ``draw(inputs, old)`` where ``due``, and ``(old, last)`` elsewhere.

    Args:
        draw: pure function that returns what replaces ``old``, and what is worth keeping of ``old``
            (its last observation, say); it must not close over traced values.
        due: bool scalar.
        inputs: pytree that ``draw`` needs (keys, carry, params).
        old: pytree that is kept or replaced.
        last: pytree in place of the second result where nothing is drawn.
        reads: what the step has computed from ``old``, and must before ``old`` is overwritten.
    """
    due, inputs, old, last, reads = jax.tree.map(lax.stop_gradient, (due, inputs, old, last, reads))

    @custom_vmap
    def renew_one(due, inputs, old, last, reads):
        del reads
        return lax.cond(due, lambda: draw(inputs, old), lambda: (old, last))

    @renew_one.def_vmap
    def renew_batch(axis_size, in_batched, due, inputs, old, last, reads):
        due_batched, inputs_batched, *kept_batched, _ = in_batched
        leaves, structure = jax.tree.flatten(inputs)
        per_row = tuple(jax.tree.leaves(inputs_batched))
        due = _with_rows(due, due_batched, axis_size)
        kept = jax.tree.map(lambda x, b: _with_rows(x, b, axis_size), [old, last], kept_batched)
        new = _renew_rows(draw, structure, per_row)(due, leaves, tuple(kept), reads)
        return new, jax.tree.map(lambda _: True, new)

    return renew_one(due, inputs, old, last, reads)


def renew_by_select(
    draw: Callable[[Any, Any], tuple[Any, Any]],
    due: jax.Array,
    inputs: Any,
    old: Any,
    last: Any,
    reads: Any = (),
) -> tuple[Any, Any]:
    """Do what `renew` does by drawing always and selecting: the yardstick of tests and bench."""
    del reads
    due, inputs, old, last = jax.tree.map(lax.stop_gradient, (due, inputs, old, last))
    return jax.tree.map(lambda new, kept: jnp.where(due, new, kept), draw(inputs, old), (old, last))


def block_rows(rows: int) -> int:
    """Rows drawn at a time: enough to fill vector units and cores, few enough to waste little."""
    return min(rows, max(8, rows // 32))


def _renew_rows(draw, structure, per_row):
    """Build the renewal of a flat batch; ``per_row`` says which input leaves have a row axis."""

    @custom_vmap
    def renew_rows(due, leaves, kept, reads):
        return _renew_in_blocks(draw, structure, per_row, due, leaves, kept, reads)

    @renew_rows.def_vmap
    def renew_batch_of_rows(axis_size, in_batched, due, leaves, kept, reads):
        due_batched, leaves_batched, kept_batched, _ = in_batched
        rows = due.shape[-1]

        def flat(x, batched):
            x = _with_rows(x, batched, axis_size)
            return x.reshape(axis_size * rows, *x.shape[2:])

        def flat_leaf(x, batched, has_rows):
            if batched and not has_rows:  # shared by the rows of one outer element only
                x = jnp.broadcast_to(x[:, None], (axis_size, rows, *x.shape[1:]))
            return flat(x, batched) if batched or has_rows else x

        flat_per_row = tuple(b or r for b, r in zip(leaves_batched, per_row, strict=True))
        flat_leaves = [
            flat_leaf(x, b, r) for x, b, r in zip(leaves, leaves_batched, per_row, strict=True)
        ]
        flat_kept = jax.tree.map(flat, kept, kept_batched)
        new = _renew_rows(draw, structure, flat_per_row)(
            flat(due, due_batched), flat_leaves, flat_kept, reads
        )
        new = jax.tree.map(lambda x: x.reshape(axis_size, rows, *x.shape[1:]), new)
        return new, jax.tree.map(lambda _: True, new)

    return renew_rows


def _renew_in_blocks(draw, structure, per_row, due, leaves, kept, reads):
    """Draw the due rows, a block at a time, into ``kept``: the arrays ``old`` and ``last``."""
    rows = due.shape[0]
    block = block_rows(rows)
    row_of_rank, count = _rank_due_rows(due)
    axes = [0 if has_rows else None for has_rows in per_row]

    def draw_flat(leaves, old):  # a pytree of axes would pass through the constructors of params
        return draw(jax.tree.unflatten(structure, leaves), old)

    def draw_block(carry):
        done, kept = carry
        rank = done + lax.iota(jnp.int32, block)
        row = row_of_rank(rank)
        gathered = [
            x.at[row].get(mode="clip") if has_rows else x
            for x, has_rows in zip(leaves, per_row, strict=True)
        ]
        old = jax.tree.map(lambda x: x.at[row].get(mode="clip"), kept[0])
        drawn = jax.vmap(draw_flat, in_axes=(axes, 0))(gathered, old)
        # Ranks past the last due row point past the end of the arrays, and are dropped.
        target = jnp.where(rank < count, row, rows + rank) + _zero_after(drawn[1])
        kept = jax.tree.map(
            lambda x, y: x.at[target].set(y, mode="drop", unique_indices=True), kept, drawn
        )
        return done + jnp.int32(block), kept

    _, kept = lax.while_loop(lambda carry: carry[0] < count, draw_block, (_zero_after(reads), kept))
    return kept


def _zero_after(reads):
    """Return a zero that XLA can only compute after ``reads``: the least of 0 and a count."""
    zeros = [jnp.sum(x == jnp.zeros((), x.dtype), dtype=jnp.int32) for x in jax.tree.leaves(reads)]
    return functools.reduce(jnp.minimum, zeros, jnp.int32(0))


def _rank_due_rows(due):
    """Return a function from rank to row (the k-th due row for rank k), and the number due.

    ``jnp.nonzero`` would run over all rows several times at every step. Packed into 32-bit words,
    the rows need one cheap pass and a running sum over the words; a rank then finds its word by
    binary search and its bit by halving the word five times.
    """
    rows = due.shape[0]
    padded = jnp.pad(due, (0, -rows % _WORD)).reshape(-1, _WORD).astype(jnp.uint32)
    words = jnp.sum(padded << lax.iota(jnp.uint32, _WORD), axis=1, dtype=jnp.uint32)
    counts = lax.population_count(words).astype(jnp.int32)
    ends = jnp.cumsum(counts, dtype=jnp.int32)

    def row_of_rank(rank):
        word = jnp.searchsorted(ends, rank, side="right").astype(jnp.int32)
        word = jnp.minimum(word, jnp.int32(len(words) - 1))
        bit = _nth_set_bit(words[word], rank - (ends[word] - counts[word]))
        return word * jnp.int32(_WORD) + bit

    return row_of_rank, ends[-1]


def _nth_set_bit(word, n):
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


def _with_rows(x, batched, axis_size):
    """Give ``x`` a leading axis if it has none."""
    return x if batched else jnp.broadcast_to(x[None], (axis_size, *x.shape))
