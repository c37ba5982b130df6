"""``analyze`` writes numbers and small tables, and JSON that a program may read."""

import json

import numpy as np
import pytest
from running import run

COH = np.repeat([0.0, 5.0, 10.0, 20.0], 300)


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes trials of one run into a folder, with given times."""

    def write(times):
        p = 1 - 0.5 * np.exp(-((COH / 8) ** 1.5))
        correct = np.random.default_rng(0).random(len(COH)) < p
        columns = {"coh": COH, "correct": correct, "reaction_time": times}
        np.savez(tmp_path / "trials.npz", training_run=np.zeros(len(COH), int), **columns)
        return tmp_path

    return write


def test_analyze_writes_a_table_of_each_curve_within_the_width(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = run(capsys, "analyze", folder(np.tile([100.0, 200.0, 600.0], 400))).out
    assert "array(" not in said
    assert all(len(line) <= 80 for line in said.splitlines() if not line.startswith("drew"))
    rows = [line.split() for line in said.splitlines()]
    assert ["x", "correct", "low", "high", "count", "median", "correct"] in rows
    (strongest,) = [row for row in rows if len(row) == 6 and row[0] == "20"]
    assert strongest[-1] == "200"
    assert "psychometric: threshold " in said


def test_analyze_says_why_there_is_no_curve_of_times_that_are_all_the_same(folder, capsys):
    times = np.where(np.arange(len(COH)) % 9, 0.0, np.nan)  # some without an answer
    said = run(capsys, "analyze", folder(times)).out
    assert "chronometric: every answer came after 0 ms" in said
    assert not list(folder(times).glob("chronometric*"))


def test_analyze_as_json_has_numbers(folder, capsys):
    (found,) = json.loads(run(capsys, "analyze", folder(np.zeros(len(COH))), "--json").out)
    assert found["accuracy"]["points"]["count"] == [300] * 4
    threshold = found["psychometric"]["threshold"]
    assert threshold["low"] < threshold["value"] < threshold["high"]
    assert found["chronometric"].startswith("every answer came")
