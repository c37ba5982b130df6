"""Markdown and HTML of which the pages are put together."""

import html
from collections.abc import Iterable, Sequence

from jaxgym_neuro.core.tables import Paper


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are Markdown, but for double backticks and bars."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def narrow(text: str) -> str:
    """Return a table whose first column has words, and the others numbers."""
    return f":::{{div}} task-numbers\n{text}\n:::"


def without_contents(text: str) -> str:
    """Return a page that is as wide as it can be, without its contents on the right."""
    return f"---\nhtml_theme.sidebar_secondary.remove: true\n---\n\n{text}"


def toctree(names: Iterable[str]) -> str:
    """Return a hidden list of pages for the navigation."""
    return "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])


def raw(text: str) -> str:
    """Return HTML in a page of Markdown."""
    return f"```{{raw}} html\n{text}\n```"


def joined(*parts: str) -> str:
    """Return parts of a page with empty lines between, those that are empty left out."""
    return "\n\n".join(part for part in parts if part)


def page(*parts: str) -> str:
    """Return a page of its parts."""
    return joined(*parts) + "\n"


def escaped(text: str) -> str:
    """Return text as HTML, in an attribute too; what is in backticks is not marked."""
    return html.escape(text.replace("`", ""))


def slug(tag: str) -> str:
    """Return a tag without spaces: ``"working-memory"``."""
    return tag.replace(" ", "-")


def reference(paper: Paper) -> str:
    """Return a paper as a reference with a link."""
    return f"{paper.authors} ({paper.year}). [{paper.title}]({paper.link}). {paper.journal}."
