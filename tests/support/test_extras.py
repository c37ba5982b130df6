"""What is said where a package of an extra is missing."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.support import extras

ROOT = Path(__file__).parents[2]
SAID = r"needs the extra 'frames' \(pandas is missing\): pip install 'jaxgym-neuro\[frames\]'"


def without(*modules):
    """Return the begin of a program in which there are no such modules."""
    return f"import sys; sys.modules.update(dict.fromkeys({modules}))\n"


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_frame_says_which_extra_it_needs(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pandas", None)
    table = jgn.ideal.Performance.exact("a", "b", {}, share=[1], performance=1, reward=1)
    with pytest.raises(ImportError, match=SAID):
        table.frame()
    with pytest.raises(ImportError, match=SAID):
        jgn.Monitor(GymnasiumEnv("GoNogo-v0"), tmp_path, format="parquet")


@pytest.mark.parametrize(
    ("module", "extra", "statement"),
    [
        ("flax", "train", "from jaxgym_neuro import training"),
        ("optax", "train", "import jaxgym_neuro.training"),
        ("flax", "train", "import jaxgym_neuro; jaxgym_neuro.replications"),
        ("stable_baselines3", "sb3", "import jaxgym_neuro.adapters.sb3"),
    ],
)
def test_a_package_says_which_extra_it_needs(module, extra, statement):
    done = run(without(module) + statement)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert f"needs the extra '{extra}' ({module} is missing): pip install" in last


def test_analyses_say_so_and_the_others_are_done(monkeypatch):
    from jaxgym_neuro.training.analyses import analyses_of

    monkeypatch.setitem(sys.modules, "psignifit", None)
    coh = np.repeat([0.0, 5.0, 10.0, 20.0], 200)
    correct = np.random.default_rng(0).random(800) < 1 - 0.5 * np.exp(-((coh / 8) ** 1.5))
    columns = {"coh": coh, "correct": correct, "reaction_time": np.full(800, 1.0)}
    found = analyses_of(columns)
    assert "needs the extra 'analysis' (psignifit is missing)" in found["psychometric"]
    assert found["accuracy"].points.count.sum() == 800


def test_the_command_says_so_in_a_line():
    main = "from jaxgym_neuro import cli; sys.exit(cli.main(['train', 'GoNogo-v0']))"
    done = run(without("flax") + main)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("jaxgym-neuro: training needs the extra 'train' (flax is missing): pip")


def test_a_module_of_no_extra_is_missed_as_it_is():
    missing = pytest.raises(ModuleNotFoundError, match="No module named 'nothing_of_ours'")
    with missing, extras.needed_by("a test"):
        importlib.import_module("nothing_of_ours")


def test_the_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(extras.EXTRAS.values()) <= set(project["optional-dependencies"])
