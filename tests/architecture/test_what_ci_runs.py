"""That the tests which CI runs are all of them: the fast set and the slow one are complements."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

from task_ids import IDS, TYPICAL

REPOSITORY = Path(__file__).parents[2]


def arguments_of_pytest(target):
    """What a target of the Makefile gives to the run of pytest that is its own, the last."""
    recipe = subprocess.run(
        ["make", "--no-print-directory", "-n", target],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    words = shlex.split(recipe.replace("\\\n", "").splitlines()[-1])
    return words[words.index("pytest") + 1 :]


def without_selection(arguments):
    at = arguments.index("-m")
    return arguments[at + 1], arguments[:at] + arguments[at + 2 :]


def test_ci_runs_both_sets():
    lines = (REPOSITORY / ".ci/run").read_text().splitlines()
    assert lines[-3:] == ["make test", "make test-site", "make test-slow"]
    assert "set -euo pipefail" in lines


def test_the_two_sets_are_complements_and_else_run_alike():
    fast, rest = without_selection(arguments_of_pytest("test"))
    slow, same = without_selection(arguments_of_pytest("test-slow"))
    assert (fast, slow) == ("not slow", "slow")
    assert rest == same
    assert not {"-k", "--ignore", "--deselect", "--maxfail", "--last-failed"} & set(rest)


def test_all_of_the_tests_are_collected():
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["pytest"]
    assert settings["ini_options"]["testpaths"] == ["tests"]
    assert settings["ini_options"]["addopts"].split() == [
        "--strict-markers",
        "--strict-config",
        "-ra",
    ]


def test_targets_that_ci_makes_run_the_tests_that_the_main_run_leaves_out():
    [names] = re.findall(
        r"^collect_ignore = \[(.+)\]$", (REPOSITORY / "tests/conftest.py").read_text(), re.M
    )
    recipe = (REPOSITORY / "Makefile").read_text()
    [test] = [line for line in recipe.splitlines() if line.startswith("test:")]
    made = {*test.split(), *(REPOSITORY / ".ci/run").read_text().split()}
    for left_out in re.findall(r'"(\w+)"', names):
        assert f"test-{left_out}" in made
        assert re.search(rf"-m pytest .*tests/{left_out}$", recipe, re.M)


def test_ids_that_the_fast_set_runs_are_among_those_that_all_tests_run():
    assert set(IDS) > TYPICAL
