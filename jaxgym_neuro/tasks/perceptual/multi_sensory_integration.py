"""Integration of two senses that tell of the same side, each in part."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import quiet_cues
from jaxgym_neuro.core.params import Leaf, NoisyParams
from jaxgym_neuro.core.ring_choice import RING_CHOICE, RING_TRUTH, coherences
from jaxgym_neuro.core.tables import Channel, Condition, Period
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(5.0, 15.0, 50.0)


class MultiSensoryIntegration(ChoiceTask[Params]):
    """Report the direction that two senses agree on, by adding up what both tell.

    Each trial has a coherence, and a random share of it goes to the first modality, the rest to the
    second. A subject that attends to one of them misses part of the evidence.

    The noise has s.d. sigma / sqrt(dt) and lies on both modalities during the stimulus.

    It follows no experiment in particular. How a subject should weigh two cues by their noise, and
    that people do, is in Ernst & Banks (2002), Nature 415, 429-433,
    https://doi.org/10.1038/415429a.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MultiSensoryIntegration-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=50, coh_prop=0.8).ob.shape
        (11, 5)
    """

    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "stimulus": Period(750, "wait, and integrate", cue="on"),
        "decision": Period(100, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus_mod1": Channel("cos(theta_i - theta_gt) * coh * coh_prop / 200 + 0.5", "d"),
        "stimulus_mod2": Channel("cos(theta_i - theta_gt) * coh * (1 - coh_prop) / 200 + 0.5", "d"),
    }
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": RING_TRUTH,
        "coh": Condition(
            "uniform over ``params.cohs``: of both modalities together", unit="percent", at_least=0
        ),
        "coh_prop": Condition(
            "uniform on [0, 1): share of the first modality", at_least=0, at_most=1
        ),
    }
    DIFFERENCES = {"noise": quiet_cues("test_noise_lies_on_the_modalities_in_the_stimulus")}

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        dim_ring: int = 2,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        numbers = {"sigma": sigma}
        super().__init__(
            dt, timing, rewards, abort, enforce=enforce, sizes={"d": dim_ring}, numbers=numbers
        )

    def sample_conditions(self, key, params, carry):
        """Draw the direction, the coherence, and how the modalities share it."""
        key_side, key_coh, key_prop = random.split(key, 3)
        return {
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
            "coh_prop": random.uniform(key_prop),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both modalities during the stimulus."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        share = conditions["coh_prop"]
        cohs = conditions["coh"] * jnp.stack([share, 1 - share])  # (2,) modalities
        motion = jax.vmap(partial(stimuli.coherent_motion, self.theta, direction))(cohs)
        motion = motion.reshape(-1)
        # Drawn for all channels; the cue carries none.
        is_modality = np.array([0] + [1] * motion.size, np.float32)
        sigma = jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(motion, period="stimulus", where=("stimulus_mod1", "stimulus_mod2"))
            .add_randn(0, sigma * is_modality, period="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )
