"""``new`` makes a task that is whole, and ``check`` says what a task breaks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from running import refused, run

ROOT = Path(__file__).parents[2]
LONG = "ALouderToneInLongerOfTwoInterv"


def tool(folder, *arguments):
    """Run a tool in a folder; return its status and what it wrote."""
    run = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize("name", ["A", "LouderTone", LONG])
def test_a_new_task_passes_ruff_as_it_is(name, tmp_path, capsys):
    run(capsys, "new", name, "--dir", tmp_path)
    assert len(list(tmp_path.glob("*.py"))) == 2
    here = ["--config", str(ROOT / "pyproject.toml")]
    for options in (["check", "--isolated"], ["check", *here]):
        assert tool(tmp_path, "ruff", *options, ".") == (0, "All checks passed!\n")
    for options in (["--isolated"], here):
        assert tool(tmp_path, "ruff", "format", "--check", *options, ".")[0] == 0


@pytest.mark.usefixtures("restored_registries")
def test_a_new_task_passes_its_tests_and_every_check(tmp_path, capsys, monkeypatch):
    said = run(capsys, "new", "LouderTone", "--dir", tmp_path / "tasks").out
    assert f"check {tmp_path / 'tasks' / 'louder_tone.py'}:LouderTone" in said
    assert f"-m pytest {tmp_path / 'tasks' / 'test_louder_tone.py'} (pip install pytest)" in said
    status, told = tool(tmp_path / "tasks", "pytest", "-q", "-p", "no:cacheprovider")
    assert status == 0, told
    monkeypatch.chdir(tmp_path / "tasks")
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert "promises hold" in run(capsys, "check", "louder_tone:LouderTone").out
    assert run(capsys, "show", "louder_tone:LouderTone").out.startswith("LouderTone\n")
    file = tmp_path / "tone.png"
    run(capsys, "plot", "louder_tone:LouderTone", "--set", "sigma=0", "-o", file)
    assert file.stat().st_size > 5_000
    assert "exists; move it" in refused(capsys, "new", "LouderTone")


@pytest.mark.slow
def test_a_new_task_passes_pyright_as_it_is(tmp_path, capsys):
    run(capsys, "new", "LouderTone", "--dir", tmp_path)
    status, told = tool(tmp_path, "pyright", "--pythonpath", sys.executable, ".")
    assert status == 0, told


@pytest.mark.parametrize("name", ["louder", "Louder-Tone", "1Tone", "True", LONG + "al"])
def test_a_name_that_is_no_class_is_refused(name, tmp_path, capsys):
    assert "is named as a class is" in refused(capsys, "new", name, "--dir", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Class", "Random", "Jax"])
def test_a_name_whose_file_could_not_be_imported_or_would_hide_a_module_is_refused(
    name, tmp_path, capsys
):
    assert f"a file {name.lower()}.py" in refused(capsys, "new", name, "--dir", tmp_path)
    assert list(tmp_path.iterdir()) == []


BROKEN = """
import jaxgym_neuro as jgn

class Broken(jgn.TrialEnv):
    TIMING = {"wait": 100}
    def __init__(self):
        super().__init__(100, observation_space=jgn.spaces.Box(0, 1, (1,)),
                         action_space=jgn.spaces.Discrete(2))
    def sample_conditions(self, key, params, carry):
        return {}, carry
    def build_trial(self, builder, conditions, params):
        return builder.add_period("wait").set_groundtruth(1)
    def respond(self, state, action, params):
        return jgn.Response(reward=float("nan"))

class NoTask(jgn.TrialEnv):
    def __init__(self):
        self.x = 1 / 0
