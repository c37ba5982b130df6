"""What a training has come to: trials, a table by condition, a picture, and a card, in a folder."""

import dataclasses
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import ideal
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.plotting import plot_by_condition
from jaxgym_neuro.recording.rollout import rollout
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.support.folders import write_whole
from jaxgym_neuro.support.machine import machine
from jaxgym_neuro.support.validation import check_integer
from jaxgym_neuro.support.version import VERSION
from jaxgym_neuro.training.trained import Trained

CARD, CARD_TEXT, TRIALS, FIGURE = "card.json", "card.md", "trials.npz", "performance.png"
_NUM_ENVS = 100  # each plays a hundred trials of ten thousand, an episode of Bandit


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Trials that the trained networks played greedily, and what others come to on the task."""

    tables: tuple[TrialTable, ...]  # of each run
    runs: tuple[Performance, ...]  # by condition, of each run
    ideal: Performance | None  # the ideal observer's, where there is one
    chance: float  # performance per trial of random actions
    no_ideal: str | None = None  # why there is no ideal observer's, where there is none

    def __repr__(self):
        lines = [f"{'':>24}performance"]
        lines += [f"{run.rule:>24}{run.mean_performance:>11.4f}" for run in self.runs]
        if self.ideal is not None:
            lines.append(f"{'ideal observer':>24}{self.ideal.mean_performance:>11.4f}")
        else:
            lines.append(f"{'ideal observer':>24}   none: {self.no_ideal}")
        lines.append(f"{'random actions':>24}{self.chance:>11.4f}")
        for run in self.runs if self.ideal is not None and self.ideal.conditions else ():
            lines += ["", str(run)]
        return "\n".join(lines)

    def figure(self) -> Any:
        """Plot performance by condition."""
        units = self.tables[0].units
        return plot_by_condition(self.runs, self.ideal, self.chance, units=units)


def evaluate(trained: Trained, num_trials: int = 10_000, key: int | jax.Array = 1) -> Evaluation:
    """Let trained networks play greedily, and compare them with the ideal observer.

    Args:
        trained: what `train_ppo` or `train_supervised` returned.
        num_trials: of each run.
        key: a seed or a key.

    Raises:
        ValueError: where a trained network is no policy.
    """
    num_trials = check_integer("num_trials", num_trials, at_least=1)
    env = trained.env
    best, no_ideal = None, "its performance differs with the params, of which there are several"
    if trained.sets is None:
        best, no_ideal = ideal_or_reason(env, trained.params)
    tables, by_chance = play(trained, num_trials, key)
    names = _conditions_of(best, tables[0])
    runs = tuple(
        Performance.of_trials(
            env.name,
            _name_of(trained, run),
            {name: table.conditions[name] for name in names},
            performance=table.performance,
            reward=table.reward,
        )
        for run, table in enumerate(tables)
    )
    chance = float(np.mean(by_chance.performance))
    return Evaluation(tables, runs, best, chance, no_ideal)


def play(
    trained: Trained, num_trials: int, key: int | jax.Array, *, greedy: bool = True
) -> tuple[tuple[TrialTable, ...], TrialTable]:
    """Let each trained network play, its likeliest actions or drawn ones, and chance.

    Returns:
        the trials of each network, and those of random actions, with the first one's params.

    Raises:
        ValueError: where a trained network is no policy.
    """
    env, params = trained.env, [trained.params_of(run) for run in range(trained.num_runs)]
    given: dict[str, Any] = {
        "num_envs": min(_NUM_ENVS, num_trials), "num_trials": num_trials, "key": key
    }  # fmt: skip
    tables = tuple(
        rollout(env, own, *trained.agent(run, greedy=greedy), **given)
        for run, own in enumerate(params)
    )
    return tables, rollout(env, params[0], **given)


def ideal_of(env: Any, params: Any) -> Performance | None:
    """Return the ideal observer's performance, or None where there is no ideal observer."""
    return ideal_or_reason(env, params)[0]


def ideal_or_reason(env: Any, params: Any) -> tuple[Performance | None, str | None]:
    """Return the ideal observer's performance, or None and why there is none.

    Either no observer of the task is known, or the one that is does not apply to these params.
    """
    if not ideal.has_rules(env):
        return None, f"no observer of {env.name} is known"
    try:
        return ideal.performance(env, params), None
    except ValueError as refusal:
        return None, str(refusal)


