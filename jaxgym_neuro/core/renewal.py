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
`renew` takes what was read (``reads``) and lets the loop's counter depend on it.

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
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap

from jaxgym_neuro.support.xla import compute_once, zero_after

_WORD = 32
_KIND_BLOCK = 56  # rows of one kind that are drawn at a time
_MAX_COLLECTED = 64  # numbers in a row that is small enough to be copied once more


def draw_where(due: jax.Array, draw: Callable[[Any], Any], inputs: Any, old: Any) -> Any:
    """Return ``draw(inputs)`` where ``due``, else ``old``; in a batch without any due, ``old``.

    For what is rarely due, and never large: where one of a batch is due, all of it is drawn.
    """
    if not jax.tree.leaves(old):
        return old
    due, inputs, old = jax.tree.map(lax.stop_gradient, (due, inputs, old))

    @custom_vmap
    def draw_one(due, inputs, old):
        return lax.cond(due, lambda: draw(inputs), lambda: old)

    @draw_one.def_vmap
    def draw_batch(axis_size, in_batched, due, inputs, old):
        due = _with_rows(due, in_batched[0], axis_size)
        old = jax.tree.map(lambda x, b: _with_rows(x, b, axis_size), old, in_batched[2])

        def select(due, inputs, old):
            return jax.tree.map(lambda new, old: jnp.where(due, new, old), draw(inputs), old)

        leaves, structure = jax.tree.flatten(inputs)
        axes = [0 if batched else None for batched in jax.tree.leaves(in_batched[1])]

        def from_leaves(due, leaves, old):  # axes would not pass through constructors of params
            return select(due, jax.tree.unflatten(structure, leaves), old)

        drawn = jax.vmap(from_leaves, in_axes=(0, axes, 0))
        new = lax.cond(jnp.any(due), lambda: drawn(due, leaves, old), lambda: old)
        return new, jax.tree.map(lambda _: True, new)

    return draw_one(due, inputs, old)


@dataclasses.dataclass(frozen=True)
class ByKind:
    """A draw in two parts, for `renew`: what kind of trial comes next, and a trial of that kind.

    Attributes:
        choose: from inputs and old to kind and choice.
        draws: for each kind, from inputs and choice to new.
        widen: makes of the new of any kind what replaces old. Draws may return arrays (n,) that are
            shorter than old's: what comes after stays as it was.
    """

    choose: Callable[[Any, Any], tuple[Any, Any]]
    draws: Sequence[Callable[[Any, Any], Any]]
    widen: Callable[[Any], Any] = lambda new: new

    def __call__(self, inputs: Any, old: Any) -> Any:
        """Draw one trial."""
        kind, choice = self.choose(inputs, old)

        def draw_wide(draw, inputs, choice):
            new = draw(inputs, choice)
            if old is None:
                return self.widen(new)
            return jax.tree.map(lambda y, x: x if x.shape == y.shape else _over(y, x), old, new)

        draws = [functools.partial(draw_wide, draw) for draw in self.draws]
        return lax.switch(kind, draws, inputs, choice)


def renew(
    draw: Callable[[Any, Any], Any], due: jax.Array, inputs: Any, old: Any, reads: Any = ()
) -> Any:
    """Return ``draw(inputs, old)`` where ``due``, and ``old`` elsewhere.

    Args:
        draw: pure function that returns what replaces ``old``; it must not close over traced
            values. May be a `ByKind`.
        due: bool scalar.
        inputs: pytree that ``draw`` needs (keys, carry, params).
        old: pytree that is kept or replaced.
        reads: what the step has computed from ``old``, and must before ``old`` is overwritten.
    """
    due, inputs, old, reads = jax.tree.map(lax.stop_gradient, (due, inputs, old, reads))

    @custom_vmap
    def renew_one(due, inputs, old, reads):
        del reads
        return lax.cond(due, lambda: draw(inputs, old), lambda: old)

    @renew_one.def_vmap
    def renew_batch(axis_size, in_batched, due, inputs, old, reads):
        due_batched, inputs_batched, old_batched, _ = in_batched
        leaves, structure = jax.tree.flatten(inputs)
        per_row = tuple(jax.tree.leaves(inputs_batched))
        due = _with_rows(due, due_batched, axis_size)
        old = jax.tree.map(lambda x, b: _with_rows(x, b, axis_size), old, old_batched)
        new = _renew_rows(draw, structure, per_row)(due, leaves, old, reads)
        return new, jax.tree.map(lambda _: True, new)

    return renew_one(due, inputs, old, reads)


