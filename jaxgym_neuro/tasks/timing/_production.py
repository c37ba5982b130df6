"""What tasks share in which an interval is produced: when to act, and what an error costs."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.choice_task import ABORT, MISS, WAIT, WaitingTask
from jaxgym_neuro.core.env import EnvState, ParamsT, Response
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Action, Answer, Difference, Reward
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.support.pytrees import pytree

_FREE_ERROR = 25.0  # ms of error that are tolerated at any length of the interval
_STEEPNESS = 1.5
_LEAST_FRACTION = 0.1  # of "correct", for a response that is just good enough


@pytree
class ProductionParams(TrialParams):
    """Numbers of a task in which an interval is produced."""

    prod_margin: Leaf = number(
        0.2, "tolerated error: this fraction of the interval, and 25 ms", at_least=0
    )


def produced(since: str) -> Answer:
    """Declare the answer: an interval, from the start of a period, whether that is over or not."""
    return Answer(
        "the interval produced, as it is judged; its time is that without a jitter",
        since=since,
        dtype="float32",
        unit="ms",
    )


def one_step(why: str) -> Difference:
    """Declare how the ground truth differs from NeuroGym's."""
    return Difference(
        "errors are counted in whole steps from the step nearest to the interval; the ground truth "
        "is to act in that step alone, which is perfect",
        why,
        ("test_the_ground_truth_is_to_act_once_when_the_interval_is_over",),
    )


class ProductionEnv(WaitingTask[ParamsT]):
    """Base of tasks in which the subject acts when an interval is over.

    Trials end by an action in the periods ``ANSWERING``. It is compared with the interval, in whole
    steps, that begins at the end of the period ``REFERENCE``:

        reward = correct * max(0.1, (1 - error / tolerance) ** 1.5)

    with a tolerance of ``params.prod_margin`` times the interval plus 25 ms; beyond it, ``fail``.
    An action in the periods `waiting` costs ``abort``, and ends the trial if ``params.abort``.
    """

    ACTIONS = {"fixation": WAIT, "go": Action("act")}
    ANSWERS = {"produced": produced("production")}
    REWARDS = {
        "abort": ABORT,
        "correct": Reward(1.0, "acting in time, times max(0.1, (1 - error / tolerance) ** 1.5)"),
        "fail": Reward(0.0, "acting with an error beyond the tolerance"),
        "miss": MISS,
    }
    ANSWERING: tuple[str, ...] = ("production",)  # periods in which the subject may act
    INTERVAL = "production"  # the condition that holds the interval to produce, ms
    REFERENCE = ""  # the period with whose end the interval begins

    def respond(self, state: EnvState, action: jax.Array, params: ProductionParams) -> Response:
        """Judge when the subject acts; penalise acting too early."""
        rewards = params.rewards
        acted = action != 0
        broke = acted & self.in_period(state, self.waiting)
        answered = acted & self.in_period(state, self.ANSWERING)

        interval = state.trial.conditions[self.INTERVAL]
        elapsed = state.t - state.trial.end[self.periods.index(self.REFERENCE)]
        judged = elapsed.astype(jnp.float32) * self.pace(state.trial.conditions, params)
        in_time, pay = self.worth(judged, interval, params)
        is_close = (action == self.action_due(state.trial.conditions)) & in_time
        earned = jnp.where(is_close, pay, rewards["fail"])
        missed = ~acted & self.in_period(state, self.ANSWERING) & self.is_last_step(state)
        reward = jnp.where(broke, rewards["abort"], 0) + jnp.where(answered, earned, 0)
        return Response(
            reward=reward + jnp.where(missed, rewards["miss"], 0),
            new_trial=answered | (broke & params.abort),
            performance=(answered & is_close).astype(jnp.float32),
            answers={"produced": Given(answered, judged * self.dt)},
        )

    def worth(
        self, judged: jax.Array, interval: jax.Array, params: ProductionParams
    ) -> tuple[jax.Array, jax.Array]:
        """Return whether it is in time to act, and what that earns if it is.

        Args:
            judged: steps since the interval began, as they are judged, float32.
            interval: that is to be produced, ms.
            params: with the tolerance.
        """
        error = jnp.abs(judged - self.steps_of(interval).astype(jnp.float32)) * self.dt
        tolerance = params.prod_margin * interval + _FREE_ERROR
        closeness = jnp.maximum(1 - error / tolerance, 0) ** _STEEPNESS
        return error <= tolerance, params.rewards["correct"] * jnp.maximum(
            closeness, _LEAST_FRACTION
        )

    def pace(self, conditions: Mapping[str, jax.Array], params: Any) -> Any:
        """Return how fast the time is judged to pass in which the interval is produced."""
        del conditions, params
        return jnp.float32(1)

    def action_due(self, conditions: Mapping[str, jax.Array]) -> Any:
        """Return the action by which the interval is to be ended, int32."""
        del conditions
        return jnp.int32(1)

    def steps_of(self, interval: jax.Array) -> jax.Array:
        """Return the number of steps nearest to an interval in ms, int32."""
        return jnp.round(interval / self.dt).astype(jnp.int32)

    def mark_go(
        self,
        builder: TrialBuilder,
        interval: jax.Array,
        pace: Any = 1,
        action: Any = 1,
    ) -> TrialBuilder:
        """Set the ground truth to act in the one step at which the interval is judged to be over.

        Args:
            builder: that of a trial with all its periods.
            interval: ms.
            pace: how fast time is judged to pass.
            action: by which the interval is to be ended, int32.
        """
        due = self.steps_of(interval).astype(jnp.float32) / pace
        go = builder.bounds[self.REFERENCE][1] + jnp.round(due).astype(jnp.int32)
        first, last = (
            builder.bounds[self.ANSWERING[0]][0],
            builder.bounds[self.ANSWERING[-1]][1] - 1,
        )
        steps = jnp.arange(builder.layout.num_steps, dtype=jnp.int32)
        go = jnp.clip(go, first, jnp.maximum(first, last))
        return builder.set_groundtruth(jnp.where(steps == go, action, 0), period=self.ANSWERING)
