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
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Condition,
    Difference,
    Info,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number

FULL_TURN = np.float32(2 * math.pi)
ROUNDING = np.float32(1e-3)  # rad; float32 loses less over a reach


@pytree
class RingReachParams(TrialParams):
    """Numbers of a task in which a hand moves on a ring."""

    speed: Leaf = number(0.5, "speed of the hand as it moves", unit="rad/s", at_least=0)
    start_angle: Leaf = number(
        math.pi, "where the hand rests", unit="rad", at_least=0, at_most=2 * math.pi
    )
    cost_of_distance: Leaf = number(
        1.0, "what a rad of distance from the target takes from the reward of a step", at_least=0
    )


@pytree
class Carry:
    """The hand, within a trial."""

    angle: Leaf  # () float32, rad, 0 to 2 pi
    excess: Leaf  # () float32, rad beyond the best hand, summed over the reach
    possible: Leaf  # () float32, rad, the excess of a hand that rests


class RingReach(TrialEnv[ParamsT, Carry]):
    """Base of tasks in which a hand moves from ``params.start_angle`` to a target on a ring.

    The hand is shown on the last of the rings in ``CHANNELS``, the target on the first, which may
    be the same. Performance is 1 - excess / possible: the distance from the target beyond that of a
    hand that goes straight there, summed over the reach, relative to what it is for a hand that
    rests.
    """

    TIMING = {
        "fixation": Period(500, "stay", cue="none"),
        "reach": Period(500, "move to the target", cue="the target appears"),
    }
    ACTIONS = {
        "fixation": Action("stay"),
        "left": Action("move by ``params.speed`` * dt, to greater angles"),
        "right": Action("move by ``params.speed`` * dt, to smaller angles"),
    }
    REWARDS = {
        "correct": Reward(
            1.0,
            "minus ``params.cost_of_distance`` times the distance to the target (rad), after each "
            "step of reach",
            ends="no",
        ),
        "fail": Reward(-0.1, "the least that a step of reach can earn", ends="no"),
    }
    ANSWERS = {
        "final_angle": Answer(
            "where the hand is after the last step of reach",
            since="reach",
            dtype="float32",
            unit="rad",
        )
    }
    INFO = {"hand": Info("where the hand is after the step", unit="rad")}
    PRESETS = {
        "everywhere": Preset(
            {"cost_of_distance": 0.35, "speed": 6.3},
            "every target can be reached, and every step towards it earns more",
        )
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
        "speed": Difference(
            "the hand has a speed, 0.5 rad/s; `step_size` gives the movement of a step instead",
            "2.3.1 moves it by 0.05 rad in a step of any `dt`, so that it is faster at a finer one",
            ("test_the_hand_is_as_fast_at_any_dt",),
        ),
    }

    def __init__(
        self,
        *common: Any,
        dim_ring: int,
        speed: float,
        step_size: float | None,
        numbers: Mapping[str, float],
    ):
        dt, *_ = common
        self.theta = stimuli.ring(dim_ring)
        circle = spaces.Box(0, 2 * math.pi)
        if step_size is not None:
            step_size = check_number(
                "step_size (rad in a step)", step_size, at_least=0, at_most=math.pi
            )
            speed = step_size * 1000 / check_number("dt (the step in ms)", dt, above=0)
        numbers = {"speed": speed, **numbers}
        super().__init__(*common, sizes={"d": dim_ring}, numbers=numbers, ground_truth_space=circle)

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Return a hand at rest."""
        del key
        angle = jnp.asarray(params.start_angle, jnp.float32)
        return Carry(angle=angle, excess=jnp.float32(0), possible=jnp.float32(0))

    def step_size(self, params: Any) -> jax.Array:
        """Return how far the hand moves in a step, in rad."""
        return jnp.asarray(params.speed, jnp.float32) * np.float32(self.dt) / 1000

    def sample_conditions(self, key, params, carry):
        """Draw the target; the hand goes back to rest."""
        del carry
        return {"ground_truth": FULL_TURN * random.uniform(key)}, self.init_carry(key, params)

    def build_trial(self, builder, conditions, params):
        """Show the target in the reach; the hand is added as it moves."""
        target = conditions["ground_truth"]
        shown = self.target_gain(params) * stimuli.cosine_tuning(self.theta, target)
        return (
            builder.add_period(("fixation", "reach"))
            .add_ob(shown, period="reach", where=next(iter(self.CHANNELS)))
            .set_groundtruth(jnp.asarray(params.start_angle, jnp.float32), period="fixation")
            .set_groundtruth(target, period="reach")
        )

    def target_gain(self, params: Any) -> Any:
        """Return the amplitude of the target; that of the hand is 1."""
        del params
        return 1.0

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Move the hand, and in the reach pay by its distance from the target."""
        carry, rewards = state.carry, params.rewards
        step = self.step_size(params)
        move = jnp.where(action == 1, step, 0) - jnp.where(action == 2, step, 0)
        angle = jnp.mod(carry.angle + move, FULL_TURN)
        target = self.gt_now(state)
        distance = jnp.abs(signed_angle(angle - target))
        is_reach = self.in_period(state, "reach")
        cost = jnp.asarray(params.cost_of_distance, jnp.float32) * distance
        earned = jnp.maximum(rewards["correct"] - cost, rewards["fail"])

        at_rest = jnp.abs(signed_angle(jnp.asarray(params.start_angle, jnp.float32) - target))
        begin = state.trial.start[self.periods.index("reach")]
        best = best_distance(at_rest, step, state.t + 1 - begin)
        beyond = jnp.where(jnp.abs(distance - best) > ROUNDING, distance - best, 0)
        excess = carry.excess + jnp.where(is_reach, beyond, 0)
        possible = carry.possible + jnp.where(is_reach, at_rest - best, 0)
        # A target within half a step of rest leaves nothing to do: the yardstick is then one step.
        score = 1 - excess / jnp.maximum(possible, jnp.maximum(step, ROUNDING))
        broke = (move != 0) & self.in_period(state, "fixation")
        return Response(
            reward=jnp.where(is_reach, earned, 0),
            new_trial=broke & params.abort,
            performance=jnp.where(is_reach, jnp.clip(score, 0, 1), 0),
            carry=Carry(angle=angle, excess=excess, possible=possible),
            info={"hand": angle},
            answers={"final_angle": Given(self.is_last_step(state), angle)},
        )

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return the target, if it is shown, and the hand."""
        del params
        hand = stimuli.cosine_tuning(self.theta, state.carry.angle)
        before = (len(self.CHANNELS) - 1) * len(self.theta)
        return state.trial.ob[state.t] + jnp.pad(hand, (before, 0))

    def ground_truth_action(self, state: EnvState, params: Any) -> jax.Array:
        """Return the move towards the ground truth; stay, if no move brings the hand closer."""
        away = signed_angle(self.gt_now(state) - state.carry.angle)
        is_worth = jnp.abs(away) > self.step_size(params) / 2
        return jnp.where(is_worth, jnp.where(away > 0, 1, 2), 0).astype(jnp.int32)


def signed_angle(angle):
    """Bring an angle into -pi to pi."""
    return jnp.mod(angle + np.float32(math.pi), FULL_TURN) - np.float32(math.pi)


def best_distance(at_rest, step, moves):
    """Distance left after some moves of a hand that goes straight from rest to the target."""
    needed = jnp.floor(at_rest / jnp.maximum(step, np.float32(1e-6)) + np.float32(0.5))
    return jnp.abs(at_rest - step * jnp.minimum(needed, moves.astype(jnp.float32)))
