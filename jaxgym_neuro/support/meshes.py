# pyright: reportUnknownMemberType=false
"""What JAX asks of a program that runs on several devices: nothing happens on one.

In a ``shard_map``, JAX keeps account of the axes of the mesh over which an array varies, and the
branches of a ``cond``, and the carry of a loop before and after a turn, have to agree in it. On a
mesh with explicit axes, which `jax.make_mesh` makes, it keeps account of the sharding of every
array, and refuses an operation whose sharding does not follow from that of its operands.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar, cast

import jax
from jax import lax
from jax.sharding import AxisType, PartitionSpec

P = ParamSpec("P")
R = TypeVar("R")


def axes_of(tree: Any) -> frozenset[str]:
    """Return the axes of the mesh over which any of the arrays varies."""
    axes: list[frozenset[str]] = [_axes_of(jax.typeof(x)) for x in jax.tree.leaves(tree)]
    return frozenset[str]().union(*axes)


def vary(tree: Any, axes: frozenset[str]) -> Any:
    """Return the same arrays, each of which varies over the axes, as far as JAX is concerned."""

    def varying(x: Any) -> Any:
        missing = tuple(sorted(axes - _axes_of(jax.typeof(x))))
        return cast(Any, lax.pcast(x, missing, to="varying")) if missing else x

    return jax.tree.map(varying, tree) if axes else tree


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Do what `jax.lax.switch` does, where not all branches vary over the same axes too.

    Arrays that vary are given as operands; the branches close over none.
    """
    if not jax.sharding.get_abstract_mesh().manual_axes:
        return cast(Any, lax.switch(index, branches, *operands))
    operands = vary(operands, axes_of((index, operands)))
    results: list[Any] = [jax.make_jaxpr(branch)(*operands).out_avals for branch in branches]
    axes = frozenset[str]().union(*(_axes_of(x) for result in results for x in result))

    def alike(branch: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *operands: vary(branch(*operands), axes)

    return cast(Any, lax.switch(index, [alike(branch) for branch in branches], *operands))


def on_any_mesh(method: Callable[P, R]) -> Callable[P, R]:
    """Let a method take arrays of any mesh; what it returns varies as what it was given.

    On explicit axes the compiler finds the shardings inside, and what is returned is sharded over
    the axis of a ``vmap`` only, if that is.
    """
    untyped = cast(Any, method)

    @functools.wraps(method)
    def on_mesh(self: Any, *args: Any, **kwargs: Any) -> Any:
        def call(given: Any) -> Any:
            args, kwargs = given
            return untyped(self, *args, **kwargs)

        run = call
        if AxisType.Explicit in jax.sharding.get_abstract_mesh().axis_types:
            run = cast(Any, jax.sharding.auto_axes(call, out_sharding=PartitionSpec()))
        given = (args, kwargs)
        return vary(run(given), axes_of(given))

    return cast(Callable[P, R], on_mesh)


def _axes_of(described: Any) -> frozenset[str]:
    """Return the axes over which an abstract array varies; JAX has called them vma before."""
    return described.mat.varying if hasattr(described, "mat") else described.vma
