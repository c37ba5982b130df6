"""Reaches towards or away from a stimulus, after Munoz & Everling (2004)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    anti: jax.Array = True  # respond opposite to the stimulus?


class AntiReach(TrialEnv):
    """See a stimulus on a ring, and reach to the opposite side when the fixation cue goes off.

    The pull of the stimulus must be suppressed and its direction inverted. With ``anti=False`` the
    subject reaches to the stimulus itself; both kinds can be mixed through the condition ``anti``
    (nothing shown tells them apart).

    Reference: Munoz & Everling (2004). Look away: the anti-saccade task and the voluntary control
    of eye movement. Nature Reviews Neuroscience 5, 218-228.
    https://www.nature.com/articles/nrn1345

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  500            on         wait (action 0)
    stimulus  500            on         wait, and watch
    delay     0              on         wait, and remember
    decision  500            off        choose
    ========  =============  =========  ===================================

    Observation, float32, with d = ``dim_ring``:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 until the subject may answer
    1..d    stimulus  cos(theta_i - theta_stimulus), in the stimulus period
    ======  ========  ==============================================================

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
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is another                 yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    ground_truth  uniform over the d directions, int32; choice i is action i + 1
    anti          ``params.anti``, bool
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        anti: whether the response is opposite to the stimulus.
        rewards, timing: changes to the tables above. Timing changes T.
        dim_ring: number of directions, at least 2. Changes channels and actions.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the ring has ``dim_ring`` units whatever their number.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("AntiReach-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=3).ob.shape
        (15, 33)
    """

    TIMING = {"fixation": 500, "stimulus": 500, "delay": 0, "decision": 500}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Look away: the anti-saccade task and the voluntary control of eye movement",
        "paper_link": "https://www.nature.com/articles/nrn1345",
        "tags": ("perceptual", "steps action space"),
    }

    def __init__(
        self,
        dt: float = 100,
        anti: bool = True,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 32,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        self.anti = bool(anti)
        names = range(1, dim_ring + 1)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": names}),
            action_space=spaces.Discrete(1 + dim_ring, name={"fixation": 0, "choice": names}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, anti=self.anti)

    def sample_conditions(self, key, params, carry):
        """Draw the direction of the response."""
        conditions = {
            "ground_truth": random.integer(key, len(self.theta)),
            "anti": jnp.asarray(params.anti, jnp.bool_),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the stimulus is at, or opposite to, the ground truth."""
        del params
        response = stimuli.pick(self.theta, conditions["ground_truth"])
        direction = response + jnp.where(conditions["anti"], jnp.float32(math.pi), jnp.float32(0))
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(
                stimuli.cosine_tuning(self.theta, direction), period="stimulus", where="stimulus"
            )
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)
