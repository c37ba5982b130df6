"""MultiTask: several tasks in one, of which a schedule chooses one for each trial."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import random, registry
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.multitask.naming import common_names, common_space, unique_names, with_cue
from jaxgym_neuro.multitask.packing import PackedTrial, Packing
from jaxgym_neuro.schedules import Random, Schedule
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.xla import compute_once


@pytree
class MultiTaskParams(TrialParams):
    """Params of several tasks; each task keeps to its own rewards, timing, r_tmax and abort."""

    tasks: tuple[Any, ...] = dataclasses.field(default_factory=tuple)  # params of each task


@pytree
class MultiTaskCarry:
    """What is remembered beyond a trial."""

    schedule: Any  # carry of the schedule
    tasks: tuple[Any, ...]  # carry of each task


class MultiTask(TrialEnv):
    """Several tasks in one jitted program; a schedule chooses the task of each trial.

    Each task judges, pays and ends its trials by its own rules and params, and remembers what it
    does from one of its trials to the next. A batch costs per step what its tasks cost on average:
    new trials are drawn task by task, only where a trial of that task begins.

    ``info["task"]`` and the condition ``task`` (int32) say which task a trial is of, and
    ``new_trial(key, task=3)`` draws one of the fourth task. Periods are those of all tasks. What
    has the same name in several tasks (a condition of the same shape and dtype, a channel or an
    action of the same index) has one entry; where they differ, each has its own,
    ``<task>_<name>``. A condition that the task of a trial does not have is 0.

    Args:
        envs: tasks of one dt, as ids or environments.
        schedule: chooses the task of the next trial, see `jaxgym_neuro.schedules`; default
            `Random`. Performance reaches it, so that a `Curriculum` can choose.
        task_cue: whether a channel for each task, named ``task_cue``, shows 1 throughout the
            trials of its task, else 0.
        pad: whether tasks may differ in the number of channels and of actions. The channels that a
            task does not have are 0, and so is what it earns by an action that it does not have:
            whatever it pays for a wrong one.

    Raises:
        ValueError: for no task, one that is not made of trials, tasks that differ in dt or in a
            space, or a schedule of another number of tasks.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env = jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
        >>> env.task_names, env.observation_space().shape, env.num_actions
        (('GoNogo', 'DelayComparison'), (5,), 3)
        >>> env.new_trial(jax.random.key(0), task=1).ob[0].tolist()
        [1.0, 0.0, 0.0, 0.0, 1.0]
    """

    metadata = {"tags": ("multi-task",)}

    def __init__(
        self,
        envs: Sequence[str | TrialEnv],
        schedule: Schedule | None = None,
        *,
        task_cue: bool = True,
        pad: bool = False,
    ):
        self.envs = _check_envs(envs)
        self.task_names = unique_names([env.name for env in self.envs])
        self.schedule = _check_schedule(schedule, self.task_names)
        self.task_cue = bool(task_cue)
        self.num_kinds = sum(env.num_kinds for env in self.envs)
        self._only: int | None = None  # the one task whose trials are drawn; None: any
        kinds = ("observation_space", "action_space", "ground_truth_space")
        observation, action, ground_truth = (
            common_space(kind, self.task_names, [_space(env, kind) for env in self.envs], pad)
            for kind in kinds
        )
        super().__init__(
            dt=self.envs[0].dt,
            observation_space=with_cue(observation, len(self.envs)) if task_cue else observation,
            action_space=action,
            ground_truth_space=ground_truth,
            periods=tuple(dict.fromkeys(name for env in self.envs for name in env.periods)),
        )
        choices = {env.choices for env in self.envs}
        self.choices = choices.pop() if len(choices) == 1 else ()

    @property
    def default_params(self) -> MultiTaskParams:
        """Default params of the tasks, in ``tasks``, and no limit of the episode."""
        return MultiTaskParams(tasks=tuple(env.default_params for env in self.envs))

    def validate(self, params: Any) -> None:
        """Check concrete params, those of each task too."""
        super().validate(params)
        for env, own in zip(self.envs, params.tasks, strict=True):
            env.validate(own)

    def max_steps(self) -> int:
        """Return T of the longest task."""
        return max(env.T for env in self.envs)

    def init_carry(self, key, params):
        """Begin an episode of the schedule, and of each task."""
        key_schedule, *keys = random.split(key, 1 + len(self.envs))
        tasks = [
            env.init_carry(key, own)
            for env, key, own in zip(self.envs, keys, params.tasks, strict=True)
        ]
        return MultiTaskCarry(schedule=self.schedule.init(key_schedule), tasks=tuple(tasks))

    def choose_kind(self, key, params, carry, fixed):
        """Draw the task of the next trial, and the kind of its trial; tasks count on in turn."""
        key_schedule, key_kind = random.split(key)
        task, schedule = self.schedule.next(key_schedule, carry.schedule)
        task = jnp.clip(fixed.get("task", task), 0, len(self.envs) - 1)
        kinds, carries, first = [], [], 0
        for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True)):
            names = self._condition_names[i]
            given = {name: fixed[outer] for name, outer in names.items() if outer in fixed}
            kind, new = env.choose_kind(key_kind, own, carry.tasks[i], given)
            kinds.append(jnp.int32(first) + kind)
            carries.append(_where(task == i, new, carry.tasks[i]))
            first += env.num_kinds
        return _pick(task, kinds), MultiTaskCarry(schedule=schedule, tasks=tuple(carries))

    def of_kind(self, kind):
        """Return this as it draws trials of one kind of one task."""
        for i, env in enumerate(self.envs):
            if kind < env.num_kinds:
                envs = (*self.envs[:i], env.of_kind(kind), *self.envs[i + 1 :])
                return self.replaced(envs=envs, _only=i)
            kind -= env.num_kinds
        raise ValueError(f"there are {self.num_kinds} kinds of trial, from 0")

    def sample_conditions(self, key, params, carry):
        """Draw the task, unless it is settled, and its conditions."""
        key_schedule, key_task = random.split(key)
        task, schedule = self._only, carry.schedule
        if self._only is None:
            task, schedule = self.schedule.next(key_schedule, schedule)

        def sample(i):
            env, names = self.envs[i], self._condition_names[i]
            drawn, new = env.sample_conditions(key_task, params.tasks[i], carry.tasks[i])
            drawn = {names[name]: value for name, value in drawn.items()}
            tasks = (*carry.tasks[:i], new, *carry.tasks[i + 1 :])
            return {"task": jnp.int32(i), **self._absent(is_drawn=True), **drawn}, tasks

        conditions, tasks = self._of_task(task, sample)
        return conditions, MultiTaskCarry(schedule=schedule, tasks=tasks)

    def build_trial(self, builder, conditions, params):
        """Lay out the task's trial in its own channels, and show the task's cue."""
        builder, key = builder.with_key()
        steps = builder.layout.num_steps

        def build(i):
            env, names = self.envs[i], self._condition_names[i]
            own = {name: conditions[names[name]] for name in env.conditions}
            own_params = params.tasks[i]
            own_builder = TrialBuilder.begin(env.layout, key, own_params.timing, own)
            built = env.build_trial(own_builder, own, own_params)
            empty = jnp.int32(0), jnp.int32(0)
            bounds = {name: built.bounds.get(name, empty) for name in self.periods}
            derived = {names[name]: value for name, value in built.conditions.items()}
            ob, gt = self._widened(_grown(built.ob, steps)), _grown(built.gt, steps)
            if self.task_cue:
                first_cue = ob.shape[-1] - len(self.envs)
                ob = jnp.where(np.arange(ob.shape[-1]) == first_cue + i, jnp.float32(1), ob)
            return bounds, {**self._absent(is_drawn=False), **conditions, **derived}, ob, gt

        bounds, conditions, ob, gt = self._of_task(conditions["task"], build)
        return dataclasses.replace(builder, bounds=bounds, conditions=conditions, ob=ob, gt=gt)

    def new_trial(self, key, params=None, **conditions):
        """Draw one trial, with any of its conditions fixed; see `TrialEnv.new_trial`."""
        packed: Any = super().new_trial(key, params, **conditions)
        trial = packed.unpacked()
        shown = dict(trial.conditions)
        for name, value in conditions.items():  # also where the trial is of a task that lacks it
            owners = [i for i, names in enumerate(self._owned) if name in names]
            has_it = jnp.any(packed.task == np.asarray(owners, np.int32)) | (name == "task")
            shown[name] = jnp.where(has_it, shown[name], jnp.asarray(value, shown[name].dtype))
        return trial.replace(conditions=shown)

    def draw_trial(self, keys, params, carry, fixed):
        """Draw one trial; of the one task, if it is settled, and of nothing that others have."""
        if self._only is None:
            trial, carry = super().draw_trial(keys, params, carry, fixed)
            return self._packed(trial), carry
        i = self._only
        env, names = self.envs[i], self._condition_names[i]
        _, key_task = random.split(keys.conditions)  # as in sample_conditions
        key_own = random.fold_in(keys.build, 0)  # as in build_trial
        own_keys = keys._replace(conditions=key_task, build=key_own)
        given = {name: fixed[outer] for name, outer in names.items() if outer in fixed}
        trial, own = env.draw_trial(own_keys, params.tasks[i], carry.tasks[i], given)
        conditions = {names[name]: value for name, value in trial.conditions.items()}
        tasks = (*carry.tasks[:i], own, *carry.tasks[i + 1 :])
        carry = MultiTaskCarry(schedule=carry.schedule, tasks=tasks)
        return self._packing.pack(i, dataclasses.replace(trial, conditions=conditions)), carry

    def respond(self, state, action, params):
        """Let the task of the trial judge the action, and tell the schedule how it went."""
        task, old = _task_of(state.trial), state.carry
        is_last = self.is_last_step(state)
        verdicts, infos, tasks = [], [], []
        for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True)):
            response = env.respond(self._state_of(i, state), action, own)
            new_trial = jnp.asarray(response.new_trial, jnp.bool_)
            late = jnp.where(is_last & ~new_trial, jnp.asarray(own.r_tmax, jnp.float32), 0)
            reward = jnp.asarray(response.reward, jnp.float32) + late
            verdicts.append((reward, new_trial, jnp.asarray(response.performance, jnp.float32)))
            infos.append(response.info)
            carry = old.tasks[i] if response.carry is None else response.carry
            tasks.append(_where(task == i, carry, old.tasks[i]))
        # Once: much depends on these, and they depend on every task's rules.
        reward, new_trial, performance = compute_once(
            tuple(_pick(task, values) for values in zip(*verdicts, strict=True))
        )
        recorded = self.schedule.record(old.schedule, performance)
        schedule = _where(new_trial | is_last, recorded, old.schedule)
        return Response(
            reward=reward,
            new_trial=new_trial,
            performance=performance,
            carry=MultiTaskCarry(schedule=schedule, tasks=tuple(tasks)),
            info={"task": task, **self._merged_info(task, infos)},
        )

    def observe(self, state, params):
        """Show the trial's row, or what a task that closes the loop makes of it."""
        trial, task = state.trial, _task_of(state.trial)
        ob = trial.row(state.t) if isinstance(trial, PackedTrial) else trial.ob[state.t]
        for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True)):
            if type(env).observe is not TrialEnv.observe:
                seen = env.observe(self._state_of(i, state), own)
                shown = ob[..., : seen.shape[-1]] if ob.ndim else ob
                shown = jnp.where(task == i, seen, shown)
                # In place: a pad of what is seen would be slower than all else that is shown.
                ob = lax.dynamic_update_slice(ob, shown, (0,) * ob.ndim)
        return ob

    def ground_truth_action(self, state, params):
        """Return that of the trial's task."""
        actions = [
            env.ground_truth_action(self._state_of(i, state), own)
            for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True))
        ]
        return _pick(_task_of(state.trial), actions)

    def with_trial(self, state, trial):
        """Return a state with this trial, and with nothing of it that belongs to other tasks."""
        return dataclasses.replace(state, trial=self._packed(trial))

    def with_room(self, trial):
        """Return a trial of one kind with the room that the state has for those of all."""
        return self._packing.widen(trial)

    # ------------------------------------------------------------------ inside

    def _packed(self, trial):
        """Return the trial with nothing that belongs to other tasks."""

        def pack(i):
            return self._packing.widen(self._packing.pack(i, self._own_trial(i, trial)))

        return self._of_task(trial.conditions["task"], pack)

    @functools.cached_property
    def _packing(self):
        shape = self._spaces[0].shape
        num_cues = len(self.envs) if self.task_cue else 0
        common = (*shape[:-1], shape[-1] - num_cues) if shape else ()
        return Packing(
            shapes=tuple((env.T, *env.observation_space().shape) for env in self.envs),
            common=(self.T, *common),
            num_cues=num_cues,
            num_steps=self.T,
            periods=tuple(env.periods for env in self.envs),
            all_periods=self.periods,
            conditions=tuple(
                tuple((names[name], str(x.dtype), x.shape) for name, x in structs.items())
                for names, structs in zip(
                    self._condition_names, self._condition_structs, strict=True
                )
            ),
        )

    def _of_task(self, task, branch):
        """Return ``branch(i)`` for the task i, or for the one task whose trials are drawn."""
        if self._only is not None:
            return branch(self._only)
        return lax.switch(task, [functools.partial(branch, i) for i in range(len(self.envs))])

    def _state_of(self, i, state):
        """Return the state as task i knows it, if the trial is its own."""
        names = self._condition_names[i]
        trial = state.trial
        own = trial.own(i) if isinstance(trial, PackedTrial) else self._own_trial(i, trial)
        conditions = {name: own.conditions[outer] for name, outer in names.items()}
        own = dataclasses.replace(own, conditions=conditions)
        return state.replace(trial=own, carry=state.carry.tasks[i])

    def _own_trial(self, i, trial):
        """Return a trial as it is if it is task i's, but for the names of conditions."""
        env = self.envs[i]
        places = [self.periods.index(name) for name in env.periods]
        shape = env.observation_space().shape
        return trial.replace(
            conditions={name: trial.conditions[name] for name in self._condition_names[i].values()},
            start=jnp.stack([trial.start[place] for place in places]),
            end=jnp.stack([trial.end[place] for place in places]),
            ob=trial.ob[: env.T, ..., : shape[-1]] if shape else trial.ob[: env.T],
        )

    def _widened(self, ob):
        """Add zeros for the channels that a task does not have."""
        padding = [(0, 0)] * ob.ndim
        if ob.ndim:
            padding[-1] = (0, self._spaces[0].shape[-1] - ob.shape[-1])
        return jnp.pad(ob, padding)

    @functools.cached_property
    def _condition_structs(self):
        """Shape and dtype of the conditions of each task's trials, the derived ones too."""
        key = jax.eval_shape(lambda: jax.random.key(0))
        return [jax.eval_shape(env.new_trial, key).conditions for env in self.envs]

    @functools.cached_property
    def _condition_names(self):
        """Name here of each task's conditions."""
        return common_names(self.task_names, self._condition_structs, taken=("task",))[0]

    @functools.cached_property
    def _owned(self):
        """Names here of each task's conditions."""
        return [set(names.values()) for names in self._condition_names]

    def _absent(self, *, is_drawn):
        """Zeros for all conditions that tasks draw, or for all that they have."""
        zeros = {}
        for env, names, structs in zip(
            self.envs, self._condition_names, self._condition_structs, strict=True
        ):
            for name, struct in structs.items():
                if not is_drawn or name in env.conditions:
                    zeros[names[name]] = jnp.zeros(struct.shape, struct.dtype)
        return zeros

    def _merged_info(self, task, infos):
        """Further entries of the tasks' infos, 0 where the task of the trial lacks them."""
        names, structs = common_names(
            self.task_names,
            [jax.eval_shape(lambda info=info: info) for info in infos],
            taken=("task",),
        )
        merged = {name: jnp.zeros(struct.shape, struct.dtype) for name, struct in structs.items()}
        for i, info in enumerate(infos):
            for name, value in info.items():
                outer = names[i][name]
                merged[outer] = jnp.where(task == i, value, merged[outer])
        return merged


