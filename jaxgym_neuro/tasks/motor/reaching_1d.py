"""Reaching to an angle with a hand on a ring, after Georgopoulos, Schwartz & Kettner (1986)."""

from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.tasks.motor._ring_reach import STEP_SIZE, RingReach


class Reaching1D(RingReach):
    """Move a hand, step by step, to an angle that is shown on a ring.

    The subject sees the target on one ring of units and its own hand on another. The hand rests at
    pi, and the closer it is to the target at each step of the reach, the more is earned.

    Reference: Georgopoulos, Schwartz & Kettner (1986). Neuronal population coding of movement
    direction. Science 233(4771), 1416-1419.
    https://science.sciencemag.org/content/233/4771/1416

    Periods:

    ========  =============  ==================  ===================================
    name      default (ms)   cue                 the subject should
    ========  =============  ==================  ===================================
    fixation  500            none                stay at pi
    reach     500            the target appears  move to the target
    ========  =============  ==================  ===================================

    Observation, float32, with d = ``dim_ring``:

    ========  ========  ==============================================================
    index     channel   meaning
    ========  ========  ==============================================================
    0..d-1    target    cos(theta_i - target), in the reach period
    d..2d-1   self      cos(theta_i - hand), always
    ========  ========  ==============================================================

    Actions:

    ======  ========  ====================================
    index   name      meaning
    ======  ========  ====================================
    0       fixation  stay
    1       left      move by +``params.step_size``, 0.05 rad
    2       right     move by -``params.step_size``
    ======  ========  ====================================

    Rewards, at each step of the reach, with the distance in radians after the movement:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    correct  1        minus the distance from the target    no
    fail     -0.1     the least that a step can earn        no
    =======  =======  ====================================  ===========================

    A movement in fixation costs nothing, and ends the trial if ``params.abort``. An action outside
    the space does not move the hand.

    Ground truth: an angle, float32: pi in fixation, the target in the reach. Following it means
    staying in fixation and moving towards it in the reach (`ground_truth_action`), which earns all
    that can be earned. Performance compares the hand's distance, summed over the reach, with that
    of a hand that does so (1) and one that rests (0).

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    ground_truth  angle of the target, uniform from 0 to 2 pi, float32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T. A movement is per step, whatever dt.
        rewards, timing: changes to the tables above. Timing changes T.
        dim_ring: number of units of a ring, at least 2. Changes channels.
        step_size: movement in radians. At the default most targets are beyond the 0.25 rad that the
            reach lasts for; a longer ``reach`` or a larger step brings them within it.
        abort: whether moving in fixation ends the trial.

    Differences from NeuroGym: the target's angle is not cut to a whole number; performance is
    relative to the best that can be done, where 2.3.1 scores the rewards, of which even the best
    hand gets a quarter.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Reaching1D-v0")
        >>> trial = env.new_trial(jax.random.key(0), params, ground_truth=1.5)
        >>> [round(float(angle), 2) for angle in trial.gt[4:6]]
        [3.14, 1.5]
    """

    RINGS = ("target", "self")
    metadata = {
        "paper_name": "Neuronal population coding of movement direction",
        "paper_link": "https://science.sciencemag.org/content/233/4771/1416",
        "tags": ("motor", "steps action space"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 16,
        step_size: float = STEP_SIZE,
        abort: bool = False,
    ):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            dim_ring=dim_ring,
            step_size=step_size,
        )
