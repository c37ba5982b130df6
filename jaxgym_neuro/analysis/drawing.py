"""Axes to draw on, without pyplot and without touching anything global."""

from typing import Any


def axes_of(ax: Any, xlabel: str | None = None, ylabel: str | None = None) -> Any:
    """Return the given axes, or those of a new figure, with names where there are none yet."""
    if ax is None:
        from matplotlib.figure import Figure  # takes half as long to import as JAX

        ax = Figure(figsize=(4.8, 3.6), layout="constrained").add_subplot()
        ax.spines[["top", "right"]].set_visible(False)
    if xlabel and not ax.get_xlabel():
        ax.set_xlabel(xlabel)
    if ylabel and not ax.get_ylabel():
        ax.set_ylabel(ylabel)
    return ax


def panels(count: int) -> tuple[Any, list[Any]]:
    """Return a new figure, and so many Axes in a row of it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.4 * count, 3.6), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0].tolist()
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def next_color(ax: Any, ahead: int = 0) -> str:
    """Return the colour for what comes next: one for each colour that axes show already."""
    from jaxgym_neuro.plotting.style import COLORS  # with it comes Matplotlib

    colors = COLORS[1:]
    used = {line.get_color() for line in ax.get_lines()}
    free = [color for color in colors if color not in used]
    return free[ahead] if ahead < len(free) else colors[(len(used) + ahead) % len(colors)]


def legend(ax: Any, loc: str = "best") -> None:
    """Name what is drawn, if anything has a name."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize="small", loc=loc)
