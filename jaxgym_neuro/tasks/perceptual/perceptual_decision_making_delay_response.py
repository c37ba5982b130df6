"""Perceptual decision with a delayed response, after Inagaki et al. (2019)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number

COHERENCES = (0.0, 6.4, 12.8, 25.6, 51.2)  # percent


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: jax.Array = COHERENCES  # (n,) percent


class PerceptualDecisionMakingDelayResponse(TrialEnv):
    """Decide between left and right, keep the choice in mind for an unknown time, then report it.

    The delay is too variable to be timed, so the choice must be held, as an attractor would.

    Reference: Inagaki, Fontolan, Romani & Svoboda (2019). Discrete attractor dynamics underlies
    persistent activity in the frontal cortex. Nature 566, 212-217.
    https://www.nature.com/articles/s41586-019-0919-7

    Periods:

    ========  ===============================================  ====  ========================
    name      default (ms)                                     cue   the subject should
    ========  ===============================================  ====  ========================
    fixation  0                                                on    wait (action 0)
    stimulus  1150                                             on    wait, and watch
    delay     one of 300, 500, 700, 900, 1200, 2000, 3200,     on    wait, and remember
              4000
    decision  1500                                             off   choose
    ========  ===============================================  ====  ========================

    Observation, float32:

    ======  ========  =======================================================================
    index   channel   meaning
    ======  ========  =======================================================================
    0       fixation  1 until the subject may answer
    1, 2    stimulus  (1 + coh / 100) / 2 on the side of the ground truth, (1 - coh / 100) / 2
                      on the other, with noise of s.d. ``sigma`` (the condition)
    ======  ========  =======================================================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1, 2    choice    left, right
    ======  ========  ===========================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is the other               yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    ground_truth  1 or 2, equally likely, int32: the right action
    coh           uniform over ``params.cohs``, float32, percent
    sigma         s.d. of the noise per step: params.sigma / sqrt(dt),
                  float32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        stim_scale: multiplies the coherences.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PerceptualDecisionMakingDelayResponse-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=51.2).ob.shape
        (66, 3)
    """

    TIMING = {
        "fixation": 0,
        "stimulus": 1150,
        "delay": (300, 500, 700, 900, 1200, 2000, 3200, 4000),
        "decision": 1500,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    choices = (1, 2)
    metadata = {
        "paper_name": "Discrete attractor dynamics underlies persistent activity in the frontal "
        "cortex",
        "paper_link": "https://www.nature.com/articles/s41586-019-0919-7",
        "tags": ("perceptual", "delayed response", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        stim_scale: float = 1.0,
        sigma: float = 1.0,
        abort: bool = False,
    ):
        scale = check_number("stim_scale", stim_scale, at_least=0)
        self.cohs = tuple(coh * scale for coh in COHERENCES)
        self.sigma = check_number("sigma", sigma, at_least=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": [1, 2]}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, sigma=self.sigma, cohs=self.cohs)

    def sample_conditions(self, key, params, carry):
        """Draw the side and the coherence."""
        key_side, key_coh = random.split(key)
        conditions = {
            "ground_truth": random.integer(key_side, 2) + 1,
            "coh": random.choice(key_coh, params.cohs),
            "sigma": jnp.asarray(params.sigma / math.sqrt(self.dt), jnp.float32),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy evidence for both sides during the stimulus."""
        sides = np.asarray([1, 2], np.int32)
        sign = jnp.where(conditions["ground_truth"] == sides, 1.0, -1.0)
        evidence = sign * (conditions["coh"] / 200) + 0.5
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(evidence, period="stimulus", where="stimulus")
            .add_randn(0, conditions["sigma"], period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)
