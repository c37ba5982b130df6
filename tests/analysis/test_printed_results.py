"""Results are printed as words and tables, and pictures name what they show."""

import dataclasses
import inspect

import numpy as np
import pandas
import pytest
from simulated import choices, correct_answers

import jaxgym_neuro as jgn
from jaxgym_neuro import analysis
from jaxgym_neuro.analysis.told import Result


def test_a_curve_with_its_function_is_printed_as_a_line_and_a_table():
    found = analysis.psychometric(correct_answers(np.random.default_rng(0), 2_000), "coh")
    lines = str(found).splitlines()
    assert lines[0].startswith(f"Psychometric: threshold {found.threshold}, slope")
    assert "guess 0.5, trials 2000, left out 0" in " ".join(line.strip() for line in lines)
    header = next(i for i, line in enumerate(lines) if line.split()[:2] == ["x", "points"])
    assert lines[header].split() == ["x", "points", "low", "high", "count"]
    row = found.points.x.tolist().index(12.8)
    assert lines[header + 1 + row].split()[:2] == ["12.8", f"{found.points.y[row]:.4g}"]
    assert len(lines) == header + 1 + 6
    assert max(map(len, lines)) <= 96
    assert "array(" not in str(found) + repr(found)


def test_arrays_beside_a_curve_are_columns_and_large_ones_are_told_by_their_shape():
    rng = np.random.default_rng(0)
    trials = {**correct_answers(rng, 500), "reaction_time": rng.uniform(200, 400, 500)}
    assert "count  median correct" in str(analysis.chronometric(trials))
    learning = str(analysis.learning_curve(None, rng.random(500), window=10))
    assert "subjects float64[1, 50]" in learning
    assert learning.splitlines()[-1].strip() == "and 10 more"


def test_what_two_contexts_hold_is_printed_one_after_the_other():
    rng = np.random.default_rng(0)
    shown = rng.choice([-2.0, -1, 1, 2], (2_000, 2))
    chosen = rng.random(2_000) < 1 / (1 + np.exp(-shown[:, 0]))
    told = str(
        analysis.congruence(
            None, list(shown.T), np.arange(2_000) % 2, choice=chosen, correct=chosen
        )
    )
    assert told.startswith("Congruence: trials 2000, left out 0\nCongruence, 0: weights ")
    assert told.count("by evidence 2") == 2


def test_every_result_is_printed_so():
    for name in analysis.__all__:
        kind = getattr(analysis, name)
        if inspect.isclass(kind) and name != "Estimate":
            assert dataclasses.is_dataclass(kind), name
            assert kind.__repr__ is Result.__repr__, name
    assert str(analysis.Estimate(-1e-9 * 0, -0.0, 2.0)) == "0 (0 to 2)"


def test_axes_have_the_name_of_the_column_with_the_unit_that_the_task_declares():
    table = jgn.rollout("PerceptualDecisionMaking-v0", num_envs=16, num_trials=400)
    assert table.units == {"coh": "%", "signed_coh": "%"}
    assert table.take(slice(10)).units == table.units
    curve = analysis.psychometric(table, "coh", fit=False)
    assert (curve.plot().get_xlabel(), curve.plot().get_ylabel()) == ("coh (%)", "correct")
    times = analysis.chronometric(table, "coh", errors=False)
    assert times.plot().get_xlabel() == "coh (%)"
    axes = jgn.references.compare({"agent": table})
    assert axes.get_xlabel() == "coh (%)"
    both = {"agent": table, "monkeys": jgn.references.load("roitman02")}
    assert jgn.references.compare(both).get_xlabel() == "motion coherence (%)"


@pytest.mark.parametrize(
    ("names", "between", "said"),
    [
        (None, None, "chose choice 2"),
        (["left", "right"], None, "chose right"),
        (["left", "right"], ("right", "left"), "chose left"),
    ],
)
def test_a_picture_says_which_choice_its_curve_is_of(names, between, said):
    trials = choices(np.random.default_rng(0), 500)
    if names is not None:
        trials["choice"] = np.array(names)[trials["choice"] - 1]
    frame = pandas.DataFrame(trials)
    axes = analysis.psychometric(
        frame, "signed_coh", choice="choice", between=between, fit=False
    ).plot()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("signed_coh", said)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["equally often"]


def test_the_grey_line_is_named_once_however_many_curves_there_are():
    trials = correct_answers(np.random.default_rng(0), 500)
    curve = analysis.psychometric(trials, "coh", fit=False)
    axes = curve.plot(curve.plot(label="one"), label="two")
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(texts) == ["guessing", "one", "two"]
