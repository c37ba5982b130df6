# pyright: reportUnknownMemberType=false
"""Functions of one environment that, under ``vmap``, are other functions of all rows of the batch.

``vmap`` finds them through `jax.custom_batching.custom_vmap`. However many of them are nested, the
rows are laid along one axis. Where they are divided among devices, each device runs the function on
its own rows, as `jaxgym_neuro.support.shards.in_shards` says.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from jaxgym_neuro.core.rows import RowInputs
from jaxgym_neuro.support.pytrees import flattened
from jaxgym_neuro.support.shards import Axes, in_shards

_DUE, _INPUTS, _OLD, _READS = range(4)  # what a function of one environment is given
One = Callable[[jax.Array, Any, Any, Any], Any]
Rows = Callable[[jax.Array, RowInputs, Any, Any], Any]


def batch_aware(one: One, rows: Rows) -> One:
    """Return ``one(due, inputs, old, reads)``, which becomes ``rows(...)`` in a batch.

    Args:
        one: of one environment; closes over no array. It returns what replaces ``old``.
        rows: the same of flat rows: due (n,), inputs, old (n, ...), and reads as they are.
    """
    aware = custom_vmap(one)

    @aware.def_vmap
    def batched(axis_size: int, in_batched: Any, *given: Any) -> tuple[Any, Any]:
        leaves, _ = flattened(given)
        parts: list[Any] = [jax.tree.structure(part) for part in given]
        # Where params make arrays of what they are given, these have become numbers.
        has = [(bool(batched),) for batched in jax.tree.leaves(in_batched)]
        new = _batch_of(rows, parts, leaves, has, (axis_size,))
        return jax.tree.unflatten(parts[2], new), jax.tree.unflatten(parts[2], [True] * len(new))

    return cast(One, aware)


def _batch_of(
    rows: Rows,
    parts: Sequence[Any],
    leaves: Sequence[jax.Array],
    has: Sequence[Axes],
    sizes: tuple[int, ...],
) -> list[jax.Array]:
    """Call ``rows`` in a batch, in a way that may be batched once more.

    Args:
        rows: as above.
        parts: structures of due, inputs, old and reads.
        leaves: of all four.
        has: of each leaf, the axes that it has.
        sizes: of the axes.
    """
    given = [part for part, structure in enumerate(parts) for _ in range(structure.num_leaves)]
    full = [part in (_DUE, _OLD) for part in given]  # those get what axes they lack
    leaves = [
        _with_axes(x, axes, sizes) if whole else x
        for x, axes, whole in zip(leaves, has, full, strict=True)
    ]
    has = [(True,) * len(sizes) if whole else axes for axes, whole in zip(has, full, strict=True)]
    per_row = tuple(any(axes) for axes, part in zip(has, given, strict=True) if part == _INPUTS)

    def of_shard(leaves: list[jax.Array]) -> list[jax.Array]:
        own_sizes = leaves[0].shape
        flat = [
            _flat(x, axes, own_sizes) if any(axes) and part != _READS else x
            for x, axes, part in zip(leaves, has, given, strict=True)
        ]
        due, inputs, old, reads = (
            [x for x, part in zip(flat, given, strict=True) if part == number]
            for number in range(len(parts))
        )
        new = rows(
            due[0],
            RowInputs(inputs, per_row, parts[_INPUTS]),
            jax.tree.unflatten(parts[_OLD], old),
            reads,
        )
        return [x.reshape(*own_sizes, *x.shape[1:]) for x in jax.tree.leaves(new)]

    @custom_vmap
    def run(leaves: list[jax.Array]) -> list[jax.Array]:
        return in_shards(of_shard, leaves, has)

    @run.def_vmap
    def run_in_batch(
        axis_size: int, in_batched: Any, leaves: list[jax.Array]
    ) -> tuple[list[jax.Array], list[bool]]:
        more = [(batched, *axes) for batched, axes in zip(in_batched[0], has, strict=True)]
        new = _batch_of(rows, parts, leaves, more, (axis_size, *sizes))
        return new, [True] * len(new)

    return run(leaves)


def _flat(x: jax.Array, axes: Axes, sizes: tuple[int, ...]) -> jax.Array:
    """Lay all axes of the batch in one."""
    x = _with_axes(x, axes, sizes)
    return x.reshape(math.prod(sizes), *x.shape[len(sizes) :])


def _with_axes(x: jax.Array, axes: Axes, sizes: tuple[int, ...]) -> jax.Array:
    """Repeat an array along the axes of the batch that it lacks."""
    if all(axes):
        return x
    rest = x.shape[sum(axes) :]
    own = tuple(size if has else 1 for has, size in zip(axes, sizes, strict=True))
    return jnp.broadcast_to(x.reshape(*own, *rest), (*sizes, *rest))
