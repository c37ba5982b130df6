# pyright: reportUnknownMemberType=false
"""Batch-aware renewal: draw a new trial only where one has ended.

A trial's arrays are drawn when the trial begins, so a step costs one row read, unless the turn from
one trial to the next spoils it. Under ``vmap`` it does: ``lax.cond`` becomes a select, and a select
evaluates both sides, so every environment would draw a whole trial at every step and throw nearly
all of them away. `renew` keeps the work proportional to the number of trials that really end:

* one environment: a `lax.cond`;
* a batch, or a batch of batches, whose axes are laid in one (`jaxgym_neuro.core.batches`): take the
  rows that are due, a chunk at a time, in a ``while_loop``: gather what their draw needs, draw that
  many trials with ``vmap``, scatter them into the state in place. Where the rows are divided among
  devices, each does so with its own.

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

from jaxgym_neuro.core.batches import batch_aware
from jaxgym_neuro.core.kinds import Draw
from jaxgym_neuro.core.rows import RowInputs, rank_due_rows, take
from jaxgym_neuro.support.meshes import axes_of, vary
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

    def draw_one(due: jax.Array, inputs: Any, old: Any, reads: Any) -> Any:
        del reads
        return cast(Any, lax.cond(due, lambda: vary(draw(inputs), mesh_axes), lambda: old))

    def draw_rows(due: jax.Array, inputs: RowInputs, old: Any, reads: Any) -> Any:
        del reads

        def replaced(inputs: Any, due_and_old: Any) -> Any:
            due, old = due_and_old
            return _select(due, vary(draw(inputs), mesh_axes), old)

        def replaced_rows() -> Any:
            return inputs.map(replaced, (due, old))

        return cast(Any, lax.cond(jnp.any(due), replaced_rows, lambda: old))

    return batch_aware(draw_one, draw_rows)(due, inputs, old, ())


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

    def renew_one(due: jax.Array, inputs: Any, old: Any, reads: Any) -> Any:
        del reads
        return cast(Any, lax.cond(due, lambda: vary(draw(inputs, old), mesh_axes), lambda: old))

    def renew_rows(due: jax.Array, inputs: RowInputs, old: Any, reads: Any) -> Any:
        return _renew_in_chunks(draw, inputs, due, old, reads)

    return batch_aware(renew_one, renew_rows)(due, inputs, old, reads)


def renew_by_select(
    draw: Callable[[Any, Any], Any], due: jax.Array, inputs: Any, old: Any, reads: Any = ()
) -> Any:
    """Do what `renew` does by drawing always and selecting: the yardstick of tests and bench."""
    del reads
    due, inputs, old = jax.tree.map(lax.stop_gradient, (due, inputs, old))
    return _select(due, draw(inputs, old), old)


def _select(due: jax.Array, new: Any, old: Any) -> Any:
    return jax.tree.map(partial(jnp.where, due), new, old)


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
