"""Context-dependent decisions, after Mante, Sussillo, Shenoy & Newsome (2013)."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import cue_until_decision
from jaxgym_neuro.core.params import Leaf, NoisyParams, integer
from jaxgym_neuro.core.ring_choice import RING_CHOICE, coherences, signed_coherence
from jaxgym_neuro.core.tables import Channel, Condition, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(5.0, 15.0, 50.0)
    impl_context_modality: Leaf = integer(
        0, "counts where no cue tells: 0 is modality 1, 1 is 2", at_least=0, at_most=1
    )


class ContextDecisionMaking(ChoiceTask[Params]):
    """Watch two modalities, and report the direction of the one that the context asks for.

    The other modality is as clear, and must be ignored. The context is either fixed, and must be
    learned (implicit), or drawn per trial and shown (explicit). Where the two directions differ,
    the trial is not ``congruent``, and whoever attends to the wrong modality, or to both, is found
    out.

    The paper's task is the explicit one, ``use_expl_context=True``: at the default the context
    never changes, and what is left is a discrimination with a distractor. Where a coherence is 0,
    as ``params.cohs`` may have it, a coin has drawn the right answer all the same.

    Args:
        use_expl_context: whether the context is drawn and shown. Changes channels.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ContextDecisionMaking-v0", use_expl_context=True)
        >>> env.new_trial(jax.random.key(0), params, context=1).ob.shape
        (41, 7)
    """

    PAPER = Paper(
        "Mante, Sussillo, Shenoy & Newsome",
        2013,
        "Context-dependent computation by recurrent dynamics in prefrontal cortex",
        "Nature 503, 78-84",
        "https://doi.org/10.1038/nature12742",
        species=("monkey",),
    )
    TAGS = ("perceptual", "context dependent", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "stimulus": Period(750, "wait, and watch", cue="on"),
        "delay": Period(
            ("truncated_exponential", [600, 300, 3000]), "wait, and remember", cue="on"
        ),
        "decision": Period(100, "choose", cue="off"),
    }
    MOTION = "cos(theta_i - theta_{m}) * coh_{m} / 200 + 0.5 with noise of s.d. sigma / sqrt(dt)"
    CHANNELS = {
        "fixation": CUE,
        "stim{i}_mod1": Channel(MOTION.format(m=1), each="d"),
        "stim{i}_mod2": Channel(MOTION.format(m=2), each="d"),
        "context{m}": Channel(
            "1 throughout the trial if modality m counts", each=2, option="use_expl_context"
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": RING_CHOICE}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "ground_truth": Condition(
            "uniform over 1 to d: direction in the modality that counts",
            "int32",
            at_least=1,
            at_most="d",
        ),
        "other_choice": Condition(
            "uniform over 1 to d: direction in the other modality",
            "int32",
            at_least=1,
            at_most="d",
        ),
        "context": Condition(
            "0 (modality 1 counts) or 1: equally likely if explicit, else "
            "``params.impl_context_modality``",
            "int32",
            one_of=(0, 1),
        ),
        "coh_1": Condition(
            "uniform over ``params.cohs``: of modality 1", unit="percent", at_least=0
        ),
        "coh_2": Condition(
            "uniform over ``params.cohs``: of modality 2", unit="percent", at_least=0
        ),
        "signed_coh_1": Condition(
            "-coh_1 cos(theta_1): with two directions, coh_1 where it is the second, else -coh_1",
            unit="percent",
            derived=True,
        ),
        "signed_coh_2": Condition("likewise: of modality 2", unit="percent", derived=True),
        "congruent": Condition("both modalities ask for the same choice", "bool", derived=True),
    }
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 3.0}, "an ideal observer is right in 0.62, 0.83 and 0.999 of the trials"
        ),
        "paper": Preset(
            {"use_expl_context": True},
            "motion and color, of 5, 15 or 50 % to either side, for 750 ms; the context is cued",
            differs="the context is drawn in each trial; the cue is on throughout; the delay is "
            "NeuroGym's",
        ),
    }
    DIFFERENCES = {
        "cue": cue_until_decision("test_cue_is_on_until_the_decision_and_context_throughout"),
    }

    def __init__(
        self,
        dt: float = 100,
        use_expl_context: bool = False,
        impl_context_modality: int = Params.impl_context_modality,
        dim_ring: int = 2,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(1, dim_ring + 1))
        self.use_expl_context = check_flag("use_expl_context", use_expl_context)
        sizes = {"d": dim_ring, "use_expl_context": self.use_expl_context}
        numbers = {"sigma": sigma, "impl_context_modality": impl_context_modality}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)

    def sample_conditions(self, key, params, carry):
        """Draw both directions, both coherences, and the context if it is shown."""
        key_sides, key_context, key_coh1, key_coh2 = random.split(key, 4)
        ground_truth, other_choice = random.integer(key_sides, len(self.theta), (2,)) + 1
        drawn = random.integer(key_context, 2)
        context = drawn if self.use_expl_context else params.impl_context_modality
        return {
            "ground_truth": ground_truth,
            "other_choice": other_choice,
            "context": jnp.asarray(context, jnp.int32),
            "coh_1": random.choice(key_coh1, params.cohs),
            "coh_2": random.choice(key_coh2, params.cohs),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both modalities in the stimulus; the context throughout."""
        truth, other = conditions["ground_truth"], conditions["other_choice"]
        is_counted = np.arange(2, dtype=np.int32) == conditions["context"]  # (2,) modalities
        directions = stimuli.pick(self.theta, jnp.where(is_counted, truth, other) - 1)
        coh = jnp.stack([conditions["coh_1"], conditions["coh_2"]])
        motion = jax.vmap(partial(stimuli.coherent_motion, self.theta))(directions, coh)
        signed = signed_coherence(directions, coh)
        both = range(1, 1 + 2 * len(self.theta))
        sigma = params.sigma / math.sqrt(self.dt)
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(motion.reshape(-1), period="stimulus", where=both)
            .add_randn(0, sigma, period="stimulus", where=both)
            .set_groundtruth(truth, period="decision")
            .set_conditions(
                signed_coh_1=signed[0], signed_coh_2=signed[1], congruent=truth == other
            )
        )
        if self.use_expl_context:
            cues = ("context1", "context2")
            builder = builder.add_ob(is_counted, period=self.periods, where=cues)
        return builder
