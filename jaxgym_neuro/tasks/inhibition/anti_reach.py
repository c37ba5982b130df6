"""Reaches towards or away from a stimulus, after Munoz & Everling (2004)."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.params import Leaf, TrialParams, flag
from jaxgym_neuro.core.ring_choice import RING_CHOICE, RING_TRUTH
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Paper, Period
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    anti: Leaf = flag(True, "whether the response is opposite to the stimulus")


class AntiReach(ChoiceTask[Params]):
    """See a stimulus on a ring, and reach to the opposite side when the fixation cue goes off.

    The pull of the stimulus must be suppressed and its direction inverted. With ``anti=False`` the
    subject reaches to the stimulus itself; both kinds can be mixed through the condition ``anti``
    (nothing shown tells them apart).

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("AntiReach-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=3).ob.shape
        (15, 33)
    """

    PAPER = Paper(
        "Munoz & Everling",
        2004,
        "Look away: the anti-saccade task and the voluntary control of eye movement",
        "Nature Reviews Neuroscience 5, 218-228",
        "https://doi.org/10.1038/nrn1345",
    )
    TAGS = ("perceptual", "steps action space")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus": Period(500, "wait, and watch", cue="on"),
        "delay": Period(0, "wait, and remember", cue="on"),
        "decision": Period(500, "choose", cue="off"),
    }
    SEEN = "cos(theta_i - theta_stimulus), in the stimulus period"
    CHANNELS = {"fixation": CUE, "stimulus": Channel(SEEN, "d")}
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {"ground_truth": RING_TRUTH, "anti": Condition("``params.anti``", "bool")}
    DIFFERENCES = {
        "ring": Difference(
            "the ring has `dim_ring` units whatever their number",
            "2.3.1 makes one too many at 61, 122 and others",
            ("test_a_ring_has_the_units_it_was_asked_for",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        anti: bool = Params.anti,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 32,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"d": dim_ring},
            numbers={"anti": anti},
        )

    def sample_conditions(self, key, params, carry):
        """Draw the direction of the response."""
        return {
            "ground_truth": random.integer(key, len(self.theta)),
            "anti": jnp.asarray(params.anti, jnp.bool_),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the stimulus is at, or opposite to, the ground truth."""
        del params
        response = stimuli.pick(self.theta, conditions["ground_truth"])
        direction = response + jnp.where(conditions["anti"], jnp.float32(math.pi), jnp.float32(0))
        tuning = stimuli.cosine_tuning(self.theta, direction)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(tuning, period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )
