"""How fast it is: ``bench tasks``, ``bench dataset`` and ``bench multitask``."""

import argparse
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from jaxgym_neuro import registry
from jaxgym_neuro.cli import machine as of_machine
from jaxgym_neuro.cli.arguments import ID, Commands, Parser, add_json
from jaxgym_neuro.cli.given import named
from jaxgym_neuro.cli.output import in_turn, note, say, say_json
from jaxgym_neuro.display.terminal import grid
from jaxgym_neuro.support.machine import machine
from jaxgym_neuro.support.validation import check_integer

_QUICK_REPEATS, _QUICK_ENVS, _ENVS = 3, [1_024], [1_024, 16_384]
_REFERENCE = (
    "x: in units of PerceptualDecisionMaking with as many steps, channels and steps a trial"
)
# Titles of the columns of tasks, and what they show; those of the reference only if it is timed.
_TASK = {
    "task": lambda row: row["name"],
    "N": lambda row: f"{row['num_envs']}",
    "T": lambda row: f"{row['trial_steps'] or '-'}",
    "channels": lambda row: f"{row['num_channels']}",
    "steps/trial": lambda row: f"{row['steps_per_trial'] or '-'}",
    "ns": lambda row: f"{row['ns_per_step']:.1f}",
    "x ns": lambda row: f"{row['ns_over_reference'] or '-'}",
    "compile s": lambda row: f"{row['compile_s']:.2f}",
    "x compile": lambda row: f"{row['compile_over_reference'] or '-'}",
    "M steps/s": lambda row: f"{row['steps_per_s'] / 1e6:.2f}",
}


def add_to(commands: Commands) -> None:
    """Add the command, and its commands."""
    bench = commands.add("bench", None, "measure how fast it is", ("tasks GoNogo-v0",))
    benchmarks = Commands(bench)
    tasks = benchmarks.add(
        "tasks", _tasks, "compile time and steps per second: seconds a task",
        ("GoNogo-v0 --repeats 1", "--num-envs 1024 16384 --json"),
    )  # fmt: skip
    tasks.add_argument(
        "ids", nargs="*", metavar=ID, help="or MODULE:CLASS, FILE.py:CLASS; default all"
    )
    tasks.add_argument("--num-envs", type=int, nargs="+", metavar="N", help="sizes of the batches")
    thorough = "more repeats and a larger batch, each task against a reference, and ratios: minutes"
    tasks.add_argument("--thorough", action="store_true", help=thorough)
    tasks.add_argument("--no-ratios", action="store_true", help="only the table of tasks")
    dataset = benchmarks.add(
        "dataset", _dataset, "batches of a Dataset: a minute", ("", "--repeats 1 --json")
    )
    multitask = benchmarks.add(
        "multitask", _multitask, "twenty tasks in one, against the tasks alone: minutes",
        ("", "--repeats 1 --json"),
    )  # fmt: skip
    for parser in (tasks, dataset, multitask):
        _add_common(parser)
    of_machine.add_to(benchmarks)


def _add_common(parser: Parser) -> None:
    parser.add_argument("--repeats", type=int, metavar="N", help="timed runs of each case")
    add_json(parser)


def _tasks(arguments: argparse.Namespace) -> None:
    from jaxgym_neuro.bench import timing  # and with it gymnax, which takes two seconds

    result = _begin(arguments, timing.REPEATS if arguments.thorough else _QUICK_REPEATS)
    batches = arguments.num_envs or (_ENVS if arguments.thorough else _QUICK_ENVS)
    for num_envs in batches:
        check_integer("--num-envs", num_envs, at_least=1)
    # What there is not is told before hours have been spent on the others.
    tasks = [named(one)[0] for one in arguments.ids] or registry.registered_tasks()
    cases = [_Timed(task, num_envs) for num_envs in batches for task in tasks]
    rows = result["tasks"] = []
    try:
        for one in in_turn(cases, "compiling and timing"):
            case, reference = timing.task_case(one.task, one.num_envs, arguments.thorough)
            rows.append(_row(case, reference, arguments.repeats))
    finally:  # stopped, too: what has been measured is said
        if rows and not arguments.json:
            say(*_table_of_tasks(rows, arguments.thorough))
    if arguments.thorough and not arguments.no_ratios:
        note("compiling and timing ratios")
        result["ratios"] = timing.ratios(repeats=arguments.repeats)
        if not arguments.json:
            say(*_told_ratios(result["ratios"]))
    _end(arguments, result)


