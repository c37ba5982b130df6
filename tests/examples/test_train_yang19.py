"""The example on twenty tasks: what it measures of units, and that it runs from end to end."""

import importlib.util
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

_FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def yang19():
    spec = importlib.util.spec_from_file_location("train_yang19", _FOLDER / "train_yang19.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_task_variance_is_over_the_trials_that_last_so_long(yang19):
    activity = jnp.asarray([[[1.0], [3.0], [9.0]], [[5.0], [7.0], [8.0]]], jnp.float32)
    everywhere = jnp.asarray([[True, True, False], [True, True, False]])
    assert yang19.task_variance(activity, everywhere).tolist() == [1.0]
    # One trial alone does not vary, and its step counts half as much.
    shorter = everywhere.at[1, 1].set(False)
    assert yang19.task_variance(activity, shorter).tolist() == [pytest.approx(2 / 3)]


@pytest.mark.slow
def test_it_trains_measures_and_draws(yang19, tmp_path, capsys):
    tasks = ("rtgo", "dm1")
    short = ["--updates", "40", "--hidden", "16", "--trials", "256", "--out", str(tmp_path)]
    yang19.main(["--tasks", *tasks, *short])
    assert "clusters:" in capsys.readouterr().out
    assert (tmp_path / "clusters.png").stat().st_size > 5_000
    with np.load(tmp_path / "variances.npz") as saved:
        assert tuple(saved["tasks"]) == tasks
        assert saved["variances"].shape == (2, 16)
        assert (saved["variances"].sum(axis=0) > 0).all()
