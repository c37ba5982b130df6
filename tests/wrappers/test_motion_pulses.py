"""MotionPulses: what is seen of a pulse, when it comes, and what it does."""

import numpy as np
import pytest
from sequences import assert_frequencies, task, trials_of

import jaxgym_neuro as jgn
from jaxgym_neuro.wrappers import CatchTrials, MotionPulses, PassReward, ReactionTime


@pytest.mark.parametrize(
    ("id", "across"),
    [
        ("PerceptualDecisionMaking-v0", (-1, 1)),
        ("PerceptualDecisionMakingDelayResponse-v0", (-1, 1)),
        ("perceptualdecisionmaking.roitman02-v0", (-1, 1)),
    ],
)
def test_a_pulse_adds_to_the_motion_of_a_moment(id, across):
    env = MotionPulses(PassReward(jgn.make(id, sigma=0.0)[0]), pulses=(-20, 40), ms=300)
    with_pulse, without = (trials_of(env, 32, **given) for given in ({}, {"pulse": 0}))
    added = with_pulse.ob[..., 1:3] - without.ob[..., 1:3]
    pulse, came = with_pulse.conditions["pulse"], with_pulse.conditions["pulse_onset"]
    assert set(np.unique(pulse)) == {-20, 40}
    start = with_pulse.start[:, env.periods.index("stimulus")]
    steps = np.arange(env.T) - start[:, None] - came[:, None] / env.dt
    expected = np.where((steps >= 0) & (steps < 3), pulse[:, None] / 200, 0)
    np.testing.assert_allclose(added, expected[..., None] * across, atol=1e-6)
    # What is positive speaks for what signed_coh is positive for.
    strong = trials_of(env, 32, coh=51.2, pulse=0)
    seen = strong.ob[np.arange(32), start + 1, 1:3] @ np.asarray(across)
    np.testing.assert_array_equal(np.sign(seen), np.sign(strong.conditions["signed_coh"]))
    others = [name for name in with_pulse.conditions if not name.startswith("pulse")]
    for name in others:
        np.testing.assert_array_equal(with_pulse.conditions[name], without.conditions[name])
    np.testing.assert_array_equal(with_pulse.gt, without.gt)


def test_a_pulse_comes_at_any_step_at_which_it_fits():
    env = MotionPulses(task(), ms=200)  # a stimulus of 400 ms
    came = trials_of(env, 4096).conditions["pulse_onset"]
    assert_frequencies(came // 100, [1 / 3, 1 / 3, 1 / 3])


def test_a_pulse_longer_than_the_stimulus_is_cut_and_a_short_one_has_a_step():
    for ms, steps in ((90_000.0, None), (1.0, 1)):
        env = MotionPulses(jgn.make("PerceptualDecisionMaking-v0", sigma=0.0)[0], (100,), ms)
        trials = trials_of(env, 8, coh=0)
        is_on = trials.ob[..., 2] > 0.75
        np.testing.assert_array_equal(is_on.sum(axis=1), 20 if steps is None else steps)
        assert not is_on[:, 0].any()
        assert not is_on[:, -1].any()


def test_a_catch_trial_has_no_pulse_and_a_timed_one_has():
    env = CatchTrials(MotionPulses(task(sigma=0.0), (100,)))
    assert not trials_of(env, 8, catch=True).ob[..., 1:].any()
    timed = ReactionTime(MotionPulses(task(sigma=0.0), (100,)))
    around = MotionPulses(ReactionTime(task(sigma=0.0)), (100,))
    for env in (timed, around):
        assert (trials_of(env, 8, coh=0).ob[..., 2] > 0.75).sum() == 8


def test_other_tasks_and_numbers_are_refused():
    for id in ("GoNogo-v0", "MultiSensoryIntegration-v0", "priors.priors_v0-v0", "Detection-v0"):
        with pytest.raises(ValueError, match="MotionPulses needs a task with a condition 'signed"):
            MotionPulses(jgn.make(id)[0])
    for given, words in (({"pulses": ()}, "pulses"), ({"ms": 0}, "ms.*above 0")):
        with pytest.raises(ValueError, match=words):
            MotionPulses(task(), **given)
    with pytest.raises(ValueError, match="has a param 'pulse_cohs' already"):
        MotionPulses(MotionPulses(task()))
