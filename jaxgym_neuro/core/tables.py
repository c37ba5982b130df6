"""What the tables of a task are made of: names, what they stand for, and what it means.

A task declares its facts as dicts from name to entry, in the order of a paper's methods: TIMING,
CHANNELS, ACTIONS, ANSWERS, REWARDS, CONDITIONS, INFO; beside them the PAPER that it comes from, its
PRESETS, and its DIFFERENCES from NeuroGym. Spaces, default durations and amounts, the text of
``help()`` and the task's page are made from them, so nothing is said twice.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from jaxgym_neuro.core.params import Number

# The tables whose rows a wrapper adds to those of its task.
TABLES = ("TIMING", "CHANNELS", "ACTIONS", "ANSWERS", "REWARDS", "CONDITIONS", "INFO")
Sizes = Mapping[str, Any]  # letter: how many, or the names; name of an option: is it on?
SPECIES = ("human", "monkey", "mouse", "rat", "cat", "model")
_DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


@dataclasses.dataclass(frozen=True)
class Paper:
    """Where a task comes from; prints as a reference.

    Attributes:
        authors: as a reference names them.
        year: of publication.
        title: of the paper.
        journal: with volume and pages.
        link: the DOI, where there is one.
        species: whose behaviour or activity it reports, each one of `SPECIES`; ``"model"`` where
            there are networks only.
    """

    authors: str
    year: int
    title: str
    journal: str
    link: str
    species: tuple[str, ...] = ()

    def __str__(self):
        return f"{self.authors} ({self.year}). {self.title}. {self.journal}. {self.link}"


@dataclasses.dataclass(frozen=True)
class Period:
    """A period of the trial.

    Attributes:
        duration: ms, or any form that `jaxgym_neuro.timing.parse` takes; in words
            (``"one step"``) where it is no param, and the task computes it.
        subject: what the subject should do.
        cue: ``"on"``, ``"off"``, or what else tells the subject so.
        each: where the name has a field such as ``{i}``, how many periods of that name there are,
            or the letter for a number that the constructor tells. Neighbours in the table with the
            same ``each`` take turns: cue0, bin0, cue1, bin1.
        first: number of the first of them.
        option: argument of the constructor without which it is absent.
    """

    duration: Any
    subject: str
    cue: str = ""
    each: int | str | None = None
    first: int = 1
    option: str | None = None


@dataclasses.dataclass(frozen=True)
class Channel:
    """A channel of the observation, or several of one name.

    Attributes:
        meaning: what is seen there.
        size: how many there are, or the letter for a number that the constructor tells.
        each: where the name has a field such as ``{i}``, how many such names there are, or the
            letter for a number, or for the names themselves, that the constructor tells.
        first: number of the first of them.
        option: argument of the constructor without which it is absent.
    """

    meaning: str
    size: int | str = 1
    each: int | str | None = None
    first: int = 1
    option: str | None = None


@dataclasses.dataclass(frozen=True)
class Frame:
    """What is seen, of a task that makes it of the rows of its trials.

    Attributes:
        meaning: what is seen there.
        shape: its shape; a word stands for a length that the constructor tells.
    """

    meaning: str
    shape: tuple[int | str, ...] = ("height", "width", 1)


class Action(Channel):
    """An action, or several of one name; of continuous ones, a number of the action.

    The attributes are those of a `Channel`.
    """


@dataclasses.dataclass(frozen=True)
class Reward:
    """What an event earns.

    Attributes:
        amount: reward.
        event: what is done.
        ends: does it end the trial? "no", "it has ended" and "only if ``params.abort``" are
            understood as that it does not by itself; any other words as that it may.
    """

    amount: float
    event: str
    ends: str = "yes"

    @property
    def cuts_short(self) -> bool:
        """Whether it ends the trial before its last step, without ``params.abort``."""
        return self.ends not in ("no", "it has ended", "only if ``params.abort``")


@dataclasses.dataclass(frozen=True)
class Condition:
    """What is drawn for a trial, or derived from what was drawn; and what it may be, if given.

    A bound that is a name stands for what the constructor tells: the number of that letter, the
    longest duration of that period (ms), or its argument of that name.

    Attributes:
        distribution: in words.
        dtype: ``"float32"``, ``"int32"`` or ``"bool"``.
        shape: ``()`` for a scalar; a letter stands for a length that the constructor tells.
        unit: such as ``"percent"``.
        derived: whether it follows from the others, so that it cannot be given to ``new_trial``.
        above: bound of each number, itself excluded.
        at_least: lower bound of each number.
        at_most: upper bound of each number.
        below: bound of each number, itself excluded.
        one_of: the numbers that it may be; or, of an array, the tuples.
        distinct: whether no two numbers of an array are equal.
        column: whether tables of trials have a column for each number of it; without, an array of
            a number for every step, say, stays whole.
    """

    distribution: str
    dtype: str = "float32"
    shape: tuple[int | str, ...] = ()
    unit: str = ""
    derived: bool = False
    at_least: float | None = None
    at_most: float | str | None = None
    below: float | str | None = None
    one_of: tuple[Any, ...] = ()
    distinct: bool = False
    column: bool = True
    above: float | None = None

    @property
    def domain(self) -> Number:
        """What it may be; bounds may be names."""
        return Number(
            self.distribution,
            unit=self.unit,
            dtype=_DTYPES[self.dtype],
            shape=self.shape,
            above=self.above,
            at_least=self.at_least,
            at_most=self.at_most,
            below=self.below,
            one_of=self.one_of,
            distinct=self.distinct,
        )


@dataclasses.dataclass(frozen=True)
class Info:
    """A further entry of the info that ``step`` returns."""

    meaning: str
    dtype: str = "float32"
    shape: tuple[int | str, ...] = ()
    unit: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """Something that the task asks of the subject, and from when its time counts.

    Attributes:
        meaning: what it is.
        since: the event from which the time of the answer counts: the start of a period, or of
            that of several which has begun last, whether it is still running or over; None is any
            period. One that a trial lacks, or that has not begun, does not count; if there is none
            left, the time counts from the trial's start.
        dtype: ``"float32"``, ``"int32"`` or ``"bool"``.
        unit: of the answer, such as ``"rad"``.
        shape: ``()`` for a scalar; a letter stands for a length that the constructor tells.
    """

    meaning: str
    since: str | tuple[str, ...] | None = None
    dtype: str = "int32"
    unit: str = ""
    shape: tuple[int | str, ...] = ()

    @property
    def clock(self) -> str:
        """Write from when its time counts."""
        if self.since is None:
            return "the start of the period that began last"
        events = (self.since,) if isinstance(self.since, str) else self.since
        return f"the start of {' or '.join(events)}" if events else "the start of the trial"


def time_of(name: str) -> str:
    """Return the name, in a step's info and in tables of trials, of the time of an answer."""
    return "reaction_time" if name == "choice" else f"{name}_time"


