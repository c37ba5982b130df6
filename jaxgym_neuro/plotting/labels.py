"""Where text goes: its width, lines of it, and names above what they name. All in inches."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from jaxgym_neuro.plotting.style import FONT, SMALL

LINE = 0.145  # height of a line of small text
_GAP = 0.06  # between neighbours
_ALIGNMENTS = (0.5, 0.9, 0.1)  # where in a name the middle of its span may be


def width_of(text: str, size: float = SMALL) -> float:
    """Return the width of a text in inches, of so many points."""
    font = FontProperties(family=FONT, size=size)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


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


def place_names(spans: Sequence[Span], left: float, right: float, rows: int) -> list[Place]:
    """Place names above their spans, so that none meets another.

    Names of wide spans come first. One in a higher row has a line down to the middle of its span,
    which meets no name either; so names keep off the middles of other spans where they can.

    Args:
        spans: what is named.
        left: where the room begins.
        right: where it ends.
        rows: rows of names.

    Returns:
        Those that have found a place.
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows)]
    placed = []
    for span in sorted(spans, key=lambda span: span.left - span.right):
        width, middle = width_of(span.name) + _GAP, _middle(span)
        if width > right - left:
            continue
        others = [_middle(other) for other in spans if other is not span]
        free = [
            (row + _cover(others, begin, width) / (row + 1), order, row, begin)
            for order, share in enumerate(_ALIGNMENTS)
            for begin in [min(max(middle - share * width, left), right - width)]
            for row in range(rows)
            if not _meets(taken[row], begin, begin + width)
            and not any(_meets(below, middle, middle) for below in taken[:row])
        ]
        if free:
            _, _, row, begin = min(free)
            taken[row].append((begin, begin + width))
            for below in taken[:row]:
                below.append((middle - _GAP / 2, middle + _GAP / 2))
            placed.append(Place(span, begin + width / 2, row))
    return placed


def _cover(middles: Iterable[float], begin: float, width: float) -> int:
    """Say how bad it is to cover the middles of other spans, whose lines have to pass."""
    return 3 * sum(begin < middle < begin + width for middle in middles)


def _middle(span: Span) -> float:
    return (span.left + span.right) / 2


def _meets(taken: Iterable[tuple[float, float]], begin: float, end: float) -> bool:
    return any(begin < other[1] and other[0] < end for other in taken)
