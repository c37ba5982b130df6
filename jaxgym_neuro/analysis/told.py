"""What an analysis has found, as words and small tables: what ``print`` shows of a result."""

import dataclasses
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

_MOST_ROWS = 40  # of a table that is printed
_WIDTH = 96  # of a line
_MOST_NUMBERS = 8  # of an array in a sentence


class Rows(NamedTuple):
    """A table of words: of a curve."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Told(NamedTuple):
    """A line, and the tables that follow it."""

    line: str
    tables: tuple[Rows, ...]


class Result:
    """What an analysis returns, a frozen dataclass: printed, its numbers and tables of its curves.

    Fields of words are what pictures say, and are not printed.
    """

    def __repr__(self):
        return "\n".join(line for part in told(self, type(self).__name__) for line in _lines(part))


def told(result: Any, name: str) -> Iterator[Told]:
    """Yield what there is to read of a result: a line of numbers, and a table of each curve.

    Args:
        result: a dataclass of numbers, estimates, curves and arrays, or words that say why there is
            none.
        name: of the analysis.
    """
    if isinstance(result, str):
        yield Told(f"{name}: {result}", ())
        return
    if hasattr(result, "columns"):
        yield Told(name, (_table("y", result.columns()),))
        return
    fields = {one.name: getattr(result, one.name) for one in dataclasses.fields(result)}
    inner: dict[str, Any] = {}
    curves: dict[str, Any] = {}
    for field, value in fields.items():
        if isinstance(value, Mapping) and all(isinstance(one, Result) for one in value.values()):
            inner |= {f"{name}, {key}": one for key, one in value.items()}
        elif _is_of_curves(value):
            curves |= {f"{field} {number}": one for number, one in enumerate(value, 1)}
        elif hasattr(value, "columns"):
            curves[field] = value
    # Arrays that go with a curve are columns of its table: median_correct of correct, or any array
    # of its length where there is but one.
    beside = {
        curve: [
            other
            for other, value in fields.items()
            if isinstance(value, np.ndarray)
            and value.shape == (len(of),)
            and (other.endswith(curve) or len(curves) == 1)
        ]
        for curve, of in curves.items()
    }
    several = {field for field, value in fields.items() if _is_of_curves(value)}
    done = {*curves, *several, *(other for others in beside.values() for other in others)}
    words = [
        f"{in_words(field)} {written(value)}"
        for field, value in fields.items()
        if field not in done and _is_told(value)
    ]
    tables = tuple(
        _table(curve, {**of.columns(), **{other: fields[other] for other in beside[curve]}})
        for curve, of in curves.items()
    )
    yield Told(f"{name}: {', '.join(words)}" if words else name, tables)
    for key, one in inner.items():
        yield from told(one, key)


def written(value: Any) -> str:
    """Write a number, an array in short, or what has words of its own; NaN is nothing."""
    if isinstance(value, np.ndarray):
        if value.ndim != 1 or len(value) > _MOST_NUMBERS:
            return f"{value.dtype}{list(value.shape)}"
        return f"[{', '.join(written(one) or 'nan' for one in value.tolist())}]"
    if isinstance(value, tuple):
        return ", ".join(map(written, value))
    if isinstance(value, float):
        return "" if value != value else f"{value + 0.0:.4g}"
    return str(value)


def in_words(name: str) -> str:
    """Write the name of a field."""
    return name.replace("_", " ")


def _is_of_curves(value: Any) -> bool:
    is_filled = isinstance(value, tuple) and len(value) > 0
    return is_filled and all(hasattr(one, "columns") for one in value)


def _is_told(value: Any) -> bool:
    """Whether a field is told in the line: not what is missing, and not what pictures say."""
    if isinstance(value, tuple):
        return bool(value) and all(map(_is_told, value))
    return not isinstance(value, bool | str | Mapping | None)


def _table(title: str, columns: Mapping[str, np.ndarray]) -> Rows:
    """Lay out the columns of a curve; its values, y, have its title."""
    names = tuple(in_words(title if name == "y" else name) for name in columns)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return Rows(names, tuple(tuple(map(written, row)) for row in rows))


def _lines(part: Told) -> Iterator[str]:
    yield from textwrap.wrap(part.line, _WIDTH, subsequent_indent="    ")
    for table in part.tables:
        shown = (table.names, *table.rows[:_MOST_ROWS])
        widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
        for row in shown:
            yield "    " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
        if len(table.rows) > _MOST_ROWS:
            yield f"    and {len(table.rows) - _MOST_ROWS:,} more"
