"""The page that lists tasks by what they probe."""

from .about import PROBES
from .facts import GROUPS, Facts
from .lists import numbers
from .markdown import narrow, page, table, without_contents

_WORDS = """\
# Choose a task

Which task suits a question? Here they stand by what they probe, each where it is taken for above all first, then those
that probe it as well. Steps are those of the longest trial at the default step. Chance is what random actions score in
10,000 trials, best what the [ideal observer](ideal_observers.md) scores, or the ground truth where what is seen
suffices, and nothing where it is not known; both are performance per trial from 0 to 1, or reward where that is said.
`python docs/make_scores.py` computes them. How long a network takes to get there: [solved tasks](solved.md)."""  # noqa: E501
_HEADER = ("task, and why this one", "steps", "channels", "actions", "chance", "best")


def choose(tasks: list[Facts]) -> str:
    """Return the page."""
    contents = " · ".join(f"[{name}](#{name})" for name in PROBES)
    sections = [
        f"## {name.capitalize()}\n\n{question}\n\n{_table(name, tasks)}"
        for name, question in PROBES.items()
    ]
    return without_contents(page(_WORDS, contents, *sections))


def _table(probe: str, tasks: list[Facts]) -> str:
    of = [facts for facts in tasks if probe in facts.about.probes]
    alone = [facts for facts in of if not facts.is_family]
    alone.sort(key=lambda facts: (facts.about.probes.index(probe), facts.title))
    rows = [(_link(facts), *numbers(facts)) for facts in alone]
    for family in GROUPS:
        members = [facts for facts in of if facts.is_family and facts.group == family]
        if members:
            rows.append(_family_row(family, members))
    return narrow(table(_HEADER, rows))


def _link(facts: Facts) -> str:
    return f"[{facts.title}](tasks/{facts.id}.md) `{facts.id}`: {facts.about.why}"


def _family_row(family: str, members: list[Facts]) -> tuple[str, ...]:
    """Return one row for the tasks of a family, of which each has its numbers on their page."""
    steps = [facts.steps for facts in members]
    told = str(steps[0]) if min(steps) == max(steps) else f"{min(steps)} to {max(steps)}"
    one = members[0]
    link = f"[{GROUPS[family]}](tasks/{family}.md): {len(members)} of them, such as `{one.id}`"
    return link, told, one.channels, one.actions, "", ""
