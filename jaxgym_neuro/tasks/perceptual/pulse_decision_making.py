"""Accumulation of pulses from two sides, after Scott et al. (2015)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask, abort_by
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, expanded
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_pulse: Leaf = probability(
        (0.3, 0.7), "probability of a pulse per bin on the two sides, in random order", shape=(2,)
    )


class PulseDecisionMaking(ChoiceTask[Params]):
    """Count pulses on two sides, and choose the side with more.

    Each bin begins with a short cue, in which either side may show a pulse. One side, drawn per
    trial, is richer in pulses. Evidence comes at known times, so that noise of the senses and noise
    of the memory can be told apart.

    Args:
        n_bin: number of bins, at least 1; i is from 0 to n_bin - 1. Changes T and the periods.

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
    )
    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "cue{i}": Period(10, "wait, and count", cue="on", each="n_bin", first=0),
        "bin{i}": Period(240, "wait", cue="on", each="n_bin", first=0),
        "decision": Period(500, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel("1 for a pulse on the first, on the second side", 2),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("the first, the second side", 2)}
    REWARDS = {
        "abort": abort_by("an action before decision"),
        "correct": CORRECT,
        "fail": FAIL,
        "miss": MISS,
    }
    CONDITIONS = {
        "pulse1": Condition(
            "0 or 1: 1 with one of the two ``params.p_pulse``", shape=("n_bin",), one_of=(0, 1)
        ),
        "pulse2": Condition(
            "0 or 1: 1 with the other probability", shape=("n_bin",), one_of=(0, 1)
        ),
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
    ):
        self.n_bin = check_integer("n_bin (the number of bins)", n_bin, at_least=1)
        sizes = {"n_bin": self.n_bin}
        numbers = {"p_pulse": p_pulse}
        self.WAITING = tuple(expanded(self.TIMING, sizes))[:-1]
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)

    def sample_conditions(self, key, params, carry):
        """Draw which side is richer, its pulses and the other's, and how a tie is judged."""
        key_side, key_pulse, key_tie = random.split(key, 3)
        p_first, p_second = jnp.asarray(params.p_pulse)
        is_swapped = random.bernoulli(key_side)
        draws = random.uniform(key_pulse, (2, self.n_bin))
        conditions = {
            "pulse1": draws[0] < jnp.where(is_swapped, p_second, p_first),
            "pulse2": draws[1] < jnp.where(is_swapped, p_first, p_second),
        }
        conditions = {name: pulse.astype(jnp.float32) for name, pulse in conditions.items()}
        return {**conditions, "tie": random.integer(key_tie, 2)}, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the pulses of each bin at its beginning."""
        del params
        pulses = jnp.stack([conditions["pulse1"], conditions["pulse2"]])
        first, second = jnp.sum(pulses, axis=1)
        has_more = (second > first).astype(jnp.int32)
        ground_truth = jnp.where(first == second, conditions["tie"], has_more)
        builder = builder.add_period(self.periods)
        builder = builder.add_ob(1, period=self.WAITING, where="fixation")
        for i in range(self.n_bin):
            builder = builder.add_ob(pulses[:, i], period=f"cue{i}", where="stimulus")
        builder = builder.set_groundtruth(ground_truth, period="decision", where="choice")
        return builder.set_conditions(ground_truth=ground_truth)
