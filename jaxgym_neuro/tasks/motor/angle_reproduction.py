"""Reproduction of two angles by a hand on a ring, after Ding et al. (2017)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import Leaf
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Info,
    Paper,
    Period,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.motor._ring_reach import (
    FULL_TURN,
    ROUNDING,
    RingReachParams,
    best_distance,
    signed_angle,
)

_ANGLES, _REACHES = ("ground_truth1", "ground_truth2"), ("go1", "go2")


def _shown(which: str) -> Condition:
    return Condition(
        f"the {which} angle, uniform from 0 to 2 pi", unit="rad", at_least=0, at_most=2 * math.pi
    )


@pytree
class Carry:
    """The hand, within a trial."""

    angle: Leaf  # () float32, rad, 0 to 2 pi
    began: Leaf  # () float32, rad, where it was as this reach began
    excess: Leaf  # () float32, rad beyond the best hand, summed over this reach
    possible: Leaf  # () float32, rad, the excess of a hand that rests
    score: Leaf  # () float32, of the first reach


class AngleReproduction(TrialEnv[RingReachParams, Carry]):
    """See two angles in turn, remember both, and move a hand to one and then to the other.

    A hand on a ring rests at ``params.start_angle``. When the first go signal comes, it is to move
    to the first angle, and then, from wherever it is, to the second. Between the signals there is
    no pause. The hand moves while there is a go signal, and only then.

    Performance is the mean of the scores of both reaches. The score of a reach is 1 - excess /
    possible: the distance from its angle beyond that of a hand that goes straight there, summed
    over the reach, relative to what it is for a hand that rests.

    In the paper people report the orientations of two lines that they have seen one after the
    other; that both have to be kept in mind changes what they report.

    Args:
        dt: step in ms. Changes T, and how finely the hand moves.
        dim_ring: number d of units of a ring, at least 2. Changes channels.
        abort: whether an action before the first go signal ends the trial.
        speed: of the hand, in rad/s. At the default half a turn takes a go period.
        start_angle: where the hand rests, in rad.
        cost_of_distance: what a rad of distance takes from the reward of a step.

    Raises:
        ValueError: for a negative speed, or an angle that is no part of a turn.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("AngleReproduction-v0")
        >>> trial = env.new_trial(jax.random.key(0), params, ground_truth1=1.5, ground_truth2=5)
        >>> [round(float(angle), 2) for angle in trial.gt[[0, 25, 30]]]
        [3.14, 1.5, 5.0]
    """

    PAPER = Paper(
        "Ding, Cueva, Tsodyks & Qian",
        2017,
        "Visual perception as retrospective Bayesian decoding from high- to low-level features",
        "PNAS 114(43), E9115-E9124",
        "https://doi.org/10.1073/pnas.1706906114",
        species=("human",),
    )
    TAGS = ("perceptual", "working memory", "delayed response", "steps action space")
    TIMING = {
        "fixation": Period(500, "stay", cue="none"),
        "stim1": Period(500, "stay, and watch", cue="none"),
        "delay1": Period(500, "stay, and remember", cue="none"),
        "stim2": Period(500, "stay, and watch", cue="none"),
        "delay2": Period(500, "stay, and remember both", cue="none"),
        "go1": Period(500, "move to the first angle", cue="go1"),
        "go2": Period(500, "move to the second angle", cue="go2"),
    }
    CHANNELS = {
        "stimulus": Channel("cos(theta_i - angle), in stim1 and stim2", "d"),
        "self": Channel("cos(theta_i - hand), always", "d"),
        "go1": Channel("1 in go1"),
        "go2": Channel("1 in go2"),
    }
    ACTIONS = {
        "fixation": Action("stay"),
        "left": Action("with a go signal: move by ``params.speed`` * dt, to greater angles"),
        "right": Action("with a go signal: move by ``params.speed`` * dt, to smaller angles"),
    }
    REWARDS = {
        "correct": Reward(
            1.0,
            "minus ``params.cost_of_distance`` times the distance to the angle (rad), after each "
            "step with a go signal",
            ends="no",
        ),
        "fail": Reward(-0.1, "the least that a step with a go signal can earn", ends="no"),
    }
    ANSWERS = {
        f"angle{i}": Answer(
            f"where the hand is after the last step of {name}",
            since=name,
            dtype="float32",
            unit="rad",
        )
        for i, name in enumerate(_REACHES, start=1)
    }
    INFO = {"hand": Info("where the hand is after the step", unit="rad")}
    CONDITIONS = {"ground_truth1": _shown("first"), "ground_truth2": _shown("second")}
    DIFFERENCES = {
        "hand": Difference(
            "the hand moves with a go signal alone",
            "2.3.1 fails at its first step; it means to move the hand, which is seen, at any time, "
            "so that there is nothing to remember",
            ("test_the_hand_rests_until_the_first_go_signal",),
        ),
        "speed": Difference(
            "the hand moves by half a turn in a go period, 6.3 rad/s",
            "2.3.1's 0.05 rad in a step reach 0.25 rad in it, and most angles are further",
            ("test_every_angle_can_be_reached",),
        ),
        "whole angles": Difference(
            "the ground truth is the angle in float32; before the go signals it is where the hand "
            "rests",
            "2.3.1 cuts it to a whole number, and has 0 elsewhere",
            ("test_what_is_shown_and_what_is_due",),
        ),
        "performance": Difference(
            "performance compares the hand with the best one and with one that rests",
            "2.3.1 scores the rewards, which none can have in full while the hand is on its way",
            ("test_following_the_truth_scores_1_and_resting_0",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        dim_ring: int = 16,
        abort: bool = False,
        speed: float = 6.3,
        start_angle: float = RingReachParams.start_angle,
        cost_of_distance: float = RingReachParams.cost_of_distance,
    ):
        self.theta = stimuli.ring(dim_ring)
        numbers = {
            "speed": speed,
            "start_angle": start_angle,
            "cost_of_distance": cost_of_distance,
        }
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            sizes={"d": dim_ring},
            numbers=numbers,
            ground_truth_space=spaces.Box(0, 2 * math.pi),
        )

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Return a hand at rest."""
        del key
        rest, zero = jnp.asarray(params.start_angle, jnp.float32), jnp.float32(0)
        return Carry(angle=rest, began=rest, excess=zero, possible=zero, score=zero)

    def sample_conditions(self, key, params, carry):
        """Draw the angles; the hand goes back to rest."""
        del carry
        key_carry, *keys = random.split(key, 3)
        drawn = {name: FULL_TURN * random.uniform(x) for name, x in zip(_ANGLES, keys, strict=True)}
        return drawn, self.init_carry(key_carry, params)

    def build_trial(self, builder, conditions, params):
        """Show each angle in its period; the hand is added as it moves."""
        rest = jnp.asarray(params.start_angle, jnp.float32)
        builder = builder.add_period(self.periods).set_groundtruth(rest, period=self._before)
        for name, stimulus, reach in zip(_ANGLES, ("stim1", "stim2"), _REACHES, strict=True):
            shown = stimuli.cosine_tuning(self.theta, conditions[name])
            builder = (
                builder.add_ob(shown, period=stimulus, where="stimulus")
                .add_ob(1, period=reach, where=reach)
                .set_groundtruth(conditions[name], period=reach)
            )
        return builder

    @property
    def _before(self) -> tuple[str, ...]:
        """The periods in which the hand rests."""
        return tuple(name for name in self.TIMING if name not in _REACHES)

    def step_size(self, params: Any) -> jax.Array:
        """Return how far the hand moves in a step, in rad."""
        return jnp.asarray(params.speed, jnp.float32) * np.float32(self.dt) / 1000

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Move the hand if there is a go signal, and pay by its distance from the angle."""
        carry, rewards, step = state.carry, params.rewards, self.step_size(params)
        is_reach = self.in_period(state, _REACHES)
        is_second = self.in_period(state, "go2")
        columns = [self.periods.index(name) for name in _REACHES]
        first, second = (state.trial.start[column] for column in columns)
        end = state.trial.end[columns[0]]
        onset = jnp.where(is_second, second, first)
        begins = is_reach & (state.t == onset)

        began = jnp.where(begins, carry.angle, carry.began)
        move = jnp.where(action == 1, step, 0) - jnp.where(action == 2, step, 0)
        angle = jnp.mod(carry.angle + jnp.where(is_reach, move, 0), FULL_TURN)
        target = self.gt_now(state)
        distance = jnp.abs(signed_angle(angle - target))
        cost = jnp.asarray(params.cost_of_distance, jnp.float32) * distance
        earned = jnp.maximum(rewards["correct"] - cost, rewards["fail"])

        at_rest = jnp.abs(signed_angle(began - target))
        best = best_distance(at_rest, step, state.t + 1 - onset)
        beyond = jnp.where(jnp.abs(distance - best) > ROUNDING, distance - best, 0)
        excess = jnp.where(begins, 0, carry.excess) + jnp.where(is_reach, beyond, 0)
        possible = jnp.where(begins, 0, carry.possible) + jnp.where(is_reach, at_rest - best, 0)
        # An angle within half a step leaves nothing to do: the yardstick is then one step.
        score = 1 - excess / jnp.maximum(possible, jnp.maximum(step, ROUNDING))
        score = jnp.clip(score, 0, 1)
        ends_first = self.in_period(state, "go1") & (state.t + 1 == end)
        last = self.is_last_step(state)
        broke = (move != 0) & self.in_period(state, self._before)
        return Response(
            reward=jnp.where(is_reach, earned, 0),
            new_trial=broke & params.abort,
            performance=jnp.where(is_second, (carry.score + score) / 2, 0),
            carry=Carry(
                angle=angle,
                began=began,
                excess=excess,
                possible=possible,
                score=jnp.where(ends_first, score, carry.score),
            ),
            info={"hand": angle},
            answers={
                "angle1": Given(ends_first, angle),
                "angle2": Given(is_second & last, angle),
            },
        )

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return what is shown, and the hand."""
        del params
        hand = stimuli.cosine_tuning(self.theta, state.carry.angle)
        return state.trial.ob[state.t] + jnp.pad(hand, (len(self.theta), len(_REACHES)))

    def ground_truth_action(self, state: EnvState, params: Any) -> jax.Array:
        """Return the move towards the ground truth; stay, if no move brings the hand closer."""
        away = signed_angle(self.gt_now(state) - state.carry.angle)
        is_worth = jnp.abs(away) > self.step_size(params) / 2
        return jnp.where(is_worth, jnp.where(away > 0, 1, 2), 0).astype(jnp.int32)
