"""What is written above the panels: title, who acts, conditions of trials, names of periods."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from jaxgym_neuro.plotting import style
from jaxgym_neuro.plotting.labels import LINE, Place, Span, inch_of, place_names, width_of, wrapped
from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.style import SMALL, TITLE, Style
from jaxgym_neuro.plotting.time_axis import TimeAxis
from jaxgym_neuro.plotting.words import conditions_in_words

# Inches.
_TITLE_ROOM = 0.3
_GAP = 0.06  # above the names of periods
_OVERHANG = 0.35  # by which the last names may go beyond the panels
_NAME_ROWS, _CONDITION_LINES = 3, 2
_MOST_NAME_ROWS = 4  # where a name would be missing otherwise


@dataclasses.dataclass(frozen=True)
class Header:
    """What is written above the panels, from the top; nothing by default.

    Attributes:
        title: in the first row.
        acts: who acts, beside the title.
        headings: first step of each trial, and the lines that tell its conditions.
        rest: who acts, in a row below, where there is no room for it beside the title.
        names: names of periods, and where they are written.
        rows: for them.
    """

    title: str = ""
    acts: str = ""
    headings: Sequence[tuple[int, Sequence[str]]] = ()
    rest: str = ""
    names: Sequence[Place] = ()
    rows: int = 0

    @property
    def height(self) -> float:
        """Inches that it takes."""
        lines = self.rows + self._most_lines + bool(self.rest)
        return _TITLE_ROOM + LINE * lines + _GAP * bool(self.rows)

    def write_title(self, figure: Figure, left: float, right: float) -> None:
        """Write the title, and who acts beside it.

        Args:
            figure: with the panels.
            left: where the panels begin, in shares of the figure's width.
            right: where they end.
        """
        height = float(figure.get_figheight())
        y = 1 - 0.08 / height
        figure.suptitle(self.title, x=left, y=y, ha="left", va="top", fontsize=TITLE)
        if self.acts:
            look = {"ha": "right", "va": "top", "fontsize": SMALL, "color": style.NOTE}
            figure.text(right, y - 0.03 / height, self.acts, **look)

    def write_marks(self, top: Any, axis: TimeAxis) -> None:
        """Write what stands above trials and periods.

        Args:
            top: axes of the first panel.
            axis: the axis of time.
        """
        for place in self.names:
            _name_period(top, axis, place)
        base = LINE * self.rows + _GAP * bool(self.rows) + LINE * bool(self.rest)
        for begin, lines in self.headings:
            for number, line in enumerate(lines):
                rise = base + LINE * (self._most_lines - 1 - number) + 0.03
                _write_above(top, begin * axis.dt, rise, line, ha="left", color=style.INK)
        if self.rest:
            rise = LINE * self.rows + _GAP
            _write_above(top, 0, rise, self.rest, ha="left", color=style.NOTE)

    @property
    def _most_lines(self) -> int:
        return max((len(lines) for _, lines in self.headings), default=0)


def plan_header(record: Record, env: Any, actions: Any, look: Style, axis: TimeAxis) -> Header:
    """Decide what is written above the panels of a record.

    Args:
        record: what happened.
        env: the environment in which it did.
        actions: its action space.
        look: how it is plotted.
        axis: the axis of time.
    """
    title = env.name if look.name is None else look.name
    fits = width_of(title, TITLE) + width_of(look.acts) + 0.2 < axis.width
    names = _place_periods(axis, has_more_to_come=look.span is not None)
    rows = 1 + max((place.row for place in names), default=-1)
    if look.span is not None and any(trial.periods for trial in axis.trials):
        rows = max(rows, _NAME_ROWS)  # pictures of one size, whatever the trial
    headings = [
        (begin, _heading(record, env, actions, number, begin, (end - begin) * axis.per_step))
        for number, begin, end, _ in axis.trials
    ]
    if not all(lines for _, lines in headings):
        headings = []  # some without would look as if they were no trials
    acts, rest = (look.acts, "") if fits else ("", look.acts)
    return Header(title, acts, headings, rest, names, rows)


def _place_periods(axis: TimeAxis, *, has_more_to_come: bool) -> list[Place]:
    """Place the names of periods: of each trial that has room, and each at least once."""
    names: list[Place] = []
    per_step = axis.per_step
    spans_of = [
        [Span(start * per_step, stop * per_step, name) for start, stop, name in trial.periods]
        for trial in axis.trials
    ]
    for (_, begin, end, _), spans in zip(axis.trials, spans_of, strict=True):
        room = axis.span if has_more_to_come else end
        places: list[Place] = []
        right = room * per_step + _OVERHANG * (end == axis.num_steps)
        for rows in (_NAME_ROWS, _MOST_NAME_ROWS):
            places = place_names(spans, begin * per_step, right, rows)
            if len(places) == len(spans):
                break
        # A few names of a trial would look as if it had no other periods.
        if len(places) == len(spans) or begin == 0:
            names += places
    for spans in spans_of:
        named = {place.span.name for place in names}
        missing = [span for span in spans if span.name not in named]
        names += place_names(missing, 0, axis.width + _OVERHANG, _MOST_NAME_ROWS, names)
    return names


def _heading(
    record: Record, env: Any, actions: Any, number: int, begin: int, room: float
) -> list[str]:
    """Return lines with a trial's conditions; only its number where there is no room for them."""
    if record.conditions is None:
        return []
    found = conditions_in_words(env, record, begin, actions)
    first, *others = found or [""]
    words = [f"trial {number}: {first}" if first else f"trial {number}", *others]
    lines = wrapped(words, room - 0.08, _CONDITION_LINES)
    return lines or wrapped([f"trial {number}"], room - 0.04, 1)


def _name_period(top: Any, axis: TimeAxis, place: Place) -> None:
    per_inch = axis.per_inch
    rise = 0.05 + LINE * place.row
    x = place.middle * per_inch
    _write_above(top, x, rise, place.span.name, ha="center", color=style.NOTE)
    if place.row:
        middle = (place.span.left + place.span.right) / 2
        height = top.get_position().height / inch_of(top.figure)
        ends = (1.0, 1 + (rise - 0.01) / height)
        line = Line2D([middle * per_inch] * 2, ends, color=style.FAINT, linewidth=0.6)
        line.set_transform(top.get_xaxis_transform())
        line.set_clip_on(False)
        top.add_line(line)


def _write_above(top: Any, x: float, inches: float, text: str, **look: Any) -> None:
    """Write above the first panel."""
    y = top.get_position().y1 + inches * inch_of(top.figure)
    transform = blended_transform_factory(top.transData, top.figure.transFigure)
    top.figure.text(x, y, text, transform=transform, va="bottom", fontsize=SMALL, **look)
