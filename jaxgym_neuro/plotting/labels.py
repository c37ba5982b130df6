"""Where text goes: its width, lines of it, and names above what they name. All in inches."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from jaxgym_neuro.plotting.style import FONT, SMALL

LINE = 0.145  # height of a line of small text
_GAP = 0.06  # between neighbours
_MOST_TRIES = 500  # of names in other places, until all fit
_ALIGNMENTS = (0.5, 0.9, 0.1)  # where in a name the middle of its span may be


@functools.lru_cache(maxsize=512)
def width_of(text: str, size: float = SMALL) -> float:
    """Return the width of a text in inches, of so many points."""
    font = FontProperties(family=FONT, size=size)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def inch_of(figure: Any) -> float:
    """Return the share of a figure's height that an inch is."""
    return 1 / float(figure.get_figheight())


def wrapped(words: Iterable[str], width: float, most: int) -> list[str]:
    """Put words into lines of a width in inches; what does not fit in ``most`` ends with dots."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}, {word}" if lines else word
        if lines and width_of(longer) <= width:
            lines[-1] = longer
        elif width_of(word) > width or len(lines) == most:
            if lines and width_of(lines[-1] + " ...") <= width:
                lines[-1] += " ..."
            break
        else:
            lines.append(word)
    return lines


class Span(NamedTuple):
    """Something with a name, from ``left`` to ``right``."""

    left: float
    right: float
    name: str


class Place(NamedTuple):
    """Where a name is written: the middle of the text, and its row, 0 at the bottom."""

    span: Span
    middle: float
    row: int


def place_names(
    spans: Sequence[Span], left: float, right: float, rows: int, beside: Sequence[Place] = ()
) -> list[Place]:
    """Place names above their spans, so that none meets another.

    Names of wide spans come first. One in a higher row has a line down to the middle of its span,
    which meets no name either; so names keep off the middles of other spans where they can. Where
    a name finds no place so, others give way, if then all have one.

    Args:
        spans: what is named.
        left: where the room begins.
        right: where it ends.
        rows: rows of names.
        beside: names that have their places already.

    Returns:
        Those that have found a place.
    """
    room = _Room(left, right, rows)
    wide_first = sorted(spans, key=lambda span: span.left - span.right)
    placed = list(beside)
    for span in wide_first:
        placed += room.places_of(span, spans, placed)[:1]
    if len(placed) < len(beside) + len(spans):
        placed = room.place_all(wide_first, list(beside)) or placed
    return placed[len(beside) :]


class _Room:
    """Rows of names from ``left`` to ``right``."""

    def __init__(self, left: float, right: float, rows: int):
        self.left, self.right, self.rows = left, right, rows
        self.tries = _MOST_TRIES

    def places_of(self, span: Span, spans: Sequence[Span], placed: Sequence[Place]) -> list[Place]:
        """Return where the name of a span meets none that is placed, the best place first."""
        width, middle = width_of(span.name) + _GAP, _middle(span)
        if width > self.right - self.left:
            return []
        others = [_middle(other) for other in spans if other is not span]
        names = [(place.row, *_extent(place)) for place in placed]
        lines = [(place.row, _middle(place.span)) for place in placed]
        free = [
            (row + _cover(others, begin, width) / (row + 1), order, row, begin)
            for order, share in enumerate(_ALIGNMENTS)
            for begin in [min(max(middle - share * width, self.left), self.right - width)]
            for row in range(self.rows)
            if not any(
                (at == row and begin < high and low < begin + width)
                or (at < row and low < middle < high)
                for at, low, high in names
            )
            and not any(
                at > row and begin < line + _GAP / 2 and line - _GAP / 2 < begin + width
                for at, line in lines
            )
        ]
        return [Place(span, begin + width / 2, row) for _, _, row, begin in sorted(free)]

    def place_all(self, spans: Sequence[Span], placed: list[Place]) -> list[Place] | None:
        """Return places of all spans beside those that are placed; None if none were found."""
        if not spans:
            return placed
        for place in self.places_of(spans[0], spans, placed):
            self.tries -= 1
            if self.tries < 0:
                break
            found = self.place_all(spans[1:], [*placed, place])
            if found is not None:
                return found
        return None


def _extent(place: Place) -> tuple[float, float]:
    half = (width_of(place.span.name) + _GAP) / 2
    return place.middle - half, place.middle + half


def _cover(middles: Iterable[float], begin: float, width: float) -> int:
    """Say how bad it is to cover the middles of other spans, whose lines have to pass."""
    return 3 * sum(begin < middle < begin + width for middle in middles)


def _middle(span: Span) -> float:
    return (span.left + span.right) / 2
