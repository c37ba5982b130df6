"""The one kind of dataclass that is used: a frozen pytree."""

import typing

import chex


@typing.dataclass_transform(frozen_default=True)
def pytree(cls):
    """Make a class a frozen dataclass that is a pytree with its fields as children."""
    return chex.dataclass(frozen=True, mappable_dataclass=False)(cls)
