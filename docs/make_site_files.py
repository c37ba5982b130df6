"""Write the files that the site is built of and that are not committed: pages of tasks.

``python docs/make_site_files.py`` writes them; a build does so before it reads pages, in a process
of its own, since Sphinx forks and JAX may not be at work before a fork. To have more made, add a
step. A step writes with `write_if_changed`, so that a build reads again only what is new.
"""

import pathlib
from collections.abc import Callable

import make_pages

DOCS = pathlib.Path(__file__).parent


def write_if_changed(path: pathlib.Path, text: str) -> None:
    """Write a file unless it says that already."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_task_pages() -> None:
    """Write the page of each task and those that list them; remove pages of tasks that are gone."""
    pages = make_pages.task_lists() | make_pages.task_pages()
    for name, text in pages.items():
        write_if_changed(DOCS / "tasks" / f"{name}.md", text)
    for path in (DOCS / "tasks").glob("*.md"):
        if path.name.removesuffix(".md") not in pages:
            path.unlink()


STEPS: list[Callable[[], None]] = [write_task_pages]


if __name__ == "__main__":
    for step in STEPS:
        step()