def renew_by_select(
    draw: Callable[[Any, Any], Any], due: jax.Array, inputs: Any, old: Any, reads: Any = ()
) -> Any:
    """Do what `renew` does by drawing always and selecting: the yardstick of tests and bench."""
    del reads
    due, inputs, old = jax.tree.map(lax.stop_gradient, (due, inputs, old))
    return jax.tree.map(lambda new, old: jnp.where(due, new, old), draw(inputs, old), old)


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
    """Draw the due rows, a block at a time, into ``kept``, the old arrays."""
    rows = due.shape[0]
    is_by_kind = isinstance(draw, ByKind)
    block = min(rows, 2 * block_rows(rows)) if is_by_kind else block_rows(rows)
    fill = _fill_by_kind if is_by_kind else _fill

    def over_rows(function):
        """Vmap over rows; the first argument is the leaves of ``inputs``, some without rows."""
        axes = [0 if has_rows else None for has_rows in per_row]

        def flat(leaves, other):  # a pytree of axes would pass through the constructors of params
            return function(jax.tree.unflatten(structure, leaves), other)

        return jax.vmap(flat, in_axes=(axes, 0))

    def fill_block(row, target, kept):
        own = [_take(x, row) if has else x for x, has in zip(leaves, per_row, strict=True)]
        return fill(draw, over_rows, per_row, own, row, target, kept)

    return _over_blocks(due, block, fill_block, kept, zero_after(reads))


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


def _fill(draw, over_rows, per_row, leaves, row, target, kept):
    """Draw a block of rows."""
    del per_row
    return _put(kept, target, over_rows(draw)(leaves, _take(kept, row)))


def _fill_by_kind(draw, over_rows, per_row, leaves, row, target, kept):
    """Draw a block of rows: choose their kinds, and then draw those of each kind."""
    old = _take(kept, row)
    kind, choice = over_rows(draw.choose)(leaves, old)
    rows = len(row)
    is_due = target < len(jax.tree.leaves(kept)[0])
    begins, order = _sort_by_kind(jnp.where(is_due, kind, len(draw.draws)), len(draw.draws))
    # By kind, and then rows enough for a block that begins at the last.
    block = min(rows, _KIND_BLOCK)
    place = jnp.pad(order, (0, block))
    choice, choice_structure = jax.tree.flatten(choice)
    chosen = compute_once(_take(_collect(choice), place))
    leaves = [_take(x, place) if has else x for x, has in zip(leaves, per_row, strict=True)]
    # What was chosen has been read from the old arrays before a draw writes to them.
    target = _take(target, place) + zero_after(jax.tree.map(lambda x: x[:1], chosen))
    target = compute_once(target)
    kept, structure = jax.tree.flatten(kept)
    small = [_is_small(x) for x in kept]
    small_kept, large = _only(small, kept), _only(small, kept, False)
    small_old = _only(small, jax.tree.leaves(old))
    collected = _collect([jnp.zeros((len(place), *x.shape[1:]), x.dtype) for x in small_kept])

    for number, draw_one in enumerate(draw.draws):
        begin, end = begins[number], begins[number + 1]

        def fill_kind(carry, draw_one=draw_one, end=end):
            done, collected, large = carry

            def part(x):
                return lax.dynamic_slice_in_dim(x, done, block)

            own = _spread(jax.tree.map(part, chosen), choice)
            own_leaves = [part(x) if has else x for x, has in zip(leaves, per_row, strict=True)]
            new = over_rows(draw_one)(own_leaves, jax.tree.unflatten(choice_structure, own))
            new = jax.tree.leaves(new)
            new_small = [
                x if x.shape[1:] == y.shape[1:] else _over(_take(y, part(place)), x, axis=1)
                for x, y in zip(_only(small, new), small_old, strict=True)
            ]
            # Past the last row of this kind, what the next kinds write over.
            collected = jax.tree.map(
                lambda x, y: lax.dynamic_update_slice_in_dim(x, y, done, 0),
                collected,
                _collect(new_small),
            )
            rank = done + lax.iota(jnp.int32, block)
            to = jnp.where(rank < end, part(target), jnp.int32(2**30) + rank)
            large = _put(large, to, _only(small, new, False))
            return done + jnp.int32(block), collected, large

        _, collected, large = lax.while_loop(
            lambda carry, end=end: carry[0] < end, fill_kind, (begin, collected, large)
        )

    target, collected = jax.tree.map(lambda x: x[:rows], (target, collected))
    new_small = _put(small_kept, target, _spread(collected, small_kept))
    return jax.tree.unflatten(structure, _merge(small, new_small, large))


