"""For those who write tasks: ``new`` begins one, ``check`` says whether it keeps every promise."""

import argparse
import importlib.resources
import keyword
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

from jaxgym_neuro import random, registry
from jaxgym_neuro.cli.arguments import FOLDER, ID, PROGRAM, Commands, add_json
from jaxgym_neuro.cli.given import TASK, load_class, names_class, told
from jaxgym_neuro.cli.output import say, say_json, say_lines
from jaxgym_neuro.display.terminal import grid
from jaxgym_neuro.support.validation import check_name

_FAILED = 1
_LONGEST = 30  # name, so that every line of both files is short enough
_USED = frozenset({"jax", "jaxgym_neuro", "numpy", "pytest"})  # by what is written, or by that
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def add_to(commands: Commands) -> None:
    """Add the commands."""
    new = commands.add(
        "new", _new, "begin a task of one's own: a file, and its tests",
        ("LouderTone", "LouderTone --dir tasks"),
        details="They are whole, and run: change what is drawn, shown and judged.",
    )  # fmt: skip
    new.add_argument("name", metavar="NAME", help="of the class, such as LouderTone")
    new.add_argument("--dir", default=".", metavar=FOLDER, help="for both files (%(default)s)")
    check = commands.add(
        "check", _check, "check that a task keeps every promise",
        ("GoNogo-v0", "GoNogo-v0 --only fixed_point --json", "louder_tone.py:LouderTone"),
        details="Status 1 tells that it breaks one.",
    )  # fmt: skip
    check.add_argument("id", metavar=ID, help=TASK)
    check.add_argument("--only", nargs="+", metavar="PROMISE", help="those; default are all")
    check.add_argument("--seed", type=int, default=0, help="of all that is drawn (%(default)s)")
    add_json(check)


def _check(arguments: argparse.Namespace) -> int:
    from jaxgym_neuro import testing  # which takes a while, as what it does

    random.as_key(arguments.seed)  # what is wrong with a seed is no fault of a task
    known = testing.promises()
    for name in arguments.only or ():
        check_name("promise", name, known)
    is_class = names_class(arguments.id)
    task = load_class(arguments.id) if is_class else arguments.id
    if not is_class:
        registry.factory_of(arguments.id)  # an unknown one is no fault of a task
    try:
        report = testing.check_task(task, only=arguments.only, seed=arguments.seed)
    except testing.ConformanceError as error:
        report = error.report
    except Exception as error:  # whatever a constructor of one's own raises
        if not is_class:
            raise
        words = f"cannot be made: {told(error)}"
        if arguments.json:
            say_json({"task": arguments.id, "holds": False, "error": words, "promises": []})
        else:
            say(Text(f"{arguments.id} {words}"))
        return _FAILED
    results = list(_results(report, known))
    if arguments.json:
        say_json({"task": report.name, "holds": not report.faults, "promises": results})
    else:
        say(*_told(report, results))
    return _FAILED if report.faults else 0


def _results(report: Any, known: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield what came out of each promise that was asked for, in order."""
    faults = {fault.promise: fault for fault in report.faults}
    for name, sentence in known.items():
        row = {"promise": name, "is": sentence}
        if name in faults:
            found, places = faults[name].found, list(faults[name].places)
            yield {**row, "result": "broken", "found": found, "see": places}
        elif name in report.kept:
            yield {**row, "result": "holds"}
        elif name in report.unchecked:
            yield {**row, "result": "not checked"}


def _told(report: Any, results: list[dict[str, Any]]) -> Iterator[Any]:
    """Yield what is broken, then all; what that has kept from being checked is counted."""
    verdict = str(report).splitlines()[0].rstrip(":")
    styles = {"holds": "green", "broken": "bold red", "not checked": "yellow"}
    if report.faults:
        yield Text(verdict)
        results = [one for one in results if one["result"] != "not checked"]
    for fault in report.faults:
        yield Text(f"\n{fault.promise}: {fault.found}", style="bold")
        yield from (Text(f"see {place}") for place in fault.places)
    if report.faults:
        yield Text("")
    rows = [(Text(x["result"], style=styles[x["result"]]), x["promise"], x["is"]) for x in results]
    yield grid(("", "promise", "what is promised"), rows)
    if not report.faults:
        yield Text(f"\n{verdict}")
    elif report.unchecked:
        yield Text(f"\n{len(report.unchecked)} more can be checked once that is mended")


def _new(arguments: argparse.Namespace) -> None:
    name, folder = arguments.name, Path(arguments.dir)
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or len(name) > _LONGEST:
        raise ValueError(
            f"a task is named as a class is, by up to {_LONGEST} letters and digits, LouderTone "
            f"say, not {name!r}"
        )
    module = _WORD_BEGINS.sub("_", name).lower()
    if keyword.iskeyword(module) or module in sys.stdlib_module_names | _USED:
        raise ValueError(
            f"a file {module}.py cannot be imported, or hides a module; choose another name"
        )
    words = {"name": name, "module": module, "title": module.replace("_", " ")}
    texts = {f"{module}.py": _filled("task", words), f"test_{module}.py": _filled("test", words)}
    for file in texts:
        if (folder / file).exists():
            raise ValueError(f"{folder / file} exists; move it, or choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    written = " and ".join(str(folder / file) for file in texts)
    file, test = (folder / one for one in texts)
    say_lines(
        [
            f"wrote {written}",
            f"check it: {PROGRAM} check {file}:{name}",
            f"test it: python -m pytest {test} (pip install pytest)",
        ]
    )


def _filled(template: str, words: dict[str, str]) -> str:
    files = importlib.resources.files("jaxgym_neuro.cli") / "templates"
    text = (files / f"{template}.py.txt").read_text(encoding="utf-8")
    return string.Template(text).substitute(words)
