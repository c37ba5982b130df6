"""Whether two stimuli, a delay apart, match: reach to the second if they do, or if they do not."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.collections.yang19.two_rings import (
    MODALITY,
    ONE_MODALITY,
    RINGS,
    SETTINGS_ARE_PARAMS,
    TwoRings,
)
from jaxgym_neuro.core.choice_task import WITHHELD
from jaxgym_neuro.core.differences import cue_until_decision
from jaxgym_neuro.core.params import Leaf, NoisyParams, flag
from jaxgym_neuro.core.tables import Condition, Difference, Period
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    matchgo: Leaf = flag(True, "whether to respond on a match, or else on a non-match")


_GROUND_TRUTH = Condition(
    "1 (match) or 2 (non-match), equally likely; the action that is due is another matter",
    "int32",
    one_of=(1, 2),
)
_SAMPLE = Condition("uniform: the ring unit of the sample", "int32", at_least=0, below="d")
_THETAS = {
    "sample_theta": Condition("direction of the sample", unit="rad", derived=True),
    "test_theta": Condition("direction of the test", unit="rad", derived=True),
}


class MatchSample(TwoRings[Params]):
    """Compare a direction with one seen before a delay; reach to it, or wait to the end.

    The test is in the direction of the sample, a match, or opposite to it. On a match the response
    is to the test in ``dms``, and withheld in ``dnms``; on a non-match it is the other way round.
    Both stimuli are on the ring of one modality, the units of which are noisy while it shows them.

    Args:
        dim_ring: number d of units of each ring, even. Changes channels and actions.
    """

    TAGS_OF_TASKS = (
        "perceptual",
        "working memory",
        "two-alternative",
        "supervised",
        "go-no-go",
        "multi-task",
    )
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "sample": Period(500, "wait, and watch", cue="on"),
        "delay": Period(1000, "wait, and remember", cue="on"),
        "test": Period(500, "wait, and compare", cue="on"),
        "decision": Period(900, "choose, or wait until the trial is over", cue="off"),
    }
    REWARDS = {**TwoRings.REWARDS, "withheld": WITHHELD}
    CONDITIONS = {
        "ground_truth": _GROUND_TRUTH,
        "modality": MODALITY,
        "sample": _SAMPLE,
        **_THETAS,
    }
    DIFFERENCES = {
        **ONE_MODALITY,
        **SETTINGS_ARE_PARAMS,
        "cue": cue_until_decision("test_the_cue_is_on_until_the_decision"),
        "withholding": Difference(
            "a correctly withheld response has performance 1, and earns the reward `withheld`",
            "2.3.1 scores and pays it nothing, so that to respond always earns as much as to know "
            "when",
            ("test_withholding_is_scored_and_paid_where_it_is_right",),
        ),
        "ground truth": Difference(
            "`ground_truth` is 1 (match) or 2 (non-match)",
            "2.3.1 has strings, which are no arrays",
            ("test_every_match_task_asks_for_what_its_name_says",),
        ),
    }
    choices = (1, 2)

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        dim_ring: int = 16,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        if len(stimuli.ring(dim_ring)) % 2:
            raise ValueError(f"dim_ring, of which the halves are compared, is even, not {dim_ring}")
        super().__init__(dt, rewards, timing, {"sigma": sigma}, dim_ring, abort, enforce)

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the modality, and the sample."""
        return self._conditions(random.uniform_of_each(random.split(key, 3))), carry

    def _conditions(self, units):
        """Return what three uniform numbers in [0, 1) make."""
        return {
            "ground_truth": random.whole(units[0], 2) + 1,
            "modality": random.whole(units[1], len(RINGS)),
            "sample": random.whole(units[2], len(self.theta)),
        }

    def test(self, conditions: Mapping[str, Any]) -> Any:
        """Return the ring unit of the test, () int32."""
        num = len(self.theta)
        opposite = jnp.where(conditions["ground_truth"] == 1, 0, num // 2)
        return (conditions["sample"] + opposite) % jnp.int32(num)

    def has_signal(self, conditions):
        """Return where the subject is to act."""
        return (conditions["ground_truth"] == 1) == np.asarray(self.numbers["matchgo"])

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; a noisy direction in the sample, another in the test."""
        sample, test = conditions["sample"], self.test(conditions)
        angles = {
            "sample": stimuli.pick(self.theta, sample),
            "test": stimuli.pick(self.theta, test),
        }
        is_match = conditions["ground_truth"] == 1
        is_due = is_match == jnp.asarray(params.matchgo, jnp.bool_)
        *waiting, _ = self.periods
        builder = builder.add_period(self.periods).add_ob(1, period=waiting, where="fixation")
        for period, angle in angles.items():
            seen = self.on_ring(conditions["modality"], stimuli.bump(self.theta, angle))
            builder = builder.add_ob(seen, period=period, where=RINGS)
        noise = jnp.full(self.theta.shape, params.sigma / math.sqrt(self.dt), jnp.float32)
        noise = self.on_ring(conditions["modality"], noise)
        return (
            builder.add_randn(0, noise, period=tuple(angles), where=RINGS)
            .set_groundtruth(jnp.where(is_due, test + 1, 0), period="decision")
            .set_conditions(sample_theta=angles["sample"], test_theta=angles["test"])
        )


class MatchCategory(MatchSample):
    """Compare the categories of two directions, a delay apart; reach to the second, or wait.

    Category 0 is the first half of the ring, units 0 to d / 2 - 1, category 1 the other half. The
    test is any direction of the category of the sample, a match, or of the other one. On a match
    the response is to the test in ``dmc``, and withheld in ``dnmc``; on a non-match it is the other
    way round. Both stimuli are on the ring of one modality, the units of which are noisy while it
    shows them.

    Args:
        dim_ring: number d of units of each ring, even. Changes channels and actions.
    """

    CONDITIONS = {
        "ground_truth": _GROUND_TRUTH,
        "modality": MODALITY,
        "sample": _SAMPLE,
        "test_place": Condition(
            "uniform on [0, 1): where in its half of the ring the test is", at_least=0, below=1
        ),
        **_THETAS,
    }
    DIFFERENCES = {
        **MatchSample.DIFFERENCES,
        "boundary": Difference(
            "the sample is of category 1 from unit d / 2 on, as the test is",
            "2.3.1 has the sample in d / 2 in category 0, and the test there in category 1",
            ("test_every_match_task_asks_for_what_its_name_says",),
        ),
    }

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the modality, the sample, and where the test is in its half."""
        key, key_place = random.split(key)
        keys = jnp.append(random.split(key, 3), key_place)
        units = random.uniform_of_each(keys)
        return {**self._conditions(units), "test_place": units[3]}, carry

    def test(self, conditions):
        """Return the ring unit of the test, () int32."""
        half = len(self.theta) // 2
        category = conditions["sample"] // jnp.int32(half)
        category = jnp.where(conditions["ground_truth"] == 1, category, 1 - category)
        place = (conditions["test_place"] * np.float32(half)).astype(jnp.int32)
        return category * half + jnp.minimum(place, jnp.int32(half - 1))
