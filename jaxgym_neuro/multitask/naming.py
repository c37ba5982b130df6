"""What several tasks have in common: names, and spaces that hold those of all."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import spaces


def common_names(
    tasks: Sequence[str], entries: Sequence[Mapping[str, Any]], taken: Sequence[str] = ()
) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """Name what tasks have: the same name for equal entries, ``<task>_<name>`` where they differ.

    Args:
        tasks: names of the tasks.
        entries: for each task what it has, by its own names; hashable.
        taken: names that are the whole's, and no task's.

    Returns:
        For each task a dict from its name to the common one, and a dict from that to the entry.
    """
    found: dict[str, set] = {}
    for own in entries:
        for name, entry in own.items():
            found.setdefault(name, set()).add(entry)
    names = [
        {
            name: name if len(found[name]) == 1 and name not in taken else f"{task}_{name}"
            for name in own
        }
        for task, own in zip(tasks, entries, strict=True)
    ]
    merged = {
        outer: own[name]
        for own, renamed in zip(entries, names, strict=True)
        for name, outer in renamed.items()
    }
    return names, merged


def common_space(which: str, tasks: Sequence[str], all_spaces: Sequence[Any], pad: bool) -> Any:
    """Return a space that holds those of all tasks.

    Args:
        which: "observation_space", "action_space" or "ground_truth_space".
        tasks: names of the tasks.
        all_spaces: the space of each.
        pad: whether the number of channels or of actions may differ.

    Raises:
        ValueError: saying which spaces differ.
    """
    shapes = [_shape(space) for space in all_spaces]
    for task, space, shape in zip(tasks, all_spaces, shapes, strict=True):
        may_pad = len(shape) == len(shapes[0]) == 1 and type(space) is type(all_spaces[0])
        may_pad = may_pad and (isinstance(space, spaces.Discrete) or which == "observation_space")
        same = type(space) is type(all_spaces[0]) and space.dtype == all_spaces[0].dtype
        if not same or (shape != shapes[0] and not (pad and may_pad)):
            hint = "; pad=True lets tasks differ in this" if same and may_pad else ""
            raise ValueError(
                f"the tasks of a MultiTask have one {which}, and that of {task} is {_say(space)}, "
                f"that of {tasks[0]} {_say(all_spaces[0])}{hint}"
            )
    if all(space == all_spaces[0] for space in all_spaces):
        return all_spaces[0]
    size = max(shape[-1] if shape else 1 for shape in shapes)
    names = [
        {
            name: tuple(spaces.indices_of(which, {}, where, size))
            for name, where in space.name.items()
        }
        for space in all_spaces
    ]
    name = {
        name: where[0] if len(where) == 1 else list(where)
        for name, where in common_names(tasks, names, taken=("task_cue",))[1].items()
    }
    if isinstance(all_spaces[0], spaces.Discrete):
        return spaces.Discrete(size, name=name)
    padding = [
        [(0, 0)] * (len(shape) - 1) + [(0, size - shape[-1])] * bool(shape) for shape in shapes
    ]
    low, high = (
        [
            np.pad(np.broadcast_to(bound, shape), pad)
            for bound, shape, pad in zip(bounds, shapes, padding, strict=True)
        ]
        for bounds in zip(*((space.low, space.high) for space in all_spaces), strict=True)
    )
    low, high = np.minimum.reduce(low), np.maximum.reduce(high)
    return spaces.Box(low, high, low.shape, all_spaces[0].dtype, name=name)


def with_cue(space: spaces.Box, num_tasks: int) -> spaces.Box:
    """Return a space with a channel more for each task, named ``task_cue``.

    Raises:
        ValueError: for observations that are not vectors.
    """
    if len(space.shape) != 1:
        raise ValueError(
            "a cue is shown in channels of its own, and these tasks have observations of the shape "
            f"{space.shape}; use task_cue=False"
        )
    size = space.shape[0]
    low = np.append(np.broadcast_to(space.low, size), np.zeros(num_tasks, space.dtype))
    high = np.append(np.broadcast_to(space.high, size), np.ones(num_tasks, space.dtype))
    name = {**space.name, "task_cue": range(size, size + num_tasks)}
    return spaces.Box(low, high, (size + num_tasks,), space.dtype, name=name)


def _shape(space):
    return (space.n,) if isinstance(space, spaces.Discrete) else space.shape


def _say(space):
    if isinstance(space, spaces.Discrete):
        return f"Discrete({space.n})"
    return f"a Box of shape {space.shape} and dtype {np.dtype(space.dtype)}"


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Number names that come more than once: ``GoNogo``, ``GoNogo_2``."""
    counts: dict[str, int] = {}
    unique = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        unique.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return tuple(unique)
