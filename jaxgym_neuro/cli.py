"""The command line: ``python -m jaxgym_neuro {list,info,bench}``."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from jaxgym_neuro import registry
from jaxgym_neuro.bench.multitask import multi_task_ratio
from jaxgym_neuro.bench.timing import (
    REPEATS,
    Case,
    dataset_speeds,
    machine,
    ratios,
    task_cases,
    time_in_turn,
)


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

    bench = commands.add_parser("bench", help="compile time, steps per second, and ratios")
    bench.add_argument("ids", nargs="*", help="tasks; default all")
    bench.add_argument("--num-envs", type=int, nargs="+", default=[1_024, 16_384], metavar="N")
    bench.add_argument("--repeats", type=int, default=REPEATS)
    bench.add_argument("--no-ratios", action="store_true", help="only the table of tasks")
    bench.add_argument("--dataset", action="store_true", help="only the speed of Dataset")
    bench.add_argument("--multitask", action="store_true", help="only twenty tasks in one")
    bench.add_argument("--json", action="store_true", help="print JSON instead of tables")
    bench.set_defaults(run=_bench)
    return parser


def _list(arguments: argparse.Namespace) -> None:
    for id in registry.registered_tasks(arguments.tag):
        print(id)


def _bench(arguments: argparse.Namespace) -> None:
    if arguments.repeats < 1 or min(arguments.num_envs) < 1:
        raise ValueError("--repeats and --num-envs are whole numbers of at least 1")
    if arguments.multitask:
        print(json.dumps({"machine": machine(), **multi_task_ratio()}, indent=2))
        return
    if arguments.dataset:
        _bench_dataset(arguments)
        return
    ids = arguments.ids or registry.registered_tasks()
    result = {"machine": machine(), "tasks": []}
    say = (lambda *_: None) if arguments.json else print
    say("  ".join(f"{key} {value}" for key, value in result["machine"].items()))
    say(
        "\nx: in units of PerceptualDecisionMaking with as many steps, channels and steps per trial"
    )
    say(
        f"{'task':44}{'N':>7}{'T':>5}{'channels':>9}{'steps/trial':>12}"
        f"{'ns':>9}{'x':>6}{'compile s':>11}{'x':>6}{'M steps/s':>11}"
    )
    for num_envs in arguments.num_envs:
        for case, reference in task_cases(ids, num_envs):
            row = _bench_row(case, reference, arguments.repeats)
            result["tasks"].append(row)
            say(
                f"{row['name']:44}{num_envs:>7}{row['trial_steps'] or '-':>5}"
                f"{row['num_channels']:>9}{row['steps_per_trial'] or '-':>12}"
                f"{row['ns_per_step']:>9.1f}{row['ns_over_reference'] or '-':>6}"
                f"{row['compile_s']:>11.2f}{row['compile_over_reference'] or '-':>6}"
                f"{row['steps_per_s'] / 1e6:>11.2f}"
            )
    if not arguments.no_ratios:
        result["ratios"] = ratios(repeats=arguments.repeats)
        _say_ratios(say, result["ratios"])
    if arguments.json:
        print(json.dumps(result, indent=2))


def _bench_dataset(arguments: argparse.Namespace) -> None:
    result = {"machine": machine(), "dataset": []}
    say = (lambda *_: None) if arguments.json else print
    say("  ".join(f"{key} {value}" for key, value in result["machine"].items()))
    say(f"\n{'PerceptualDecisionMaking':30}{'first batch s':>15}{'M steps/s':>11}{'fastest':>9}")
    for row in dataset_speeds(arguments.repeats):
        result["dataset"].append(row)
        say(
            f"{row['case']:30}{row['first_batch_s']:>15.2f}{row['steps_per_s'] / 1e6:>11.2f}"
            f"{row['fastest_steps_per_s'] / 1e6:>9.2f}"
        )
    if arguments.json:
        print(json.dumps(result, indent=2))


def _bench_row(case: Case, reference: Case | None, repeats: int) -> dict[str, Any]:
    timing, *others = time_in_turn([case, reference] if reference else [case], repeats)
    over = {"ns_over_reference": None, "compile_over_reference": None}
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
