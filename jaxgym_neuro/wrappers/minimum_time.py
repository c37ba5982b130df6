"""MinimumTime: no outcome before its time, however early the answer."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import timing
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Difference, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name, check_number
from jaxgym_neuro.wrappers.held_trial import HeldTrial
from jaxgym_neuro.wrappers.requirements import MINIMUM_TIME, check_inside_time_out


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    minimum_time: Leaf = number(
        1000.0,
        "time from the event before which a trial has no outcome; at most what was constructed",
        unit="ms",
        at_least=0,
    )


class MinimumTime(HeldTrial):
    """Pay for an answer, and end the trial, no sooner than some time after an event.

    Where the subject answers when it likes, under `ReactionTime` say, an early answer would save
    the rest of the trial, so that fast guesses earn the most in a given time. Here nothing is
    gained by answering before the minimum: the answer counts when it is given, and what it earns is
    paid, and the trial ends, when the time has come. Until then all channels are 0, and actions
    have no effect and earn nothing.

    The event is the start of a period. A trial that ends before it (a broken fixation) ends as
    ever; one that lacks the period does, too. The trial's arrays have room behind the last of the
    task's periods, where the task's trial may end before the minimum: the period ``minimum_time``.

    Args:
        env: the task. Wrappers that judge how a trial ends belong inside, `TimeOut` outside.
        ms: time from the event. Changes T; params may have a shorter one.
        event: name of the period whose start the time counts from.

    Raises:
        ValueError: for a time of 0 or less, an unknown period, a time-out inside, or a second
            minimum.
    """

    PARAMS = Params
    TIMING = {
        MINIMUM_TIME: Period("what is missing to the minimum", "wait: nothing that it does counts")
    }
    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no such wrapper",
            ("test_no_answer_has_an_outcome_before_the_minimum_time",),
        )
    }
    HELD = MINIMUM_TIME
    WAITS = True

    def __init__(self, env: TrialEnv, ms: float = Params.minimum_time, event: str = "stimulus"):
        check_inside_time_out("MinimumTime", env)
        check_name("period", event, env.periods)
        self.event = event
        self.ms = check_number("ms (the minimum time)", ms, above=0)
        super().__init__(env, periods=(MINIMUM_TIME,), numbers={"minimum_time": self.ms})

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        check_number("minimum_time (ms)", float(params.minimum_time), at_least=0, at_most=self.ms)

    def max_steps(self):
        """Return T: as much more than the task's as the event may be too late for the minimum."""
        known = self.timing.get(self.event)
        least = 0 if known is None else int(timing.duration_steps(known.lower(), self.dt))
        return max(self.env.T, self.env.T - least + int(self._steps(self.ms)) + 1)

    def held_at(self, builder, last, params):
        """Leave room to the minimum, if the trial has the event."""
        start, end = builder.bounds[self.event]
        until = start + self._steps(jnp.asarray(params.minimum_time, jnp.float32)) + 1
        return jnp.where(end > start, until, last)

    def steps_held(self, state, verdict, performance, params):
        """Wait for the minimum, once the event has come."""
        index = self.periods.index(self.event)
        start, end = state.trial.start[index], state.trial.end[index]
        minimum = self._steps(jnp.asarray(params.minimum_time, jnp.float32))
        left = jnp.maximum(start + minimum - state.t, 0)
        return jnp.where((end > start) & (state.t >= start), left, 0)

    def _steps(self, ms):
        """Steps of the minimum: whole ones that do not fall short of it."""
        xp = jnp if isinstance(ms, jax.Array) else np
        return xp.ceil(xp.asarray(ms / self.dt - 1e-3, np.float32)).astype(np.int32)
