"""Delayed match to sample, after Miller, Erickson & Desimone (1996)."""

import math

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import WAIT
from jaxgym_neuro.core.tables import Action, Condition, Period
from jaxgym_neuro.tasks.memory._delayed_match import IS_MATCH, MILLER_1996, DelayedMatch


class DelayMatchSample(DelayedMatch):
    """Remember a sample through a delay, and report whether the test is the same or the opposite.

    Args:
        dim_ring: number d of ring units, at least 2. Changes channels.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchSample-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (32, 3)
    """

    PAPER = MILLER_1996
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
        "non-match": Action("the test is opposite to it"),
    }
    CONDITIONS = {
        "ground_truth": IS_MATCH,
        "sample_theta": Condition("uniform over the ring's angles", unit="rad"),
        "test_theta": Condition(
            "sample_theta; plus pi (mod 2 pi) if they do not match", unit="rad", derived=True
        ),
    }

    def sample_conditions(self, key, params, carry):
        """Draw match or not, and the sample."""
        del params
        key_match, key_sample = random.split(key)
        return {
            "ground_truth": random.integer(key_match, 2) + 1,
            "sample_theta": random.choice(key_sample, self.theta),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the sample, and after the delay the test."""
        sample = conditions["sample_theta"]
        turn = jnp.where(conditions["ground_truth"] == 1, 0.0, math.pi)
        test = jnp.mod(sample + turn, 2 * math.pi)
        builder = self.show(builder, conditions, params, sample=sample, test=test)
        return builder.set_conditions(test_theta=test)
