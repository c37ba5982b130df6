# pyright: reportUnknownMemberType=false
"""Batch-aware renewal: draw a new trial only where one has ended.

A trial's arrays are drawn when the trial begins, so a step costs one row read, unless the turn from
one trial to the next spoils it. Under ``vmap`` it does: ``lax.cond`` becomes a select, and a select
evaluates both sides, so every environment would draw a whole trial at every step and throw nearly
all of them away. `renew` keeps the work proportional to the number of trials that really end:

* one environment: a `lax.cond`;
* a batch (the rule that ``vmap`` finds through `jax.custom_batching.custom_vmap`): take the rows
  that are due, a chunk at a time, in a ``while_loop``: gather what their draw needs, draw that many
  trials with ``vmap``, scatter them into the state in place;
* a batch of batches: the rule above, itself under `custom_vmap`, flattens the two axes into one.

In place means that whatever else the step reads from the old arrays it must read first. XLA orders
two operations only where one needs the other, and copies the array where it cannot order them, so
`renew` takes what was read (``reads``) and lets the loop's counter depend on it.

What the rows of a chunk are drawn with is in `jaxgym_neuro.core.kinds`: trials of one kind, or of
several.

The results equal those of the select: row i is drawn from row i's key and params alone.

A ``while_loop`` has no reverse-mode derivative, and a drawn trial does not depend on the policy:
`renew` cuts the gradient of everything that enters it. Gradients with respect to task params are
available through ``TrialEnv.new_trial``, which is plain ``jnp``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap

from jaxgym_neuro.core.kinds import Draw
from jaxgym_neuro.core.rows import RowInputs, rank_due_rows, take, with_rows
from jaxgym_neuro.support.meshes import axes_of, vary
from jaxgym_neuro.support.pytrees import flattened
from jaxgym_neuro.support.xla import compute_once, zero_after


def draw_where(due: jax.Array, draw: Callable[[Any], Any], inputs: Any, old: Any) -> Any:
    """Return ``draw(inputs)`` where ``due``, else ``old``; in a batch without any due, ``old``.

    For what is rarely due, and never large: where one of a batch is due, all of it is drawn.
    """
    if not jax.tree.leaves(old):
        return old
    due, inputs, old = jax.tree.map(lax.stop_gradient, (due, inputs, old))
    mesh_axes = axes_of((due, inputs, old))
    due, inputs, old = vary((due, inputs, old), mesh_axes)

    @custom_vmap
    def draw_one(due: jax.Array, inputs: Any, old: Any) -> Any:
        return cast(Any, lax.cond(due, lambda: vary(draw(inputs), mesh_axes), lambda: old))

    @draw_one.def_vmap
    def draw_batch(
        axis_size: int, in_batched: Any, due: jax.Array, inputs: Any, old: Any
    ) -> tuple[Any, Any]:
        due = with_rows(due, in_batched[0], axis_size)
        old = jax.tree.map(partial(with_rows, axis_size=axis_size), old, in_batched[2])
        leaves, structure = flattened(inputs)
        axes = [0 if batched else None for batched in jax.tree.leaves(in_batched[1])]

        # The axes of a tree would not pass through constructors of params.
        def from_leaves(due: jax.Array, leaves: list[jax.Array], old: Any) -> Any:
            drawn = vary(draw(jax.tree.unflatten(structure, leaves)), mesh_axes)
            return _select(due, drawn, old)

        drawn = jax.vmap(from_leaves, in_axes=(0, axes, 0))
        new = cast(Any, lax.cond(jnp.any(due), lambda: drawn(due, leaves, old), lambda: old))
        return new, _all_batched(new)

    return draw_one(due, inputs, old)


def renew(draw: Draw, due: jax.Array, inputs: Any, old: Any, reads: Any = ()) -> Any:
    """Return ``draw(inputs, old)`` where ``due``, and ``old`` elsewhere.

    Args:
        draw: `OneKind` or `ByKind`: what replaces ``old``.
        due: bool scalar.
        inputs: pytree that ``draw`` needs (keys, carry, params).
        old: pytree that is kept or replaced.
        reads: what the step has computed from ``old``, and must before ``old`` is overwritten.
    """
    due, inputs, old, reads = jax.tree.map(lax.stop_gradient, (due, inputs, old, reads))
    mesh_axes = axes_of((due, inputs, old, reads))
    due, inputs, old = vary((due, inputs, old), mesh_axes)

    @custom_vmap
    def renew_one(due: jax.Array, inputs: Any, old: Any, reads: Any) -> Any:
        del reads
        return cast(Any, lax.cond(due, lambda: vary(draw(inputs, old), mesh_axes), lambda: old))

    @renew_one.def_vmap
    def renew_batch(
        axis_size: int, in_batched: Any, due: jax.Array, inputs: Any, old: Any, reads: Any
    ) -> tuple[Any, Any]:
        due_batched, inputs_batched, old_batched, _ = in_batched
        leaves, structure = flattened(inputs)
        per_row = tuple(jax.tree.leaves(inputs_batched))
        due = with_rows(due, due_batched, axis_size)
        old = jax.tree.map(partial(with_rows, axis_size=axis_size), old, old_batched)
        new = _renew_rows(draw, structure, per_row)(due, leaves, old, reads)
        return new, _all_batched(new)

    return renew_one(due, inputs, old, reads)


def renew_by_select(
    draw: Callable[[Any, Any], Any], due: jax.Array, inputs: Any, old: Any, reads: Any = ()
) -> Any:
    """Do what `renew` does by drawing always and selecting: the yardstick of tests and bench."""
    del reads
    due, inputs, old = jax.tree.map(lax.stop_gradient, (due, inputs, old))
    return _select(due, draw(inputs, old), old)


def _select(due: jax.Array, new: Any, old: Any) -> Any:
    return jax.tree.map(partial(jnp.where, due), new, old)


def _all_batched(tree: Any) -> Any:
    """Say of every array that it has a row axis."""
    leaves, structure = flattened(tree)
    return jax.tree.unflatten(structure, [True] * len(leaves))


def _renew_rows(draw: Draw, structure: Any, per_row: tuple[bool, ...]) -> Callable[..., Any]:
    """Build the renewal of a flat batch; ``per_row`` says which input leaves have a row axis."""

    @custom_vmap
    def renew_rows(due: jax.Array, leaves: list[jax.Array], kept: Any, reads: Any) -> Any:
        inputs = RowInputs(leaves, per_row, structure)
        return _renew_in_chunks(draw, inputs, due, kept, reads)

    @renew_rows.def_vmap
    def renew_batch_of_rows(
        axis_size: int,
        in_batched: Any,
        due: jax.Array,
        leaves: list[jax.Array],
        kept: Any,
        reads: Any,
    ) -> tuple[Any, Any]:
        due_batched, leaves_batched, kept_batched, _ = in_batched
        rows = due.shape[-1]

        def flat(x: jax.Array, batched: bool) -> jax.Array:
            x = with_rows(x, batched, axis_size)
            return x.reshape(axis_size * rows, *x.shape[2:])

        def flat_leaf(x: jax.Array, batched: bool, has_rows: bool) -> jax.Array:
            if batched and not has_rows:  # shared by the rows of one outer element only
                x = jnp.broadcast_to(x[:, None], (axis_size, rows, *x.shape[1:]))
            return flat(x, batched) if batched or has_rows else x

        def unflat(x: jax.Array) -> jax.Array:
            return x.reshape(axis_size, rows, *x.shape[1:])

        flat_per_row = tuple(b or r for b, r in zip(leaves_batched, per_row, strict=True))
        flat_leaves = [
            flat_leaf(x, b, r) for x, b, r in zip(leaves, leaves_batched, per_row, strict=True)
        ]
        flat_kept = jax.tree.map(flat, kept, kept_batched)
        new = _renew_rows(draw, structure, flat_per_row)(
            flat(due, due_batched), flat_leaves, flat_kept, reads
        )
        new = jax.tree.map(unflat, new)
        return new, _all_batched(new)

    return renew_rows


def _renew_in_chunks(draw: Draw, inputs: RowInputs, due: jax.Array, kept: Any, reads: Any) -> Any:
    """Draw the due rows, a chunk at a time, into ``kept``, the old arrays.

    A row after the last due one is written past the end of the arrays, and so dropped.
    """
    rows = due.shape[0]
    if not rows:
        return kept
    chunk = draw.chunk_rows(rows)
    row_of_rank, count = rank_due_rows(due)

    def fill_chunk(carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
        done, kept = carry
        rank = done + lax.iota(jnp.int32, chunk)
        row = compute_once(row_of_rank(rank))
        target = jnp.where(rank < count, row, rows + rank)
        own = inputs.select(lambda x: take(x, row))
        return done + jnp.int32(chunk), draw.fill(own, row, target, kept)

    start = zero_after(reads)
    return lax.while_loop(lambda carry: carry[0] < count, fill_chunk, (start, kept))[1]
