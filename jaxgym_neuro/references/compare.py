"""Agent, ideal observer and animal in one figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro.analysis import Curve, chronometric, psychometric
from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.references.reference import Reference
from jaxgym_neuro.support.validation import check_name

LABELS = {"accuracy": "correct", "reaction_time": "reaction time (ms)"}


def compare(
    subjects: Mapping[str, Any],
    *,
    of: str = "accuracy",
    stimulus: str = "coh",
    ax: Any = None,
    **names: Any,
) -> Any:
    """Plot what several subjects do, each in its colour, and return the Axes.

    Args:
        subjects: label to a `Reference`; a `TrialTable`, a frame or a dict of columns; what
            `jgn.ideal.performance` returned, or anything with a method ``plot(ax, label=)``, such
            as a result of `jgn.analysis`.
        of: ``"accuracy"`` or ``"reaction_time"``.
        stimulus: the column on the x axis.
        ax: of Matplotlib; None: of a new figure.
        **names: columns of trials that are called otherwise: ``correct=``, ``time=``.

    Raises:
        ValueError: for no subject, another quantity, or a subject that has it not.
    """
    check_name("quantity", of, LABELS)
    if not subjects:
        raise ValueError("give at least one subject, by its label")
    ax = axes_of(ax, _label_of(stimulus, subjects.values(), of), LABELS[of])
    for label, who in subjects.items():
        if isinstance(who, Reference):
            who.plot(ax, of=of, label=label)
        elif isinstance(who, Performance):
            _of_ideal(label, who, of, stimulus).plot(
                ax, label=label, color=next_color(ax), marker=""
            )
        elif hasattr(who, "plot") and not hasattr(who, "to_numpy"):
            who.plot(ax, label=label)
        elif of == "accuracy":
            psychometric(who, stimulus, fit=False, **names).points.plot(ax, label=label)
        else:
            chronometric(who, stimulus, errors=False, **names).correct.plot(ax, label=label)
    legend(ax)
    return ax


def _label_of(stimulus, subjects, of):
    """Name the x axis: as a reference does, or with the unit that a table's task declares."""
    for who in subjects:
        if isinstance(who, Reference) and of in who.quantities and who.quantities[of].x == stimulus:
            return who.quantities[of].xlabel
    tables = [who for who in subjects if isinstance(who, TrialTable)]
    return Columns(tables[0]).label(stimulus, stimulus) if tables else stimulus


def _of_ideal(label, performance, of, stimulus):
    """Average what an ideal observer scores over all conditions but the stimulus."""
    if of != "accuracy":
        raise ValueError(f"{label}: an ideal observer's table has its accuracy only, not {of}")
    check_name(f"condition of {label}", stimulus, performance.conditions)
    x, level_of = np.unique(performance.conditions[stimulus], return_inverse=True)
    share = performance.share
    total = np.bincount(level_of, share)
    mean = np.bincount(level_of, share * performance.performance) / total
    error = np.sqrt(np.bincount(level_of, (share * performance.performance_error) ** 2)) / total
    count = np.maximum(np.round(total * performance.num_trials), 1).astype(np.int64)
    return Curve(x, mean, mean - 1.96 * error, mean + 1.96 * error, count)
