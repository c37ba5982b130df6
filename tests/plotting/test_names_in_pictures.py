"""Periods and actions are seen by their names, and the clock of an animation by its marker."""

import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro.plotting import plot_env
from jaxgym_neuro.plotting.blocks import options_of
from jaxgym_neuro.plotting.labels import Span, place_names, width_of
from jaxgym_neuro.plotting.scene import _Cursor


def texts_of(figure):
    return [text.get_text() for text in figure.texts]


def test_each_trial_with_room_has_the_names_of_all_its_periods():
    texts = texts_of(plot_env("DelayComparison-v0", num_trials=3))
    for name in ("fixation", "stimulus1", "delay", "stimulus2", "decision"):
        assert texts.count(name) == 3, name


def test_each_period_is_named_once_at_least_where_trials_have_no_room():
    texts = texts_of(plot_env("GoNogo-v0", num_trials=12))
    assert {"stimulus", "delay", "decision"} <= set(texts)


def test_names_give_way_to_one_that_would_have_no_place():
    """Wide spans first, "delay" and "stimulus2" leave no room for a short period at the end."""
    spans = [Span(0, 0.5, "fixation"), Span(0.5, 0.8, "stimulus1"), Span(0.8, 1.5, "delay"),
             Span(1.5, 1.85, "stimulus2"), Span(1.85, 1.92, "decision")]  # fmt: skip
    placed = place_names(spans, 0, 1.92, 4)
    assert {place.span.name for place in placed} == {span.name for span in spans}
    for place in placed:
        half = width_of(place.span.name) / 2
        for other in placed:
            if other is place:
                continue
            gap = half + width_of(other.span.name) / 2
            assert other.row != place.row or abs(other.middle - place.middle) >= gap
            if other.row < place.row:  # the line down to the span passes beside the name
                line = (place.span.left + place.span.right) / 2
                assert abs(line - other.middle) >= width_of(other.span.name) / 2


def test_actions_have_the_words_that_their_task_declares():
    env, params = jgn.make("PerceptualDecisionMakingDelayResponse-v0", timing={"delay": 300})
    assert options_of(env.action_space(), env) == ["fixation", "left", "right"]
    go, _ = jgn.make("GoNogo-v0")
    assert options_of(go.action_space(), go) == ["fixation", "go"]  # "respond" is no name
    texts = " ".join(texts_of(plot_env(env, params, key=0)))
    assert "ground truth: left" in texts or "ground truth: right" in texts


def test_the_ground_truth_of_a_trial_is_told_as_the_action_that_it_asks_for():
    figure = plot_env("PerceptualDecisionMaking-v0", policy="ground_truth", num_trials=2)
    told = [text for text in texts_of(figure) if text.startswith("trial ")]
    assert len(told) == 2
    assert all("ground truth: choice" in text for text in told)
    waiting = plot_env("PerceptualDecisionMaking-v0", policy="wait", num_trials=1)
    assert "ground truth: choice" in " ".join(texts_of(waiting))


def test_a_trial_that_was_broken_off_has_the_number_of_its_condition():
    env, params = jgn.make("PerceptualDecisionMaking-v0", abort=True)
    texts = " ".join(texts_of(plot_env(env, params, policy=1, num_trials=1)))
    assert "ground_truth" in texts


def test_the_marker_stands_where_the_clock_says():
    from matplotlib.figure import Figure

    cursor = _Cursor(Figure().add_subplot(), 100.0)
    cursor.show(10)
    assert np.all(np.asarray(cursor.artists[0].get_xdata()) == 1000.0)
