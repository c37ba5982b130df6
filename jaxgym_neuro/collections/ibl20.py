"""Perceptual decisions with blocks of a side prior, after the International Brain Laboratory."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.wrappers.side_bias import SideBias


class IBL20(SideBias):
    """Report the direction of motion; for a while one direction is more likely, then another.

    `PerceptualDecisionMaking` in `SideBias`: in a block of trials each direction but one is rare.
    Where the evidence is weak, the subject should lean on what has been right of late.

    Reference: The International Brain Laboratory et al. (2021; preprint 2020). Standardized and
    reproducible measurement of decision-making in mice. eLife 10, e63711.
    https://elifesciences.org/articles/63711

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  100            on         wait (action 0)
    stimulus  2000           on         wait, and watch
    delay     0              on         wait, and remember
    decision  100            off        choose
    ========  =============  =========  ===================================

    Observation, float32:

    ======  ========  ============================================================================
    index   channel   meaning
    ======  ========  ============================================================================
    0       fixation  1 until the subject may answer
    1, 2    stimulus  cos(theta_i - theta_gt) * coh / 200 + 0.5 with noise of s.d. sigma / sqrt(dt)
    ======  ========  ============================================================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1, 2    choice    the direction of ring unit i
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

    ===============  ==================================================================
    name             distribution
    ===============  ==================================================================
    ground_truth     0 or 1, int32; 0 with probability ``params.side_bias_probs[0, 0]``
                     in blocks 0, ``params.side_bias_probs[1, 0]`` in blocks 1
    coh              uniform over ``params.cohs``, float32, percent
    side_bias_block  0 or 1, int32; changes every ``block_dur`` trials, and is either
                     in the first block
    ===============  ==================================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        cohs: coherences in percent; their number is static.
        stim_scale: multiplies the coherences.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.
        probs: for each kind of block, the probabilities of the two directions.
        block_dur: trials in a block: a number, (least, most), or a probability to switch.

    Differences from NeuroGym: there the first block is always the one with 0.8 for direction 0.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("perceptualdecisionmaking.ibl20-v0", block_dur=(20, 100))
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (22, 3)
    """

    metadata = {
        "paper_name": "Standardized and reproducible measurement of decision-making in mice",
        "paper_link": "https://elifesciences.org/articles/63711",
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
        abort: bool = False,
        probs: Sequence[Sequence[float]] = ((0.8, 0.2), (0.2, 0.8)),
        block_dur: int | float | tuple[int, int] = 90,
    ):
        task = PerceptualDecisionMaking(dt, rewards, timing, cohs, stim_scale, sigma, abort=abort)
        super().__init__(task, probs, block_dur)
