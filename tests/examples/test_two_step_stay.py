"""The example of the two-step task: model-free and model-based subjects are told apart."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import jaxgym_neuro as jgn

_PATH = Path(__file__).parents[2] / "examples" / "two_step_stay.py"
_SPEC = importlib.util.spec_from_file_location("two_step_stay", _PATH)
two_step = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(two_step)

SUBJECTS, TRIALS = 64, 100


@pytest.fixture(scope="module")
def tables():
    plans = (two_step.model_free, two_step.model_based)
    return {plan: two_step.play(plan, SUBJECTS, TRIALS) for plan in plans}


@pytest.mark.parametrize(
    ("plan", "main_effect", "interaction"),
    [(two_step.model_free, 0.34, 0.0), (two_step.model_based, 0.0, 0.40)],
)
def test_stay_probabilities_tell_a_model_free_from_a_model_based_subject(
    tables, plan, main_effect, interaction
):
    found = jgn.analysis.stay_probabilities(tables[plan])
    # Expected as in 40,200 trials of other seeds. Of the 6,400 here, the least frequent of the four
    # kinds (rare) has 900, and their means s.e. of 0.017 and below: 0.014 of the main effect, 0.028
    # of the interaction. At 5 s.e. (and the s.e. of what is expected) it errs once in 1,000,000.
    assert found.reward_effect.value == pytest.approx(main_effect, abs=5 * 0.015)
    assert found.interaction.value == pytest.approx(interaction, abs=5 * 0.03)


def test_each_answer_of_the_two_stages_is_in_the_table(tables):
    table = tables[two_step.model_based]
    first, state, second = (
        table.answers[name] for name in ("first_choice", "state", "second_choice")
    )
    rows = np.arange(len(table))
    assert len(table) == SUBJECTS * TRIALS
    np.testing.assert_array_equal(state, table.conditions["transition"][rows, first - 1])
    paid = table.conditions["reward"][rows, state - 1, second - 1]
    np.testing.assert_array_equal(table.reward, paid)
    for name in ("first_choice", "state", "second_choice"):
        np.testing.assert_array_equal(table.times[name], 0)
