"""ChoiceTask: the rule of most discrete tasks, and the rows that their tables share."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.env import EnvState, ParamsT, Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Action, Answer, Channel, Reward
from jaxgym_neuro.core.trial import ITI
from jaxgym_neuro.support.validation import check_name, unknown_name

ENFORCE = ("fixation", "until_cue")

CUE = Channel("1 until the subject may answer")
WAIT = Action("wait")
ABORT = Reward(-0.1, "an action in fixation", ends="only if ``params.abort``")
CORRECT = Reward(1.0, "the choice is the ground truth")
FAIL = Reward(0.0, "the choice is another")
MISS = Reward(0.0, "having waited to the end", ends="it has ended")
WITHHELD = Reward(1.0, "having waited to the end, where that is right", ends="it has ended")


def abort_by(event: str) -> Reward:
    """Declare what an action costs where the subject should wait, other than in fixation alone."""
    return dataclasses.replace(ABORT, event=event)


def first_action(periods: str | tuple[str, ...]) -> Answer:
    """Declare the answer of a task that is answered by its first action in some periods."""
    return Answer("the first action when asked", since=periods)


class WaitingTask(TrialEnv[ParamsT]):
    """Base of tasks in which the subject waits, action 0, until it may answer.

    Acting in one of the periods `waiting` costs ``abort``, and ends the trial if ``params.abort``.

    Args:
        dt: step in ms.
        timing: changes to ``TIMING``.
        rewards: changes to ``REWARDS``.
        abort: whether acting in the periods `waiting` ends the trial.
        enforce: where the subject has to wait. ``"fixation"``: in the periods ``WAITING`` alone,
            which in most tasks are fixation; acting between them and the periods ``ANSWERING``
            costs nothing and does nothing. ``"until_cue"``: in every period until it may answer.
        **declared: what else `TrialEnv` takes.

    Raises:
        ValueError: as `TrialEnv` does, for another ``enforce``, and for ``abort`` where no period
            to wait in lasts a step, so that it could have no effect.
    """

    WAITING: tuple[str, ...] = ("fixation",)
    ANSWERING: tuple[str, ...] = ("decision",)
    ANSWERS = {"choice": first_action(ANSWERING)}

    def __init_subclass__(cls, **kwargs: Any):
        if "ANSWERING" in vars(cls) and "ANSWERS" not in vars(cls):
            type.__setattr__(cls, "ANSWERS", {"choice": first_action(cls.ANSWERING)})
        super().__init_subclass__(**kwargs)

    def __init__(
        self,
        dt: float,
        timing: Mapping[str, Any] | None = None,
        rewards: Mapping[str, float] | None = None,
        abort: bool = False,
        *,
        enforce: str = "fixation",
        **declared: Any,
    ):
        check_name("enforce", enforce, ENFORCE)
        self.enforce = enforce
        super().__init__(dt, timing, rewards, abort, **declared)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The periods in which acting costs ``abort``."""
        if self.enforce == "fixation":
            return self.WAITING
        until = min(map(self.periods.index, self.ANSWERING))
        before = [name for name in self.periods[:until] if name != ITI]  # where nothing counts
        return tuple(name for name in self.periods if name in (*before, *self.WAITING))

    def check_rule(self) -> None:
        """Raise a ValueError unless there are the periods of the rule, and abort has an effect."""
        for table in ("WAITING", "ANSWERING"):
            for name in getattr(self, table):
                if name not in self.periods:
                    own = f"{table} = ({self.periods[0]!r},)"
                    known = f"It has {', '.join(self.periods)}; the class says which, as in {own}"
                    kind = f"period in {table} of {self.name}"
                    raise unknown_name(kind, name, self.periods, known)
        if self.abort:
            self._check_abort(self.timing)

    def validate(self, params: Any) -> None:
        """Check params, and that abort has an effect where it is on."""
        super().validate(params)
        if np.any(params.abort):
            self._check_abort(params.timing)

    def _check_abort(self, timing: Mapping[str, Any]) -> None:
        # A period without a duration of its own is as long as a trial makes it.
        if any(name not in timing or timing[name].upper() > 0 for name in self.waiting):
            return
        names = ", ".join(self.waiting)
        raise ValueError(
            f"abort ends a trial of {self.name} for an action in {names}, which lasts 0 ms, so "
            f"that it has no effect: give it a duration, timing={{{self.waiting[0]!r}: 300}}, or "
            "have the subject wait in all that comes before the answer, enforce='until_cue'"
        )


class ChoiceTask(WaitingTask[ParamsT]):
    """Base of tasks that are answered by one of several actions; action 0 is to wait.

    Acting in one of the periods `waiting` (``WAITING``, and with ``enforce="until_cue"`` all before
    the first of ``ANSWERING``) costs ``abort``, and ends the trial if
    ``params.abort``. The first action in one of the periods ``ANSWERING`` ends the trial:
    ``correct`` if it is the ground truth, else ``fail``. Having waited to the last step scores 1
    where the ground truth is to wait, and earns ``withheld``; it costs ``miss`` where an action
    `is_due`. A task may lack ``fail``, ``miss`` and ``withheld``; they are then 0.
    """

    def check_rule(self) -> None:
        """Raise a ValueError unless there are the rewards and periods of the rule."""
        for name in ("abort", "correct"):
            if name not in self.rewards:
                raise ValueError(
                    f"REWARDS of {self.name} has no {name!r}, which the rule of a ChoiceTask pays; "
                    f"it has: {', '.join(self.rewards) or 'none'}"
                )
        super().check_rule()

    def is_due(self, state: EnvState) -> jax.Array:
        """Whether it is wrong to have waited to the last step, which this is; () bool."""
        return self.gt_now(state) != 0

    def respond(self, state: EnvState, action: jax.Array, params: Any) -> Response:
        """Judge the first action in a period to answer in; penalise one in a period to wait in."""
        gt, rewards = self.gt_now(state), params.rewards
        acted = action != 0
        broke = acted & self.in_period(state, self.waiting)
        answered = acted & self.in_period(state, self.ANSWERING)
        correct = answered & (action == gt)
        waited = ~acted & self.in_period(state, self.ANSWERING) & self.is_last_step(state)
        is_due = self.is_due(state)
        withheld, missed = waited & ~is_due, waited & is_due
        earned = jnp.where(correct, rewards["correct"], rewards.get("fail", 0.0))
        reward = jnp.where(broke, rewards["abort"], 0.0) + jnp.where(answered, earned, 0.0)
        reward = reward + jnp.where(missed, rewards.get("miss", 0.0), 0.0)
        if "withheld" in rewards:
            reward = reward + jnp.where(withheld, rewards["withheld"], 0.0)
        return Response(
            reward=reward,
            new_trial=answered | (broke & params.abort),
            performance=(correct | withheld).astype(jnp.float32),
            answers={"choice": Given(answered)},
        )


class NoisyChoiceTask(ChoiceTask[NoisyParams]):
    """Base of tasks that take the arguments of most: step, rewards, timing, input noise, abort.

    Args:
        dt: step in ms.
        rewards: changes to ``REWARDS``.
        timing: changes to ``TIMING``, in any form `jaxgym_neuro.timing.parse` takes.
        sigma: input noise; its s.d. per step is sigma / sqrt(dt).
        abort: whether breaking fixation ends the trial.
        enforce: ``"fixation"`` or ``"until_cue"``: where the subject has to wait.

    Raises:
        ValueError: as `WaitingTask` does, and for a sigma below 0.
    """

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = NoisyParams.sigma,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        numbers = {"sigma": sigma}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers=numbers)
