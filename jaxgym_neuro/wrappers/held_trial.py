"""HeldTrial: a trial that is over for its task, and goes on for a while."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.core.state import Verdict, none_given
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.wrappers.base import TrialWrapper


@pytree
class Held:
    """What is remembered while a trial is held."""

    left: jax.Array  # () int32, steps that are left; 0: it is not held
    score: jax.Array  # () float32, the performance to report
    reward: jax.Array  # () float32, the reward to pay at the end


class HeldTrial(TrialWrapper):
    """Base of wrappers that hold a trial for some steps when the task inside has ended it.

    While it is held all channels are 0, and actions have no effect and earn nothing. Its
    performance is reported when it ends for good. The trial's arrays have room for that behind the
    last of the task's periods: the period ``HELD``. To the task inside, the clock stands at its own
    end meanwhile (`inner_state`).

    A wrapper supplies the bounds of that period (`held_at`), for how long a trial is held
    (`steps_held`), and whether its last reward ``WAITS`` for the end.
    """

    HELD: str
    WAITS = False

    draws = False

    def held_at(self, builder: TrialBuilder, last: jax.Array, params: Any) -> Any:
        """Return the step after the last one that a trial may be held to.

        Args:
            builder: that of the trial as the task has laid it out.
            last: the step after the trial's last one.
            params: params of the task and the wrapper.
        """
        raise NotImplementedError(f"{type(self).__name__} must define held_at")

    def steps_held(
        self, state: EnvState, verdict: Verdict, performance: jax.Array, params: Any
    ) -> jax.Array:
        """Return for how many more steps a trial is held that the task ends here, int32.

        Args:
            state: the state before the action.
            verdict: what the action comes to for the task; the trial ends.
            performance: score of the trial.
            params: params of the task and the wrapper.
        """
        raise NotImplementedError(f"{type(self).__name__} must define steps_held")

    def init_memory(self, key, params):
        """Return that nothing is held."""
        return Held(left=jnp.int32(0), score=jnp.float32(0), reward=jnp.float32(0))

    def change_trial(self, builder, conditions, params):
        """Make room behind the last period."""
        ends = [end for _, end in builder.bounds.values()]
        last = jnp.maximum(jnp.max(jnp.stack(ends)), 1)
        until = jnp.clip(self.held_at(builder, last, params), last, builder.limit)
        return builder.move_period(self.HELD, last, until)

    def inner_state(self, state):
        """Return the state as the task knows it: its own trial, or the end of that."""
        inner = super().inner_state(state)
        length = state.trial.start[self.periods.index(self.HELD)]
        t = jnp.where(state.carry.own.left > 0, jnp.maximum(state.t, length), state.t)
        trial = dataclasses.replace(inner.trial, length=length)
        return dataclasses.replace(inner, t=t, trial=trial)

    def respond(self, state, action, params):
        """Let the task judge, and keep its carry as it is while the trial is held."""
        response = super().respond(state, action, params)
        is_held = state.carry.own.left > 0
        inner = jax.tree.map(
            lambda new, old: jnp.where(is_held, old, new), response.carry.inner, state.carry.inner
        )
        return dataclasses.replace(response, carry=dataclasses.replace(response.carry, inner=inner))

    def change_response(self, state, action, params, response):
        """Hold a trial that ends, or count down."""
        held = state.carry.own
        is_held = held.left > 0
        verdict = self.env.conclude(self.inner_state(state), response, params)
        steps = self.steps_held(state, verdict, response.performance, params)
        steps = jnp.where(verdict.ends, steps, 0)
        is_over, begins = held.left == 1, steps > 0
        waits = begins & self.WAITS
        earned = jnp.where(waits, 0, verdict.reward)
        waiting = jnp.where(waits, verdict.reward, 0)
        changed = dataclasses.replace(
            response,
            reward=jnp.where(is_held, jnp.where(is_over, held.reward, 0), earned),
            new_trial=jnp.where(is_held, is_over, verdict.ends & ~begins),
            performance=jnp.where(is_held, held.score, response.performance),
            answers=none_given(response.answers, is_held),
        )
        own = Held(
            left=jnp.where(is_held, held.left - 1, steps),
            score=jnp.where(is_held, held.score, response.performance),
            reward=jnp.where(is_held, jnp.where(is_over, 0, held.reward), waiting),
        )
        return changed, own

    def change_observation(self, ob, state, params):
        """Show nothing while the trial is held."""
        return jnp.where(state.carry.own.left > 0, 0, ob)
