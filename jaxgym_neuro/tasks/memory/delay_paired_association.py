"""Delayed paired association, after Zhang et al. (2019)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.validation import check_number


class DelayPairedAssociation(TrialEnv):
    """Smell two odours, a delay apart, and go if they belong together.

    Odours 1 and 3 are a pair, and so are 2 and 4; 1 and 4, and 2 and 3, are not.

    Reference: Zhang et al. (2019). Active information maintenance in working memory by a sensory
    cortex. eLife 8:e43191. https://elifesciences.org/articles/43191

    Periods:

    ==============  =============  =========  ===================================
    name            default (ms)   cue        the subject should
    ==============  =============  =========  ===================================
    fixation        0              on         wait (action 0)
    stim1           1000           on         wait, and smell
    delay_btw_stim  1000           on         wait, and remember
    stim2           1000           on         wait, and associate
    delay_aft_stim  1000           on         wait, and remember
    decision        500            off        go, or wait
    ==============  =============  =========  ===================================

    Observation, float32:

    ======  ========  ====================================================================
    index   channel   meaning
    ======  ========  ====================================================================
    0       fixation  1 until the subject may answer
    1..4    stimulus  1 for the odour in stim1 and in stim2, with noise of s.d.
                      sigma / sqrt(dt)
    ======  ========  ====================================================================

    Actions:

    ======  ========  ============
    index   name      meaning
    ======  ========  ============
    0       fixation  wait
    1       go        it is a pair
    ======  ========  ============

    Rewards:

    =======  =======  =========================================  ===========================
    name     default  event                                      ends the trial?
    =======  =======  =========================================  ===========================
    abort    -0.1     an action in fixation                      only if ``params.abort``
    correct  1        going in the decision after a pair         yes
    fail     -1       going in the decision without one          yes
    miss     0        having waited to the end after a pair      (it has ended)
    =======  =======  =========================================  ===========================

    Having waited to the end without a pair earns 0, and performance 1.

    Conditions:

    ============  =======================================================================
    name          distribution
    ============  =======================================================================
    ground_truth  0 (wait) or 1 (go), equally likely, int32
    pair          (2,) int32: the odours, the first 1 or 2 and equally likely. The second is
                  drawn as 0, which stands for the one that the ground truth asks for; a
                  pair that is given whole determines the ground truth
    ============  =======================================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: correct waiting has performance 1, where 2.3.1 erases it; odours and
    ground truth agree however either is given; ``sigma`` has its effect, where 2.3.1 adds no noise.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayPairedAssociation-v0")
        >>> env.new_trial(jax.random.key(0), params, pair=(2, 4)).ob.shape
        (45, 5)
    """

    TIMING = {
        "fixation": 0,
        "stim1": 1000,
        "delay_btw_stim": 1000,
        "stim2": 1000,
        "delay_aft_stim": 1000,
        "decision": 500,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": -1.0, "miss": 0.0}
    choices = (0, 1)
    metadata = {
        "paper_name": "Active information maintenance in working memory by a sensory cortex",
        "paper_link": "https://elifesciences.org/articles/43191",
        "tags": ("perceptual", "working memory", "go-no-go", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        abort: bool = False,
    ):
        self.sigma = check_number("sigma", sigma, at_least=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": range(1, 5)}),
            action_space=spaces.Discrete(2, name={"fixation": 0, "go": 1}),
        )

    @property
    def default_params(self) -> NoisyParams:
        """Params with the constructor's numbers."""
        return NoisyParams(**self.common_params, sigma=self.sigma)

    def sample_conditions(self, key, params, carry):
        """Draw pair or not, and the first odour."""
        del params
        key_go, key_first = random.split(key)
        first = random.integer(key_first, 2) + 1
        conditions = {
            "ground_truth": random.integer(key_go, 2),
            "pair": jnp.stack([first, jnp.zeros_like(first)]),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; one odour in each stimulus."""
        first, second = conditions["pair"]
        partner = jnp.where(conditions["ground_truth"] == 1, first + 2, 5 - first)
        second = jnp.where(second == 0, partner, second)
        ground_truth = ((second - first) % 2 == 0).astype(jnp.int32)
        odours = np.arange(1, 5, dtype=np.int32)
        sigma = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(odours == first, period="stim1", where="stimulus")
            .add_ob(odours == second, period="stim2", where="stimulus")
            .add_randn(0, sigma, period=("stim1", "stim2"), where="stimulus")
            .set_groundtruth(ground_truth, period="decision")
            .set_conditions(ground_truth=ground_truth, pair=jnp.stack([first, second]))
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge going, and having waited to the end; penalise acting in fixation."""
        return self.choice_response(state, action, params)
