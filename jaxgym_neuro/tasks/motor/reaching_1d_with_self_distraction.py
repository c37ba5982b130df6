"""Reaching with a hand that is shown on the same ring as its target, and outshines it."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.tasks.motor._ring_reach import STEP_SIZE, RingReach, RingReachParams


@pytree
class Params(RingReachParams):
    """Numbers of the task that may be swept."""

    gain: jax.Array = 0.3  # amplitude of the target; that of the hand is 1


class Reaching1DWithSelfDistraction(RingReach):
    """Move a hand to an angle that is shown faintly on the ring that shows the hand as well.

    The subject must tell the target from the stronger image of its own hand. The hand rests at pi,
    and the closer it is to the target at each step of the reach, the more is earned. `Reaching1D`
    is the same with a ring for each.

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
    0..d-1    ring      cos(theta_i - hand), plus in the reach period
                        ``params.gain`` cos(theta_i - target)
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
        dim_ring: number of units of the ring, at least 2. Changes channels.
        step_size: movement in radians.
        gain: amplitude of the target.
        abort: whether moving in fixation ends the trial.

    Differences from NeuroGym: the target's angle is not cut to a whole number; performance is
    relative to the best that can be done, where 2.3.1 scores the rewards.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Reaching1DWithSelfDistraction-v0")
        >>> env.reset(jax.random.key(0), params)[0].shape
        (32,)
    """

    RINGS = ("ring",)
    metadata = {"paper_name": None, "paper_link": None, "tags": ("motor", "steps action space")}

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 32,
        step_size: float = STEP_SIZE,
        gain: float = 0.3,
        abort: bool = False,
    ):
        self.gain = check_number("gain", gain)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            dim_ring=dim_ring,
            step_size=step_size,
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, step_size=self.step_size, gain=self.gain)

    def target_gain(self, params: Any) -> jax.Array:
        """Return the amplitude of the target; that of the hand is 1."""
        return jnp.asarray(params.gain, jnp.float32)
