# pyright: reportUnknownMemberType=false
"""ByValue: what is immutable after its construction, and equal to what is made of the same."""

import inspect
import types
from collections.abc import Mapping
from typing import Any

import jax
from jax.core import Tracer

from jaxgym_neuro.support.immutable import read_only
from jaxgym_neuro.support.validation import hashable


class _FrozenAfterConstruction(type):
    """Runs ``_freeze`` when the outermost constructor has returned."""

    @property
    def __signature__(cls):
        parameters = list(inspect.signature(cls.__init__).parameters.values())
        return inspect.Signature(parameters[1:])

    def __call__(cls, *args: Any, **kwargs: Any):
        env = super().__call__(*args, **kwargs)
        env._freeze()
        return env


class ByValue(metaclass=_FrozenAfterConstruction):
    """Base of what is compared by value, so that equal tasks share compiled code.

    Its constructors set attributes as they like. When the outermost one has returned, they are
    frozen: dicts and arrays become read-only, lists become tuples.
    """

    name: Any  # what errors call it

    def derive(self) -> None:
        """Set what follows from the attributes; called when they are all there, and checked."""

    def __getstate__(self):
        """What is pickled: nothing that follows from it, such as its hash in this process."""
        return self._attributes

    def __setstate__(self, attributes: Mapping[str, Any]):
        vars(self).update(attributes)
        self._freeze()

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What makes this task what it is: two of one class are equal if these are."""
        return types.MappingProxyType(self._attributes)

    def _freeze(self):
        for name, value in vars(self).items():
            object.__setattr__(self, name, read_only(value))
            self._check_attribute(name, value)
        self._attributes = dict(vars(self))
        self._value = (type(self), hashable(self._attributes))
        self._hash = hash(self._value)
        self.derive()
        self._is_frozen = True

    def _check_attribute(self, name: str, value: Any) -> None:
        """Raise a ValueError for an attribute by whose value tasks cannot be compared."""
        try:
            hash(hashable(value))
        except TypeError:
            raise ValueError(
                f"attribute {name!r} of {self.name} is {_kind_of(value)}, and tasks are compared "
                "by value, with a hash: keep numbers, names, tuples, dicts, NumPy arrays or "
                "frozensets"
            ) from None

    def __setattr__(self, name: str, value: Any):
        if getattr(self, "_is_frozen", False):
            if isinstance(value, Tracer):
                raise AttributeError(
                    f"{type(self).__name__} is immutable: what changes from step to step, such as "
                    f"{name!r}, is not an attribute but part of the carry, see init_carry"
                )
            raise AttributeError(
                f"{type(self).__name__} is immutable; construct another one with {name}={value!r}"
            )
        super().__setattr__(name, value)

    def __eq__(self, other: object):
        return self is other or (isinstance(other, ByValue) and self._value == other._value)

    def __hash__(self):
        return self._hash


def _kind_of(value: Any) -> str:
    return "an array of JAX" if isinstance(value, jax.Array) else f"a {type(value).__name__}"
