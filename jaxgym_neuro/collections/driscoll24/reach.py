"""Respond in the direction of a stimulus, or opposite to it."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.collections.driscoll24.two_circles import (
    CIRCLES,
    FULL_TURN,
    CircleParams,
    TwoCircles,
    direction,
    modality,
    uniform_direction,
)
from jaxgym_neuro.core.params import Leaf, flag
from jaxgym_neuro.core.tables import Condition, Period
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(CircleParams):
    """Numbers of the task that may be swept."""

    anti: Leaf = flag(False, "whether the response is opposite to the stimulus")


class Memory(TwoCircles[Params]):
    """See a direction, and respond to it after a memory period.

    The stimulus is in either modality. It is over before the memory period, and the response is due
    when fixation goes off after it.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        abort: whether breaking fixation ends the trial.
    """

    TAGS_OF_TASKS = (
        "working memory",
        "delayed response",
        "continuous action space",
        "multidimensional action space",
        "multi-task",
    )
    TIMING = {
        "context": Period(("uniform", (300, 700)), "fixate", cue="on"),
        "stimulus1": Period(("uniform", (200, 1600)), "fixate, and watch", cue="on"),
        "memory1": Period(("uniform", (200, 1600)), "fixate, and remember", cue="on"),
        "response": Period(("uniform", (300, 700)), "respond", cue="off"),
    }
    SHOWN_IN: tuple[str, ...] = ("stimulus1",)
    IS_CUED = True  # does fixation go off when the response is due?
    CONDITIONS = {
        "theta": direction("the stimulus"),
        "modality": modality("the circle on which it is"),
        "anti": Condition("``params.anti``: is the response opposite to the stimulus?", "bool"),
        "response_theta": direction("the right response", derived=True),
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
        """Draw the direction of the stimulus, and its modality."""
        key_theta, key_modality = random.split(key)
        return {
            "theta": uniform_direction(key_theta),
            "modality": random.integer(key_modality, len(CIRCLES)),
            "anti": jnp.asarray(params.anti, jnp.bool_),
        }, carry

    def build_trial(self, builder, conditions, params):
        """The stimulus, and a response to it or opposite to it."""
        theta = conditions["theta"]
        turn = jnp.where(conditions["anti"], np.float32(math.pi), np.float32(0))
        answer = jnp.mod(theta + turn, FULL_TURN)
        return (
            self.laid_out(builder, params, self.IS_CUED, answer)
            .add_ob(
                self.on_circle(conditions["modality"], theta), period=self.SHOWN_IN, where=CIRCLES
            )
            .set_conditions(response_theta=answer)
        )


class Delay(Memory):
    """See a direction, and respond to it when fixation goes off.

    The stimulus is in either modality, and stays to the end of the trial.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        abort: whether breaking fixation ends the trial.
    """

    TAGS_OF_TASKS = (
        "delayed response",
        "continuous action space",
        "multidimensional action space",
        "multi-task",
    )
    TIMING = {
        "context": Period(("uniform", (300, 700)), "fixate", cue="on"),
        "stimulus1": Period(("uniform", (200, 1500)), "fixate, and watch", cue="on"),
        "response": Period(("uniform", (300, 700)), "respond", cue="off"),
    }
    SHOWN_IN = ("stimulus1", "response")


class React(Memory):
    """See a direction, and respond at once.

    The stimulus is in either modality, and stays to the end of the trial. Fixation stays on too: it
    is the stimulus that asks for the response.

    Args:
        sigma: noise of the stimuli; its s.d. per step is sigma / sqrt(dt).
        tolerance: angle in rad to the right direction below which the response is right.
        abort: whether breaking fixation ends the trial.
    """

    TAGS_OF_TASKS = (
        "reaction time",
        "continuous action space",
        "multidimensional action space",
        "multi-task",
    )
    TIMING = {
        "context": Period(("uniform", (500, 2500)), "fixate", cue="on"),
        "response": Period(("uniform", (300, 1700)), "respond", cue="the stimulus appears"),
    }
    SHOWN_IN = ("response",)
    IS_CUED = False