"""


@pytest.fixture
def broken(tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN)
    return tmp_path / "broken.py"


def test_check_says_what_a_task_breaks_and_where(broken, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = run(
        capsys, "check", f"{broken}:Broken", "--only", "respond", "build_trial", status=1
    ).out
    assert all(len(line) <= 80 for line in said.splitlines() if not line.startswith("see"))
    assert "broken   respond" in said
    assert "holds    build_trial" in said
    assert "see Broken.respond" in said
    assert "broken.py:13" in said.replace("\n", "")
    assert "Broken breaks 1 of 2 promises that were checked" in said


def test_check_says_what_is_broken_first_and_does_not_list_what_could_not_be_checked(
    broken, capsys
):
    said = run(capsys, "check", f"{broken}:Broken", status=1).out
    assert said.startswith("Broken breaks ")
    assert said.index("\nrespond: ") < said.index("promise  ") < said.index("holds ")
    assert "not checked" not in said
    assert " more can be checked once that is mended" in said


def test_check_as_json(broken, capsys):
    arguments = ["check", f"{broken}:Broken", "--only", "respond", "build_trial", "--json"]
    told = json.loads(run(capsys, *arguments, status=1).out)
    assert told["holds"] is False
    results = {one["promise"]: one for one in told["promises"]}
    assert results["build_trial"]["result"] == "holds"
    assert results["respond"]["result"] == "broken"
    assert results["respond"]["see"]


def test_check_says_in_a_line_why_a_task_cannot_be_made(broken, capsys):
    said = run(capsys, "check", f"{broken}:NoTask", status=1).out
    words = " ".join(said.split())
    words_of_it = "cannot be made: ZeroDivisionError: division by zero (broken.py, line 18)"
    assert words_of_it in words
    as_json = json.loads(run(capsys, "check", f"{broken}:NoTask", "--json", status=1).out)
    assert (as_json["holds"], as_json["error"]) == (False, words_of_it)
    assert words_of_it in refused(capsys, "show", f"{broken}:NoTask")


def test_check_of_a_registered_task(capsys):
    said = run(capsys, "check", "Null-v0", "--only", "validates").out
    assert "1 promise holds" in said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["GoNoGo-v0"], "did you mean 'GoNogo-v0'?"),
        (["GoNogo-v0", "--only", "validate"], "did you mean 'validates'?"),
        (["GoNogo-v0", "--seed", "-1"], "a whole number of at least 0, not -1"),
    ],
)
def test_check_refuses_what_there_is_not(arguments, line, capsys):
    assert line in refused(capsys, "check", *arguments)


def test_a_file_without_its_class_is_told_what_to_write(broken, capsys):
    line = refused(capsys, "check", broken)
    assert line.endswith(f"a task in a file is FILE.py:CLASS: write {broken}:NoTask")
    assert "there is no file nowhere.py" in refused(capsys, "show", "nowhere.py")


def test_check_refuses_a_class_that_there_is_not(broken, capsys):
    assert "did you mean 'Broken'?" in refused(capsys, "check", f"{broken}:Brokn")
    broken.write_text("x = (")
    line = refused(capsys, "check", f"{broken}:Broken")
    assert "cannot be imported: SyntaxError: '(' was never closed (broken.py, line 1)" in line


PROMOTING = (
    BROKEN
    + """
import jax.numpy as jnp

class Promoting(Broken):
    def sample_conditions(self, key, params, carry):
        return {"n": jnp.int32(1)}, carry
    def build_trial(self, builder, conditions, params):
        return builder.add_period("wait").add_ob(conditions["n"] * jnp.ones(1))
    def respond(self, state, action, params):
        return jgn.Response(reward=0.0)
"""
)


def test_numbers_of_two_dtypes_are_told_under_strict_promotion(tmp_path, capsys):
    (tmp_path / "promoting.py").write_text(PROMOTING)
    arguments = ["check", f"{tmp_path / 'promoting.py'}:Promoting", "--json"]
    told = json.loads(run(capsys, *arguments, status=1).out)
    (broken,) = [one for one in told["promises"] if one["result"] == "broken"]
    assert broken["promise"] == "strict_promotion"
    assert "Promoting.build_trial" in broken["see"][0]
    assert "in a task nothing is promoted: write x.astype(jnp.float32)" in broken["see"][0]
