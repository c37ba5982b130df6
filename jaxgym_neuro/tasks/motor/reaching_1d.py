"""Reaching to an angle with a hand on a ring, after Georgopoulos, Schwartz & Kettner (1986)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.pytrees import pytree
from jaxgym_neuro.validation import check_number

STEP_SIZE = 0.05  # rad
_ROUNDING = np.float32(1e-3)  # rad; float32 loses less over a reach


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    step_size: jax.Array = STEP_SIZE  # rad per step


@pytree
class DistractionParams(Params):
    """Numbers of the task with self-distraction that may be swept."""

    gain: jax.Array = 0.3  # amplitude of the target; that of the hand is 1


@pytree
class Carry:
    """The hand, within a trial."""

    angle: jax.Array  # () float32, rad, 0 to 2 pi
    excess: jax.Array  # () float32, rad, distance beyond that of the best hand, summed over reach
    possible: jax.Array  # () float32, rad, the most that excess can be for a hand that rests


class Reaching1D(TrialEnv):
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
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1.5).gt.round(2).tolist()[4:6]
        [3.140000104904175, 1.5]
    """

    TIMING = {"fixation": 500, "reach": 500}
    REWARDS = {"correct": 1.0, "fail": -0.1}
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
        self.theta = stimuli.ring(dim_ring)
        self.step_size = check_number("step_size (rad)", step_size, at_least=0, at_most=math.pi)
        self.abort = bool(abort)
        channels = self.channels()
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            observation_space=spaces.Box(
                -np.inf, np.inf, (sum(map(len, channels.values())),), name=channels
            ),
            action_space=spaces.Discrete(3, name={"fixation": 0, "left": 1, "right": 2}),
            ground_truth_space=spaces.Box(0, 2 * math.pi),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, step_size=self.step_size, abort=self.abort)

    def channels(self) -> dict[str, range]:
        """Return the channels: a ring for the target, and one for the hand."""
        size = len(self.theta)
        return {"target": range(size), "self": range(size, 2 * size)}

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Return a hand at rest."""
        del key, params
        return _resting()

    def sample_conditions(self, key, params, carry):
        """Draw the target; the hand goes back to rest."""
        del params, carry
        return {"ground_truth": np.float32(2 * math.pi) * random.uniform(key)}, _resting()

    def build_trial(self, builder, conditions, params):
        """Show the target in the reach; the hand is added as it moves."""
        target = conditions["ground_truth"]
        return (
            builder.add_period(("fixation", "reach"))
            .add_ob(self.show_target(target, params), period="reach")
            .set_groundtruth(math.pi, period="fixation")
            .set_groundtruth(target, period="reach")
        )

    def show_target(self, target: jax.Array, params: Any) -> jax.Array:
        """Return the observation of a target alone."""
        del params
        return jnp.concatenate(
            [stimuli.cosine_tuning(self.theta, target), jnp.zeros_like(self.theta)]
        )

    def show_hand(self, angle: jax.Array) -> jax.Array:
        """Return the observation of the hand alone."""
        return jnp.concatenate(
            [jnp.zeros_like(self.theta), stimuli.cosine_tuning(self.theta, angle)]
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Move the hand, and in the reach pay by its distance from the target."""
        carry, rewards = state.carry, params.rewards
        step = jnp.asarray(params.step_size, jnp.float32)
        move = jnp.where(action == 1, step, 0) - jnp.where(action == 2, step, 0)
        angle = jnp.mod(carry.angle + move, np.float32(2 * math.pi))
        target = self.gt_now(state)
        distance = _distance(angle, target)
        is_reach = self.in_period(state, "reach")
        earned = jnp.maximum(rewards["correct"] - distance, rewards["fail"])

        at_rest = _distance(jnp.float32(math.pi), target)
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
        return state.trial.ob[state.t] + self.show_hand(state.carry.angle)

    def ground_truth_action(self, state: EnvState, params: Any) -> jax.Array:
        """Return the move towards the ground truth; stay, if no move brings the hand closer."""
        away = _signed(self.gt_now(state) - state.carry.angle)
        is_worth = jnp.abs(away) > jnp.asarray(params.step_size, jnp.float32) / 2
        return jnp.where(is_worth, jnp.where(away > 0, 1, 2), 0).astype(jnp.int32)


class Reaching1DWithSelfDistraction(Reaching1D):
    """Move a hand to an angle that is shown faintly on the ring that shows the hand as well.

    The task is `Reaching1D`, with one ring for both: the subject must tell the target from the
    stronger image of its own hand.

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

    Actions, rewards, conditions, ground truth and performance are those of `Reaching1D`:

    ======  ========  ====================================
    index   name      meaning
    ======  ========  ====================================
    0       fixation  stay
    1       left      move by +``params.step_size``, 0.05 rad
    2       right     move by -``params.step_size``
    ======  ========  ====================================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    correct  1        minus the distance from the target    no
    fail     -0.1     the least that a step can earn        no
    =======  =======  ====================================  ===========================

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

    Differences from NeuroGym: those of `Reaching1D`.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Reaching1DWithSelfDistraction-v0")
        >>> env.reset(jax.random.key(0), params)[0].shape
        (32,)
    """

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
        super().__init__(dt, rewards, timing, dim_ring, step_size, abort)

    @property
    def default_params(self) -> DistractionParams:
        """Params with the constructor's numbers."""
        return DistractionParams(
            **self.common_params, step_size=self.step_size, gain=self.gain, abort=self.abort
        )

    def channels(self) -> dict[str, range]:
        """Return the channels: one ring."""
        return {"ring": range(len(self.theta))}

    def show_target(self, target: jax.Array, params: Any) -> jax.Array:
        """Return the observation of a target alone."""
        return jnp.asarray(params.gain, jnp.float32) * stimuli.cosine_tuning(self.theta, target)

    def show_hand(self, angle: jax.Array) -> jax.Array:
        """Return the observation of the hand alone."""
        return stimuli.cosine_tuning(self.theta, angle)


def _resting():
    """Return the carry of a hand at rest."""
    zero = jnp.float32(0)
    return Carry(angle=jnp.float32(math.pi), excess=zero, possible=zero)


def _signed(angle):
    """Bring an angle into -pi to pi."""
    pi = np.float32(math.pi)
    return jnp.mod(angle + pi, 2 * pi) - pi


def _distance(angle, other):
    """Distance on the circle, rad."""
    return jnp.abs(_signed(angle - other))


def _best_distance(at_rest, step, moves):
    """Distance left after some moves of a hand that goes straight from rest to the target."""
    needed = jnp.floor(at_rest / jnp.maximum(step, np.float32(1e-6)) + np.float32(0.5))
    return jnp.abs(at_rest - step * jnp.minimum(needed, moves.astype(jnp.float32)))