def _check_envs(envs):
    if isinstance(envs, str) or not isinstance(envs, Sequence) or not envs:
        raise ValueError(f"envs is a list of tasks, ids or environments, not {envs!r}")
    made = tuple(registry.make(env)[0] if isinstance(env, str) else env for env in envs)
    for env in made:
        if not isinstance(env, TrialEnv):
            raise ValueError(f"the tasks of a MultiTask are made of trials (TrialEnv), not {env!r}")
        if env.dt != made[0].dt:
            raise ValueError(
                f"the tasks of a MultiTask have one dt, and that of {env.name} is {env.dt:g} ms, "
                f"that of {made[0].name} {made[0].dt:g} ms; construct them with the same dt"
            )
    return made


def _space(env, kind):
    space = getattr(env, kind)
    return space() if callable(space) else space


def _check_schedule(schedule, tasks):
    if schedule is None:
        return Random(len(tasks))
    if not isinstance(schedule, Schedule):
        raise ValueError(f"schedule is one of jaxgym_neuro.schedules, not {schedule!r}")
    if schedule.n != len(tasks):
        raise ValueError(
            f"the schedule is of n={schedule.n}, and there are {len(tasks)} tasks: "
            f"{', '.join(tasks)}"
        )
    return schedule


# ---------------------------------------------------------------------- trees


def _grown(rows, steps):
    """Add zeros after the last row."""
    return jnp.pad(rows, ((0, steps - len(rows)),) + ((0, 0),) * (rows.ndim - 1))


def _task_of(trial):
    return trial.task if isinstance(trial, PackedTrial) else trial.conditions["task"]


def _where(condition, new, old):
    return jax.tree.map(lambda new, old: jnp.where(condition, new, old), new, old)


def _pick(index, values):
    """Return the value of that number; they are of one shape and dtype."""
    return lax.select_n(index, *values)
