"""The page of a task."""

import jaxgym_neuro as jgn
from jaxgym_neuro.core.describe import arguments_of, own_words
from jaxgym_neuro.training.solved import Record

from . import snippet
from .facts import GROUPS, Facts, observers, records, related
from .lists import numbers
from .markdown import escaped, joined, page, raw, reference, slug, table

_ALT = "Two trials of {id} by a subject that follows the ground truth: what it sees, does and earns"
_FIGURE = '<figure class="task-picture"><img loading="lazy" src="../{url}" alt="{alt}"></figure>'
_RULES = ("rule", "performance", "reward", "what it does")
# Sections of the page of observers, and what they are called here.
_OBSERVERS = {
    "All of them": "With default arguments",
    "With the preset psychometric": 'With `preset="psychometric"`',
    "With the preset paper, in its wrappers": 'With `preset="paper"`',
}
_SOLVED = ("by", "solved", "score of each network", "best", "steps", "CPU s", "they see")
_METHODS = {"ppo": "PPO", "supervised": "supervised"}


def task_page(facts: Facts) -> str:
    """Return the page of a task, as MyST."""
    words, sections = own_words(facts.factory)
    _, _, prose = words.replace("``", "`").partition("\n\n")
    return page(
        f"# {facts.title}",
        _badges(facts),
        facts.sentence,
        _picture(facts),
        _numbers(facts),
        prose,
        _code(facts, sections.get("Example", "")),
        _tables(facts),
        _arguments(facts, sections.get("Args", "")),
        _observed(facts),
        _solved(facts),
        _paper(facts),
        _differences(facts),
        _related(facts),
    )


def _badges(facts: Facts) -> str:
    """Return the id, and links into the gallery by tag, paradigm, species, loop and learning."""
    links = [("paradigm", facts.group, GROUPS[facts.group])]
    links += [("tag", slug(tag), tag) for tag in facts.info.tags]
    links += [("species", one, one) for one in facts.species]
    links.append(("loop", facts.loop, f"{facts.loop} loop"))
    anchors = [
        f'<a class="task-tag task-{name}" href="../gallery.html#{name}={value}">{escaped(text)}</a>'
        for name, value, text in links
    ]
    return f"`{facts.id}`\n\n" + raw(f'<p class="task-tags">{" ".join(anchors)}</p>')


def _picture(facts: Facts) -> str:
    parts = [
        _FIGURE.format(url=url, alt=escaped(alt.format(id=facts.id)))
        for url, alt in (
            (facts.picture(".png"), _ALT),
            (facts.picture(".gif"), "One trial of {id}, step by step"),
        )
        if url is not None
    ]
    return raw("\n".join(parts)) if parts else ""


def _numbers(facts: Facts) -> str:
    """Return a table of one row."""
    header = ("step (ms)", "steps", "channels", "actions", "chance", "best")
    return table(header, [(f"{facts.dt:g}", *numbers(facts))])


def _code(facts: Facts, example: str) -> str:
    """Return code that runs: as it is for every task, and the task's own example."""
    batch = snippet.dataset(facts)
    why_not = f"It is learned from reward alone: {facts.why_not_supervised}."
    own = "\n".join(line.removeprefix("    ") for line in example.splitlines())
    return joined(
        "## Run it",
        f"A batch of environments:\n\n```python\n{snippet.steps(facts)}```",
        f"A batch of trials to learn from:\n\n```python\n{batch}```" if batch else why_not,
        f"An example of its own:\n\n```pycon\n{own}\n```" if own else "",
    )


def _tables(facts: Facts) -> str:
    tables = [f"### {one.title}\n\n{table(one.header, one.rows)}" for one in facts.info.tables]
    return joined("## What it is made of", *tables)


def _arguments(facts: Facts, written: str) -> str:
    """Return the arguments of the constructor; what is indented goes on with the one before."""
    said: list[str] = []
    for line in "\n".join(arguments_of(facts.factory, written)).splitlines():
        if line.startswith("     ") and said:
            said[-1] += f" {line.strip()}"
        else:
            said.append(line.strip().replace("``", "`"))
    rows = [(f"`{names}`", words) for names, _, words in (one.partition(": ") for one in said)]
    if not rows:
        return ""
    return f"### Arguments of the constructor\n\n{table(('argument', 'meaning'), rows)}"


def _observed(facts: Facts) -> str:
    """Return what ideal observers and shortcuts score."""
    parts: list[str] = []
    for section, title in _OBSERVERS.items():
        rows = observers().get(section, {}).get(facts.id, [])
        if rows:
            words = _rules_in_words(facts.id, section)
            cells = [(*row, words.get(row[0], "")) for row in rows]
            parts.append(f"{title}:\n\n{table(_RULES, cells)}")
    if not parts:
        return ""
    more = "How they are computed: [ideal observers](../ideal_observers.md)."
    return joined("## How well it can be done", *parts, more)


def _rules_in_words(id: str, section: str) -> dict[str, str]:
    """Return what the rules do, of the task as the section has it."""
    preset = {"All of them": None, "With the preset psychometric": "psychometric"}
    env, _ = jgn.make(id, preset=preset.get(section, "paper"))
    return dict(jgn.ideal.rules(env))


def _solved(facts: Facts) -> str:
    """Return how long networks took to learn it."""
    rows = [_record(one) for one in records().get(facts.id, []) if not one.applies]
    if not rows:
        return ""
    more = "What was asked, and how it was measured: [solved tasks](../solved.md)."
    return joined("## Who has solved it", table(_SOLVED, rows), more)


def _record(one: Record) -> tuple[str, ...]:
    cell = f"{one.settings['network.hidden']} units of {one.settings['network.cell']}"
    return (
        f"{_METHODS[one.method]}, {cell}",
        "yes" if one.solved else "no",
        " ".join(f"{score:.3f}" for score in one.scores),
        f"{one.best:.3f}",
        f"{one.steps:,}",
        f"{one.seconds['cpu']:.0f}",
        ", ".join(one.wrappers) or "the task as it is",
    )


def _paper(facts: Facts) -> str:
    """Return the reference, and what differs from it."""
    paper = facts.info.paper
    if paper is None:
        return ""
    whose = f"Subjects: {', '.join(paper.species)}."
    preset = facts.factory.PRESETS.get("paper")
    if preset is None:
        return joined("## The paper", reference(paper), whose)
    as_published = f'`preset="paper"` is as published in this: {preset.words}.'
    differs = f"What still differs: {preset.differs}" if preset.differs else ""
    return joined("## The paper", reference(paper), whose, as_published, differs)


def _differences(facts: Facts) -> str:
    rows = [(one.here, one.why) for one in facts.info.differences.values()]
    if not rows:
        return ""
    more = (
        "Those that all tasks have: [differences from NeuroGym](../differences_from_neurogym.md)."
    )
    header = ("difference", "why")
    return joined("## Differences from NeuroGym 2.3.1", table(header, rows), more)


def _related(facts: Facts) -> str:
    lines = [f"- [{one.title}]({one.id}.md) `{one.id}`: {one.sentence}" for one in related(facts)]
    group = f"All of [{GROUPS[facts.group]}]({facts.group}.md)."
    return joined("## Related tasks", "\n".join(lines), group)
