"""What panels show, drawn into their axes: lines, images, actions, rewards, scores, and marks."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from jaxgym_neuro.plotting import style
from jaxgym_neuro.plotting.blocks import MOST_LINES, Block
from jaxgym_neuro.plotting.style import SMALL
from jaxgym_neuro.plotting.time_axis import TimeAxis

_MOST_TICKS = 8
_MOST_NAMES = 8  # in a legend
_SMALL_RANGE = 0.2  # of the range of all lines, below which a channel is shown on their scale


@dataclasses.dataclass(frozen=True)
class Pen:
    """Draws into the axes of panels.

    Attributes:
        axis: the axis of time.
        legend: whether to write beside the panels what lines, colours and sums are.
    """

    axis: TimeAxis
    legend: bool

    def lines(
        self, ax: Any, block: Block, values: np.ndarray, among: np.ndarray | None = None
    ) -> None:
        """Draw channels as lines.

        Args:
            ax: axes of the panel.
            block: which channels they are.
            values: theirs, (steps, channels).
            among: all that is drawn as lines; what hardly changes among them is drawn on the scale
                of all. None: each panel has its own scale.
        """
        width = 1.3 if self.axis.num_steps <= 150 else 0.9
        is_alone = len(block.indices) == 1
        # Black is for what stands alone, a cue; of traces that are asked for, the first may be one.
        order = range(len(block.labels))
        if block.name != "observation" and not is_alone:
            order = [(number + 1) % MOST_LINES for number in order]
        for number, label in enumerate(block.labels):
            shown = style.line_of(order[number])
            self._line(ax, values[:, number], width=width, label=label, **shown)
        limits = _limits([values])
        if is_binary(values):
            ax.set_ylim(*limits)
            ax.set_yticks([0, 1])
        else:
            ax.set_ylim(*(limits if among is None else _comparable(limits, _limits([among]))))
            ax.locator_params(axis="y", nbins=3)
        if not is_alone:
            self._legend(ax)

    def image(
        self, ax: Any, block: Block, values: np.ndarray, meaning: str = "activity (a.u.)"
    ) -> None:
        """Draw channels as rows, the first at the top; those of a ring from 0 to 360 degrees.

        Args:
            ax: axes of the panel.
            block: which channels they are.
            values: theirs, (steps, channels).
            meaning: of the colours.
        """
        count, end = values.shape[1], self.axis.edges[-1]
        least, most = float(np.nanmin(values)), float(np.nanmax(values))
        bound = max(abs(least), abs(most)) or 1.0
        has_sign = least < -style.SIGNED * bound
        extent, rows = (0, end, count - 0.5, -0.5), values
        if block.is_ring:
            half = 180 / count
            # Half of the first unit is at the bottom, and half at the top: 0 and 360 degrees.
            rows = np.concatenate([values, values[:, :1]], axis=1)
            extent = (0, end, 360 + half, -half)
        image = ax.imshow(
            rows.T,
            aspect="auto",
            interpolation="nearest",
            extent=extent,
            cmap=style.DIVERGING if has_sign else style.SEQUENTIAL,
            vmin=-bound if has_sign else 0,
            vmax=bound,
        )
        if block.is_ring:
            ax.set_ylim(0, 360)
            ax.set_yticks([0, 180, 360])
        else:
            ticks = spread(count)
            names = [label.removeprefix(f"{block.name} ") for label in block.labels]
            ax.set_yticks(ticks, [names[tick] for tick in ticks])
        ax.spines[["top", "right"]].set_visible(True)
        if self.legend:
            _add_color_bar(ax, image, meaning)

    def options(
        self, ax: Any, action: Any, truth: Any, count: int, names: Mapping[int, str]
    ) -> None:
        """Draw discrete actions and truths.

        Args:
            ax: axes of the panel.
            action: that of each step, or None.
            truth: that of each step, or None.
            count: options there are.
            names: of those that have a tick.
        """
        self._actions(ax, action, truth, is_named=True)
        ax.set_yticks(list(names), list(names.values()))
        ax.set_ylim(-0.4 - 0.02 * count, count - 0.6 + 0.02 * count)

    def numbers(self, ax: Any, action: Any, truth: Any, *, is_named: bool) -> None:
        """Draw a number of continuous actions and truths.

        Args:
            ax: axes of the panel.
            action: that of each step, or None.
            truth: that of each step, or None.
            is_named: whether to say which is which.
        """
        self._actions(ax, action, truth, is_named=is_named)
        ax.set_ylim(*_limits([x for x in (action, truth) if x is not None]))
        ax.locator_params(axis="y", nbins=3)

    def rewards(self, ax: Any, reward: np.ndarray) -> None:
        """Draw the reward of each step, what is lost in another colour."""
        reward = np.asarray(reward, np.float64)
        ax.axhline(0, color=style.FAINT, linewidth=0.8)
        for values, color in (
            (np.maximum(reward, 0), style.GAIN),
            (np.minimum(reward, 0), style.LOSS),
        ):
            if np.any(values):
                look = {"baseline": 0, "fill": True, "color": color, "linewidth": 1.0}
                ax.stairs(values, self.axis.edges, **look)
        low, high = min(reward.min(), 0.0), max(reward.max(), 0.0)
        margin = 0.12 * (high - low) or 0.5
        ax.set_ylim(low - margin, high + margin)
        ax.locator_params(axis="y", nbins=3)
        self._note(ax, f"total {reward.sum():.4g}")

    def scores(self, ax: Any, new_trial: np.ndarray, performance: np.ndarray) -> None:
        """Draw the score of each trial where it ended, and note the mean.

        Args:
            ax: axes of the panel.
            new_trial: whether a trial ended with each step.
            performance: of each step.
        """
        ended = np.flatnonzero(new_trial)
        score = performance[ended]
        ax.plot(
            (ended + 0.5) * self.axis.dt,
            score,
            linestyle="none",
            marker="o",
            markersize=4.5,
            color=style.INK,
            clip_on=False,
        )
        ax.set_ylim(-0.3, 1.3)
        ax.set_yticks([0, 1])
        if len(score):
            self._note(ax, f"mean {score.mean():.2f}")

    def marks(self, ax: Any) -> None:
        """Separate the trials and their periods, and shade every other period, but no image."""
        dt = self.axis.dt
        for _, begin, _, periods in self.axis.trials:
            if begin:
                ax.axvline(begin * dt, zorder=2.5, color=style.INK, linewidth=1.1)
            for number, (start, stop, _) in enumerate(periods):
                if start > begin:
                    look = {"color": style.FAINT, "linewidth": 0.7, "linestyle": ":"}
                    ax.axvline(start * dt, zorder=0.5, **look)
                if number % 2 == 1 and not ax.images:
                    look = {"facecolor": style.BAND, "edgecolor": "none"}
                    ax.axvspan(start * dt, stop * dt, zorder=-1, **look)

    def _actions(self, ax: Any, action: Any, truth: Any, *, is_named: bool) -> None:
        """Draw the actions, dark and thin, over the ground truth, light and thick."""
        if truth is not None:
            self._line(ax, truth, color=style.TRUTH, width=5, label="ground truth")
        if action is not None:
            self._line(ax, action, color=style.ACTION, width=1.3, label="action")
        if is_named and action is not None:
            self._legend(ax)

    def _line(self, ax: Any, values: np.ndarray, *, width: float, **look: Any) -> None:
        ax.stairs(values, self.axis.edges, baseline=None, linewidth=width, **look)

    def _legend(self, ax: Any) -> None:
        if not self.legend:
            return
        handles, names = ax.get_legend_handles_labels()
        lines = [
            Line2D([], [], color=h.get_edgecolor(), linewidth=h.get_linewidth(),
                   linestyle=h.get_linestyle())
            for h in handles
        ]  # fmt: skip
        ax.legend(
            lines[:_MOST_NAMES],
            names[:_MOST_NAMES],
            loc="upper left",
            bbox_to_anchor=(1.008, 1.03),
            borderaxespad=0,
            frameon=False,
            fontsize=SMALL,
            handlelength=1.5,
            labelspacing=0.3,
        )

    def _note(self, ax: Any, text: str) -> None:
        if self.legend:
            look = {"va": "center", "fontsize": SMALL, "color": style.NOTE}
            ax.text(1.015, 0.5, text, transform=ax.transAxes, **look)


def is_binary(values: np.ndarray) -> bool:
    """Whether values are zeros and ones."""
    return bool(np.all((values == 0) | (values == 1)))


def spread(size: int) -> list[int]:
    """Return at most 8 of ``size`` indices, evenly spread, of rows that have a tick."""
    return list(range(0, size, math.ceil(size / _MOST_TICKS)))


def _add_color_bar(ax: Any, image: Any, meaning: str) -> None:
    # An axes of its own column would make this panel narrower than the others.
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.015, 0.08, 0.013, 0.84)))
    bar.ax.tick_params(labelsize=SMALL, length=2)
    bar.locator = MaxNLocator(nbins=2)
    bar.update_ticks()
    bar.set_label(meaning, fontsize=SMALL)
    bar.outline.set_linewidth(0.5)


def _limits(values: Sequence[Any]) -> tuple[float, float]:
    """Return limits of a vertical axis that hold 0 and all values, with a margin."""
    found = np.concatenate([np.asarray(x, np.float64).ravel() for x in values])
    found = found[np.isfinite(found)]
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-9:
        high = low + 1
    margin = 0.1 * (high - low)
    return low - margin, high + margin


def _comparable(own: tuple[float, float], widest: tuple[float, float]) -> tuple[float, float]:
    """Return a channel's own limits, or, where it hardly changes, those of all lines."""
    is_small = own[1] - own[0] < _SMALL_RANGE * (widest[1] - widest[0])
    return widest if is_small else own
