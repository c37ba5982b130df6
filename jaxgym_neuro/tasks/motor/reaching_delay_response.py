"""Delayed reach to a remembered position on a line."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number

_LOWEST, _HIGHEST = (-1.0, -1.0), (1.0, 2.0)  # go, position
_WITHDRAWN = -0.5  # position of the stimulus, and of the response, when there is none


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    lowbound: jax.Array = 0.0  # the range of the target
    highbound: jax.Array = 1.0


class ReachingDelayResponse(TrialEnv):
    """See a position, remember it over a delay, and point to it when the go cue comes on.

    The action is continuous: whether to go, and where to.

    Periods:

    ========  ====================  =========  ===================================
    name      default (ms)          go cue     the subject should
    ========  ====================  =========  ===================================
    stimulus  500                   off        wait (action 0 below zero), and watch
    delay     one of 0, 1000, 2000  off        remember
    decision  500                   on         go (action 0 above zero)
    ========  ====================  =========  ===================================

    Observation, float32, from (0, -2) to (1, 2):

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       go        1 in decision
    1       stimulus  the target in stimulus, -0.5 afterwards
    ======  ========  ==============================================================

    Actions, float32, from (-1, -1) to (1, 2):

    ======  ========  ===========================================
    index   name      meaning
    ======  ========  ===========================================
    0       go        above 0: go; below 0: wait
    1       position  where to go; it counts when the subject goes
    ======  ========  ===========================================

    Rewards:

    =======  =======  ======================================  ===========================
    name     default  event                                   ends the trial?
    =======  =======  ======================================  ===========================
    abort    -0.1     action 0 is not below zero in stimulus  only if ``params.abort``
    correct  1        going, divided by (1 + error) squared   yes
    fail     0        going to a position outside the space   yes
    miss     -0.5     not going                               the trial is over
    =======  =======  ======================================  ===========================

    The error is the distance between position and target. Performance is the reward for going, as
    a fraction of ``correct``. The ground truth is (-1, -0.5) before decision and (1, target) in it.

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    ground_truth  the target, uniform from ``params.lowbound`` to
                  ``params.highbound``, float32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        lowbound, highbound: the range of the target, within -1 and 2.
        abort: whether moving in the stimulus period ends the trial.

    Raises:
        ValueError: for bounds outside the action space, or the wrong way round.

    Differences from NeuroGym: the reward ``fail``, which 2.3.1 lists and never gives, is given for
    a position outside the action space.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ReachingDelayResponse-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=0.25).ob[0].tolist()
        [0.0, 0.25]
    """

    TIMING = {"stimulus": 500, "delay": [0, 1000, 2000], "decision": 500}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0, "miss": -0.5}
    metadata = {
        "paper_name": None,
        "paper_link": None,
        "tags": (
            "perceptual",
            "delayed response",
            "continuous action space",
            "multidimensional action space",
            "supervised",
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        lowbound: float = 0.0,
        highbound: float = 1.0,
        abort: bool = False,
    ):
        self.lowbound = check_number("lowbound", lowbound, at_least=-1, at_most=2)
        self.highbound = check_number("highbound", highbound, at_least=self.lowbound, at_most=2)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.Box(
                np.array([0, -2]), np.array([1, 2]), (2,), name={"go": 0, "stimulus": 1}
            ),
            action_space=spaces.Box(_LOWEST, _HIGHEST, (2,), name={"go": 0, "position": 1}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, lowbound=self.lowbound, highbound=self.highbound)

    def sample_conditions(self, key, params, carry):
        """Draw the target."""
        low, high = (jnp.asarray(x, jnp.float32) for x in (params.lowbound, params.highbound))
        return {"ground_truth": low + (high - low) * random.uniform(key)}, carry

    def build_trial(self, builder, conditions, params):
        """The target in the stimulus period; the go cue in decision."""
        del params
        target = conditions["ground_truth"]
        go_to_target = jnp.stack([jnp.ones_like(target), target])
        wait = np.array([-1, _WITHDRAWN], np.float32)
        return (
            builder.add_period(self.periods)
            .add_ob(target, period="stimulus", where="stimulus")
            .add_ob(_WITHDRAWN, period=("delay", "decision"), where="stimulus")
            .add_ob(1, period="decision", where="go")
            .set_groundtruth(wait, period=("stimulus", "delay"))
            .set_groundtruth(go_to_target, period="decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge going in decision by its distance from the target; penalise going too early."""
        rewards = params.rewards
        go, position = action[0], action[1]
        broke = ~(go < 0) & self.in_period(state, "stimulus")
        answered = (go > 0) & self.in_period(state, "decision")
        missed = ~answered & self.is_last_step(state)

        is_inside = (position >= _LOWEST[1]) & (position <= _HIGHEST[1])
        error = jnp.abs(position - state.trial.conditions["ground_truth"])
        closeness = jnp.where(is_inside, 1 / (1 + error) ** 2, 0)
        earned = jnp.where(is_inside, rewards["correct"] * closeness, rewards["fail"])
        return Response(
            reward=jnp.where(broke, rewards["abort"], 0)
            + jnp.where(answered, earned, 0)
            + jnp.where(missed, rewards["miss"], 0),
            new_trial=answered | (broke & params.abort),
            performance=jnp.where(answered, closeness, 0),
        )
