"""The package carries its types, and what everybody uses is checked strictly (by ``make lint``)."""

import importlib.resources
import re
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
