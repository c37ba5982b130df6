"""`plot_env`: run an environment for a few trials, and draw what happened."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from gymnax.environments import spaces as gymnax_spaces
from matplotlib.figure import Figure

from jaxgym_neuro import random
from jaxgym_neuro.plotting.record import Rollout, as_policy, run
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.spaces import indices_of
from jaxgym_neuro.support.validation import check_integer

# Okabe & Ito's palette, which stays distinct for colour-blind readers; black for the first trace,
# which is the fixation cue in most tasks.
_TRACE_COLORS = (
    "#000000",
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#8C6D31",
)
_ACTION_COLOR, _TRUTH_COLOR, _REWARD_COLOR = "#0072B2", "#F2B36B", "#009E73"
_TRIAL_COLOR, _PERIOD_COLOR, _TEXT_COLOR = "#333333", "#BBBBBB", "#555555"
_FONT, _SMALL_FONT = 9.0, 7.5
_CHARACTER_INCHES = 0.068  # width of a character of the small font, generously
_PLAIN_STEPS = 200  # of an environment without trials
_MAX_TRACES = 6  # more channels than these are drawn as an image
_MAX_TICKS = 8
_MAX_FRAMES = 8


def plot_env(
    env: Any,
    params: Any = None,
    *,
    num_trials: int = 2,
    num_steps: int | None = None,
    policy: int | Callable[[jax.Array, Any, Any], Any] | None = None,
    ob_traces: Sequence[str | int] | Mapping[str, str | int] | None = None,
    key: int | jax.Array = 0,
    name: str | None = None,
    legend: bool = True,
    fig_kwargs: Mapping[str, Any] | None = None,
) -> Figure:
    """Run an environment, and draw observations, actions, rewards and performance over time.

    What is drawn above each other belongs to the same step: an observation, the action upon it,
    the ground truth, and the reward. Solid vertical lines separate trials (or episodes), dotted
    ones periods. Time is in ms, or in steps where the environment has no ``dt``.

    Args:
        env: a registered id, a task, or any other gymnax environment (for which actions, rewards
            and observations are drawn).
        params: its params; default are its own.
        num_trials: trials to run.
        num_steps: steps to run instead of a number of trials; for an environment without trials,
            200 by default.
        policy: None for random actions, an action to repeat, or a function
            ``(key, ob, state) -> action`` that can be traced.
        ob_traces: channels to draw as traces, by name or index, or a dict from label to channel.
            By default all are traces if there are at most six, else an image.
        key: seed or typed key; the same one gives the same picture.
        name: title; by default the name of the environment.
        legend: whether to name the traces and lines.
        fig_kwargs: arguments of ``matplotlib.figure.Figure``, such as ``{"figsize": (8, 4)}``.

    Returns:
        The figure; ``figure.savefig(path)`` writes it.

    Raises:
        ValueError: for an unknown id or channel, a count below 1, or a policy or key that is none.
    """
    num_trials = check_integer("num_trials", num_trials, at_least=1)
    if num_steps is not None:
        num_steps = check_integer("num_steps", num_steps, at_least=1)
    env, params = resolve(env, params)
    action_space = env.action_space(params)
    traces = _resolve_traces(ob_traces, env.observation_space(params))
    policy, key = as_policy(policy, action_space), random.as_key(key)

    has_trials = hasattr(env, "new_trial")
    if has_trials and num_steps is None:
        rollout = run(env, params, policy, key, env.T * num_trials)
        rollout = rollout.first(rollout.trials()[:num_trials][-1][1])
    else:
        rollout = run(env, params, policy, key, num_steps or _PLAIN_STEPS)
    return _draw(rollout, env, params, traces, name=name, legend=legend, fig_kwargs=fig_kwargs)


def draw_rollout(
    rollout: Rollout,
    env: Any,
    params: Any,
    *,
    ob_traces: Sequence[str | int] | Mapping[str, str | int] | None = None,
    name: str | None = None,
    legend: bool = True,
    fig_kwargs: Mapping[str, Any] | None = None,
    span: int | None = None,
    in_pyplot: bool = False,
) -> Figure:
    """Draw what happened, as `plot_env` does.

    Args:
        rollout: what happened.
        env: the environment in which it did.
        params: its params.
        ob_traces: channels to draw as traces; see `plot_env`.
        name: title; by default the name of the environment.
        legend: whether to name the traces and lines.
        fig_kwargs: arguments of ``matplotlib.figure.Figure``.
        span: steps for which there is room, where more are to come.
        in_pyplot: whether pyplot knows the figure: a notebook shows it at the end of the cell, and
            it stays in memory until ``matplotlib.pyplot.close(figure)``.

    Returns:
        The figure.
    """
    traces = _resolve_traces(ob_traces, env.observation_space(params))
    make_figure: Callable[..., Figure] = Figure
    if in_pyplot:
        from matplotlib import pyplot  # opens windows, which nothing else here needs

        make_figure = pyplot.figure
    return _draw(
        rollout,
        env,
        params,
        traces,
        name=name,
        legend=legend,
        fig_kwargs=fig_kwargs,
        span=span,
        make_figure=make_figure,
    )


def _draw(
    rollout,
    env,
    params,
    traces,
    *,
    name,
    legend,
    fig_kwargs,
    span=None,
    make_figure: Callable[..., Figure] = Figure,
):
    """Draw a rollout, with some channels as traces or all as an image."""
    space, action_space = env.observation_space(params), env.action_space(params)
    has_trials = hasattr(env, "new_trial")
    canvas = _Canvas(
        rollout,
        dt=float(getattr(env, "dt", 1.0)) if has_trials else 1.0,
        unit="ms" if has_trials else "steps",
        periods=tuple(env.periods) if has_trials else (),
        legend=legend,
        span=span,
        make_figure=make_figure,
    )
    truth_is_action = has_trials and env.ground_truth_space == action_space
    title = env.name if name is None else name
    figure, axes = canvas.begin(title, fig_kwargs, with_truth=has_trials and not truth_is_action)
    if traces is None and len(space.shape) > 1:
        canvas.draw_frames(axes["observation"])
    elif traces is None:
        canvas.draw_channels(axes["observation"], _channel_labels(space))
    else:
        canvas.draw_traces(axes["observation"], traces)
    canvas.draw_actions(axes["action"], action_space, with_truth=truth_is_action)
    if "ground truth" in axes:
        canvas.draw_truth(axes["ground truth"], env.ground_truth_space)
    canvas.draw_rewards(axes["reward"])
    if "performance" in axes:
        canvas.draw_performance(axes["performance"])
    canvas.mark_trials()
    canvas.show_span()
    return figure


def _resolve_traces(ob_traces: Any, space: Any) -> dict[str, int] | None:
    """Return label and channel of each trace, or None for an image."""
    if not isinstance(space, gymnax_spaces.Box | gymnax_spaces.Discrete):
        raise ValueError(f"observations are Box or Discrete, not {type(space).__name__}")
    shape = space.shape
    size = shape[-1] if shape else 1
    if ob_traces is None:
        labels = _channel_labels(space)
        is_few = len(shape) <= 1 and size <= _MAX_TRACES
        return {label: index for index, label in enumerate(labels)} if is_few else None
    if isinstance(ob_traces, str) or not isinstance(ob_traces, Sequence | Mapping):
        raise ValueError(f"ob_traces is a list of channels or a dict, not {ob_traces!r}")
    if len(shape) > 1:
        raise ValueError(f"observations of shape {shape} are drawn as pictures, not as traces")
    names = getattr(space, "name", {})
    labels = _channel_labels(space)
    traces = {}
    for entry in ob_traces:
        where = ob_traces[entry] if isinstance(ob_traces, Mapping) else entry
        indices = indices_of("channel", names, where, size)
        for index in indices:
            label = labels[index] if entry is where else str(entry)
            if entry is not where and len(indices) > 1:
                label = f"{label} {indices.index(index) + 1}"
            traces[label] = index
    if not traces:
        raise ValueError("ob_traces needs at least one channel; None draws all")
    return traces


def _channel_labels(space: Any) -> list[str]:
    """Name every channel of an observation."""
    if isinstance(space, gymnax_spaces.Discrete) or space.shape in ((), (1,)):
        labels = ["observation"]
    else:
        labels = [f"channel {index}" for index in range(space.shape[-1])]
    is_box = isinstance(space, gymnax_spaces.Box)
    return _with_names("channel", getattr(space, "name", {}) if is_box else {}, labels)


def _with_names(kind: str, names: Mapping[str, Any], labels: list[str]) -> list[str]:
    """Put a space's names where it has them: "choice 1", "choice 2"."""
    for name in names:
        indices = indices_of(kind, names, name, len(labels))
        for number, index in enumerate(indices, start=1):
            labels[index] = name if len(indices) == 1 else f"{name} {number}"
    return labels


