"""The command line: ``python -m jaxgym_neuro {list,info,bench}``."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from jaxgym_neuro import registry
from jaxgym_neuro.bench.multitask import multi_task_ratio
from jaxgym_neuro.bench.timing import (
    REPEATS,
    Case,
    dataset_speeds,
    machine,
    ratios,
    task_case,
    time_in_turn,
)
from jaxgym_neuro.support.validation import check_integer

_QUICK_REPEATS, _QUICK_ENVS, _ENVS = 3, [1_024], [1_024, 16_384]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except ValueError as error:
        print(f"error: {error}")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jaxgym-neuro", description=__doc__)
    commands = parser.add_subparsers(required=True)

    listing = commands.add_parser("list", help="list the tasks")
    listing.add_argument("--tag", help="only those with this tag")
    listing.set_defaults(run=_list)

    info = commands.add_parser("info", help="say what a task is about")
    info.add_argument("id")
    info.set_defaults(run=lambda arguments: print(registry.task_info(arguments.id)))

    bench = commands.add_parser("bench", help="measure how fast it is")
    _add_benchmarks(bench.add_subparsers(required=True))
    return parser


def _add_benchmarks(benchmarks: Any) -> None:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--repeats", type=int, default=REPEATS, help="timed runs of each case")
    common.add_argument("--json", action="store_true", help="print JSON instead of tables")
    tasks = benchmarks.add_parser(
        "tasks", parents=[common], help="compile time and steps per second: seconds a task"
    )
    tasks.add_argument("ids", nargs="*", help="tasks; default all")
    tasks.add_argument("--num-envs", type=int, nargs="+", metavar="N")
    thorough = "more repeats and a larger batch, each task against a reference, and ratios: minutes"
    tasks.add_argument("--thorough", action="store_true", help=thorough)
    tasks.add_argument("--no-ratios", action="store_true", help="only the table of tasks")
    tasks.set_defaults(run=_bench_tasks, repeats=None)
    dataset = benchmarks.add_parser("dataset", parents=[common], help="batches of a Dataset")
    dataset.set_defaults(run=_bench_dataset)
    multitask = benchmarks.add_parser(
        "multitask", parents=[common], help="twenty tasks in one, against the tasks alone"
    )
    multitask.set_defaults(run=_bench_multitask)


def _list(arguments: argparse.Namespace) -> None:
    for id in registry.registered_tasks(arguments.tag):
        print(id)


def _bench_tasks(arguments: argparse.Namespace) -> None:
    if arguments.repeats is None:
        arguments.repeats = REPEATS if arguments.thorough else _QUICK_REPEATS
    result, say = _begin_bench(arguments)
    batches = arguments.num_envs or (_ENVS if arguments.thorough else _QUICK_ENVS)
    for num_envs in batches:
        check_integer("--num-envs", num_envs, at_least=1)
    result["tasks"] = []
    if arguments.thorough:
        unit = "PerceptualDecisionMaking with as many steps, channels and steps per trial"
        say(f"\nx: in units of {unit}")
    say(
        f"{'task':44}{'N':>7}{'T':>5}{'channels':>9}{'steps/trial':>12}"
        f"{'ns':>9}{'x':>6}{'compile s':>11}{'x':>6}{'M steps/s':>11}"
    )
    ids = arguments.ids or registry.registered_tasks()
    for num_envs in batches:
        for number, id in enumerate(ids, start=1):
            _note(f"{number} of {len(ids)}: {id}, N = {num_envs}")
            case, reference = task_case(id, num_envs, arguments.thorough)
            row = _bench_row(case, reference, arguments.repeats)
            result["tasks"].append(row)
            say(
                f"{row['name']:44}{num_envs:>7}{row['trial_steps'] or '-':>5}"
                f"{row['num_channels']:>9}{row['steps_per_trial'] or '-':>12}"
                f"{row['ns_per_step']:>9.1f}{row['ns_over_reference'] or '-':>6}"
                f"{row['compile_s']:>11.2f}{row['compile_over_reference'] or '-':>6}"
                f"{row['steps_per_s'] / 1e6:>11.2f}"
            )
    if arguments.thorough and not arguments.no_ratios:
        _note("ratios")
        result["ratios"] = ratios(repeats=arguments.repeats)
        _say_ratios(say, result["ratios"])
    _end_bench(arguments, result)


def _bench_dataset(arguments: argparse.Namespace) -> None:
    result, say = _begin_bench(arguments)
    result["dataset"] = []
    _note("three datasets")
    say(f"\n{'PerceptualDecisionMaking':30}{'first batch s':>15}{'M steps/s':>11}{'fastest':>9}")
    for row in dataset_speeds(arguments.repeats):
        result["dataset"].append(row)
        say(
            f"{row['case']:30}{row['first_batch_s']:>15.2f}{row['steps_per_s'] / 1e6:>11.2f}"
            f"{row['fastest_steps_per_s'] / 1e6:>9.2f}"
        )
    _end_bench(arguments, result)


def _bench_multitask(arguments: argparse.Namespace) -> None:
    result, say = _begin_bench(arguments)
    _note("some twenty tasks, for minutes")
    measured = multi_task_ratio(repeats=arguments.repeats)
    result |= measured
    say(f"\n{'task':44}{'ns':>9}{'compile s':>11}")
    for timing in measured["timings"]:
        say(f"{timing['name']:44}{timing['ns_per_step']:>9.1f}{timing['compile_s']:>11.2f}")
    say(f"\nMultiTask over the mean of its tasks: {measured['cost_over_mean']:.2f}")
    _end_bench(arguments, result)


def _begin_bench(arguments: argparse.Namespace) -> tuple[dict[str, Any], Callable[..., None]]:
    """Say what the machine is; return the result so far, and how to print what is no JSON."""
    check_integer("--repeats", arguments.repeats, at_least=1)
    result = {"machine": machine()}
    say = (lambda *_: None) if arguments.json else print
    say("  ".join(f"{key} {value}" for key, value in result["machine"].items()))
    return result, say


def _note(what: str) -> None:
    """Say what is being measured, apart from what was."""
    print(f"compiling and timing {what}", file=sys.stderr, flush=True)


def _end_bench(arguments: argparse.Namespace, result: dict[str, Any]) -> None:
    if arguments.json:
        print(json.dumps(result, indent=2))


def _bench_row(case: Case, reference: Case | None, repeats: int) -> dict[str, Any]:
    timing, *others = time_in_turn([case, reference] if reference else [case], repeats)
    over: dict[str, float | None] = {"ns_over_reference": None, "compile_over_reference": None}
    for other in others:
        over["ns_over_reference"] = round(timing.ns_per_step / other.ns_per_step, 2)
        over["compile_over_reference"] = round(timing.compile_s / other.compile_s, 2)
    return {**vars(timing), "steps_per_s": round(timing.steps_per_s), **over}


def _say_ratios(say, measured: dict) -> None:
    ns = {timing["name"]: timing["ns_per_step"] for timing in measured["timings"]}
    floor = measured["noise_floor"]
    rows = [
        ("against plain auto-reset (a select), T=22", "speed_over_select", "select", "task"),
        ("against the same, T=110, 17 channels", "speed_over_select_wide", "wide select", "wide"),
        ("against gymnax CartPole", "speed_over_cartpole", "cartpole", "task"),
        ("cost of a step at T=550 over T=22", "cost_long_over_short", "long", "task"),
    ]
    say("\nPerceptualDecisionMaking, ratios of medians timed in turn")
    for label, name, over, under in rows:
        say(f"  {label:46}{measured[name]:>8.2f}   ({ns[over]:.1f} / {ns[under]:.1f} ns)")
    say(
        f"  normal numbers: {floor['ns_per_normal']:.2f} ns each "
        f"(jax.random.normal {floor['ns_per_jax_normal']:.2f}); a step needs "
        f"{floor['normals_per_step']:.0f}, a floor of {floor['floor_ns_per_step']:.1f} ns; "
        f"a step takes {floor['task_over_floor']:.1f} times that"
    )
