# pyright: reportUnknownMemberType=false
"""Checks of static input, and the sentences that tell the caller what to write instead."""

import dataclasses
import difflib
import itertools
import math
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard, cast

import numpy as np
from jax.core import Tracer

_VERSION = re.compile(r"-v\d+$")
_FEW = 30  # names that an error of one line lists
_BEGINNING = 3  # letters with which a name begins that is meant by them, or by which it is meant
_CLOSE = 0.6  # of 1, how alike names are of which one may be meant by the other


class UnknownNameError(ValueError):
    """A name that does not exist.

    Attributes:
        short: the same in a line: with the closest name, or, without one, those that there are.
    """

    short = ""


class UnknownArgumentError(UnknownNameError, TypeError):
    """An argument that a task does not take: a TypeError to Python, and a wrong value to us."""


def unknown_name(
    kind: str, given: object, known: Iterable[str], listed: str = ""
) -> UnknownNameError:
    """Build the error for a name that does not exist: what was given, the closest, all that are.

    Args:
        kind: of name, in words.
        given: what there is not.
        known: those that there are.
        listed: where they are listed, of a kind of which there are too many to write them out.
    """
    known = sorted(str(name) for name in known)
    closest = closest_name(given, known)
    several = f"Known: {', '.join(known)}." if known else f"There is no {kind} here."
    end = f"; did you mean {closest!r}?" if closest else "."
    error = UnknownNameError(f"unknown {kind} {given!r}{end} {f'{listed}.' if listed else several}")
    few = f"; known: {', '.join(known)}" if 0 < len(known) <= _FEW else ""
    few = f"; {listed}" if listed else few
    error.short = f"no {kind} {given!r}{end if closest else few}"
    return error


def closest_name(given: object, known: Iterable[str]) -> str | None:
    """Return the name that is closest to what was given; None if none is close."""
    # No name is close by its version, nor far by its capitals.
    of_start = {_VERSION.sub("", name).lower(): name for name in known}
    start = _VERSION.sub("", str(given)).lower()
    close = difflib.get_close_matches(start, of_start, n=1, cutoff=_CLOSE)
    close = close or [name for name in of_start if _begins(name, start) or _begins(start, name)]
    return of_start[close[0]] if close else None


def _begins(name: str, other: str) -> bool:
    """Return whether a name begins with all of another one, if that is not too short to say."""
    return len(other) >= _BEGINNING and name.startswith(other)


def check_argument(whose: str, given: object, known: Iterable[str]) -> None:
    """Raise an `UnknownArgumentError`, worded as `unknown_name` does, unless one is known."""
    try:
        check_name(f"argument of {whose}", given, known)
    except UnknownNameError as error:
        unknown = UnknownArgumentError(str(error))
        unknown.short = error.short
        raise unknown from None


def check_name(kind: str, given: object, known: Iterable[str]) -> None:
    """Raise the error of `unknown_name` unless ``given`` is one of ``known``."""
    known = list(known)
    if given not in known:
        raise unknown_name(kind, given, known)


def check_names(kind: str, given: Any, known: Iterable[str]) -> Mapping[str, Any]:
    """Return a dict of which every key is known, or raise a ValueError with the closest match."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{kind}s are given as a dict from name to value, not as {given!r}")
    entries = cast(Mapping[str, Any], given)
    known = list(known)
    for name in entries:
        check_name(kind, name, known)
    return entries


def merge_known(kind: str, defaults: Mapping[str, Any], changes: Any) -> dict[str, Any]:
    """Merge ``changes`` over ``defaults``; a key without a default is an error.

    The order of ``defaults`` is kept.
    """
    return {**defaults, **({} if changes is None else check_names(kind, changes, defaults))}


def plain(value: Any) -> Any:
    """Return a number of NumPy or JAX, an array without dimensions, as Python's.

    Anything else stays what it is, an array inside ``jit`` too, which has no value yet.
    """
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if isinstance(value, Tracer) or kind not in ("b", "i", "u", "f") or np.ndim(value) > 0:
        return cast(Any, value)
    return value.item()


def check_entries(kind: str, name: str, given: Any, known: Mapping[str, Any]) -> None:
    """Raise a ValueError unless a dict has an entry for each name that is known, and no other."""
    check_names(kind, given, known)
    missing = [one for one in known if one not in given]
    if missing:
        raise ValueError(
            f"{name} has a {kind} for each of {', '.join(known)}; {', '.join(missing)} is missing "
            f"in {given!r}"
        )


def check_number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return ``value`` as a float, or raise a ValueError that states the allowed range."""
    allowed = "a finite number"
    if above is not None:
        allowed += f" above {above:g}"
    if at_least is not None:
        allowed += f" of at least {at_least:g}"
    if at_most is not None:
        allowed += f" and at most {at_most:g}"
    given = plain(value)
    is_number = not isinstance(given, bool) and isinstance(given, numbers.Real)
    number = float(given) if is_number else math.nan
    if (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (at_least is not None and number < at_least)
        or (at_most is not None and number > at_most)
    ):
        raise ValueError(f"{name} is {allowed}, not {value!r}")
    return number


