"""TimeOut: an error costs time."""

import dataclasses

import jax
import jax.numpy as jnp

from jaxgym_neuro import timing
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Difference, Info, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.wrappers.base import TrialWrapper
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


class TimeOut(TrialWrapper):
    """After an error, blank the screen for a while before the next trial begins.

    A trial that ends with a performance below 1, be it by a wrong answer, by breaking fixation or
    because it ran out, goes on for the time-out: all channels are 0, and actions have no effect and
    earn nothing. What the last action earned, ``r_tmax`` included, is paid when it is done;
    ``info["performance"]`` is reported when the trial ends, which is after the time-out.

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

    To the task inside, the clock stands at its own end during a time-out (`inner_state`).

    Args:
        env: the task. Wrappers that judge how a trial ends belong inside the time-out.
        ms: duration of the time-out; it adds to T.

    Raises:
        ValueError: for a duration of 0 or less, or a second time-out.
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

    draws = False

    def __init__(self, env: TrialEnv, ms: float = Params.timeout):
        check_inside_time_out("TimeOut", env)
        self.ms = check_number("ms (the duration of the time-out)", ms, above=0)
        super().__init__(env, periods=(TIME_OUT,), numbers={"timeout": self.ms})

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        check_number("timeout (ms)", float(params.timeout), at_least=0, at_most=self.ms)

    def max_steps(self):
        """Return T of the task and the steps of the time-out."""
        return self.env.T + int(timing.duration_steps(self.ms, self.dt))

    def init_memory(self, key, params):
        """No step of a time-out is left, and no score is held back."""
        return jnp.int32(0), jnp.float32(0)

    def change_trial(self, builder, conditions, params):
        """Make room for the time-out behind the last period."""
        ends = [end for _, end in builder.bounds.values()]
        last = jnp.maximum(jnp.max(jnp.stack(ends)), 1)
        return builder.add_period(TIME_OUT, duration=params.timeout, at=last)

    def inner_state(self, state):
        """Return the state as the task knows it: without the time-out, or at its own end."""
        inner = super().inner_state(state)
        length = state.trial.start[self.periods.index(TIME_OUT)]
        t = jnp.where(state.carry.own[0] > 0, jnp.maximum(state.t, length), state.t)
        trial = dataclasses.replace(inner.trial, length=length)
        return dataclasses.replace(inner, t=t, trial=trial)

    def respond(self, state, action, params):
        """Let the task judge, and keep its carry as it is during a time-out."""
        response = super().respond(state, action, params)
        is_out = state.carry.own[0] > 0
        inner = jax.tree.map(
            lambda new, old: jnp.where(is_out, old, new), response.carry.inner, state.carry.inner
        )
        return dataclasses.replace(response, carry=dataclasses.replace(response.carry, inner=inner))

    def change_response(self, state, action, params, response):
        """Begin a time-out after an error, or serve one."""
        left, score = state.carry.own
        is_out = left > 0
        index = self.periods.index(TIME_OUT)
        steps = state.trial.end[index] - state.trial.start[index]
        verdict = self.env.conclude(self.inner_state(state), response, params)
        failed = verdict.ends & (response.performance < 1) & (steps > 0)
        changed = dataclasses.replace(
            response,
            reward=jnp.where(is_out, 0, verdict.reward),
            new_trial=jnp.where(is_out, left == 1, verdict.ends & ~failed),
            performance=jnp.where(is_out, score, response.performance),
            info={**response.info, "timeout": is_out},
        )
        left = jnp.where(is_out, left - 1, jnp.where(failed, steps, 0))
        return changed, (left, jnp.where(is_out, score, response.performance))

    def change_observation(self, ob, state, params):
        """Show nothing during a time-out."""
        return jnp.where(state.carry.own[0] > 0, 0, ob)
