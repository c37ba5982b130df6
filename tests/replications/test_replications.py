"""Replications: what they are called, what the command writes, and what it refuses."""

import json
import re

import numpy as np
import pytest

from jaxgym_neuro import cli, replications
from jaxgym_neuro.analysis.drawing import panels


def fake_finding():
    def draw():
        figure, axes = panels(2)
        axes[0].plot([0, 1], [0, 1])
        return figure

    return replications.Finding(
        name="fake", numbers={"off": 0.1, "none": None}, statement=("it fits",), parts={}, draw=draw
    )


@pytest.mark.parametrize("name", replications.names())
def test_every_replication_loads_and_says_what_it_is(name):
    found = replications.load(name)
    assert found.name == name
    assert found.doi.startswith("10.")
    assert found.title
    assert found.trains
    assert found.updates > 0


def test_a_finding_is_written_as_numbers_and_a_figure(tmp_path):
    finding = fake_finding()
    assert replications.write(tmp_path / "new", finding) == ["finding.json", "finding.png"]
    told = json.loads((tmp_path / "new" / "finding.json").read_text())
    assert told == {
        "replication": "fake",
        "statement": ["it fits"],
        "numbers": {"off": 0.1, "none": None},
    }
    assert (tmp_path / "new" / "finding.png").stat().st_size > 5_000
    assert str(finding) == "fake:\n- it fits"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["roitman"], "no replication 'roitman'; did you mean 'roitman02'?"),
        (["roitman02", "--seeds", "0"], "seeds is a whole number of at least 1, not 0"),
        (["roitman02", "--updates", "0"], "updates is a whole number of at least 1, not 0"),
        (["roitman02", "--trials", "0"], "trials is a whole number of at least 1, not 0"),
    ],
)
def test_what_is_wrong_is_said(arguments, said, capsys):
    assert cli.main(["replicate", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_a_name_the_command_lists_them(capsys):
    assert cli.main(["replicate"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^roitman02 +Roitman & Shadlen 2002", said, re.MULTILINE)
    assert re.search(r"^roitman02_n +Roitman & Shadlen 2002", said, re.MULTILINE)


@pytest.mark.slow
def test_the_command_trains_and_writes_finding_cards_and_trials(tmp_path, capsys):
    short = ["--seeds", "2", "--updates", "2", "--hidden", "8", "--trials", "600"]
    assert cli.main(["replicate", "roitman02", *short, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "accuracy does not fit monkey b" in said
    assert "wrote finding.json" in said
    told = json.loads((tmp_path / "finding.json").read_text())
    off = [told["numbers"][f"accuracy off monkey b, network {number}"] for number in (0, 1)]
    assert max(off) > 0.04
    card = json.loads((tmp_path / "networks" / "card.json").read_text())
    assert card["config"]["network.hidden"] == 8
    assert len(card["runs"]) == 2
    with np.load(tmp_path / "networks" / "trials.npz") as trials:
        assert np.bincount(trials["training_run"]).tolist() == [600, 600]
