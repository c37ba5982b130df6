"""The gallery: every task as a card, with filters; what they do is in ``_static/gallery.js``."""

from collections.abc import Iterable

from jaxgym_neuro.core.tables import SPECIES

from . import cards
from .facts import GROUPS, Facts
from .markdown import escaped, page, raw, slug, without_contents

_WORDS = """\
# Gallery

Every task, with a picture of a trial. The filters work together, and the address of the page keeps them. In a closed
loop what is seen depends on what was done. Every task can be learned from reward; a task is supervised if its ground
truth can be learned from trials in which nobody acts. The species is that of the paper; `model` means that there were
networks only. [Choose a task](choose_a_task.md) lists the same tasks by what they probe."""  # noqa: E501
_LEARNING = {"reward": "from reward", "supervised": "supervised too"}


def gallery(groups: dict[str, list[Facts]]) -> str:
    """Return the page of all tasks by paradigm, the families last."""
    tasks = [facts for members in groups.values() for facts in members]
    parts = raw(_filters(tasks)), cards.grid(tasks, ""), raw(_SCRIPT)
    return without_contents(page(_WORDS, *parts))


_SCRIPT = '<script src="_static/gallery.js"></script>'


def _filters(tasks: list[Facts]) -> str:
    used = {facts.group for facts in tasks}
    tags = sorted({tag for facts in tasks for tag in facts.info.tags})
    known = {one for facts in tasks for one in facts.species}
    count = f"{len(tasks)} of {len(tasks)} tasks"
    return "\n".join(
        [
            '<form id="gallery-filters">',
            _select("paradigm", ((x, words) for x, words in GROUPS.items() if x in used)),
            _select("tag", ((slug(tag), tag) for tag in tags)),
            _select("species", ((one, one) for one in SPECIES if one in known)),
            _select("loop", (("open", "open"), ("closed", "closed"))),
            _select("learning", _LEARNING.items()),
            '<label>text <input type="search" id="filter-text" placeholder="author, id, word">'
            "</label>",
            '<button type="reset" id="filter-reset">all tasks</button>',
            "</form>",
            f'<p id="gallery-count" aria-live="polite">{count}</p>',
        ]
    )


def _select(name: str, options: Iterable[tuple[str, str]]) -> str:
    """Return a box of options, each a value and its words; the first is any."""
    lines = [f'<option value="{value}">{escaped(words)}</option>' for value, words in options]
    any_one = '<option value="">any</option>'
    return f'<label>{name} <select id="filter-{name}">{any_one}{"".join(lines)}</select></label>'
