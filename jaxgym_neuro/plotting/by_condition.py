"""Performance by condition: an agent's, beside the best there can be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_AGENTS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")  # Okabe & Ito's
_IDEAL = "#999999"
_MOST_LABELS = 24


def plot_by_condition(
    agents: Sequence[Any], ideal: Any = None, chance: float | None = None
) -> Figure:
    """Plot performance by condition, a psychometric curve where the condition is a number.

    Args:
        agents: tables of performance (`jaxgym_neuro.ideal.Performance`), all by the same
            conditions; their ``rule`` is what they are called. Bars are 95% intervals.
        ideal: the ideal observer's, or None.
        chance: drawn as a line, or None.

    Returns:
        The figure.
    """
    figure = Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.add_subplot()
    tables = [*agents, *([] if ideal is None else [ideal])]
    first = tables[0].conditions
    is_curve = len(first) == 1
    rows = sorted({row for table in tables for row in _rows(table)})
    place = {row: row[0] if is_curve else float(i) for i, row in enumerate(rows)}
    if chance is not None:
        axes.axhline(chance, color="0.85", linewidth=1, zorder=0)
    if ideal is not None:
        x = np.asarray([place[row] for row in _rows(ideal)])
        order = np.argsort(x)
        y = np.asarray(ideal.performance)[order]
        style = "-" if is_curve else "_"
        axes.plot(x[order], y, style, color=_IDEAL, label="ideal observer", zorder=1)
    for number, table in enumerate(agents):
        x = [place[row] for row in _rows(table)]
        error = 1.96 * np.asarray(table.performance_error)
        color = _AGENTS[number % len(_AGENTS)]
        axes.errorbar(x, table.performance, error, fmt="o", color=color, label=table.rule)
    if is_curve:
        axes.set_xlabel(next(iter(first)))
    else:
        axes.set_xlabel(", ".join(first) or "all trials")
        shown = rows if len(rows) <= _MOST_LABELS else []
        labels = [", ".join(f"{value:g}" for value in row) for row in shown]
        axes.set_xticks(range(len(shown)), labels, rotation=90 if len(shown) > 6 else 0)
    axes.set(ylabel="performance per trial", ylim=(-0.03, 1.05))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    return figure


def _rows(table: Any) -> list[tuple[float, ...]]:
    if not table.conditions:
        return [()]
    columns = (np.asarray(values, np.float64).tolist() for values in table.conditions.values())
    return list(zip(*columns, strict=True))
