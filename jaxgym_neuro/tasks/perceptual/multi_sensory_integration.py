"""Integration of two senses that tell of the same side, each in part."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import quiet_cues
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.ring_choice import (
    RING_CHOICE,
    RING_TRUTH,
    SIGNED_COHERENCE,
    coherences,
    signed_coherence,
)
from jaxgym_neuro.core.tables import Channel, Condition, Period, Preset
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(5.0, 15.0, 50.0)
    modalities: Leaf = number(
        (1.0, 0.0, 0.0),
        "probability of a trial with both modalities, the first alone, the second alone",
        shape=(3,),
        sums_to_1=True,
    )
    coh_prop_range: Leaf = number(
        (0.0, 1.0),
        "from what to what the share of the first goes",
        shape=(2,),
        at_least=0,
        at_most=1,
    )
    conflicts: Leaf = number(
        (0.0,), "conflicts, from which each trial draws one", unit="percent", shape=("k",)
    )
    unreliability: Leaf = number(
        (1.0, 1.0), "multiplies the noise of either modality", shape=(2,), at_least=0
    )


class MultiSensoryIntegration(ChoiceTask[Params]):
    """Report the direction that two senses tell of, by adding up what both tell.

    Each trial has a coherence, and a random share of it goes to the first modality, the rest to the
    second. A subject that attends to one of them misses part of the evidence.

    By default all trials have both modalities, which agree and are equally reliable, as in
    NeuroGym. That is not yet cue combination as it is studied, where each modality is also shown
    alone, one is noisier than the other, and they may disagree by a little: ``modalities``,
    ``unreliability`` and ``conflicts`` of the params are for that. A modality that is not shown is
    0. A conflict turns the first modality by half of it towards the second direction, and the
    second modality by as much the other way, so that their sum, and the ground truth, stay what
    they are.

    The noise has s.d. sigma / sqrt(dt), times the modality's ``unreliability``, and lies on what is
    shown during the stimulus.

    It follows no experiment in particular. How a subject should weigh two cues by their noise, and
    that people do, is in Ernst & Banks (2002), Nature 415, 429-433,
    https://doi.org/10.1038/415429a.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MultiSensoryIntegration-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=50, coh_prop=0.8).ob.shape
        (11, 5)
    """

    PRESETS = {
        "psychometric": Preset(
            {"sigma": 3.0},
            "an ideal observer is right in 77 % of the trials, from 59 % at a coherence of 5 over "
            "75 % at 15 to 99 % at 50",
        ),
        "cue combination": Preset(
            {
                "sigma": 2.0,
                "modalities": (1 / 3, 1 / 3, 1 / 3),
                "coh_prop_range": (0.5, 0.5),
                "conflicts": (-8.0, 0.0, 8.0),
                "unreliability": (1.0, 2.0),
            },
            "each modality alone and both together, the second twice as noisy as the first, with "
            "and without a conflict: what a subject gives for the weight of either can be "
            "compared with the weights that are best",
        ),
    }
    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "stimulus": Period(750, "wait, and integrate", cue="on"),
        "decision": Period(100, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus_mod1": Channel(
            "(cos(theta_i - theta_gt) * coh * coh_prop - cos(theta_i) * conflict / 2) / 200 + "
            "0.5; 0 where it is not shown",
            "d",
        ),
        "stimulus_mod2": Channel(
            "(cos(theta_i - theta_gt) * coh * (1 - coh_prop) + cos(theta_i) * conflict / 2) / 200 "
            "+ 0.5; 0 where it is not shown",
            "d",
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": RING_TRUTH,
        "coh": Condition(
            "uniform over ``params.cohs``: of both modalities together", unit="percent", at_least=0
        ),
        "coh_prop": Condition(
            "uniform over ``params.coh_prop_range``: share of the first modality",
            at_least=0,
            at_most=1,
        ),
        "modality": Condition(
            "0 (both), 1 (the first alone) or 2 (the second), with ``params.modalities``",
            "int32",
            one_of=(0, 1, 2),
        ),
        "conflict": Condition("uniform over ``params.conflicts``", unit="percent"),
        "signed_coh": SIGNED_COHERENCE,
        "signed_coh_1": Condition(
            "likewise: what the first modality tells, with the conflict; 0 where it is not shown",
            unit="percent",
            derived=True,
        ),
        "signed_coh_2": Condition("likewise: the second", unit="percent", derived=True),
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
        cohs: Sequence[float] = Params.cohs,
        modalities: Sequence[float] = Params.modalities,
        coh_prop_range: Sequence[float] = Params.coh_prop_range,
        conflicts: Sequence[float] = Params.conflicts,
        unreliability: Sequence[float] = Params.unreliability,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        numbers = {
            "sigma": sigma,
            "cohs": cohs,
            "modalities": modalities,
            "coh_prop_range": coh_prop_range,
            "conflicts": conflicts,
            "unreliability": unreliability,
        }
        super().__init__(
            dt, timing, rewards, abort, enforce=enforce, sizes={"d": dim_ring}, numbers=numbers
        )

    def sample_conditions(self, key, params, carry):
        """Draw the direction, the coherence, which modalities show it, and how they share it."""
        key_side, key_coh, key_prop, key_modality, key_conflict = random.split(key, 5)
        least, most = jnp.asarray(params.coh_prop_range)
        ends = jnp.cumsum(jnp.asarray(params.modalities)[:2])
        return {
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
            "coh_prop": least + (most - least) * random.uniform(key_prop),
            "modality": jnp.sum(random.uniform(key_modality) >= ends, dtype=jnp.int32),
            "conflict": random.choice(key_conflict, params.conflicts),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both modalities during the stimulus."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        share = conditions["coh_prop"]
        cohs = conditions["coh"] * jnp.stack([share, 1 - share])  # (2,) modalities
        motion = jax.vmap(partial(stimuli.coherent_motion, self.theta, direction))(cohs)
        turn = conditions["conflict"] / 2 * np.asarray([1, -1], np.float32)
        across = np.cos(self.theta).astype(np.float32)[None]
        motion = motion - across * (turn[:, None] / 200)
        is_shown = conditions["modality"] != np.asarray([2, 1], np.int32)
        signed = jnp.where(is_shown, signed_coherence(direction, cohs) + turn, 0)
        motion = jnp.where(is_shown[:, None], motion, 0).reshape(-1)
        sigma = jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32)
        sigmas = jnp.where(is_shown, sigma * jnp.asarray(params.unreliability, jnp.float32), 0)
        # Drawn for all channels; the cue carries none.
        sigmas = jnp.concatenate([jnp.zeros(1, jnp.float32), jnp.repeat(sigmas, len(self.theta))])
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(motion, period="stimulus", where=("stimulus_mod1", "stimulus_mod2"))
            .add_randn(0, sigmas, period="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
            .set_conditions(
                signed_coh=signed_coherence(direction, conditions["coh"]),
                signed_coh_1=signed[0],
                signed_coh_2=signed[1],
            )
        )
