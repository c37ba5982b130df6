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

    The subject must tell the target from the stronger image of its own hand. The hand rests at pi,
    and the closer it is to the target at each step of the reach, the more is earned. `Reaching1D`
    is the same with a ring for each.

    A movement in fixation costs nothing, and ends the trial if ``params.abort``. An action outside
    the space does not move the hand.

    Ground truth: an angle, float32: pi in fixation, the target in the reach. Following it means
    staying in fixation and moving towards it in the reach (`ground_truth_action`), which earns all
    that can be earned. Performance compares the hand's distance, summed over the reach, with that
    of a hand that does so (1) and one that rests (0).

    Args:
        dt: step in ms. Changes T. A movement is per step, whatever dt.
        dim_ring: number d of units of the ring, at least 2. Changes channels.
        abort: whether moving in fixation ends the trial.

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
        step_size: float = Params.step_size,
        gain: float = Params.gain,
        abort: bool = False,
    ):
        numbers = {"step_size": step_size, "gain": gain}
        super().__init__(dt, timing, rewards, abort, dim_ring=dim_ring, numbers=numbers)

    def target_gain(self, params: Any) -> jax.Array:
        """Return the amplitude of the target; that of the hand is 1."""
        return jnp.asarray(params.gain, jnp.float32)
