"""The tables of a task, or of a wrapper, in words: for a terminal, and for a page."""

import dataclasses
import inspect
import itertools
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from jaxgym_neuro import timing
from jaxgym_neuro.core.params import TrialParams, declared, shown
from jaxgym_neuro.core.tables import Condition, Info, durations, places, size_in_words
from jaxgym_neuro.support.validation import is_list_or_tuple

WIDTH = 96  # of text in a docstring, which help() indents
_NARROW = 24  # columns are not wrapped to less

# What the arguments are that tasks share; a task that means something else by one says so.
ARGUMENTS = {
    "dt": "step in ms. Changes T.",
    "rewards": "changes to the rewards, a dict from name to amount.",
    "timing": "changes to the periods, a dict from name to ms or another form. Changes T.",
    "abort": "whether an action that costs ``abort`` ends the trial.",
    "enforce": '``"fixation"``: an action costs ``abort`` where the rewards say; ``"until_cue"``: '
    "in every period until the subject may answer.",
    "dim_ring": "number d of directions, at least 2. Changes channels and actions.",
    "stim_scale": "multiplies the coherences.",
}

_SHORT_UNITS = {"percent": "%"}

Rows: TypeAlias = list[tuple[str, ...]]


def short_unit(unit: str) -> str:
    """Write a unit as it stands beside a number: ``"%"``."""
    return _SHORT_UNITS.get(unit, unit)


def declared_conditions(env: Any) -> dict[str, Condition]:
    """Return what a task, and the wrappers around it, declare of conditions."""
    inner = declared_conditions(env.env) if hasattr(env, "env") else {}
    return {**inner, **getattr(env, "CONDITIONS", {})}


class Table(NamedTuple):
    """A table in words."""

    title: str
    header: tuple[str, ...]
    rows: Rows


def tables_of(cls: Any) -> Iterator[Table]:
    """Yield the tables of a class that are not empty."""
    for table in (
        Table("Periods", ("name", "default (ms)", "cue", "the subject should"), _periods(cls)),
        Table("Frame, float32", ("shape", "meaning"), _frame(cls)),
        Table(_title_of_channels(cls), ("index", "channel", "meaning"), _places(cls, "CHANNELS")),
        Table("Actions", ("index", "name", "meaning"), _places(cls, "ACTIONS")),
        Table("Answers", ("name", "type", "meaning", "time in ms since"), _answers(cls)),
        Table("Rewards", ("name", "default", "event", "ends the trial?"), _rewards(cls)),
        Table("Conditions", ("name", "type", "distribution"), _conditions(cls)),
        Table("Info of its own", ("name", "type", "meaning"), _infos(cls)),
        Table("Params of its own", ("name", "default", "meaning"), _params(cls)),
        Table("Presets", ("name", "arguments, and what for"), _presets(cls)),
    ):
        if table.rows:
            yield table


def _periods(cls: Any) -> Rows:
    rows: Rows = []
    for name, entry in cls.TIMING.items():
        (duration,) = durations({name: entry}).values() or (None,)
        words = getattr(entry, "duration", entry)
        if duration is not None:
            words = timing.parse(name, duration).words()
        option = getattr(entry, "option", None)
        subject = f"only with ``{option}``: " * bool(option) + getattr(entry, "subject", "")
        rows.append((name, words, getattr(entry, "cue", ""), subject))
    return rows


def _title_of_channels(cls: Any) -> str:
    """Say what has the channels: what is seen, or what it is made of."""
    return "Observation, float32" if cls.FRAME is None else "Row, of which a frame is made, float32"


def _frame(cls: Any) -> Rows:
    return [] if cls.FRAME is None else [(size_in_words(cls.FRAME.shape), cls.FRAME.meaning)]


def _places(cls: Any, table: str) -> Rows:
    rows: Rows = []
    for where, name, entry in places(getattr(cls, table)):
        only = f"only with ``{entry.option}``: " if entry.option else ""
        rows.append((where, name, only + entry.meaning))
    return rows


def _answers(cls: Any) -> Rows:
    return [
        (
            name,
            f"{entry.dtype}, {entry.unit}" if entry.unit else entry.dtype,
            entry.meaning,
            entry.clock,
        )
        for name, entry in cls.ANSWERS.items()
    ]


def _rewards(cls: Any) -> Rows:
    return [
        (name, f"{getattr(entry, 'amount', entry):g}", *_said(entry, "event", "ends"))
        for name, entry in cls.REWARDS.items()
    ]


def _conditions(cls: Any) -> Rows:
    return [(name, _type(entry), _distribution(entry)) for name, entry in cls.CONDITIONS.items()]


def _distribution(entry: Condition) -> str:
    """Say how a condition is drawn, and, where that does not, what it may be if given."""
    if entry.derived:
        return f"derived: {entry.distribution}"
    if entry.one_of or entry.dtype == "bool":
        return entry.distribution
    each = "each " * bool(entry.shape)
    return f"{entry.distribution}; if given, {each}{entry.domain.allowed}"


def _infos(cls: Any) -> Rows:
    return [(name, _type(entry), entry.meaning) for name, entry in cls.INFO.items()]


def _params(cls: Any) -> Rows:
    known = {field.name for field in dataclasses.fields(TrialParams)}
    rows: Rows = []
    for name, entry in declared(cls.PARAMS).items():
        if name not in known:
            default = f"{shown_default(cls, name)} {entry.unit}".strip()
            each = "each " * bool(entry.shape)
            rows.append((name, default, f"{entry.meaning}; {each}{entry.allowed}"))
    return rows


