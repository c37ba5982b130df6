"""Reaches towards or away from a stimulus, after Munoz & Everling (2004)."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.ring_choice import RING_CHOICE, RING_TRUTH
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_anti: Leaf = probability(1.0, "probability that the response is opposite to the stimulus")


class AntiReach(ChoiceTask[Params]):
    """See a stimulus on a ring, and reach to the opposite side when the fixation cue goes off.

    The pull of the stimulus must be suppressed and its direction inverted. With ``anti=False`` the
    subject reaches to the stimulus itself (a pro trial). Both kinds are interleaved with a
    ``p_anti`` between 0 and 1, and ``cue=True`` shows which is asked for; without, nothing tells
    them apart, and the best is to be right in one kind.

    The paper is a review. Interleaved pro and anti trials, which an instruction tells apart, are
    ``cue=True, p_anti=0.5``. There is no noise, no gap between fixation and stimulus, and
    nothing makes a pro response the stronger one: that must come from training with a small
    ``p_anti``.

    Args:
        anti: whether all trials are anti trials, or none; ``p_anti`` goes before it.
        dim_ring: number d of directions. Changes channels and actions.
        cue: whether the kind of trial is shown. Changes channels.
        p_anti: probability of an anti trial.

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
        species=("human", "monkey"),
    )
    TAGS = ("perceptual", "steps action space")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus": Period(500, "wait, and watch", cue="on"),
        "delay": Period(0, "wait, and remember", cue="on"),
        "decision": Period(500, "choose", cue="off"),
    }
    SEEN = "cos(theta_i - theta_stimulus), in the stimulus period"
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(SEEN, "d"),
        "pro": Channel("1 throughout a pro trial", option="cue"),
        "anti": Channel("1 throughout an anti trial", option="cue"),
    }
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": RING_TRUTH,
        "anti": Condition("with ``params.p_anti``: is the response opposite?", "bool"),
    }
    PRESETS = {
        "psychometric": Preset(
            {},
            "an ideal observer is right in 0.79 of the trials",
            wrappers=(("Noise", {"std": 0.7}),),
        ),
        "interleaved": Preset(
            {"cue": True, "p_anti": 0.5}, "pro and anti trials, told apart by an instruction"
        ),
    }
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
        anti: bool = True,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 32,
        abort: bool = False,
        enforce: str = "fixation",
        cue: bool = False,
        p_anti: float | None = None,
    ):
        self.cue = check_flag("cue", cue)
        p_anti = float(check_flag("anti", anti)) if p_anti is None else p_anti
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"d": dim_ring, "cue": self.cue},
            numbers={"p_anti": p_anti},
        )

    def sample_conditions(self, key, params, carry):
        """Draw the direction of the response, and whether the stimulus is opposite to it."""
        key_direction, key_anti = random.split(key)
        return {
            "ground_truth": random.integer(key_direction, len(self.theta)),
            "anti": random.bernoulli(key_anti, jnp.asarray(params.p_anti, jnp.float32)),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the stimulus is at, or opposite to, the ground truth."""
        del params
        response = stimuli.pick(self.theta, conditions["ground_truth"])
        direction = response + jnp.where(conditions["anti"], jnp.float32(math.pi), jnp.float32(0))
        tuning = stimuli.cosine_tuning(self.theta, direction)
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(tuning, period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )
        if self.cue:
            builder = builder.add_ob(~conditions["anti"], period=self.periods, where="pro").add_ob(
                conditions["anti"], period=self.periods, where="anti"
            )
        return builder
