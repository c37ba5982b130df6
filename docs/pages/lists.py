"""The list of all tasks, and a page for each paradigm, collection and family."""

from . import cards
from .facts import GROUPS, Facts
from .markdown import narrow, page, reference, table, toctree

_INDEX = """\
# Tasks

{number} tasks, each with a page of its own. The [gallery](../gallery.md) shows them with pictures and filters;
[choose a task](../choose_a_task.md) lists them by what they probe."""  # noqa: E501
_FAMILY = """\
{reference}

Tasks that were made to be learned by one network: they share channels and actions, and each is a line of settings.
`jgn.collection("{name}")` has them in order, and `.multi_task()` makes one task of all, with a channel that tells which
it is ([several tasks in one](../multitask.md)). Below, chance is what random actions score, and best what an [ideal
observer](../ideal_observers.md) or the ground truth does, as far as it is known."""  # noqa: E501
_GROUP = """\
The [gallery](../gallery.md) has these beside the others, with filters. Chance is what random actions score, and best
what an [ideal observer](../ideal_observers.md) or the ground truth does."""  # noqa: E501
_HEADER = ("task", "id", "what the subject does")
_SCORES = ("steps", "channels", "actions", "chance", "best")


def pages(groups: dict[str, list[Facts]]) -> dict[str, str]:
    """Return the pages of the groups and their index, by name in ``docs/tasks``."""
    return {"index": _index(groups)} | {name: _page(name, ids) for name, ids in groups.items()}


def numbers(facts: Facts) -> tuple[str, ...]:
    """Return the cells of steps, channels, actions, chance and best."""
    chance, best = (_score(facts, name) for name in ("chance", "best"))
    return str(facts.steps), facts.channels, facts.actions, chance, best


def _score(facts: Facts, name: str) -> str:
    value = facts.scores.get(name)
    unit = " (reward)" if facts.scores.get("measure") == "reward" else ""
    return "" if value is None else f"{value:.2f}{unit}"


def _index(groups: dict[str, list[Facts]]) -> str:
    number = sum(map(len, groups.values()))
    sections = [
        f"## [{GROUPS[name]}]({name}.md)\n\n{_list(members)}" for name, members in groups.items()
    ]
    names = ["/gallery", "/choose_a_task", *groups]
    return page(_INDEX.format(number=number), toctree(names), *sections)


def _list(members: list[Facts]) -> str:
    return table(_HEADER, [_cells(facts) for facts in members])


def _cells(facts: Facts) -> tuple[str, ...]:
    return f"[{facts.title}]({facts.id}.md)", f"`{facts.id}`", facts.sentence


def _page(name: str, members: list[Facts]) -> str:
    """Return the page of a group: cards, and a table with numbers."""
    paper = members[0].info.paper
    is_family = members[0].is_family and paper is not None
    rows = [(" ".join(_cells(facts)[:2]), *numbers(facts)) for facts in members]
    return page(
        f"# {GROUPS[name]}",
        _FAMILY.format(name=name, reference=reference(paper)) if is_family else _GROUP,
        cards.grid(members, "../"),
        "## In numbers",
        narrow(table(("task", *_SCORES), rows)),
        toctree(facts.id for facts in members),
    )
