"""One of the tasks of a `MultiTask`: as it draws trials of the whole, and by itself."""

import dataclasses
import functools
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import random
from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.trial import fixed_duration, split_fixed
from jaxgym_neuro.multitask.params import MultiTaskParams
from jaxgym_neuro.multitask.programs import pick
from jaxgym_neuro.support.xla import compute_once

if TYPE_CHECKING:
    from jaxgym_neuro.multitask.multi_task import MultiTask


class TaskOfMany(TrialEnv[MultiTaskParams]):
    """One of the tasks of a `MultiTask`, as it draws trials of the whole; the whole does the rest.

    Or several, if one program draws the trials of them all: their params are all that differs.

    Args:
        whole: the several tasks.
        number: which of them this is.
        env: the task itself, or the task as it draws trials of one kind.
        served: all that the program draws; default is this one.
    """

    def __init__(
        self, whole: "MultiTask", number: int, env: TrialEnv, served: tuple[int, ...] | None = None
    ):
        self.whole, self.number, self.env = whole, number, env
        self.served = (number,) if served is None else served
        super().__init__(
            dt=whole.dt,
            observation_space=whole.observation_space(),
            action_space=whole.action_space(),
            ground_truth_space=whole.ground_truth_space,
            periods=whole.periods,
        )

    @property
    def default_params(self) -> MultiTaskParams:
        """Those of the whole."""
        return self.whole.default_params

    def max_steps(self) -> int:
        """Return T of the whole."""
        return self.whole.T

    def init_carry(self, key, params):
        """Begin an episode of the whole."""
        return self.whole.init_carry(key, params)

    def sample_conditions(self, key, params, carry):
        """Draw the task's conditions; those of other tasks are 0."""
        i, (_, key_task) = self.number, random.split(key)  # the other is the schedule's
        task = self._task(carry)
        own_params = self._own_params(params, task)
        drawn, own = hooks.sample_conditions(self.env, key_task, own_params, carry.tasks[i])
        absent = self.whole.absent_conditions(is_drawn=True)
        drawn = {self._names[name]: value for name, value in drawn.items()}
        return {"task": task, **absent, **drawn}, self._carry_after(carry, own)

    def build_trial(self, builder, conditions, params):
        """Lay out the task's trial in its own channels, and show its cue."""
        builder, key = builder.with_key()
        task = conditions["task"] if len(self.served) > 1 else jnp.int32(self.number)
        own, own_params = self._own(conditions), self._own_params(params, task)
        inner = builder.for_task(self.env.layout, key, own_params.timing, own)
        built = hooks.build_trial(self.env, inner, own, own_params)
        empty = jnp.int32(0), jnp.int32(0)
        derived = {self._names[name]: value for name, value in built.conditions.items()}
        absent = self.whole.absent_conditions(is_drawn=False)
        ob = builder.ob
        if self.whole.task_cue:
            cue = task + jnp.int32(ob.shape[-1] - len(self.whole.envs))
            is_cue = np.arange(ob.shape[-1], dtype=np.int32) == cue
            ob = jnp.broadcast_to(jnp.where(is_cue, jnp.float32(1), 0), ob.shape)
        return dataclasses.replace(
            builder,
            bounds={name: built.bounds.get(name, empty) for name in self.periods},
            conditions={**absent, **conditions, **derived},
            ob=_written_over(ob, built.ob),
            gt=_written_over(builder.gt, built.gt),
        )

    def draw_trial(self, keys, params, carry, fixed):
        """Draw a trial of the task, and nothing that others have."""
        i, task = self.number, self._task(carry)
        _, key_task = random.split(keys.conditions)  # as in sample_conditions
        key_own = random.fold_in(keys.build, 0)  # as in build_trial
        own_keys = keys._replace(conditions=key_task, build=key_own)
        given = {name: fixed[outer] for name, outer in self._names.items() if outer in fixed}
        own_periods = self.env.longest_durations
        given |= {
            fixed_duration(name): ms
            for name, ms in split_fixed(fixed)[1].items()
            if name in own_periods
        }
        # The base's: a `Trial`, also of a task that holds trials in a form of its own.
        draw = functools.partial(TrialEnv.draw_trial, self.env)
        trial, own = draw(own_keys, self._own_params(params, task), carry.tasks[i], given)
        conditions = {self._names[name]: value for name, value in trial.conditions.items()}
        trial = dataclasses.replace(trial, conditions=conditions)
        return self.whole.packing.pack(i, trial, task), self._carry_after(carry, own)

    def _task(self, carry):
        """Return the number of the task of which a trial is drawn, () int32."""
        return carry.task if len(self.served) > 1 else jnp.int32(self.number)

    def _own_params(self, params, task):
        """Return the params of the task, one of those that the program draws."""
        if len(self.served) == 1:
            return params.tasks[self.number]
        return compute_once(pick(task, [params.tasks[i] for i in self.served], self.served))

    @property
    def _names(self):
        """Name in the whole of each of the task's conditions."""
        return self.whole.condition_names[self.number]

    def _own(self, conditions):
        """Return what the task draws of the conditions of the whole."""
        return {name: conditions[self._names[name]] for name in self.env.conditions}

    def _carry_after(self, carry, own):
        """Return the carry of the whole with another one of the task."""
        tasks = (*carry.tasks[: self.number], own, *carry.tasks[self.number + 1 :])
        return dataclasses.replace(carry, tasks=tasks)


class OneOfMany(TaskOfMany):
    """One of the tasks of a `MultiTask` by itself, in the channels and the params of the whole.

    Args:
        whole: the several tasks.
        number: which of them this is.
    """

    def __init__(self, whole: "MultiTask", number: int):
        super().__init__(whole, number, whole.envs[number])
        self.choices = self.env.choices

    @property
    def name(self):
        """Name of the task in the whole."""
        return self.whole.task_names[self.number]

    @property
    def domains(self):
        """What the conditions of the whole may be."""
        return self.whole.domains

    @property
    def not_columns(self):
        """Those of the whole."""
        return self.whole.not_columns

    @property
    def answers(self):
        """Those of the whole."""
        return self.whole.answers

    def answer_struct(self, name):
        """Return shape and dtype of an answer of the whole."""
        return self.whole.answer_struct(name)

    def validate(self, params):
        """Check concrete params of the whole."""
        self.whole.validate(params)

    def check_conditions(self, conditions):
        """Check conditions that are given, which are those of this task."""
        checked = self.whole.check_conditions({**conditions, "task": self.number})
        return {name: value for name, value in checked.items() if name != "task"}

    def draw_trial(self, keys, params, carry, fixed):
        """Draw a trial with room for all tasks."""
        return TrialEnv.draw_trial(self, keys, params, carry, fixed)

    def respond(self, state, action, params):
        """Let the whole judge the action."""
        return self.whole.respond(self.whole.as_inner(state), action, params)

    def observe(self, state, params):
        """Show what the whole shows."""
        return self.whole.observe(self.whole.as_inner(state), params)

    @property
    def has_ground_truth_action(self) -> bool:
        """Whether the task has one."""
        return self.env.has_ground_truth_action

    def ground_truth_action(self, state, params):
        """Return that of the task."""
        return self.whole.ground_truth_action(self.whole.as_inner(state), params)


def _written_over(rows, own):
    """Write a task's own steps and channels over what the whole shows, from the first on."""
    # A pad with zeros, which is all that it is, would keep the compiler from vectorising.
    return lax.dynamic_update_slice(rows, own, (0,) * rows.ndim)