def _sort_by_kind(kind, num_kinds):
    """Return the first rank of each kind, the rank after the last, and the place of each rank.

    Counts instead of a sort, which takes ten times as long here: a row's rank is the number of rows
    of kinds before its own, and of those of its own kind before it: in groups before its own, and
    in its own group.
    """
    rows = len(kind)
    own = jnp.pad(kind, (0, -rows % _WORD), constant_values=num_kinds).reshape(-1, _WORD)
    kinds = jnp.arange(num_kinds + 1, dtype=jnp.int32)
    counts = compute_once(jnp.sum(own[..., None] == kinds, axis=1, dtype=jnp.int32))
    bounds = compute_once(_sum_before(jnp.sum(counts, axis=0, dtype=jnp.int32)))
    first = compute_once(_sum_before(counts) + bounds)
    is_before = np.tri(_WORD, k=-1, dtype=np.bool_)
    same = (own[:, :, None] == own[:, None, :]) & is_before
    within = jnp.sum(same, axis=2, dtype=jnp.int32)
    group = lax.broadcasted_iota(jnp.int32, own.shape, 0)
    rank = first.at[group, own].get(mode="promise_in_bounds") + within
    place = lax.iota(jnp.int32, own.size)
    order = jnp.zeros(own.size, jnp.int32)
    order = order.at[rank.reshape(-1)].set(place, unique_indices=True, mode="promise_in_bounds")
    return bounds, order[:rows]


def _sum_before(counts):
    """Sum along the first axis what comes before each entry: of few, faster than a running sum."""
    is_before = np.tri(len(counts), k=-1, dtype=np.bool_)
    is_before = is_before.reshape(*is_before.shape, *(1,) * (counts.ndim - 1))
    return jnp.sum(jnp.where(is_before, counts, 0), axis=1, dtype=jnp.int32)


def _take(tree, row):
    """Return the rows of every array."""
    return jax.tree.map(lambda x: x.at[row].get(mode="clip"), tree)


def _put(tree, row, values):
    """Write the rows of every array, or what they begin with; those past its end are dropped."""

    def put(x, y):
        to = (row, slice(y.shape[1])) if y.shape[1:] != x.shape[1:] else row
        return x.at[to].set(y, mode="drop", unique_indices=True)

    return jax.tree.map(put, tree, values)


def _over(old, new, axis=0):
    """Write an array over the beginning of an old one."""
    rest = lax.slice_in_dim(old, new.shape[axis], old.shape[axis], axis=axis)
    return jnp.concatenate([new, rest], axis=axis)


