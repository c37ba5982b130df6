"""A decision between several alternatives, of which only some are in play."""

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.blocks import Lengths, followed, found
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.params import Leaf, NoisyParams, check_param, integer, is_traced, number
from jaxgym_neuro.core.ring_choice import COHERENCE
from jaxgym_neuro.core.tables import Action, Channel, Condition, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_number

_AS_HARD = 0.75  # share of correct choices at which the task is as hard for any number


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = number(
        (0.0, 6.4, 12.8, 25.6, 51.2),
        "coherences for two alternatives",
        unit="percent",
        shape=("n",),
        at_least=0,
    )
    block_nch: Leaf = integer(
        100, "trials with the same number of alternatives in play", at_least=1
    )


class NAlternatives(ChoiceTask[Params]):
    """Report the strongest of up to ``n_ch`` inputs; see `PriorsV0`, which is made of it.

    More alternatives are harder to tell apart, so the coherence of a trial is one of
    ``params.cohs`` times a factor by the number in play, 1 for two, with which an ideal observer
    is as often right at its threshold: where two inputs can be told apart in 75 % of the trials,
    three or four can, too (1.50 times the coherence for three, 1.76 for four).

    An episode begins anywhere in a block of trials with the same number in play.

    Args:
        n_ch: number n of alternatives, at least 2. Changes channels and actions.
        cohs: coherences in percent, for two in play; their number is static.
        stim_scale: multiplies the coherences further.
    """

    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus": Period(("truncated_exponential", [330, 80, 1500]), "wait, and watch", cue="on"),
        "decision": Period(500, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(
            "(1 + coh / 100) / 2 for the ground truth, (1 - coh / 100) / 2 for the others, with "
            "noise of s.d. sigma / sqrt(dt); 0 where not in play",
            "n",
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("input i is the strongest", "n")}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": Condition(
            "uniform over those in play; choice i is action i + 1", "int32", at_least=0, below="n"
        ),
        "coh": dataclasses.replace(
            COHERENCE,
            distribution="one of ``params.cohs``, equally likely, times the factor by ``n_ch``",
        ),
        "n_ch": Condition(
            "alternatives in play, the first 2 to n, equally likely; drawn every "
            "``params.block_nch`` trials",
            "int32",
            at_least=2,
            at_most="n",
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        n_ch: int = 3,
        cohs: Sequence[float] = Params.cohs,
        stim_scale: float = 1.0,
        sigma: float = Params.sigma,
        block_nch: int = Params.block_nch,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        n_ch = check_integer("n_ch (the number of alternatives)", n_ch, at_least=2)
        self.choices = tuple(range(n_ch))
        scale = check_number("stim_scale", stim_scale, at_least=0)
        cohs = tuple(coh * scale for coh in check_param(Params, "cohs", cohs))
        numbers = {"cohs": cohs, "sigma": sigma, "block_nch": block_nch}
        super().__init__(
            dt, timing, rewards, abort, enforce=enforce, sizes={"n": n_ch}, numbers=numbers
        )

    def init_carry(self, key, params):
        """Find a place in a block of trials with a number of alternatives in play."""
        key_number, key_place = random.split(key)
        n_ch = random.integer(key_number, len(self.choices) - 1) + 2
        return found(key_place, n_ch, Lengths(least=params.block_nch, most=params.block_nch))

    def sample_conditions(self, key, params, carry):
        """Draw the number of alternatives, if a block begins; the right one, and the coherence."""
        key_number, key_side, key_coh = random.split(key, 3)
        drawn = random.integer(key_number, len(self.choices) - 1) + 2
        carry = followed(carry, drawn, jnp.asarray(params.block_nch, jnp.int32))
        n_ch = carry.kind
        factors = np.asarray([factor(n) for n in range(2, len(self.choices) + 1)], np.float32)
        conditions = {
            "ground_truth": random.between(key_side, 0, n_ch - 1),
            "coh": random.choice(key_coh, params.cohs) * stimuli.pick(factors, n_ch - 2),
            "n_ch": n_ch,
        }
        return conditions, carry

    def check_conditions(self, conditions):
        """Check conditions that are given, and that the right alternative is in play."""
        given = super().check_conditions(conditions)
        side, n_ch = (
            given.get(name, fewest) for name, fewest in (("ground_truth", 0), ("n_ch", 2))
        )
        if not is_traced(side) and not is_traced(n_ch) and side >= n_ch:
            raise ValueError(
                f"condition 'ground_truth' of {self.name} is one of the alternatives in play, 0 to "
                f"n_ch - 1, not {side}; give the condition 'n_ch' of at least {side + 1} with it"
            )
        return given

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy inputs of the alternatives in play during the stimulus."""
        number = jnp.arange(len(self.choices), dtype=jnp.int32)
        side = jnp.where(number == conditions["ground_truth"], 1, -1)
        is_active = number < conditions["n_ch"]
        strength = (1 + side * conditions["coh"] / 100) / 2
        sigma = jnp.where(is_active, params.sigma / math.sqrt(self.dt), 0)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(jnp.where(is_active, strength, 0), period="stimulus", where="stimulus")
            .add_randn(0, sigma, period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )


@functools.cache
def factor(number: int) -> float:
    """Return by how much coherences are multiplied with so many alternatives in play.

    With the difference d in means, in s.d. of an input, the strongest of n inputs is the right one
    with the probability that it exceeds the greatest of the others, the integral of
    phi(x - d) Phi(x) ** (n - 1). The factor is d at 75 % correct, over that of two.
    """
    return _difference_at(_AS_HARD, number) / _difference_at(_AS_HARD, 2)


def _difference_at(correct: float, number: int) -> float:
    """Return the difference of means at which the strongest input is right so often."""
    x = np.linspace(-8, 16, 4_801)
    below = np.asarray([(1 + math.erf(value / math.sqrt(2))) / 2 for value in x]) ** (number - 1)
    low, high = 0.0, 8.0
    for _ in range(50):
        middle = (low + high) / 2
        density = np.exp(-((x - middle) ** 2) / 2) / math.sqrt(2 * math.pi)
        is_more = np.sum(density * below) * (x[1] - x[0]) > correct
        low, high = (low, middle) if is_more else (middle, high)
    return (low + high) / 2
