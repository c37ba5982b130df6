# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""The one kind of dataclass that is used, a frozen pytree."""

import dataclasses
import sys
import typing
from typing import Any

import chex
import jax

from jaxgym_neuro.support.keys import as_words, from_words, impl_of
from jaxgym_neuro.support.printing import brief

C = typing.TypeVar("C", bound=type)
_unknown_to_flax: list[Any] = []  # classes that flax has not been told of


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
    made.__setattr__ = _refuse
    return flax_knows(typing.cast(C, made))


def _refuse(self: Any, name: str, value: Any) -> None:
    """Say how a changed one is made."""
    raise dataclasses.FrozenInstanceError(
        f"cannot assign to field {name!r}: {type(self).__name__} is immutable, and "
        f".replace({name}={brief(value)}) returns a changed one"
    )


def flax_knows(cls: C) -> C:
    """Have flax serialize a dataclass that is a pytree, once it has been told; see `tell_flax`."""
    _unknown_to_flax.append(cls)
    return cls


def tell_flax() -> None:
    """Let flax serialize all pytrees, if it has been imported: it has to be told of each class."""
    serialization: Any = sys.modules.get("flax.serialization")
    if serialization is None:
        return

    def as_state(tree: Any) -> dict[str, Any]:
        return _as_state(serialization, tree)

    def from_state(tree: Any, state: dict[str, Any]) -> Any:
        return _from_state(serialization, tree, state)

    while _unknown_to_flax:
        cls = _unknown_to_flax.pop()
        serialization.register_serialization_state(cls, as_state, from_state, override=True)


def _as_state(serialization: Any, tree: Any) -> dict[str, Any]:
    plain = _fields(jax.tree.map(_without_key_type, tree))
    return {name: serialization.to_state_dict(value) for name, value in plain.items()}


def _from_state(serialization: Any, tree: Any, state: dict[str, Any]) -> Any:
    plain = _fields(jax.tree.map(_without_key_type, tree))
    restored = {
        name: serialization.from_state_dict(value, state[name], name=name)
        for name, value in plain.items()
    }
    fields = _fields(tree)
    return dataclasses.replace(
        tree,
        **{name: jax.tree.map(_with_key_type, fields[name], restored[name]) for name in fields},
    )


def _fields(tree: Any) -> dict[str, Any]:
    """Return its children by name; what is static is none of them."""

    def is_child(node: Any) -> bool:
        return node is not tree

    tree_util: Any = jax.tree_util
    children, _ = tree_util.tree_flatten_with_path(tree, is_leaf=is_child)
    return {path[0].name: child for path, child in children}


def _without_key_type(x: Any) -> Any:
    return as_words(x) if isinstance(x, jax.Array) else x


def _with_key_type(like: Any, x: Any) -> Any:
    return from_words(x, impl_of(like) if isinstance(like, jax.Array) else None)


def _repr(self: Any) -> str:
    fields = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
    return f"{type(self).__name__}({', '.join(f'{name}={brief(x)}' for name, x in fields)})"


def flattened(tree: Any) -> tuple[list[jax.Array], Any]:
    """Return the arrays of a pytree, and its structure, for ``jax.tree.unflatten``."""
    leaves, structure = typing.cast(tuple[list[jax.Array], Any], jax.tree.flatten(tree))
    return leaves, structure
