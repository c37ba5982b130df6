"""Training and what goes with it: train, solve, evaluate, analyze and replicate."""

import argparse
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from jaxgym_neuro import registry
from jaxgym_neuro.cli.arguments import (
    FOLDER,
    ID,
    Commands,
    Parser,
    add_json,
    add_settings,
    json_object,
)
from jaxgym_neuro.cli.findings import as_json, finding
from jaxgym_neuro.cli.given import TASK, named, names_class, short_name, whole_name
from jaxgym_neuro.cli.output import note, say, say_json, say_lines
from jaxgym_neuro.display.terminal import grid
from jaxgym_neuro.support.folders import told_inside, write_whole
from jaxgym_neuro.support.validation import check_entries, check_integer, check_name

_TASK = "task.json"  # of which task a folder has a training: its id, arguments and preset
_CARD = "card.json"
_METHODS = ("ppo", "supervised")


def add_to(commands: Commands) -> None:
    """Add the commands."""
    _add_train(commands)
    _add_solve(commands)
    evaluate = commands.add(
        "evaluate", _evaluate, "evaluate anew what was trained into DIR",
        ("trained/GoNogo-v0", "trained/GoNogo-v0 --trials 50000 --json"),
        details="Card, trials and picture there are written over, or go to --out.",
    )  # fmt: skip
    evaluate.add_argument("folder", metavar=FOLDER, help="of the training")
    evaluate.add_argument(
        "--trials", type=int, default=10_000, metavar="N", help="of each run (%(default)s)"
    )
    evaluate.add_argument("--key", type=int, default=1, help="seed of the trials (%(default)s)")
    evaluate.add_argument(
        "--task", metavar="FILE.py:CLASS", help="where the class that was trained is now"
    )
    evaluate.add_argument("--out", metavar=FOLDER, help="for what is written (where it was)")
    add_json(evaluate)
    analyze = commands.add(
        "analyze", _analyze, "analyse the trials played by what is in DIR",
        ("trained/GoNogo-v0", "trained/GoNogo-v0 --json"),
    )  # fmt: skip
    analyze.add_argument("folder", metavar=FOLDER, help="of the training")
    add_json(analyze)
    _add_replicate(commands)


def _add_train(commands: Commands) -> None:
    train = commands.add(
        "train", _train, "train networks on a task; save, evaluate, and draw them",
        ("GoNogo-v0", "louder_tone.py:LouderTone --updates 100",
         "DelayMatchSample-v0 --args dt=50 --seeds 3 --until ideal:0.95",
         'DelayMatchSample-v0 --method supervised --set learning_rate=0.01 '
         "--cell '{\"cell\": \"LeakyRNN\"}'"),
        details="Needs the extra 'train'.",
    )  # fmt: skip
    train.add_argument("id", metavar=ID, help=TASK)
    add_settings(train, "--args", words="argument of the task (dt=20), or all of them in JSON")
    train.add_argument("--preset", metavar="NAME", help="one of the task's")
    train.add_argument("--method", choices=_METHODS, default="ppo", help="(%(default)s)")
    train.add_argument(
        "--cell", type=json_object, default={}, metavar="JSON",
        help="'{\"cell\": \"LeakyRNN\", \"excitatory\": 0.8}'; default is a GRU of 64 units",
    )  # fmt: skip
    _add_seeds(train, 1)
    train.add_argument("--updates", type=int, metavar="N", help="default is the task's recipe")
    words = "further argument of train_ppo or train_supervised (learning_rate=0.01), or JSON"
    add_settings(train, "--set", words=words)
    train.add_argument("--until", help="stop at a performance: 0.8, ideal:0.95 or pyrl")
    train.add_argument("--out", metavar=FOLDER, help="(trained/ID)")
    train.add_argument("--resume", action="store_true", help="go on with what is in DIR")
    train.add_argument("--trials", type=int, default=10_000, help="to evaluate on (%(default)s)")


