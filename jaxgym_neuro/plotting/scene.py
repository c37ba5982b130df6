"""What is seen, done and earned at one moment, as a picture that changes from step to step.

What stays the same is drawn once; a step redraws only what moves.
"""

import abc
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Wedge

from jaxgym_neuro.plotting import blocks, style
from jaxgym_neuro.plotting.blocks import Block
from jaxgym_neuro.plotting.labels import Span, place_names, width_of, wrapped
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.strip import as_pictures
from jaxgym_neuro.plotting.style import LABEL, SMALL, TITLE
from jaxgym_neuro.plotting.words import conditions_in_words
from jaxgym_neuro.spaces import is_discrete

# Inches, and dots of each; what is 16 : 10 has even sides.
_WIDTH, _HEIGHT, _DPI = 5.6, 3.5, 100
_VIEW = (0.25, 0.95, 3.0, 1.98)  # left, bottom, width, height
_ACTS = (3.5, 1.25, 1.95, 1.68)
_LINE = (0.55, 0.4, 4.85, 0.24)
_NAME_ROWS = 2
_NAME_LINE = 0.14
_RING_WIDTH, _RING_GAP = 0.26, 0.06
_MOST_ROWS = 12  # of options or numbers


class Part(abc.ABC):
    """Something that changes from step to step."""

    artists: Sequence[Any]

    @abc.abstractmethod
    def show(self, step: int) -> None:
        """Change the artists to a step."""


