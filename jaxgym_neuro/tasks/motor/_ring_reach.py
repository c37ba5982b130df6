"""What tasks share in which a hand moves on a ring: the movement, and what is made of it."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number

STEP_SIZE = 0.05  # rad
_FULL_TURN = np.float32(2 * math.pi)
_ROUNDING = np.float32(1e-3)  # rad; float32 loses less over a reach


@pytree
class RingReachParams(TrialParams):
    """Numbers of a task in which a hand moves on a ring."""

    step_size: jax.Array = STEP_SIZE  # rad per step


@pytree
class Carry:
    """The hand, within a trial."""

    angle: jax.Array = np.float32(math.pi)  # () float32, rad, 0 to 2 pi
    excess: jax.Array = np.float32(0)  # () float32, rad beyond the best hand, summed over the reach
    possible: jax.Array = np.float32(0)  # () float32, rad, the excess of a hand that rests


class RingReach(TrialEnv):
    """Base of tasks in which a hand, at rest at pi, moves to a target on a ring.

    The hand is shown on the last of ``RINGS``, the target on the first, which may be the same.
    Performance is 1 - excess / possible: the distance from the target beyond that of a hand that
    goes straight there, summed over the reach, relative to what it is for a hand that rests.
    """

    TIMING = {"fixation": 500, "reach": 500}
    REWARDS = {"correct": 1.0, "fail": -0.1}
    RINGS: tuple[str, ...] = ()  # names of the channels

    def __init__(
        self,
        *,
        dim_ring: int,
        step_size: float,
        dt: float,
        timing: Mapping[str, Any] | None,
        rewards: Mapping[str, float] | None,
        abort: bool,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.step_size = check_number("step_size (rad)", step_size, at_least=0, at_most=math.pi)
        rings = {name: range(i * dim_ring, (i + 1) * dim_ring) for i, name in enumerate(self.RINGS)}
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded(rings),
            action_space=spaces.Discrete(3, name={"fixation": 0, "left": 1, "right": 2}),
            ground_truth_space=spaces.Box(0, 2 * math.pi),
        )

    @property
    def default_params(self) -> RingReachParams:
        """Params with the constructor's numbers."""
        return RingReachParams(**self.common_params, step_size=self.step_size)

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Return a hand at rest."""
        del key, params
        return jax.tree.map(jnp.asarray, Carry())

    def sample_conditions(self, key, params, carry):
        """Draw the target; the hand goes back to rest."""
        del carry
        return {"ground_truth": _FULL_TURN * random.uniform(key)}, self.init_carry(key, params)

    def build_trial(self, builder, conditions, params):
        """Show the target in the reach; the hand is added as it moves."""
        target = conditions["ground_truth"]
        shown = self.target_gain(params) * stimuli.cosine_tuning(self.theta, target)
        return (
            builder.add_period(("fixation", "reach"))
            .add_ob(shown, period="reach", where=self.RINGS[0])
            .set_groundtruth(math.pi, period="fixation")
            .set_groundtruth(target, period="reach")
        )

    def target_gain(self, params: Any) -> Any:
        """Return the amplitude of the target; that of the hand is 1."""
        del params
        return 1.0

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Move the hand, and in the reach pay by its distance from the target."""
        carry, rewards = state.carry, params.rewards
        step = jnp.asarray(params.step_size, jnp.float32)
        move = jnp.where(action == 1, step, 0) - jnp.where(action == 2, step, 0)
        angle = jnp.mod(carry.angle + move, _FULL_TURN)
        target = self.gt_now(state)
        distance = jnp.abs(_signed(angle - target))
        is_reach = self.in_period(state, "reach")
        earned = jnp.maximum(rewards["correct"] - distance, rewards["fail"])

        at_rest = jnp.abs(_signed(jnp.float32(math.pi) - target))
        begin = state.trial.start[self.periods.index("reach")]
        best = _best_distance(at_rest, step, state.t + 1 - begin)
        beyond = jnp.where(jnp.abs(distance - best) > _ROUNDING, distance - best, 0)
        excess = carry.excess + jnp.where(is_reach, beyond, 0)
        possible = carry.possible + jnp.where(is_reach, at_rest - best, 0)
        # A target within half a step of rest leaves nothing to do: the yardstick is then one step.
        score = 1 - excess / jnp.maximum(possible, jnp.maximum(step, _ROUNDING))
        broke = (move != 0) & self.in_period(state, "fixation")
        return Response(
            reward=jnp.where(is_reach, earned, 0),
            new_trial=broke & params.abort,
            performance=jnp.where(is_reach, jnp.clip(score, 0, 1), 0),
            carry=Carry(angle=angle, excess=excess, possible=possible),
        )

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return the target, if it is shown, and the hand."""
        del params
        hand = stimuli.cosine_tuning(self.theta, state.carry.angle)
        before = (len(self.RINGS) - 1) * len(self.theta)
        return state.trial.ob[state.t] + jnp.pad(hand, (before, 0))

    def ground_truth_action(self, state: EnvState, params: Any) -> jax.Array:
        """Return the move towards the ground truth; stay, if no move brings the hand closer."""
        away = _signed(self.gt_now(state) - state.carry.angle)
        is_worth = jnp.abs(away) > jnp.asarray(params.step_size, jnp.float32) / 2
        return jnp.where(is_worth, jnp.where(away > 0, 1, 2), 0).astype(jnp.int32)


def _signed(angle):
    """Bring an angle into -pi to pi."""
    return jnp.mod(angle + np.float32(math.pi), _FULL_TURN) - np.float32(math.pi)


def _best_distance(at_rest, step, moves):
    """Distance left after some moves of a hand that goes straight from rest to the target."""
    needed = jnp.floor(at_rest / jnp.maximum(step, np.float32(1e-6)) + np.float32(0.5))
    return jnp.abs(at_rest - step * jnp.minimum(needed, moves.astype(jnp.float32)))
