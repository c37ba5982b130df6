"""Run the Python blocks of the documentation's pages, and draw the pictures that they make.

``python docs/make_images.py`` rewrites ``docs/images``; given names of pages, what these draw. The
rule: a picture that directly follows a block shows what that block left in the variable ``figure``.
Blocks of a page run in order, in one namespace. The tests run the same function without writing.
"""

import dataclasses
import pathlib
import re
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
_MADE = ("_build", "tasks", "gallery.md", "choose_a_task.md")  # not committed
PAGES = [
    ROOT / "README.md",
    *sorted(
        page
        for page in (ROOT / "docs").rglob("*.md")
        if page.relative_to(ROOT / "docs").parts[0] not in _MADE
    ),
]

_BLOCK = re.compile(
    r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$(?:\n\s*!\[[^\]]*\]\((?P<image>[^)]+)\))?",
    re.MULTILINE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    code: str
    line: int  # of its first line of code, from 1
    image: pathlib.Path | None  # the picture that directly follows


def blocks_of(page: pathlib.Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text()
    return [
        Block(
            language=match["language"].strip(),
            code=match["code"],
            line=text.count("\n", 0, match.start("code")) + 1,
            image=page.parent / match["image"] if match["image"] else None,
        )
        for match in _BLOCK.finditer(text)
    ]


def run_page(page: pathlib.Path) -> tuple[dict[str, Any], dict[pathlib.Path, Any]]:
    """Run a page's Python blocks; return their namespace, and the figure of each picture."""
    namespace: dict[str, Any] = {"__name__": "__page__"}
    figures = {}
    for block in blocks_of(page):
        if block.language != "python":
            continue
        # Blank lines before the code make a traceback show the page's own line numbers.
        exec(compile("\n" * (block.line - 1) + block.code, str(page), "exec"), namespace)
        if block.image is not None:
            figures[block.image] = namespace.pop("figure")
    return namespace, figures


def main() -> None:
    """Draw every picture, or those of the pages whose names are given."""
    names = sys.argv[1:] or [page.name for page in PAGES]
    for page in (page for page in PAGES if page.name in names):
        for path, figure in run_page(page)[1].items():
            path.parent.mkdir(exist_ok=True)
            figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