class _Canvas:
    """The panels of one rollout, with a common time axis."""

    def __init__(
        self,
        rollout: Rollout,
        *,
        dt: float,
        unit: str,
        periods: tuple[str, ...],
        legend: bool,
        span: int | None,
        make_figure: Callable[..., Figure],
    ):
        self.rollout, self.dt, self.unit = rollout, dt, unit
        self.periods, self.legend, self.make_figure = periods, legend, make_figure
        self.num_steps = len(rollout.reward)
        self.span = self.num_steps if span is None else span
        self.edges = np.arange(self.num_steps + 1) * dt
        self.ob = np.asarray(rollout.ob, np.float32)

    def begin(
        self, name: str, fig_kwargs: Mapping[str, Any] | None, *, with_truth: bool
    ) -> tuple[Figure, dict]:
        """Make the figure and its panels, by name."""
        heights = {"observation": 2.4, "action": 1.2}
        if with_truth:
            heights["ground truth"] = 1.0
        heights["reward"] = 0.9
        if self.rollout.performance is not None:
            heights["performance"] = 0.9
        given = {} if fig_kwargs is None else dict(fig_kwargs)
        defaults = {"figsize": (8.0, 0.9 + 0.95 * sum(heights.values())), "layout": "constrained"}
        self.figure = self.make_figure(**{**defaults, **given})
        self.figure.suptitle(name, fontsize=_FONT + 2)
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

    def draw_traces(self, ax: Any, traces: Mapping[str, int]) -> None:
        """Draw some channels as lines."""
        ob = self.ob.reshape(self.num_steps, -1)
        width = 1.4 if self.num_steps <= 100 else 0.9
        for number, (label, index) in enumerate(traces.items()):
            color = _TRACE_COLORS[number % len(_TRACE_COLORS)]
            self._line(ax, ob[:, index], color=color, width=width, label=label)
        ax.margins(y=0.08)
        self._legend(ax)

    def draw_channels(self, ax: Any, labels: Sequence[str]) -> None:
        """Draw all channels as an image, the first at the top."""
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

    def draw_frames(self, ax: Any) -> None:
        """Draw pictures seen at moments spread over the run, each at its time."""
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

    def draw_actions(self, ax: Any, space: Any, *, with_truth: bool) -> None:
        """Draw the actions taken, over the ground truth."""
        action = self.rollout.action.reshape(self.num_steps, -1)
        if with_truth:
            truth = self.rollout.gt.reshape(self.num_steps, -1)
            for index, values in enumerate(truth.T):
                label = "ground truth" if index == 0 else None
                self._line(ax, values, color=_TRUTH_COLOR, width=5, label=label)
        for index, values in enumerate(action.T):
            label = "action" if action.shape[1] == 1 else f"action {index}"
            color = _TRACE_COLORS[(index + 1) % len(_TRACE_COLORS)]
            self._line(ax, values, color=color if index else _ACTION_COLOR, label=label)
        self._name_options(ax, space)
        self._legend(ax)

    def draw_truth(self, ax: Any, space: Any) -> None:
        """Draw a ground truth that is not an action."""
        for values in self.rollout.gt.reshape(self.num_steps, -1).T:
            self._line(ax, values, color=_TRUTH_COLOR, width=2.5)
        self._name_options(ax, space)

    def draw_rewards(self, ax: Any) -> None:
        """Draw the reward of each step."""
        reward = np.asarray(self.rollout.reward, np.float64)
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

    def draw_performance(self, ax: Any) -> None:
        """Draw the score of each trial where it ended, and note the mean."""
        ended = np.flatnonzero(self.rollout.new_trial)
        score = self.rollout.performance[ended]
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
        trials = self.rollout.trials()
        inches = 0.75 * self.figure.get_figwidth() / self.span
        many = len(trials) * 8 > self.num_steps  # lines would hide what they separate
        for begin, end in [] if many else trials:
            if begin:
                self._vertical(begin, color=_TRIAL_COLOR, linewidth=1.2)
            self._mark_periods(begin, end, inches)

    def _mark_periods(self, begin: int, end: int, inches: float) -> None:
        """Mark the periods of the trial in steps ``begin`` to ``end``."""
        if self.rollout.start is None:
            return
        bounds = zip(self.rollout.start[begin], self.rollout.end[begin], self.periods, strict=True)
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
        if not isinstance(space, gymnax_spaces.Discrete):
            ax.margins(y=0.08)
            return
        options = [str(index) for index in range(space.n)]
        labels = _with_names("action", getattr(space, "name", {}), options)
        ticks = _spread(space.n)
        ax.set_yticks(ticks, [labels[tick] for tick in ticks])
        ax.set_ylim(-0.4 - 0.02 * space.n, space.n - 0.6 + 0.02 * space.n)

    def _legend(self, ax: Any) -> None:
        if self.legend:
            ax.legend(
                loc="upper left",
                bbox_to_anchor=(1.005, 1.0),
                borderaxespad=0,
                frameon=False,
                fontsize=_SMALL_FONT,
            )

    def _note(self, ax: Any, text: str) -> None:
        if self.legend:
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
