"""Reaching to an angle with a hand on a ring, after Georgopoulos, Schwartz & Kettner (1986)."""

from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.core.tables import Channel, Paper
from jaxgym_neuro.tasks.motor._ring_reach import RingReach, RingReachParams


class Reaching1D(RingReach[RingReachParams]):
    """Move a hand, step by step, to an angle that is shown on a ring.

    The subject sees the target on one ring of units and its own hand on another. The hand rests at
    pi, and the closer it is to the target at each step of the reach, the more is earned.

    A movement in fixation costs nothing, and ends the trial if ``params.abort``. An action outside
    the space does not move the hand.

    Ground truth: an angle, float32: pi in fixation, the target in the reach. Following it means
    staying in fixation and moving towards it in the reach (`ground_truth_action`), which earns all
    that can be earned. Performance compares the hand's distance, summed over the reach, with that
    of a hand that does so (1) and one that rests (0).

    Args:
        dt: step in ms. Changes T. A movement is per step, whatever dt.
        dim_ring: number d of units of a ring, at least 2. Changes channels.
        step_size: movement in rad. At the default most targets are beyond the 0.25 rad that the
            reach lasts for; a longer ``reach`` or a larger step brings them within it.
        abort: whether moving in fixation ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Reaching1D-v0")
        >>> trial = env.new_trial(jax.random.key(0), params, ground_truth=1.5)
        >>> [round(float(angle), 2) for angle in trial.gt[4:6]]
        [3.14, 1.5]
    """

    PAPER = Paper(
        "Georgopoulos, Schwartz & Kettner",
        1986,
        "Neuronal population coding of movement direction",
        "Science 233(4771), 1416-1419",
        "https://doi.org/10.1126/science.3749885",
    )
    TAGS = ("motor", "steps action space")
    CHANNELS = {
        "target": Channel("cos(theta_i - target), in the reach", "d"),
        "self": Channel("cos(theta_i - hand), always", "d"),
    }
    DIFFERENCES = RingReach.DIFFERENCES

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 16,
        step_size: float = RingReachParams.step_size,
        abort: bool = False,
    ):
        numbers = {"step_size": step_size}
        super().__init__(dt, timing, rewards, abort, dim_ring=dim_ring, numbers=numbers)