class Scene:
    """A picture of each step of a record.

    Args:
        record: what happened.
        env: the environment in which it did.
        params: its params.
        name: title.
    """

    def __init__(self, record: Record, env: Any, params: Any, name: str):
        self.record, self.env, self.num_steps = record, env, len(record.reward)
        self.space, self.actions = env.observation_space(params), env.action_space(params)
        self.has_trials = hasattr(env, "new_trial")
        self.dt = float(env.dt) if self.has_trials else 1.0
        self.unit = "ms" if self.has_trials else "steps"
        with style.local():
            self.figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI)
            self.canvas = FigureCanvasAgg(self.figure)
            self.figure.text(0.25 / _WIDTH, 1 - 0.1 / _HEIGHT, name, va="top", fontsize=TITLE)
            self.parts = [*self._view(), *self._doings(), *self._time_line()]
            for part in self.parts:
                for artist in part.artists:
                    artist.set_animated(True)
            self.canvas.draw()
            self._still = self.canvas.copy_from_bbox(self.figure.bbox)

    def picture(self, step: int) -> np.ndarray:
        """Return the picture of a step, (height, width, 3) uint8."""
        self.canvas.restore_region(self._still)
        for part in self.parts:
            part.show(step)
            for artist in part.artists:
                self.figure.draw_artist(artist)
        return np.array(self.canvas.buffer_rgba())[..., :3]

    # ---------------------------------------------------------------------------- what is seen

    def _view(self) -> list[Part]:
        if len(self.space.shape) > 1:
            return [_Picture(self._axes(_VIEW), as_pictures(self._ob(), self.space))]
        ob = self._ob().reshape(self.num_steps, -1)
        shown = blocks.blocks_of(self.space, self.env)
        cue = [block for block in shown if block.name == "fixation"]
        rings = [block for block in shown if block.is_ring]
        others = [block for block in shown if block not in cue and block not in rings]
        left, bottom, width, height = _VIEW
        parts: list[Part] = []
        if rings or not others:
            side = height - _NAME_LINE * len(rings)
            self.field = self._axes(
                (left if others else left + (width - side) / 2, bottom, side, side)
            )
            self.field.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), aspect="equal")
            self._name_rings(rings)
            parts += [_Ring(self.field, ob[:, b.indices], i) for i, b in enumerate(rings)]
            left, width = left + side + 0.15, width - side - 0.15
        elif cue:
            self.field = self._axes((left + width / 2 - 0.2, bottom + height - 0.4, 0.4, 0.4))
            self.field.set(xlim=(-0.2, 0.2), ylim=(-0.2, 0.2))
            height -= 0.5
        if cue:
            parts.append(_Cross(self.field, ob[:, cue[0].indices[0]]))
        if others:
            parts.append(
                self._bars((left + 0.3, bottom + 0.22, width - 0.3, height - 0.22), others)
            )
        return parts

    def _name_rings(self, rings: Sequence[Block]) -> None:
        for number, block in enumerate(rings):
            self.figure.text(
                _VIEW[0] / _WIDTH,
                (_VIEW[1] + _VIEW[3] - _NAME_LINE * number) / _HEIGHT,
                f"{('outer', 'inner', 'third')[min(number, 2)]}: {block.name}" if len(rings) > 1
                else block.name,
                va="top",
                color=style.NOTE,
            )  # fmt: skip

    def _bars(self, place: Any, shown: Sequence[Block]) -> Part:
        ax = style.plain_axes(self._axes(place, empty=False))
        ob = self._ob().reshape(self.num_steps, -1)
        at, names, indices, begin = [], [], [], 0.0
        for block in shown:
            spots = begin + np.arange(len(block.indices))
            at += spots.tolist()
            names.append((float(spots.mean()), block.name))
            indices += block.indices
            begin = float(spots[-1]) + 1.6
        values = ob[:, indices]
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        margin = 0.05 * (high - low) or 0.5
        ax.set(xlim=(-0.8, at[-1] + 0.8), ylim=(low - margin * (low < 0), high + margin))
        per_name = place[2] / len(names)
        is_tight = max(width_of(name) for _, name in names) > 0.95 * per_name
        for number, (x, name) in enumerate(names):
            rise = -0.12 - 0.14 * (number % 2) * is_tight
            y = rise / place[3]
            ax.text(x, y, name, transform=ax.get_xaxis_transform(), ha="center", va="center",
                    color=style.NOTE)  # fmt: skip
        ax.set_xticks([])
        ax.axhline(0, color=style.FAINT, linewidth=0.8)
        ax.locator_params(axis="y", nbins=3)
        return _Bars(ax, np.asarray(at), values, [i for b in shown for i in range(len(b.indices))])

    # ---------------------------------------------------------------------------- what is done

    def _doings(self) -> list[Part]:
        truth = self.record.gt if self.has_trials else None
        is_same = truth is not None and self.env.ground_truth_space == self.actions
        parts = self._rows(self.actions, self.record.action, truth if is_same else None)
        if truth is not None and not is_same:
            parts += self._rows(self.env.ground_truth_space, None, truth, below=True)
        self._explain(truth is not None)
        left, bottom = _ACTS[0] / _WIDTH, (_ACTS[1] - 0.26) / _HEIGHT
        parts.append(_Earned(self.figure, (left, bottom), self.record.reward))
        return parts

    def _rows(self, space: Any, action: Any, truth: Any, *, below: bool = False) -> list[Part]:
        left, bottom, width, height = _ACTS
        bottom, height = bottom + 0.05, height - 0.35
        if below:
            bottom, height = bottom, 0.3 * height
        elif action is not None and truth is None and self.has_trials:
            bottom, height = bottom + 0.4 * height, 0.6 * height
        columns = [
            None if x is None else np.asarray(x).reshape(self.num_steps, -1)
            for x in (action, truth)
        ]
        if is_discrete(space):
            ring = blocks.ring_of_options(space, self.env)
            labels = blocks.options_of(space, self.env)
            rows = [index for index in range(space.n) if index not in ring][:_MOST_ROWS]
            parts: list[Part] = []
            if ring and hasattr(self, "field"):
                columns_of = [None if x is None else x[:, 0] for x in columns]
                parts.append(_Direction(self.field, ring, *columns_of))
            ax = self._list((left, bottom, width, height), [labels[index] for index in rows])
            found = [None if x is None else _row_of(x[:, 0], rows, space.n) for x in columns]
            return [*parts, _Chosen(ax, *found)]
        names = blocks.dimensions_of(space)[:_MOST_ROWS]
        unit = blocks.unit_of(self.env, space)
        shown = [name or f"{'ground truth' if below else 'action'}" for name in names]
        shown = [f"{name} ({unit})" if unit else name for name in shown]
        ax = self._list((left, bottom, width, height), shown, with_scale=True)
        return [_Numbers(ax, *[None if x is None else x[:, : len(names)] for x in columns])]

    def _list(self, place: Any, labels: Sequence[str], *, with_scale: bool = False) -> Any:
        """Return axes with a row for each label, the first at the bottom; x is from 0 to 1."""
        wide = max(map(width_of, labels), default=0.0) + 0.15
        left, bottom, width, height = place
        rows = max(len(labels), 1)
        used = min(height, 0.26 * rows)
        ax = self._axes((left + wide, bottom + height - used, width - wide, used))
        ax.set(ylim=(-0.5, rows - 0.5), xlim=(-0.05, 1.05))
        for number, label in enumerate(labels):
            ax.text(-0.1 / (width - wide), number, label, ha="right", va="center")
            if with_scale:
                ax.plot([0, 1], [number, number], color=style.FAINT, linewidth=1)
        return ax

    def _explain(self, with_truth: bool) -> None:
        """Say what dots mean, above the options."""
        top = _ACTS[1] + _ACTS[3] - 0.1
        kinds = [("action", _DONE), *[("ground truth", _DUE)] * with_truth]
        ax = self._axes((_ACTS[0], top - 0.08, _ACTS[2], 0.18))
        ax.set(xlim=(0, _ACTS[2]), ylim=(-1, 1))
        x = 0.1
        for name, look in kinds:
            ax.plot([x], [0], linestyle="none", **look)
            ax.text(x + 0.12, 0, name, va="center", fontsize=SMALL, color=style.NOTE)
            x += 0.35 + width_of(name)

    # ---------------------------------------------------------------------------- when

    def _time_line(self) -> list[Part]:
        ax = style.plain_axes(self._axes(_LINE, empty=False))
        total = self.num_steps * self.dt
        ax.set(xlim=(0, total), ylim=(0, 1), yticks=[])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(f"time ({self.unit})", fontsize=LABEL, labelpad=1)
        per_step = _LINE[2] / self.num_steps
        trials = self.record.trials()
        for begin, end in trials:
            if begin:
                ax.axvline(begin * self.dt, color=style.INK, linewidth=1)
            periods = self.record.periods(getattr(self.env, "periods", ()), begin, end)
            for number, (start, stop, _) in enumerate(periods):
                color = style.BAND if number % 2 else "#FFFFFF"
                ax.axvspan(start * self.dt, stop * self.dt, facecolor=color,
                           edgecolor=style.FAINT, linewidth=0.5)  # fmt: skip
            spans = [Span(start * per_step, stop * per_step, name) for start, stop, name in periods]
            for place in place_names(spans, begin * per_step, end * per_step, _NAME_ROWS):
                x = place.middle * total / _LINE[2]
                y = (_LINE[1] + _LINE[3] + 0.03 + 0.13 * place.row) / _HEIGHT
                ax.text(x, (y * _HEIGHT - _LINE[1]) / _LINE[3], place.span.name, ha="center",
                        va="bottom", color=style.NOTE)  # fmt: skip
        headings = [self._heading(number, *trial) for number, trial in enumerate(trials, start=1)]
        return [_Cursor(ax, self.dt), _Clock(self.figure, self.record, headings, self._now)]

    def _heading(self, number: int, begin: int, end: int) -> str:
        words = conditions_in_words(self.env, self.record, begin, self.actions)
        several = [f"trial {number}"] * (len(self.record.trials()) > 1)
        lines = wrapped([*several, *words], _WIDTH - 1.7, 1)
        return lines[0] if lines else ""

    def _now(self, step: int) -> str:
        return f"{step * self.dt:.4g} {self.unit}"

    def _ob(self) -> np.ndarray:
        return np.asarray(self.record.ob, np.float32)

    def _axes(self, place: Any, *, empty: bool = True) -> Any:
        left, bottom, width, height = place
        where = (left / _WIDTH, bottom / _HEIGHT, width / _WIDTH, height / _HEIGHT)
        ax = self.figure.add_axes(where)
        if empty:
            ax.set_axis_off()
        return ax