@dataclasses.dataclass(frozen=True)
class Preset:
    """Arguments under a name: ``make(id, preset="paper")``.

    Attributes:
        arguments: of the task's constructor.
        words: what it is for; of ``"paper"``, what is as published.
        differs: of ``"paper"``, what still differs from what was published.
        wrappers: names in `jaxgym_neuro.wrappers` and their arguments, the innermost first, in
            which the task is wrapped.
    """

    arguments: Mapping[str, Any]
    words: str
    differs: str = ""
    wrappers: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclasses.dataclass(frozen=True)
class Difference:
    """A deviation from NeuroGym 2.3.1.

    Attributes:
        here: what is so here.
        why: what 2.3.1 does, or why it is not kept.
        tests: names of the tests that hold it.
    """

    here: str
    why: str
    tests: tuple[str, ...]


def expanded(table: Mapping[str, Any], sizes: Sizes) -> dict[str, Any]:
    """Return a table with a row for each name that its rows stand for."""
    groups: list[list[list[tuple[str, Any]]]] = []
    before: Any = None
    for name, entry in table.items():
        option, each = getattr(entry, "option", None), getattr(entry, "each", None)
        if option is not None and not _given(sizes, option, name):
            continue
        takes_turns = isinstance(entry, Period) and each is not None and each == before
        if not takes_turns:
            groups.append([])
        groups[-1].append(_named(name, entry, sizes))
        before = each
    turns = (turn for group in groups for turn in zip(*group, strict=True))
    return {name: entry for turn in turns for name, entry in turn}


