"""Write what is made from the declarations of tasks, wrappers and schedules.

``python docs/make_pages.py`` rewrites ``docs/differences_from_neurogym.md``, the types of ``make``
in ``jaxgym_neuro/making.pyi``, the tables of ``docs/references.md`` and ``docs/solved.md``, and the
commands of ``docs/command_line.md``; the pages of the tasks are made when the site is built (see
make_site_files.py). Tests hold that the committed files are up to date.
"""

import argparse
import pathlib
import sys

import jaxgym_neuro as jgn
from jaxgym_neuro import cli, references, schedules, training
from jaxgym_neuro.core.describe import own_differences
from jaxgym_neuro.core.differences import DIFFERENCES
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.registry import factory_of

PAGE = pathlib.Path(__file__).parent / "differences_from_neurogym.md"
REFERENCES = pathlib.Path(__file__).parent / "references.md"
SOLVED = pathlib.Path(__file__).parent / "solved.md"
COMMAND_LINE = pathlib.Path(__file__).parent / "command_line.md"
RECORDS = pathlib.Path(__file__).parent / "solved"  # of python -m jaxgym_neuro solve
_TABLES_BEGIN = "<!-- Made by: python docs/make_pages.py -->\n"
TYPES = pathlib.Path(__file__).parents[1] / "jaxgym_neuro" / "making.pyi"
_TYPES_TEMPLATE = """\
# Made by: python docs/make_pages.py
# pyright: reportOverlappingOverload=false
from typing import Any, Literal, overload

{imports}

{overloads}
@overload
def make(id: str, **kwargs: Any) -> tuple[Any, Any]: ...
"""
_HEADER = ("difference", "why", "test")
_TEMPLATE = """\
# Differences from NeuroGym 2.3.1

Ids, arguments, defaults, timing, rewards, channel names and condition names are NeuroGym's. What differs,
and why, is listed here; the last column names the test that holds it. `tests/parity` compares everything
else with recordings of 2.3.1. This page is made from the tasks' own `DIFFERENCES`, by
`python docs/make_pages.py`.

## In every task

{every_task}

## Task by task

{tasks}

## Wrappers and schedules

[Wrappers](wrappers.md) and [schedules](schedules.md) are pure functions here: what they remember is part of
the state, so they run inside `jit` and `vmap`. `TrialHistoryV2` is `TrialHistory`; `Monitor` is
[Recording](recording.md).

{others}
"""  # noqa: E501


def differences() -> str:
    """Return the page of differences."""
    of: dict[tuple[str, Difference], list[str]] = {}
    for id in jgn.registered_tasks():
        factory = factory_of(id)
        family = id.partition(".")[0] if hasattr(factory, "FAMILY") else id
        for difference in own_differences(factory).values():
            of.setdefault((family, difference), []).append(id)
    tasks = [(_named(family, ids), difference) for (family, difference), ids in of.items()]
    parts = [(jgn.wrappers, name) for name in jgn.wrappers.__all__]
    parts += [(schedules, name) for name in schedules.__all__]
    others = [
        (f"`{name}`", difference)
        for module, name in parts
        for difference in own_differences(getattr(module, name)).values()
    ]
    return _TEMPLATE.format(
        every_task=_table(_HEADER, [_cells(difference) for difference in DIFFERENCES.values()]),
        tasks=_table(("task", *_HEADER), [(id, *_cells(one)) for id, one in tasks]),
        others=_table(("of", *_HEADER), [(name, *_cells(one)) for name, one in others]),
    )


def _named(family: str, ids: list[str]) -> str:
    """Name the tasks of a family that have something in common."""
    if ids == [family]:
        return family
    every = [id for id in jgn.registered_tasks() if id.startswith(f"{family}.")]
    names = (id.removeprefix(f"{family}.").removesuffix("-v0") for id in ids)
    return f"{family}.*" if ids == every else f"{family}: {', '.join(names)}"


