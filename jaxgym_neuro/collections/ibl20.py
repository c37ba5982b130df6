"""Perceptual decisions with blocks of a side prior, after the International Brain Laboratory."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.blocks import longest_block, shortest_block
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, check_param, number
from jaxgym_neuro.core.ring_choice import signed_coherence
from jaxgym_neuro.core.tables import Condition, Difference, Paper, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag, check_number, check_probabilities
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.wrappers.reaction_time import ReactionTime
from jaxgym_neuro.wrappers.side_bias import SideBias
from jaxgym_neuro.wrappers.time_out import TimeOut


@pytree
class GratingsParams(PerceptualDecisionMaking.PARAMS):
    """Numbers of gratings that may be swept."""

    coh_probs: Leaf = number(
        (0.2,) * 5, "probability of each of ``cohs``", shape=("n",), sums_to_1=True
    )


class Gratings(PerceptualDecisionMaking):
    """See a grating on the left or on the right, and report the side.

    The contrast, the condition ``coh`` in percent, is shown on its side, and nothing on the other,
    both with noise; at zero contrast the side can only be guessed.

    Args:
        coh_probs: probability of each contrast; None: all equal.
    """

    PARAMS = GratingsParams

    def __init__(self, *args: Any, coh_probs: Sequence[float] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        num = len(self.numbers["cohs"])
        probs = np.full(num, 1 / num) if coh_probs is None else coh_probs
        probs = check_probabilities("coh_probs", probs, shape=(num,))
        self.numbers["coh_probs"] = check_param(self.PARAMS, "coh_probs", probs)

    def sample_conditions(self, key, params, carry):
        """Draw the side and the contrast."""
        key_side, key_coh = random.split(key)
        index = random.weighted(key_coh, jnp.asarray(params.coh_probs, jnp.float32))
        return {
            "ground_truth": random.integer(key_side, 2),
            "coh": jnp.asarray(params.cohs, jnp.float32).at[index].get(mode="clip"),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the noisy contrast on its side during the stimulus."""
        side = conditions["ground_truth"]
        direction = stimuli.pick(self.theta, side)
        is_shown = np.arange(2, dtype=np.int32) == side
        contrast = jnp.where(is_shown, conditions["coh"] / 100, 0)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(contrast, period="stimulus", where="stimulus")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus", where="stimulus")
            .set_groundtruth(side, period="decision", where="choice")
            .set_conditions(signed_coh=signed_coherence(direction, conditions["coh"]))
        )


@pytree
class Params(SideBias.PARAMS):
    """Numbers of the blocks that may be swept."""

    side_bias_block_least: Leaf = shortest_block(90)
    side_bias_block_most: Leaf = longest_block(90)


