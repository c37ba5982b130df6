"""Which analyses suit the trials that a trained network has played."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxgym_neuro import analysis
from jaxgym_neuro.analysis.drawing import legend
from jaxgym_neuro.plotting.style import IDEAL
from jaxgym_neuro.support.extras import MissingExtraError
from jaxgym_neuro.support.folders import told_inside
from jaxgym_neuro.training.report import CARD, TRIALS

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
    units = _card(folder).get("units", {})
    return [
        analyses_of({name: values[run == one] for name, values in columns.items()}, units)
        for one in range(int(run.max()) + 1)
    ]


def analyses_of(
    columns: Mapping[str, np.ndarray], units: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Do the analyses that columns of trials suit; see `analyze`."""
    found: dict[str, Any] = {}
    for name, (needed, function) in _ANALYSES.items():
        if set(needed) <= set(columns):
            try:
                found[name] = _with_units(function(columns), units or {})
            except (ValueError, MissingExtraError) as error:
                found[name] = str(error)
    return found


def pictures(folder: str | Path, found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the analyses of a run that are drawn, by name, with their Axes.

    The ideal observer's curve is drawn beside that of accuracy, where `write` knew one. A curve of
    accuracy to which a function was fitted is not drawn a second time without it.

    Args:
        folder: of the training.
        found: of one run, as `analyze` returns it.
    """
    fitted = found.get("psychometric")
    for name, result in found.items():
        if isinstance(result, str) or (name == "accuracy" and not isinstance(fitted, str)):
            continue
        axes = result.plot(label="network")
        best = _card(folder).get("ideal_by_condition") or {}
        if name in ("accuracy", "psychometric") and "coh" in best:
            _draw_ideal(axes, best)
        yield name, axes


def _with_units(result: Any, units: Mapping[str, str]) -> Any:
    """Name the stimulus of a result with its unit, which columns in a file do not have."""
    name = getattr(result, "stimulus", "")
    return (
        dataclasses.replace(result, stimulus=f"{name} ({units[name]})") if name in units else result
    )


def _card(folder: str | Path) -> Mapping[str, Any]:
    path = Path(folder) / CARD
    return json.loads(path.read_text()) if path.exists() else {}


def _draw_ideal(axes: Any, best: Mapping[str, Any]) -> None:
    """Draw the share of right answers by ``coh``, whatever the other conditions are."""
    share, score = (np.asarray(best[name]) for name in ("share", "performance"))
    x, level = np.unique(best["coh"], return_inverse=True)
    mean = np.bincount(level, share * score) / np.bincount(level, share)
    axes.plot(x, mean, color=IDEAL, linewidth=1.2, zorder=1, label="ideal observer")
    legend(axes)