def types_of_make() -> str:
    """Return a stub: for each id the classes of the environment and of its params.

    Params of wrapped tasks are joined of several classes when they are made, and have no name.
    """
    modules, ids_of = set(), {}
    for id in jgn.registered_tasks():
        factory = factory_of(id)
        env = getattr(factory, "FAMILY", factory)  # which is written, where others are made of it
        params = factory.PARAMS
        has_name = getattr(sys.modules[params.__module__], params.__name__, None) is params
        modules |= {env.__module__, *([params.__module__] if has_name else [])}
        types = _full_name(env), _full_name(params) if has_name else "Any"
        ids_of.setdefault(types, []).append(id)
    overloads = [
        f"@overload\ndef make(\n    {_arguments(ids)}\n) -> tuple[\n"
        f"    {env},\n    {params},\n]: ..."
        for (env, params), ids in ids_of.items()
    ]
    imports = "\n".join(f"import {module}" for module in sorted(modules))
    return _TYPES_TEMPLATE.format(imports=imports, overloads="\n".join(overloads))


def references_page() -> str:
    """Return the page of published numbers: its words, and the tables as they load."""
    words = REFERENCES.read_text().partition(_TABLES_BEGIN)[0]
    return words + _TABLES_BEGIN + "".join(_reference(name) for name in references.names())


def solved_page() -> str:
    """Return the page of solved tasks: its words, and the tables of the records."""
    words = SOLVED.read_text().partition(_TABLES_BEGIN)[0]
    return words + _TABLES_BEGIN + training.tables(training.read_all(RECORDS))


def command_line_page() -> str:
    """Return the page of the command line: its words, and what the parsers of the commands say."""
    words = COMMAND_LINE.read_text().partition(_TABLES_BEGIN)[0]
    commands = "".join(_command(one) for one in cli.parser().commands.values())
    return words + _TABLES_BEGIN + commands


def _command(parser: cli.Parser) -> str:
    """Return a command, its examples and what it takes, and then its own commands."""
    lines = "\n".join(f"$ {parser.prog} {one}".rstrip() for one in parser.examples)
    taken = parser.arguments[1:]  # but for --help
    rows = [(f"`{_written(one)}`", str(one.help) % vars(one)) for one in taken]
    takes = f"\n{_table(('argument', 'meaning'), rows)}\n" if rows else ""
    within = "".join(_command(one) for one in parser.commands.values())
    return (
        f"\n### {parser.prog}\n\n{parser.description}\n\n```console\n{lines}\n```\n{takes}{within}"
    )


def _written(argument: argparse.Action) -> str:
    """Write an argument as it is given: ``--trials N``, ``ID``."""
    value = argument.metavar or argument.dest.upper()
    if argument.nargs in ("*", "+"):
        value = f"{value} ..."
    if not argument.option_strings:
        return f"[{value}]" if argument.nargs in ("*", "?") else str(value)
    names = ", ".join(argument.option_strings)
    return names if argument.nargs == 0 else f"{names} {value}"


def _reference(name: str) -> str:
    one = references.load(name)
    rows = zip(*(values.tolist() for values in one.columns.values()), strict=True)
    lines = [_table(tuple(one.columns), [[_number(value) for value in row] for row in rows])]
    meanings = "; ".join(f"`{column}` {meaning}" for column, meaning in one.meanings.items())
    source = f"[{one.doi}](https://doi.org/{one.doi}); {one.source}."
    return "\n".join([f"\n## {name}\n", f"{one.title}. {source}\n", *lines, f"\n{meanings}.\n"])


def _number(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:g}"
    return str(value)


def _arguments(ids: list[str]) -> str:
    """Write the arguments of `make` for several ids, as a formatter would."""
    if len(ids) == 1:
        return f'id: Literal["{ids[0]}"], **kwargs: Any'
    names = "".join(f'\n        "{id}",' for id in ids)
    return f"id: Literal[{names}\n    ],\n    **kwargs: Any,"


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__name__}"


def _cells(difference):
    tests = ", ".join(f"`{name}`" for name in difference.tests)
    return difference.here.replace("``", "`"), difference.why.replace("``", "`"), tests


def _table(header, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows))


if __name__ == "__main__":
    PAGE.write_text(differences())
    TYPES.write_text(types_of_make())
    REFERENCES.write_text(references_page())
    SOLVED.write_text(solved_page())
    COMMAND_LINE.write_text(command_line_page())