class IBL20(SideBias):
    """Report the direction of motion; for a while one direction is more likely, then another.

    `PerceptualDecisionMaking` in `SideBias`: in a block of trials each direction but one is rare.
    Where the evidence is weak, the subject should lean on what has been right of late. There are
    d = 2 directions.

    This is NeuroGym's form: motion, a delayed answer, and blocks of 90 trials. In the experiment a
    grating of 100, 25, 12.5, 6.25 or 0 % contrast (the last half as often) is on the left or on the
    right, and mice answer at any time within 60 s; an error costs 2 s. The first 90 trials are
    unbiased, and then come blocks of 20 to 100 trials, the longer the rarer, in which left and
    right have 0.8 in turn. ``preset="paper"`` has these arguments. Episodes then begin with
    the unbiased block, and so trials that are drawn one by one are all of it, unless
    ``start="anywhere"``.

    The block can be inferred from what is seen alone, as higher contrasts reveal the side. Of the
    trials without contrast, an observer that knows the block is right in 80 %; with the blocks of
    the paper, one that infers it in 74 % (`jaxgym_neuro.ideal`).

    Args:
        cohs: coherences, or contrasts, in percent; their number is static.
        stim_scale: multiplies the coherences.
        probs: rows of the probabilities of the two directions; a block has one of them.
        block_dur: trials in a block, in any form that `SideBias` takes.
        first_block: probabilities and length of a special first block.
        start: ``"anywhere"`` or ``"block"``, see `SideBias`.
        gratings: whether contrasts are shown, each on its side, in place of motion.
        coh_probs: probability of each contrast, of gratings; None: all equal.
        free_response: whether the subject may answer while it sees, see `ReactionTime`.
        time_out: ms that an error costs, see `TimeOut`; 0: none.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", block_dur=(20, 100))
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (22, 3)
    """

    WRAPS = (SideBias, PerceptualDecisionMaking)
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 4.4},
            "who ignores the blocks is right in 50, 68, 82, 97 and 100 % of trials, by coherence",
        ),
        "paper": Preset(
            {
                "timing": {"stimulus": 60_000},
                "cohs": (100.0, 25.0, 12.5, 6.25, 0.0),
                "probs": ((0.8, 0.2), (0.2, 0.8)),
                "block_dur": ("truncated_exponential", (60, 20, 100)),
                "first_block": ((0.5, 0.5), 90),
                "gratings": True,
                "coh_probs": (2 / 9, 2 / 9, 2 / 9, 2 / 9, 1 / 9),
                "free_response": True,
                "time_out": 2_000,
            },
            "contrasts and how often each comes, blocks, 60 s to answer, and a time-out",
            differs="contrast is a number for each side with noise; the answer is an action, not "
            "the turn of a wheel that moves the grating; there is no period between trials",
        ),
    }
    PAPER = Paper(
        "The International Brain Laboratory et al.",
        2021,
        "Standardized and reproducible measurement of decision-making in mice",
        "eLife 10, e63711",
        "https://doi.org/10.7554/eLife.63711",
        species=("mouse",),
    )
    TAGS = PerceptualDecisionMaking.TAGS
    PARAMS = Params
    CONDITIONS = {
        "ground_truth": Condition(
            "0 or 1, with the probabilities ``params.side_bias_probs`` of the block; choice i is "
            "action i + 1",
            "int32",
            one_of=(0, 1),
        ),
        "side_bias_block": Condition(
            "row of the block, another one in each block",
            "int32",
            at_least=0,
            below="blocks",
        ),
    }
    DIFFERENCES = {
        "first block": Difference(
            "an episode begins anywhere in a block of either kind",
            "2.3.1 begins with the one in which direction 0 has 0.8",
            ("test_side_bias_begins_as_at_a_random_moment",),
        )
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        cohs: Sequence[float] = PerceptualDecisionMaking.PARAMS.cohs,
        stim_scale: float = 1.0,
        sigma: float = PerceptualDecisionMaking.PARAMS.sigma,
        abort: bool = False,
        probs: Sequence[Sequence[float]] = Params.side_bias_probs,
        block_dur: Any = Params.side_bias_block_least,
        first_block: tuple[Sequence[float], int] | None = None,
        start: str | None = None,
        gratings: bool = False,
        coh_probs: Sequence[float] | None = None,
        free_response: bool = False,
        time_out: float = 0,
    ):
        given: tuple[Any, ...] = (dt, rewards, timing, cohs, stim_scale, sigma)
        if check_flag("gratings", gratings):
            task: TrialEnv = Gratings(*given, abort=abort, coh_probs=coh_probs)
        elif coh_probs is None:
            task = PerceptualDecisionMaking(*given, abort=abort)
        else:
            raise ValueError(f"coh_probs are those of gratings, not of motion: {coh_probs!r}")
        if check_flag("free_response", free_response):
            task = ReactionTime(task)
        if check_number("time_out (ms)", time_out, at_least=0) > 0:
            task = TimeOut(task, time_out)
        super().__init__(task, probs, block_dur, first_block, start)
