"""What a machine has room for, and how fast it is: ``bench memory`` and ``bench device``."""

import argparse

from jaxgym_neuro import registry
from jaxgym_neuro.cli.arguments import FILE, ID, Commands, add_json
from jaxgym_neuro.cli.output import note, say, say_json
from jaxgym_neuro.display.terminal import grid
from jaxgym_neuro.support.memory import as_text
from jaxgym_neuro.support.validation import check_integer, check_number

_PARTS = ("ob", "gt", "rest", "others", "total")  # columns of ``bench memory``


def add_to(benchmarks: Commands) -> None:
    """Add both commands."""
    memory = benchmarks.add(
        "memory", _memory, "bytes of the state of an environment, by what they are for",
        ("GoNogo-v0", "--num-envs 65536 --json"),
    )  # fmt: skip
    memory.add_argument("ids", nargs="*", metavar=ID, help="tasks; default all")
    many = "environments that the last column is of; default 2^20"
    memory.add_argument("--num-envs", type=int, metavar="N", help=many)
    device = benchmarks.add(
        "device", _device, "speed by the number of environments, kernels, and use of its memory",
        ("--minutes 2 --json", "--write docs/benchmarks.md"),
        "Each of a few tasks is taken with four times as many environments, until memory or time "
        "is up.",
    )  # fmt: skip
    device.add_argument("--minutes", type=float, help="for all of it; default 9")
    page = "a page whose part about this platform is written anew, or added at its end"
    device.add_argument("--write", metavar=FILE, help=page)
    for parser in (memory, device):
        add_json(parser)


def _memory(arguments: argparse.Namespace) -> None:
    from jaxgym_neuro.bench import memory

    given = arguments.num_envs
    num_envs = memory.NUM_ENVS if given is None else check_integer("--num-envs", given, at_least=1)
    ids = arguments.ids or registry.registered_tasks()
    for id in ids:
        registry.factory_of(id)
    rows = list(memory.memory_of(ids, num_envs))
    if arguments.json:
        say_json({"num_envs": num_envs, "tasks": rows})
        return
    titles = ("task", *_PARTS, f"N = {num_envs:,}")
    cells = [[row["id"], *(f"{row[x]:,}" for x in _PARTS), as_text(row["all"])] for row in rows]
    say("bytes of one environment, and of N", grid(titles, cells, range(1, len(titles))))


def _device(arguments: argparse.Namespace) -> None:
    from jaxgym_neuro.bench import device, device_tables

    given = arguments.minutes
    minutes = device.MINUTES if given is None else check_number("--minutes", given, above=0)
    if arguments.write is not None:
        device_tables.check_page(arguments.write)  # before minutes have been spent
    measured = device_tables.Measured.begin()
    for one in device.speeds(measured.bandwidth, minutes):
        note(str(one))
        measured.found.append(one)
    if arguments.write is not None:
        device_tables.write_into(arguments.write, measured)
    if arguments.json:
        say_json(measured.as_dict())
        return
    say(measured.heading)
    for titles, rows in (measured.speeds, measured.kernels):
        say("", grid(titles, rows, range(1, len(titles))))
