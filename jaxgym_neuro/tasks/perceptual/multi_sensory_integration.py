"""Integration of two senses that tell of the same side, each in part."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number

COHERENCES = (5.0, 15.0, 50.0)  # percent


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: jax.Array = COHERENCES  # (n,) percent, of both modalities together


class MultiSensoryIntegration(TrialEnv):
    """Report the direction that two senses agree on, by adding up what both tell.

    Each trial has a coherence, and a random share of it goes to the first modality, the rest to the
    second. A subject that attends to one of them misses part of the evidence.

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  300            on         wait (action 0)
    stimulus  750            on         wait, and integrate
    decision  100            off        choose
    ========  =============  =========  ===================================

    Observation, float32, with d = ``dim_ring``; the noise has s.d. sigma / sqrt(dt) and lies on
    every channel, the cue's too, during the stimulus:

    =======  =============  ============================================================
    index    channel        meaning
    =======  =============  ============================================================
    0        fixation       1 until the subject may answer
    1..d     stimulus_mod1  cos(theta_i - theta_gt) * coh * coh_prop / 200 + 0.5
    d+1..2d  stimulus_mod2  cos(theta_i - theta_gt) * coh * (1 - coh_prop) / 200 + 0.5
    =======  =============  ============================================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1..d    choice    the direction of ring unit i
    ======  ========  ===========================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the choice is the ground truth        yes; any other choice: 0
    =======  =======  ====================================  ===========================

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    ground_truth  uniform over the d directions, int32; choice i is action i + 1
    coh           uniform over ``params.cohs``, float32, percent
    coh_prop      uniform on [0, 1), float32: share of the first modality
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        dim_ring: number of directions, at least 2. Changes channels and actions.
        abort: whether breaking fixation ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MultiSensoryIntegration-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=50, coh_prop=0.8).ob.shape
        (11, 5)
    """

    TIMING = {"fixation": 300, "stimulus": 750, "decision": 100}
    REWARDS = {"abort": -0.1, "correct": 1.0}
    metadata = {
        "paper_name": None,
        "paper_link": None,
        "tags": ("perceptual", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        dim_ring: int = 2,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        self.sigma = check_number("sigma", sigma, at_least=0)
        channels = {
            "fixation": 0,
            "stimulus_mod1": range(1, dim_ring + 1),
            "stimulus_mod2": range(dim_ring + 1, 2 * dim_ring + 1),
        }
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded(channels),
            action_space=spaces.Discrete(
                1 + dim_ring, name={"fixation": 0, "choice": range(1, dim_ring + 1)}
            ),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, sigma=self.sigma)

    def sample_conditions(self, key, params, carry):
        """Draw the direction, the coherence, and how the modalities share it."""
        key_side, key_coh, key_prop = random.split(key, 3)
        conditions = {
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
            "coh_prop": random.uniform(key_prop),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both modalities during the stimulus."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        share = conditions["coh_prop"]
        coh = conditions["coh"] * jnp.stack([share, 1 - share])[:, None]
        motion = stimuli.coherent_motion(self.theta, direction, coh).reshape(-1)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(motion, period="stimulus", where=("stimulus_mod1", "stimulus_mod2"))
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)
