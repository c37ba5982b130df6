"""Values of trials: which are missing, which two are told apart, and levels of a stimulus."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def is_missing(values: np.ndarray) -> np.ndarray:
    """Return which rows have no value, (n,) bool: NaN, None, an empty word."""
    kind = values.dtype.kind
    missing: np.ndarray = np.zeros(values.shape, bool)
    if kind == "O":
        missing = np.asarray(values == np.array(None), bool)
    elif kind in "US":
        missing = np.asarray(values == values.dtype.type(), bool)
    elif kind in "fc":
        missing = np.asarray(np.isnan(values))
    return np.any(missing.reshape(len(values), -1), axis=1)


def as_array(given: Any) -> np.ndarray:
    """Return values as an array, in which words stay words beside NaN, and what is missing None."""
    if hasattr(given, "to_numpy"):  # pandas' and others', whose missing values are of many kinds
        given = given.to_numpy()
    values = np.asarray(given)
    is_listed = isinstance(given, list | tuple)
    if values.dtype.kind in "US" and is_listed and not all(isinstance(x, str) for x in given):
        values = np.asarray(given, object)  # not words "nan" and "None"
    if values.dtype.kind in "mM":
        values = values.astype(object)
    if values.dtype == object and values.ndim == 1:
        missing = np.fromiter(map(_is_none, values), bool, len(values))
        if missing.any():
            values = values.copy()
            values[missing] = None
    return values


def _is_none(value: Any) -> bool:
    if isinstance(value, float | np.floating):
        return bool(value != value)
    is_empty = isinstance(value, str) and not value
    return value is None or is_empty or type(value).__name__ in ("NAType", "NaTType")


def named(given: Any, what: str) -> str:
    """Name an argument in a sentence, with the column that it is."""
    return f"{what} (column {given!r})" if isinstance(given, str) and given != what else what


def numbered(values: np.ndarray) -> np.ndarray:
    """Number what sessions are called: numbers by size, words as they first come."""
    words = values.dtype.kind in "OUS"
    _, first, number = np.unique(
        values.astype(str) if words else values, return_index=True, return_inverse=True
    )
    return np.argsort(np.argsort(first))[number] if words else number


def check_rows(odd: np.ndarray, where: np.ndarray, rule: str) -> None:
    """Raise a ValueError by a rule that rows break, those that count."""
    rows = np.flatnonzero(where & odd)
    if len(rows):
        raise ValueError(
            f"{rule} in every trial that counts; it is not in {len(rows)} of {int(where.sum())}, "
            f"first in row {rows[0]} (from 0). answered=, a column that is False there, leaves "
            "them out"
        )


def two_values(values: np.ndarray, between: Sequence[Any] | None, what: str) -> tuple[Any, Any]:
    """Return the two values that are told apart, the lower first.

    Raises:
        ValueError: unless there are two, or ``between`` names them.
    """
    if between is not None:
        if len(between) != 2 or between[0] == between[1]:
            raise ValueError(f"between is two values of {what}, the lower first, not {between!r}")
        return between[0], between[1]
    kinds = sorted({type(value).__name__ for value in values}) if values.dtype == object else []
    try:
        found = np.unique(values)
    except TypeError:
        raise ValueError(
            f"{what} is of one kind in all trials, not of {', '.join(kinds)}"
        ) from None
    if len(found) != 2:
        listed = ", ".join(map(str, found[:8]))
        raise ValueError(
            f"{what} takes two values where this is told apart, not {len(found)} ({listed}); "
            "between=(one, other) says which two, and leaves out the others"
        )
    return found[0], found[1]


def levels(values: np.ndarray, bins: int | None, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels of a stimulus, (k,), and which one each trial has, (n,).

    Args:
        values: (n,), finite.
        bins: into how many bins of equally many trials to put them; a level is then the mean of a
            bin. None: each value is a level.
        what: the argument, for the sentences of errors.

    Raises:
        ValueError: for one level only, or more than 100 where no bins are given.
    """
    if bins is None:
        found, level_of = np.unique(values, return_inverse=True)
        if len(found) > 100:
            raise ValueError(
                f"{what} takes {len(found)} values; bins=9, say, puts them into 9 bins"
            )
    else:
        if bins < 2:
            raise ValueError(f"bins is at least 2, not {bins}")
        edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
        level_of = np.searchsorted(edges, values, side="right")
        used, level_of = np.unique(level_of, return_inverse=True)
        found = np.bincount(level_of, values, len(used)) / np.bincount(level_of)
    if len(found) < 2:
        raise ValueError(f"{what} takes one value only, {found[0]:g}; a curve needs two at least")
    return found, level_of
