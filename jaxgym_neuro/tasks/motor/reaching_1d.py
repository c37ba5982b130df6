"""Reaching to an angle with a hand on a ring, after Georgopoulos, Schwartz & Kettner (1986)."""

from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.core.tables import Channel, Paper
from jaxgym_neuro.tasks.motor._ring_reach import RingReach, RingReachParams


class Reaching1D(RingReach[RingReachParams]):
    """Move a hand, step by step, to an angle that is shown on a ring.

    The subject sees the target on one ring of units and its own hand on another. The hand rests at
    ``params.start_angle``, and the closer it is to the target at each step of the reach, the more
    is earned.

    At the defaults, NeuroGym's, the reward has a floor of -0.1, and a hand that starts at a
    distance of 1.35 rad or more earns the floor whatever it does: so in 57 % of trials. To rest
    earns 0.46, and the best hand 0.72. With a ``cost_of_distance`` of 0.35, which is 1.1 / pi,
    every step towards the target earns more, from wherever it starts.

    It is inspired by the ring code of directions. In the paper monkeys reach with their arm from a
    centre to targets in three dimensions; here a hand turns on a ring.

    A movement in fixation costs nothing, and ends the trial if ``params.abort``. An action outside
    the space does not move the hand.

    Ground truth: an angle, float32: the hand's start in fixation, the target in the reach.
    Following it means staying in fixation and moving towards it in the reach
    (`ground_truth_action`), which earns all that can be earned. Performance compares the hand's
    distance, summed over the reach, with that of a hand that does so (1) and one that rests (0).

    Args:
        dt: step in ms. Changes T.
        dim_ring: number d of units of a ring, at least 2. Changes channels.
        abort: whether moving in fixation ends the trial.
        speed: of the hand, in rad/s. At the default most targets are beyond the 0.25 rad that the
            reach lasts for; a longer ``reach`` or a faster hand brings them within it.
        step_size: movement of the hand in a step, in rad, in place of a speed: NeuroGym's 0.05.
        start_angle: where the hand rests, in rad.
        cost_of_distance: what a rad of distance takes from the reward of a step.

    Raises:
        ValueError: for a negative speed, a step_size or an angle that is no part of a turn.

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
        species=("monkey",),
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
        step_size: float | None = None,
        abort: bool = False,
        speed: float = RingReachParams.speed,
        start_angle: float = RingReachParams.start_angle,
        cost_of_distance: float = RingReachParams.cost_of_distance,
    ):
        numbers = {"start_angle": start_angle, "cost_of_distance": cost_of_distance}
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            dim_ring=dim_ring,
            speed=speed,
            step_size=step_size,
            numbers=numbers,
        )
