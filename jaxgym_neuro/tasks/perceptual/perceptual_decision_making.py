"""Random-dot motion discrimination, after Britten, Shadlen, Newsome & Movshon (1992)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number, check_numbers

COHERENCES = (0.0, 6.4, 12.8, 25.6, 51.2)  # percent


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: jax.Array = COHERENCES  # (n,) percent


class PerceptualDecisionMaking(TrialEnv):
    """Watch a cloud of moving dots, and report the direction in which most of them move.

    Only a fraction of the dots, the coherence, moves together; the rest is noise. The subject must
    accumulate the evidence over the stimulus, and is asked for its choice when the fixation cue
    goes off. Accuracy rises with coherence from chance to perfect: the psychometric curve.

    Reference: Britten, Shadlen, Newsome & Movshon (1992). The analysis of visual motion: a
    comparison of neuronal and psychophysical performance. Journal of Neuroscience 12(12),
    4745-4765.
    https://www.jneurosci.org/content/12/12/4745

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  100            on         wait (action 0)
    stimulus  2000           on         wait, and watch
    delay     0              on         wait, and remember
    decision  100            off        choose
    ========  =============  =========  ===================================

    Observation, float32, with d = ``dim_ring``:

    ======  ========  ============================================================================
    index   channel   meaning
    ======  ========  ============================================================================
    0       fixation  1 until the subject may answer
    1..d    stimulus  cos(theta_i - theta_gt) * coh / 200 + 0.5 with noise of s.d. sigma / sqrt(dt)
    ======  ========  ============================================================================

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
    coh           uniform over ``params.cohs``, float32, percent
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        cohs: coherences in percent; their number is static.
        stim_scale: multiplies the coherences.
        sigma: input noise.
        dim_ring: number of directions, at least 2. Changes channels and actions.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the fixation cue stays on through stimulus and delay, as in
    NeuroGym's own tutorial, so that its going off is the signal to answer; 2.3.1 turns it off
    after fixation.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PerceptualDecisionMaking-v0", dt=20)
        >>> env.new_trial(jax.random.key(0), params, coh=51.2).ob.shape
        (110, 3)
    """

    TIMING = {"fixation": 100, "stimulus": 2000, "delay": 0, "decision": 100}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "The analysis of visual motion: a comparison of neuronal and "
        "psychophysical performance",
        "paper_link": "https://www.jneurosci.org/content/12/12/4745",
        "tags": ("perceptual", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        cohs: Sequence[float] | None = None,
        stim_scale: float = 1.0,
        sigma: float = 1.0,
        dim_ring: int = 2,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.choices = tuple(range(dim_ring))
        scale = check_number("stim_scale", stim_scale, at_least=0)
        cohs = check_numbers("cohs (percent)", COHERENCES if cohs is None else cohs, at_least=0)
        self.cohs = tuple(coh * scale for coh in cohs)
        self.sigma = check_number("sigma", sigma, at_least=0)
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
        return Params(**self.common_params, sigma=self.sigma, cohs=self.cohs)

    def sample_conditions(self, key, params, carry):
        """Draw the direction and the coherence."""
        key_side, key_coh = random.split(key)
        conditions = {
            "ground_truth": random.integer(key_side, len(self.theta)),
            "coh": random.choice(key_coh, params.cohs),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy motion evidence during the stimulus."""
        direction = stimuli.pick(self.theta, conditions["ground_truth"])
        motion = stimuli.coherent_motion(self.theta, direction, conditions["coh"])
        sigma = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(motion, period="stimulus", where="stimulus")
            .add_randn(0, sigma, period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)
