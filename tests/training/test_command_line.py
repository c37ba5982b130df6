"""``python -m jaxgym_neuro train`` and ``evaluate``: what they write, and what they refuse."""

import json
import sys

import numpy as np
import pytest

from jaxgym_neuro import cli, training
from jaxgym_neuro.training.analyses import analyses_of

ID = "PerceptualDecisionMaking-v0"
SHORT = json.dumps({"timing": {"stimulus": 300, "delay": 0, "decision": 100}})


@pytest.mark.slow
def test_a_training_is_saved_evaluated_drawn_and_evaluated_again(tmp_path, capsys):
    folder = tmp_path / "new"
    arguments = ["train", ID, "--args", SHORT, "--cell", '{"hidden": 8}', "--updates", "3"]
    arguments += ["--set", '{"num_envs": 8}', "--seeds", "2", "--trials", "200"]
    assert cli.main([*arguments, "--out", str(folder)]) == 0
    said = capsys.readouterr().out
    for words in ("3 updates", "ideal observer", "random actions", "seed 1"):
        assert words in said
    card = json.loads((folder / "card.json").read_text())
    assert card["task"] == {"id": ID, "args": json.loads(SHORT), "preset": None}
    assert card["config"]["network.hidden"] == 8
    assert len(card["runs"]) == 2
    assert card["chance"] < card["ideal"] <= 1
    assert "| ideal observer |" in (folder / "card.md").read_text()
    assert (folder / "performance.png").stat().st_size > 5_000
    with np.load(folder / "trials.npz") as trials:
        assert np.bincount(trials["training_run"]).tolist() == [200, 200]

    capsys.readouterr()
    assert cli.main(["analyze", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "run 1:" in said
    assert "psychometric" in said
    assert card["units"] == {"coh": "%", "signed_coh": "%"}
    assert set(card["ideal_by_condition"]["coh"]) == {0.0, 6.4, 12.8, 25.6, 51.2}

    assert cli.main(["evaluate", str(folder), "--trials", "200"]) == 0
    again = json.loads((folder / "card.json").read_text())
    assert [run["performance"] for run in again["runs"]] == [
        run["performance"] for run in card["runs"]
    ]
    assert cli.main([*arguments, "--out", str(folder)]) == 2
    assert "--resume goes on with it, and --out DIR" in capsys.readouterr().err
    assert cli.main([*arguments, "--out", str(folder), "--resume"]) == 0
    assert "3 updates" in capsys.readouterr().out


OWN = """
import jaxgym_neuro as jgn
from jaxgym_neuro.tasks.context.context_switch import ContextSwitch

class Own(ContextSwitch):
    pass
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A file with a class of one's own, in the folder where the commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_of_training.py").write_text(OWN)
    return "own_of_training.py:Own"


@pytest.mark.slow
def test_a_class_of_ones_own_is_trained_and_evaluated_from_any_folder(
    own, tmp_path, capsys, monkeypatch
):
    few = ["--cell", '{"hidden": 4}', "--updates", "1", "--trials", "50", "--set", "num_envs=8"]
    assert cli.main(["train", own, "--args", "dt=50", *few]) == 0
    folder = tmp_path / "trained" / "Own"
    card = json.loads((folder / "card.json").read_text())
    assert card["task"]["id"] == str(tmp_path / own)
    assert card["task"]["args"] == {"dt": 50}
    assert (folder / "card.md").read_text().startswith("# Own\n")
    capsys.readouterr()
    assert cli.main(["analyze", "trained"]) == 2
    assert "there is one in trained/Own" in capsys.readouterr().err
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert cli.main(["evaluate", str(folder), "--trials", "70", "--out", "again"]) == 0
    assert capsys.readouterr().err == ""
    assert json.loads((elsewhere / "again" / "card.json").read_text())["trials"] == 70
    assert json.loads((folder / "card.json").read_text())["trials"] == 50
    assert cli.main(["evaluate", str(folder), "--trials", "70"]) == 0
    assert "is written over; --out DIR keeps it" in capsys.readouterr().err
    (tmp_path / "own_of_training.py").rename(elsewhere / "own_of_training.py")
    assert cli.main(["evaluate", str(folder)]) == 2
    assert "--task FILE.py:CLASS says where the class is now" in capsys.readouterr().err
    assert cli.main(["evaluate", str(folder), "--trials", "50", "--task", own]) == 0


def test_what_is_wrong_with_a_class_of_ones_own_is_said(own, capsys):
    assert cli.main(["train", own, "--preset", "paper"]) == 2
    assert "--preset is of a registered task" in capsys.readouterr().err
    assert cli.main(["train", own, "--args", "dtt=3"]) == 2
    assert "did you mean 'dt'" in capsys.readouterr().err
    assert cli.main(["solve", f"{own}s"]) == 2
    assert "did you mean 'Own'" in capsys.readouterr().err
    assert cli.main(["bench", "tasks", f"{own}s"]) == 2
    assert "did you mean 'Own'" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_no_policy_has_a_card_too(tmp_path, capsys):
    arguments = ["train", "Reaching1D-v0", "--method", "supervised", "--updates", "2"]
    arguments += ["--cell", '{"cell": "LeakyRNN", "hidden": 8}', "--set", '{"batch_size": 4}']
    assert cli.main([*arguments, "--out", str(tmp_path)]) == 0
    assert "no policy" in capsys.readouterr().out
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["ideal"] is card["chance"] is None
    assert not (tmp_path / "trials.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "PerceptualDecisionMakin-v0"], "did you mean"),
        (["train", ID, "--preset", "psychometrik"], "did you mean 'psychometric'"),
        (["train", ID, "--cell", '{"cell": "LSTM"}'], "no cell 'LSTM'"),
        (["train", ID, "--set", '{"learning_rte": 1}'], "did you mean 'learning_rate'"),
        (["train", ID, "--updates", "0"], "--updates is a whole number of at least 1, not 0"),
        (["train", ID, "--until", "idea"], "until is a number"),
        (["train", ID, "--trials", "0"], "--trials is a whole number of at least 1, not 0"),
        (["evaluate", "nowhere"], "nothing was trained into nowhere"),
        (["analyze", "nowhere"], "no trials in nowhere"),
    ],
)
def test_what_is_wrong_is_said(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_training_that_did_not_begin_leaves_nothing_that_a_later_one_takes_for_its_own(
    tmp_path, capsys
):
    out = ["--out", str(tmp_path), "--updates", "1"]
    assert cli.main(["train", "GoNogo-v0", "--args", "dt=50", "--until", "idea", *out]) == 2
    assert cli.main(["train", "GoNogo-v0", "--args", "dt=100", "--until", "idea", *out]) == 2
    assert json.loads((tmp_path / "task.json").read_text())["args"] == {"dt": 100}
    (tmp_path / "training.json").touch()  # as one that began
    assert cli.main(["train", "GoNogo-v0", "--args", "dt=20", "--until", "idea", *out]) == 2
    assert json.loads((tmp_path / "task.json").read_text())["args"] == {"dt": 100}
    (tmp_path / "task.json").write_text("{")
    assert cli.main(["evaluate", str(tmp_path)]) == 2
    assert "task.json is not what a training has written" in capsys.readouterr().err


def test_analyses_are_those_that_suit_the_columns():
    rng = np.random.default_rng(0)
    coh = np.repeat([0.0, 5.0, 10.0, 20.0], 200)
    correct = rng.random(800) < 1 - 0.5 * np.exp(-((coh / 8) ** 1.5))
    columns = {"coh": coh, "correct": correct, "reaction_time": rng.uniform(100, 300, 800)}
    found = analyses_of(columns)
    assert set(found) == {"accuracy", "psychometric", "chronometric"}
    assert found["psychometric"].threshold.covers(8)
    assert found["accuracy"].points.count.sum() == 800


def test_one_picture_shows_accuracy_with_its_function_and_the_ideal_observer(tmp_path):
    rng = np.random.default_rng(0)
    coh = np.repeat([0.0, 5.0, 10.0, 20.0], 200)
    correct = rng.random(800) < 1 - 0.5 * np.exp(-((coh / 8) ** 1.5))
    columns = {"coh": coh, "correct": correct, "reaction_time": rng.uniform(100, 300, 800)}
    np.savez(tmp_path / "trials.npz", **columns, training_run=np.zeros(800, np.int32))
    best = {"coh": [0, 5, 5], "side": [0, 0, 1], "share": [1, 1, 3], "performance": [0.5, 0.8, 1]}
    card = {"units": {"coh": "%"}, "ideal_by_condition": best}
    (tmp_path / "card.json").write_text(json.dumps(card))
    (found,) = training.analyze(tmp_path)
    drawn = dict(training.pictures(tmp_path, found))
    assert set(drawn) == {"psychometric", "chronometric"}
    axes = drawn["psychometric"]
    assert axes.get_xlabel() == "coh (%)"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(labels) == ["guessing", "ideal observer", "network"]
    line = next(line for line in axes.get_lines() if line.get_label() == "ideal observer")
    np.testing.assert_allclose(line.get_xydata(), [[0, 0.5], [5, 0.95]])
    few = analyses_of({name: values[200:600] for name, values in columns.items()})
    assert set(dict(training.pictures(tmp_path, few))) == {"accuracy", "chronometric"}


def test_where_no_function_can_be_fitted_the_analysis_says_why_and_the_points_are_there():
    coh = np.repeat([5.0, 10.0], 100)
    columns = {"coh": coh, "correct": coh > 0, "reaction_time": np.full(200, 100.0)}
    found = analyses_of(columns)
    assert "a function needs 3 stimuli" in found["psychometric"]
    assert found["accuracy"].points.y.tolist() == [1.0, 1.0]


def test_detection_is_analysed_where_there_are_outcomes():
    rng = np.random.default_rng(0)
    words = rng.permutation(np.repeat(["hit", "miss"], 50))
    assert "signal" in analyses_of({"outcome": words})["signal detection"]


def test_a_recipe_is_a_copy():
    recipe = training.recipe(ID, "ppo")
    assert recipe == training.recipe(ID, "ppo")
    recipe["updates"] = 1
    assert training.recipe(ID, "ppo")["updates"] > 1
