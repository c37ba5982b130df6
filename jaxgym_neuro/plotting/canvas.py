"""The figure of a record: where its panels are, above each other over one axis of time."""

from typing import Any

from matplotlib.figure import Figure

from jaxgym_neuro.plotting import style
from jaxgym_neuro.plotting.header import Header, plan_header
from jaxgym_neuro.plotting.labels import width_of
from jaxgym_neuro.plotting.panels import Panel, panels_of
from jaxgym_neuro.plotting.pen import Pen
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.style import LABEL, Style
from jaxgym_neuro.plotting.time_axis import TimeAxis

# Inches.
_WIDTH, _RIGHT, _BOTTOM, _PAD, _BETWEEN = 8.0, 1.25, 0.45, 0.1, 0.14
_HANDLE = 0.32  # beside the text of a legend


class Canvas:
    """The figure of one record; all is measured in inches before it is made.

    Args:
        record: what happened.
        env: the environment in which it did.
        params: its params.
        look: how it is plotted.
    """

    def __init__(self, record: Record, env: Any, params: Any, look: Style):
        self.look = look
        self.panels = panels_of(record, env, params, look)
        self.fig_kwargs = dict(look.fig_kwargs or {})
        self.width = float(self.fig_kwargs.get("figsize", (_WIDTH, 0))[0])
        ticks = max(width_of(tick) for panel in self.panels for tick in panel.ticks)
        lines = [line for panel in self.panels for line in panel.name.split("\n")]
        self.tick_room = 0.06 if look.is_small else min(ticks, 1.4) + 0.17
        self.left = self.tick_room + max(width_of(line, LABEL) for line in lines) + 2 * _PAD
        right = self._room_for_legends() if look.legend else 0.2
        inside = max(self.width - self.left - right, 0.3 * self.width)
        self.axis = TimeAxis.of(record, env, look, inside)
        self.header = Header()
        self.below = self.above = _PAD
        if not look.is_small:
            self.header = plan_header(record, env, env.action_space(params), look, self.axis)
            self.below, self.above = _BOTTOM, self.header.height

    def draw(self) -> Figure:
        """Draw the figure."""
        with style.local():
            figure, axes = self._lay_out()
            pen = Pen(self.axis, self.look.legend)
            for panel, ax in zip(self.panels, axes, strict=True):
                panel.draw(ax, pen)
                pen.marks(ax)
            self.header.write_marks(axes[0], self.axis)
            if self.look.is_small:
                _hide_ticks(axes)
        return figure

    def _room_for_legends(self) -> float:
        labels = [label for panel in self.panels for label in panel.legend]
        return max(_RIGHT, max(map(width_of, labels), default=0) + _HANDLE)

    def _lay_out(self) -> tuple[Figure, list[Any]]:
        """Make the figure with its title and the axes of its panels."""
        inner = sum(panel.height for panel in self.panels) + _BETWEEN * (len(self.panels) - 1)
        natural = (self.width, self.below + inner + self.above)
        figure = self.look.make_figure(**{"figsize": natural, **self.fig_kwargs})
        # Panels of a figure of another height shrink or grow; text does not.
        height = float(figure.get_figheight())
        scale = max(height - self.below - self.above, 0.3 * height) / inner
        top = self.below + inner * scale
        left, width = self.left / self.width, self.axis.width / self.width
        axes: list[Any] = []
        for panel in self.panels:
            bottom = top - panel.height * scale
            place = (left, bottom / height, width, (top - bottom) / height)
            ax = figure.add_axes(place, sharex=axes[0] if axes else None)
            self._name_panel(ax, panel)
            axes.append(ax)
            top = bottom - _BETWEEN * scale
        self._finish_time_axis(axes)
        right = (self.left + self.axis.width) / self.width
        self.header.write_title(figure, left, right)
        return figure, axes

    def _name_panel(self, ax: Any, panel: Panel) -> None:
        style.plain_axes(ax)
        ax.set_ylabel(panel.name, rotation=0, ha="right", va="center", fontsize=LABEL)
        ax.yaxis.set_label_coords(-self.tick_room / self.axis.width, 0.5)

    def _finish_time_axis(self, axes: list[Any]) -> None:
        for ax in axes[:-1]:
            ax.tick_params(labelbottom=False, bottom=False)
            ax.spines["bottom"].set_visible(False)
        axes[-1].set_xlabel(f"time ({self.axis.unit})", fontsize=LABEL)
        axes[-1].set_xlim(0, self.axis.end)


def _hide_ticks(axes: list[Any]) -> None:
    for ax in axes:
        ax.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)
        ax.set_xlabel("")
        ax.yaxis.label.set_text(ax.get_ylabel().partition("\n(")[0])
