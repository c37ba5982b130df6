"""Which of two stimuli is the stronger one, in one modality or two, side by side or in turn."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.collections.yang19.two_rings import RINGS, SETTINGS_ARE_PARAMS, TwoRings
from jaxgym_neuro.core.differences import cue_until_decision, other_conditions
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.ring_choice import RING_TRUTH
from jaxgym_neuro.core.tables import Condition, Period
from jaxgym_neuro.support.pytrees import pytree

_TIE = 1e-5  # sums of strengths that differ by less are equal, but for rounding


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = number(
        (0.08, 0.16, 0.32, 0.64),
        "coherences, as the conditions say",
        shape=("n",),
        at_least=0,
        at_most=1,
    )
    stim_mod: Leaf = number(
        (1.0, 1.0),
        "factor of the strengths in each modality: 0 where nothing is shown",
        shape=(2,),
        at_least=0,
    )
    w_mod: Leaf = number((1.0, 1.0), "weight of each modality in the decision", shape=(2,))


def _conditions(first: str, second: str) -> dict[str, Condition]:
    """Return the table of conditions, given how the strengths of the stimuli are drawn."""
    strengths = {
        f"coh{i}_mod{m}": Condition(f"{words}; times ``params.stim_mod``", at_least=0)
        for m in (1, 2)
        for i, words in ((1, first), (2, second))
    }
    return {
        "ground_truth": RING_TRUTH,
        "offset": Condition(
            "uniform: units from the right direction to the other one",
            "int32",
            at_least=1,
            below="d",
        ),
        "tie": Condition(
            "0 or 1: which stimulus is right if they are equal", "int32", one_of=(0, 1)
        ),
        **strengths,
        "theta1": Condition("direction of the first stimulus", unit="rad", derived=True),
        "theta2": Condition("direction of the second one", unit="rad", derived=True),
        "evidence": Condition(
            "how much stronger the first one is, summed with ``params.w_mod``", derived=True
        ),
    }


class Decision(TwoRings[Params]):
    """See two stimuli at once, and choose the direction of the stronger one.

    The two directions are the same in both modalities, the strengths are not. What counts is the
    sum of the strengths in the modalities that have a weight: in ``dm1`` and ``dm2`` only one shows
    anything; in ``ctxdm1`` and ``ctxdm2`` the other one is to be ignored, and in ``multidm`` both
    count. Equal sums are decided by a coin. All units are noisy while stimuli are shown, those of
    a modality that shows nothing too.

    Args:
        dim_ring: number d of units of each ring, at least 2. Changes channels and actions.
    """

    TAGS_OF_TASKS = ("perceptual", "multi-task")
    TIMING = {
        "fixation": Period(("uniform", (200, 500)), "wait (action 0)", cue="on"),
        "stimulus": Period(500, "wait, and compare", cue="on"),
        "decision": Period(200, "choose", cue="off"),
    }
    SHOWN_IN = ("stimulus", "stimulus")  # the first stimulus, and the second
    CONDITIONS = _conditions(
        "(1 + c) / 2, of c uniform over ``params.cohs`` and of either sign", "(1 - c) / 2"
    )
    DIFFERENCES = {
        **SETTINGS_ARE_PARAMS,
        "cue": cue_until_decision("test_the_cue_is_on_until_the_decision"),
        "conditions": other_conditions(
            "`ground_truth` and `offset` can be given, and the strengths; durations are those of "
            "the periods, no condition `stim_period`",
            "2.3.1 draws all anew whatever is given",
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        cohs: Sequence[float] | None = None,
        dim_ring: int = 16,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        numbers = {"sigma": sigma, **({} if cohs is None else {"cohs": cohs})}
        super().__init__(dt, rewards, timing, numbers, dim_ring, abort, enforce)
        self.choices = tuple(range(dim_ring))

    def sample_conditions(self, key, params, carry):
        """Draw the two directions, and the strengths of the stimuli in each modality."""
        keys = random.split(key, 3 + len(RINGS))
        keys_of_rings = jax.vmap(random.split)(keys[3:])  # two for each
        units = random.uniform_of_each(jnp.concatenate([keys[:3], keys_of_rings.reshape(-1)]))
        num = len(self.theta)
        conditions = {
            "ground_truth": random.whole(units[0], num),
            "offset": random.whole(units[1], num - 1) + 1,
            "tie": random.whole(units[2], 2),
        }
        factors = jnp.asarray(params.stim_mod, jnp.float32)
        cohs = jnp.asarray(params.cohs, jnp.float32)
        for m in range(len(RINGS)):
            own = units[3 + 2 * m : 5 + 2 * m]
            for i, strength in enumerate(self.strengths(own, cohs), start=1):
                conditions[f"coh{i}_mod{m + 1}"] = strength * factors[m]
        return conditions, carry

    def strengths(self, units: jax.Array, cohs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the strengths of the two stimuli in one modality.

        Args:
            units: (2,), uniform numbers in [0, 1).
            cohs: (n,), all coherences.
        """
        coh = cohs.at[random.whole(units[0], len(cohs))].get(mode="promise_in_bounds")
        coh = jnp.where(units[1] < 0.5, coh, -coh)
        return (1 + coh) / 2, (1 - coh) / 2

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; two noisy stimuli, in directions that are one right, one not."""
        weights = jnp.asarray(params.w_mod, jnp.float32)
        leads = [conditions[f"coh1_mod{m}"] - conditions[f"coh2_mod{m}"] for m in (1, 2)]
        evidence = leads[0] * weights[0] + leads[1] * weights[1]
        is_tie = jnp.abs(evidence) < np.float32(_TIE)
        first_is_right = jnp.where(is_tie, conditions["tie"] == 0, evidence > 0)
        right = conditions["ground_truth"]
        other = (right + conditions["offset"]) % jnp.int32(len(self.theta))
        first, second = (
            stimuli.pick(self.theta, jnp.where(first_is_right == is_first, right, other))
            for is_first in (True, False)
        )
        *waiting, _ = self.periods
        builder = builder.add_period(self.periods).add_ob(1, period=waiting, where="fixation")
        for i, (angle, period) in enumerate(zip((first, second), self.SHOWN_IN, strict=True), 1):
            strengths = jnp.stack([conditions[f"coh{i}_mod{m}"] for m in (1, 2)])
            seen = (strengths[:, None] * stimuli.bump(self.theta, angle)[None]).reshape(-1)
            builder = builder.add_ob(seen, period=period, where=RINGS)
        noise = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_randn(0, noise, period=self.SHOWN_IN, where=RINGS)
            .set_groundtruth(right, period="decision", where="choice")
            .set_conditions(theta1=first, theta2=second, evidence=evidence)
        )


class DelayedDecision(Decision):
    """See two stimuli, a delay apart, and choose the direction of the stronger one.

    Stimuli have the same two directions in both modalities, and strengths of their own, two
    different ones of ``params.cohs`` in each. What counts is the sum of the strengths in the
    modalities that have a weight: in ``dlydm1`` and ``dlydm2`` only one shows anything; in
    ``ctxdlydm1`` and ``ctxdlydm2`` the other one is to be ignored, and in ``multidlydm`` both
    count. Equal sums are decided by a coin. All units are noisy while a stimulus is shown, those
    of a modality that shows nothing too.

    Args:
        dim_ring: number d of units of each ring, at least 2. Changes channels and actions.
    """

    TAGS_OF_TASKS = ("perceptual", "working memory", "multi-task")
    TIMING = {
        "fixation": Period(("uniform", (200, 500)), "wait (action 0)", cue="on"),
        "stim1": Period(500, "wait, and watch", cue="on"),
        "delay": Period(1000, "wait, and remember", cue="on"),
        "stim2": Period(500, "wait, and compare", cue="on"),
        "decision": Period(200, "choose", cue="off"),
    }
    SHOWN_IN = ("stim1", "stim2")
    SETTINGS = {"cohs": (0.3, 0.6, 1.0)}
    CONDITIONS = _conditions("uniform over ``params.cohs``", "uniform over the others of them")
    DIFFERENCES = Decision.DIFFERENCES

    def check_rule(self) -> None:
        """Raise a ValueError unless there are two strengths that differ."""
        super().check_rule()
        if len(self.numbers["cohs"]) < 2:
            raise ValueError(
                f"the two stimuli of {self.name} have different cohs: give two at least, not "
                f"{self.numbers['cohs']}"
            )

    def strengths(self, units, cohs):
        """Return two of the coherences."""
        num = len(cohs)
        first = random.whole(units[0], num)
        second = (first + 1 + random.whole(units[1], num - 1)) % jnp.int32(num)
        return tuple(cohs.at[i].get(mode="promise_in_bounds") for i in (first, second))
