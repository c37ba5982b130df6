"""The preset ``psychometric``: an ideal observer makes errors, and is far from chance."""

import pytest

import jaxgym_neuro as jgn

# What the tasks say of it, to a percent; those in closed form, the others take a simulation.
TOLD = {
    "ContextDecisionMaking-v0": 0.82,
    "DelayMatchCategory-v0": 0.89,
    "DelayMatchSample-v0": 0.89,
    "DelayPairedAssociation-v0": 0.87,
    "MultiSensoryIntegration-v0": 0.77,
    "PerceptualDecisionMaking-v0": 0.79,
    "PerceptualDecisionMakingDelayResponse-v0": 0.79,
    "ToneDetection-v0": 0.81,
}


@pytest.mark.parametrize(("id", "told"), TOLD.items())
def test_an_ideal_observer_is_right_as_often_as_the_preset_says(id, told):
    ideal = jgn.ideal.performance(*jgn.make(id, preset="psychometric"))
    assert abs(ideal.mean_performance - told) < 0.006