def card(
    trained: Trained, evaluation: Evaluation | None, made_by: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what was trained, on what, and what it came to; fit for JSON.

    Args:
        trained: the training.
        evaluation: of it; None where the networks are no policies.
        made_by: how to make the task again: its id and arguments.
    """
    best = None if evaluation is None else evaluation.ideal
    packages = ("jax", "flax", "optax", "orbax-checkpoint", "numpy")
    return {
        "task": dict(made_by or {"name": trained.env.name}),
        "config": dict(trained.config),
        "versions": {
            "jaxgym-neuro": VERSION,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in packages},
        },
        "machine": machine(),
        "runs": [
            {
                **{name: float(values[run]) for name, values in trained.runs.items()},
                "performance_while_training": float(trained.metrics["performance"][-1, run]),
                **({} if evaluation is None else _scores(evaluation.runs[run])),
            }
            for run in range(trained.num_runs)
        ],
        "trials": 0 if evaluation is None else len(evaluation.tables[0]),
        "ideal": None if best is None else best.mean_performance,
        "ideal_by_condition": None if best is None else _by_condition(best),
        "units": {} if evaluation is None else dict(evaluation.tables[0].units),
        "no_ideal": None if evaluation is None else evaluation.no_ideal,
        "chance": None if evaluation is None else evaluation.chance,
        "updates": trained.num_updates,
        "steps": trained.num_steps,
        "seconds": {name: round(value, 2) for name, value in trained.seconds.items()},
    }


def write(
    folder: str | Path,
    trained: Trained,
    evaluation: Evaluation | None,
    made_by: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write trials, picture and card into a folder; return the names of the files.

    Trials are the columns of the tables of all runs, with a column ``training_run``. Of networks
    that are no policies there is a card.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    told = card(trained, evaluation, made_by)
    write_whole(folder / CARD, json.dumps(told, indent=2) + "\n")
    write_whole(folder / CARD_TEXT, _as_text(told))
    if evaluation is None:
        return [CARD, CARD_TEXT]
    columns = [table.columns() for table in evaluation.tables]
    joined = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
    sizes = [len(table) for table in evaluation.tables]
    joined["training_run"] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    np.savez_compressed(folder / TRIALS, allow_pickle=False, **joined)
    evaluation.figure().savefig(folder / FIGURE, dpi=150)
    return [CARD, CARD_TEXT, TRIALS, FIGURE]


def _as_text(told: Mapping[str, Any]) -> str:
    """Write a card in Markdown."""
    task = told["task"]
    name = task.get("name") or task["id"]  # a class has both
    best = told["ideal"]
    lines = [
        f"# {name}",
        "",
        f"{told['updates']:,} updates, {told['steps']:,} environment steps a run; compiled in "
        f"{told['seconds']['compile']:.1f} s, trained in {told['seconds']['train']:.1f} s. "
        f"{told['trials']:,} trials a run, played greedily.",
        "",
        "| run | performance | reward |",
        "| --- | --- | --- |",
    ]
    for number, run in enumerate(told["runs"]):
        if "performance" not in run:
            lines.append(f"| {number} | {run['performance_while_training']:.4f}, training | |")
            continue
        score = f"{run['performance']:.4f} ± {run['performance_error']:.4f}"
        lines.append(f"| {number} | {score} | {run['reward']:.4f} |")
    if best is not None:
        lines.append(f"| ideal observer | {best:.4f} | |")
    elif told["no_ideal"] is not None:
        lines.append(f"| ideal observer | none: {told['no_ideal']} | |")
    if told["chance"] is not None:
        lines.append(f"| random actions | {told['chance']:.4f} | |")
    for title in ("task", "config", "versions", "machine"):
        lines += ["", f"## {title}", "", "| | |", "| --- | --- |"]
        lines += [f"| {key} | {value} |" for key, value in told[title].items()]
    return "\n".join(lines) + "\n"


def _by_condition(best: Performance) -> dict[str, list[float]]:
    """Return columns of numbers as one writes them: 6.4, not 6.400000095."""
    return {name: [float(str(value)) for value in x] for name, x in best.columns().items()}


def _scores(run: Performance) -> dict[str, float]:
    return {
        "performance": run.mean_performance,
        "performance_error": run.mean_performance_error,
        "reward": run.mean_reward,
    }


def _conditions_of(best: Performance | None, table: TrialTable) -> tuple[str, ...]:
    """Return by which conditions performance is shown: the ideal observer's, or a usual one."""
    known = [name for name, values in table.conditions.items() if np.ndim(values) == 1]
    if best is not None:
        names = tuple(best.conditions)
        return names if set(names) <= set(known) else ()
    return tuple(name for name in ("coh", "ground_truth") if name in known)[:1]


def _name_of(trained: Trained, run: int) -> str:
    """Name a run by what distinguishes it."""
    varied = {
        name: values[run] for name, values in trained.runs.items() if len(set(values.tolist())) > 1
    }
    return ", ".join(f"{name} {value:g}" for name, value in varied.items()) or "trained"
