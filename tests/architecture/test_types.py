"""The package carries its types, and what everybody uses is checked strictly (by ``make lint``)."""

import importlib.resources
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jaxgym_neuro"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pyright"]
VOCABULARY = ("policies", "random", "schedules", "spaces", "stimuli", "timing")
STRICT = [
    *sorted(PACKAGE.glob("core/[a-z]*.py")),
    *sorted(PACKAGE.glob("support/[a-z]*.py")),
    *(PACKAGE / f"{module}.py" for module in VOCABULARY),
]
MAY_BE_OFF = {"reportUnknownMemberType=false", "reportMissingTypeStubs=false"}


def test_type_checkers_are_told_that_there_are_types():
    assert importlib.resources.files("jaxgym_neuro").joinpath("py.typed").is_file()


def test_no_check_is_switched_off_for_the_whole_package():
    assert SETTINGS["typeCheckingMode"] == "basic"
    assert not [name for name in SETTINGS if name.startswith(("report", "exclude", "ignore"))]


@pytest.mark.parametrize("path", STRICT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_public_vocabulary_and_its_ground_are_checked_strictly(path):
    assert path.is_file()
    assert any(path.is_relative_to(ROOT / strict) for strict in SETTINGS["strict"])
    directives = re.findall(r"# pyright: (?!ignore\[)(.*)", path.read_text())
    assert {one.strip() for line in directives for one in line.split(",")} <= MAY_BE_OFF


# What a user writes, and what the type checker should say that it is.
REVEALED = {
    'jgn.make("Bandit-v0")': "tuple[Bandit, Params]",
    'jgn.make("Bandit-v0", n=3)[1]': "Params",
    'jgn.make("MyTask-v0")': "tuple[Any, Any]",
    'jgn.make("Reaching1D-v0")[0].reset(key)[1].carry': "Carry",
    'jgn.make("Bandit-v0")[0].step(key, state, 0)[2]': "Array",
    'jgn.make("GoNogo-v0")[0].new_trial(key).ob': "Array",
}


@pytest.mark.slow
def test_a_type_checker_knows_what_make_reset_and_step_return(tmp_path):
    lines = [
        "from typing import Any",
        "import jaxgym_neuro as jgn",
        "key: Any = 0",
        "state: Any = 0",
    ]
    script = tmp_path / "user.py"
    script.write_text("\n".join([*lines, *(f"reveal_type({code})" for code in REVEALED)]))
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pyright",
            "--outputjson",
            "--pythonpath",
            sys.executable,
            str(script),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    said = json.loads(run.stdout)["generalDiagnostics"]
    types = [re.fullmatch(r'Type of ".*" is "(.*)"', one["message"]) for one in said]
    assert [match and match[1] for match in types] == list(REVEALED.values()), said
