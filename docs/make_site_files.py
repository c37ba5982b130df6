"""Write what the site is built of and is not committed: pages and pictures of tasks.

``python docs/make_site_files.py`` writes them; a build does so before it reads pages, in a process
of its own, since Sphinx forks and JAX may not be at work before a fork. To have more made, add a
step. A step writes with `write_if_changed`, so that a build reads again only what is new.
"""

import pathlib
from collections.abc import Callable

import make_task_pictures
import pages

DOCS = pathlib.Path(__file__).parent


def write_if_changed(path: pathlib.Path, text: str) -> None:
    """Write a file unless it says that already."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def draw_task_pictures() -> None:
    """Draw the pictures of trials that are missing or out of date, if the site is to have any."""
    if make_task_pictures.is_wanted():
        make_task_pictures.make_all()


def write_task_pages() -> None:
    """Write the pages that are made of the tasks; remove those of tasks that are gone."""
    made = pages.all_pages()
    for path, text in made.items():
        write_if_changed(DOCS / path, text)
    for path in (DOCS / "tasks").glob("*.md"):
        if f"tasks/{path.name}" not in made:
            path.unlink()


STEPS: list[Callable[[], None]] = [draw_task_pictures, write_task_pages]


if __name__ == "__main__":
    for step in STEPS:
        step()
