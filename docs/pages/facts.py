"""What is known of a task without playing it: computed from its class, or read from files."""

import dataclasses
import functools
import json
import pathlib
from collections.abc import Sequence
from typing import Any

import jaxgym_neuro as jgn
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.registry import TaskInfo, factory_of, ids_of, paradigm_of
from jaxgym_neuro.spaces import is_discrete
from jaxgym_neuro.training import goals, solved

from . import about

DOCS = pathlib.Path(__file__).parents[1]
PICTURES = DOCS / "_build" / "task_pictures"  # of docs/make_task_pictures.py
PICTURES_URL = "_static"  # where the site has them
# Of the tasks in the navigation: a paradigm each, or the study that a family is from.
GROUPS = {
    "perceptual": "Perceptual decisions",
    "memory": "Working memory",
    "context": "Context and rules",
    "value": "Value and choice",
    "timing": "Timing",
    "inhibition": "Inhibition",
    "motor": "Movement",
    "utility": "Utility",
    "collections": "Tasks of one study each",
    "yang19": "Twenty tasks of Yang et al. (2019)",
    "driscoll24": "Fifteen tasks of Driscoll et al. (2024)",
    "modcog": "Mod-Cog, of Khona et al. (2023)",
}
# Tags that many tasks share say little of how near two are.
_COMMON = {"perceptual", "supervised", "multi-task"}


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is known of a task.

    Attributes:
        id: its id.
        info: what its tables say.
        about: its title and what it probes.
        factory: its class.
        group: the page that lists it, one of `GROUPS`.
        is_family: whether that is a family of tasks.
        steps: of the longest trial, T.
        dt: ms of a step.
        channels: how many, or the shape of a picture.
        seen: shape of an observation.
        target: shape of the ground truth of a step.
        actions: how many, or how many numbers.
        is_closed: whether what is seen depends on what was done.
        why_not_supervised: why its ground truth cannot be learned from trials in which nobody acts;
            "" where it can.
        scores: its line in ``docs/scores.json``.
    """

    id: str
    info: TaskInfo
    about: about.About
    factory: Any
    group: str
    is_family: bool
    steps: int
    dt: float
    channels: str
    seen: tuple[int, ...]
    target: tuple[int, ...]
    actions: str
    is_closed: bool
    why_not_supervised: str
    scores: dict[str, Any]

    @property
    def title(self) -> str:
        """Its title."""
        return self.about.title

    @property
    def sentence(self) -> str:
        """What the subject sees and does, in the first sentence or two.

        What an ideal observer scores, which a task of a family says there, stands elsewhere.
        """
        words = self.info.description.replace("``", "`")
        return words.partition(" An ideal observer is right")[0]

    @property
    def loop(self) -> str:
        """``"closed"`` or ``"open"``."""
        return "closed" if self.is_closed else "open"

    @property
    def learning(self) -> tuple[str, ...]:
        """By what it can be learned."""
        return ("reward",) if self.why_not_supervised else ("reward", "supervised")

    @property
    def species(self) -> tuple[str, ...]:
        """Whose behaviour or activity its paper reports."""
        return () if self.info.paper is None else self.info.paper.species

    def picture(self, suffix: str) -> str | None:
        """Return where the site has a picture of it: ``".png"``, ``".thumb.png"`` or ``".gif"``."""
        name = f"{self.id}{suffix}"
        return f"{PICTURES_URL}/{name}" if (PICTURES / name).is_file() else None


@functools.cache
def of_all() -> dict[str, Facts]:
    """Return the facts of every registered task, by id."""
    scores = json.loads((DOCS / "scores.json").read_text())
    return {id: _of(id, scores.get(id, {})) for id in jgn.registered_tasks()}


def in_groups() -> dict[str, list[Facts]]:
    """Return the tasks of each group: those of a family in its order, others by title."""
    groups: dict[str, list[Facts]] = {}
    for name in GROUPS:
        members = [facts for facts in of_all().values() if facts.group == name]
        if members and members[0].is_family:
            members = [of_all()[id] for id in ids_of(name)]
        elif members:
            members.sort(key=lambda facts: facts.title)
        if members:
            groups[name] = members
    return groups


def _of(id: str, scores: dict[str, Any]) -> Facts:
    env, params = jgn.make(id)
    factory = factory_of(id)
    return Facts(
        id=id,
        info=jgn.task_info(id),
        about=about.of(id),
        factory=factory,
        group=paradigm_of(id),
        is_family=hasattr(factory, "FAMILY"),
        steps=env.T,
        dt=env.dt,
        channels=_size(env.observation_space(params)),
        seen=env.observation_space(params).shape,
        target=env.ground_truth_space.shape,
        actions=_size(env.action_space(params)),
        is_closed=type(env).observe is not TrialEnv.observe,
        why_not_supervised=_why_not_supervised(id, env, params),
        scores=scores,
    )


def _size(space: Any) -> str:
    """Write how many there are of a space: channels, actions, or numbers of an action."""
    if is_discrete(space):
        return str(space.n)
    return " x ".join(map(str, space.shape))


def _why_not_supervised(id: str, env: Any, params: Any) -> str:
    space = env.action_space(params)
    if is_discrete(space) and space.n == 1:
        return "there is nothing to choose"
    return goals.goal_of(id).supervised


@functools.cache
def records() -> dict[str, list[solved.Record]]:
    """Return the records of trainings, by task."""
    found: dict[str, list[solved.Record]] = {}
    for record in solved.read_all(DOCS / "solved"):
        found.setdefault(record.task, []).append(record)
    return found


@functools.cache
def observers() -> dict[str, dict[str, list[tuple[str, ...]]]]:
    """Read the tables of ideal observers: section, id, and rows of rule, performance, reward."""
    sections: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    for part in (DOCS / "ideal_observers.md").read_text().split("\n## ")[1:]:
        rows: dict[str, list[tuple[str, ...]]] = {}
        for line in part.splitlines():
            if line.startswith("| ["):
                id, *cells = line.strip("| ").split(" | ")
                rows.setdefault(id.split("]")[0].strip("["), []).append(tuple(cells[:3]))
        sections[part.partition("\n")[0]] = rows
    return sections


def related(facts: Facts) -> Sequence[Facts]:
    """Return the tasks that are nearest: of the same paper or paradigm, of alike tags and probes.

    Of a task in a family, four of the family and two of the tasks that are no family's; of any
    other task, six of those.
    """
    others = [other for other in of_all().values() if other.id != facts.id]
    own = [other for other in others if facts.is_family and other.group == facts.group]
    alone = [other for other in others if not other.is_family]
    return [*_nearest(facts, own, 4), *_nearest(facts, alone, 2 if own else 6)]


def _nearest(facts: Facts, others: Sequence[Facts], most: int) -> Sequence[Facts]:
    ranked = sorted(others, key=lambda other: (-_nearness(facts, other), other.id))
    return [other for other in ranked[:most] if _nearness(facts, other) > 0]


def _nearness(one: Facts, other: Facts) -> float:
    """Return how near two tasks are; 0 where they share nothing that counts."""
    both = set(one.info.tags) & set(other.info.tags)
    either = set(one.info.tags) | set(other.info.tags)
    alike = len(both - _COMMON) / max(1, len(either - _COMMON))
    probes = set(one.about.probes) & set(other.about.probes)
    same_paper = one.info.paper is not None and one.info.paper == other.info.paper
    same_first = one.about.probes[0] == other.about.probes[0]
    return alike + len(probes) + same_first + (one.group == other.group) + 2 * same_paper
