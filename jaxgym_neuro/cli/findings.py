"""What an analysis has found, for a terminal, and for a program."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from jaxgym_neuro.analysis.told import told
from jaxgym_neuro.display.terminal import grid


def as_json(result: Any) -> Any:
    """Return a finding as dicts and numbers; words that say why there is none stay words."""
    return result if isinstance(result, str) else dataclasses.asdict(result)


def finding(name: str, result: Any) -> Iterator[Any]:
    """Yield what there is to read of a finding: its numbers, and a table for each of its curves.

    Args:
        name: of the analysis.
        result: what it returned, or words that say why there is none.
    """
    for line, tables in told(result, name):
        yield Text(line)
        for names, rows in tables:
            yield grid(names, rows, range(len(names)))
