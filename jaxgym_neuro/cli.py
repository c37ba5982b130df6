"""The command line: ``python -m jaxgym_neuro COMMAND``.

Commands are list, info, train, evaluate, analyze, replicate and bench.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
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
from jaxgym_neuro.support.validation import check_entries, check_integer, check_name

_TASK = "task.json"  # of which task a folder has a training: its id, arguments and preset
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

    _add_training(commands)
    _add_replications(commands)

    bench = commands.add_parser("bench", help="measure how fast it is")
    _add_benchmarks(bench.add_subparsers(required=True))
    return parser


def _add_benchmarks(benchmarks: Any) -> None:
    common = argparse.ArgumentParser(add_help=False)
    # Without a default: one that a subcommand sets would be that of all, whose argument it is.
    common.add_argument("--repeats", type=int, help="timed runs of each case")
    common.add_argument("--json", action="store_true", help="print JSON instead of tables")
    tasks = benchmarks.add_parser(
        "tasks", parents=[common], help="compile time and steps per second: seconds a task"
    )
    tasks.add_argument("ids", nargs="*", help="tasks; default all")
    tasks.add_argument("--num-envs", type=int, nargs="+", metavar="N")
    thorough = "more repeats and a larger batch, each task against a reference, and ratios: minutes"
    tasks.add_argument("--thorough", action="store_true", help=thorough)
    tasks.add_argument("--no-ratios", action="store_true", help="only the table of tasks")
    tasks.set_defaults(run=_bench_tasks)
    dataset = benchmarks.add_parser("dataset", parents=[common], help="batches of a Dataset")
    dataset.set_defaults(run=_bench_dataset)
    multitask = benchmarks.add_parser(
        "multitask", parents=[common], help="twenty tasks in one, against the tasks alone"
    )
    multitask.set_defaults(run=_bench_multitask)


def _add_training(commands: Any) -> None:
    train = commands.add_parser(
        "train", help="train networks on a task; save, evaluate, and draw them"
    )
    train.add_argument("id")
    train.add_argument(
        "--args", type=json.loads, default={}, metavar="JSON", help="of the task: '{\"dt\": 20}'"
    )
    train.add_argument("--preset", help="one of the task's")
    train.add_argument("--method", choices=("ppo", "supervised"), default="ppo")
    train.add_argument(
        "--cell", type=json.loads, default={}, metavar="JSON",
        help="'{\"cell\": \"LeakyRNN\", \"excitatory\": 0.8}'; default is a GRU of 64 units",
    )  # fmt: skip
    train.add_argument("--seeds", type=int, default=1, metavar="N", help="how many (%(default)s)")
    train.add_argument("--key", type=int, default=0, help="of which all seeds are (%(default)s)")
    train.add_argument("--updates", type=int, help="default is the task's recipe")
    train.add_argument(
        "--set", type=json.loads, default={}, metavar="JSON",
        help="further arguments of train_ppo or train_supervised: '{\"learning_rate\": 0.01}'",
    )  # fmt: skip
    train.add_argument("--until", help="stop at a performance: 0.8, ideal:0.95 or pyrl")
    train.add_argument("--out", metavar="DIR", help="(trained/ID)")
    train.add_argument("--resume", action="store_true", help="go on with what is in DIR")
    train.add_argument("--trials", type=int, default=10_000, help="to evaluate on (%(default)s)")
    train.set_defaults(run=_train)
    solve = commands.add_parser(
        "solve", help="train networks on many tasks, and record how long it takes to solve each"
    )
    solve.add_argument("ids", nargs="*", help="default: those of the table of solved tasks")
    solve.add_argument("--method", choices=("ppo", "supervised"), nargs="+", metavar="METHOD")
    solve.add_argument("--seeds", type=int, default=3, metavar="N", help="of each (%(default)s)")
    solve.add_argument("--key", type=int, default=0, help="of which all seeds are (%(default)s)")
    solve.add_argument(
        "--out", metavar="DIR", default="solved", help="what has a record there stays (%(default)s)"
    )
    solve.set_defaults(run=_solve)
    evaluate = commands.add_parser("evaluate", help="evaluate anew what was trained into DIR")
    evaluate.add_argument("folder", metavar="DIR")
    evaluate.add_argument("--trials", type=int, default=10_000, help="(%(default)s)")
    evaluate.add_argument("--key", type=int, default=1, help="(%(default)s)")
    evaluate.set_defaults(run=_evaluate)
    analyze = commands.add_parser("analyze", help="analyse the trials played by what is in DIR")
    analyze.add_argument("folder", metavar="DIR")
    analyze.set_defaults(run=_analyze)


def _add_replications(commands: Any) -> None:
    replicate = commands.add_parser(
        "replicate", help="train networks on an experiment, and hold them against the animals"
    )
    replicate.add_argument("name", nargs="?", help="of the replication; without it: list them")
    replicate.add_argument("--seeds", type=int, default=3, metavar="N", help="(%(default)s)")
    replicate.add_argument(
        "--key", type=int, default=0, help="of which all seeds are (%(default)s)"
    )
    for name in ("updates", "hidden", "trials"):
        replicate.add_argument(f"--{name}", type=int, metavar="N", help="default is its own")
    replicate.add_argument("--out", metavar="DIR", help="(replicated/NAME)")
    replicate.add_argument(
        "--search", metavar="HOW", help="say what its numbers were found among, and how"
    )
    replicate.set_defaults(run=_replicate)


def _replicate(arguments: argparse.Namespace) -> None:
    replications = _replications()
    if arguments.name is None:
        for name in replications.names():
            print(f"{name}: {replications.load(name).title}")
        return
    replication = replications.load(arguments.name)
    names = ("seeds", "key", "updates", "hidden", "trials")
    settings = replications.Settings(**{name: getattr(arguments, name) for name in names})
    if arguments.search is not None:
        check_name("search", arguments.search, replication.searches)
        _print_table(replication.searches[arguments.search](settings))
        return
    progress = _training().ProgressBar(settings.updates or replication.updates)
    finding = replication.run(dataclasses.replace(settings, report=progress))
    progress.close()
    print(finding)
    folder = Path(arguments.out or f"replicated/{replication.name}")
    print(f"wrote {', '.join(replications.write(folder, finding))} in {folder}")


def _print_table(columns: Mapping[str, Any]) -> None:
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for row in zip(*(values.tolist() for values in columns.values()), strict=True):
        print(f"| {' | '.join(f'{value:g}' for value in row)} |")


def _train(arguments: argparse.Namespace) -> None:
    training = _training()
    made_by = {"id": arguments.id, "args": arguments.args, "preset": arguments.preset}
    env, params = _made(made_by)
    folder = Path(arguments.out or f"trained/{arguments.id}")
    train = training.train_ppo if arguments.method == "ppo" else training.train_supervised
    given = {**training.recipe(arguments.id, arguments.method), **arguments.set}
    if arguments.updates is not None:
        given["updates"] = arguments.updates
    check_entries("setting", "--set", given, training.recipe(arguments.id, arguments.method))
    progress = training.ProgressBar(check_integer("--updates", given["updates"], at_least=1))
    if not (folder / _TASK).exists():  # which a resumed training has
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _TASK).write_text(json.dumps(made_by, indent=2) + "\n")
    trained = train(
        env,
        params,
        training.cell_from(arguments.cell),
        **given,
        num_seeds=arguments.seeds,
        key=arguments.key,
        until=arguments.until,
        folder=folder,
        resume=arguments.resume,
        report=progress,
    )
    progress.close()
    seconds = ", ".join(f"{name} {value:.1f} s" for name, value in trained.seconds.items())
    print(f"{trained.num_updates} updates, {trained.num_steps:,} steps a run; {seconds}")
    _tell(trained, folder, made_by, arguments.trials, arguments.key + 1)


def _solve(arguments: argparse.Namespace) -> None:
    training = _training()
    ids = arguments.ids or training.solvable()
    methods = arguments.method or ["ppo", "supervised"]
    given = {"num_seeds": arguments.seeds, "key": arguments.key}
    for record, is_new in training.solve_all(ids, methods, arguments.out, **given):
        print(record, "" if is_new else "(as it was)", flush=True)
    table = Path(arguments.out) / "solved.md"
    table.write_text(training.tables(training.read_all(arguments.out)))
    print(f"wrote {table}")


def _evaluate(arguments: argparse.Namespace) -> None:
    folder = Path(arguments.folder)
    known = folder / _TASK
    if not known.exists():
        raise ValueError(f"nothing was trained into {folder}: there is no {_TASK}")
    made_by = json.loads(known.read_text())
    trained = _training().load(folder, *_made(made_by))
    _tell(trained, folder, made_by, arguments.trials, arguments.key)


def _analyze(arguments: argparse.Namespace) -> None:
    found = _training().analyze(arguments.folder)
    for run, analyses in enumerate(found):
        print(f"run {run}:" if analyses else f"run {run}: no analysis suits these trials")
        for name, result in analyses.items():
            print(f"  {name}: {result}")
            if hasattr(result, "plot"):
                file = Path(arguments.folder) / f"{name.replace(' ', '_')}_{run}.png"
                result.plot().figure.savefig(file, dpi=150)
                print(f"  drew {file}")


def _tell(trained: Any, folder: Path, made_by: dict[str, Any], trials: int, key: int) -> None:
    """Evaluate what was trained; print and write what it comes to."""
    training = _training()
    evaluation = None
    if trained.is_policy:
        evaluation = training.evaluate(trained, trials, key)
        print(evaluation)
    else:
        found = trained.metrics["performance"][-1].tolist()
        print(f"no policy: the ground truth is not an action; performance in training {found}")
    print(f"wrote {', '.join(training.write(folder, trained, evaluation, made_by))} in {folder}")


def _made(made_by: dict[str, Any]) -> tuple[Any, Any]:
    preset = {} if made_by["preset"] is None else {"preset": made_by["preset"]}
    return registry.resolve(made_by["id"], **preset, **made_by["args"])


def _replications() -> Any:
    _training()  # which says what is missing
    from jaxgym_neuro import replications

    return replications


def _training() -> Any:
    try:
        from jaxgym_neuro import training  # an extra, and a second to import
    except ModuleNotFoundError as error:
        raise ValueError(f"to train needs the extra 'train' ({error.name} is missing)") from None
    return training


def _list(arguments: argparse.Namespace) -> None:
    for id in registry.registered_tasks(arguments.tag):
        print(id)


def _bench_tasks(arguments: argparse.Namespace) -> None:
    usual = REPEATS if arguments.thorough else _QUICK_REPEATS
    result, say = _begin_bench(arguments, usual)
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
    _note("four datasets")
    titles = f"{'M steps/s':>11}{'fastest':>9}{'per CPU s':>11}"
    say(f"\n{'PerceptualDecisionMaking':30}{'first batch s':>15}{titles}")
    for row in dataset_speeds(arguments.repeats):
        result["dataset"].append(row)
        say(
            f"{row['case']:30}{row['first_batch_s']:>15.2f}{row['steps_per_s'] / 1e6:>11.2f}"
            f"{row['fastest_steps_per_s'] / 1e6:>9.2f}{row['steps_per_cpu_s'] / 1e6:>11.2f}"
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


def _begin_bench(
    arguments: argparse.Namespace, usual_repeats: int = REPEATS
) -> tuple[dict[str, Any], Callable[..., None]]:
    """Say what the machine is; return the result so far, and how to print what is no JSON."""
    repeats: Any = usual_repeats if arguments.repeats is None else arguments.repeats
    arguments.repeats = check_integer("--repeats", repeats, at_least=1)
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
