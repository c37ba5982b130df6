"""Accumulation of pulses from two sides, after Scott et al. (2015)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask, abort_by
from jaxgym_neuro.core.params import Leaf, TrialParams, integer, number, probability
from jaxgym_neuro.core.tables import (
    Action,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    expanded,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_pulse: Leaf = probability(
        (0.3, 0.7), "probability of a pulse per bin on the two sides, in random order", shape=(2,)
    )
    sigma: Leaf = number(
        0.0, "s.d. of the noise on each cue and side, one number in all of the cue", at_least=0
    )
    fewest_bins: Leaf = integer(0, "fewest bins of a trial; 0: always all", at_least=0)


class PulseDecisionMaking(ChoiceTask[Params]):
    """Count pulses on two sides, and choose the side with more.

    Each bin begins with a short cue, in which either side may show a pulse. One side, drawn per
    trial, is richer in pulses, but the side to choose is the one that had more: in 8 % of trials
    both had the same number, and a coin decides. The evidence comes at known times, so that what
    was seen can be regressed on the choice, pulse by pulse.

    By default nothing is noisy, and who counts is right in all trials but half of the ties. With
    ``params.sigma`` every cue shows a number with noise for either side, pulse or not.

    With ``abort``, and a ``fail`` that costs as much as ``correct`` earns, it pays a little to give
    up: where both sides are even after the last cue, to break the trial off costs 0.1, and saves
    the wait for a guess, which earns 0 on average while the next trial could be going on.

    In the paper the animals' noise grew with the number of flashes. In the same laboratory's form
    of the task (https://pmc.ncbi.nlm.nih.gov/articles/PMC9453285) there are 2 to 6 bins of 10 and
    240 ms, and a delay of 500 ms before the response, which is not here.

    Args:
        n_bin: greatest number of bins, at least 1; i is from 0 to n_bin - 1. Changes T and the
            periods.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PulseDecisionMaking-v0")
        >>> env.new_trial(jax.random.key(0), params, pulse1=[1, 1, 0, 0, 0, 0]).ob.shape
        (250, 3)
    """

    PAPER = Paper(
        "Scott, Constantinople, Erlich, Tank & Brody",
        2015,
        "Sources of noise during accumulation of evidence in unrestrained and voluntarily "
        "head-restrained rats",
        "eLife 4, e11308",
        "https://doi.org/10.7554/eLife.11308",
        species=("rat",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 0.7},
            "an ideal observer is right in 82 % of the trials, from 67 % with a pulse more on one "
            "side to 95 % with four more; ties are a coin",
        ),
        "paper": Preset(
            {"fewest_bins": 2},
            "2 to 6 bins of 10 and 240 ms",
            differs=(
                "no delay of 500 ms before the response; the noise of the animals, which grew "
                "with the number of flashes, is the subject's own"
            ),
        ),
    }
    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "cue{i}": Period(10, "wait, and count", cue="on", each="n_bin", first=0),
        "bin{i}": Period(240, "wait", cue="on", each="n_bin", first=0),
        "decision": Period(500, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(
            "1 for a pulse on the first, on the second side, with noise of s.d. ``params.sigma`` "
            "in the cues",
            2,
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("the first, the second side", 2)}
    REWARDS = {
        "abort": abort_by("an action before decision"),
        "correct": CORRECT,
        "fail": FAIL,
        "miss": MISS,
    }
    CONDITIONS = {
        "rich_side": Condition(
            "0 (the first) or 1, equally likely: the side with the second of ``params.p_pulse``",
            "int32",
            one_of=(0, 1),
        ),
        "bins": Condition(
            "uniform from ``params.fewest_bins`` to n_bin: number of bins",
            "int32",
            at_least=1,
            at_most="n_bin",
        ),
        "luck": Condition(
            "uniform on [0, 1): there is a pulse where it is below the side's probability",
            shape=(2, "n_bin"),
            at_least=0,
            below=1,
            column=False,
        ),
        "pulse1": Condition(
            "0 or 1 in each bin; drawn as -1, which stands for what ``luck`` and ``rich_side`` "
            "make it",
            shape=("n_bin",),
            one_of=(-1, 0, 1),
        ),
        "pulse2": Condition("likewise: of the second side", shape=("n_bin",), one_of=(-1, 0, 1)),
        "tie": Condition(
            "0 or 1, equally likely: the ground truth of equal counts", "int32", one_of=(0, 1)
        ),
        "ground_truth": Condition(
            "1 if the second side has more pulses, else 0; choice i is action i + 1",
            "int32",
            derived=True,
        ),
    }
    DIFFERENCES = {
        "given pulses": Difference(
            "pulses given to `new_trial` are shown and judged",
            "2.3.1 ignores them",
            ("test_pulses_can_be_given",),
        ),
        "short cues": Difference(
            "a cue has at least one step",
            "2.3.1 shows no evidence if dt is above 10 ms",
            ("test_number_of_bins",),
        ),
    }

    def __init__(
        self,
        dt: float = 10,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        p_pulse: Sequence[float] = Params.p_pulse,
        n_bin: int = 6,
        abort: bool = False,
        enforce: str = "fixation",
        sigma: float = Params.sigma,
        fewest_bins: int = Params.fewest_bins,
    ):
        self.n_bin = check_integer("n_bin (the number of bins)", n_bin, at_least=1)
        sizes = {"n_bin": self.n_bin}
        numbers = {"p_pulse": p_pulse, "sigma": sigma, "fewest_bins": fewest_bins}
        self.WAITING = tuple(expanded(self.TIMING, sizes))[:-1]
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)
        self._check_bins(self.numbers["fewest_bins"])

    def validate(self, params: Params) -> None:
        """Check params, and that no trial has more bins than there are."""
        super().validate(params)
        self._check_bins(params.fewest_bins)

    def _check_bins(self, fewest: Any) -> None:
        if np.any(np.asarray(fewest) > self.n_bin):
            raise ValueError(f"fewest_bins is at most n_bin, {self.n_bin}, not {fewest}")

    def sample_conditions(self, key, params, carry):
        """Draw which side is richer, its luck and the other's, and how a tie is judged."""
        key_side, key_pulse, key_tie, key_bins = random.split(key, 4)
        fewest = jnp.where(params.fewest_bins > 0, params.fewest_bins, self.n_bin)
        drawn = jnp.full((self.n_bin,), -1, jnp.float32)
        return {
            "rich_side": 1 - random.bernoulli(key_side).astype(jnp.int32),
            "bins": random.between(key_bins, fewest, self.n_bin),
            "luck": random.uniform(key_pulse, (2, self.n_bin)),
            "pulse1": drawn,
            "pulse2": drawn,
            "tie": random.integer(key_tie, 2),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the pulses of each bin at its beginning."""
        p_pulse = jnp.asarray(params.p_pulse)
        p_side = jnp.where(conditions["rich_side"] == 1, p_pulse, p_pulse[::-1])
        lucky = (conditions["luck"] < p_side[:, None]).astype(jnp.float32)
        given = jnp.stack([conditions["pulse1"], conditions["pulse2"]])
        is_shown = np.arange(self.n_bin, dtype=np.int32) < conditions["bins"]
        shown = jnp.broadcast_to(is_shown, given.shape)
        drawn = jnp.where(given < 0, jnp.where(shown, lucky, 0), given)
        pulses = jnp.where(shown, drawn, 0)
        first, second = jnp.sum(pulses, axis=1)
        has_more = (second > first).astype(jnp.int32)
        ground_truth = jnp.where(first == second, conditions["tie"], has_more)
        builder = builder.add_period("fixation")
        for i in range(self.n_bin):
            builder = builder.add_period((f"cue{i}", f"bin{i}"), when=is_shown[i])
        builder, key = builder.add_period("decision").with_key()
        seen = pulses + params.sigma * random.standard_normal(key, pulses.shape)
        for i in range(self.n_bin):
            builder = builder.add_ob(seen[:, i], period=f"cue{i}", where="stimulus")
        return (
            builder.add_ob(1, period=self.WAITING, where="fixation")
            .set_groundtruth(ground_truth, period="decision", where="choice")
            .set_conditions(ground_truth=ground_truth, pulse1=drawn[0], pulse2=drawn[1])
        )