def _add_solve(commands: Commands) -> None:
    solve = commands.add(
        "solve", _solve, "train networks on many tasks, and record how long each takes to solve",
        ("GoNogo-v0 Bandit-v0 --seeds 1", "--method supervised --out solved"),
        details="Needs the extra 'train'.",
    )  # fmt: skip
    solve.add_argument(
        "ids",
        nargs="*",
        metavar=ID,
        help="or MODULE:CLASS, FILE.py:CLASS; default: those of the table of solved tasks",
    )
    solve.add_argument("--method", choices=_METHODS, nargs="+", metavar="METHOD", help="(both)")
    _add_seeds(solve, 3)
    solve.add_argument(
        "--out", metavar=FOLDER, default="solved",
        help="what has a record there stays (%(default)s)",
    )  # fmt: skip
    add_json(solve)


def _add_replicate(commands: Commands) -> None:
    replicate = commands.add(
        "replicate", _replicate, "train networks on an experiment, and hold them against animals",
        ("", "roitman02 --seeds 5", "roitman02 --search policies"),
        details="Without a name it lists the experiments. Needs the extra 'train'.",
    )  # fmt: skip
    replicate.add_argument("name", nargs="?", metavar="NAME", help="of the replication")
    _add_seeds(replicate, 3)
    for name in ("updates", "hidden", "trials"):
        replicate.add_argument(f"--{name}", type=int, metavar="N", help="default is its own")
    replicate.add_argument("--out", metavar=FOLDER, help="(replicated/NAME)")
    replicate.add_argument(
        "--search", metavar="HOW", help="say what its numbers were found among, and how"
    )


def _add_seeds(parser: Parser, seeds: int) -> None:
    parser.add_argument(
        "--seeds", type=int, default=seeds, metavar="N", help="how many (%(default)s)"
    )
    parser.add_argument("--key", type=int, default=0, help="of which all seeds are (%(default)s)")


def _train(arguments: argparse.Namespace) -> None:
    training = _training()
    from jaxgym_neuro.training.checkpoint import CONFIG  # likewise
    from jaxgym_neuro.training.report import ideal_of

    made_by = {"id": whole_name(arguments.id), "args": arguments.args, "preset": arguments.preset}
    if names_class(arguments.id):
        made_by["name"] = short_name(arguments.id)
    task, made_of = named(arguments.id, arguments.args, arguments.preset)
    env, params = registry.resolve(task, **made_of)
    folder = Path(arguments.out or f"trained/{short_name(arguments.id)}")
    train = training.train_ppo if arguments.method == "ppo" else training.train_supervised
    recipe = training.recipe(task, arguments.method)
    given = {**recipe, **arguments.set}
    if arguments.updates is not None:
        given["updates"] = arguments.updates
    check_entries("setting", "--set", given, recipe)
    updates = check_integer("--updates", given["updates"], at_least=1)
    trials = check_integer("--trials", arguments.trials, at_least=1)
    cell = training.cell_from(arguments.cell)
    if (folder / CONFIG).exists() and not arguments.resume:
        raise ValueError(
            f"there is a training in {folder}: --resume goes on with it, and --out DIR puts "
            "another one elsewhere"
        )
    # The file is of the training that is there; one that did not begin has left none.
    if not all((folder / file).exists() for file in (_TASK, CONFIG)):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / _TASK, json.dumps(made_by, indent=2) + "\n")
    best = ideal_of(env, params) if arguments.method == "ppo" else None
    best = None if best is None else best.mean_performance
    with training.ProgressBar(updates, best=best) as progress:
        trained = train(
            env,
            params,
            cell,
            **given,
            num_seeds=arguments.seeds,
            key=arguments.key,
            until=arguments.until,
            folder=folder,
            resume=arguments.resume,
            report=progress,
        )
    seconds = ", ".join(f"{name} {value:.1f} s" for name, value in trained.seconds.items())
    say(f"{trained.num_updates} updates, {trained.num_steps:,} steps a run; {seconds}")
    say_lines(_evaluated(trained, folder, made_by, trials, arguments.key + 1))


def _solve(arguments: argparse.Namespace) -> None:
    training = _training()
    tasks = [named(one)[0] for one in arguments.ids] or training.solvable()
    methods = arguments.method or list(_METHODS)
    given = {"num_seeds": arguments.seeds, "key": arguments.key}
    records = []
    for record, is_new in training.solve_all(tasks, methods, arguments.out, **given):
        line = f"{record}{'' if is_new else ' (as it was)'}"
        note(line) if arguments.json else say_lines([line])
        records.append(dataclasses.asdict(record))
    table = Path(arguments.out) / "solved.md"
    table.write_text(training.tables(training.read_all(arguments.out)))
    if arguments.json:
        say_json(records)
    else:
        say_lines([f"wrote {table}"])


