"""Delayed match to category, after Freedman & Assad (2006)."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import WAIT
from jaxgym_neuro.core.params import Leaf, NoisyParams, integer
from jaxgym_neuro.core.tables import Action, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag
from jaxgym_neuro.tasks.memory._delayed_match import IS_MATCH, DelayedMatch


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    num_directions: Leaf = integer(
        0,
        "directions in a category, evenly spaced, the outer ones half a space from the boundary; "
        "0: any direction up to the boundary",
        at_least=0,
    )


class DelayMatchCategory(DelayedMatch[Params]):
    """Report whether two directions, a delay apart, belong to the same half of the circle.

    Category 0 is the half around the preferred direction of the first ring unit, from -pi/2 to
    pi/2; category 1 is the other half. Directions of a category differ, so what must be remembered
    is not what was seen.

    The test is also when the answer is due: to watch all of it is best for a trial, to answer at
    its first step for reward per step. Under noise all errors are made near the boundary.

    In the paper there are twelve directions, the nearest 15 degrees from the boundary
    (``num_directions=6``); a lever is released on a match, and after a non-match comes a second
    delay with a test that matches. So it is with ``second_test``: a match is to be reported, in the
    test or in the last one, and a non-match to be passed over; the cue stays off from the test on.
    Any other action ends the trial as an error. Without it one of two buttons is pressed, and a
    trial has one test.

    Args:
        dim_ring: number d of ring units, at least 2. Changes channels.
        num_directions: default of ``params.num_directions``.
        second_test: whether a non-match is passed over, and followed by a match.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchCategory-v0", dim_ring=16)
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (27, 17)
    """

    PAPER = Paper(
        "Freedman & Assad",
        2006,
        "Experience-dependent representation of visual categories in parietal cortex",
        "Nature 443, 85-88",
        "https://doi.org/10.1038/nature05078",
        species=("monkey",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 4.0},
            "an ideal observer, who watches all of the test, is right in 89 % of the trials; "
            "errors are made near the boundary",
        ),
        "paper": Preset(
            {"num_directions": 6, "second_test": True},
            "twelve directions, the nearest 15 degrees from the boundary; a match is to be "
            "reported, and a non-match is followed by a second delay and a match",
            differs=(
                "how long the second delay and the last test last is ours; there is an action "
                "beside that of the lever, which is always an error"
            ),
        ),
    }
    TAGS = ("perceptual", "working memory", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "sample": Period(650, "wait, and classify", cue="on"),
        "first_delay": Period(1000, "wait, and remember", cue="on"),
        "test": Period(650, "classify, and answer", cue="off"),
        "second_delay": Period(
            1000, "wait; only after a non-match", cue="off", option="second_test"
        ),
        "last_test": Period(
            650, "report the match; only after a non-match", cue="off", option="second_test"
        ),
    }
    ACTIONS = {
        "fixation": WAIT,
        "match": Action("the same category"),
        "non-match": Action("different categories; always an error with ``second_test``"),
    }
    CONDITIONS = {
        "ground_truth": IS_MATCH,
        "sample_category": Condition("0 or 1, equally likely", "int32", one_of=(0, 1)),
        "sample_place": Condition(
            "uniform on [0, 1), or over ``params.num_directions`` places: where in its category",
            at_least=0,
            below=1,
        ),
        "test_place": Condition("likewise", at_least=0, below=1),
        "last_place": Condition(
            "likewise, of the last test; 0 without ``second_test``", at_least=0, below=1
        ),
        "test_category": Condition("that of the sample or the other", "int32", derived=True),
        "sample_theta": Condition(
            "(sample_category + sample_place - 1/2) pi", unit="rad", derived=True
        ),
        "test_theta": Condition("likewise", unit="rad", derived=True),
    }
    DIFFERENCES = {
        "boundary": Difference(
            "the categories are the halves of the circle around 0 and pi, their boundary turned by "
            "90 degrees",
            "2.3.1's runs through 0 and pi, and the default ring of two units, at 0 and pi, sees "
            "no difference between its two sides, so that the task cannot be solved",
            (
                "test_categories_can_be_told_apart_with_the_default_ring",
                "test_golden_trials_are_equal_row_by_row",
            ),
        ),
        "conditions": Difference(
            "`ground_truth` is 1 (match) or 2 (non-match), and the places within the categories "
            "can be chosen",
            "2.3.1 has strings, which are no arrays, and draws the places unseen",
            ("test_conditions_of_match_to_category",),
        ),
    }
    ANSWERING = ("test",)
    ASKED = "test"

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        dim_ring: int = 2,
        abort: bool = False,
        enforce: str = "fixation",
        num_directions: int = Params.num_directions,
        second_test: bool = False,
    ):
        self.second_test = check_flag("second_test", second_test)
        if self.second_test:
            self.ANSWERING = ("test", "second_delay", "last_test")
        numbers = {"sigma": sigma, "num_directions": num_directions}
        options = {"second_test": self.second_test}
        super().__init__(dt, rewards, timing, numbers, dim_ring, abort, enforce, options)

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the category of the sample, and a place in each category."""
        key_match, key_category, key_places, key_last = random.split(key, 4)
        sample_place, test_place = _placed(random.uniform(key_places, (2,)), params)
        last_place = jnp.float32(0)
        if self.second_test:
            last_place = _placed(random.uniform(key_last), params)
        return {
            "ground_truth": random.integer(key_match, 2) + 1,
            "sample_category": random.integer(key_category, 2),
            "sample_place": sample_place,
            "test_place": test_place,
            "last_place": last_place,
        }, carry

    def add_periods(self, builder, conditions):
        """Add all periods; those after the test only where it is no match."""
        is_match = conditions["ground_truth"] == 1
        for name in self.periods:
            comes_last = name in ("second_delay", "last_test")
            builder = builder.add_period(name, when=~is_match if comes_last else True)
        return builder

    def build_trial(self, builder, conditions, params):
        """Cue until the test; a direction in the sample, another in the test."""
        category = conditions["sample_category"]
        test_category = jnp.where(conditions["ground_truth"] == 1, category, 1 - category)
        sample = _angle(category, conditions["sample_place"])
        test = _angle(test_category, conditions["test_place"])
        builder = self.show(builder, conditions, params, sample=sample, test=test).set_conditions(
            test_category=test_category, sample_theta=sample, test_theta=test
        )
        if not self.second_test:
            return builder
        last = stimuli.positive_tuning(self.theta, _angle(category, conditions["last_place"]))
        sigma = params.sigma / math.sqrt(self.dt)
        is_match = conditions["ground_truth"] == 1
        return (
            builder.add_ob(last, period="last_test", where="stimulus")
            .add_randn(0, sigma, period="last_test", where="stimulus")
            .set_groundtruth(jnp.where(is_match, 1, 0), period="test")
            .set_groundtruth(1, period="last_test")
        )


def _placed(places, params):
    """Move places to the nearest of those that there are, if there are only some."""
    number = jnp.asarray(params.num_directions).astype(jnp.float32)
    discrete = (jnp.floor(places * number) + 0.5) / jnp.maximum(number, 1)
    return jnp.where(number > 0, discrete, places)


def _angle(category, place):
    """Angle at a place (0 to 1) in a category, in radians."""
    return (category.astype(jnp.float32) + place - 0.5) * math.pi
