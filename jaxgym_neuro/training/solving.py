"""How long it takes to solve a task: trainings of several seeds, and a record of each.

What is measured is the same for every task: three networks, say, are trained at once from cold by
the task's recipe. PPO stops when all of them score within `STOP_WITHIN` of the best over a chunk of
updates while they explore, or else when the recipe ends, as supervised learning does, whose score
while it learns says little of how it plays. Then each plays, greedily unless the goal says other;
the task is solved if all score within `goals.WITHIN` of the best, and `goals` says what that is.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxgym_neuro import registry
from jaxgym_neuro.support.machine import machine
from jaxgym_neuro.support.validation import check_name
from jaxgym_neuro.support.version import VERSION
from jaxgym_neuro.training import goals
from jaxgym_neuro.training.learning import Metrics
from jaxgym_neuro.training.networks import cell_config
from jaxgym_neuro.training.recipes import DEFAULTS, cell_of, completed, recipe
from jaxgym_neuro.training.report import play
from jaxgym_neuro.training.solved import Record, read, write
from jaxgym_neuro.training.train import CHUNK, train_ppo, train_supervised
from jaxgym_neuro.training.trained import Trained

STOP_WITHIN, STOP_CHUNKS = 0.01, 2
METHODS = tuple(DEFAULTS)
_FAMILIES = ("yang19", "modcog", "driscoll24")
# Pixels need networks that see; in Null there is nothing to learn.
_LEFT_OUT = (
    "Null-v0",
    "RandomDotMotion-v0",
    "SpatialSuppressMotionPixels-v0",
    "VisualSearch-v0",
)
_OF_MODCOG = ("modcog.goseql-v0", "modcog.dlyantiintr-v0", "modcog.dmsintl-v0")


def solve(
    task: Any, method: str = "ppo", *, num_seeds: int = 3, key: int = 0, num_trials: int = 10_000
) -> Record:
    """Train networks on a task by its recipe, and record how long it takes to solve it.

    Args:
        task: its id, or an environment.
        method: ``"ppo"`` or ``"supervised"``.
        num_seeds: networks, trained at once.
        key: of which all seeds are.
        num_trials: that each network plays in the end.

    Raises:
        ValueError: for an unknown task or method.
    """
    check_name("method", method, METHODS)
    goal = goals.goal_of(task)
    env, params = goal.make(task)
    if method == "supervised" and goal.supervised:
        return Record(_name_of(task), method, goal.supervised)
    best, best_of = goal.best_of(task)
    given = recipe(task, method)
    cell = cell_of(task, method)
    clocks = _Clocks()
    if method == "ppo":
        per_update = given["num_envs"] * given["rollout_trials"] * env.T
        enough = _enough(best - STOP_WITHIN, goal.measure, per_update)
        train = train_ppo
    else:
        train, enough = train_supervised, lambda metrics: False
    until = clocks.read_before(enough)
    trained = train(env, params, cell, **given, num_seeds=num_seeds, key=key, until=until)
    wall, cpu = clocks.now()
    reached = steps_to(trained, best - goals.WITHIN, goal.measure)
    at_goal = [clocks.at(trained, steps) for steps in reached]
    scores, errors, chance = _scores(trained, goal, num_trials, key + 1)
    return Record(
        task=_name_of(task),
        method=method,
        applies="",
        wrappers=goal.wrappers,
        args=goal.args,
        measure=goal.measure,
        best=best,
        best_of=best_of,
        chance=chance,
        scores=scores,
        errors=errors,
        solved=min(scores) >= best - goals.WITHIN,
        steps_to_goal=reached,
        seconds_to_goal=[seconds for seconds, _ in at_goal],
        cpu_to_goal=[seconds for _, seconds in at_goal],
        steps=trained.num_steps,
        seconds={**trained.seconds, "wall": wall, "cpu": cpu},
        settings=_settings(task, method, num_seeds, key),
        made_on={**machine(), "jaxgym-neuro": VERSION},
    )


def solve_all(
    tasks: Sequence[Any], methods: Sequence[str], folder: str | Path, **given: Any
) -> Iterator[tuple[Record, bool]]:
    """Solve tasks one after the other, and keep a file of each.

    What has a file, by the same settings, is not done again.

    Args:
        tasks: ids, or environments.
        methods: by which each is solved.
        folder: where the files are.
        **given: arguments of `solve`.

    Yields:
        Each record, and whether it is new.

    Raises:
        ValueError: as `solve`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        for method in methods:
            file = folder / f"{_name_of(task)}.{method}.json"
            is_new = not file.exists() or not _is_of(read(file), task, method, given)
            if is_new:
                write(file, solve(task, method, **given))
            yield read(file), is_new


