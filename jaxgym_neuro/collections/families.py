"""Families of tasks: a class has what its tasks share, and a task is a line of settings."""

import dataclasses
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.core.describe import WIDTH
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.tables import Difference, Paper, Period

_EXAMPLE = """\
Example:
    >>> import jaxgym_neuro as jgn
    >>> env, params = jgn.make("{id}")
    >>> env.periods
    {periods!r}
"""


@dataclasses.dataclass(frozen=True)
class Line:
    """A task of a family.

    Attributes:
        family: the class that has all but the settings; it says of what is meant for its tasks
            ``TAGS_OF_TASKS``.
        words: what the subject sees and does, in a sentence or more.
        settings: values of the family's params that are the task's own.
        timing: ms of periods, or other forms, where they are not the family's.
        ideal: in what share of the trials an ideal observer is right; None where it is not known.
    """

    family: type[TrialEnv]
    words: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    timing: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    ideal: float | None = 1.0

    @property
    def description(self) -> str:
        """What the subject sees and does, and how well it can be done."""
        if self.ideal in (None, 1.0):
            return self.words
        return f"{self.words} An ideal observer is right in {self.ideal:.2f} of the trials."


def classes_of(
    collection: str,
    module: str,
    lines: Mapping[str, Line],
    *,
    paper: Paper,
    note: str,
    differences: Mapping[str, Difference] | None = None,
) -> dict[str, type]:
    """Make the classes of tasks: each a family's with its settings, and named as its line.

    Args:
        collection: what the ids begin with.
        module: the module that has them among its names, so that they can be pickled.
        lines: the tasks by name.
        paper: where they come from.
        note: a paragraph of what is to be said of each.
        differences: from NeuroGym; default are those of the families.
    """
    of_all = {"PAPER": paper, "__module__": module}
    if differences is not None:
        of_all["DIFFERENCES"] = differences
    return {
        name: _class_of(f"{collection}.{name}-v0", name, line, note, of_all)
        for name, line in lines.items()
    }


def _class_of(id: str, name: str, line: Line, note: str, of_all: Mapping[str, Any]) -> type:
    """Make the class of one task."""
    family: Any = line.family
    timing: dict[str, Period] = dict(family.TIMING)
    for period, duration in line.timing.items():
        timing[period] = dataclasses.replace(timing[period], duration=duration)
    _, _, more = inspect.cleandoc(family.__doc__ or "").partition("\n\n")
    prose, args, arguments = more.partition("Args:\n")
    example = _EXAMPLE.format(id=id, periods=tuple(timing))
    words = textwrap.fill(line.description, WIDTH)
    attributes = {
        "__doc__": "\n\n".join([words, prose.rstrip(), note.rstrip(), args + arguments, example]),
        "FAMILY": family.FAMILY,
        "MADE_OF": family,
        "SETTINGS": {**family.SETTINGS, **line.settings},
        "TIMING": timing,
        "TAGS": family.TAGS_OF_TASKS,
        "DIFFERENCES": family.DIFFERENCES,
        "IDEAL": line.ideal,
    }
    return type(family)(name, (family,), {**attributes, **of_all})
