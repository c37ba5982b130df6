"""TimeOut: an error costs time."""

import dataclasses

import jax.numpy as jnp

from jaxgym_neuro import timing
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Difference, Info, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.wrappers.held_trial import HeldTrial
from jaxgym_neuro.wrappers.requirements import TIME_OUT, check_inside_time_out


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    timeout: Leaf = number(
        1000.0,
        "duration of the time-out, floored to steps; at most what was constructed",
        unit="ms",
        at_least=0,
    )
    timeout_threshold: Leaf = number(
        0.5, "performance below which a trial is an error", at_least=0, at_most=1
    )


class TimeOut(HeldTrial):
    """After an error, blank the screen for a while before the next trial begins.

    An error is a performance below the threshold: a wrong answer, no answer where one was due, or a
    broken fixation. A sure bet at 0.7 of the reward is none, nor is a reach that all but hits, or
    one right answer of two.

    After an error the trial goes on for the time-out: all channels are 0, and actions have no
    effect and earn nothing. What the last action earned, ``r_tmax`` included, is paid when it is
    done; ``info["performance"]`` is reported when the trial ends, which is after the time-out.

    The trial's arrays have room for the time-out behind the last of the task's periods: the period
    ``timeout``, which is where a time-out lies that follows upon the task's last step. It begins
    earlier after an earlier error, and is not seen at all after a correct trial::

        the trial's arrays   |fixation|stimulus|decision|timeout |
        an early error       |fixation|stim|out out |
                                          ^        ^
                                          |        the trial ends: new_trial, performance
                                          the error: its reward
        time has run out     |fixation|stimulus|decision|out out |
                                                       ^        ^
                                                       r_tmax   the trial ends
        a correct answer     |fixation|stimulus|de|
                                                 ^
                                                 its reward, and the trial ends

    Args:
        env: the task. Wrappers that judge how a trial ends belong inside the time-out.
        ms: duration of the time-out; it adds to T.
        threshold: performance below which a trial is an error; 1: all that is not perfect is one.

    Raises:
        ValueError: for a duration of 0 or less, another threshold, or a second time-out.
    """

    PARAMS = Params
    TIMING = {TIME_OUT: Period("``params.timeout``", "wait: nothing that it does counts")}
    INFO = {"timeout": Info("is this a step of a time-out?", "bool")}
    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no such wrapper",
            ("test_an_error_costs_its_time_and_nothing_else_does",),
        )
    }
    HELD = TIME_OUT

    def __init__(
        self,
        env: TrialEnv,
        ms: float = Params.timeout,
        threshold: float = Params.timeout_threshold,
    ):
        check_inside_time_out("TimeOut", env, (TIME_OUT,))
        self.ms = check_number("ms (the duration of the time-out)", ms, above=0)
        threshold = check_param(Params, "timeout_threshold", threshold, "threshold")
        numbers = {"timeout": self.ms, "timeout_threshold": threshold}
        super().__init__(env, periods=(TIME_OUT,), numbers=numbers)

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        check_number("timeout (ms)", float(params.timeout), at_least=0, at_most=self.ms)

    def max_steps(self):
        """Return T of the task and the steps of the time-out."""
        return self.env.T + int(timing.duration_steps(self.ms, self.dt))

    def held_at(self, builder, last, params):
        """Leave room for a time-out that follows upon the last step."""
        return last + timing.duration_steps(jnp.asarray(params.timeout, jnp.float32), self.dt)

    def steps_held(self, state, verdict, performance, params):
        """Serve the time-out after an error."""
        index = self.periods.index(TIME_OUT)
        steps = state.trial.end[index] - state.trial.start[index]
        threshold = jnp.asarray(params.timeout_threshold, jnp.float32)
        return jnp.where(performance < threshold, steps, 0)

    def change_response(self, state, action, params, response):
        """Begin a time-out after an error, or serve one, and tell of it."""
        changed, own = super().change_response(state, action, params, response)
        is_out = state.carry.own.left > 0
        return dataclasses.replace(changed, info={**changed.info, "timeout": is_out}), own
