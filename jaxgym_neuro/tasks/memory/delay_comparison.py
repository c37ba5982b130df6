"""Comparison of two frequencies across a delay, after Barak, Tsodyks & Romo (2010)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import quiet_cues
from jaxgym_neuro.core.params import Leaf, NoisyParams, check_param, number
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree

CHAIN = ((14, 10), (18, 14), (22, 18), (26, 22), (30, 26), (34, 30))
PAIRS = ((18, 10), (22, 14), (26, 18), (30, 22), (34, 26))


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    vpairs: Leaf = number(
        PAIRS, "pairs of different frequencies", unit="Hz", shape=("n", 2), at_least=0
    )


class DelayComparison(ChoiceTask[Params]):
    """Feel two vibrations, a delay apart, and report which had the higher frequency.

    The first frequency must be held in memory as a quantity. Noise of s.d. sigma / sqrt(dt) lies on
    the stimulus in both periods.

    Of the seven frequencies of the default pairs, three (18, 22 and 26 Hz) are the higher one in
    some pairs and the lower one in others; 10 and 14 Hz are always the lower, 30 and 34 Hz always
    the higher. So who remembers nothing, and goes by the second frequency alone, is right in 70 %
    of the trials. A chain of pairs, each of which begins where the one before ends, leaves only its
    two ends unambiguous: 58 % for the six pairs of `CHAIN`.

    In the experiments the delay is one of a few seconds, here it is 1 s. Monkeys may take the
    shortcut, too: trained with a first frequency that never changed, they went by the second
    (https://doi.org/10.1523/JNEUROSCI.17-16-06391.1997).

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayComparison-v0")
        >>> env.new_trial(jax.random.key(0), params, vpair=(34, 26)).ob.shape
        (26, 2)
    """

    PAPER = Paper(
        "Barak, Tsodyks & Romo",
        2010,
        "Neuronal population coding of parametric working memory",
        "Journal of Neuroscience 30(28), 9424-9430",
        "https://doi.org/10.1523/JNEUROSCI.1875-10.2010",
        species=("monkey",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 3.0},
            "an ideal observer is right in 81 % of the trials, one who goes by the second "
            "frequency alone in 70 % at most",
        ),
        "ambiguous": Preset(
            {"vpairs": CHAIN},
            "frequencies that are the higher one as often as the lower one, but for the lowest "
            "and the highest: the second alone tells the answer in 58 % of the trials",
        ),
        "paper": Preset(
            {"timing": {"delay": 3000}},
            "a delay of 3 s; it went from 1 to 3 s "
            "(https://doi.org/10.1523/JNEUROSCI.20-14-05503.2000)",
            differs=("the subject begins no trial by itself, and holds nothing down"),
        ),
    }
    TAGS = ("perceptual", "working memory", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus1": Period(500, "wait, and feel", cue="on"),
        "delay": Period(1000, "wait, and remember", cue="on"),
        "stimulus2": Period(500, "wait, and compare", cue="on"),
        "decision": Period(100, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(
            "(1 + (v - vmin) / (vmax - vmin)) / 2, v1 then v2; vmin and vmax are the extremes of "
            "all pairs"
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("the first, the second frequency was higher", 2)}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": Condition(
            "1 (the first is higher) or 2, equally likely", "int32", one_of=(1, 2)
        ),
        "vpair": Condition(
            "uniform over ``params.vpairs``", shape=(2,), unit="Hz", at_least=0, distinct=True
        ),
        "v1": Condition("frequency shown first", unit="Hz", derived=True),
        "v2": Condition("frequency shown second", unit="Hz", derived=True),
    }
    DIFFERENCES = {
        "order": Difference(
            "the ground truth holds for pairs in either order",
            "2.3.1 takes the first of a pair for the higher",
            ("test_ground_truth_holds_for_pairs_given_small_first",),
        ),
        "noise": quiet_cues("test_noise_lies_on_the_stimulus_alone"),
    }
    choices = (1, 2)

    def __init__(
        self,
        dt: float = 100,
        vpairs: Sequence[Sequence[float]] = Params.vpairs,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        _check_different(check_param(Params, "vpairs", vpairs))
        super().__init__(
            dt, timing, rewards, abort, enforce=enforce, numbers={"vpairs": vpairs, "sigma": sigma}
        )

    def validate(self, params: Any) -> None:
        """Check params, and that no pair has equal frequencies."""
        super().validate(params)
        _check_different(params.vpairs)

    def sample_conditions(self, key, params, carry):
        """Draw the pair, and which of it comes first."""
        key_order, key_pair = random.split(key)
        return {
            "ground_truth": random.integer(key_order, 2) + 1,
            "vpair": random.choice(key_pair, params.vpairs),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; one frequency in each stimulus."""
        low, high = jnp.min(conditions["vpair"]), jnp.max(conditions["vpair"])
        is_first_high = conditions["ground_truth"] == 1
        v1, v2 = jnp.where(is_first_high, high, low), jnp.where(is_first_high, low, high)
        lowest, highest = jnp.min(params.vpairs), jnp.max(params.vpairs)

        def drive(v):
            return (v - lowest) / (highest - lowest) * 0.5 + 0.5

        sigma = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(drive(v1), period="stimulus1", where="stimulus")
            .add_ob(drive(v2), period="stimulus2", where="stimulus")
            # Drawn for both channels; the cue carries none.
            .add_randn(0, sigma * np.array([0, 1], np.float32), period=("stimulus1", "stimulus2"))
            .set_groundtruth(conditions["ground_truth"], period="decision")
            .set_conditions(v1=v1, v2=v2)
        )


def _check_different(vpairs):
    for first, second in np.asarray(vpairs).tolist():
        if first == second:
            raise ValueError(
                f"each of vpairs (Hz) has two different frequencies, not ({first:g}, {second:g})"
            )
