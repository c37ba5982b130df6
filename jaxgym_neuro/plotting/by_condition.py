"""Performance by condition: an agent's, beside the best there can be."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from jaxgym_neuro.plotting import style

_MOST_LABELS = 24


def plot_by_condition(
    agents: Sequence[Any],
    ideal: Any = None,
    chance: float | None = None,
    *,
    units: Mapping[str, str] | None = None,
) -> Figure:
    """Plot performance by condition, a psychometric curve where the condition is a number.

    Args:
        agents: tables of performance (`jaxgym_neuro.ideal.Performance`), all by the same
            conditions; their ``rule`` is what they are called. Bars are 95% intervals.
        ideal: the ideal observer's, or None.
        chance: of random actions, drawn as a line, or None.
        units: name of a condition to its unit.

    Returns:
        The figure.
    """
    with style.local():
        figure = Figure(figsize=(5, 3.6), layout="constrained")
        axes = style.plain_axes(figure.add_subplot())
        _draw(axes, agents, ideal, chance, units or {})
    return figure


def _draw(
    axes: Any,
    agents: Sequence[Any],
    ideal: Any,
    chance: float | None,
    units: Mapping[str, str],
) -> None:
    tables = [*agents, *([] if ideal is None else [ideal])]
    first = tables[0].conditions
    is_curve = len(first) == 1
    rows = sorted({row for table in tables for row in _rows(table)})
    place = {row: row[0] if is_curve else float(i) for i, row in enumerate(rows)}
    if chance is not None:
        axes.axhline(chance, color="0.75", linewidth=1, zorder=0, label="random actions")
    if ideal is not None:
        x = np.asarray([place[row] for row in _rows(ideal)])
        order = np.argsort(x)
        y = np.asarray(ideal.performance)[order]
        look = {"linestyle": "-"} if is_curve else {"linestyle": "none", "marker": "_"}
        axes.plot(x[order], y, color=style.IDEAL, label="ideal observer", zorder=1, **look)
    for number, table in enumerate(agents):
        x = [place[row] for row in _rows(table)]
        error = 1.96 * np.asarray(table.performance_error)
        axes.errorbar(
            x,
            table.performance,
            error,
            linestyle="none",
            marker=style.MARKERS[number % len(style.MARKERS)],
            markersize=4,
            color=style.COLORS[1 + number % (len(style.COLORS) - 1)],
            label=table.rule,
        )
    names = ", ".join(f"{name} ({units[name]})" if name in units else name for name in first)
    if is_curve:
        axes.set_xlabel(names)
    else:
        axes.set_xlabel(names or "all trials")
        shown = rows if len(rows) <= _MOST_LABELS else []
        labels = [", ".join(f"{value:g}" for value in row) for row in shown]
        axes.set_xticks(range(len(shown)), labels, rotation=90 if len(shown) > 6 else 0)
    axes.set(ylabel="performance per trial", ylim=(-0.03, 1.05))
    axes.legend(loc="lower right", frameon=False)


def _rows(table: Any) -> list[tuple[float, ...]]:
    if not table.conditions:
        return [()]
    columns = (np.asarray(values, np.float64).tolist() for values in table.conditions.values())
    return list(zip(*columns, strict=True))
