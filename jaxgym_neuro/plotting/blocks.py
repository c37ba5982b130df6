"""What is drawn in one panel: channels that belong together, or numbers of an action."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.spaces import indices_of, is_box, is_discrete

MOST_LINES = 3  # of one name in one panel; more are an image
_MOST_PANELS = 10  # more are one image
_SMALLEST_RING = 8  # of fewer, the numbers are told apart as lines or rows


@dataclasses.dataclass(frozen=True)
class Block:
    """Channels of a panel."""

    name: str
    indices: tuple[int, ...]
    labels: tuple[str, ...]  # of each channel
    as_lines: bool  # else as an image, a row each
    is_ring: bool = False  # are they at angles around a circle, evenly spaced from 0?


def blocks_of(space: Any, env: Any) -> list[Block]:
    """Group the channels of an observation by name; those without a name are each for themselves.

    Args:
        space: of observations of one axis, or none.
        env: the environment, which may have a ring, with the angles ``theta``.
    """
    labels = labels_of(space)
    names = _names(space)
    groups = [(name, tuple(indices_of("channel", names, name, len(labels)))) for name in names]
    # Several tasks in one may have two names for a channel: the group that has more is shown.
    sets = [set(indices) for _, indices in groups]
    groups = [
        group for group, own in zip(groups, sets, strict=True) if not any(own < s for s in sets)
    ]
    named = {index for _, indices in groups for index in indices}
    groups += [(labels[i], (i,)) for i in range(len(labels)) if i not in named]
    groups.sort(key=lambda group: group[1])
    if len(groups) > _MOST_PANELS:
        return [Block("observation", tuple(range(len(labels))), tuple(labels), as_lines=False)]
    rings = ring_sizes(env)
    return [
        Block(
            name,
            indices,
            tuple(labels[index] for index in indices),
            as_lines=len(indices) <= MOST_LINES,
            is_ring=len(indices) in rings,
        )
        for name, indices in groups
    ]


def ring_sizes(env: Any) -> set[int]:
    """Return of how many units the rings of a task, or of the tasks in it, are."""
    tasks = getattr(env, "envs", None) or (env,)
    sizes = {len(theta) for task in tasks if (theta := getattr(task, "theta", None)) is not None}
    return {size for size in sizes if size >= _SMALLEST_RING}


def dimensions_of(space: Any) -> list[str]:
    """Name each number of a continuous action; of a single one without a name, nothing."""
    size = math.prod(space.shape)
    labels = [""] if size == 1 else [str(index) for index in range(size)]
    return _with_names("action", _names(space), labels)


def options_of(space: Any, env: Any = None) -> list[str]:
    """Name each of some discrete options; by words of its own, if the task has some for each.

    It has where the meaning of several actions is a word for each: ``Action("left, right", 2)``.
    """
    options = [str(index) for index in range(space.n)]
    names = getattr(space, "name", {})
    labels = _with_names("action", names, options)
    inner = env
    while inner is not None:
        for name, entry in getattr(inner, "ACTIONS", {}).items():
            words = entry.meaning.split(", ")
            if name in names and 1 < len(words) == entry.size and all(map(str.isidentifier, words)):
                indices = indices_of("action", names, name, space.n)
                for index, word in zip(indices, words, strict=False):
                    labels[index] = word
        inner = getattr(inner, "env", None)
    return labels


def ring_of_options(space: Any, env: Any) -> tuple[int, ...]:
    """Return which discrete options are the directions of a ring; none where there is none."""
    names, rings = getattr(space, "name", {}), ring_sizes(env)
    groups = (tuple(indices_of("action", names, name, space.n)) for name in names)
    return next((group for group in groups if len(group) in rings), ())


def labels_of(space: Any) -> list[str]:
    """Name every channel of an observation."""
    if is_discrete(space) or space.shape in ((), (1,)):
        labels = ["observation"]
    else:
        labels = [f"channel {index}" for index in range(space.shape[-1])]
    return _with_names("channel", _names(space) if is_box(space) else {}, labels)


def unit_of(env: Any, space: Any, name: str = "") -> str:
    """Return the unit of a continuous action or truth; "" where none is declared.

    A number from 0 to 2 pi is an angle in radians.
    """
    if is_box(space) and not space.shape:
        low, high = float(np.min(space.low)), float(np.max(space.high))
        if low == 0 and math.isclose(high, 2 * math.pi, rel_tol=1e-5):
            return "rad"
    answer = getattr(env, "answers", {}).get(name)
    return getattr(answer, "unit", "") if answer is not None and answer.shape == () else ""


def traces_of(ob_traces: Any, space: Any) -> Mapping[str, int] | None:
    """Return label and channel of each trace that is asked for; None for none.

    Raises:
        ValueError: for an unknown channel, or what is no list or dict of channels.
    """
    if not (is_box(space) or is_discrete(space)):
        raise ValueError(f"observations are Box or Discrete, not {type(space).__name__}")
    if ob_traces is None:
        return None
    shape = space.shape
    if isinstance(ob_traces, str) or not isinstance(ob_traces, Sequence | Mapping):
        raise ValueError(f"ob_traces is a list of channels or a dict, not {ob_traces!r}")
    if len(shape) > 1:
        raise ValueError(f"observations of shape {shape} are shown as pictures, not as traces")
    labels = labels_of(space)
    traces: dict[str, int] = {}
    for entry in ob_traces:
        where = ob_traces[entry] if isinstance(ob_traces, Mapping) else entry
        indices = indices_of("channel", getattr(space, "name", {}), where, len(labels))
        for index in indices:
            label = labels[index] if entry is where else str(entry)
            if entry is not where and len(indices) > 1:
                label = f"{label} {indices.index(index) + 1}"
            traces[label] = index
    if not traces:
        raise ValueError("ob_traces needs at least one channel; None plots all")
    return traces


def _names(space: Any) -> Mapping[str, Any]:
    return getattr(space, "name", None) or {}


def _with_names(kind: str, names: Mapping[str, Any], labels: list[str]) -> list[str]:
    """Put a space's names where it has them: "choice 1", "choice 2"."""
    found: dict[int, list[str]] = {}
    for name in names:
        indices = indices_of(kind, names, name, len(labels))
        for number, index in enumerate(indices, start=1):
            label = name if len(indices) == 1 else f"{name} {number}"
            found.setdefault(index, []).append(label)
    return [" / ".join(found.get(index, [label])) for index, label in enumerate(labels)]
