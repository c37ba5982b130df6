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

Where trials are of several kinds (the tasks of a `MultiTask`), a draw has two parts (`ByKind`): of
a block of due rows first the kinds are chosen; then a loop for each kind, inside the first, draws
the rows of that kind. So nothing is drawn that is not due, and the cost is the mean over the kinds,
where a select would cost their sum. Each kind has few rows in a block, so the number of operations
matters: what is small in a trial is collected, and written once for all kinds.

The results equal those of the select: row i is drawn from row i's key and params alone.

A ``while_loop`` has no reverse-mode derivative, and a drawn trial does not depend on the policy:
`renew` cuts the gradient of everything that enters it. Gradients with respect to task params are
available through ``TrialEnv.new_trial``, which is plain ``jnp``.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap

from jaxgym_neuro.core.once import compute_once

_WORD = 32
_KIND_BLOCK = 64  # rows of one kind that are drawn at a time
_MAX_COLLECTED = 32  # numbers in a row that is small enough to be copied once more


@dataclasses.dataclass(frozen=True)
class ByKind:
    """A draw in two parts, for `renew`: what kind of trial comes next, and a trial of that kind."""

    choose: Callable[[Any, Any], tuple[Any, Any, Any]]  # inputs, old to kind, choice, and last
    draws: Sequence[Callable[[Any, Any], Any]]  # for each kind: inputs, choice to new

    def __call__(self, inputs: Any, old: Any) -> tuple[Any, Any]:
        """Draw one trial."""
        kind, choice, last = self.choose(inputs, old)
        return lax.switch(kind, self.draws, inputs, choice), last


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
            (its last observation, say); it must not close over traced values. May be a `ByKind`.
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
    is_by_kind = isinstance(draw, ByKind)
    block = min(rows, 3 * block_rows(rows)) if is_by_kind else block_rows(rows)
    fill = _fill_by_kind if is_by_kind else _fill

    def over_rows(function):
        """Vmap over rows; the first argument is the leaves of ``inputs``, some without rows."""
        axes = [0 if has_rows else None for has_rows in per_row]

        def flat(leaves, other):  # a pytree of axes would pass through the constructors of params
            return function(jax.tree.unflatten(structure, leaves), other)

        return jax.vmap(flat, in_axes=(axes, 0))

    def take_leaves(leaves, row):
        return [_take(x, row) if has else x for x, has in zip(leaves, per_row, strict=True)]

    def fill_block(row, target, kept):
        return fill(draw, over_rows, take_leaves, take_leaves(leaves, row), row, target, kept)

    return _over_blocks(due, block, fill_block, kept, _zero_after(reads))


def _over_blocks(due, block, fill, kept, start):
    """Fold ``kept = fill(row, target, kept)`` over the due rows, ``block`` of them at a time.

    ``target`` is ``row``, but past the end of the arrays after the last due row: written there,
    what is drawn for it is dropped.
    """
    rows = due.shape[0]
    row_of_rank, count = _rank_due_rows(due)

    def fill_block(carry):
        done, kept = carry
        rank = done + lax.iota(jnp.int32, block)
        row = compute_once(row_of_rank(rank))
        kept = fill(row, jnp.where(rank < count, row, rows + rank), kept)
        return done + jnp.int32(block), kept

    return lax.while_loop(lambda carry: carry[0] < count, fill_block, (start, kept))[1]


def _fill(draw, over_rows, take_leaves, leaves, row, target, kept):
    """Draw a block of rows."""
    del take_leaves
    drawn = over_rows(draw)(leaves, _take(kept[0], row))
    return _put(kept, target + _zero_after(drawn[1]), drawn)


def _fill_by_kind(draw, over_rows, take_leaves, leaves, row, target, kept):
    """Draw a block of rows: choose their kinds, and then draw those of each kind."""
    kept, kept_last = kept
    kind, choice, last = over_rows(draw.choose)(leaves, _take(kept, row))
    kept_last = _put(kept_last, target, last)
    # ``last`` has been read from the old arrays before a draw writes to them.
    target = target + _zero_after(_take(kept_last, row[:1]))
    rows = len(row)
    is_due = target < len(jax.tree.leaves(kept)[0])
    kept, structure = jax.tree.flatten(kept)
    small = [_is_small(x) for x in kept]
    collected = _collect([jnp.zeros((rows, *x.shape[1:]), x.dtype) for x in _only(small, kept)])
    large = _only(small, kept, False)

    for number, draw_one in enumerate(draw.draws):

        def fill(row, place, written, draw_one=draw_one):
            collected, large = written
            new = over_rows(draw_one)(take_leaves(leaves, row), _take(choice, row))
            new = jax.tree.leaves(new)
            beyond = jnp.int32(2**30) + place
            to = jnp.where(place < rows, target.at[row].get(mode="clip"), beyond)
            return (
                _put(collected, place, _collect(_only(small, new))),
                _put(large, to, _only(small, new, False)),
            )

        due = is_due & (kind == number)
        collected, large = _over_blocks(
            due, min(rows, _KIND_BLOCK), fill, (collected, large), jnp.int32(0)
        )

    new_small = _put(_only(small, kept), target, _spread(collected, _only(small, kept)))
    written = iter(new_small), iter(large)
    kept = [next(written[0 if is_small else 1]) for is_small in small]
    return jax.tree.unflatten(structure, kept), kept_last


def _take(tree, row):
    """Return the rows of every array."""
    return jax.tree.map(lambda x: x.at[row].get(mode="clip"), tree)


def _put(tree, row, values):
    """Write the rows of every array; those past its end are dropped."""
    return jax.tree.map(
        lambda x, y: x.at[row].set(y, mode="drop", unique_indices=True), tree, values
    )


def _is_small(x):
    is_number = not jnp.issubdtype(x.dtype, jax.dtypes.extended)
    return is_number and math.prod(x.shape[1:]) <= _MAX_COLLECTED


def _only(chosen, items, value=True):
    return [item for item, is_chosen in zip(items, chosen, strict=True) if is_chosen == value]


def _collect(arrays):
    """Put arrays (rows, ...) side by side: a dict from dtype to one array (rows, numbers)."""
    of_dtype = {}
    for x in arrays:
        of_dtype.setdefault(x.dtype.name, []).append(x.reshape(len(x), -1))
    return {name: jnp.concatenate(parts, axis=1) for name, parts in of_dtype.items()}


def _spread(collected, like):
    """Undo `_collect`: the shapes are those of ``like`` apart from the number of rows."""
    arrays, begins = [], dict.fromkeys(collected, 0)
    for x in like:
        name, size = x.dtype.name, math.prod(x.shape[1:])
        begin, begins[name] = begins[name], begins[name] + size
        part = collected[name][:, begin : begin + size]
        arrays.append(part.reshape(-1, *x.shape[1:]))
    return arrays


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
    method = "compare_all" if len(words) <= _WORD * 4 else "scan"  # a scan is a loop

    def row_of_rank(rank):
        word = jnp.searchsorted(ends, rank, side="right", method=method).astype(jnp.int32)
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
