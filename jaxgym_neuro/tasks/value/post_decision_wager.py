"""Wagering on a perceptual decision, after Kiani & Shadlen (2009)."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import quiet_cues
from jaxgym_neuro.core.env import Response
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.ring_choice import (
    COHERENCE,
    RING_CHOICE,
    RING_TRUTH,
    SIGNED_COHERENCE,
    coherences,
    signed_coherence,
)
from jaxgym_neuro.core.tables import (
    Action,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(0.0, 3.2, 6.4, 12.8, 25.6, 51.2)
    sure: Leaf = number(
        0.7, "what the sure bet earns, as a fraction of ``correct``", at_least=0, at_most=1
    )


class PostDecisionWager(ChoiceTask[Params]):
    """Decide on the direction of motion, and in some trials take a smaller but sure reward instead.

    In half of the trials a sure bet is offered during the delay. A subject that takes it when the
    evidence was weak, and leaves it when it was strong, knows how certain it is.

    The noise has s.d. sigma / sqrt(dt). A sure bet that was offered earns ``sure * correct``, and
    scores the performance (sure reward - fail) / (correct - fail), by default 0.7, or 0 if right
    and wrong earn the same.

    It pays to take the sure bet when a choice is less likely to be right than ``sure``. The ground
    truth is the direction in all trials, of one who has no doubt: following it never takes the bet,
    and what is trained on it alone never learns to. By default an ideal observer is right in 0.789
    of the trials without the bet. Where it is offered, it takes it in 0.37 of them (0.63 at
    coherence 0, none at 51.2), is right in 0.90 of the others, and earns 0.826.

    Args:
        sure: what the sure bet earns, as a fraction of ``correct``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PostDecisionWager-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=25.6).ob.shape
        (29, 4)
    """

    PAPER = Paper(
        "Kiani & Shadlen",
        2009,
        "Representation of confidence associated with a decision by neurons in the parietal cortex",
        "Science 324(5928), 759-764",
        "https://doi.org/10.1126/science.1169405",
        species=("monkey",),
    )
    TAGS = ("perceptual", "delayed response", "confidence")
    TIMING = {
        "fixation": Period(100, "wait (action 0)", cue="on"),
        "stimulus": Period(("truncated_exponential", [180, 100, 900]), "wait, and watch", cue="on"),
        "delay": Period(("truncated_exponential", [1350, 1200, 1800]), "wait", cue="on"),
        "pre_sure": Period(
            ("uniform", (500, 750)), "wait; in a wager trial, the beginning of the delay", cue="on"
        ),
        "decision": Period(100, "choose, or take the sure bet", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(
            "cos(theta_i - theta_gt) * coh / 200 + 0.5 with noise, in the stimulus", "d"
        ),
        "sure": Channel("1 from the end of pre_sure to the end of the trial, in wager trials"),
    }
    ACTIONS = {
        "fixation": WAIT,
        "choice": RING_CHOICE,
        "sure": Action("take the sure bet"),
    }
    REWARDS = {
        "abort": Reward(
            -0.1,
            "an action in fixation, or the sure bet where none was offered",
            ends="in fixation only if ``params.abort``",
        ),
        "correct": CORRECT,
        "fail": FAIL,
        "miss": MISS,
    }
    CONDITIONS = {
        "wager": Condition("True or False, equally likely: is a sure bet offered?", "bool"),
        "ground_truth": RING_TRUTH,
        "coh": COHERENCE,
        "signed_coh": SIGNED_COHERENCE,
        "sure": Condition(
            "``params.sure``: what the sure bet earns, as a fraction of ``correct``",
            at_least=0,
            at_most=1,
        ),
    }
    PRESETS = {
        "psychometric": Preset(
            {},
            "as it is by default: without the bet an ideal observer is right in 0.50, 0.63, 0.73, "
            "0.89, 0.98 and 1.00 of the trials, by coherence",
        ),
        "paper": Preset(
            {
                "sure": 0.8,
                "timing": {
                    "stimulus": ("truncated_exponential", [80, 100, 900]),
                    "delay": ("truncated_exponential", [167, 1200, 1800]),
                },
            },
            "the sure bet earns about 80 % of the reward; an error is followed by a time-out; "
            "stimuli of 100 to 900 ms last 180 on average, and delays of 1200 to 1800 ms 1350, "
            "which 2.3.1 takes for time constants",
            differs="The motion is evidence on two channels, not dots. How long the time-out lasts "
            "is ours, 1000 ms. Trials follow without an interval, unless ``timing`` has an "
            "``iti``.",
            wrappers=(("TimeOut", {"ms": 1000}),),
        ),
    }
    DIFFERENCES = {
        "ground truth": Difference(
            "a choice is compared with the ground truth that is announced",
            "2.3.1 compares it with the number of the direction, one less, so that no choice that "
            "follows its ground truth is rewarded",
            ("test_reward_table",),
        ),
        "ring": Difference(
            "rings of any size work",
            "in 2.3.1 those other than 2 crash",
            ("test_following_the_ground_truth_is_perfect_at_any_dt_and_ring_size",),
        ),
        "noise": quiet_cues("test_noise_lies_on_the_evidence_alone"),
        "pre_sure": Difference(
            "`pre_sure` is empty in trials without a wager",
            "2.3.1 keeps the bounds of an earlier trial",
            ("test_the_sure_bet_appears_after_pre_sure_and_stays",),
        ),
        "sure": Difference(
            "the sure bet earns the fraction `params.sure` of `correct`, and is no reward `sure`",
            "in 2.3.1 the fraction is fixed, 0.7",
            ("test_the_fraction_that_the_sure_bet_earns_can_be_swept",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 2,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
        sure: float = Params.sure,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        numbers = {"sigma": sigma, "sure": sure}
        super().__init__(
            dt, timing, rewards, abort, enforce=enforce, sizes={"d": dim_ring}, numbers=numbers
        )

    def max_steps(self) -> int:
        """Return T; pre_sure runs beside the delay."""
        until_choice = self.longest(("fixation", "stimulus", "delay", "decision"))
        return max(until_choice, self.longest(("fixation", "stimulus", "pre_sure")))

    def sample_conditions(self, key, params, carry):
        """Draw whether a sure bet is offered, the direction and the coherence."""
        key_wager, key_side, key_coh = random.split(key, 3)
        return {
            "wager": random.bernoulli(key_wager),
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
            "sure": jnp.asarray(params.sure, jnp.float32),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy motion evidence; the sure bet after pre_sure."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        motion = stimuli.coherent_motion(self.theta, direction, conditions["coh"])
        wager = conditions["wager"]
        # Drawn for all channels; the cues carry none.
        is_evidence = np.array([0] + [1] * len(self.theta) + [0], np.float32)
        sigma = jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32)
        return (
            builder.add_period(("fixation", "stimulus", "delay", "decision"))
            .add_period("pre_sure", after="stimulus", when=wager)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(motion, period="stimulus", where="stimulus")
            .add_randn(0, sigma * is_evidence, period="stimulus")
            .set_ob(wager, period=("delay", "decision"), where="sure")
            .set_ob(0, period="pre_sure", where="sure")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
            .set_conditions(signed_coh=signed_coherence(direction, conditions["coh"]))
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice as most tasks do, and a sure bet by whether there was one."""
        choice = super().respond(state, action, params)
        took_sure = (action == len(self.theta) + 1) & self.in_period(state, "decision")
        was_offered, sure = (state.trial.conditions[name] for name in ("wager", "sure"))
        rewards = params.rewards
        earned = jnp.where(was_offered, rewards["correct"] * sure, rewards["abort"])
        worth = rewards["correct"] - rewards["fail"]
        # Where right and wrong earn the same, a bet on either scores 0, and is no division by 0.
        score = jnp.where(
            worth == 0, 0, (earned - rewards["fail"]) / jnp.where(worth == 0, 1, worth)
        )
        return dataclasses.replace(
            choice,
            reward=jnp.where(took_sure, earned, choice.reward),
            performance=jnp.where(took_sure, jnp.where(was_offered, score, 0), choice.performance),
        )
