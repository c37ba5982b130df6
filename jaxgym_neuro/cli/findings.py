"""What an analysis has found, as words and small tables, and for a program."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.text import Text

from jaxgym_neuro.display.terminal import grid


def as_json(result: Any) -> Any:
    """Return a finding as dicts and numbers; words that say why there is none stay words."""
    return result if isinstance(result, str) else dataclasses.asdict(result)


def finding(name: str, result: Any) -> Iterator[Any]:
    """Yield what there is to read of a finding: its numbers, and a table for each of its curves.

    Args:
        name: of the analysis.
        result: a dataclass of numbers, estimates and curves, or words that say why there is none.
    """
    if isinstance(result, str):
        yield Text(f"{name}: {result}")
        return
    fields = {one.name: getattr(result, one.name) for one in dataclasses.fields(result)}
    curves = {field: value for field, value in fields.items() if hasattr(value, "columns")}
    arrays = {field: value for field, value in fields.items() if isinstance(value, np.ndarray)}
    told = [
        f"{_in_words(field)} {_written(value)}"
        for field, value in fields.items()
        if field not in curves | arrays and not isinstance(value, bool | None)
    ]
    yield Text(f"{name}: {', '.join(told)}")
    for field, curve in curves.items():
        more = {other: values for other, values in arrays.items() if other.endswith(field)}
        yield _table(field, {**curve.columns(), **more})


def _table(title: str, columns: Mapping[str, np.ndarray]) -> Any:
    """Lay out the columns of a curve; its values, y, have its title."""
    names = [_in_words(title if name == "y" else name) for name in columns]
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return grid(names, [map(_written, row) for row in rows], range(len(names)))


def _written(value: Any) -> str:
    """Write a number, or an estimate, which has words of its own; NaN is nothing."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    return str(value)


def _in_words(name: str) -> str:
    return name.replace("_", " ")
