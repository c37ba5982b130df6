"""The facts of a task as a terminal, a notebook and a program are told them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.core.describe import (
    Table,
    arguments_of,
    own_differences,
    own_words,
    tables_of,
)
from jaxgym_neuro.core.tables import Difference, Paper
from jaxgym_neuro.registry import factory_of, paradigm_of, resolve, task_info


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a task is about, and how long its steps and trials are.

    Attributes:
        name: its id, or the name of its class.
        description: its first sentence.
        paradigm: what it is listed under; "" for a task without an id.
        paper: where it comes from, or None.
        tags: what else it is listed under.
        tables: periods, channels, actions, rewards, conditions, params and presets, in words.
        differences: its deviations from NeuroGym.
        dt: ms of a step; None for an environment that is not made of trials.
        steps: the most steps that a trial has; likewise.
        words: prose beyond the first sentence.
        arguments: of its constructor, each with its meaning.
    """

    name: str
    description: str
    paradigm: str = ""
    paper: Paper | None = None
    tags: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    differences: Mapping[str, Difference] = dataclasses.field(default_factory=dict[str, Difference])
    dt: float | None = None
    steps: int | None = None
    words: str = ""
    arguments: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return what a program may read: dicts, lists, words and numbers."""
        return {
            "id": self.name,
            "description": self.description,
            "paradigm": self.paradigm,
            "tags": list(self.tags),
            "paper": None if self.paper is None else dataclasses.asdict(self.paper),
            "dt": self.dt,
            "steps": self.steps,
            "tables": {
                table.title: [dict(zip(table.header, row, strict=True)) for row in table.rows]
                for table in self.tables
            },
            "differences": {
                name: {"here": one.here, "why": one.why} for name, one in self.differences.items()
            },
        }


def facts_of(task: Any, **kwargs: Any) -> Facts:
    """Gather the facts of a task.

    Args:
        task: a registered id, or an environment.
        **kwargs: constructor arguments, where ``task`` is an id.

    Raises:
        ValueError: as `jaxgym_neuro.registry.resolve`.
    """
    env, _ = resolve(task, **kwargs)
    known: dict[str, Any] = {"paradigm": "", "tags": tuple(getattr(env, "TAGS", ()))}
    name = getattr(env, "name", type(env).__name__)
    if isinstance(task, str):
        name, known = task, {"paradigm": paradigm_of(task), "tags": task_info(task).tags}
    factory = factory_of(task) if isinstance(task, str) else None
    cls = factory if isinstance(factory, type) else type(env)
    prose, sections = own_words(cls)
    first, *rest = prose.split("\n\n")
    if not hasattr(env, "new_trial"):
        return Facts(name, _joined(first), **known)
    return Facts(
        name,
        _joined(first),
        paper=env.PAPER,
        tables=tuple(tables_of(env)),
        differences=own_differences(cls),
        dt=float(env.dt),
        steps=int(env.T),
        words="\n\n".join(map(_joined, rest)),
        arguments=_arguments(cls, sections.get("Args", "")),
        **known,
    )


def _arguments(cls: Any, written: str) -> tuple[tuple[str, str], ...]:
    said = (_joined(line).partition(": ") for line in arguments_of(cls, written))
    return tuple((name, meaning) for name, _, meaning in said)


def _joined(paragraph: str) -> str:
    """Return a paragraph as one line."""
    return " ".join(paragraph.split())
