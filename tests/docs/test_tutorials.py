"""The tutorials run from their first cell to the last, and their notebooks are made of them."""

import json
import os
import pathlib
import re
import runpy
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
MADE = runpy.run_path(str(ROOT / "docs" / "make_notebooks.py"), run_name="make_notebooks")
tutorials, cells_of, program_of, notebooks, notebook_of = (
    MADE[name] for name in ("tutorials", "cells_of", "program_of", "notebooks", "notebook_of")
)
# Those that need PyTorch run where it is installed: tests/torch/test_tutorial.py.
RUN_HERE = [page for page in tutorials() if "import torch" not in page.read_text()]
PAGE = """---
kernelspec:
  name: python3
---

# A title

{download}`This page as a notebook <x.ipynb>`

```{code-cell}
%matplotlib inline
x = 1
```

Text.

```{code-cell}
assert x == 1
```
"""


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_HERE, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_a_program_of_its_own(page, tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", program_of(page.read_text())],
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "JAX_PLATFORMS": "cpu"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-3000:]


def test_tutorials_that_run_elsewhere_are_few():
    assert [page.stem for page in tutorials() if page not in RUN_HERE] == ["sb3_and_pytorch"]


@pytest.mark.parametrize("page", tutorials(), ids=lambda page: page.stem)
def test_a_tutorial_says_how_to_install_and_checks_what_it_claims(page):
    code = [cell.source for cell in cells_of(page.read_text()) if cell.is_code]
    assert code[0].splitlines()[-1].startswith('# %pip install "jaxgym-neuro[')
    assert any("assert " in source for source in code)


def test_notebooks_are_made_of_the_tutorials():
    committed = {p: p.read_text() for p in (ROOT / "examples" / "notebooks").glob("*.ipynb")}
    assert committed == notebooks(), "make them with: python docs/make_notebooks.py"


def test_links_of_notebooks_lead_to_files():
    links = [
        (book, link)
        for book in (ROOT / "examples" / "notebooks").glob("*.ipynb")
        for cell in json.loads(book.read_text())["cells"]
        if cell["cell_type"] == "markdown"
        for link in re.findall(r"\]\(([^):#]+)[)#]", "".join(cell["source"]))
    ]
    assert links
    assert [(book.stem, to) for book, to in links if not (book.parent / to).is_file()] == []


def test_a_text_notebook_becomes_cells_without_what_is_for_the_site_or_for_jupyter():
    made = json.loads(notebook_of(PAGE))
    sources = ["".join(cell["source"]) for cell in made["cells"]]
    assert sources == ["# A title", "%matplotlib inline\nx = 1", "Text.", "assert x == 1"]
    kinds = [cell["cell_type"] for cell in made["cells"]]
    assert kinds == ["markdown", "code", "markdown", "code"]
    assert program_of(PAGE) == "x = 1\n\nassert x == 1\n"
