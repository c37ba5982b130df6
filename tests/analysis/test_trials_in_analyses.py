"""Analyses read tables, frames, dicts and arrays alike, and leave out what was not answered."""

import jax
import numpy as np
import pandas
import pytest
from simulated import correct_answers

import jaxgym_neuro as jgn
from jaxgym_neuro.analysis import chronometric, psychometric, signal_detection


@pytest.fixture(scope="module")
def table():
    """Trials of a policy that answers at random, or not at all."""

    def policy(key, ob, memory):
        return jax.random.randint(key, (), 0, 3, "int32"), memory

    env, params = jgn.make("PerceptualDecisionMaking-v0", preset="psychometric")
    return jgn.rollout(env, params, policy, memory=0.0, num_envs=64, num_trials=2_000)


def test_table_frame_dict_and_arrays_give_the_same(table):
    unanswered = int(np.isnan(table.reaction_time).sum())
    assert 0 < unanswered < len(table)
    frame, columns = table.frame(), dict(table.columns())
    curves = [psychometric(given, "coh", fit=False) for given in (table, frame, columns)]
    answered = ~np.isnan(table.reaction_time)
    arrays = {"stimulus": table["coh"], "correct": table.correct, "answered": answered}
    curves.append(psychometric(**arrays, fit=False))
    for curve in curves:
        assert curve.left_out == unanswered
        assert curve.trials == len(table) - unanswered
        np.testing.assert_array_equal(curve.points.y, curves[0].points.y)


def test_unanswered_trials_do_not_flatten_the_curve(table):
    answered = ~np.isnan(table.reaction_time)
    curve = psychometric(table, "coh", fit=False)
    assert np.average(curve.points.y, weights=curve.points.count) == pytest.approx(
        table.correct[answered].mean()
    )


def test_a_time_of_another_answer_is_found_by_its_name():
    rng = np.random.default_rng(0)
    trials = correct_answers(rng, 500)
    trials["side"] = np.where(trials["correct"], 2, 1)
    trials["side_time"] = np.where(np.arange(500) < 50, np.nan, 300.0)
    curve = psychometric(trials, "coh", choice="side", fit=False)
    assert curve.left_out == 50


def test_psychophysics_of_a_table_whose_answer_is_not_called_choice():
    produced = jgn.rollout("ReadySetGo-v0", policy="ground_truth", num_envs=8, num_trials=64)
    curve = chronometric(produced, "measure", errors=False)
    np.testing.assert_allclose(curve.correct.y, curve.correct.x)


def test_labels_of_a_table_are_outcomes():
    table = jgn.rollout("GoNogo-v0", policy="random", num_envs=16, num_trials=400)
    result = signal_detection(table)
    assert result.hits == np.sum(table["outcome"] == "hit")
    assert result.trials + result.left_out == 400


@pytest.mark.parametrize(
    ("trials", "stimulus", "said"),
    [
        ([1, 2], "coh", "not a list"),
        ({"coh": [1, 2, 4]}, "coherence", "did you mean 'coh'"),
        (pandas.DataFrame({"coh": [1, 2, 4]}), "coherence", "did you mean 'coh'"),
        (None, "coh", "There is no column here"),
        ({"coh": ["a", "b"], "correct": [1, 0]}, "coh", "a number for each trial"),
        ({"coh": [1, 2], "correct": [1, 0]}, 3.0, "the single 3.0"),
    ],
)
def test_what_is_not_there_is_named(trials, stimulus, said):
    with pytest.raises(ValueError, match=said):
        psychometric(trials, stimulus, fit=False)


def test_a_column_that_a_table_lacks_is_named(table):
    with pytest.raises(ValueError, match=r"unknown column 'contrast'.*Known: .*coh"):
        psychometric(table, "contrast")


def test_pictures_change_nothing_global(table):
    import matplotlib

    before = dict(matplotlib.rcParams)
    psychometric(table, "coh", fit=False).plot(label="random")
    assert dict(matplotlib.rcParams) == before
