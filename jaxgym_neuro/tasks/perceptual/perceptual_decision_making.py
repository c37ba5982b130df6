"""Random-dot motion discrimination, after Britten, Shadlen, Newsome & Movshon (1992)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import cue_until_decision
from jaxgym_neuro.core.params import Leaf, NoisyParams, check_param
from jaxgym_neuro.core.ring_choice import (
    COHERENCE,
    RING_CHOICE,
    RING_TRUTH,
    SIGNED_COHERENCE,
    coherences,
    signed_coherence,
)
from jaxgym_neuro.core.tables import Channel, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(0.0, 6.4, 12.8, 25.6, 51.2)


class PerceptualDecisionMaking(ChoiceTask[Params]):
    """Watch a cloud of moving dots, and report the direction in which most of them move.

    Only a fraction of the dots, the coherence, moves together; the rest is noise. The subject must
    accumulate the evidence over the stimulus, and is asked for its choice when the fixation cue
    goes off. Accuracy rises with coherence from chance to perfect: the psychometric curve.

    The evidence is a noisy number for each direction at every step, no dots; at a coherence of 0
    a coin decides which choice is right. What is done in stimulus and delay costs nothing and does
    nothing, unless ``enforce`` is ``"until_cue"``. At the default ``sigma`` an ideal observer makes
    no errors but at 0 and 6.4 %: one of 4.4 puts 82 % at a coherence of 12.8 %.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PerceptualDecisionMaking-v0", dt=20)
        >>> env.new_trial(jax.random.key(0), params, coh=51.2).ob.shape
        (110, 3)
    """

    PAPER = Paper(
        "Britten, Shadlen, Newsome & Movshon",
        1992,
        "The analysis of visual motion: a comparison of neuronal and psychophysical performance",
        "Journal of Neuroscience 12(12), 4745-4765",
        "https://doi.org/10.1523/JNEUROSCI.12-12-04745.1992",
        species=("monkey",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 4.4},
            "an ideal observer is right in 79 % of the trials, from 50 % at a coherence of 0 over "
            "82 % at 12.8 to 97 % at 25.6",
        ),
        "variable duration": Preset(
            {
                "sigma": 4.4,
                "timing": {"stimulus": ("truncated_exponential", [330, 80, 1500])},
                "dt": 20,
            },
            "the experimenter decides how long there is to see, as in Kiani, Hanks & Shadlen "
            "(2008), https://doi.org/10.1523/JNEUROSCI.4761-07.2008: whether accuracy goes on to "
            "rise with that, tells whether the subject goes on to add up. The durations are those "
            "of a model of it, Song, Yang & Wang (2017), https://doi.org/10.7554/eLife.21492",
        ),
        "pulses": Preset(
            {"sigma": 4.4},
            "a pulse of motion in each trial, which says nothing about the right answer, and tells "
            "by its effect on the choice which of the evidence counts",
            wrappers=(("MotionPulses", {}),),
        ),
    }
    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(100, "wait (action 0)", cue="on"),
        "stimulus": Period(2000, "wait, and watch", cue="on"),
        "delay": Period(0, "wait, and remember", cue="on"),
        "decision": Period(100, "choose", cue="off"),
    }
    MOTION = "cos(theta_i - theta_gt) * coh / 200 + 0.5 with noise of s.d. sigma / sqrt(dt)"
    CHANNELS = {"fixation": CUE, "stimulus": Channel(MOTION, "d")}
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": RING_TRUTH,
        "coh": COHERENCE,
        "signed_coh": SIGNED_COHERENCE,
    }
    DIFFERENCES = {
        "cue": cue_until_decision("test_cue_is_on_until_the_decision"),
        "stim_scale": Difference(
            "`stim_scale` is an argument",
            "2.3.1 has it in PerceptualDecisionMakingDelayResponse alone",
            ("test_arguments_scale_coherences_and_set_the_ring",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        cohs: Sequence[float] = Params.cohs,
        stim_scale: float = 1.0,
        sigma: float = Params.sigma,
        dim_ring: int = 2,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        scale = check_number("stim_scale", stim_scale, at_least=0)
        cohs = tuple(coh * scale for coh in check_param(Params, "cohs", cohs))
        numbers = {"cohs": cohs, "sigma": sigma}
        super().__init__(
            dt, timing, rewards, abort, enforce=enforce, sizes={"d": dim_ring}, numbers=numbers
        )

    def sample_conditions(self, key, params, carry):
        """Draw the direction and the coherence."""
        key_side, key_coh = random.split(key)
        return {
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy motion evidence during the stimulus."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        motion = stimuli.coherent_motion(self.theta, direction, conditions["coh"])
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(motion, period="stimulus", where="stimulus")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
            .set_conditions(signed_coh=signed_coherence(direction, conditions["coh"]))
        )
