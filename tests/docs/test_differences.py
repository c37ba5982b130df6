"""The page of differences is what the tasks declare, and names tests that exist."""

import pathlib
import re
import runpy

ROOT = pathlib.Path(__file__).parents[2]
MAKE = runpy.run_path(str(ROOT / "docs" / "make_pages.py"), run_name="make_pages")
PAGE = (ROOT / "docs" / "differences_from_neurogym.md").read_text()


def test_the_page_is_up_to_date():
    assert MAKE["differences"]() == PAGE, "run python docs/make_pages.py"


def test_the_types_of_make_are_up_to_date():
    assert MAKE["types_of_make"]() == MAKE["TYPES"].read_text(), "run python docs/make_pages.py"


def test_the_tables_of_published_numbers_are_up_to_date():
    assert MAKE["references_page"]() == MAKE["REFERENCES"].read_text(), (
        "run python docs/make_pages.py"
    )


def test_the_tables_of_solved_tasks_are_up_to_date():
    assert MAKE["solved_page"]() == MAKE["SOLVED"].read_text(), "run python docs/make_pages.py"


def test_the_page_of_the_command_line_is_up_to_date():
    assert MAKE["command_line_page"]() == MAKE["COMMAND_LINE"].read_text(), (
        "run python docs/make_pages.py"
    )


def test_every_difference_is_held_by_a_test_that_exists():
    defined = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^\s*def (test_\w+)", path.read_text(), re.MULTILINE))
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    rows = [row for row in rows if not row.endswith("| difference | why | test |")]
    assert len(rows) > 60
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row.rsplit("|", 2)[1])
        assert named, row
        assert set(named) <= defined, (row, set(named) - defined)
