"""Delayed paired association, after Zhang et al. (2019)."""

import math

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import ABORT, CUE, WAIT, NoisyChoiceTask
from jaxgym_neuro.core.differences import missing, withholding
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


class DelayPairedAssociation(NoisyChoiceTask):
    """Smell two odours, a delay apart, and go if they belong together.

    Odours 1 and 3 are a pair, and so are 2 and 4; 1 and 4, and 2 and 3, are not. Having waited to
    the end without a pair earns 0, and performance 1. Always to go and never to go both earn 0 on
    average.

    There is no fixation by default: what comes before the decision is free to lick in, unless
    ``enforce`` is ``"until_cue"``.

    In the paper mice also perform a dual task, another one within the delay, which is not here.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayPairedAssociation-v0")
        >>> env.new_trial(jax.random.key(0), params, pair=(2, 4)).ob.shape
        (45, 5)
    """

    PAPER = Paper(
        "Zhang et al.",
        2019,
        "Active information maintenance in working memory by a sensory cortex",
        "eLife 8, e43191",
        "https://doi.org/10.7554/eLife.43191",
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 15.0},
            "an ideal observer is right in 87 % of the trials",
        ),
    }
    TAGS = ("perceptual", "working memory", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(0, "wait (action 0)", cue="on"),
        "stim1": Period(1000, "wait, and smell", cue="on"),
        "delay_btw_stim": Period(1000, "wait, and remember", cue="on"),
        "stim2": Period(1000, "wait, and associate", cue="on"),
        "delay_aft_stim": Period(1000, "wait, and remember", cue="on"),
        "decision": Period(500, "go, or wait", cue="off"),
    }
    ODOUR = "1 for the odour in stim1 and in stim2, with noise of s.d. sigma / sqrt(dt)"
    CHANNELS = {"fixation": CUE, "stimulus": Channel(ODOUR, 4)}
    ACTIONS = {"fixation": WAIT, "go": Action("it is a pair")}
    REWARDS = {
        "abort": ABORT,
        "correct": Reward(1.0, "going in the decision after a pair"),
        "fail": Reward(-1.0, "going in the decision without one"),
        "miss": Reward(0.0, "having waited to the end after a pair", ends="it has ended"),
    }
    CONDITIONS = {
        "ground_truth": Condition("0 (wait) or 1 (go), equally likely", "int32", one_of=(0, 1)),
        "pair": Condition(
            "the odours, the first 1 or 2 and equally likely. The second is drawn as 0, which "
            "stands for the one that the ground truth asks for; a pair that is given whole "
            "determines the ground truth",
            "int32",
            shape=(2,),
            one_of=tuple((first, second) for first in (1, 2) for second in (0, 3, 4)),
        ),
    }
    DIFFERENCES = {
        "sigma": Difference(
            "`sigma` has an effect", "2.3.1 adds no noise", ("test_noise_lies_on_the_odours",)
        ),
        "withholding": withholding("test_every_row_of_the_reward_table"),
        "miss": missing("test_every_row_of_the_reward_table"),
        "agreement": Difference(
            "odours and ground truth agree, whichever is chosen",
            "2.3.1 computes the ground truth from the pair that was not chosen",
            ("test_odours_and_ground_truth_agree_however_given",),
        ),
    }
    choices = (0, 1)

    def sample_conditions(self, key, params, carry):
        """Draw pair or not, and the first odour."""
        del params
        key_go, key_first = random.split(key)
        first = random.integer(key_first, 2) + 1
        return {
            "ground_truth": random.integer(key_go, 2),
            "pair": jnp.stack([first, jnp.zeros_like(first)]),
        }, carry

    def has_signal(self, conditions):
        """Return where the subject is to act."""
        return conditions["ground_truth"] > 0

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; one odour in each stimulus."""
        first, second = conditions["pair"]
        partner = jnp.where(conditions["ground_truth"] == 1, first + 2, 5 - first)
        second = jnp.where(second == 0, partner, second)
        ground_truth = ((second - first) % 2 == 0).astype(jnp.int32)
        odours = np.arange(1, 5, dtype=np.int32)
        sigma = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(odours == first, period="stim1", where="stimulus")
            .add_ob(odours == second, period="stim2", where="stimulus")
            .add_randn(0, sigma, period=("stim1", "stim2"), where="stimulus")
            .set_groundtruth(ground_truth, period="decision")
            .set_conditions(ground_truth=ground_truth, pair=jnp.stack([first, second]))
        )
