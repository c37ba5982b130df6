# pyright: reportUnknownMemberType=false
"""Values that cannot be changed in place, for what is compared by value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, cast

import jax
import numpy as np


class ReadOnlyDict(dict[Any, Any]):
    """A dict of something immutable; ``dict(it)`` can be changed. A pytree, as every dict."""

    def __reduce__(self):
        return type(self), (dict(self),)

    def tree_flatten_with_keys(self) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        """Return entries in the order of their keys, as JAX does with a dict."""
        keys = tuple(sorted(self))
        return [(jax.tree_util.DictKey(key), self[key]) for key in keys], keys

    @classmethod
    def tree_unflatten(cls, keys: tuple[Any, ...], entries: Iterable[Any]) -> Self:
        """Undo `tree_flatten_with_keys`."""
        return cls(zip(keys, entries, strict=True))


def _refuse(self: ReadOnlyDict, *args: Any, **kwargs: Any) -> Any:
    raise TypeError(
        "this dict belongs to a task, which is immutable: construct another task with other "
        "values, or change its params (params.replace, with_timing, with_rewards), behind "
        'Gymnasium by reset(options={"params": env.params.with_timing(...)})'
    )


for _method in [
    "__setitem__",
    "__delitem__",
    "__ior__",
    "clear",
    "pop",
    "popitem",
    "setdefault",
    "update",
]:
    setattr(ReadOnlyDict, _method, _refuse)
jax.tree_util.register_pytree_with_keys_class(ReadOnlyDict)


def read_only(value: Any) -> Any:
    """Return an equal value that cannot be changed in place.

    Dicts become read-only, lists become tuples, NumPy's arrays read-only copies.
    """
    if isinstance(value, Mapping):
        items = cast(Mapping[Any, Any], value).items()
        return ReadOnlyDict({key: read_only(item) for key, item in items})
    if type(value) in (list, tuple):
        return tuple(map(read_only, cast(Sequence[Any], value)))
    if isinstance(value, np.ndarray):
        array = cast(Any, value)
        if array.flags.writeable:
            array = array.copy()
            array.setflags(write=False)
        return array
    return value
