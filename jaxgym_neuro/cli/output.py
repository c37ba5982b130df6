"""What the commands write: laid out for a person, or as JSON for a program."""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jaxgym_neuro.display.terminal import Terminal


def say(*things: Any) -> None:
    """Write words, or what Rich lays out, within the width of the terminal."""
    terminal = Terminal()
    for thing in things:
        terminal.print(thing)


def say_lines(words: Iterable[str]) -> None:
    """Write words for a program or a log, a line each, however long, and at once."""
    sys.stdout.writelines(f"{one}\n" for one in words)
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Write a value as JSON; numbers that JSON does not have (NaN) are null."""
    sys.stdout.write(f"{json.dumps(_plain(value), indent=2, allow_nan=False)}\n")


def note(words: str) -> None:
    """Say what is going on, apart from the results."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def in_turn(items: Sequence[Any], words: str) -> Iterator[Any]:
    """Yield items, with a bar where there is a terminal, and else a line for each."""
    terminal = Terminal(stderr=True)
    if not terminal.is_terminal:
        for number, item in enumerate(items, start=1):
            note(f"{words} {number} of {len(items)}: {item}")
            yield item
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=terminal, transient=True) as bar:
        task = bar.add_task(words, total=len(items))
        for item in items:
            bar.update(task, description=f"{words} {item}")
            yield item
            bar.advance(task)


def _plain(value: Any) -> Any:
    """Return what JSON has: dicts, lists, words, numbers, null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool | None) else str(value)