def _presets(cls: Any) -> Rows:
    rows: Rows = []
    for name, preset in cls.PRESETS.items():
        given = [f"{argument}={value!r}" for argument, value in preset.arguments.items()]
        for wrapper, arguments in preset.wrappers:
            listed = ", ".join(f"{argument}={value!r}" for argument, value in arguments.items())
            given.append(f"in {wrapper}({listed})")
        arguments = f"``{', '.join(given)}``: " if given else ""
        differs = f". Differs: {preset.differs}" if preset.differs else ""
        rows.append((name, f"{arguments}{preset.words}{differs}"))
    return rows


def shown_default(cls: Any, name: str) -> str:
    """Write the default of a field of a task's params: the task's own, or that of all."""
    settings: Mapping[str, Any] = getattr(cls, "SETTINGS", {})
    default = settings[name] if name in settings else getattr(cls.PARAMS, name)
    several: Sequence[Any] = default if is_list_or_tuple(default) else [default]
    return ", ".join(map(_written, several))


def _written(default: Any) -> str:
    return f"{default:g}" if isinstance(default, float) else shown(default)


def _type(entry: Condition | Info) -> str:
    words = f"{size_in_words(entry.shape)} {entry.dtype}".strip()
    return f"{words}, {entry.unit}" if entry.unit else words


def _said(entry: Any, *names: str) -> tuple[str, ...]:
    return tuple(getattr(entry, name, "") for name in names)


def as_text(table: Table) -> str:
    """Write a table as lines: columns lined up, and wrapped where they are wide."""
    cells = [table.header, *table.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while sum(widths) + 2 * len(widths) + 2 > WIDTH and max(widths) > _NARROW:
        widths[widths.index(max(widths))] -= 1
    lines: list[str] = []
    for row in cells:
        wrapped = [
            textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)
            for cell, width in zip(row, widths, strict=True)
        ]
        for parts in itertools.zip_longest(*wrapped, fillvalue=""):
            said = (f"{part:{width}}" for part, width in zip(parts, widths, strict=True))
            lines.append(f"    {'  '.join(said)}".rstrip())
    return "\n".join([f"{table.title}:", "", *lines])


def as_markdown(table: Table) -> str:
    """Write a table in Markdown, below a heading."""
    lines = [f"## {table.title}", "", _row(table.header), _row(["---"] * len(table.header))]
    return "\n".join([*lines, *map(_row, table.rows)])


def _row(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("``", "`") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def compose_docstring(cls: Any) -> str:
    """Return a class's own words, with its reference, tables, arguments and differences."""
    prose, sections = own_words(cls)
    parts = [prose]
    if cls.PAPER is not None:
        parts.append(_filled(f"Reference: {cls.PAPER}"))
    parts += [as_text(table) for table in tables_of(cls)]
    arguments = arguments_of(cls, sections.pop("Args", ""))
    if arguments:
        parts.append("\n".join(["Args:", *arguments]))
    example = sections.pop("Example", "")
    parts += [f"{title}:\n{body}" for title, body in sections.items()]
    differences = own_differences(cls)
    if differences:
        lines = [_filled(f"{one.here}: {one.why}.", "    - ") for one in differences.values()]
        parts.append("\n".join(["Differences from NeuroGym 2.3.1:", "", *lines]))
    if example:
        parts.append(f"Example:\n{example}")
    return "\n\n".join(part for part in parts if part)


def own_words(cls: type) -> tuple[str, dict[str, str]]:
    """Split the docstring as it was written into prose and sections (``Args``, ``Example``)."""
    text = vars(cls).get("WORDS") or inspect.cleandoc(vars(cls).get("__doc__") or "")
    paragraphs: list[str] = []
    title: str | None = None
    sections: dict[str, str] = {}
    for paragraph in text.split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if first in ("Args:", "Raises:", "Example:"):
            title = first.removesuffix(":")
            sections[title] = rest
        elif title is None:
            paragraphs.append(paragraph)
        else:
            sections[title] += f"\n\n{paragraph}"
    return "\n\n".join(paragraphs), sections


def own_differences(cls: type) -> Mapping[str, Any]:
    """Return the deviations of a task itself, without those that it shares with every task."""
    return vars(cls).get("DIFFERENCES", {})


def arguments_of(cls: Any, written: str) -> list[str]:
    """Return a line for each argument of the constructor: as written, else as all tasks have it.

    Args:
        cls: a task or a wrapper.
        written: the body of its section ``Args``, as in `own_words`.
    """
    said: dict[str, str] = {}
    last = ""
    for line in written.splitlines():
        name = line.strip().partition(":")[0]
        if line.startswith("    ") and not line.startswith("     ") and ":" in line:
            said |= {one.strip(): line for one in name.split(",")}
            last = line
        else:
            joined = f"{last}\n{line}"
            said = {one: joined if known == last else known for one, known in said.items()}
            last = joined
    known = declared(cls.PARAMS)
    params: list[str] = []
    lines: list[str] = []
    for name in inspect.signature(cls).parameters:
        if name in said:
            lines.append(said[name])
        elif name in ARGUMENTS:
            lines.append(_filled(f"{name}: {ARGUMENTS[name]}", "    "))
        elif name in known:
            params.append(name)
    if len(params) == 1:
        lines.append(f"    {params[0]}: default of the param of that name.")
    elif params:
        several = "s" * (len(params) > 1)
        lines.append(
            _filled(f"{', '.join(params)}: default{several} of the param{several}.", "    ")
        )
    return list(dict.fromkeys(lines))


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        width=WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * (len(indent) + (4 if indent.strip() == "" else 0)) * bool(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
