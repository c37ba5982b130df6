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


def test_units_are_sorted_by_the_tasks_in_which_they_vary(yang19):
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], (5, 8, 4))
    variances = np.array([[1, 0, 0.1], [0.9, 0.1, 0], [0, 1, 0.1], [0, 0.1, 1]])[:, groups]
    variances = (variances + 0.05 * rng.random(variances.shape)) * rng.uniform(1, 9, len(groups))
    silent = np.zeros((4, 3))
    units, labels = yang19.clusters(np.concatenate([silent, variances], axis=1))
    np.testing.assert_array_equal(units, 3 + np.arange(len(groups)))
    assert labels.max() == 3
    for group in range(3):
        assert len(set(labels[groups == group])) == 1


def test_a_silhouette_is_what_its_definition_says(yang19):
    points = np.array([0.0, 1.0, 5.0, 7.0, 20.0])
    apart, labels = np.abs(points[:, None] - points), np.array([1, 1, 2, 2, 3])
    # (b - a) / max(a, b); a unit alone in its cluster scores 0.
    expected = [(6 - 1) / 6, (5 - 1) / 5, (4.5 - 2) / 4.5, (6.5 - 2) / 6.5, 0]
    assert yang19.silhouette(apart, labels) == pytest.approx(np.mean(expected))


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
