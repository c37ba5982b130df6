"""Which analyses suit the trials that a trained network has played."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxgym_neuro import analysis
from jaxgym_neuro.support.folders import told_inside
from jaxgym_neuro.training.report import TRIALS

# By name: the columns that are needed, and what is done with trials that have them.
_ANALYSES: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "accuracy": (
        ("coh", "correct", "reaction_time"),
        lambda trials: analysis.psychometric(trials, "coh", fit=False),
    ),
    "psychometric": (
        ("coh", "correct", "reaction_time"),
        lambda trials: analysis.psychometric(trials, "coh"),
    ),
    "choices": (
        ("signed_coh", "choice", "reaction_time"),
        lambda trials: analysis.psychometric(trials, "signed_coh", choice="choice"),
    ),
    "chronometric": (("coh", "correct", "reaction_time"), lambda trials: _chronometric(trials)),
    "signal detection": (("outcome",), analysis.signal_detection),
}


def _chronometric(trials: Mapping[str, np.ndarray]) -> analysis.Chronometric:
    """Return the curve of times, unless all are the same: the task leaves no time to choose."""
    times = trials["reaction_time"]
    found = np.unique(times[np.isfinite(times)])
    if len(found) == 1:
        raise ValueError(f"every answer came after {found[0]:g} ms, so there is no curve of times")
    return analysis.chronometric(trials, "coh", errors=False)


def analyze(folder: str | Path) -> list[dict[str, Any]]:
    """Analyse the trials that `write` wrote into a folder.

    Returns:
        For each run a dict from the name of an analysis that suits the task to what it found, or,
        where it could not be done, to the words that say why.

    Raises:
        ValueError: if there are no trials.
    """
    path = Path(folder) / TRIALS
    if not path.exists():
        inside = told_inside(folder, TRIALS)
        raise ValueError(f"no trials in {folder}: there is no {TRIALS}{inside}")
    with np.load(path) as saved:
        columns = {name: saved[name] for name in saved.files}
    run = columns.pop("training_run")
    return [
        analyses_of({name: values[run == one] for name, values in columns.items()})
        for one in range(int(run.max()) + 1)
    ]


def analyses_of(columns: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Do the analyses that columns of trials suit; see `analyze`."""
    found = {}
    for name, (needed, function) in _ANALYSES.items():
        if set(needed) <= set(columns):
            try:
                found[name] = function(columns)
            except ValueError as error:
                found[name] = str(error)
    return found