class _Timed:
    """A task and the size of its batch, which prints as what is being timed."""

    def __init__(self, task: Any, num_envs: int):
        self.task, self.num_envs = task, num_envs

    def __str__(self):
        return f"{getattr(self.task, 'name', self.task)}, N = {self.num_envs}"


def _table_of_tasks(rows: list[dict[str, Any]], thorough: bool) -> Iterator[Any]:
    if thorough:
        yield Text(f"\n{_REFERENCE}")
    columns = {title: cell for title, cell in _TASK.items() if thorough or title[:2] != "x "}
    cells = [[cell(row) for cell in columns.values()] for row in rows]
    yield grid(columns, cells, range(1, len(columns)))


def _dataset(arguments: argparse.Namespace) -> None:
    from jaxgym_neuro.bench import timing

    result = _begin(arguments, timing.REPEATS)
    note("compiling and timing datasets of PerceptualDecisionMaking and of a collection")
    rows = result["dataset"] = list(timing.dataset_speeds(arguments.repeats))
    if not arguments.json:
        titles = ("case", "first batch s", "M steps/s", "fastest", "per CPU s")
        names = ("steps_per_s", "fastest_steps_per_s", "steps_per_cpu_s")
        cells = [
            [row["case"], f"{row['first_batch_s']:.2f}"] + [f"{row[x] / 1e6:.2f}" for x in names]
            for row in rows
        ]
        say("", grid(titles, cells, range(1, len(titles))))
    _end(arguments, result)


def _multitask(arguments: argparse.Namespace) -> None:
    from jaxgym_neuro.bench import multitask, timing

    result = _begin(arguments, timing.REPEATS)
    note("compiling and timing some twenty tasks, for minutes")
    measured = multitask.multi_task_ratio(repeats=arguments.repeats)
    result |= measured
    if not arguments.json:
        cells = [
            (one["name"], f"{one['ns_per_step']:.1f}", f"{one['compile_s']:.2f}")
            for one in measured["timings"]
        ]
        ratio = f"\nMultiTask over the mean of its tasks: {measured['cost_over_mean']:.2f}"
        say("", grid(("task", "ns", "compile s"), cells, (1, 2)), ratio)
    _end(arguments, result)


def _begin(arguments: argparse.Namespace, usual_repeats: int) -> dict[str, Any]:
    """Say what the machine is, and return the result so far."""
    repeats: Any = usual_repeats if arguments.repeats is None else arguments.repeats
    arguments.repeats = check_integer("--repeats", repeats, at_least=1)
    result = {"machine": machine()}
    if not arguments.json:
        say("  ".join(f"{key} {value}" for key, value in result["machine"].items()))
    return result


def _end(arguments: argparse.Namespace, result: dict[str, Any]) -> None:
    if arguments.json:
        say_json(result)


def _row(case: Any, reference: Any, repeats: int) -> dict[str, Any]:
    from jaxgym_neuro.bench import timing

    cases = [case, reference] if reference else [case]
    mine, *others = timing.time_in_turn(cases, repeats)
    over: dict[str, float | None] = {"ns_over_reference": None, "compile_over_reference": None}
    for other in others:
        over["ns_over_reference"] = round(mine.ns_per_step / other.ns_per_step, 2)
        over["compile_over_reference"] = round(mine.compile_s / other.compile_s, 2)
    return {**vars(mine), "steps_per_s": round(mine.steps_per_s), **over}


def _told_ratios(measured: dict[str, Any]) -> Iterator[Any]:
    ns = {timing["name"]: timing["ns_per_step"] for timing in measured["timings"]}
    floor = measured["noise_floor"]
    ratios = [
        ("against plain auto-reset (a select), T=22", "speed_over_select", "select", "task"),
        ("against the same, T=110, 17 channels", "speed_over_select_wide", "wide select", "wide"),
        ("against gymnax CartPole", "speed_over_cartpole", "cartpole", "task"),
        ("cost of a step at T=550 over T=22", "cost_long_over_short", "long", "task"),
    ]
    yield Text("\nPerceptualDecisionMaking, ratios of medians timed in turn")
    rows = [
        (label, f"{measured[name]:.2f}", f"{ns[over]:.1f} / {ns[under]:.1f}")
        for label, name, over, under in ratios
    ]
    yield grid(("", "ratio", "ns"), rows, (1, 2))
    yield Text(
        f"normal numbers: {floor['ns_per_normal']:.2f} ns each "
        f"(jax.random.normal {floor['ns_per_jax_normal']:.2f}); a step needs "
        f"{floor['normals_per_step']:.0f}, a floor of {floor['floor_ns_per_step']:.1f} ns; "
        f"a step takes {floor['task_over_floor']:.1f} times that"
    )
