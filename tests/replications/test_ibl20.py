"""Networks over mice: what is measured of choices in blocks, and which criteria are met."""

import functools

import numpy as np
import pytest
from scipy.special import ndtr

from jaxgym_neuro import references, replications
from jaxgym_neuro.analysis import psychometric
from jaxgym_neuro.replications import ibl20


def points_alone(fitting, *trials, **names):
    return fitting(*trials, **{**names, "fit": False})


def subject(shift, lapse=0.0, wrong_way=False, environments=40, trials=500):
    """Return trials of a subject whose bias, in % contrast, depends on the block that it knows."""
    rng = np.random.default_rng(0)
    n = environments * trials
    trial = np.tile(np.arange(trials), environments)
    block = np.where(
        trial < 90, 2, ((trial - 90) // 60 + np.repeat(np.arange(environments), trials)) % 2
    )
    truth = (rng.random(n) < np.array([0.2, 0.8, 0.5])[block]).astype(int)
    coh = rng.choice([0.0, 6.25, 12.5, 25.0, 100.0], n)
    toward = np.array([-1, 1, 0])[block] * shift * (-1 if wrong_way else 1)
    p = lapse + (1 - 2 * lapse) * ndtr((coh * (2 * truth - 1) + toward) / 12)
    return {
        "coh": coh,
        "ground_truth": truth,
        "side_bias_block": block,
        "choice": 1 + (rng.random(n) < p),
        "reaction_time": np.full(n, 300.0),
        "env": np.repeat(np.arange(environments), trials),
        "trial": trial,
    }  # fmt: skip


@pytest.mark.slow
def test_what_the_laboratory_asks_for_is_measured():
    """20,000 trials: biases are known to 1 % contrast, at four standard errors and more."""
    measured = ibl20.Choices.of([subject(shift=5.0)]).measured()
    assert measured["bias_shift"] == pytest.approx(10, abs=1.5)
    assert measured["bias"] < 1.5
    assert measured["threshold"] == pytest.approx(12 * np.sqrt(2), abs=2)
    assert measured["lapse"] < 0.02
    assert measured["easy_correct"] > 0.99
    assert measured["reaction_time"] == 300


@pytest.mark.slow
def test_a_bias_against_the_block_or_lapses_do_not_meet_the_criteria():
    ready = ibl20.criteria_met(ibl20.Choices.of([subject(shift=5.0)]))
    assert all(ready.values())
    contrary = ibl20.criteria_met(ibl20.Choices.of([subject(shift=5.0, wrong_way=True)]))
    assert [name for name, met in contrary.items() if not met] == ["bias_shift"]
    lapsing = ibl20.criteria_met(ibl20.Choices.of([subject(shift=5.0, lapse=0.15)]))
    assert [name for name, met in lapsing.items() if not met] == ["easy_correct", "lapse"]


def test_without_contrast_who_follows_the_block_is_right_as_often_as_it_is(monkeypatch):
    monkeypatch.setattr(ibl20, "psychometric", functools.partial(points_alone, psychometric))
    found = ibl20.Choices.of([subject(shift=1_000.0)])
    assert found.at_zero.covers(0.8)
    assert abs(found.at_zero_without - 0.5) < 0.08
    assert found.changes is not None
    assert found.changes.before.value == 0
    assert found.changes.after.value == 1


def test_criteria_are_met_on_their_side_alone(monkeypatch):
    monkeypatch.setattr(ibl20, "psychometric", functools.partial(points_alone, psychometric))
    found = ibl20.Choices.of([subject(shift=5.0, lapse=0.15)])
    met = ibl20.criteria_met(found)
    assert not met["easy_correct"]
    assert met["reaction_time"]
    assert not met["bias_shift"], "what could not be fitted meets nothing"


def test_numbers_of_mice_are_those_of_the_references():
    assert ibl20.criteria() == {
        "easy_correct": (0.9, True),
        "bias": (10.0, False),
        "threshold": (20.0, False),
        "lapse": (0.1, False),
        "reaction_time": (2000.0, False),
        "bias_shift": (5.0, True),
    }
    assert references.load("ibl25")["accuracy"][0] == 0.587


@pytest.mark.slow
def test_a_short_training_gives_a_statement_and_a_figure():
    short = replications.Settings(seeds=2, updates=40, trials=40_000)
    finding = replications.load("ibl20").run(short)
    assert any("bias shift is" in line for line in finding.statement)
    assert "accuracy at 0, network 1" in finding.numbers
    assert len(finding.figure().axes) == 3
