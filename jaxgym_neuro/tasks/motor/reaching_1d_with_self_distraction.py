"""Reaching with a hand that is shown on the same ring as its target, and outshines it."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.params import Leaf, number
from jaxgym_neuro.core.tables import Channel
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.motor._ring_reach import RingReach, RingReachParams


@pytree
class Params(RingReachParams):
    """Numbers of the task that may be swept."""

    gain: Leaf = number(0.3, "amplitude of the target; that of the hand is 1")


class Reaching1DWithSelfDistraction(RingReach[Params]):
    """Move a hand to an angle that is shown faintly on the ring that shows the hand as well.

    The subject must tell the target from the stronger image of its own hand. The hand rests at
    ``params.start_angle``, and the closer it is to the target at each step of the reach, the more
    is earned. `Reaching1D` is the same with a ring for each, and says what to change where a reward
    should lead to every target. No paper has this task.

    A movement in fixation costs nothing, and ends the trial if ``params.abort``. An action outside
    the space does not move the hand.

    Ground truth: an angle, float32: the hand's start in fixation, the target in the reach.
    Following it means staying in fixation and moving towards it in the reach
    (`ground_truth_action`), which earns all that can be earned. Performance compares the hand's
    distance, summed over the reach, with that of a hand that does so (1) and one that rests (0).

    Args:
        dt: step in ms. Changes T.
        dim_ring: number d of units of the ring, at least 2. Changes channels.
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
        >>> env, params = jgn.make("Reaching1DWithSelfDistraction-v0")
        >>> env.reset(jax.random.key(0), params)[0].shape
        (32,)
    """

    TAGS = ("motor", "steps action space")
    SEEN = "cos(theta_i - hand), plus in the reach ``params.gain`` cos(theta_i - target)"
    CHANNELS = {"ring": Channel(SEEN, "d")}
    DIFFERENCES = RingReach.DIFFERENCES

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 32,
        step_size: float | None = None,
        gain: float = Params.gain,
        abort: bool = False,
        speed: float = RingReachParams.speed,
        start_angle: float = RingReachParams.start_angle,
        cost_of_distance: float = RingReachParams.cost_of_distance,
    ):
        numbers = {"gain": gain, "start_angle": start_angle, "cost_of_distance": cost_of_distance}
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

    def target_gain(self, params: Any) -> jax.Array:
        """Return the amplitude of the target; that of the hand is 1."""
        return jnp.asarray(params.gain, jnp.float32)
