"""The tutorial that needs PyTorch runs from its first cell to the last."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = runpy.run_path(str(ROOT / "docs" / "make_notebooks.py"), run_name="make_notebooks")


def test_the_tutorial_runs(capsys):
    page = ROOT / "docs" / "tutorials" / "sb3_and_pytorch.md"
    exec(compile(MADE["program_of"](page.read_text()), str(page), "exec"), {"__name__": "page"})
    assert "random actions: 0.33" in capsys.readouterr().out