def _is_small(x):
    return not _is_key(x) and math.prod(x.shape[1:]) <= _MAX_COLLECTED


def _only(chosen, items, value=True):
    return [item for item, is_chosen in zip(items, chosen, strict=True) if is_chosen == value]


def _merge(chosen, items, others):
    """Undo `_only`: put the items that were chosen and those that were not in their order."""
    items, others = iter(items), iter(others)
    return [next(items if is_chosen else others) for is_chosen in chosen]


def _is_key(x):
    return jnp.issubdtype(x.dtype, jax.dtypes.prng_key)


def _collect(arrays):
    """Put arrays (rows, ...) side by side: a dict from dtype to one array (rows, numbers)."""
    of_dtype = {}
    for x in arrays:
        x = _as_numbers(x)
        of_dtype.setdefault(x.dtype.name, []).append(x.reshape(len(x), -1))
    return {name: jnp.concatenate(parts, axis=1) for name, parts in of_dtype.items()}


def _as_numbers(x):
    """Return keys as numbers, and of numbers of 32 bits or one, the bits: one array holds all."""
    x = jax.random.key_data(x) if _is_key(x) else x
    if x.dtype == jnp.bool_:
        return x.astype(jnp.int32)
    return lax.bitcast_convert_type(x, jnp.int32) if x.dtype.itemsize == 4 else x


def _from_numbers(numbers, like):
    """Undo `_as_numbers`."""
    if like.dtype == jnp.bool_:
        return numbers != 0
    if _is_key(like):
        words = lax.bitcast_convert_type(numbers, jnp.uint32)
        return jax.random.wrap_key_data(words, impl=jax.random.key_impl(like))
    return numbers if numbers.dtype == like.dtype else lax.bitcast_convert_type(numbers, like.dtype)


def _spread(collected, like):
    """Undo `_collect`: the shapes are those of ``like`` apart from the number of rows."""
    arrays, begins = [], dict.fromkeys(collected, 0)
    for x in like:
        numbers = jax.eval_shape(_as_numbers, x)
        name, size = numbers.dtype.name, math.prod(numbers.shape[1:])
        begin, begins[name] = begins[name], begins[name] + size
        part = collected[name][:, begin : begin + size].reshape(-1, *numbers.shape[1:])
        arrays.append(_from_numbers(part, x))
    return arrays


def _rank_due_rows(due):
    """Return a function from rank to row (the k-th due row for rank k), and the number due.

    ``jnp.nonzero`` would run over all rows several times at every step. Packed into 32-bit words,
    the rows need one cheap pass and a running sum over the words; a rank then finds its group of
    words, in that its word, and its bit by halving the word five times.
    """
    rows = due.shape[0]
    padded = jnp.pad(due, (0, -rows % _WORD)).reshape(-1, _WORD).astype(jnp.uint32)
    words = jnp.sum(padded << lax.iota(jnp.uint32, _WORD), axis=1, dtype=jnp.uint32)
    counts = lax.population_count(words).astype(jnp.int32)
    ends = jnp.cumsum(counts, dtype=jnp.int32)
    # Groups of about as many words as there are groups; a binary search would be a loop.
    size = 2 ** math.ceil(math.log2(len(words)) / 2)
    groups = jnp.pad(ends, (0, -len(ends) % size), mode="edge").reshape(-1, size)

    def row_of_rank(rank):
        group = jnp.sum(groups[:, -1] <= rank[:, None], axis=1, dtype=jnp.int32)
        group = compute_once(jnp.minimum(group, jnp.int32(len(groups) - 1)))
        in_group = groups.at[group].get(mode="promise_in_bounds")
        word = jnp.sum(in_group <= rank[:, None], axis=1, dtype=jnp.int32)
        word = compute_once(jnp.minimum(group * jnp.int32(size) + word, jnp.int32(len(words) - 1)))
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
