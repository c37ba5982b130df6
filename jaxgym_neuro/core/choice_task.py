"""ChoiceTask: the rule of most discrete tasks, and the rows that their tables share."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.env import EnvState, ParamsT, Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.core.tables import Action, Channel, Reward
from jaxgym_neuro.support.validation import check_name

CUE = Channel("1 until the subject may answer")
WAIT = Action("wait")
ABORT = Reward(-0.1, "an action in fixation", ends="only if ``params.abort``")
CORRECT = Reward(1.0, "the choice is the ground truth")
FAIL = Reward(0.0, "the choice is another")


def abort_by(event: str) -> Reward:
    """Declare what an action costs where the subject should wait, other than in fixation alone."""
    return dataclasses.replace(ABORT, event=event)


class ChoiceTask(TrialEnv[ParamsT]):
    """Base of tasks that are answered by one of several actions; action 0 is to wait.

    Acting in one of the periods ``WAITING`` costs ``abort``, and ends the trial if
    ``params.abort``. The first action in one of the periods ``ANSWERING`` ends the trial:
    ``correct`` if it is the ground truth, else ``fail``. Having waited to the last step scores 1
    where the ground truth is to wait, and costs ``miss`` where it is to act. A task may lack
    ``fail`` and ``miss``; they are then 0.
    """

    WAITING: tuple[str, ...] = ("fixation",)
    ANSWERING: tuple[str, ...] = ("decision",)

    def check_rule(self) -> None:
        """Raise a ValueError unless there are the rewards and periods of the rule."""
        for name in ("abort", "correct"):
            if name not in self.rewards:
                raise ValueError(
                    f"REWARDS of {self.name} has no {name!r}, which the rule of a ChoiceTask pays; "
                    f"it has: {', '.join(self.rewards) or 'none'}"
                )
        for table in ("WAITING", "ANSWERING"):
            for name in getattr(self, table):
                check_name(f"period in {table} of {self.name}", name, self.periods)

    def respond(self, state: EnvState, action: jax.Array, params: Any) -> Response:
        """Judge the first action in a period to answer in; penalise one in a period to wait in."""
        gt, rewards = self.gt_now(state), params.rewards
        acted = action != 0
        broke = acted & self.in_period(state, self.WAITING)
        answered = acted & self.in_period(state, self.ANSWERING)
        correct = answered & (action == gt)
        waited = ~acted & self.in_period(state, self.ANSWERING) & self.is_last_step(state)
        withheld, missed = waited & (gt == 0), waited & (gt != 0)
        earned = jnp.where(correct, rewards["correct"], rewards.get("fail", 0.0))
        reward = jnp.where(broke, rewards["abort"], 0.0) + jnp.where(answered, earned, 0.0)
        reward = reward + jnp.where(missed, rewards.get("miss", 0.0), 0.0)
        return Response(
            reward=reward,
            new_trial=answered | (broke & params.abort),
            performance=(correct | withheld).astype(jnp.float32),
        )


class NoisyChoiceTask(ChoiceTask[NoisyParams]):
    """Base of tasks that take the arguments of most: step, rewards, timing, input noise, abort.

    Args:
        dt: step in ms.
        rewards: changes to ``REWARDS``.
        timing: changes to ``TIMING``, in any form `jaxgym_neuro.timing.parse` takes.
        sigma: input noise; its s.d. per step is sigma / sqrt(dt).
        abort: whether breaking fixation ends the trial.

    Raises:
        ValueError: as `TrialEnv` does, and for a sigma below 0.
    """

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = NoisyParams.sigma,
        abort: bool = False,
    ):
        super().__init__(dt, timing, rewards, abort, numbers={"sigma": sigma})
