"""Performance by condition: which points are drawn, and of whom."""

import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro.ideal import Performance
from jaxgym_neuro.plotting import plot_by_condition


def table(rule, conditions, performance):
    n = len(performance)
    return Performance.of_trials(
        "task", rule, conditions, performance=np.asarray(performance), reward=np.zeros(n)
    )


def test_a_condition_that_is_a_number_gives_a_curve_beside_the_ideal_observers():
    agent = table("trained", {"coh": np.repeat([0.0, 6.4], 4)}, [1, 0, 1, 0, 1, 1, 1, 0])
    best = jgn.ideal.performance("PerceptualDecisionMaking-v0")
    (axes,) = plot_by_condition([agent], best, chance=0.33).axes
    chance, ideal, points = axes.lines[:3]
    assert set(chance.get_ydata()) == {0.33}
    np.testing.assert_allclose(ideal.get_xdata(), best.conditions["coh"])
    np.testing.assert_allclose(ideal.get_ydata(), best.performance)
    np.testing.assert_allclose(np.asarray(points.get_xdata(), float), [0.0, 6.4], rtol=1e-6)
    np.testing.assert_allclose(points.get_ydata(), [0.5, 0.75])
    assert axes.get_xlabel() == "coh"


def test_several_conditions_give_a_place_to_each_combination():
    conditions = {"a": np.array([0, 0, 1, 1]), "b": np.array([0, 1, 0, 1])}
    agents = [table(rule, conditions, [1, 0, 1, 1]) for rule in ("seed 0", "seed 1")]
    (axes,) = plot_by_condition(agents).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "0, 0",
        "0, 1",
        "1, 0",
        "1, 1",
    ]
    assert axes.get_xlabel() == "a, b"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["seed 0", "seed 1"]


def test_without_conditions_there_is_one_point():
    (axes,) = plot_by_condition([table("trained", {}, [1, 0])]).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.5])
