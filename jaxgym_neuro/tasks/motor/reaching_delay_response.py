"""Delayed reach to a remembered position on a line."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.choice_task import abort_by
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_order

_LOWEST, _HIGHEST = (-1.0, -1.0), (1.0, 2.0)  # go, position
_WITHDRAWN = -0.5  # position of the stimulus, and of the response, when there is none


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    lowbound: Leaf = number(0.0, "lowest target", at_least=_LOWEST[1], at_most=_HIGHEST[1])
    highbound: Leaf = number(1.0, "highest target", at_least=_LOWEST[1], at_most=_HIGHEST[1])
    error_scale: Leaf = number(
        1.0, "error with which going earns a quarter of ``correct``", above=0
    )


class ReachingDelayResponse(TrialEnv[Params]):
    """See a position, remember it over a delay, and point to it when the go cue comes on.

    The action is continuous, two float32: whether to go, and where to. The error is the distance
    between position and target. Performance is the reward for going, as a fraction of ``correct``.
    The ground truth is (-1, -0.5) before decision and (1, target) in it.

    The reward falls slowly with the error: whoever always points to 0.5, without a look at the
    target, earns 0.667 of it. With an ``error_scale`` of 0.1 that earns 0.167.

    It follows no experiment in particular. In that of Funahashi, Bruce & Goldman-Rakic (1989), J
    Neurophysiol 61, 331-349, https://doi.org/10.1152/jn.1989.61.2.331, monkeys remember one of
    eight places, shown for 0.5 s, over a delay of 1 to 6 s, and look there when the fixation point
    goes off; here there is a line of places, no fixation, and a cue that comes on.

    Args:
        lowbound, highbound: the range of the target, within -1 and 2.
        abort: whether moving in the stimulus period ends the trial.
        error_scale: error with which going earns a quarter of ``correct``.

    Raises:
        ValueError: for bounds outside the action space, or the wrong way round.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ReachingDelayResponse-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=0.25).ob[0].tolist()
        [0.0, 0.25]
    """

    TAGS = (
        "perceptual",
        "delayed response",
        "continuous action space",
        "multidimensional action space",
        "supervised",
    )
    TIMING = {
        "stimulus": Period(500, "wait (action 0 below zero), and watch", cue="off"),
        "delay": Period([0, 1000, 2000], "remember", cue="off"),
        "decision": Period(500, "go (action 0 above zero)", cue="on"),
    }
    CHANNELS = {
        "go": Channel("1 in decision; bounds 0 and 1"),
        "stimulus": Channel("the target in stimulus, -0.5 afterwards; bounds -2 and 2"),
    }
    ACTIONS = {
        "go": Action("above 0: go; below 0: wait; bounds -1 and 1"),
        "position": Action("where to go; it counts when the subject goes; bounds -1 and 2"),
    }
    ANSWERS = {"position": Answer("where it went", since="decision", dtype="float32")}
    PRESETS = {
        "steep": Preset(
            {"error_scale": 0.1}, "an error counts: always pointing to 0.5 earns 0.167, not 0.667"
        )
    }
    REWARDS = {
        "abort": abort_by("action 0 is not below zero in stimulus"),
        "correct": Reward(1.0, "going, divided by (1 + error / ``params.error_scale``) squared"),
        "fail": Reward(0.0, "going to a position outside the space"),
        "miss": Reward(-0.5, "not going", ends="it has ended"),
    }
    CONDITIONS = {
        "ground_truth": Condition(
            "the target, uniform from ``params.lowbound`` to ``params.highbound``",
            at_least=_LOWEST[1],
            at_most=_HIGHEST[1],
        ),
    }
    DIFFERENCES = {
        "fail": Difference(
            "going to a position outside the action space earns `fail`",
            "2.3.1 lists `fail` and never gives it",
            ("test_reward_table",),
        ),
        "miss": Difference(
            "what a missed response costs is the reward `miss`",
            "2.3.1 pays it through `r_tmax`",
            ("test_reward_table", "test_spaces_and_rewards_are_neurogyms"),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        lowbound: float = Params.lowbound,
        highbound: float = Params.highbound,
        abort: bool = False,
        error_scale: float = Params.error_scale,
    ):
        channels, actions = tables.indices(self.CHANNELS, {}), tables.indices(self.ACTIONS, {})
        observation_space = spaces.Box(np.array([0, -2]), np.array([1, 2]), (2,), name=channels)
        action_space = spaces.Box(_LOWEST, _HIGHEST, (2,), name=actions)
        numbers = {"lowbound": lowbound, "highbound": highbound, "error_scale": error_scale}
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            numbers=numbers,
            observation_space=observation_space,
            action_space=action_space,
        )
        check_order(lowbound=lowbound, highbound=highbound)

    def validate(self, params: Params) -> None:
        """Check params, and that the bounds are not the wrong way round."""
        super().validate(params)
        check_order(lowbound=params.lowbound, highbound=params.highbound)

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
        scale = jnp.asarray(params.error_scale, jnp.float32)
        closeness = jnp.where(is_inside, 1 / (1 + error / scale) ** 2, 0)
        earned = jnp.where(is_inside, rewards["correct"] * closeness, rewards["fail"])
        return Response(
            reward=jnp.where(broke, rewards["abort"], 0)
            + jnp.where(answered, earned, 0)
            + jnp.where(missed, rewards["miss"], 0),
            new_trial=answered | (broke & params.abort),
            performance=jnp.where(answered, closeness, 0),
            answers={"position": Given(answered, position)},
        )
