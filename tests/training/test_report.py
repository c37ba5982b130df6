"""What a training has come to: which ideal observer it is compared with, and why with none."""

import json
import re

import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import training
from jaxgym_neuro.training.report import Evaluation, ideal_of, ideal_or_reason

VARIABLE = {"stimulus": ("uniform", (1800, 2200))}


def test_where_there_is_no_ideal_observer_it_is_said_why():
    """None is known of one task; that of the other counts steps, and cannot if they vary."""
    known, refusing = jgn.make("ToneDetection-v0"), jgn.make("ToneDetection-v0", timing=VARIABLE)
    best, reason = ideal_or_reason(*known)
    assert best is not None
    assert reason is None
    assert ideal_or_reason(*jgn.make("GoNogo-v0")) == (None, "no observer of GoNogo is known")
    best, reason = ideal_or_reason(*refusing)
    assert best is None
    assert "differs from trial to trial" in reason
    assert ideal_of(*refusing) is None


def test_an_evaluation_says_why_there_is_no_ideal_observer():
    said = repr(Evaluation((), (), None, 0.5, "no observer of GoNogo is known"))
    assert re.search(r"ideal observer +none: no observer of GoNogo is known", said)


@pytest.mark.slow
def test_a_card_says_why_there_is_no_ideal_observer(tmp_path):
    cell = training.GRU(hidden=4)
    trained = training.train_supervised("GoNogo-v0", cell=cell, updates=1, batch_size=4)
    evaluation = training.evaluate(trained, num_trials=8)
    training.write(tmp_path, trained, evaluation)
    assert json.loads((tmp_path / "card.json").read_text())["no_ideal"] == evaluation.no_ideal
    assert "ideal observer | none: no observer of GoNogo is known" in (
        (tmp_path / "card.md").read_text()
    )
