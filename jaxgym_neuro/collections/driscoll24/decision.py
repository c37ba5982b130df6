"""Which of two stimuli in turn is the stronger one, in one modality or two."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.collections.driscoll24.two_circles import (
    CIRCLES,
    FULL_TURN,
    CircleParams,
    TwoCircles,
    direction,
    uniform_between,
    uniform_direction,
)
from jaxgym_neuro.core.params import Leaf, number
from jaxgym_neuro.core.tables import Condition, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_order


@pytree
class Params(CircleParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = number(
        (0.005, 0.8),
        "the least and the greatest coherence: half of what two strengths differ by",
        shape=(2,),
        at_least=0,
    )
    stim_mod: Leaf = number(
        (1.0, 1.0),
        "factor of the strengths in each modality: 0 where nothing is shown",
        shape=(2,),
        at_least=0,
    )
    w_mod: Leaf = number((1.0, 1.0), "weight of each modality in the decision", shape=(2,))


_MEAN = (0.8, 1.2)  # of the strengths of the two stimuli


class Integration(TwoCircles[Params]):
    """See two directions in turn, and respond to the one that was stronger.

    The two are a quarter of a turn apart at least, and the same in both modalities; the strengths
    are each modality's own. What counts is the sum of the strengths in the modalities that have a
    weight: the integration tasks show one modality, the context tasks show both and ask to ignore
    one. Of equal sums the second stimulus is right.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        cohs: the least and the greatest coherence, of which the strengths of the two stimuli differ
            by twice as much.
        abort: whether breaking fixation ends the trial.

    Raises:
        ValueError: for cohs the wrong way round.
    """

    TAGS_OF_TASKS = (
        "perceptual",
        "working memory",
        "continuous action space",
        "multidimensional action space",
        "multi-task",
    )
    TIMING = {
        "context": Period(("uniform", (200, 600)), "fixate", cue="on"),
        "stimulus1": Period(("uniform", (200, 1600)), "fixate, and watch", cue="on"),
        "memory1": Period(("uniform", (200, 1600)), "fixate, and remember", cue="on"),
        "stimulus2": Period(("uniform", (200, 1600)), "fixate, and compare", cue="on"),
        "memory2": Period(("uniform", (100, 300)), "fixate, and remember", cue="on"),
        "response": Period(("uniform", (300, 700)), "respond", cue="off"),
    }
    CONDITIONS = {
        "theta1": direction("the first stimulus"),
        "apart": Condition(
            "uniform from pi / 2 to 3 pi / 2: from the first stimulus to the second",
            unit="rad",
            at_least=0,
            at_most=2 * math.pi,
        ),
        **{
            f"strength{i}_mod{m}": Condition(
                f"in each modality m {sign} c of its own, m uniform from 0.8 to 1.2, c uniform "
                "between ``params.cohs`` and of either sign; times ``params.stim_mod``",
                at_least=0,
            )
            for m in (1, 2)
            for i, sign in ((1, "+"), (2, "-"))
        },
        "theta2": direction("the second stimulus", derived=True),
        "evidence": Condition(
            "how much stronger the first one is, summed with ``params.w_mod``", derived=True
        ),
        "response_theta": direction("the right response", derived=True),
    }

    def __init__(
        self,
        dt: float = 20,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = CircleParams.sigma,
        tolerance: float = CircleParams.tolerance,
        cohs: Sequence[float] = Params.cohs,
        abort: bool = False,
    ):
        numbers = {"sigma": sigma, "tolerance": tolerance, "cohs": cohs}
        super().__init__(dt, rewards, timing, abort, numbers)
        _check_cohs(*self.numbers["cohs"])

    def validate(self, params: Params) -> None:
        """Check params, and that the bounds of the coherence are not the wrong way round."""
        super().validate(params)
        _check_cohs(*params.cohs)

    def sample_conditions(self, key, params, carry):
        """Draw the two directions, and their strengths in each modality."""
        key_theta, key_apart, key_strengths = random.split(key, 3)
        apart = uniform_between(key_apart, math.pi / 2, 3 * math.pi / 2)
        conditions = {"theta1": uniform_direction(key_theta), "apart": apart}
        factors = jnp.asarray(params.stim_mod, jnp.float32)
        for i, strengths in enumerate(self.strengths(key_strengths, params), start=1):
            for m, strength in enumerate(strengths):
                conditions[f"strength{i}_mod{m + 1}"] = strength * factors[m]
        return conditions, carry

    def strengths(self, key: jax.Array, params: Params) -> Any:
        """Draw the strengths of both stimuli, each in both modalities."""
        pairs = [_pair(key_mod, params.cohs) for key_mod in random.split(key)]
        return zip(*pairs, strict=True)

    def build_trial(self, builder, conditions, params):
        """Two stimuli in turn; a response to the stronger one."""
        first = conditions["theta1"]
        second = jnp.mod(first + conditions["apart"], FULL_TURN)
        strengths = [jnp.stack([conditions[f"strength{i}_mod{m}"] for m in (1, 2)]) for i in (1, 2)]
        weights = jnp.asarray(params.w_mod, jnp.float32)
        evidence = jnp.sum(weights * (strengths[0] - strengths[1]))
        answer = jnp.where(evidence > 0, first, second)
        builder = self.laid_out(builder, params, True, answer)
        for i, theta in enumerate((first, second)):
            seen = self.on_circles(strengths[i], theta)
            builder = builder.add_ob(seen, period=f"stimulus{i + 1}", where=CIRCLES)
        return builder.set_conditions(theta2=second, evidence=evidence, response_theta=answer)


class IntegrationMultimodal(Integration):
    """See two directions in turn, in both modalities, and respond to the one that was stronger.

    The two are a quarter of a turn apart at least, and the same in both modalities. Each stimulus
    has a strength that its modalities share unequally, so that each of them alone may mislead: what
    counts is the sum. Of equal sums the second stimulus is right.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        cohs: the least and the greatest coherence, of which the strengths of the two stimuli differ
            by twice as much; as large a part of its strength do the modalities of a stimulus differ
            by.
        abort: whether breaking fixation ends the trial.

    Raises:
        ValueError: for cohs the wrong way round.
    """

    CONDITIONS = {
        **Integration.CONDITIONS,
        **{
            f"strength{i}_mod{m}": Condition(
                f"s (1 {share} c' / 2): s is m {sign} c, m uniform from 0.8 to 1.2, c and c' "
                "uniform between ``params.cohs`` and of either sign, c' each stimulus's own",
                at_least=0,
            )
            for m, share in ((1, "+"), (2, "-"))
            for i, sign in ((1, "+"), (2, "-"))
        },
    }

    def strengths(self, key, params):
        """Draw the strengths of the stimuli, and how much of it each modality has."""
        key_pair, *keys = random.split(key, 3)
        for strength, key_share in zip(_pair(key_pair, params.cohs), keys, strict=True):
            half = strength * _signed(key_share, params.cohs) / 2
            yield strength + half, strength - half


def _check_cohs(least: float, greatest: float) -> None:
    check_order(**{"the least of cohs": least, "the greatest of cohs": greatest})


def _signed(key: jax.Array, cohs: Any) -> jax.Array:
    """Draw a coherence of either sign."""
    key_size, key_sign = random.split(key)
    least, greatest = jnp.asarray(cohs, jnp.float32)
    size = uniform_between(key_size, least, greatest)
    return jnp.where(random.bernoulli(key_sign), size, -size)


def _pair(key: jax.Array, cohs: Any) -> tuple[jax.Array, jax.Array]:
    """Draw the strengths of the first stimulus and of the second."""
    key_mean, key_coh = random.split(key)
    mean, coh = uniform_between(key_mean, *_MEAN), _signed(key_coh, cohs)
    return jnp.maximum(mean + coh, 0), jnp.maximum(mean - coh, 0)
