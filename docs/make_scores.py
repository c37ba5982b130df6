"""Write what chance and the best score in each task: ``python docs/make_scores.py`` (20 minutes).

The pages of the site are made of ``docs/scores.json``, which has a line for each id. With ids as
arguments only their lines are made anew; an id that is no longer registered loses its line.
"""

import dataclasses
import json
import pathlib
import sys
from typing import Any

import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro.registry import factory_of
from jaxgym_neuro.training import goals

FILE = pathlib.Path(__file__).parent / "scores.json"
NUM_TRIALS, NUM_ENVS = 10_000, 100
_DIGITS = 4
# At a coherence of 0 it can only be guessed, and no observer here watches single dots.
_NOT_KNOWN = ("RandomDotMotion-v0",)


def scores_of(id: str, num_trials: int = NUM_TRIALS) -> dict[str, Any]:
    """Return what is scored in a task, and what random actions and the best score.

    Args:
        id: of the task.
        num_trials: of random play.
    """
    goal = goals.goal_of(id)
    best, of = best_of(id)
    table = jgn.rollout(id, policy="random", num_envs=NUM_ENVS, num_trials=num_trials, key=0)
    values = np.asarray(getattr(table, goal.measure), np.float64)
    return {
        "measure": goal.measure,
        "chance": round(float(np.mean(values)), _DIGITS),
        "chance_error": round(float(np.std(values) / np.sqrt(len(values))), _DIGITS),
        "best": None if best is None else round(best, _DIGITS),
        "of": of,
    }


def best_of(id: str) -> tuple[float | None, str]:
    """Return the best score and whose it is; None: not known.

    It is that of the table of solved tasks, but that of the ideal observer wherever there is one:
    networks may be asked for what earns the most per step. Of a task of a family it is what its
    line says: in what share of the trials an ideal observer is right.
    """
    factory = factory_of(id)
    share = getattr(factory, "IDEAL", 1.0)
    if id in _NOT_KNOWN or share is None:
        return None, "not known"
    if hasattr(factory, "IDEAL"):
        return share, "the ideal observer"
    goal = goals.goal_of(id)
    env, _ = jgn.make(id)
    if jgn.ideal.has_rules(env) and "ideal" in jgn.ideal.rules(env):
        goal = dataclasses.replace(goal, rule="ideal")
    return goal.best_of(id)


def read() -> dict[str, dict[str, Any]]:
    """Return the scores in the file, by id."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def write(scores: dict[str, dict[str, Any]]) -> None:
    """Write scores into the file, a line for each id."""
    lines = [f" {json.dumps(id)}: {json.dumps(scores[id])}" for id in sorted(scores)]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main(ids: list[str]) -> None:
    """Make the lines of the ids, or of all; what is made is kept if it is interrupted."""
    registered = jgn.registered_tasks()
    scores = {id: found for id, found in read().items() if id in registered}
    for id in ids or registered:
        scores[id] = scores_of(id)
        write(scores)


if __name__ == "__main__":
    main(sys.argv[1:])
