"""Delayed match to category, after Freedman & Assad (2006)."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import WAIT
from jaxgym_neuro.core.params import Leaf, NoisyParams, integer
from jaxgym_neuro.core.tables import Action, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
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
    delay with a test that matches. Here one of two buttons is pressed, and a trial has one test.

    Args:
        dim_ring: number d of ring units, at least 2. Changes channels.

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
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 4.0},
            "an ideal observer, who watches all of the test, is right in 89 % of the trials; "
            "errors are made near the boundary",
        ),
        "paper": Preset(
            {"num_directions": 6},
            "twelve directions, the nearest 15 degrees from the boundary",
            differs=(
                "two buttons in place of a lever to be released on a match; a trial ends with its "
                "first test, after which a non-match was followed by a second delay and a match"
            ),
        ),
    }
    TAGS = ("perceptual", "working memory", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "sample": Period(650, "wait, and classify", cue="on"),
        "first_delay": Period(1000, "wait, and remember", cue="on"),
        "test": Period(650, "classify, and answer", cue="off"),
    }
    ACTIONS = {
        "fixation": WAIT,
        "match": Action("the same category"),
        "non-match": Action("different categories"),
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
    ):
        numbers = {"sigma": sigma, "num_directions": num_directions}
        super().__init__(dt, rewards, timing, numbers, dim_ring, abort, enforce)

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the category of the sample, and a place in each category."""
        key_match, key_category, key_places = random.split(key, 3)
        places = random.uniform(key_places, (2,))
        number = jnp.asarray(params.num_directions).astype(jnp.float32)
        discrete = (jnp.floor(places * number) + 0.5) / jnp.maximum(number, 1)
        sample_place, test_place = jnp.where(number > 0, discrete, places)
        return {
            "ground_truth": random.integer(key_match, 2) + 1,
            "sample_category": random.integer(key_category, 2),
            "sample_place": sample_place,
            "test_place": test_place,
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the test; a direction in the sample, another in the test."""
        category = conditions["sample_category"]
        test_category = jnp.where(conditions["ground_truth"] == 1, category, 1 - category)
        sample = _angle(category, conditions["sample_place"])
        test = _angle(test_category, conditions["test_place"])
        return self.show(builder, conditions, params, sample=sample, test=test).set_conditions(
            test_category=test_category, sample_theta=sample, test_theta=test
        )


def _angle(category, place):
    """Angle at a place (0 to 1) in a category, in radians."""
    return (category.astype(jnp.float32) + place - 0.5) * math.pi
