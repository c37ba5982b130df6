"""The panels of a picture: observation, action, ground truth, reward, performance over time."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import blended_transform_factory

from jaxgym_neuro.plotting import blocks, style
from jaxgym_neuro.plotting.blocks import Block
from jaxgym_neuro.plotting.labels import LINE, Place, Span, place_names, width_of, wrapped
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.style import LABEL, SMALL, TITLE
from jaxgym_neuro.plotting.words import conditions_in_words
from jaxgym_neuro.spaces import is_discrete

# Inches.
_WIDTH, _RIGHT, _BOTTOM, _PAD, _BETWEEN = 8.0, 1.25, 0.45, 0.1, 0.14
_LANE, _SINGLE, _OVERLAY, _PICTURES = 0.34, 0.5, 0.8, 1.0
_ROW, _LOWEST_IMAGE, _HIGHEST_IMAGE = 0.09, 0.6, 0.95
_TITLE_ROOM, _NAME_ROWS, _CONDITION_LINES = 0.3, 3, 2
_MOST_NAME_ROWS = 4  # where a name would be missing otherwise
_OVERHANG = 0.35  # by which the last names may go beyond the panels
_NARROWEST_TRIAL = 0.07  # lines between narrower ones would hide what they separate
_OWN_NAMES = ("action", "ground truth", "reward", "performance")  # of panels
_HANDLE = 0.32  # inches beside the text of a legend
_MAX_TICKS = 8
_LINES_SHARE = 0.18  # of the height of a strip of pictures, for lines to their times
_SMALL_RANGE = 0.2  # of the range of all lines, below which a channel is shown on their scale
_FEW_PICTURES = 3  # of fewer periods, moments are shown that are evenly spread
_SAME = 0.02  # difference of pixels below which pictures look alike
_IN_SECONDS = 20_000  # ms, from which time is written in seconds


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


@dataclasses.dataclass(frozen=True)
class Panel:
    """A panel before it is drawn: its name, its height in inches, and what draws it."""

    name: str
    height: float
    draw: Callable[[Any], None]
    legend: Sequence[str] = ()
    ticks: Sequence[str] = ("\N{MINUS SIGN}0.00",)  # of its vertical axis; the widest decides


class Canvas:
    """The panels of one record, with a common time axis.

    Args:
        record: what happened.
        env: the environment in which it did; time is in ms if it is made of trials, else in steps.
        params: its params.
        look: how it is plotted.
    """

    def __init__(self, record: Record, env: Any, params: Any, look: Style):
        self.record, self.env, self.look = record, env, look
        self.space, self.actions = env.observation_space(params), env.action_space(params)
        self.has_trials = hasattr(env, "new_trial")
        self.num_steps = len(record.reward)
        self.span = self.num_steps if look.span is None else look.span
        self.dt = float(env.dt) if self.has_trials else 1.0
        self.unit = "ms" if self.has_trials else "steps"
        if self.has_trials and self.span * self.dt > _IN_SECONDS:
            self.dt, self.unit = self.dt / 1000, "s"
        self.periods = tuple(env.periods) if self.has_trials else ()
        self.edges = np.arange(self.num_steps + 1) * self.dt
        self.ob = np.asarray(record.ob, np.float32)
        self.lines_of: Any = None  # what channels show that are drawn as lines, (steps, channels)
        self.panels = self._panels()

    def draw(self) -> Figure:
        """Draw the figure."""
        with style.local():
            self._lay_out()
            for panel, ax in zip(self.panels, self.axes, strict=True):
                panel.draw(ax)
            self._mark_trials()
            if self.look.is_small:
                self._hide_ticks()
        return self.figure

    # -------------------------------------------------------------------------- which panels

    def _panels(self) -> list[Panel]:
        panels = [*self._observation_panels(), *self._action_panels()]
        panels.append(Panel("reward", 0.5, self._draw_rewards))
        if self.record.performance is not None and not self.look.is_small:
            panels.append(Panel("performance", 0.34, self._draw_performance))
        return panels

    def _observation_panels(self) -> list[Panel]:
        traces = blocks.traces_of(self.look.ob_traces, self.space)
        if traces is not None:
            block = Block("observation", tuple(traces.values()), tuple(traces), as_lines=True)
            return [self._overlay("observation", 1.8, block)]
        if len(self.space.shape) > 1:
            return [Panel("observation", _PICTURES, self._draw_pictures)]
        shown = blocks.blocks_of(self.space, self.env)
        lines = [index for block in shown if block.as_lines for index in block.indices]
        self.lines_of = self.ob.reshape(self.num_steps, -1)[:, lines] if lines else None
        return [self._panel_of(block) for block in shown]

    def _panel_of(self, block: Block) -> Panel:
        values = self.ob.reshape(self.num_steps, -1)[:, block.indices]
        name = f"{block.name}\n(seen)" if block.name in _OWN_NAMES else block.name
        if block.as_lines:
            height = _LANE if _is_binary(values) else _SINGLE
            if len(block.indices) > 1:
                height = _OVERLAY
            return self._overlay(name, height, block)
        height = _image_height(len(block.indices))

        def draw(ax: Any) -> None:
            self._draw_image(ax, values, block)

        if block.is_ring:
            return Panel(f"{name}\n(deg)", height, draw)
        names = list(block.labels)
        if all(name.startswith(f"{block.name} ") for name in names):
            names = [name.removeprefix(f"{block.name} ") for name in names]
        return Panel(name, height, draw, ticks=names)

    def _overlay(self, name: str, height: float, block: Block) -> Panel:
        labels = block.labels if len(block.labels) > 1 else ()
        return Panel(name, height, lambda ax: self._draw_lines(ax, block), legend=labels)

    def _action_panels(self) -> list[Panel]:
        truth = self.record.gt if self.has_trials else None
        is_same = truth is not None and self.env.ground_truth_space == self.actions
        panels = self._panels_of("action", self.actions, self.record.action, truth, is_same)
        if truth is not None and not is_same:
            space = self.env.ground_truth_space
            panels += self._panels_of("ground truth", space, None, truth, True)
        return panels

    def _panels_of(
        self, name: str, space: Any, action: Any, truth: Any, with_truth: bool
    ) -> list[Panel]:
        """Return the panels of actions, of truths or of both in the same space."""
        truth = truth if with_truth else None
        if is_discrete(space):
            return [self._options_panel(name, space, action, truth)]
        labels = blocks.dimensions_of(space)
        if len(labels) > blocks.MOST_LINES:
            shown = (("action", action), ("ground truth", truth))
            return [self._numbers_panel(kind, x, labels) for kind, x in shown if x is not None]
        columns = [None if x is None else x.reshape(self.num_steps, -1) for x in (action, truth)]
        panels = []
        for index, label in enumerate(labels):
            unit = blocks.unit_of(self.env, space, label)
            words = "\n".join([name, *[label] * bool(label)]) + (f"\n({unit})" if unit else "")
            done, due = (None if x is None else x[:, index] for x in columns)
            panels.append(Panel(words, 0.7, self._drawing_of_numbers(done, due, index == 0)))
        return panels

    def _options_panel(self, name: str, space: Any, action: Any, truth: Any) -> Panel:
        labels = blocks.options_of(space, self.env)
        ticks = _spread(space.n)
        ring = blocks.ring_of_options(space, self.env)
        if ring:
            others = [index for index in range(space.n) if index not in ring]
            quarters = {ring[len(ring) * i // 4]: f"{90 * i}\N{DEGREE SIGN}" for i in range(4)}
            for index, angle in quarters.items():
                labels[index] = angle
            # An option beside the ring leaves no room for the name of its neighbour.
            near = {index + step for index in others for step in (-1, 1)}
            ticks = sorted({*others, *quarters} - near)

        def draw(ax: Any) -> None:
            self._draw_actions(ax, action, truth, is_first=True)
            ax.set_yticks(ticks, [labels[tick] for tick in ticks])
            ax.set_ylim(-0.4 - 0.02 * space.n, space.n - 0.6 + 0.02 * space.n)

        height = min(max(0.5, 0.12 + 0.19 * space.n), 1.15)
        return Panel(name, height, draw, ticks=[labels[tick] for tick in ticks])

    def _numbers_panel(self, name: str, values: Any, labels: Sequence[str]) -> Panel:
        block = Block(name, tuple(range(len(labels))), tuple(labels), as_lines=False)
        rows = np.asarray(values, np.float32).reshape(self.num_steps, -1)

        def draw(ax: Any) -> None:
            self._draw_image(ax, rows, block, "value")

        return Panel(name, _image_height(len(labels)), draw, ticks=labels)

    def _drawing_of_numbers(self, action: Any, truth: Any, is_first: bool) -> Callable[[Any], None]:
        def draw(ax: Any) -> None:
            self._draw_actions(ax, action, truth, is_first=is_first)
            low, high = _limits([x for x in (action, truth) if x is not None])
            ax.set_ylim(low, high)
            ax.locator_params(axis="y", nbins=3)

        return draw

    # -------------------------------------------------------------------------- where they are

    def _lay_out(self) -> None:
        """Make the figure and the axes of its panels; all is measured in inches first."""
        look = self.look
        arguments = dict(look.fig_kwargs or {})
        ticks = max(width_of(tick) for panel in self.panels for tick in panel.ticks)
        lines = [line for panel in self.panels for line in panel.name.split("\n")]
        self.tick_room = 0.06 if look.is_small else min(ticks, 1.4) + 0.17
        below = _PAD if look.is_small else _BOTTOM
        left = self.tick_room + max(width_of(line, LABEL) for line in lines) + 2 * _PAD
        width = float(arguments.get("figsize", (_WIDTH, 0))[0])
        right = self._right() if look.legend else 0.2
        self.inside = max(width - left - right, 0.3 * width)  # of the panels
        header = self._plan_header()
        inner = sum(panel.height for panel in self.panels) + _BETWEEN * (len(self.panels) - 1)
        natural = below + inner + header
        figsize = arguments.pop("figsize", (width, natural))
        self.figure = look.make_figure(**{"figsize": figsize, **arguments})
        # Panels of a figure of another height shrink or grow; text does not.
        height = float(self.figure.get_figheight())
        scale = max(height - below - header, 0.3 * height) / inner
        top = below + inner * scale
        self.axes: list[Any] = []
        self._inch = 1 / height
        for panel in self.panels:
            bottom = top - panel.height * scale
            place = (left / width, bottom / height, self.inside / width, (top - bottom) / height)
            ax = self.figure.add_axes(place, sharex=self.axes[0] if self.axes else None)
            self._name_panel(ax, panel)
            self.axes.append(ax)
            top = bottom - _BETWEEN * scale
        self._finish_time_axis(left, width, height)

    def _hide_ticks(self) -> None:
        for ax in self.axes:
            ax.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)
            ax.set_xlabel("")
            ax.yaxis.label.set_text(ax.get_ylabel().partition("\n(")[0])
        self.figure.suptitle("")

    def _right(self) -> float:
        """Return the room for legends."""
        labels = [label for panel in self.panels for label in panel.legend]
        return max(_RIGHT, max(map(width_of, labels), default=0) + _HANDLE)

    def _name_panel(self, ax: Any, panel: Panel) -> None:
        style.plain_axes(ax)
        ax.set_ylabel(panel.name, rotation=0, ha="right", va="center", fontsize=LABEL)
        ax.yaxis.set_label_coords(-self.tick_room / self.inside, 0.5)

    def _finish_time_axis(self, left: float, width: float, height: float) -> None:
        for ax in self.axes[:-1]:
            ax.tick_params(labelbottom=False, bottom=False)
            ax.spines["bottom"].set_visible(False)
        last = self.axes[-1]
        last.set_xlabel(f"time ({self.unit})", fontsize=LABEL)
        # The last line is not cut in half.
        last.set_xlim(0, 1.002 * self.span * self.dt)
        name = self.env.name if self.look.name is None else self.look.name
        x, y = left / width, 1 - 0.08 / height
        self.figure.suptitle(name, x=x, y=y, ha="left", va="top", fontsize=TITLE)
        if self.acts:
            words = {"ha": "right", "va": "top", "fontsize": SMALL, "color": style.NOTE}
            self.figure.text((left + self.inside) / width, y - 0.03 / height, self.acts, **words)

    def _plan_header(self) -> float:
        """Decide what is written above the panels; return the height that it takes."""
        if self.look.is_small:
            self.acts = self.rest = ""
            self.names, self.headings, self.rows = [], [], 0
            self.shown_trials = self.record.trials()
            return _PAD
        name = self.env.name if self.look.name is None else self.look.name
        fits = width_of(name, TITLE) + width_of(self.look.acts) + 0.2 < self.inside
        self.acts = self.look.acts if fits else ""
        per_step = self.inside / (1.002 * self.span)
        trials = self.record.trials()
        self.shown_trials = [
            (begin, end)
            for begin, end in trials
            if len(trials) == 1 or (end - begin) * per_step > _NARROWEST_TRIAL
        ]
        self.names = self._place_periods(per_step)
        self.rows = 1 + max((place.row for place in self.names), default=-1)
        if self.look.span is not None and self.periods:
            self.rows = max(self.rows, _NAME_ROWS)  # pictures of one size, whatever the trial
        self.headings = [
            (begin, self._heading(number, begin, (end - begin) * per_step))
            for number, (begin, end) in enumerate(self.shown_trials, start=1)
        ]
        if not all(heading for _, heading in self.headings):
            self.headings = []  # some without would look as if they were no trials
        lines = max((len(heading) for _, heading in self.headings), default=0)
        self.rest = "" if fits or not self.look.acts else self.look.acts
        return _TITLE_ROOM + LINE * (self.rows + lines + bool(self.rest)) + 0.06 * bool(self.rows)

    def _place_periods(self, per_step: float) -> list[Place]:
        """Place the names of periods: of each trial that has room, and each at least once."""
        names: list[Place] = []
        spans_of = {
            begin: [
                Span(start * per_step, stop * per_step, name)
                for start, stop, name in self._periods_of(begin, end)
            ]
            for begin, end in self.shown_trials
        }
        for begin, end in self.shown_trials:
            room = self.span if self.look.span is not None else end
            places: list[Place] = []
            right = room * per_step + _OVERHANG * (end == self.num_steps)
            for rows in (_NAME_ROWS, _MOST_NAME_ROWS):
                places = place_names(spans_of[begin], begin * per_step, right, rows)
                if len(places) == len(spans_of[begin]):
                    break
            # A few names of a trial would look as if it had no other periods.
            if len(places) == len(spans_of[begin]) or begin == 0:
                names += places
        for spans in spans_of.values():
            named = {place.span.name for place in names}
            missing = [span for span in spans if span.name not in named]
            names += place_names(missing, 0, self.inside + _OVERHANG, _MOST_NAME_ROWS, names)
        return names

    def _heading(self, number: int, begin: int, room: float) -> list[str]:
        if self.record.conditions is None:
            return []
        found = conditions_in_words(self.env, self.record, begin, self.actions)
        first, *others = found or [""]
        words = [f"trial {number}: {first}" if first else f"trial {number}", *others]
        lines = wrapped(words, room - 0.08, _CONDITION_LINES)
        return lines or wrapped([f"trial {number}"], room - 0.04, 1)

    # -------------------------------------------------------------------------- what they show

    def _draw_lines(self, ax: Any, block: Block) -> None:
        values = self.ob.reshape(self.num_steps, -1)[:, block.indices]
        width = 1.3 if self.num_steps <= 150 else 0.9
        is_alone = len(block.indices) == 1
        # Black is for what stands alone, a cue; of traces that are asked for, the first may be one.
        order = range(len(block.labels))
        if block.name != "observation" and not is_alone:
            order = [(number + 1) % blocks.MOST_LINES for number in order]
        for number, label in enumerate(block.labels):
            shown = style.line_of(order[number])
            self._line(ax, values[:, number], width=width, label=label, **shown)
        limits = _limits([values])
        if _is_binary(values):
            ax.set_ylim(*limits)
            ax.set_yticks([0, 1])
        else:
            ax.set_ylim(*self._comparable(*limits))
            ax.locator_params(axis="y", nbins=3)
        if not is_alone:
            self._legend(ax, most=8)

    def _comparable(self, low: float, high: float) -> tuple[float, float]:
        """Return limits as they are, or, of a channel that hardly changes, those of all lines."""
        if not self.has_trials or self.lines_of is None:
            return low, high
        widest = _limits([self.lines_of])
        is_small = high - low < _SMALL_RANGE * (widest[1] - widest[0])
        return widest if is_small else (low, high)

    def _draw_image(
        self, ax: Any, values: np.ndarray, block: Block, meaning: str = "activity (a.u.)"
    ) -> None:
        """Draw channels as rows, the first at the top; those of a ring from 0 to 360 degrees."""
        count = values.shape[1]
        least, most = float(np.nanmin(values)), float(np.nanmax(values))
        bound = max(abs(least), abs(most)) or 1.0
        has_sign = least < -style.SIGNED * bound
        extent, rows = (0, self.edges[-1], count - 0.5, -0.5), values
        if block.is_ring:
            half = 180 / count
            # Half of the first unit is at the bottom, and half at the top: 0 and 360 degrees.
            rows = np.concatenate([values, values[:, :1]], axis=1)
            extent = (0, self.edges[-1], 360 + half, -half)
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
            ticks = _spread(count)
            names = [label.removeprefix(f"{block.name} ") for label in block.labels]
            ax.set_yticks(ticks, [names[tick] for tick in ticks])
        ax.spines[["top", "right"]].set_visible(True)
        if self.look.legend:
            self._color_bar(ax, image, meaning)

    def _color_bar(self, ax: Any, image: Any, meaning: str) -> None:
        # An axes of its own column would make this panel narrower than the others.
        bar = self.figure.colorbar(image, cax=ax.inset_axes((1.015, 0.08, 0.013, 0.84)))
        bar.ax.tick_params(labelsize=SMALL, length=2)
        bar.locator = _two_ticks()
        bar.update_ticks()
        bar.set_label(meaning, fontsize=SMALL)
        bar.outline.set_linewidth(0.5)

    def _draw_pictures(self, ax: Any) -> None:
        """Draw a strip of pictures, each with a line to the time at which it was seen."""
        pictures = as_pictures(self.ob, self.space)
        height, width = pictures.shape[1:3]
        panel = ax.get_position().height / self._inch
        size = (1 - _LINES_SHARE) * panel * width / height  # inches that one takes
        room = self.inside * self.num_steps / (1.002 * self.span)
        steps = self._steps_of_pictures(pictures, max(1, int(room / (1.04 * size))))
        per_inch = 1.002 * self.span * self.dt / self.inside
        centres = spread_apart(
            [(step + 0.5) * self.dt / per_inch for step in steps], 1.04 * size, room
        )
        for step, centre in zip(steps, centres, strict=True):
            extent = ((centre - size / 2) * per_inch, (centre + size / 2) * per_inch)
            ax.imshow(
                pictures[step],
                extent=(*extent, _LINES_SHARE, 1),
                aspect="auto",
                cmap="gray",
                vmin=0,
                vmax=1,
                zorder=1,
            )
            # White pixels at its edge are part of it.
            place = ((extent[0], _LINES_SHARE), extent[1] - extent[0], 1 - _LINES_SHARE)
            ax.add_patch(Rectangle(*place, fill=False, edgecolor=style.NOTE, linewidth=0.6))
            ends = [centre * per_inch, (step + 0.5) * self.dt]
            ax.plot(ends, [_LINES_SHARE, 0], color=style.NOTE, linewidth=0.7)
        ax.set_ylim(0, 1)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)

    def _steps_of_pictures(self, pictures: np.ndarray, most: int) -> list[int]:
        """Choose steps to show: the middles of periods, without those that look like the last.

        Of few periods, steps that are evenly spread.
        """
        periods = [period for trial in self.shown_trials for period in self._periods_of(*trial)]
        middles = [(start + stop) // 2 for start, stop, _ in periods]
        middles = [step for step in middles if step < self.num_steps]
        if len(middles) < min(_FEW_PICTURES, most):
            count = min(most, self.num_steps)
            middles = [int((i + 0.5) * self.num_steps / count) for i in range(count)]
        if len(middles) > most:
            kept = middles[:1]
            for step in middles[1:]:
                if np.abs(pictures[step] - pictures[kept[-1]]).max() > _SAME:
                    kept.append(step)
            middles = kept
        return [
            middles[i]
            for i in np.linspace(0, len(middles) - 1, min(most, len(middles))).astype(int)
        ]

    def _draw_actions(self, ax: Any, action: Any, truth: Any, *, is_first: bool) -> None:
        """Draw the actions, dark and thin, over the ground truth, light and thick."""
        if truth is not None:
            self._line(ax, truth, color=style.TRUTH, width=5, label="ground truth")
        if action is not None:
            self._line(ax, action, color=style.ACTION, width=1.3, label="action")
        if is_first and action is not None:
            self._legend(ax)

    def _draw_rewards(self, ax: Any) -> None:
        """Draw the reward of each step, what is lost in another colour."""
        reward = np.asarray(self.record.reward, np.float64)
        ax.axhline(0, color=style.FAINT, linewidth=0.8)
        for values, color in (
            (np.maximum(reward, 0), style.GAIN),
            (np.minimum(reward, 0), style.LOSS),
        ):
            if np.any(values):
                ax.stairs(values, self.edges, baseline=0, fill=True, color=color, linewidth=1.0)
        low, high = min(reward.min(), 0.0), max(reward.max(), 0.0)
        margin = 0.12 * (high - low) or 0.5
        ax.set_ylim(low - margin, high + margin)
        ax.locator_params(axis="y", nbins=3)
        self._note(ax, f"total {reward.sum():.4g}")

    def _draw_performance(self, ax: Any) -> None:
        """Draw the score of each trial where it ended, and note the mean."""
        ended = np.flatnonzero(self.record.new_trial)
        score = self.record.performance[ended]
        ax.plot(
            (ended + 0.5) * self.dt,
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

    # -------------------------------------------------------------------------- trials, periods

    def _mark_trials(self) -> None:
        """Shade every other period, name periods and trials, and separate the trials."""
        for begin, end in self.shown_trials:
            if begin:
                self._vertical(begin, color=style.INK, linewidth=1.1)
            for number, (start, stop, _) in enumerate(self._periods_of(begin, end)):
                self._mark_period(begin, start, stop, is_shaded=number % 2 == 1)
        for place in self.names:
            self._name_period(place)
        base = LINE * self.rows + 0.06 * bool(self.rows) + LINE * bool(self.rest)
        most = max((len(heading) for _, heading in self.headings), default=0)
        for begin, heading in self.headings:
            for number, line in enumerate(heading):
                rise = base + LINE * (most - 1 - number) + 0.03
                self._above(begin * self.dt, rise, line, ha="left", color=style.INK)
        if self.rest:
            self._above(0, LINE * self.rows + 0.06, self.rest, ha="left", color=style.NOTE)

    def _mark_period(self, trial: int, start: int, stop: int, *, is_shaded: bool) -> None:
        for ax in self.axes:
            if start > trial:
                ax.axvline(
                    start * self.dt, color=style.FAINT, linewidth=0.7, linestyle=":", zorder=0.5
                )
            if is_shaded and not ax.images:
                span = (start * self.dt, stop * self.dt)
                ax.axvspan(*span, facecolor=style.BAND, edgecolor="none", zorder=-1)

    def _name_period(self, place: Place) -> None:
        per_inch = 1.002 * self.span * self.dt / self.inside
        middle = (place.span.left + place.span.right) / 2
        rise = 0.05 + LINE * place.row
        self._above(place.middle * per_inch, rise, place.span.name, ha="center", color=style.NOTE)
        if place.row:
            top = self.axes[0]
            height = top.get_position().height / self._inch
            ends = (1.0, 1 + (rise - 0.01) / height)
            line = Line2D([middle * per_inch] * 2, ends, color=style.FAINT, linewidth=0.6)
            line.set_transform(top.get_xaxis_transform())
            line.set_clip_on(False)
            top.add_line(line)

    def _periods_of(self, begin: int, end: int) -> list[tuple[int, int, str]]:
        """Return start, stop and name of the periods of the trial in steps begin to end."""
        if self.record.start is None:
            return []
        last = end if self.look.span is None else max(end, begin + self.span)
        bounds = zip(self.record.start[begin], self.record.end[begin], self.periods, strict=True)
        periods = [
            (begin + int(start), min(begin + int(stop), last), name) for start, stop, name in bounds
        ]
        return sorted(period for period in periods if period[0] < period[1])

    def _above(self, x: float, inches: float, text: str, **look: Any) -> None:
        """Write above the first panel."""
        top = self.axes[0]
        y = top.get_position().y1 + inches * self._inch
        transform = blended_transform_factory(top.transData, self.figure.transFigure)
        self.figure.text(x, y, text, transform=transform, va="bottom", fontsize=SMALL, **look)

    def _vertical(self, step: int, **look: Any) -> None:
        for ax in self.axes:
            ax.axvline(step * self.dt, zorder=2.5, **look)

    def _line(self, ax: Any, values: np.ndarray, *, width: float, **look: Any) -> None:
        ax.stairs(values, self.edges, baseline=None, linewidth=width, **look)

    def _legend(self, ax: Any, most: int = 8) -> None:
        if not self.look.legend:
            return
        handles, names = ax.get_legend_handles_labels()
        lines = [
            Line2D([], [], color=h.get_edgecolor(), linewidth=h.get_linewidth(),
                   linestyle=h.get_linestyle())
            for h in handles
        ]  # fmt: skip
        ax.legend(
            lines[:most],
            names[:most],
            loc="upper left",
            bbox_to_anchor=(1.008, 1.03),
            borderaxespad=0,
            frameon=False,
            fontsize=SMALL,
            handlelength=1.5,
            labelspacing=0.3,
        )

    def _note(self, ax: Any, text: str) -> None:
        if self.look.legend:
            look = {"va": "center", "fontsize": SMALL, "color": style.NOTE}
            ax.text(1.015, 0.5, text, transform=ax.transAxes, **look)


def as_pictures(ob: np.ndarray, space: Any) -> np.ndarray:
    """Return observations as pictures from 0 to 1, (n, height, width) or with 3 colours."""
    if ob.ndim > 4:
        ob = ob.reshape(*ob.shape[:3], -1)
    if ob.ndim == 4 and ob.shape[-1] != 3:  # planes of features, not the colours of a photo
        ob = ob.max(axis=-1)
    low, high = float(np.min(space.low)), float(np.max(space.high))
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = float(ob.min()), float(ob.max())
    return np.clip((ob - low) / (high - low), 0, 1) if high > low else ob - low


def spread_apart(centres: Sequence[float], size: float, room: float) -> list[float]:
    """Move things of a size apart, in order, so that none meets another, from 0 to ``room``."""
    moved: list[float] = []
    for centre in centres:
        least = moved[-1] + size if moved else size / 2
        moved.append(max(centre, least))
    most = room - size / 2
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], most)
        most = moved[index] - size
    return moved


def _image_height(rows: int) -> float:
    return min(max(_ROW * rows, _LOWEST_IMAGE), _HIGHEST_IMAGE)


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


def _is_binary(values: np.ndarray) -> bool:
    return bool(np.all((values == 0) | (values == 1)))


def _two_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=2)


def _spread(size: int) -> list[int]:
    """Return at most `_MAX_TICKS` indices, evenly spread."""
    return list(range(0, size, math.ceil(size / _MAX_TICKS)))
