"""Random-dot motion with free response, after Roitman & Shadlen (2002)."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.wrappers.reaction_time import ReactionTime


class Roitman02(ReactionTime):
    """Watch a cloud of moving dots, and report their direction as soon as you know it.

    `PerceptualDecisionMaking` in `ReactionTime`: the subject decides when to stop watching, and so
    trades speed against accuracy. ``info["reaction_time"]`` is the time in ms from stimulus onset
    to the answer, at the step of the answer, and -1 at all others.

    Reference: Roitman & Shadlen (2002). Response of neurons in the lateral intraparietal area
    during a combined visual discrimination reaction time task. Journal of Neuroscience 22(21),
    9475-9489.
    https://www.jneurosci.org/content/22/21/9475

    Periods; the decision overlaps the stimulus, from its second step to its end, whatever its own
    duration, and the trial ends with both:

    ========  =============  =================  =====================================
    name      default (ms)   cue                the subject should
    ========  =============  =================  =====================================
    fixation  100            on                 wait (action 0)
    stimulus  2000           off but in its     watch
                             first step
    delay     0                                 (the trial is over)
    decision  100            off                choose, or watch on
    ========  =============  =================  =====================================

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

    Rewards, beside ``params.urgency`` at every step:

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
        urgency: added to the reward of every step; below 0, waiting costs.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("perceptualdecisionmaking.roitman02-v0")
        >>> int(env.new_trial(jax.random.key(0), params).length)
        21
    """

    metadata = {
        "paper_name": "Response of neurons in the lateral intraparietal area during a combined "
        "visual discrimination reaction time task",
        "paper_link": "https://www.jneurosci.org/content/22/21/9475",
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
        urgency: float = 0.0,
    ):
        task = PerceptualDecisionMaking(
            dt, rewards, timing, cohs, stim_scale, sigma, dim_ring, abort
        )
        super().__init__(task, urgency=urgency)
