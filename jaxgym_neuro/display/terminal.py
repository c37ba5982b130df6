"""What a terminal shows of a task, laid out by Rich within its width."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from jaxgym_neuro.core.describe import Table
from jaxgym_neuro.display.facts import Facts

_CODE = re.compile(r"``(.+?)``|`(.+?)`")


class Terminal(Console):
    """A console of the width of the terminal, without colours where there is none.

    A reader that has gone away (``| head``) is an error, which the caller may leave quietly.
    """

    def __init__(self, **options: Any):
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def on_broken_pipe(self) -> None:
        """Leave what to do to the caller."""
        raise BrokenPipeError


def marked(words: str, style: str = "") -> Text:
    """Return words in which code, between backticks, is set apart."""
    text = Text(style=style)
    end = 0
    for match in _CODE.finditer(words):
        text.append(words[end : match.start()])
        text.append(match[1] or match[2], style="cyan")
        end = match.end()
    text.append(words[end:])
    return text


def grid(header: Iterable[str], rows: Iterable[Iterable[Any]], right: Iterable[int] = ()) -> Grid:
    """Return a table that wraps what is wider than the terminal.

    Args:
        header: of each column.
        rows: of cells, words or what Rich renders.
        right: columns of numbers, which are lined up on the right.
    """
    laid_out = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for number, title in enumerate(header):
        justify = "right" if number in right else "left"
        laid_out.add_column(title, justify=justify, overflow="fold", vertical="top")
    for row in rows:
        laid_out.add_row(*(marked(cell) if isinstance(cell, str) else cell for cell in row))
    return laid_out


def titled(table: Table) -> Iterator[RenderableType]:
    """Yield the title of a task's table, and the table."""
    yield Text(f"\n{table.title}", style="bold")
    yield grid(table.header, table.rows)


def about(facts: Facts) -> Iterator[RenderableType]:
    """Yield the head of a task's page: its name, what the subject does, and where it is from."""
    yield Text(facts.name, style="bold")
    yield marked(facts.description)
    if facts.paper is not None:
        yield Text(str(facts.paper), style="dim")
    tags = ", ".join(dict.fromkeys(tag for tag in (facts.paradigm, *facts.tags) if tag))
    if tags:
        yield Text(f"tags: {tags}", style="dim")


def pages(facts: Facts, picture: Any = None, whole: bool = False) -> Iterator[RenderableType]:
    """Yield what there is to read of a task.

    Args:
        facts: of the task.
        picture: a `TrialPicture`, or None.
        whole: whether to add prose, arguments and the differences from NeuroGym.
    """
    yield from about(facts)
    if whole and facts.words:
        yield Text()
        yield marked(facts.words)
    if picture is not None:
        yield Text(f"\n{picture.caption()}", style="dim")
        yield picture
    for table in facts.tables:
        yield from titled(table)
    if whole and facts.arguments:
        yield Text("\nArguments", style="bold")
        yield grid(("name", "meaning"), facts.arguments)
    if whole and facts.differences:
        yield Text("\nDifferences from NeuroGym 2.3.1", style="bold")
        yield grid(("here", "why"), [(one.here, one.why) for one in facts.differences.values()])
