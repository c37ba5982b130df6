"""What tasks there are, and what each is about: ``list`` and ``show``."""

import argparse
import dataclasses
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from jaxgym_neuro import registry
from jaxgym_neuro.cli.arguments import FILE, Commands, Parser, add_json
from jaxgym_neuro.cli.drawing import draw
from jaxgym_neuro.cli.given import add_task, task_of
from jaxgym_neuro.cli.output import say, say_json, say_lines
from jaxgym_neuro.display import facts_of
from jaxgym_neuro.display.terminal import Terminal, marked, pages
from jaxgym_neuro.display.trial import TrialPicture
from jaxgym_neuro.support.validation import check_name

_ROOM_FOR_WORDS = 12


def add_to(commands: Commands) -> None:
    """Add the commands."""
    listing = commands.add(
        "list", _list, "list the tasks",
        ("--paradigm memory", "--tag go-no-go", "--ids", "--json"),
    )  # fmt: skip
    add_selection(listing)
    listing.add_argument("--ids", action="store_true", help="write ids alone, one a line")
    add_json(listing)
    show = commands.add(
        "show", _show, "say what a task is about, and show a trial of it",
        ("GoNogo-v0", "GoNogo-v0 --set dt=20 --set timing.delay=1000 --png trial.png",
         "PerceptualDecisionMaking-v0 --json"),
        aliases=("info",),
    )  # fmt: skip
    add_task(show)
    show.add_argument("--key", type=int, default=0, help="seed of the trial (%(default)s)")
    show.add_argument(
        "--full", action="store_true", help="add prose, arguments and differences from NeuroGym"
    )
    show.add_argument("--no-trial", action="store_true", help="without the trial, which is played")
    show.add_argument("--png", metavar=FILE, help="draw two trials into a file, too")
    add_json(show)


def add_selection(parser: Parser) -> None:
    """Add the options that choose tasks."""
    parser.add_argument("--tag", help="only those with this tag, such as working-memory")
    parser.add_argument("--paradigm", help="only those of this paradigm or collection")


def tags() -> dict[str, str]:
    """Return the tags by what is one word on a command line: ``working-memory``."""
    return {tag.replace(" ", "-"): tag for tag in registry.all_tags()}


def selected(arguments: argparse.Namespace) -> list[str]:
    """Return the ids of the tasks that the options choose.

    Raises:
        ValueError: for an unknown tag or paradigm, or if there is no such task.
    """
    ids = registry.registered_tasks(tags().get(arguments.tag, arguments.tag))
    if arguments.paradigm is not None:
        check_name("paradigm", arguments.paradigm, registry.paradigms())
        ids = [id for id in ids if registry.paradigm_of(id) == arguments.paradigm]
    if not ids:
        raise ValueError(f"no task of {arguments.paradigm} has the tag {arguments.tag!r}")
    return ids


def _list(arguments: argparse.Namespace) -> None:
    ids = selected(arguments)
    if arguments.ids:
        say_lines(ids)
    elif arguments.json:
        say_json([_entry(id) for id in ids])
    else:
        say(*_listed(ids, Terminal().width))


def _entry(id: str) -> dict[str, Any]:
    info = registry.task_info(id)
    return {
        "id": id,
        "paradigm": registry.paradigm_of(id),
        "description": info.description,
        "tags": list(info.tags),
        "paper": None if info.paper is None else dataclasses.asdict(info.paper),
    }


def _listed(ids: list[str], width: int) -> Iterator[Text]:
    """Yield the tasks by paradigm, a line each; what does not fit is cut off."""
    longest = max(map(len, ids))
    described = width - longest >= _ROOM_FOR_WORDS
    paradigms = sorted({registry.paradigm_of(id) for id in ids}, key=_place)
    for number, paradigm in enumerate(paradigms):
        yield Text(f"{chr(10) * bool(number)}{paradigm}", style="bold")
        for id in ids:
            if registry.paradigm_of(id) == paradigm:
                line = Text(f"{id:{longest}}  " if described else id)
                if described:
                    line.append_text(marked(registry.task_info(id).description))
                    line.truncate(width, overflow="ellipsis")
                yield line


def _place(paradigm: str) -> tuple[bool, str]:
    """Return what paradigms are sorted by: those of single tasks come before collections."""
    own = {registry.paradigm_of(id) for id in registry.registered_tasks() if "." not in id}
    return paradigm not in own, paradigm


def _show(arguments: argparse.Namespace) -> None:
    given = task_of(arguments)
    facts = facts_of(given.task, **given.arguments)
    if arguments.json:
        say_json(facts.as_json())
    else:
        has_trial = facts.dt is not None and not arguments.no_trial
        picture = TrialPicture(given.env, given.params, arguments.key) if has_trial else None
        say(*pages(facts, picture, arguments.full))
    if arguments.png is not None:
        draw(given, arguments.png, key=arguments.key)
