# pyright: reportUnknownMemberType=false
"""Batches that are divided among devices: each device works on its own rows, and asks no other."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import jax
import jax.numpy as jnp
from jax.experimental.custom_partitioning import custom_partitioning
from jax.extend import core as jax_core
from jax.sharding import NamedSharding, PartitionSpec

from jaxgym_neuro.support.keys import as_words, from_words, impl_of, shape_of_words

Axes: TypeAlias = tuple[bool, ...]  # of an array, which axes of the batch it has


def in_shards(
    function: Callable[[list[jax.Array]], list[jax.Array]],
    arrays: Sequence[jax.Array],
    has: Sequence[Axes],
) -> list[jax.Array]:
    """Call a function of a batch, each device on its own part of the batch, and no other.

    Where arrays have a sharding that the compiler knows and the program does not (``jax.jit`` of
    arrays with a ``NamedSharding``), a gather or a ``while_loop`` over the rows of a batch would be
    one over the rows of all devices. Here the compiler divides the arrays among the devices along
    the axes of the batch, as they are divided where they come from, and each device runs the
    function on its own. On one device, and in a ``shard_map``, it is a call.

    Args:
        function: of arrays to arrays that have all axes of the batch, in which no row depends on
            another; whatever part of the batch it is given. It closes over no array.
        arrays: the first has all axes of the batch.
        has: of each array, which of the axes of the batch it has, from the outermost inwards.
    """
    if jax.device_count() == 1 or jax.sharding.get_abstract_mesh().manual_axes:
        return function(list(arrays))
    impls = [impl_of(x) for x in arrays]
    words = [as_words(x) for x in arrays]
    closed, shapes = cast(Any, jax.make_jaxpr(function, return_shape=True)(list(arrays)))
    constants = [jnp.asarray(x) for x in closed.consts]

    @custom_partitioning
    def divided(constants: list[jax.Array], words: list[jax.Array]) -> list[jax.Array]:
        whole = cast(Any, jax_core.jaxpr_as_fun(closed.replace(consts=constants)))
        return [as_words(x) for x in whole(*map(from_words, words, impls))]

    def of_own(constants: list[jax.Array], words: list[jax.Array]) -> list[jax.Array]:
        del constants  # what is traced again has its own
        return [as_words(x) for x in function(list(map(from_words, words, impls)))]

    def partition(mesh: Any, given: Any, results: Any) -> Any:
        batch = results[0].sharding.spec[: len(has[0])]

        def sharding_of(x: Any, axes: Axes) -> NamedSharding:
            own = [name for name, is_there in zip(batch, axes, strict=True) if is_there]
            return NamedSharding(mesh, PartitionSpec(*own, *[None] * (x.ndim - len(own))))

        constants, words = given
        of_constants = [NamedSharding(mesh, PartitionSpec()) for _ in constants]
        of_arrays = [sharding_of(x, axes) for x, axes in zip(words, has, strict=True)]
        of_results = [sharding_of(x, has[0]) for x in results]
        return mesh, of_own, of_results, (of_constants, of_arrays)

    rule, replicated = _sharding_rule(
        [*[()] * len(constants), *has], [*constants, *words], has[0], shapes
    )
    divided.def_partition(partition, sharding_rule=rule, need_replication_factors=replicated)
    new = divided(constants, words)
    return [from_words(x, impl_of(like)) for x, like in zip(new, shapes, strict=True)]


def _sharding_rule(
    has: Sequence[Axes], arrays: Sequence[Any], has_all: Axes, results: Sequence[Any]
) -> tuple[str, tuple[str, ...]]:
    """Return what says that the axes of the batch may be divided, and the names of all others."""
    names = itertools.count()
    others: list[str] = []

    def of_one(axes: Axes, num_axes: int) -> str:
        batch = [f"batch{i}" for i, is_there in enumerate(axes) if is_there]
        rest = [f"other{next(names)}" for _ in range(num_axes - len(batch))]
        others.extend(rest)
        return " ".join([*batch, *rest])

    def of_all(has: Sequence[Axes], arrays: Sequence[Any]) -> str:
        ranks = (len(shape_of_words(x).shape) for x in arrays)
        return ", ".join(of_one(axes, rank) for axes, rank in zip(has, ranks, strict=True))

    rule = f"{of_all(has, arrays)} -> {of_all([has_all] * len(results), results)}"
    return rule, tuple(others)
