"""Families of tasks: a class has what its tasks share, and a task is a line of settings."""

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.tables import Period

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
    """

    family: type[TrialEnv]
    words: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    timing: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])


def classes_of(collection: str, module: str, lines: Mapping[str, Line]) -> dict[str, type]:
    """Make the classes of tasks: each a family's with its settings, and named as its line.

    Args:
        collection: what the ids begin with.
        module: the module that has them among its names, so that they can be pickled.
        lines: the tasks by name.
    """
    return {name: _class_of(collection, module, name, line) for name, line in lines.items()}


def _class_of(collection: str, module: str, name: str, line: Line) -> type:
    """Make the class of one task."""
    family: Any = line.family
    timing: dict[str, Period] = dict(family.TIMING)
    for period, duration in line.timing.items():
        timing[period] = dataclasses.replace(timing[period], duration=duration)
    _, _, more = inspect.cleandoc(family.__doc__ or "").partition("\n\n")
    example = _EXAMPLE.format(id=f"{collection}.{name}-v0", periods=tuple(timing))
    attributes = {
        "__module__": module,
        "__doc__": "\n\n".join([line.words, more, example]),
        "FAMILY": family,
        "SETTINGS": {**family.SETTINGS, **line.settings},
        "TIMING": timing,
        "TAGS": family.TAGS_OF_TASKS,
        "DIFFERENCES": family.DIFFERENCES,
    }
    return type(family)(name, (family,), attributes)