def solvable() -> list[str]:
    """Return the ids of the table: NeuroGym's own tasks, the twenty of yang19, some of Mod-Cog."""
    own = [id for id in registry.registered_tasks() if id.partition(".")[0] not in _FAMILIES]
    yang19 = registry.ids_of("yang19")
    return [*(id for id in own if id not in _LEFT_OUT), *yang19, *_OF_MODCOG]


def steps_to(trained: Trained, score: float, measure: str) -> list[int | None]:
    """Return after how many steps each run had a score over `CHUNK` updates, or None for never."""
    per_update = trained.method.steps_per_update
    trials, total = trained.metrics["trials"], _earned(trained.metrics, measure, per_update)
    out: list[int | None] = []
    for run in range(trained.num_runs):
        window = np.ones(min(CHUNK, len(trials)))
        counted = np.convolve(trials[:, run], window, "valid")
        mean = np.convolve(total[:, run], window, "valid") / np.maximum(counted, 1)
        reached = np.flatnonzero(mean >= score)
        out.append(int((reached[0] + len(window)) * per_update) if len(reached) else None)
    return out


def _name_of(task: Any) -> str:
    return getattr(task, "name", task)


def _settings(task: Any, method: str, num_seeds: int = 3, key: int = 0) -> dict[str, Any]:
    cell = {f"network.{name}": value for name, value in cell_config(cell_of(task, method)).items()}
    return {**cell, **recipe(task, method), "num_seeds": num_seeds, "key": key}


def _is_of(record: Record, task: Any, method: str, given: Mapping[str, Any]) -> bool:
    """Return whether a record is of the settings that a task has now."""
    wanted = _settings(
        task, method, *(given[name] for name in ("num_seeds", "key") if name in given)
    )
    return bool(record.applies) or completed(method, record.settings) == wanted


class _Clocks:
    """What two clocks said when a training began, and after each of its chunks.

    The wall's, and the processor's, which runs as fast as there are threads at work.
    """

    def __init__(self):
        self._began = (time.perf_counter(), time.process_time())
        self._after: list[tuple[float, float]] = []  # each chunk

    def now(self) -> tuple[float, float]:
        """Return the seconds since the training began, of the wall and of the processor."""
        wall, cpu = self._began
        return time.perf_counter() - wall, time.process_time() - cpu

    def read_before(self, enough: Callable[[Metrics], bool]) -> Callable[[Metrics], bool]:
        """Return what is asked after each chunk, so that the clocks are read then."""

        def read_and_ask(metrics: Metrics) -> bool:
            self._after.append(self.now())
            return enough(metrics)

        return read_and_ask

    def at(self, trained: Trained, steps: int | None) -> tuple[float, float] | tuple[None, None]:
        """Return `now` as it was at the end of the chunk in which so many steps were done."""
        if steps is None:
            return None, None
        chunk = -(-steps // (trained.method.steps_per_update * CHUNK)) - 1
        return self._after[chunk]


def _enough(score: float, measure: str, steps_per_update: int) -> Callable[[Metrics], bool]:
    """Return what is asked after each chunk: have all runs had a score over several on end?"""
    chunks = 0

    def is_enough(metrics: Metrics) -> bool:
        nonlocal chunks
        trials = np.maximum(np.sum(metrics["trials"], axis=0), 1)
        mean = np.sum(_earned(metrics, measure, steps_per_update), axis=0) / trials
        chunks = chunks + 1 if np.all(mean >= score) else 0
        return chunks == STOP_CHUNKS

    return is_enough


def _earned(metrics: Mapping[str, np.ndarray], measure: str, steps_per_update: int) -> np.ndarray:
    """Return the sum over the trials of each update, (updates, runs)."""
    if measure == goals.PERFORMANCE:
        return metrics["performance"] * metrics["trials"]
    return metrics["reward"] * steps_per_update  # which is a mean over steps


def _scores(
    trained: Trained, goal: goals.Goal, num_trials: int, key: int
) -> tuple[list[float], list[float], float]:
    """Return what each network scores when it plays, the errors, and what chance does.

    Where the ground truth is no action, the score is that of the last chunk of the training.
    """
    if not trained.is_policy:
        last = np.asarray(trained.metrics["performance"][-CHUNK:], np.float64)
        errors = np.std(last, axis=0) / np.sqrt(len(last))
        return np.mean(last, axis=0).tolist(), errors.tolist(), float("nan")
    tables, by_chance = play(trained, num_trials, key, greedy=goal.greedy)
    values = [np.asarray(getattr(table, goal.measure), np.float64) for table in tables]
    return (
        [float(np.mean(each)) for each in values],
        [float(np.std(each) / np.sqrt(len(each))) for each in values],
        float(np.mean(getattr(by_chance, goal.measure))),
    )
