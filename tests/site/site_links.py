"""Links within a site: what its pages refer to, and what of that is not there."""

import html.parser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

_ROOT = "http://site/"


class _Page(html.parser.HTMLParser):
    """What a page refers to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.words: list[str | None] = []  # of its pictures; "": it is there to look nice
        self.anchors = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.words.append(dict(attrs).get("alt"))
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            if name in ("href", "src") and value:
                self.targets.append(value)


def read(folder: Path) -> dict[str, _Page]:
    """Return the pages of a site by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): _Page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
        if "_static" not in path.relative_to(folder).parts
    }


def links(pages: dict[str, _Page]) -> Iterator[tuple[str, str, str]]:
    """Yield each link within the site: the page that has it, the path it leads to, the anchor."""
    for here, page in pages.items():
        for target in page.targets:
            url = urlsplit(urljoin(_ROOT + here, target))
            if url.netloc == "site":
                path = unquote(url.path).lstrip("/")
                path += "index.html" if path.endswith("/") or not path else ""
                yield here, path, unquote(url.fragment)


def without_anchor(pages: dict[str, _Page]) -> list[str]:
    """Return in words the links to anchors that their pages do not have.

    What has a ``=`` is no anchor, but what the gallery is to show: ``gallery.html#paradigm=motor``.
    """
    return [
        f"{here}: {path}#{anchor}"
        for here, path, anchor in links(pages)
        if path in pages and "=" not in anchor and anchor not in pages[path].anchors
    ]


def reached(pages: dict[str, _Page], start: str = "index.html") -> set[str]:
    """Return the pages to which one comes from another by links."""
    leads = {}
    for here, path, _ in links(pages):
        leads.setdefault(here, set()).add(path)
    found, todo = {start}, [start]
    while todo:
        new = (leads.get(todo.pop(), set()) & set(pages)) - found
        found |= new
        todo += new
    return found
