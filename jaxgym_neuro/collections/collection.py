"""A collection of tasks as an object: its ids in order, and all of its tasks in one."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jaxgym_neuro import registry
from jaxgym_neuro.multitask.multi_task import MultiTask
from jaxgym_neuro.schedules import Random, Schedule
from jaxgym_neuro.support.validation import check_name, check_number


class Collection:
    """Tasks that were published together, or are meant for one subject.

    Args:
        name: such as ``"yang19"``.

    Attributes:
        ids: ids of its tasks, in the collection's order; to loop over it gives them too.
        tasks: the names in them: ``"go"`` of ``"yang19.go-v0"``.

    Raises:
        ValueError: if there is no collection of that name, with the closest match.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> yang19 = jgn.collection("yang19")
        >>> len(yang19), yang19.tasks[:3], yang19.ids[-1]
        (20, ('go', 'rtgo', 'dlygo'), 'yang19.dnmc-v0')
        >>> env = yang19.multi_task(tasks=("go", "anti"))
        >>> env.task_names, env.observation_space().shape
        (('go', 'anti'), (35,))
    """

    def __init__(self, name: str):
        self.ids = tuple(registry.ids_of(name))
        self.name = name
        self._id_of = {id.removeprefix(f"{name}.").rpartition("-")[0]: id for id in self.ids}
        self.tasks = tuple(self._id_of)

    def __len__(self):
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __repr__(self):
        return f"collection({self.name!r})"

    def __str__(self):
        return f"{self.name}, {len(self)} tasks: {', '.join(self.tasks)}"

    def make(self, task: str, **kwargs: Any) -> tuple[Any, Any]:
        """Make one of the tasks by its name in the collection, as `jaxgym_neuro.make` does.

        Raises:
            ValueError: for an unknown task or argument, with the closest match, or a bad value.
        """
        check_name(f"task of {self.name}", task, self.tasks)
        return registry.resolve(self._id_of[task], **kwargs)

    def multi_task(
        self,
        schedule: Schedule | None = None,
        *,
        tasks: Sequence[str] | None = None,
        weights: Mapping[str, float] | None = None,
        task_cue: bool = True,
        **kwargs: Any,
    ) -> MultiTask:
        """Make one task of several, with a channel for each that tells it: the rule.

        Args:
            schedule: chooses the task of the next trial, see `jaxgym_neuro.schedules`; default is
                to draw it.
            tasks: names of the tasks, in the order in which they are to be numbered; default all.
            weights: how much more often tasks are drawn than the others, by name; default 1.
            task_cue: whether the task is told.
            **kwargs: constructor arguments, each for the tasks that take it.

        Raises:
            ValueError: for an unknown task, one that is named twice, an argument that no task
                takes, weights beside a schedule or all 0; and whatever `MultiTask` raises it for.
        """
        if isinstance(tasks, str):
            raise ValueError(f"tasks are several names, such as ({tasks!r},), not {tasks!r}")
        names = self.tasks if tasks is None else tuple(tasks)
        for name in names:
            check_name(f"task of {self.name}", name, self.tasks)
        if len(set(names)) < len(names):
            raise ValueError(f"each task is named once, and not as in {', '.join(names)}")
        takes = {name: _arguments_of(self._id_of[name]) for name in names}
        for argument in kwargs:
            known = {one for arguments in takes.values() for one in arguments}
            check_name(f"argument of the tasks of {self.name}", argument, known)
        envs = [
            self.make(name, **{x: y for x, y in kwargs.items() if x in takes[name]})[0]
            for name in names
        ]
        if weights is not None:
            if schedule is not None:
                raise ValueError("give a schedule or weights, as weights make one")
            schedule = _weighted(names, weights)
        return MultiTask(envs, schedule, task_cue=task_cue, pad=True)


def collection(name: str) -> Collection:
    """Return a collection of tasks, such as ``"yang19"``; an unknown one is a ValueError."""
    return Collection(name)


def _arguments_of(id: str) -> list[str]:
    return list(inspect.signature(registry.factory_of(id)).parameters)


def _weighted(names: Sequence[str], weights: Mapping[str, float]) -> Random:
    """Return the schedule that draws tasks in proportion to weights, 1 where none is given."""
    for name in weights:
        check_name("task in weights", name, names)
    given = [check_number(f"the weight of {x}", weights.get(x, 1), at_least=0) for x in names]
    if not any(given):
        raise ValueError("one of the weights at least is above 0")
    return Random(len(names), probs=[weight / sum(given) for weight in given])