_DONE = {"clip_on": False, "marker": "o", "markersize": 5, "color": style.ACTION}
_DUE = {
    "clip_on": False,
    "marker": "o",
    "markersize": 11,
    "markerfacecolor": style.TRUTH,
    "markeredgecolor": style.TRUTH,
}


class _Picture(Part):
    """What is seen, where it is a picture."""

    def __init__(self, ax: Any, pictures: np.ndarray):
        self.pictures = pictures
        self.image = ax.imshow(pictures[0], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        self.artists = (self.image,)

    def show(self, step: int) -> None:
        self.image.set_data(self.pictures[step])


class _Ring(Part):
    """The units of a ring around the field of view, the first at the right, counted upwards."""

    def __init__(self, ax: Any, values: np.ndarray, number: int):
        self.values = values
        count = values.shape[1]
        outer = 1.0 - number * (_RING_WIDTH + _RING_GAP)
        half = 180 / count
        patches = [
            Wedge((0, 0), outer, 360 * i / count - half, 360 * i / count + half, width=_RING_WIDTH)
            for i in range(count)
        ]
        bound = float(np.abs(values).max()) or 1.0
        has_sign = float(values.min()) < -style.SIGNED * bound
        self.patches = PatchCollection(
            patches, cmap=style.DIVERGING if has_sign else style.SEQUENTIAL,
            edgecolor=style.FAINT, linewidth=0.4,
        )  # fmt: skip
        self.patches.set_clim(-bound if has_sign else 0, bound)
        ax.add_collection(self.patches)
        self.artists = (self.patches,)

    def show(self, step: int) -> None:
        self.patches.set_array(self.values[step])


class _Cross(Part):
    """The fixation cue: the more of it, the darker."""

    def __init__(self, ax: Any, values: np.ndarray):
        self.values = values / (float(np.abs(values).max()) or 1.0)
        look = {"color": style.INK, "linewidth": 3, "solid_capstyle": "butt"}
        self.artists = (ax.plot([-0.14, 0.14], [0, 0], **look)[0],
                        ax.plot([0, 0], [-0.14, 0.14], **look)[0])  # fmt: skip

    def show(self, step: int) -> None:
        for line in self.artists:
            line.set_alpha(float(np.clip(self.values[step], 0.08, 1)))


class _Bars(Part):
    """Channels as bars."""

    def __init__(self, ax: Any, at: np.ndarray, values: np.ndarray, numbers: Sequence[int]):
        self.values = values
        colors = [style.COLORS[1 + number % 2] for number in numbers]
        self.artists = tuple(ax.bar(at, np.zeros(len(at)), width=0.8, color=colors))

    def show(self, step: int) -> None:
        for bar, value in zip(self.artists, self.values[step].tolist(), strict=True):
            bar.set_height(value)


class _Chosen(Part):
    """Which of the listed options is due, and which is chosen."""

    def __init__(self, ax: Any, action: Any, truth: Any):
        self.rows = [x for x in (truth, action) if x is not None]
        looks = [look for x, look in ((truth, _DUE), (action, _DONE)) if x is not None]
        self.artists = tuple(ax.plot([], [], linestyle="none", **look)[0] for look in looks)

    def show(self, step: int) -> None:
        for dots, rows in zip(self.artists, self.rows, strict=True):
            row = float(rows[step])
            dots.set_data([] if math.isnan(row) else [0.08], [] if math.isnan(row) else [row])


class _Direction(Part):
    """Which direction of a ring is due, and which is chosen."""

    def __init__(self, ax: Any, ring: Sequence[int], action: Any, truth: Any):
        self.ring = np.asarray(ring)
        self.rows = [x for x in (truth, action) if x is not None]
        looks = [look for x, look in ((truth, _DUE), (action, _DONE)) if x is not None]
        self.artists = tuple(ax.plot([], [], linestyle="none", **look)[0] for look in looks)

    def show(self, step: int) -> None:
        for dots, options in zip(self.artists, self.rows, strict=True):
            found = np.flatnonzero(self.ring == options[step])
            angle = 2 * math.pi * found / len(self.ring)
            dots.set_data(1.15 * np.cos(angle), 1.15 * np.sin(angle))


class _Numbers(Part):
    """Continuous actions and truths, each number on its line."""

    def __init__(self, ax: Any, action: Any, truth: Any):
        values = [x.astype(np.float64) for x in (truth, action) if x is not None]
        looks = [look for x, look in ((truth, _DUE), (action, _DONE)) if x is not None]
        low = min(float(x.min()) for x in values)
        high = max(float(x.max()) for x in values)
        self.values = [(x - low) / ((high - low) or 1.0) for x in values]
        self.rows = np.arange(values[0].shape[1])
        self.artists = tuple(ax.plot([], [], linestyle="none", **look)[0] for look in looks)
        for x, share, align in ((low, 0, "left"), (high, 1, "right")):
            ax.text(share, -0.55, f"{x:.2g}", ha=align, va="top", color=style.NOTE)

    def show(self, step: int) -> None:
        for dots, values in zip(self.artists, self.values, strict=True):
            dots.set_data(values[step], self.rows)


class _Earned(Part):
    """The last reward of the trial, and the sum of all."""

    def __init__(self, figure: Any, place: tuple[float, float], reward: np.ndarray):
        self.reward = np.asarray(reward, np.float64)
        self.total = np.cumsum(self.reward)
        text = figure.text(*place, "", fontsize=LABEL, color=style.INK)
        last = figure.text(place[0] + 1.15 / _WIDTH, place[1], "", fontsize=LABEL, weight="bold")
        self.artists = (text, last)

    def show(self, step: int) -> None:
        total, last = self.artists
        total.set_text(f"reward {self.total[step]:.3g}")
        now = self.reward[max(0, step - 2) : step + 1]
        found = now[now != 0]
        last.set_text(f"{found[-1]:+.3g}" if found.size else "")
        if found.size:
            last.set_color(style.GAIN if found[-1] > 0 else style.LOSS)


class _Cursor(Part):
    """Where on the time line one is."""

    def __init__(self, ax: Any, dt: float):
        self.dt = dt
        self.artists = ax.plot([0, 0], [0, 1], color=style.CURSOR, linewidth=2, clip_on=False)

    def show(self, step: int) -> None:
        now = step * self.dt  # what the clock says
        self.artists[0].set_xdata([now, now])


class _Clock(Part):
    """What the time is, and the conditions of the trial under way."""

    def __init__(self, figure: Any, record: Record, headings: Sequence[str], now: Any):
        self.now, self.headings = now, headings
        self.ends = np.asarray([end for _, end in record.trials()])
        clock = figure.text(1 - 0.2 / _WIDTH, 1 - 0.1 / _HEIGHT, "", ha="right", va="top",
                            fontsize=LABEL)  # fmt: skip
        heading = figure.text(0.25 / _WIDTH, 1 - 0.3 / _HEIGHT, "", va="top", color=style.NOTE)
        self.artists = (clock, heading)

    def show(self, step: int) -> None:
        clock, heading = self.artists
        clock.set_text(self.now(step))
        heading.set_text(self.headings[int(np.searchsorted(self.ends, step, side="right"))])


def _row_of(options: np.ndarray, rows: Sequence[int], count: int) -> np.ndarray:
    """Return the row of each option, NaN where it is not listed."""
    row = np.full(count, np.nan)
    row[list(rows)] = np.arange(len(rows))
    return row[options.astype(int)]
