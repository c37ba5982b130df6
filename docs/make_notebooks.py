"""Make the notebooks of the tutorials: ``docs/tutorials/*.md`` are what is written and compared.

``python docs/make_notebooks.py`` rewrites ``examples/notebooks/*.ipynb``, for Jupyter and Colab,
without outputs, and with links that lead from there. A tutorial is a text notebook of MyST-NB: its
cells of code are the blocks ``{code-cell}``, and all text between two of them is one cell of
Markdown. The tests run the same cells, and the site shows what comes of them.
"""

import dataclasses
import json
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "tutorials"
NOTEBOOKS = ROOT / "examples" / "notebooks"

_HEADER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?![a-z]+:)([\w./-]+\.md)")
_FOR_THE_SITE = re.compile(r"^\{download\}.*\n", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a notebook."""

    is_code: bool
    source: str


def tutorials() -> list[pathlib.Path]:
    """Return the pages that are notebooks: those with cells of code."""
    return [page for page in sorted(FOLDER.glob("*.md")) if _CODE.search(page.read_text())]


def cells_of(text: str) -> list[Cell]:
    """Return the cells of a text notebook."""
    parts = _CODE.split(_FOR_THE_SITE.sub("", _HEADER.sub("", text)))
    cells = [Cell(bool(i % 2), part.strip("\n")) for i, part in enumerate(parts)]
    return [cell for cell in cells if cell.source]


def program_of(text: str) -> str:
    """Return the code of a text notebook, without the lines that are for Jupyter (``%``)."""
    lines = "\n\n".join(cell.source for cell in cells_of(text) if cell.is_code).splitlines()
    return "\n".join(line for line in lines if not line.startswith("%")) + "\n"


def notebook_of(text: str) -> str:
    """Return a text notebook as that of Jupyter, in JSON."""
    cells = []
    for number, cell in enumerate(cells_of(text)):
        entry = {
            "cell_type": "code" if cell.is_code else "markdown",
            "id": f"cell-{number}",
            "metadata": {},
            "source": (cell.source if cell.is_code else _moved(cell.source)).splitlines(True),
        }
        cells.append(entry | ({"execution_count": None, "outputs": []} if cell.is_code else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _moved(text: str) -> str:
    """Return Markdown of a tutorial with its links to pages as they are from a notebook."""

    def link(match: re.Match[str]) -> str:
        page = (FOLDER / match[1]).resolve()
        is_notebook = page in tutorials()
        found = NOTEBOOKS / f"{page.stem}.ipynb" if is_notebook else page
        return f"]({pathlib.PurePosixPath(os.path.relpath(found, NOTEBOOKS))}"

    return _LINK.sub(link, text)


def notebooks() -> dict[pathlib.Path, str]:
    """Return what each notebook ought to be."""
    return {NOTEBOOKS / f"{p.stem}.ipynb": notebook_of(p.read_text()) for p in tutorials()}


def main() -> None:
    """Write the notebooks, and remove those of tutorials that are no more."""
    made = notebooks()
    NOTEBOOKS.mkdir(exist_ok=True)
    for path in set(NOTEBOOKS.glob("*.ipynb")) - set(made):
        path.unlink()
    for path, text in made.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
