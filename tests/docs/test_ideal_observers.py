"""The page of ideal observers has a row for each rule; those in closed form are up to date."""

import pathlib
import runpy

import pytest

import jaxgym_neuro as jgn

DOCS = pathlib.Path(__file__).parents[2] / "docs"
MAKE = runpy.run_path(str(DOCS / "make_observers.py"), run_name="make_observers")


@pytest.fixture(scope="module")
def rows():
    """Cells of the page's last table, by task and rule."""
    lines = (DOCS / "ideal_observers.md").read_text().split("## All of them")[1].splitlines()
    cells = [tuple(line.strip("| ").split(" | ")) for line in lines if line.startswith("| [")]
    return {(id.split("]")[0].strip("["), rule): rest for id, rule, *rest in cells}


def test_every_rule_of_every_task_has_a_row(rows):
    assert list(rows) == MAKE["configurations"](), "write it with: python docs/make_observers.py"


def test_closed_forms_are_up_to_date(rows):
    for (id, rule), written in rows.items():
        if "±" in "".join(written[:2]):
            continue  # simulated: it would take a while
        found = jgn.ideal.performance(id, rule=rule, num_trials=2)
        if found.num_trials:
            continue  # no trial was wrong
        expected = [found.mean_performance, found.mean_reward]
        numbers = [float(cell) for cell in written[:2]]
        assert numbers == pytest.approx(expected, abs=1.1e-3), (id, rule)
