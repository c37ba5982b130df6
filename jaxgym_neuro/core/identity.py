# pyright: reportUnknownMemberType=false
"""What a task and its params are, as a flat dict fit for JSON: files say by it whose they are."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard, cast

import jax
import numpy as np

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import is_dict, is_list_or_tuple

Identity = Mapping[str, str | int | float | bool | None]

_MOST_LETTERS = 120  # of a value that is written out; of what is longer there is a digest
_PLAIN = (bool, int, float, str, type(None))


def identity_of(task: TrialEnv, params: Any = None) -> dict[str, Any]:
    """Return what makes a task what it is, and its params if they are given.

    Equal tasks have the same identity, in every process. What is short is written out; of the rest
    there is a digest.

    Args:
        task: a task.
        params: concrete params, or None to leave them out.

    Returns:
        A flat dict from a name, such as ``"dt"``, ``"rewards.abort"`` or ``"params.sigma"``, to a
        number, a string, a bool or None.
    """
    found: dict[str, Any] = {}
    _add(found, "task", task)
    leaves = cast(list[tuple[Any, Any]], jax.tree_util.tree_leaves_with_path(params))
    for path, leaf in leaves:
        _add(found, f"params{jax.tree_util.keystr(path)}", np.asarray(leaf))
    return found


def differences(here: Identity, there: Any) -> list[str]:
    """Name what differs between two identities, in words: ``"dt is 20.0 here and 100.0 there"``."""
    if not is_dict(there):
        return [f"it is a dict here and {there!r} there"]
    names = [*here, *(name for name in there if name not in here)]
    pairs = [(name, here.get(name, "nothing"), there.get(name, "nothing")) for name in names]
    return [
        f"{name} is {own!r} here and {other!r} there"
        for name, own, other in pairs
        if own != other and repr(own) != repr(other)  # a NaN is not itself, and 1 is 1.0
    ]


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    """Write out a value under a name, or under several that begin with it."""
    if isinstance(value, TrialEnv):
        found[name] = _name_of(type(cast(Any, value)))
        for own, item in value.attributes.items():
            _add(found, own.lstrip("_") if name == "task" else f"{name}.{own.lstrip('_')}", item)
    elif is_dict(value) and value and not any(is_dict(item) for item in value.values()):
        for key, item in value.items():
            _add(found, f"{name}.{key}", item)
    elif _is_array(value) and value.ndim == 0:
        found[name] = value.item()
    elif isinstance(value, _PLAIN):
        found[name] = value
    else:
        text = _text(value)
        is_short = len(text) <= _MOST_LETTERS
        found[name] = text if is_short else hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    """Write a value such that equal ones are written alike, in every process."""
    if _is_array(value):
        return f"{value.dtype}{value.shape}{value.tolist()}"
    if isinstance(value, _PLAIN):
        return repr(value)
    if is_dict(value):
        return f"{{{_joined(f'{_text(key)}: {_text(item)}' for key, item in value.items())}}}"
    if is_list_or_tuple(value) or isinstance(value, range):
        return f"{type(value).__name__}({_joined(map(_text, value))})"
    if hasattr(value, "__qualname__"):  # a class or a function
        return _name_of(value)
    return f"{_name_of(type(value))}{_text(_contents(value))}"


def _is_array(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray | np.generic | jax.Array)


def _contents(value: Any) -> Any:
    """Return what an object is made of."""
    if isinstance(value, TrialEnv):
        return value.attributes
    if isinstance(value, set | frozenset):
        return sorted(map(_text, cast(Iterable[Any], value)))
    if isinstance(value, functools.partial):
        parts = cast(Any, value)
        return [parts.func, parts.args, parts.keywords]
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return cast(Any, vars(value) if hasattr(value, "__dict__") else repr(value))


def _name_of(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)
