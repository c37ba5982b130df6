"""Tasks hold at step sizes other than their own."""

import helpers
import numpy as np
import pytest

IDS = [
    "AnnubesEnv-v0",
    "ContextDecisionMaking-v0",
    "DelayComparison-v0",
    "DelayMatchCategory-v0",
    "DelayMatchSample-v0",
    "DelayMatchSampleDistractor1D-v0",
    "DelayPairedAssociation-v0",
    "Detection-v0",
    "DualDelayMatchSample-v0",
    "HierarchicalReasoning-v0",
    "MultiSensoryIntegration-v0",
    "Null-v0",
    "PerceptualDecisionMakingDelayResponse-v0",
    "PulseDecisionMaking-v0",
    "SpatialSuppressMotion-v0",
    "ToneDetection-v0",
]


@pytest.mark.slow
@pytest.mark.parametrize("dt", [10, 20, 50, 100])
@pytest.mark.parametrize("id", IDS)
def test_following_the_ground_truth_performs_and_no_period_is_lost(id, dt):
    env, params = helpers.jgn.make(id, dt=dt)
    trials = helpers.draw(env, params, num=32)
    played = helpers.play(env, trials, trials.gt)
    np.testing.assert_allclose(played.performance, 1, atol=1e-5)
    steps = np.asarray(trials.end - trials.start)
    for i, period in enumerate(env.periods):
        if period in env.timing and env.timing[period].lower() > 0 and period != "toneDur":
            assert np.all(steps[:, i] >= 1), period
