"""Reaches to a stimulus or away from it, at once, when asked, or from memory."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.collections.yang19.two_rings import (
    MODALITY,
    ONE_MODALITY,
    RINGS,
    SETTINGS_ARE_PARAMS,
    TwoRings,
)
from jaxgym_neuro.core.params import Leaf, TrialParams, flag
from jaxgym_neuro.core.ring_choice import RING_TRUTH
from jaxgym_neuro.core.tables import Condition, Difference, Period
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    anti: Leaf = flag(False, "whether the response is opposite to the stimulus")


class Reach(TwoRings[Params]):
    """See a stimulus on one of two rings, and reach to it or away from it.

    The stimulus is on the ring of either modality, and there is no noise. The family has six tasks:
    the response is to or away from the stimulus, and it is due when the cue goes off after the
    stimulus (``go``, ``anti``), after a delay (``dlygo``, ``dlyanti``), or as soon as the stimulus
    is there, with which the cue goes off (``rtgo``, ``rtanti``).

    Args:
        dim_ring: number d of units of each ring, at least 2. Changes channels and actions.
    """

    TAGS_OF_TASKS = ("perceptual", "steps action space", "multi-task")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus": Period(500, "wait, and watch", cue="on"),
        "delay": Period(0, "wait, and remember", cue="on"),
        "decision": Period(500, "choose", cue="off"),
    }
    SHOWN_IN = "stimulus"
    CONDITIONS = {
        "ground_truth": RING_TRUTH,
        "anti": Condition("``params.anti``: is the response opposite to the stimulus?", "bool"),
        "modality": MODALITY,
    }
    DIFFERENCES = {
        **ONE_MODALITY,
        **SETTINGS_ARE_PARAMS,
        "ring": Difference(
            "the rings have `dim_ring` units whatever their number",
            "2.3.1 makes one too many at 61, 122 and others",
            ("test_rings_have_the_units_that_they_were_asked_for",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 16,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        super().__init__(dt, rewards, timing, {}, dim_ring, abort, enforce)
        self.choices = tuple(range(dim_ring))

    def sample_conditions(self, key, params, carry):
        """Draw the direction of the response, and the modality of the stimulus."""
        units = random.uniform_of_each(random.split(key))
        return {
            "ground_truth": random.whole(units[0], len(self.theta)),
            "anti": jnp.asarray(params.anti, jnp.bool_),
            "modality": random.whole(units[1], len(RINGS)),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the stimulus is at, or opposite to, the ground truth."""
        del params
        response = stimuli.pick(self.theta, conditions["ground_truth"])
        turn = jnp.where(conditions["anti"], jnp.float32(math.pi), jnp.float32(0))
        seen = self.on_ring(conditions["modality"], stimuli.bump(self.theta, response + turn))
        *waiting, _ = self.periods
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=waiting, where="fixation")
            .add_ob(seen, period=self.SHOWN_IN, where=RINGS)
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )


class ReachAtOnce(Reach):
    """See a stimulus on one of two rings, and reach at once.

    The stimulus is on the ring of either modality, and stays; there is no noise. When it comes, the
    cue goes off, and the response is due.

    Args:
        dim_ring: number d of units of each ring, at least 2. Changes channels and actions.
    """

    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "decision": Period(500, "choose, as soon as the stimulus is there", cue="off"),
    }
    SHOWN_IN = "decision"
