"""Wagering on a perceptual decision, after Kiani & Shadlen (2009)."""

import dataclasses
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

COHERENCES = (0.0, 3.2, 6.4, 12.8, 25.6, 51.2)  # percent


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: jax.Array = COHERENCES  # (n,) percent
    sure: jax.Array = 0.7  # what the sure bet earns, as a fraction of "correct"


class PostDecisionWager(TrialEnv):
    """Decide on the direction of motion, and in some trials take a smaller but sure reward instead.

    In half of the trials a sure bet is offered during the delay. A subject that takes it when the
    evidence was weak, and leaves it when it was strong, knows how certain it is.

    Reference: Kiani & Shadlen (2009). Representation of confidence associated with a decision by
    neurons in the parietal cortex. Science 324(5928), 759-764.
    https://science.sciencemag.org/content/324/5928/759.long

    Periods:

    ========  ===============================================  ====  ==========================
    name      default (ms)                                     cue   the subject should
    ========  ===============================================  ====  ==========================
    fixation  100                                              on    wait (action 0)
    stimulus  truncated exponential, mean 180, 100 to 900      on    wait, and watch
    delay     truncated exponential, mean 1350, 1200 to 1800   on    wait
    pre_sure  uniform 500-750                                  on    wait; in a wager trial, the
                                                                     beginning of the delay
    decision  100                                              off   choose, or take the sure bet
    ========  ===============================================  ====  ==========================

    Observation, float32, with d = ``dim_ring``:

    ======  ========  ============================================================================
    index   channel   meaning
    ======  ========  ============================================================================
    0       fixation  1 until the subject may answer
    1..d    stimulus  cos(theta_i - theta_gt) * coh / 200 + 0.5, in the stimulus period
    d+1     sure      in wager trials 1 from the end of pre_sure to the end of the trial
    ======  ========  ============================================================================

    In the stimulus period all channels have noise of s.d. sigma / sqrt(dt).

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1..d    choice    the direction of ring unit i
    d+1     sure      take the sure bet
    ======  ========  ===========================

    Rewards:

    =======  =======  ==========================================  ===========================
    name     default  event                                       ends the trial?
    =======  =======  ==========================================  ===========================
    abort    -0.1     an action in fixation, or the sure bet      in fixation only if
                      where none was offered                      ``params.abort``
    correct  1        the choice is the ground truth              yes
    fail     0        the choice is another                       yes
    =======  =======  ==========================================  ===========================

    A sure bet that was offered earns ``params.sure * correct``, and scores the performance
    (sure reward - fail) / (correct - fail), 0.7.

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    wager         True or False with equal probability, bool
    ground_truth  uniform over the d directions, int32; choice i is action i + 1
    coh           uniform over six coherences from 0 to 51.2, float32, percent
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        dim_ring: number of directions, at least 2. Changes channels and actions.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the choice is compared with the ground truth that is announced; 2.3.1
    is off by one, and no choice that follows its ground truth is rewarded. Any ring size works.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PostDecisionWager-v0")
        >>> env.new_trial(jax.random.key(0), params, coh=25.6).ob.shape
        (29, 4)
    """

    TIMING = {
        "fixation": 100,
        "stimulus": ("truncated_exponential", [180, 100, 900]),
        "delay": ("truncated_exponential", [1350, 1200, 1800]),
        "pre_sure": ("uniform", (500, 750)),
        "decision": 100,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Representation of Confidence Associated with a Decision by Neurons in the "
        "Parietal Cortex",
        "paper_link": "https://science.sciencemag.org/content/324/5928/759.long",
        "tags": ("perceptual", "delayed response", "confidence"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 2,
        sigma: float = 1.0,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        self.sigma = check_number("sigma", sigma, at_least=0)
        choices, sure = range(1, dim_ring + 1), dim_ring + 1
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": choices, "sure": sure}),
            action_space=spaces.Discrete(
                2 + dim_ring, name={"fixation": 0, "choice": choices, "sure": sure}
            ),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, sigma=self.sigma)

    def max_steps(self) -> int:
        """Return T; pre_sure runs beside the delay."""
        until_choice = self.longest(("fixation", "stimulus", "delay", "decision"))
        return max(until_choice, self.longest(("fixation", "stimulus", "pre_sure")))

    def sample_conditions(self, key, params, carry):
        """Draw whether a sure bet is offered, the direction and the coherence."""
        key_wager, key_side, key_coh = random.split(key, 3)
        conditions = {
            "wager": random.bernoulli(key_wager),
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy motion evidence; the sure bet after pre_sure."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        motion = stimuli.coherent_motion(self.theta, direction, conditions["coh"])
        wager = conditions["wager"]
        return (
            builder.add_period(("fixation", "stimulus", "delay", "decision"))
            .add_period("pre_sure", after="stimulus", when=wager)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(motion, period="stimulus", where="stimulus")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus")
            .set_ob(wager, period=("delay", "decision"), where="sure")
            .set_ob(0, period="pre_sure", where="sure")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice as most tasks do, and a sure bet by whether there was one."""
        choice = self.choice_response(state, action, params)
        took_sure = (action == len(self.theta) + 1) & self.in_period(state, "decision")
        was_offered = state.trial.conditions["wager"]
        rewards = params.rewards
        earned = jnp.where(was_offered, rewards["correct"] * params.sure, rewards["abort"])
        score = (earned - rewards["fail"]) / (rewards["correct"] - rewards["fail"])
        return dataclasses.replace(
            choice,
            reward=jnp.where(took_sure, earned, choice.reward),
            performance=jnp.where(took_sure, jnp.where(was_offered, score, 0), choice.performance),
        )
