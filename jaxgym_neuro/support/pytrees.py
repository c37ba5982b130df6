# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""The one kind of dataclass that is used, a frozen pytree."""

import dataclasses
import typing
from typing import Any

import chex
import jax

from jaxgym_neuro.support.printing import brief

C = typing.TypeVar("C", bound=type)


@typing.dataclass_transform(frozen_default=True)
def pytree(cls: C) -> C:
    """Make a class a frozen dataclass that is a pytree with its fields as children.

    A method ``replace`` of its own, or of its base, is kept. ``repr`` writes large arrays by their
    dtypes and shapes.
    """
    replace, own_repr = getattr(cls, "replace", None), vars(cls).get("__repr__", _repr)
    made = typing.cast(Any, chex.dataclass(frozen=True, mappable_dataclass=False)(cls))
    if replace is not None:
        made.replace = replace
    made.__repr__ = own_repr
    return typing.cast(C, made)


def _repr(self: Any) -> str:
    fields = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
    return f"{type(self).__name__}({', '.join(f'{name}={brief(x)}' for name, x in fields)})"


def flattened(tree: Any) -> tuple[list[jax.Array], Any]:
    """Return the arrays of a pytree, and its structure, for ``jax.tree.unflatten``."""
    leaves, structure = typing.cast(tuple[list[jax.Array], Any], jax.tree.flatten(tree))
    return leaves, structure
