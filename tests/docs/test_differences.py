"""The page of differences names tests that exist, and tasks that are registered."""

import pathlib
import re

import jaxgym_neuro as jgn

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "differences_from_neurogym.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]


def test_every_difference_is_held_by_a_test_that_exists():
    defined = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^\s*def (test_\w+)", path.read_text(), re.MULTILINE))
    rows = [row for row in ROWS if not row.startswith(("| difference |", "| task |"))]
    assert rows
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row.rsplit("|", 2)[1])
        assert named, row
        assert set(named) <= defined, (row, set(named) - defined)


def test_every_task_that_is_named_is_registered():
    named = set(re.findall(r"\b(\w+-v\d+)\b", PAGE))
    assert named <= set(jgn.registered_tasks())
