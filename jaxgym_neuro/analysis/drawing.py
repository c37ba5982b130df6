"""Axes that look as all figures do (`plotting.style`), without touching anything global."""

from typing import Any

# What draws imports Matplotlib, which takes half as long as JAX: it is imported when it is used.

_MOST_NAMES = 4  # of a legend among what is drawn


def axes_of(
    ax: Any, xlabel: str | None = None, ylabel: str | None = None, *, counted: bool = False
) -> Any:
    """Return the given axes, or those of a new figure, with names where there are none yet.

    Args:
        ax: where to draw; None for a new figure.
        xlabel: what lies below.
        ylabel: what stands beside.
        counted: whether what lies below is counted, so that its ticks are whole numbers.
    """
    if ax is None:
        _, (ax,) = _figure((4.8, 3.6), 1)
    if xlabel and not ax.get_xlabel():
        ax.set_xlabel(xlabel)
    if ylabel and not ax.get_ylabel():
        ax.set_ylabel(ylabel)
    if counted:
        _tick_whole_numbers(ax)
    return ax


def _tick_whole_numbers(ax: Any) -> None:
    """Have ticks below axes at whole numbers, unless somebody has said where they are."""
    from matplotlib.ticker import AutoLocator, MaxNLocator

    if isinstance(ax.xaxis.get_major_locator(), AutoLocator):
        ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))


def panels(count: int) -> tuple[Any, list[Any]]:
    """Return a new figure, and so many Axes in a row of it."""
    return _figure((4.4 * count, 3.6), count)


def _figure(size: tuple[float, float], count: int) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    from jaxgym_neuro.plotting import style

    with style.local():
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(1, count, squeeze=False)[0].tolist()
    return figure, [style.plain_axes(ax) for ax in axes]


def next_color(ax: Any, ahead: int = 0) -> str:
    """Return the colour for what comes next: one for each colour that axes show already."""
    from jaxgym_neuro.plotting.style import COLORS

    colors = COLORS[1:]
    used = {line.get_color() for line in ax.get_lines()}
    free = [color for color in colors if color not in used]
    return free[ahead] if ahead < len(free) else colors[(len(used) + ahead) % len(colors)]


def next_marker(ax: Any) -> str:
    """Return the marker for what comes next, so that curves differ without colours, too."""
    from jaxgym_neuro.plotting.style import MARKERS

    used = {line.get_marker() for line in ax.get_lines()}
    return next((marker for marker in MARKERS if marker not in used), MARKERS[0])


def heat_map(ax: Any, values: Any, name: str, **arguments: Any) -> Any:
    """Draw a matrix as an image with a colour bar of a name; return the image."""
    from jaxgym_neuro.plotting import style

    with style.local():
        image = ax.imshow(values, cmap=style.SEQUENTIAL, interpolation="nearest", **arguments)
        bar = ax.figure.colorbar(image, ax=ax)
        bar.set_label(name)
        bar.outline.set_linewidth(0.5)
    return image


def guide(ax: Any, y: float, label: str) -> None:
    """Draw a grey line across, and name it, once."""
    if label not in ax.get_legend_handles_labels()[1]:
        ax.axhline(y, color="0.8", linewidth=0.8, zorder=0, label=label)


def title(ax: Any, text: str) -> None:
    """Write a title above axes."""
    from jaxgym_neuro.plotting.style import LABEL

    ax.set_title(text, fontsize=LABEL)


def note(ax: Any, x: float, y: float, text: str, **arguments: Any) -> None:
    """Write into axes, in small letters."""
    from jaxgym_neuro.plotting.style import SMALL

    ax.text(x, y, text, fontsize=SMALL, **arguments)


def legend(ax: Any, loc: str | None = None) -> None:
    """Name what is drawn, if anything has a name; many names stand above what is drawn.

    Args:
        ax: where it is drawn.
        loc: where the names stand; by default where least is drawn, as long as they are few.
    """
    from jaxgym_neuro.plotting.style import SMALL

    names = ax.get_legend_handles_labels()[1]
    if not names:
        return
    if loc is None and len(names) > _MOST_NAMES and not ax.get_title():
        ax.legend(
            frameon=False, fontsize=SMALL, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0)
        )
    else:
        ax.legend(frameon=False, fontsize=SMALL, loc=loc or "best")
