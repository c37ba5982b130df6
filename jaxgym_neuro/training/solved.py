"""Records of solved tasks, and the table that is made of them."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxgym_neuro.core.describe import Table, as_markdown
from jaxgym_neuro.support.folders import write_whole
from jaxgym_neuro.training import goals
from jaxgym_neuro.training.recipes import recipe_of

_HEADER = (
    "task",
    "score of each seed",
    "best",
    "chance",
    "steps until it was reached",
    "CPU s until it was reached",
    "steps",
    "CPU s",
)
_TITLES = {"ppo": "By PPO", "supervised": "Supervised"}


@dataclasses.dataclass(frozen=True)
class Record:
    """How long it took to solve a task, by one method; fit for JSON."""

    task: str
    method: str
    applies: str  # why the method does not apply to the task; "": it does
    wrappers: Sequence[str] = ()
    args: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    measure: str = goals.PERFORMANCE
    best: float = float("nan")
    best_of: str = ""
    chance: float = float("nan")
    scores: Sequence[float] = ()  # of each seed, played greedily
    errors: Sequence[float] = ()  # standard errors of them
    solved: bool = False
    steps_to_goal: Sequence[int | None] = ()  # of each seed, by the policy that explores
    seconds_to_goal: Sequence[float | None] = ()  # of each seed, from before the compilation
    cpu_to_goal: Sequence[float | None] = ()  # likewise, seconds of all threads
    steps: int = 0  # of each seed, in all
    seconds: dict[str, float] = dataclasses.field(default_factory=dict[str, float])
    settings: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    made_on: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])

    def __str__(self):
        if self.applies:
            return f"{self.task} {self.method}: {self.applies}"
        scores = " ".join(f"{score:.3f}" for score in self.scores)
        verdict = "solved" if self.solved else "not solved"
        return (
            f"{self.task} {self.method}: {verdict}; {scores} of {self.best:.3f} ({self.best_of}), "
            f"chance {self.chance:.3f}; {self.steps:,} steps, {self.seconds['wall']:.0f} s"
        )


def write(file: str | Path, record: Record) -> None:
    """Write a record into a file, of which an interruption leaves no half."""
    told = {name: x for name, x in dataclasses.asdict(record).items() if x == x}  # JSON has no NaN
    write_whole(file, json.dumps(told, indent=1, allow_nan=False) + "\n")


def read(file: str | Path) -> Record:
    """Return the record in a file."""
    return Record(**json.loads(Path(file).read_text()))


def read_all(folder: str | Path) -> list[Record]:
    """Return the records in the files of a folder."""
    return [read(file) for file in sorted(Path(folder).glob("*.json"))]


def tables(records: Sequence[Record]) -> str:
    """Write records as tables in Markdown: those of each method, and what was not solved."""
    parts = []
    for method, title in _TITLES.items():
        mine = [one for one in records if one.method == method and not one.applies]
        if mine:
            rows = [_row(one) for one in mine]
            parts.append(as_markdown(Table(_summary(title, mine), _HEADER, rows)))
    unsolved = [one for one in records if not one.applies and not one.solved]
    if unsolved:
        rows = [(one.task, one.method, _lack(one), _tried(one)) for one in unsolved]
        header = ("task", "method", "how far", "what was tried")
        parts.append(as_markdown(Table("Not solved", header, rows)))
    left_out = [one for one in records if one.applies]
    if left_out:
        rows = [(one.task, one.method, one.applies) for one in left_out]
        parts.append(as_markdown(Table("Not tried", ("task", "method", "why"), rows)))
    return "\n\n".join(parts) + "\n"


def _summary(title: str, records: Sequence[Record]) -> str:
    solved = sum(one.solved for one in records)
    return f"{title}: {solved} of {len(records)} solved"


def _row(one: Record) -> tuple[str, ...]:
    return (
        one.task + ("" if one.solved else " (not solved)") + _seen_in(one),
        " ".join(f"{score:.3f}" for score in one.scores) + _measured(one),
        f"{one.best:.3f}, {one.best_of}",
        f"{one.chance:.3f}" if one.chance == one.chance else "",
        _median(one.steps_to_goal),
        _median(one.cpu_to_goal),
        f"{one.steps:,}",
        f"{one.seconds['cpu']:.0f}",
    )


def _median(reached: Sequence[float | None]) -> str:
    """Return the median over seeds, or that not all have reached it; of no seeds, nothing."""
    if not reached:
        return ""
    found = [value for value in reached if value is not None]
    return f"{int(np.median(found)):,}" if found and len(found) == len(reached) else "not by all"


def _seen_in(one: Record) -> str:
    args = [f"{name}={value}" for name, value in one.args.items()]
    paid = [f"{name} {amount:g}" for name, amount in one.settings.get("rewards", {}).items()]
    seen = [
        *(["with " + ", ".join(args)] if args else []),
        *(f"in {wrapper}" for wrapper in one.wrappers),
        *(["paid " + ", ".join(paid) + " while it learns"] if paid else []),
    ]
    return "".join(f" {words}" for words in seen)


def _measured(one: Record) -> str:
    return "" if one.measure == goals.PERFORMANCE else f" ({one.measure})"


def _lack(one: Record) -> str:
    return f"{one.best - min(one.scores):.3f} below the best"


def _tried(one: Record) -> str:
    own = recipe_of(one.task, one.method)
    return "the defaults" if own is None else own.tried
