"""Whether two stimuli match: respond to the second if they do, or if they do not."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.collections.driscoll24.two_circles import (
    CIRCLES,
    FULL_TURN,
    WITHHOLDING,
    CircleParams,
    TwoCircles,
    direction,
    modality,
    uniform_between,
    uniform_direction,
)
from jaxgym_neuro.core.params import Leaf, flag
from jaxgym_neuro.core.tables import Condition, Period
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(CircleParams):
    """Numbers of the task that may be swept."""

    matchgo: Leaf = flag(True, "whether to respond on a match, or else on a non-match")


_MODALITIES = {
    "modality1": modality("the circle on which the first stimulus is"),
    "modality2": modality("the circle on which the second one is"),
}


class MatchSample(TwoCircles[Params]):
    """Compare a direction with one seen before; respond to it at once, or go on fixating.

    The second stimulus is in the direction of the first, a match, or 20 degrees away at least. On a
    match the response is to the second stimulus in ``ReactMatch2Sample``, and withheld in
    ``ReactNonMatch2Sample``; on a non-match it is the other way round. Each stimulus is in either
    modality. The second one stays to the end of the trial, and fixation stays on too.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        abort: whether breaking fixation ends the trial.
    """

    TAGS_OF_TASKS = (
        "perceptual",
        "working memory",
        "go-no-go",
        "reaction time",
        "continuous action space",
        "multidimensional action space",
        "multi-task",
    )
    TIMING = {
        "context": Period(("uniform", (200, 600)), "fixate", cue="on"),
        "stimulus1": Period(("uniform", (200, 1600)), "fixate, and watch", cue="on"),
        "memory1": Period(("uniform", (200, 1600)), "fixate, and remember", cue="on"),
        "response": Period(
            ("uniform", (300, 700)),
            "respond, or go on fixating",
            cue="the second stimulus appears",
        ),
    }
    REWARDS = {**TwoCircles.REWARDS, **WITHHOLDING}
    CONDITIONS = {
        "match": Condition("whether the two are the same, as likely as not", "bool"),
        "theta1": direction("the first stimulus"),
        "apart": Condition(
            "uniform from pi / 9 to 17 pi / 9: from the first stimulus to the second, if they are "
            "no match",
            unit="rad",
            at_least=0,
            at_most=2 * math.pi,
        ),
        **_MODALITIES,
        "theta2": direction("the second stimulus, and the response if one is due", derived=True),
    }

    def __init__(
        self,
        dt: float = 20,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = CircleParams.sigma,
        tolerance: float = CircleParams.tolerance,
        abort: bool = False,
    ):
        super().__init__(dt, rewards, timing, abort, {"sigma": sigma, "tolerance": tolerance})

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the directions, and the modality of each stimulus."""
        key_match, key_theta, key_apart, *keys = random.split(key, 5)
        return {
            "match": random.bernoulli(key_match),
            "theta1": uniform_direction(key_theta),
            "apart": uniform_between(key_apart, math.pi / 9, 17 * math.pi / 9),
            **{name: random.integer(one, 2) for name, one in zip(_MODALITIES, keys, strict=True)},
        }, carry

    def second(self, conditions: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the direction of the second stimulus, and whether it matches the first."""
        apart = jnp.where(conditions["match"], 0, conditions["apart"])
        return jnp.mod(conditions["theta1"] + apart, FULL_TURN), conditions["match"]

    def has_signal(self, conditions):
        """Return where the subject is to respond."""
        return conditions["match"] == np.asarray(self.numbers["matchgo"])

    def build_trial(self, builder, conditions, params):
        """Two stimuli, the second one to the end; a response to that, if one is due."""
        theta, match = self.second(conditions)
        due = match == jnp.asarray(params.matchgo, jnp.bool_)
        builder = self.laid_out(builder, params, False, theta, due)
        for i, (period, angle) in enumerate(
            (("stimulus1", conditions["theta1"]), ("response", theta)), start=1
        ):
            seen = self.on_circle(conditions[f"modality{i}"], angle)
            builder = builder.add_ob(seen, period=period, where=CIRCLES)
        return self.with_derived(builder, theta, match)

    def with_derived(self, builder: Any, theta: Any, match: Any) -> Any:
        """Record what follows from the conditions."""
        del match
        return builder.set_conditions(theta2=theta)


class MatchCategory(MatchSample):
    """Compare the half of the circle with that of a direction seen before; respond, or fixate.

    Directions below pi are one category, those above it the other. On a match of the categories the
    response is to the second stimulus in ``ReactCategoryPro``, and withheld in
    ``ReactCategoryAnti``; on a non-match it is the other way round. Each stimulus is in either
    modality. The second one stays to the end of the trial, and fixation stays on too.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        abort: whether breaking fixation ends the trial.
    """

    CONDITIONS = {
        "theta1": direction("the first stimulus"),
        "theta2": direction("the second stimulus, and the response if one is due"),
        **_MODALITIES,
        "match": Condition("whether the two are of one category", "bool", derived=True),
    }

    def sample_conditions(self, key, params, carry):
        """Draw the directions, and the modality of each stimulus."""
        *key_thetas, key_mod1, key_mod2 = random.split(key, 4)
        keys = zip(_MODALITIES, (key_mod1, key_mod2), strict=True)
        return {
            **{f"theta{i}": uniform_direction(one) for i, one in enumerate(key_thetas, start=1)},
            **{name: random.integer(one, 2) for name, one in keys},
        }, carry

    def second(self, conditions):
        """Return the direction of the second stimulus, and whether it is of the same half."""
        first, second = (conditions[f"theta{i}"] < np.float32(math.pi) for i in (1, 2))
        return conditions["theta2"], first == second

    def has_signal(self, conditions):
        """Return where the subject is to respond."""
        _, match = self.second(conditions)
        return match == np.asarray(self.numbers["matchgo"])

    def with_derived(self, builder, theta, match):
        """Record whether the two match."""
        del theta
        return builder.set_conditions(match=match)
