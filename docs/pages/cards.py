"""Cards of tasks in HTML: a thumbnail, a title, an id and a sentence."""

from collections.abc import Iterable

from .facts import Facts
from .markdown import escaped, raw, slug

_CARD = """\
<article class="task-card" {data}>
<a href="{href}">{picture}<strong>{title}</strong></a>
<code>{id}</code>
<p>{sentence}</p>
</article>"""
_EMPTY = '<span class="task-thumb task-no-picture"></span>'


def grid(tasks: Iterable[Facts], root: str) -> str:
    """Return cards side by side.

    Args:
        tasks: the tasks, in order.
        root: path from the page to the root of the site: ``""`` or ``"../"``.
    """
    cards = "\n".join(card(facts, root) for facts in tasks)
    return raw(f'<div class="task-grid">\n{cards}\n</div>')


def card(facts: Facts, root: str) -> str:
    """Return the card of a task."""
    return _CARD.format(
        data=" ".join(f'data-{name}="{escaped(value)}"' for name, value in _data(facts).items()),
        href=f"{root}tasks/{facts.id}.html",
        picture=_thumb(facts, root),
        title=escaped(facts.title),
        id=facts.id,
        sentence=escaped(facts.sentence),
    )


def _data(facts: Facts) -> dict[str, str]:
    """Return what the gallery filters by; the last is what its text box finds beside the words."""
    paper = facts.info.paper
    reference = "" if paper is None else f"{paper.authors} {paper.year} {paper.title}"
    return {
        "id": facts.id,
        "paradigm": facts.group,
        "tags": " ".join(map(slug, facts.info.tags)),
        "loop": facts.loop,
        "species": " ".join(facts.species),
        "learning": " ".join(facts.learning),
        "more": " ".join([reference, *facts.info.tags, *facts.about.probes, *facts.species]),
    }


def _thumb(facts: Facts, root: str) -> str:
    url = facts.picture(".thumb.png")
    if url is None:
        return _EMPTY
    return f'<img class="task-thumb" loading="lazy" src="{root}{url}" alt="">'
