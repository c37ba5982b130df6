"""Delayed match to sample, after Miller, Erickson & Desimone (1996)."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import WAIT
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.tables import Action, Condition, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.memory._delayed_match import IS_MATCH, MILLER_1996, DelayedMatch


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    distance: Leaf = number(
        math.pi,
        "angle from the sample to a test that does not match, to either side",
        unit="rad",
        above=0,
        at_most=math.pi,
    )


class DelayMatchSample(DelayedMatch[Params]):
    """Remember a sample through a delay, and report whether the test is the same or another.

    The other is the opposite by default, which a ring of two units tells apart; nearer ones, by
    ``params.distance``, ask for a precise memory, and for a larger ring.

    The form is NeuroGym's: one test, which either of two buttons answers. In
    `DelayMatchSampleDistractor1D` several tests pass, and only a match is answered.

    Args:
        dim_ring: number d of ring units, at least 2. Changes channels.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchSample-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (32, 3)
    """

    PAPER = MILLER_1996
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 10.0},
            "an ideal observer is right in 89 % of the trials",
        ),
    }
    TAGS = ("perceptual", "working memory", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "sample": Period(500, "wait, and watch", cue="on"),
        "delay": Period(1000, "wait, and remember", cue="on"),
        "test": Period(500, "wait, and compare", cue="on"),
        "decision": Period(900, "answer", cue="off"),
    }
    ACTIONS = {
        "fixation": WAIT,
        "match": Action("the test is the sample"),
        "non-match": Action("the test is another, by default the opposite"),
    }
    CONDITIONS = {
        "ground_truth": IS_MATCH,
        "sample_theta": Condition("uniform over the ring's angles", unit="rad"),
        "turn": Condition(
            "1 or -1, equally likely: to which side of the sample a non-match lies",
            "int32",
            one_of=(-1, 1),
        ),
        "test_theta": Condition(
            "sample_theta; plus turn * distance (mod 2 pi) if they do not match",
            unit="rad",
            derived=True,
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        dim_ring: int = 2,
        abort: bool = False,
        enforce: str = "fixation",
        distance: float = Params.distance,
    ):
        numbers = {"sigma": sigma, "distance": distance}
        super().__init__(dt, rewards, timing, numbers, dim_ring, abort, enforce)

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the sample, and the side of a non-match."""
        del params
        key_match, key_sample, key_turn = random.split(key, 3)
        return {
            "ground_truth": random.integer(key_match, 2) + 1,
            "sample_theta": random.choice(key_sample, self.theta),
            "turn": 2 * random.integer(key_turn, 2) - 1,
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the sample, and after the delay the test."""
        sample = conditions["sample_theta"]
        other = conditions["turn"].astype(jnp.float32) * params.distance
        turn = jnp.where(conditions["ground_truth"] == 1, 0.0, other)
        test = jnp.mod(sample + turn, 2 * math.pi)
        builder = self.show(builder, conditions, params, sample=sample, test=test)
        return builder.set_conditions(test_theta=test)
