"""A trial in a terminal: a line for each channel, over time, below the names of its periods."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from jaxgym_neuro.display.played import Played, play
from jaxgym_neuro.spaces import indices_of, is_discrete
from jaxgym_neuro.support.printing import brief

_BARS, _ASCII_BARS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
_TICK, _LEFT, _RIGHT, _REST = "│┌┐·"
_ASCII_TICK, _ASCII_LEFT, _ASCII_RIGHT, _ASCII_REST = "|++."
_MOST_COLUMNS = 96  # of cells: a line is read at one glance
_MOST_WIDE = 4  # cells of a step
_MOST_LINES = 16  # of all names of several channels; of more, neighbours share a line
_MOST_LABEL = 24
_FEW = 4  # numbers of a condition that is told
_COLORS = ("default", "blue", "red", "green", "magenta", "yellow", "cyan")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclasses.dataclass(frozen=True)
class Line:
    """A row of the picture: a number for each step, or a sign."""

    label: str
    values: np.ndarray  # (n,) from 0 to 1; or (n,) signs
    color: str = "default"


class TrialPicture:
    """A trial as lines of blocks; prints within the width of the terminal.

    Channels of one name share a scale: blocks are as high as what is seen, from the least to the
    most of the trial. Signs are actions, and what is earned.

    Args:
        env: a task made of trials.
        params: its params.
        key: seed of the trial.
    """

    def __init__(self, env: Any, params: Any, key: int = 0):
        self.env = env
        self.played: Played = play(env, params, key)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self.lines(options.max_width, ascii_only=options.ascii_only)

    def lines(self, width: int, ascii_only: bool = False) -> Iterator[Text]:
        """Yield the lines of the picture, none longer than ``width``."""
        rows = [*self._channels(), *self._actions(ascii_only), self._earned(ascii_only)]
        label = min(max(len(row.label) for row in rows), max(1, min(_MOST_LABEL, width // 3)))
        edges = _edges(len(self.played.reward), max(1, width - label - 2))
        yield from self._titles(edges, label + 2, width, ascii_only)
        for row in rows:
            name = row.label if len(row.label) <= label else f"{row.label[: label - 1]}~"
            text = Text(f"{name:>{label}}  ", style="dim", no_wrap=True, end="\n")
            text.append(_cells(row.values, edges, ascii_only), style=f"not dim {row.color}")
            yield text
        yield _clock(self.env.dt, edges, label + 2, width)

    def caption(self) -> str:
        """Return in a sentence what is shown: the conditions, and what the subject does."""
        played = self.played
        conditions = {name: x for name, x in played.conditions.items() if np.size(x) <= _FEW}
        told = ", ".join(f"{name} {brief(x)}" for name, x in conditions.items())
        steps = len(played.reward)
        does = "follows the ground truth" if played.follows else "acts at random"
        trial = f"A trial of {steps} step{'s' * (steps != 1)}"
        given = f" ({told})" if told else ""
        return f"{trial}{given}: the subject {does} and earns {played.reward.sum():g}."

    def _channels(self) -> Iterator[Line]:
        rows, names = self.played.rows, dict(self.env.layout.channels)
        if not names or len(self.env.row_space.shape) != 1:
            names = {"observation": range(rows.shape[1])}
        seen = {
            name: rows[:, indices_of("channel", names, where, rows.shape[1])]
            for name, where in names.items()
        }
        most = _MOST_LINES // max(1, sum(values.shape[1] > 1 for values in seen.values()))
        for number, (name, values) in enumerate(seen.items()):
            color = _COLORS[number % len(_COLORS)]
            yield from _group(name, _scaled(values), color, max(1, most))

    def _actions(self, ascii_only: bool) -> Iterator[Line]:
        space, action = self.env.action_space(), self.played.action
        if is_discrete(space):
            rest = _ASCII_REST if ascii_only else _REST
            waits = bool(getattr(self.env, "can_wait", False))
            signs = [rest if waits and one == 0 else _sign(int(one)) for one in action]
            yield Line("action", np.array(signs))
        else:
            moved = action.reshape(len(action), -1)
            yield from _group("action", _scaled(moved), "default", _MOST_LINES)

    def _earned(self, ascii_only: bool) -> Line:
        rest = _ASCII_REST if ascii_only else _REST
        signs = np.where(self.played.reward > 0, "+", np.where(self.played.reward < 0, "-", rest))
        return Line("reward", signs)

    def _titles(
        self, edges: np.ndarray, begin: int, width: int, ascii_only: bool
    ) -> Iterator[Text]:
        """Name the periods over the steps at which they start."""
        columns = {}
        for name, start, end in zip(
            self.env.periods, self.played.start, self.played.end, strict=True
        ):
            if start < end and start < len(self.played.reward):
                column = begin + int(np.searchsorted(edges, start, side="right")) - 1
                columns[name] = column
        signs = (_ASCII_TICK, _ASCII_LEFT, _ASCII_RIGHT) if ascii_only else (_TICK, _LEFT, _RIGHT)
        for line in titles(columns, width, signs):
            yield Text(line, style="bold", no_wrap=True)


def titles(columns: Mapping[str, int], width: int, signs: Sequence[str]) -> list[str]:
    """Write names over the columns at which they start, one above the other where they are close.

    Args:
        columns: of each name, in order.
        width: of a line.
        signs: of a line down to a column, and of its corners with a name to the right or the left.
    """
    tick, left, right = signs
    lines: list[list[str]] = []  # from the bottom
    together: dict[int, str] = {}
    for name, column in columns.items():
        together[column] = f"{together[column]}, {name}" if column in together else name
    for column, name in sorted(together.items(), reverse=True):
        words, at = f"{left}{name}", column
        if column + len(words) > width:
            words = f"{name[-max(0, column) :]}{right}" if column else right
            at = column - len(words) + 1
        level = 0
        while level < len(lines) and not _is_free(lines[level], at, len(words)):
            level += 1
        if level == len(lines):
            lines.append([" "] * width)
        lines[level][at : at + len(words)] = words
        for below in lines[:level]:
            below[column] = tick
    return ["".join(line).rstrip()[:width] for line in reversed(lines)]


def _is_free(line: Sequence[str], at: int, length: int) -> bool:
    """Whether a name fits, with a space after it."""
    return all(sign == " " for sign in line[at : at + length + 1])


def _edges(steps: int, room: int) -> np.ndarray:
    """Return the first step of each cell, and the one after the last: (cells + 1,)."""
    most = min(room, _MOST_COLUMNS)
    if steps > most:
        return np.linspace(0, steps, most + 1)
    wide = max(1, min(_MOST_WIDE, most // steps))
    return np.arange(steps * wide + 1) / wide


def _cells(values: np.ndarray, edges: np.ndarray, ascii_only: bool) -> str:
    """Write a cell for each column: of several steps their mean, or the rarest of their signs."""
    bars = _ASCII_BARS if ascii_only else _BARS
    signs = []
    for begin, end in itertools.pairwise(edges.tolist()):
        within = values[int(begin + 1e-6) : max(int(begin + 1e-6) + 1, int(end - 1e-6) + 1)]
        if values.dtype.kind == "U":
            signs.append(_rarest(within, values))
        else:
            signs.append(bars[round(float(within.mean()) * (len(bars) - 1))])
    return "".join(signs)


def _rarest(within: np.ndarray, signs: np.ndarray) -> str:
    """Return the sign of several steps that is rarest in the trial, so that it is not lost."""
    return str(min(within, key=lambda sign: np.count_nonzero(signs == sign)))


def _scaled(values: np.ndarray) -> np.ndarray:
    """Return numbers from 0 to 1: 0 for the least of all of them and 0, 1 for the most."""
    low, high = min(0.0, float(values.min())), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _group(name: str, values: np.ndarray, color: str, most: int) -> Iterator[Line]:
    """Yield a line for each channel of a name, or for each few of more than ``most``."""
    count = values.shape[1]
    if count == 1:
        yield Line(name, values[:, 0], color)
        return
    for part in np.array_split(np.arange(count), min(count, most)):
        first, last = part[0] + 1, part[-1] + 1
        which = f"{first}" if first == last else f"{first}-{last}"
        yield Line(f"{name} {which}", values[:, part].max(axis=1), color)


def _sign(action: int) -> str:
    return _DIGITS[action] if action < len(_DIGITS) else "#"


def _clock(dt: float, edges: np.ndarray, begin: int, width: int) -> Text:
    """Write when the trial begins and ends."""
    ends = f"{edges[-1] * dt:g} ms"
    line = " " * begin + "0" + ends.rjust(max(len(ends) + 1, len(edges) - 2))
    return Text(line[:width], style="dim", no_wrap=True)
