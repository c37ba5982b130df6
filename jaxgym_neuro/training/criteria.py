"""When a training is good enough to stop: ``until`` of `train_ppo` and `train_supervised`.

It is judged between chunks of updates by the chunk's metrics, of the policy that explores, and
holds when it holds in every run.
"""

import re
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from jaxgym_neuro import ideal
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.training import sweeps
from jaxgym_neuro.training.learning import Metrics

PYRL = "pyrl"
_OF_IDEAL = re.compile(r"ideal(?:\s*[:*]\s*(?P<share>\S+))?")


def criterion(until: Any, env: Any, params: Any) -> Callable[[Metrics], bool] | None:
    """Turn what may be given as ``until`` into a function of a chunk's metrics.

    Args:
        until: None for never; a number, which the performance per trial reaches;
            ``"ideal:0.95"``, so much of the ideal observer's performance (``"ideal"`` is all of
            it); ``"pyrl"``, for two choices: 99% of trials answered, and 80% of the answers
            correct, as in the example ``rdm_fixed`` of Song, Yang & Wang's program
            (https://github.com/frsong/pyrl); or a function of metrics (updates, runs), by name.
        env: the task.
        params: of it; with a leading axis where runs have their own.

    Raises:
        ValueError: for anything else, and for a task without an ideal observer.
    """
    if until is None or callable(until):
        return cast(Any, until)
    if isinstance(until, str):
        if until == PYRL:
            return _as_in_pyrl
        found = _OF_IDEAL.fullmatch(until.strip())
        if found is not None:
            share = check_number("the share of the ideal observer's", _number(found["share"] or 1))
            best = [
                ideal.performance(env, one).mean_performance for one in sweeps.all_of(env, params)
            ]
            return reaches(share * np.asarray(best))
        until = _number(until)
    if isinstance(until, str):
        raise ValueError(
            "until is a number, 'ideal:0.95' (a share of the ideal observer's performance), "
            f"'pyrl', or a function of metrics, not {until!r}"
        )
    return reaches(check_number("until (a performance)", until))


def reaches(performance: float | np.ndarray) -> Callable[[Metrics], bool]:
    """Return whether the performance per trial of a chunk is so high, in every run.

    Args:
        performance: a number, or one of each run, (runs,).
    """

    def is_enough(metrics: Metrics) -> bool:
        return bool(np.all(_mean(metrics, "performance") >= performance))

    return is_enough


def _as_in_pyrl(metrics: Metrics) -> bool:
    if "answered" not in metrics:
        raise ValueError("until='pyrl' asks for answers, which a policy gives: train by PPO")
    answered = _mean(metrics, "answered")
    correct = _mean(metrics, "performance") / np.maximum(answered, 1e-9)
    return bool(np.all((answered >= 0.99) & (correct >= 0.8)))


def _mean(metrics: Metrics, name: str) -> np.ndarray:
    """Mean over the trials of a chunk, (runs,)."""
    trials = metrics["trials"]
    return np.sum(metrics[name] * trials, axis=0) / np.maximum(np.sum(trials, axis=0), 1)


def _number(text: Any) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
