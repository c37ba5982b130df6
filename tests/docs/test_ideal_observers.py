"""The page of ideal observers has a row for each rule; those in closed form are up to date."""

import pathlib
import runpy

import pytest

import jaxgym_neuro as jgn

DOCS = pathlib.Path(__file__).parents[2] / "docs"
MAKE = runpy.run_path(str(DOCS / "make_observers.py"), run_name="make_observers")


SECTIONS = {
    "All of them": None,
    "With the preset psychometric": "psychometric",
    "With the preset paper, in its wrappers": "paper",
}


def rows_of(section):
    """Cells of the table of a section, by task and rule."""
    text = (DOCS / "ideal_observers.md").read_text().split(f"## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| [")]
    cells = [tuple(line.strip("| ").split(" | ")) for line in lines]
    return {(id.split("]")[0].strip("["), rule): rest for id, rule, *rest in cells}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_rule_of_every_task_has_a_row(section):
    expected = MAKE["configurations"](SECTIONS[section])
    assert list(rows_of(section)) == expected, "write it with: python docs/make_observers.py"


@pytest.mark.parametrize("section", SECTIONS)
def test_closed_forms_are_up_to_date(section):
    for (id, rule), written in rows_of(section).items():
        if "±" in "".join(written[:2]):
            continue  # simulated: it would take a while
        env, params = jgn.make(id, preset=SECTIONS[section])
        found = jgn.ideal.performance(env, params, rule, num_trials=2)
        assert found.source == "closed form", (id, rule)
        expected = [found.mean_performance, found.mean_reward]
        numbers = [float(cell) for cell in written[:2]]
        assert numbers == pytest.approx(expected, abs=1.1e-3), (id, rule)
