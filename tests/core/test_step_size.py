"""Durations that are no whole steps, or shorter than one, are told as what they are."""

import warnings

import pytest

import jaxgym_neuro as jgn


def periods(**arguments):
    return jgn.make("PerceptualDecisionMaking-v0", **arguments)[0].summary()["periods"]


def test_printing_says_what_durations_last_in_whole_steps():
    assert periods(dt=30, timing={"delay": ("uniform", (100, 250))}) == (
        "fixation 100 ms (90 in whole steps), stimulus 2000 ms (1980 in whole steps), "
        "delay uniform 100-250 ms (90-240 in whole steps), decision 100 ms (90 in whole steps)"
    )
    assert "whole steps" not in periods(dt=100 / 3)
    assert "set 50 ms (80 in whole steps), production" in str(jgn.make("MotorTiming-v0")[0])


def test_a_step_longer_than_every_period_is_refused():
    with pytest.raises(
        ValueError, match=r"dt=5000 ms is longer than every period; .* 'stimulus', lasts 500 ms"
    ):
        jgn.make("GoNogo-v0", dt=5000)


def test_a_short_period_that_was_asked_for_is_told_of():
    with pytest.warns(UserWarning, match=r"timing\['delay'\] lasts 5 ms, .* it lasts dt=100 ms"):
        jgn.make("GoNogo-v0", timing={"delay": 5})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jgn.make("GoNogo-v0", timing={"delay": 0, "stimulus": 100})
        jgn.make("MotorTiming-v0")  # whose period of 50 ms is its own
