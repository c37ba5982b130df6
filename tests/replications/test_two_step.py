"""The two-step task: what networks see, and what is said of how they stay."""

import types

import numpy as np
import pytest

from jaxgym_neuro import replications
from jaxgym_neuro.analysis import stay_probabilities
from jaxgym_neuro.replications import two_step


def learners(stay_after, seed=0, n=4_000):
    """Return networks that stay by transition and reward: [[rare, common] unrewarded, rewarded]."""
    rng = np.random.default_rng(seed)
    common, rewarded = rng.random(n) < 0.8, rng.random(n) < 0.5
    choice = np.ones(n, int)
    for t in range(1, n):
        stays = rng.random() < stay_after[int(rewarded[t - 1])][int(common[t - 1])]
        choice[t] = choice[t - 1] if stays else 3 - choice[t - 1]
    stay = stay_probabilities(None, choice, common, rewarded, answered=np.ones(n, bool))
    return two_step.Learners(types.SimpleNamespace(), (stay, stay), (0.5, 0.5))


PLANS = [[0.9, 0.6], [0.6, 0.9]]
REPEATS = [[0.6, 0.6], [0.9, 0.9]]


def statement(first, second):
    return two_step.statement({two_step.PLANNED: learners(first), two_step.OTHER: learners(second)})


def test_networks_see_what_they_did_and_earned():
    for form, size in (("one choice", 3 + 3 + 1), ("two choices", 3 + 3 + 1)):
        env, params = two_step.make(form)
        assert env.observation_space(params).shape == (size,)
        assert int(params.trials_per_episode) in (100, 201)


def test_an_interaction_is_told_from_a_main_effect():
    planned = statement(PLANS, REPEATS)
    assert "above 0 in every network" in planned[0]
    assert "almost purely model-based" in planned[1]
    assert "does not fit people" in planned[2]
    repeated = statement(REPEATS, PLANS)
    assert "but not in every network" in repeated[0]
    assert "they plan" in repeated[2]


@pytest.mark.slow
def test_a_short_training_gives_a_statement_and_a_figure():
    short = replications.Settings(seeds=2, updates=3, hidden=8, trials=8_000)
    finding = replications.load("two_step").run(short)
    assert "interaction, one choice, network 1" in finding.numbers
    assert len(finding.figure().axes) == 2
    assert set(finding.parts) == {"one_choice", "two_choices"}
