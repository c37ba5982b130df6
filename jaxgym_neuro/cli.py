"""The command line: ``python -m jaxgym_neuro {list,info,bench}``."""

import argparse
import json
from collections.abc import Sequence

from jaxgym_neuro import registry
from jaxgym_neuro.benchmark import REPEATS, machine, ratios, task_cases, time_in_turn


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
    bench.add_argument("--json", action="store_true", help="print JSON instead of tables")
    bench.set_defaults(run=_bench)
    return parser


def _list(arguments: argparse.Namespace) -> None:
    for id in registry.registered_tasks(arguments.tag):
        print(id)


def _bench(arguments: argparse.Namespace) -> None:
    if arguments.repeats < 1 or min(arguments.num_envs) < 1:
        raise ValueError("--repeats and --num-envs are whole numbers of at least 1")
    ids = arguments.ids or registry.registered_tasks()
    result = {"machine": machine(), "tasks": []}
    say = (lambda *_: None) if arguments.json else print
    say("  ".join(f"{key} {value}" for key, value in result["machine"].items()))
    say(f"\n{'task':44}{'N':>7}{'T':>6}{'channels':>9}{'compile s':>11}{'M steps/s':>11}{'ns':>9}")
    for num_envs in arguments.num_envs:
        for case in task_cases(ids, num_envs):
            (timing,) = time_in_turn([case], arguments.repeats)
            result["tasks"].append({**vars(timing), "steps_per_s": round(timing.steps_per_s)})
            say(
                f"{timing.name:44}{timing.num_envs:>7}{timing.trial_steps or '-':>6}"
                f"{timing.num_channels:>9}{timing.compile_s:>11.2f}"
                f"{timing.steps_per_s / 1e6:>11.2f}{timing.ns_per_step:>9.1f}"
            )
    if not arguments.no_ratios:
        result["ratios"] = ratios(repeats=arguments.repeats)
        _say_ratios(say, result["ratios"])
    if arguments.json:
        print(json.dumps(result, indent=2))


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
