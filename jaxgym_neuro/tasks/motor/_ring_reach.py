"""What tasks share in which a hand moves on a ring: the movement, and what is made of it."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import EnvState, ParamsT, Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Action, Condition, Difference, Period, Reward
from jaxgym_neuro.support.pytrees import pytree

_FULL_TURN = np.float32(2 * math.pi)
_ROUNDING = np.float32(1e-3)  # rad; float32 loses less over a reach


@pytree
class RingReachParams(TrialParams):
    """Numbers of a task in which a hand moves on a ring."""

    step_size: Leaf = number(
        0.05, "movement of the hand in a step", unit="rad", at_least=0, at_most=math.pi
    )


@pytree
class Carry:
    """The hand, within a trial."""

    angle: Leaf = np.float32(math.pi)  # () float32, rad, 0 to 2 pi
    excess: Leaf = np.float32(0)  # () float32, rad beyond the best hand, summed over the reach
    possible: Leaf = np.float32(0)  # () float32, rad, the excess of a hand that rests


class RingReach(TrialEnv[ParamsT, Carry]):
    """Base of tasks in which a hand, at rest at pi, moves to a target on a ring.

    The hand is shown on the last of the rings in ``CHANNELS``, the target on the first, which may
    be the same. Performance is 1 - excess / possible: the distance from the target beyond that of a
    hand that goes straight there, summed over the reach, relative to what it is for a hand that
    rests.
    """

    TIMING = {
        "fixation": Period(500, "stay at pi", cue="none"),
        "reach": Period(500, "move to the target", cue="the target appears"),
    }
    ACTIONS = {
        "fixation": Action("stay"),
        "left": Action("move by +``params.step_size``"),
        "right": Action("move by -``params.step_size``"),
    }
    REWARDS = {
        "correct": Reward(
            1.0, "minus the distance to the target (rad), after each step of reach", ends="no"
        ),
        "fail": Reward(-0.1, "the least that a step of reach can earn", ends="no"),
    }
    CONDITIONS = {
        "ground_truth": Condition(
            "angle of the target, uniform from 0 to 2 pi",
            unit="rad",
            at_least=0,
            at_most=2 * math.pi,
        )
    }
    DIFFERENCES = {
        "whole angles": Difference(
            "the ground truth is the target's angle in float32",
            "2.3.1 cuts it to a whole number, and rewards the way to that",
            ("test_targets_are_uniform_on_the_circle_and_not_whole_numbers",),
        ),
        "performance": Difference(
            "performance compares the hand, moved towards the ground truth, with the best that is "
            "possible from rest (1) and with resting (0)",
            "2.3.1 scores the rewards, of which even the best hand gets 0.23; and its ground truth "
            "is an angle, which is no action to follow",
            ("test_reward_is_one_minus_the_distance_from_the_target",),
        ),
    }

    def __init__(self, *common: Any, dim_ring: int, numbers: Mapping[str, float]):
        self.theta = stimuli.ring(dim_ring)
        circle = spaces.Box(0, 2 * math.pi)
        super().__init__(*common, sizes={"d": dim_ring}, numbers=numbers, ground_truth_space=circle)

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
            .add_ob(shown, period="reach", where=next(iter(self.CHANNELS)))
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
        before = (len(self.CHANNELS) - 1) * len(self.theta)
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
