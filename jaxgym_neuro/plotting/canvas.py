"""The panels of a picture: observation, action, ground truth, reward, performance over time."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from jaxgym_neuro.plotting.palette import COLORS
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.spaces import indices_of, is_discrete

_ACTION_COLOR, _TRUTH_COLOR, _REWARD_COLOR = "#0072B2", "#F2B36B", "#009E73"
_TRIAL_COLOR, _PERIOD_COLOR, _TEXT_COLOR = "#333333", "#BBBBBB", "#555555"
_FONT, _SMALL_FONT = 9.0, 7.5
_CHARACTER_INCHES = 0.068  # width of a character of the small font, generously
_MAX_TICKS = 8
_MAX_FRAMES = 8


@dataclasses.dataclass(frozen=True)
class Style:
    """How a record is plotted."""

    ob_traces: Sequence[str | int] | Mapping[str, str | int] | None = None  # see `plot_env`
    name: str | None = None  # title; None: the environment's name
    legend: bool = True  # are the traces and lines named?
    fig_kwargs: Mapping[str, Any] | None = None  # arguments of ``matplotlib.figure.Figure``
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


class Canvas:
    """The panels of one record, with a common time axis.

    Args:
        record: what happened.
        env: the environment in which it did; time is in ms if it is made of trials, else in steps.
        style: how it is plotted.
    """

    def __init__(self, record: Record, env: Any, style: Style):
        self.record, self.style = record, style
        self.has_trials = hasattr(env, "new_trial")
        self.dt = float(env.dt) if self.has_trials else 1.0
        self.unit = "ms" if self.has_trials else "steps"
        self.periods = tuple(env.periods) if self.has_trials else ()
        self.name = env.name if style.name is None else style.name
        self.num_steps = len(record.reward)
        self.span = self.num_steps if style.span is None else style.span
        self.edges = np.arange(self.num_steps + 1) * self.dt
        self.ob = np.asarray(record.ob, np.float32)

    def begin(self, *, with_truth: bool) -> tuple[Figure, dict[str, Any]]:
        """Make the figure and its panels, by name; ``with_truth``: one for the ground truth."""
        heights = {"observation": 2.4, "action": 1.2}
        if with_truth:
            heights["ground truth"] = 1.0
        heights["reward"] = 0.9
        if self.record.performance is not None:
            heights["performance"] = 0.9
        defaults = {"figsize": (8.0, 0.9 + 0.95 * sum(heights.values())), "layout": "constrained"}
        self.figure = self.style.make_figure(**{**defaults, **(self.style.fig_kwargs or {})})
        self.figure.suptitle(self.name, fontsize=_FONT + 2)
        panels = self.figure.subplots(
            len(heights),
            sharex=True,
            squeeze=False,
            gridspec_kw={"height_ratios": list(heights.values())},
        )[:, 0]
        self.axes = dict(zip(heights, panels, strict=True))
        for label, ax in self.axes.items():
            ax.set_ylabel(label.replace(" ", "\n"), fontsize=_FONT)
            ax.tick_params(labelsize=_SMALL_FONT, length=3)
            ax.spines[["top", "right"]].set_visible(False)
        self.figure.align_ylabels(panels)
        panels[-1].set_xlabel(f"time ({self.unit})", fontsize=_FONT)
        self.show_span()
        return self.figure, self.axes

    def show_span(self) -> None:
        """Show all steps, and room for those to come; the last line is not cut in half."""
        panels = list(self.axes.values())
        panels[-1].set_xlim(0, 1.004 * self.span * self.dt)

    def plot_traces(self, ax: Any, traces: Mapping[str, int]) -> None:
        """Plot some channels as lines."""
        ob = self.ob.reshape(self.num_steps, -1)
        width = 1.4 if self.num_steps <= 100 else 0.9
        for number, (label, index) in enumerate(traces.items()):
            color = COLORS[number % len(COLORS)]
            self._line(ax, ob[:, index], color=color, width=width, label=label)
        ax.margins(y=0.08)
        self._legend(ax)

    def plot_channels(self, ax: Any, labels: Sequence[str]) -> None:
        """Plot all channels as an image, the first at the top."""
        ob = self.ob.reshape(self.num_steps, -1)
        size = ob.shape[1]
        extent = (0, self.edges[-1], size - 0.5, -0.5)
        image = ax.imshow(
            ob.T, aspect="auto", interpolation="nearest", extent=extent, cmap="viridis"
        )
        ticks = _spread(size)
        ax.set_yticks(ticks, [labels[tick] for tick in ticks])
        # A colour bar of its own column would make this panel narrower than the others.
        bar = self.figure.colorbar(image, cax=ax.inset_axes((1.015, 0, 0.015, 1)))
        bar.ax.tick_params(labelsize=_SMALL_FONT, length=2)
        bar.outline.set_visible(False)

    def plot_frames(self, ax: Any) -> None:
        """Plot pictures seen at moments spread over the run, each at its time."""
        ob = self.ob
        if ob.ndim > 4:
            ob = ob.reshape(*ob.shape[:3], -1)
        if ob.ndim == 4 and ob.shape[-1] != 3:  # planes of features, not the colours of a photo
            ob = ob.max(axis=-1)
        low, high = float(ob.min()), float(ob.max())
        ob = (ob - low) / (high - low) if high > low else ob - low
        bounds = np.linspace(0, self.num_steps, min(_MAX_FRAMES, self.num_steps) + 1)
        for begin, end in itertools.pairwise(bounds):
            step = int((begin + end) / 2)
            margin = 0.03 * (end - begin)
            extent = ((begin + margin) * self.dt, (end - margin) * self.dt, 0, 1)
            ax.imshow(ob[step], extent=extent, aspect="auto", cmap="gray", vmin=0, vmax=1)
        ax.set_ylim(0, 1)
        ax.set_yticks([])

    def plot_actions(self, ax: Any, space: Any, *, with_truth: bool) -> None:
        """Plot the actions taken, over the ground truth."""
        action = self.record.action.reshape(self.num_steps, -1)
        if with_truth:
            truth = self.record.gt.reshape(self.num_steps, -1)
            for index, values in enumerate(truth.T):
                label = "ground truth" if index == 0 else None
                self._line(ax, values, color=_TRUTH_COLOR, width=5, label=label)
        for index, values in enumerate(action.T):
            label = "action" if action.shape[1] == 1 else f"action {index}"
            color = COLORS[(index + 1) % len(COLORS)]
            self._line(ax, values, color=color if index else _ACTION_COLOR, label=label)
        self._name_options(ax, space)
        self._legend(ax)

    def plot_truth(self, ax: Any, space: Any) -> None:
        """Plot a ground truth that is not an action."""
        for values in self.record.gt.reshape(self.num_steps, -1).T:
            self._line(ax, values, color=_TRUTH_COLOR, width=2.5)
        self._name_options(ax, space)

    def plot_rewards(self, ax: Any) -> None:
        """Plot the reward of each step."""
        reward = np.asarray(self.record.reward, np.float64)
        ax.axhline(0, color=_PERIOD_COLOR, linewidth=0.8)
        ax.stairs(
            reward,
            self.edges,
            baseline=0,
            fill=True,
            facecolor=_REWARD_COLOR,
            edgecolor=_REWARD_COLOR,
            linewidth=1.0,
        )
        low, high = min(reward.min(), 0.0), max(reward.max(), 0.0)
        margin = 0.12 * (high - low) or 0.5
        ax.set_ylim(low - margin, high + margin)
        self._note(ax, f"total\n{reward.sum():.4g}")

    def plot_performance(self, ax: Any) -> None:
        """Plot the score of each trial where it ended, and note the mean."""
        ended = np.flatnonzero(self.record.new_trial)
        score = self.record.performance[ended]
        ax.plot(
            (ended + 0.5) * self.dt,
            score,
            linestyle="none",
            marker="o",
            markersize=5,
            color=_TRIAL_COLOR,
            clip_on=False,
        )
        ax.set_ylim(-0.25, 1.25)
        ax.set_yticks([0, 1])
        if len(score):
            self._note(ax, f"mean\n{score.mean():.2f}")

    def mark_trials(self) -> None:
        """Mark where trials and periods begin, and name the periods where there is room."""
        trials = self.record.trials()
        inches = 0.75 * self.figure.get_figwidth() / self.span
        many = len(trials) * 8 > self.num_steps  # lines would hide what they separate
        for begin, end in [] if many else trials:
            if begin:
                self._vertical(begin, color=_TRIAL_COLOR, linewidth=1.2)
            self._mark_periods(begin, end, inches)

    def _mark_periods(self, begin: int, end: int, inches: float) -> None:
        """Mark the periods of the trial in steps ``begin`` to ``end``."""
        if self.record.start is None:
            return
        bounds = zip(self.record.start[begin], self.record.end[begin], self.periods, strict=True)
        periods = [
            (begin + int(start), min(begin + int(stop), end), name) for start, stop, name in bounds
        ]
        periods = [period for period in periods if period[0] < period[1]]
        for start, _, _ in periods:
            if start > begin:
                self._vertical(start, color=_PERIOD_COLOR, linewidth=0.9, linestyle=":")
        # The longest periods are named first; a name may be wider than its period, but stays
        # within its trial and clear of the others.
        taken: list[tuple[float, float]] = []
        for start, stop, name in sorted(periods, key=lambda period: period[0] - period[1]):
            width = (len(name) + 1) * _CHARACTER_INCHES / inches
            left = min(max((start + stop - width) / 2, begin), end - width)
            right = left + width
            if left < begin or any(left < other[1] and other[0] < right for other in taken):
                continue
            taken.append((left, right))
            self.axes["observation"].text(
                (left + right) / 2 * self.dt,
                1.02,
                name,
                transform=self.axes["observation"].get_xaxis_transform(),
                ha="center",
                va="bottom",
                fontsize=_SMALL_FONT,
                color=_TEXT_COLOR,
            )

    def _vertical(self, step: int, **style: Any) -> None:
        for ax in self.axes.values():
            ax.axvline(step * self.dt, zorder=0.5, **style)

    def _line(
        self,
        ax: Any,
        values: np.ndarray,
        *,
        color: str,
        width: float = 1.4,
        label: str | None = None,
    ) -> None:
        ax.stairs(values, self.edges, baseline=None, color=color, linewidth=width, label=label)

    def _name_options(self, ax: Any, space: Any) -> None:
        """Write the names of a discrete space's options at its ticks."""
        if not is_discrete(space):
            ax.margins(y=0.08)
            return
        options = [str(index) for index in range(space.n)]
        labels = with_names("action", getattr(space, "name", {}), options)
        ticks = _spread(space.n)
        ax.set_yticks(ticks, [labels[tick] for tick in ticks])
        ax.set_ylim(-0.4 - 0.02 * space.n, space.n - 0.6 + 0.02 * space.n)

    def _legend(self, ax: Any) -> None:
        if self.style.legend:
            ax.legend(
                loc="upper left",
                bbox_to_anchor=(1.005, 1.0),
                borderaxespad=0,
                frameon=False,
                fontsize=_SMALL_FONT,
            )

    def _note(self, ax: Any, text: str) -> None:
        if self.style.legend:
            ax.text(
                1.015,
                1.0,
                text,
                transform=ax.transAxes,
                va="top",
                fontsize=_SMALL_FONT,
                color=_TEXT_COLOR,
            )


def _spread(size: int) -> list[int]:
    """Return at most `_MAX_TICKS` indices, evenly spread."""
    return list(range(0, size, math.ceil(size / _MAX_TICKS)))


def with_names(kind: str, names: Mapping[str, Any], labels: list[str]) -> list[str]:
    """Put a space's names where it has them: "choice 1", "choice 2"."""
    for name in names:
        indices = indices_of(kind, names, name, len(labels))
        for number, index in enumerate(indices, start=1):
            labels[index] = name if len(indices) == 1 else f"{name} {number}"
    return labels
