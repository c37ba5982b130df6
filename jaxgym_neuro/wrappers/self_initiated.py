"""SelfInitiated: the subject says when to go on."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Difference, Info
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_name
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_inside_time_out, check_waiting


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    hold: Leaf = number(
        300.0, "how long the action has to be taken without a break", unit="ms", at_least=0
    )
    patience: Leaf = number(
        10_000.0,
        "time that the trial waits before it ends as one that was not begun; 0: for ever",
        unit="ms",
        at_least=0,
    )


class SelfInitiated(TrialWrapper):
    """Begin a period of the trial only when the subject has done something.

    By default it has to keep still, as an animal that holds fixation: action 0 for ``hold`` ms
    without a break, up to the step before the period. As long as it has not, that step is shown
    again, and the trial's clock stands still. With another ``action``, and a hold of a step, it
    begins the period by a press, or a poke into a port; that action then is no answer in the steps
    before the period.

    Nothing else of the trial changes: it is drawn at once, and what waits is its clock. Its arrays
    are its shortest form, that of a subject which does not keep the trial waiting, and so are its
    times and durations: those of an answer do not count the wait. What the task takes in the steps
    before the period (``abort``, say, for an action in fixation) it takes while waiting, too. If
    the wait is longer than the patience, the trial ends with a performance of 0. A trial that has
    no step before the period, or lacks it, does not wait; a duration of ``iti`` gives every trial
    some.

    Args:
        env: a task in which action 0 is to wait.
        period: name of the period that the subject begins.
        hold: how long the action has to be taken, in ms; a step at least.
        patience: how long the trial waits, in ms; 0: for ever.
        action: the action by which the period is begun.

    Raises:
        ValueError: for another task, one with a time-out, an unknown period, an action that is not
            in the space, or negative times.
    """

    PARAMS = Params
    INFO = {"waiting": Info("does the trial's clock stand still after this step?", "bool")}
    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no such wrapper",
            ("test_the_period_begins_when_the_subject_has_kept_still",),
        )
    }

    draws = False

    def __init__(
        self,
        env: TrialEnv,
        period: str = "stimulus",
        hold: float = Params.hold,
        patience: float = Params.patience,
        action: int = 0,
    ):
        check_waiting("SelfInitiated", env)
        check_inside_time_out("SelfInitiated", env)
        check_name("period", period, env.periods)
        self.period = period
        self.action = check_integer("action", action, at_least=0)
        if self.action >= env.num_actions:
            raise ValueError(
                f"action is one of the {env.num_actions} actions of {env.name}, not {action}"
            )
        numbers = {
            "hold": check_param(Params, "hold", hold),
            "patience": check_param(Params, "patience", patience),
        }
        super().__init__(env, numbers=numbers)

    @property
    def counts_in_iti(self):
        """The subject may begin a trial in the interval before it."""
        return True

    def init_memory(self, key, params):
        """In this trial, so far: steps of the action without a break, and steps of waiting."""
        return jnp.int32(0), jnp.int32(0)

    def change_trial(self, builder, conditions, params):
        """Let the ground truth begin the period, where that takes an action."""
        if self.action == 0:
            return builder
        start, end = builder.bounds[self.period]
        steps = jnp.arange(builder.layout.num_steps, dtype=jnp.int32)
        is_gate = (steps + 1 == start) & (end > start)
        return dataclasses.replace(builder, gt=jnp.where(is_gate, self.action, builder.gt))

    def task_action(self, state, action):
        """Return to wait for the action that begins the period, in the steps before it."""
        if self.action == 0:
            return action
        start = state.trial.start[self.periods.index(self.period)]
        is_press = (action == self.action) & (state.t < start)
        return jnp.where(is_press, jnp.zeros_like(action), action)

    def change_response(self, state, action, params, response):
        """Keep the clock at the step before the period until the subject has begun it."""
        held, waited = state.carry.own
        index = self.periods.index(self.period)
        start, end = state.trial.start[index], state.trial.end[index]
        held = jnp.where(action == self.action, held + 1, 0)
        is_due = held.astype(jnp.float32) * np.float32(self.dt) >= params.hold
        waits = (start < end) & (state.t + 1 == start) & ~(is_due & (held > 0))
        waited = waited + waits.astype(jnp.int32)
        is_over = waits & (waited.astype(jnp.float32) * np.float32(self.dt) > params.patience)
        gives_up = is_over & (params.patience > 0) & ~response.new_trial
        ends = self.conclude(state, response, params).ends | gives_up
        holds = waits & ~ends
        changed = dataclasses.replace(
            response,
            new_trial=response.new_trial | gives_up,
            performance=jnp.where(gives_up, 0, response.performance),
            holds=holds,
            info={**response.info, "waiting": holds},
        )
        return changed, (jnp.where(ends, 0, held), jnp.where(ends, 0, waited))