def check_integer(name: str, value: Any, *, at_least: int) -> int:
    """Return ``value`` as an int, or raise a ValueError that states the smallest allowed value."""
    given = plain(value)
    is_integer = not isinstance(given, bool) and isinstance(given, numbers.Integral)
    if not is_integer or given < at_least:
        raise ValueError(f"{name} is a whole number of at least {at_least}, not {value!r}")
    return int(given)


def check_flag(name: str, value: Any) -> bool:
    """Return ``value`` as a bool, or raise a ValueError; 0, 1 and "no" are none."""
    given = plain(value)
    if not isinstance(given, bool):
        raise ValueError(f"{name} is True or False, not {value!r}")
    return given


def check_numbers(name: str, values: object, *, at_least: float | None = None) -> tuple[float, ...]:
    """Return a non-empty sequence of numbers as floats, or raise a ValueError."""
    items = np.atleast_1d(np.asarray(values, dtype=object)).tolist()
    if not items:
        raise ValueError(f"{name} needs at least one number")
    return tuple(check_number(f"each of {name}", item, at_least=at_least) for item in items)


def check_order(**values: Any) -> None:
    """Raise a ValueError unless named numbers are in order: ``check_order(least=2, most=5)``."""
    in_turn = {name: plain(value) for name, value in values.items()}
    for (low_name, low), (name, high) in itertools.pairwise(in_turn.items()):
        if low > high:
            raise ValueError(f"{low_name} is at most {name} ({high:g}), not {low:g}")


def check_probabilities(name: str, values: Any, *, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return probabilities whose last axis sums to 1 as a float64 array, or raise a ValueError.

    Args:
        name: what they are called in the error.
        values: nested lists of numbers, or an array.
        shape: the shape they must have; None allows any length of at least 1.
    """
    sizes = " x ".join("any number" if size is None else str(size) for size in shape)
    sums = "sum to 1" if len(shape) == 1 else "have rows that sum to 1"
    wrong = ValueError(f"{name} are {sizes} probabilities that {sums}, not {values!r}")
    try:
        probs = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise wrong from None
    is_shaped = probs.ndim == len(shape) and all(
        given >= 1 and allowed in (None, given)
        for given, allowed in zip(probs.shape, shape, strict=True)
    )
    if not is_shaped or not np.all(probs >= 0) or not np.allclose(probs.sum(-1), 1, atol=1e-6):
        raise wrong
    return probs


def is_dict(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a dict, or another mapping, from names."""
    return isinstance(value, Mapping)


def is_list_or_tuple(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a value is a list or a tuple, of anything."""
    return isinstance(value, list | tuple)


def hashable(value: Any) -> Any:
    """Turn nested static configuration into a hashable value that is equal when it is."""
    if isinstance(value, Mapping):
        items = cast(Mapping[Any, Any], value).items()
        return tuple((key, hashable(item)) for key, item in items)
    if isinstance(value, list | tuple | range):
        several = cast(Sequence[Any], value)
        return (type(several).__name__, *(hashable(item) for item in several))
    if isinstance(value, np.ndarray | np.generic):
        return (value.dtype.str, value.shape, value.tobytes())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return (type(value), *(hashable(getattr(value, field.name)) for field in fields))
    return value
