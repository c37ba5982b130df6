"""How figures look: sizes of text, colours and lines for all that plots, and the `Style` of one.

Nothing global changes: `local` sets Matplotlib's settings for the time of a ``with`` block, and
what is drawn later (ticks) is told its size by `plain_axes`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

# Sizes of text in points: titles, names of axes, and all else.
TITLE, LABEL, SMALL = 10.0, 8.5, 7.5
FONT = "DejaVu Sans"  # comes with Matplotlib, so that text has the same width everywhere

# Okabe & Ito's colours, which colour-blind readers tell apart, so ordered that neighbours also
# differ in grey; black first, for the fixation cue in most tasks.
COLORS = (
    "#000000",
    "#0072B2",
    "#E69F00",
    "#D55E00",
    "#56B4E9",
    "#009E73",
    "#CC79A7",
    "#8C6D31",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", ":", "-.")

INK, NOTE, FAINT, BAND = "#222222", "#555555", "#BBBBBB", "#F0F0F0"
ACTION, TRUTH = "#003F66", "#F6C679"  # dark and thin over light and thick
GAIN, LOSS = "#009E73", "#D55E00"
IDEAL, CURSOR = "#999999", "#D55E00"

# Both are read in grey: the first from white to black, the second with ends of unlike lightness.
SEQUENTIAL = LinearSegmentedColormap.from_list(
    "sequential", ["#FFFFFF", "#A9D3EA", "#0072B2", "#00263F"]
)
DIVERGING = LinearSegmentedColormap.from_list(
    "diverging", ["#00263F", "#0072B2", "#FFFFFF", "#F3C25B", "#E69F00"]
)

# Values below this share of the largest one have a sign; noise about 0 does not give them one.
SIGNED = 0.5

_SETTINGS: Any = {
    "font.family": FONT,
    "font.size": SMALL,
    "figure.titlesize": TITLE,
    "axes.titlesize": LABEL,
    "axes.labelsize": LABEL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.prop_cycle": cycler("color", COLORS[1:]),
}


@dataclasses.dataclass(frozen=True)
class Style:
    """How a record is plotted."""

    ob_traces: Sequence[str | int] | Mapping[str, str | int] | None = None  # see `plot_env`
    name: str | None = None  # title; None: the environment's name
    acts: str = ""  # who acts, in words
    legend: bool = True  # are the traces and lines named?
    fig_kwargs: Mapping[str, Any] | None = None  # arguments of ``matplotlib.figure.Figure``
    is_small: bool = False  # only panels and their names, as in a thumbnail?
    span: int | None = None  # steps for which there is room, where more are to come
    # Does pyplot know the figure? Then a notebook shows it at the end of the cell, and it stays in
    # memory until ``matplotlib.pyplot.close(figure)``.
    in_pyplot: bool = False

    def make_figure(self, **kwargs: Any) -> Figure:
        """Make an empty figure."""
        if not self.in_pyplot:
            return Figure(**kwargs)
        from matplotlib import pyplot  # opens windows, which nothing else here needs

        return pyplot.figure(**kwargs)


def local() -> AbstractContextManager[Any]:
    """Return a context in which what is made looks as all figures do."""
    return matplotlib.rc_context(_SETTINGS)


def plain_axes(ax: Any) -> Any:
    """Give axes small ticks and no box; return them."""
    ax.tick_params(labelsize=SMALL, length=2.5, width=0.7, color=INK, labelcolor=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def line_of(number: int) -> dict[str, Any]:
    """Return colour and line style of the n-th of several lines; a full turn changes the style."""
    style = LINES[number // len(COLORS) % len(LINES)]
    return {"color": COLORS[number % len(COLORS)], "linestyle": style}


def grey(color: Any) -> float:
    """Return how light a colour is in print without colours, from 0 (black) to 1 (white)."""
    red, green, blue = to_rgb(color)
    return 0.299 * red + 0.587 * green + 0.114 * blue