def _evaluate(arguments: argparse.Namespace) -> None:
    folder = Path(arguments.folder)
    known = folder / _TASK
    if not known.exists():
        inside = told_inside(folder, _TASK)
        raise ValueError(f"nothing was trained into {folder}: there is no {_TASK}{inside}")
    try:
        made_by = json.loads(known.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{known} is not what a training has written: {error}") from None
    trials = check_integer("--trials", arguments.trials, at_least=1)
    if arguments.task is not None:
        made_by["id"] = whole_name(arguments.task)
    trained = _training().load(folder, *_made(made_by))
    out = Path(arguments.out or folder)
    if (out / _CARD).exists():
        note(f"what was evaluated in {out} is written over; --out DIR keeps it")
    said = _evaluated(trained, out, made_by, trials, arguments.key)
    if arguments.json:
        say_json(json.loads((out / _CARD).read_text()))
    else:
        say_lines(said)


def _analyze(arguments: argparse.Namespace) -> None:
    found = _training().analyze(arguments.folder)
    for run, analyses in enumerate(found):
        if not arguments.json:
            none = " no analysis suits these trials" * (not analyses)
            say(Text(f"{chr(10) * bool(run)}run {run}:{none}", style="bold"))
        drawn = dict(_training().pictures(arguments.folder, analyses))
        for name, result in analyses.items():
            file = None
            if name in drawn:
                file = Path(arguments.folder) / f"{name.replace(' ', '_')}_{run}.png"
                drawn[name].figure.savefig(file, dpi=150)
            if not arguments.json:
                say(*finding(name, result), *([f"drew {file}"] if file else []))
    if arguments.json:
        say_json([{name: as_json(result) for name, result in one.items()} for one in found])


def _evaluated(
    trained: Any, folder: Path, made_by: dict[str, Any], trials: int, key: int
) -> list[str]:
    """Evaluate what was trained; write what it comes to, and return what there is to say."""
    training = _training()
    evaluation = None
    if trained.is_policy:
        evaluation = training.evaluate(trained, trials, key)
        words = str(evaluation)
    else:
        found = trained.metrics["performance"][-1].tolist()
        words = f"no policy: the ground truth is not an action; performance in training {found}"
    written = ", ".join(training.write(folder, trained, evaluation, made_by))
    return [words, f"wrote {written} in {folder}"]


def _replicate(arguments: argparse.Namespace) -> None:
    replications = _replications()
    if arguments.name is None:
        rows = [(name, replications.load(name).title) for name in replications.names()]
        say(grid(("name", "experiment"), rows))
        return
    replication = replications.load(arguments.name)
    names = ("seeds", "key", "updates", "hidden", "trials")
    settings = replications.Settings(**{name: getattr(arguments, name) for name in names})
    if arguments.search is not None:
        check_name("search", arguments.search, replication.searches)
        say(_columns(replication.searches[arguments.search](settings)))
        return
    with _training().ProgressBar(settings.updates or replication.updates) as progress:
        finding = replication.run(dataclasses.replace(settings, report=progress))
    folder = Path(arguments.out or f"replicated/{replication.name}")
    written = ", ".join(replications.write(folder, finding))
    say_lines([str(finding), f"wrote {written} in {folder}"])


def _columns(columns: Mapping[str, Any]) -> Any:
    """Lay out columns of numbers."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return grid(columns, [[f"{value:g}" for value in row] for row in rows], range(len(columns)))


def _made(made_by: dict[str, Any]) -> tuple[Any, Any]:
    """Make again the task that a folder has a training of."""
    try:
        task, made_of = named(made_by["id"], made_by["args"], made_by["preset"])
    except ValueError as error:
        if not names_class(made_by["id"]):
            raise
        raise ValueError(f"{error}; --task FILE.py:CLASS says where the class is now") from error
    return registry.resolve(task, **made_of)


def _replications() -> Any:
    _training()  # which says what is missing
    from jaxgym_neuro import replications

    return replications


def _training() -> Any:
    from jaxgym_neuro import training  # of an extra, and a second to import

    return training
