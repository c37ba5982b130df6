"""What the tasks of Driscoll et al. (2024) share: two circles to see, and a direction to answer."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core import tables
from jaxgym_neuro.core.choice_task import WITHHELD, abort_by
from jaxgym_neuro.core.env import EnvState, ParamsT, Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Action, Answer, Channel, Condition, Paper, Reward
from jaxgym_neuro.support.pytrees import pytree

DRISCOLL_2024 = Paper(
    "Driscoll, Shenoy & Sussillo",
    2024,
    "Flexible multitask computation in recurrent networks utilizes shared dynamical motifs",
    "Nature Neuroscience 27, 1349-1363",
    "https://doi.org/10.1038/s41593-024-01668-6",
    species=("model",),
)
CIRCLES = ("stimulus_mod1", "stimulus_mod2")
FULL_TURN = np.float32(2 * math.pi)
RESPONSE = "response"
WITHHOLDING = {"withheld": WITHHELD}
_SEEN = "sine and cosine of the direction of a stimulus, times its strength"
_LOWEST, _HIGHEST = (0.0, -1.0, -1.0), (1.0, 1.0, 1.0)  # of an action
_FIXATES = 0.5  # the action's fixation above which the subject fixates
_FIXATING = np.array([1, 0, 0], np.float32)


def direction(words: str, *, derived: bool = False) -> Condition:
    """Declare a direction among the conditions."""
    if derived:
        return Condition(words, unit="rad", derived=True)
    return Condition(f"uniform: {words}", unit="rad", at_least=0, at_most=2 * math.pi)


def modality(words: str) -> Condition:
    """Declare on which of the circles something is shown."""
    return Condition(f"0 or 1, equally likely: {words}", "int32", one_of=(0, 1))


@pytree
class CircleParams(TrialParams):
    """Numbers of the task that may be swept."""

    sigma: Leaf = number(
        math.sqrt(2), "noise of the stimuli; its s.d. per step is sigma / sqrt(dt)", at_least=0
    )
    tolerance: Leaf = number(
        math.pi / 10,
        "angle to the right direction below which the response is right",
        unit="rad",
        above=0,
        at_most=math.pi,
    )


class TwoCircles(TrialEnv[ParamsT]):
    """Base of tasks in which stimuli are directions on two circles, and so is the answer.

    The action is continuous: whether to fixate, and the sine and cosine of a direction. A trial
    lasts until its response period is over, and what the subject does in the last step is its
    answer. Breaking fixation before the response period costs ``abort``. What lies beyond the
    bounds of the action, as an output of a linear readout may, is judged likewise.

    Args:
        dt: step in ms.
        rewards: changes to ``REWARDS``.
        timing: changes to ``TIMING``.
        abort: whether breaking fixation ends the trial.
        numbers: values of params that were given as arguments; those of ``SETTINGS`` are the
            defaults of the task.
    """

    SETTINGS: Mapping[str, Any] = {}
    FAMILY: Any = None  # the class of a family that is written, where others are made of it
    TAGS_OF_TASKS: tuple[str, ...] = ()
    CHANNELS = {
        "fixation": Channel("1 until the subject is to respond; in tasks of React always"),
        CIRCLES[0]: Channel(f"in modality 1, {_SEEN}", 2),
        CIRCLES[1]: Channel(f"in modality 2, {_SEEN}", 2),
    }
    ACTIONS = {
        "fixation": Action("above 0.5: fixate; else respond; bounds 0 and 1"),
        "direction": Action("sine and cosine of a direction, of any length; bounds -1 and 1", 2),
    }
    REWARDS = {
        "abort": abort_by("fixation is broken before the response period"),
        "correct": Reward(
            1.0, "responding in the last step, less than ``params.tolerance`` from the direction"
        ),
        "fail": Reward(0.0, "responding in the last step otherwise"),
        "miss": Reward(0.0, "fixating in the last step", ends="it has ended"),
    }
    ANSWERS = {
        "direction": Answer(
            "where it responds in the last step", since=RESPONSE, dtype="float32", unit="rad"
        )
    }

    def __init_subclass__(cls, **kwargs: Any):
        if "FAMILY" not in vars(cls):
            cls.FAMILY = cls
        super().__init_subclass__(**kwargs)

    def __init__(
        self,
        dt: float,
        rewards: Mapping[str, float] | None,
        timing: Mapping[str, Any] | None,
        abort: bool,
        numbers: Mapping[str, Any],
    ):
        names = tables.indices(self.ACTIONS, {})
        action_space = spaces.Box(_LOWEST, _HIGHEST, (tables.count(names),), name=names)
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            numbers={**self.SETTINGS, **numbers},
            action_space=action_space,
        )

    @property
    def before(self) -> tuple[str, ...]:
        """The periods in which the subject is to fixate."""
        return tuple(name for name in self.TIMING if name != RESPONSE)

    def on_circle(self, modality: Any, angle: Any) -> jax.Array:
        """Return what the channels of both circles show of a stimulus of strength 1; (4,)."""
        is_shown = np.arange(len(CIRCLES), dtype=np.int32) == modality
        return self.on_circles(is_shown.astype(jnp.float32), angle)

    def on_circles(self, strengths: Any, angle: Any) -> jax.Array:
        """Return what the channels show of a stimulus of two strengths, (2,); (4,)."""
        return (strengths[:, None] * unit_vector(angle)[None]).reshape(-1)

    def laid_out(self, builder: Any, params: Any, is_cued: bool, answer: Any, due: Any = True):
        """Add what every trial has: periods, fixation, noise, and what is to be done.

        Args:
            builder: an empty builder.
            params: params of the task.
            is_cued: whether fixation goes off when the subject is to respond.
            answer: the right direction, () float32 in rad.
            due: () bool, whether there is one; otherwise the subject is to go on fixating.
        """
        response = jnp.concatenate([jnp.zeros((1,), jnp.float32), unit_vector(answer)])
        return (
            builder.add_period(tuple(self.TIMING))
            .add_ob(1, period=self.before if is_cued else tuple(self.TIMING), where="fixation")
            .add_randn(
                0, params.sigma / math.sqrt(self.dt), period=tuple(self.TIMING), where=CIRCLES
            )
            .set_groundtruth(_FIXATING, period=self.before)
            .set_groundtruth(jnp.where(due, response, _FIXATING), period=RESPONSE)
        )

    def respond(self, state: EnvState, action: jax.Array, params: Any) -> Response:
        """Judge what is done in the last step; penalise breaking fixation before the response."""
        rewards = params.rewards
        fixates = action[0] > _FIXATES
        sine, cosine = action[1], action[2]
        truth = self.gt_now(state)
        is_due = truth[0] < _FIXATES
        angle = jnp.arctan2(sine, cosine)
        alike = jnp.sin(angle) * truth[1] + jnp.cos(angle) * truth[2]  # cosine of the angle between
        is_direction = (sine != 0) | (cosine != 0)
        least = jnp.cos(jnp.asarray(params.tolerance, jnp.float32))
        is_near = is_direction & (alike > least)
        in_response = self.in_period(state, RESPONSE)
        broke = ~fixates & self.in_period(state, self.before)
        last = in_response & self.is_last_step(state)
        answered, waited = last & ~fixates, last & fixates
        correct, withheld = answered & is_due & is_near, waited & ~is_due
        earned = jnp.where(correct, rewards["correct"], rewards["fail"])
        reward = jnp.where(broke, rewards["abort"], 0) + jnp.where(answered, earned, 0)
        reward = reward + jnp.where(waited & is_due, rewards["miss"], 0)
        if "withheld" in rewards:
            reward = reward + jnp.where(withheld, rewards["withheld"], 0)
        return Response(
            reward=reward,
            new_trial=answered | (broke & params.abort),
            performance=(correct | withheld).astype(jnp.float32),
            answers={"direction": Given(answered, jnp.mod(angle, FULL_TURN))},
        )


def unit_vector(angle: Any) -> jax.Array:
    """Return sine and cosine of an angle; (2,)."""
    return jnp.stack([jnp.sin(angle), jnp.cos(angle)])


def uniform_direction(key: jax.Array) -> jax.Array:
    """Draw a direction, 0 to 2 pi."""
    return FULL_TURN * random.uniform(key)


def uniform_between(key: jax.Array, low: Any, high: Any) -> jax.Array:
    """Draw a number between two."""
    low, high = (jnp.asarray(x, jnp.float32) for x in (low, high))
    return low + (high - low) * random.uniform(key)