def _named(name: str, entry: Any, sizes: Sizes) -> list[tuple[str, Any]]:
    """List the names that a row stands for, each with its entry."""
    each = getattr(entry, "each", None)
    if each is None:
        return [(name, entry)]
    known = _given(sizes, each, name) if isinstance(each, str) else each
    numbers: Iterable[int | str] = known
    if isinstance(known, int):
        numbers = range(entry.first, entry.first + known)
    entry = dataclasses.replace(entry, each=None)
    return [(_filled(name, number), entry) for number in numbers]


def _given(sizes: Sizes, letter: str, name: str) -> Any:
    """Return what a letter in the row of a table stands for, or raise a ValueError."""
    if letter not in sizes:
        raise ValueError(
            f"the row {name!r} of a table has the letter {letter!r}, which the constructor tells: "
            f"super().__init__(..., sizes={{{letter!r}: ...}})"
        )
    return sizes[letter]


def durations(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the durations of periods that have one; a bare value is one."""
    values = {name: getattr(entry, "duration", entry) for name, entry in table.items()}
    return {name: value for name, value in values.items() if not isinstance(value, str)}


def amounts(table: Mapping[str, Any]) -> dict[str, float]:
    """Return the amounts of rewards; a bare number is one."""
    return {name: getattr(entry, "amount", entry) for name, entry in table.items()}


def indices(table: Mapping[str, Channel], sizes: Sizes) -> dict[str, Any]:
    """Lay out channels or actions one after the other: name to index, or to a range of them."""
    names: dict[str, Any] = {}
    begin = 0
    for name, entry in expanded(table, sizes).items():
        size = entry.size
        if isinstance(size, str):
            size = _given(sizes, size, name)
        names[name] = begin if entry.size == 1 else range(begin, begin + size)
        begin += size
    return names


def count(names: Mapping[str, Any]) -> int:
    """Return how many channels or actions `indices` has laid out."""
    return 1 + max(where if isinstance(where, int) else max(where) for where in names.values())


def _filled(name: str, number: int | str) -> str:
    begin, end = name.index("{"), name.index("}")
    return f"{name[:begin]}{number}{name[end + 1 :]}"


def places(table: Mapping[str, Channel]) -> Iterator[tuple[str, str, Channel]]:
    """Yield indices in words (``0``, ``1..d``, ``d+1..2d``), name and entry of each row."""
    begin = _Sum({})
    for name, entry in table.items():
        size = _Sum.of(entry.size).times(entry.each)
        end = begin.plus(size)
        if size.is_one:
            where = str(begin)
        else:
            last = end.plus(_Sum({(): -1}))
            where = f"{begin}..{last}"
        yield where, name, entry
        begin = end


class _Sum:
    """A sum of products of letters: ``2d+1``."""

    def __init__(self, counts: Mapping[tuple[str, ...], int]):
        self.counts = {letters: n for letters, n in counts.items() if n}

    @classmethod
    def of(cls, size: int | str) -> Self:
        return cls({(size,): 1} if isinstance(size, str) else {(): size})

    @property
    def is_one(self) -> bool:
        return self.counts == {(): 1}

    def plus(self, other: "_Sum") -> "_Sum":
        letters = dict.fromkeys([*self.counts, *other.counts])
        return _Sum({x: self.counts.get(x, 0) + other.counts.get(x, 0) for x in letters})

    def times(self, factor: int | str | None) -> "_Sum":
        if factor is None:
            return self
        if isinstance(factor, int):
            return _Sum({letters: n * factor for letters, n in self.counts.items()})
        return _Sum({tuple(sorted((*letters, factor))): n for letters, n in self.counts.items()})

    def __str__(self):
        terms = ""
        for letters, n in sorted(self.counts.items(), key=lambda item: not item[0]):
            number = "" if letters and abs(n) == 1 else str(abs(n))
            terms += f"{'-' if n < 0 else '+'}{number}{' '.join(letters)}"
        return terms.removeprefix("+") or "0"


def size_in_words(shape: tuple[int | str, ...]) -> str:
    """Write a shape: ``""`` for a scalar, ``"(n,)"``, ``"(2, n)"``."""
    if not shape:
        return ""
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
