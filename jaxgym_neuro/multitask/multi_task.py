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
from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Number, TrialParams, checked_leaf, is_traced
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Condition, time_of
from jaxgym_neuro.core.trial import fixed_duration, split_fixed
from jaxgym_neuro.multitask.naming import common_names, common_space, unique_names, with_cue
from jaxgym_neuro.multitask.packing import PackedTrial, Packing, SharedTrial
from jaxgym_neuro.schedules import Random, Schedule
from jaxgym_neuro.support.meshes import switch
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import (
    check_flag,
    check_integer,
    check_name,
    hashable,
    is_list_or_tuple,
)
from jaxgym_neuro.support.xla import compute_once

# Tasks from which on those that differ in params alone are drawn by one program. With the twenty of
# Yang et al. a `Dataset` draws a fifth fewer steps by CPU time for it; with 82 of Mod-Cog, to
# compile takes 223 s in place of 350, on two busy x86 cores.
FEWEST_TO_SHARE = 32


@pytree
class MultiTaskParams(TrialParams):
    """Params of several tasks; each task keeps to its own rewards, timing, r_tmax and abort."""

    tasks: tuple[Any, ...] = dataclasses.field(default_factory=tuple)  # params of each task


@pytree
class MultiTaskCarry:
    """What is remembered beyond a trial."""

    schedule: Any  # carry of the schedule
    tasks: tuple[Any, ...]  # carry of each task
    task: Any = ()  # () int32, the task of the trial, where several are drawn by one program


class MultiTask(TrialEnv[MultiTaskParams]):
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
    CONDITIONS = {"task": Condition("as the schedule says", "int32", at_least=0, below="tasks")}

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
        self.task_cue = check_flag("task_cue", task_cue)
        pad = check_flag("pad", pad)
        observation, action, ground_truth = (
            common_space(which, self.task_names, [_space(env, which) for env in self.envs], pad)
            for which in ("observation_space", "action_space", "ground_truth_space")
        )
        super().__init__(
            dt=self.envs[0].dt,
            observation_space=with_cue(observation, len(self.envs)) if task_cue else observation,
            action_space=action,
            ground_truth_space=ground_truth,
            periods=tuple(dict.fromkeys(name for env in self.envs for name in env.periods)),
            sizes={"tasks": len(self.envs)},
        )
        choices = {env.choices for env in self.envs}
        self.choices = choices.pop() if len(choices) == 1 else ()

    def derive(self):
        """Say which tasks are drawn by one program: those that differ in params alone."""
        super().derive()
        programs: dict[Any, list[int]] = {}
        is_many = len(self.envs) >= FEWEST_TO_SHARE
        for i, env in enumerate(self.envs):
            programs.setdefault((is_many and program_of(env)) or i, []).append(i)
        if len(programs) < len(self.envs):  # and have the same conditions, by the same names
            found, programs = programs, {}
            for program, tasks in found.items():
                for i in tasks:
                    names = tuple(self.condition_names[i].items())
                    programs.setdefault((program, names), []).append(i)
        self.programs = tuple(tuple(tasks) for tasks in programs.values())
        self.num_kinds = sum(self.envs[tasks[0]].num_kinds for tasks in self.programs)

    @property
    def shares_programs(self) -> bool:
        """Whether any program draws trials of several tasks."""
        return len(self.programs) < len(self.envs)

    @property
    def default_params(self) -> MultiTaskParams:
        """Default params of the tasks, in ``tasks``, and no limit of the episode."""
        return MultiTaskParams(tasks=tuple(env.default_params for env in self.envs))

    def __str__(self):
        """Write what a subject meets, and the tasks."""
        tasks = ", ".join(map(repr, self.envs))
        return f"{super().__str__()}\n    tasks     {tasks}"

    def validate(self, params: Any) -> None:
        """Check concrete params, those of each task too."""
        super().validate(params)
        if not is_list_or_tuple(params.tasks) or len(params.tasks) != len(self.envs):
            raise ValueError(
                f"params.tasks has params of each of {', '.join(self.task_names)}, not "
                f"{params.tasks!r}"
            )
        for env, own in zip(self.envs, params.tasks, strict=True):
            env.validate(own)

    @functools.cached_property
    def domains(self):
        """What each condition may be, where all tasks that have it say the same."""
        said: dict[str, set[Any]] = {}
        for env, names in zip(self.envs, self.condition_names, strict=True):
            for name, domain in env.domains.items():
                said.setdefault(names[name], set()).add(domain)
        agreed = {name: domains.pop() for name, domains in said.items() if len(domains) == 1}
        return {**super().domains, **agreed}

    @property
    def not_columns(self):
        """Names of the tasks' conditions that have no columns in tables of trials."""
        found = [
            names[name]
            for env, names in zip(self.envs, self.condition_names, strict=True)
            for name in env.not_columns
            if name in names
        ]
        return tuple(dict.fromkeys(found))

    def check_conditions(self, conditions):
        """Check conditions that are given, by the tasks that have them, or by the task given.

        In a trial of another task they are 0, which need not lie in their domains.
        """
        fixed = super().check_conditions(
            {x: y for x, y in conditions.items() if x in self.longest_durations}
        ) | {fixed_duration(x): y for x, y in split_fixed(conditions)[1].items()}
        conditions = {
            x: y for x, y in split_fixed(conditions)[0].items() if x not in self.longest_durations
        }
        task = super().check_conditions({x: y for x, y in conditions.items() if x == "task"})
        any_task = not task or is_traced(task["task"])
        mine = self.domains if any_task else self.condition_names[int(task["task"])].values()
        checked = super().check_conditions({x: y for x, y in conditions.items() if x in mine})
        for name, value in conditions.items():
            if name not in {*checked, *task}:
                check_name("condition", name, self.conditions)
                known = self.conditions[name]
                bare = Number("", dtype=np.dtype(known.dtype).type, shape=known.shape)
                checked[name] = checked_leaf(bare, f"condition {name!r} of {self.name}", value)
        checked |= task
        for i, (env, names) in enumerate(zip(self.envs, self.condition_names, strict=True)):
            if any_task or task["task"] == i:
                own = {
                    name: checked[outer]
                    for name, outer in names.items()
                    if outer in checked and name in env.conditions
                }
                env.check_conditions(own)
        return checked | fixed

    @functools.cached_property
    def longest_durations(self):
        """Longest durations of periods that can be given, in the task that has the longest."""
        found = {}
        for env in self.envs:
            for name, longest in env.longest_durations.items():
                if name not in self.conditions:
                    found[name] = max(longest, found.get(name, 0.0))
        return found

    def max_steps(self) -> int:
        """Return T of the longest task."""
        return max(env.T for env in self.envs)

    def init_carry(self, key, params):
        """Begin an episode of the schedule, and of each task."""
        key_schedule, *keys = random.split(key, 1 + len(self.envs))
        tasks = [
            hooks.init_carry(env, key, own)
            for env, key, own in zip(self.envs, keys, params.tasks, strict=True)
        ]
        task = jnp.int32(0) if self.shares_programs else ()
        schedule = self.schedule.init(key_schedule)
        return MultiTaskCarry(schedule=schedule, tasks=tuple(tasks), task=task)

    def choose_kind(self, key, params, carry, fixed):
        """Draw the task of the next trial, and the kind of its trial; tasks count on in turn."""
        key_schedule, key_kind = random.split(key)
        task, schedule = self.schedule.next(key_schedule, carry.schedule)
        task = jnp.clip(fixed.get("task", task), 0, len(self.envs) - 1)
        kinds, carries, first = [jnp.int32(0)] * len(self.envs), list(carry.tasks), 0
        for tasks in self.programs:
            i = tasks[0]
            env, own, names = self.envs[i], params.tasks[i], self.condition_names[i]
            given = {name: fixed[outer] for name, outer in names.items() if outer in fixed}
            kind, new = hooks.choose_kind(env, key_kind, own, carry.tasks[i], given)
            for one in tasks:
                kinds[one] = jnp.int32(first) + kind
            carries[i] = _where(task == i, new, carry.tasks[i])
            first += env.num_kinds
        carry = MultiTaskCarry(schedule=schedule, tasks=tuple(carries), task=self._told(task))
        return _pick(task, kinds), carry

    def _told(self, task):
        """Return what a carry says of the task."""
        return task if self.shares_programs else ()

    @property
    def kind_conditions(self):
        """The task, and what settles the kind of trial of a task of several kinds."""
        inner = [
            names[name]
            for env, names in zip(self.envs, self.condition_names, strict=True)
            for name in env.kind_conditions
        ]
        return ("task", *dict.fromkeys(inner))

    @functools.cached_property
    def kinds_forget(self) -> bool:
        """Whether no task remembers anything from one of its trials to the next."""
        key = jax.eval_shape(lambda: jax.random.key(0))
        carry = jax.eval_shape(self.init_carry, key, self.default_params)
        return not jax.tree.leaves(carry.tasks)

    def of_kind(self, kind):
        """Return this as it draws trials of one kind of one task."""
        for tasks in self.programs:
            env = self.envs[tasks[0]]
            if kind < env.num_kinds:
                return TaskOfMany(self, tasks[0], env.of_kind(kind), tasks)
            kind -= env.num_kinds
        raise ValueError(f"there are {self.num_kinds} kinds of trial, from 0")

    def sample_conditions(self, key, params, carry):
        """Draw the task and its conditions."""
        key_schedule, _ = random.split(key)  # the other is the task's
        task, schedule = self.schedule.next(key_schedule, carry.schedule)
        draws = [one.sample_conditions for one in self._members]
        carry = dataclasses.replace(carry, task=self._told(task))
        conditions, carry = switch(self._program_number(task), draws, key, params, carry)
        return conditions, dataclasses.replace(carry, schedule=schedule)

    def build_trial(self, builder, conditions, params):
        """Lay out the task's trial in its own channels, and show the task's cue."""

        def build(one):
            built = one.build_trial(builder.branch(), conditions, params)
            return built.bounds, built.conditions, built.ob, built.gt

        bounds, conditions, ob, gt = switch(
            self._program_number(conditions["task"]),
            [functools.partial(build, one) for one in self._members],
        )
        builder, _ = builder.with_key()
        return dataclasses.replace(builder, bounds=bounds, conditions=conditions, ob=ob, gt=gt)

    def draw_trial(self, keys, params, carry, fixed):
        """Draw one trial, and keep of it what its task has."""
        trial, carry = super().draw_trial(keys, params, carry, fixed)
        return self._packed(trial), carry

    def new_trial(self, key, params=None, **conditions):
        """Draw one trial, with any of its conditions fixed; see `TrialEnv.new_trial`."""
        packed: Any = super().new_trial(key, params, **conditions)  # in the form that it has here
        trial = packed.unpacked()
        shown = dict(trial.conditions)
        given = {name: x for name, x in conditions.items() if name in shown}  # no durations
        for name, value in given.items():  # also where the trial is of a task that lacks it
            owners = [i for i, names in enumerate(self._owned) if name in names]
            has_it = jnp.any(packed.task == np.asarray(owners, np.int32)) | (name == "task")
            shown[name] = jnp.where(has_it, shown[name], jnp.asarray(value, shown[name].dtype))
        return trial.replace(conditions=shown)

    def respond(self, state, action, params):
        """Let the task of the trial judge the action, and tell the schedule how it went."""
        task, old = _held(state).task, state.carry
        verdicts, infos, answers, tasks, holds = [], [], [], [], []
        for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True)):
            verdict = env.judge(self._state_of(i, state), action, own)
            verdicts.append((verdict.reward, verdict.ends & ~verdict.ran_out, verdict.performance))
            answers.append(verdict.answers)
            holds.append(verdict.holds)
            said = {name for answer in verdict.answers for name in (answer, time_of(answer))}
            infos.append({name: x for name, x in verdict.info.items() if name not in said})
            tasks.append(_where(task == i, verdict.carry, old.tasks[i]))
        # Once: much depends on these, and they depend on every task's rules.
        reward, new_trial, performance = compute_once(
            tuple(_pick(task, values) for values in zip(*verdicts, strict=True))
        )
        recorded = self.schedule.record(old.schedule, performance)
        schedule = _where(new_trial | self.is_last_step(state), recorded, old.schedule)
        return Response(
            reward=reward,
            new_trial=new_trial,
            performance=performance,
            holds=self._merged_holds(task, holds),
            carry=MultiTaskCarry(schedule=schedule, tasks=tuple(tasks), task=old.task),
            info={"task": task, **self._merged_info(task, infos)},
            answers=self._merged_answers(task, answers, action),
        )

    def _merged_holds(self, task, holds):
        """Whether the clock of the trial's task stands still; False if no task's ever does."""
        if all(one is False for one in holds):
            return False
        return _pick(task, [jnp.asarray(one, jnp.bool_) for one in holds])

    def observe(self, state, params):
        """Show the trial's row, or what a task that closes the loop makes of it."""
        task, ob = _held(state).task, _held(state).row(state.t)
        for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True)):
            if type(env).observe is not TrialEnv.observe:
                seen = hooks.observe(env, self._state_of(i, state), own)
                shown = ob[..., : seen.shape[-1]] if ob.ndim else ob
                shown = jnp.where(task == i, seen, shown)
                # In place: a pad of what is seen would be slower than all else that is shown.
                ob = lax.dynamic_update_slice(ob, shown, (0,) * ob.ndim)
        return ob

    @property
    def has_ground_truth_action(self) -> bool:
        """Whether every task has one."""
        return all(env.has_ground_truth_action for env in self.envs)

    def ground_truth_action(self, state, params):
        """Return that of the trial's task."""
        actions = [
            env.ground_truth_action(self._state_of(i, state), own)
            for i, (env, own) in enumerate(zip(self.envs, params.tasks, strict=True))
        ]
        return _pick(_held(state).task, actions)

    def with_trial(self, state, trial):
        """Return a state with this trial, and with nothing of it that belongs to other tasks."""
        return dataclasses.replace(state, trial=self._packed(trial))

    def as_inner(self, state):
        """Return a state whose trial has room for all tasks as one that can be judged and seen."""
        return dataclasses.replace(state, trial=SharedTrial(state.trial, self.packing))

    def with_room(self, trial):
        """Return a trial of one kind with the room that the state has for those of all."""
        return self.packing.widen(trial)

    def only(self, task: int | str) -> "OneOfMany":
        """Return one of the tasks by itself: what the subject sees and does is as in the whole.

        To train or test in it, or to draw data of it, ``Dataset(env.only("dms"))``, with the
        channels, the cue and the params of the whole. It is the task of every trial, whatever the
        schedule says.

        Args:
            task: its number, or its name among ``task_names``.

        Raises:
            ValueError: for a task that is not there.
        """
        if isinstance(task, str):
            check_name("task", task, self.task_names)
            return OneOfMany(self, self.task_names.index(task))
        number = check_integer("task (its number)", task, at_least=0)
        if number >= len(self.envs):
            raise ValueError(f"task is a number from 0 to {len(self.envs) - 1}, not {task!r}")
        return OneOfMany(self, number)

    # ------------------------------------------------------------------ inside

    @functools.cached_property
    def _members(self):
        """The tasks of each program, as they draw trials of any kind that they have."""
        return [TaskOfMany(self, tasks[0], self.envs[tasks[0]], tasks) for tasks in self.programs]

    def _program_number(self, task):
        """Return the number of the program of a task."""
        if not self.shares_programs:
            return task
        numbers = np.zeros(len(self.envs), np.int32)
        for number, tasks in enumerate(self.programs):
            numbers[list(tasks)] = number
        return jnp.asarray(numbers).at[task].get(mode="clip")

    def _packed(self, trial):
        """Return the trial with nothing that belongs to other tasks."""

        def pack(i, trial):
            own = self.packing.own_part(i, trial)
            return self.packing.widen(self.packing.pack(i, own, trial.conditions["task"]))

        branches = [functools.partial(pack, tasks[0]) for tasks in self.programs]
        return switch(self._program_number(trial.conditions["task"]), branches, trial)

    @functools.cached_property
    def packing(self) -> Packing:
        """Where what belongs to each task's trials is in the trials of states."""
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
                    self.condition_names, self._condition_structs, strict=True
                )
            ),
        )

    def _state_of(self, i, state):
        """Return the state as task i knows it, if the trial is its own."""
        own = _held(state).own(i)
        conditions = {
            name: own.conditions[outer] for name, outer in self.condition_names[i].items()
        }
        own = dataclasses.replace(own, conditions=conditions)
        return self.envs[i].as_inner(state.replace(trial=own, carry=state.carry.tasks[i]))

    @functools.cached_property
    def _condition_structs(self):
        """Shape and dtype of the conditions of each task's trials, the derived ones too."""
        key = jax.eval_shape(lambda: jax.random.key(0))
        known: dict[Any, Any] = {}
        for i, env in enumerate(self.envs):
            program = program_of(env) or i
            if program not in known:
                known[program] = jax.eval_shape(env.new_trial, key).conditions
        return [known[program_of(env) or i] for i, env in enumerate(self.envs)]

    @functools.cached_property
    def condition_names(self) -> list[dict[str, str]]:
        """For each task, the name here of each of its conditions."""
        return common_names(self.task_names, self._condition_structs, taken=("task",))[0]

    @functools.cached_property
    def _owned(self):
        """Names here of each task's conditions."""
        return [set(names.values()) for names in self.condition_names]

    def absent_conditions(self, *, is_drawn: bool) -> dict[str, jax.Array]:
        """Return zeros for all conditions that tasks draw, or for all that they have."""
        zeros = {}
        for env, names, structs in zip(
            self.envs, self.condition_names, self._condition_structs, strict=True
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

    @functools.cached_property
    def _answer_names(self):
        """For each task, the names here of its answers; and shape and dtype, by those names."""
        structs = [{name: env.answer_struct(name) for name in env.answers} for env in self.envs]
        return common_names(self.task_names, structs, taken=("task",))

    @property
    def answers(self):
        """What the tasks ask of the subject; clocks that differ count as each task says."""
        merged = {}
        for env, names in zip(self.envs, self._answer_names[0], strict=True):
            for name, answer in env.answers.items():
                outer = names[name]
                is_known = outer in merged and merged[outer] != answer
                merged[outer] = dataclasses.replace(answer, since=None) if is_known else answer
        return merged

    def answer_struct(self, name):
        """Return shape and dtype of an answer, as its tasks have it."""
        return self._answer_names[1][name]

    def _merged_answers(self, task, answers, action):
        """Answers of the tasks; those that the task of the trial does not ask for are not given."""
        merged = {}
        for i, (own, names) in enumerate(zip(answers, self._answer_names[0], strict=True)):
            for name, given in own.items():
                outer = names[name]
                old = merged.get(outer, Given(jnp.bool_(False), action, jnp.float32(-1)))
                value = given.value
                # What is the action in every task stays it, and needs no table.
                if value is not old.value:
                    value = jnp.where(task == i, value, old.value.astype(value.dtype))
                is_given = jnp.where(task == i, given.is_given, old.is_given)
                time = jnp.where(task == i, given.time, old.time)
                merged[outer] = Given(is_given, value, time)
        return merged


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
        self, whole: MultiTask, number: int, env: TrialEnv, served: tuple[int, ...] | None = None
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
        steps = builder.layout.num_steps
        ob = built.widened(builder.layout).ob
        ob, gt = _grown(ob, steps), _grown(built.gt, steps)
        if self.whole.task_cue:
            cue = task + jnp.int32(ob.shape[-1] - len(self.whole.envs))
            ob = jnp.where(np.arange(ob.shape[-1], dtype=np.int32) == cue, jnp.float32(1), ob)
        return dataclasses.replace(
            builder,
            bounds={name: built.bounds.get(name, empty) for name in self.periods},
            conditions={**absent, **conditions, **derived},
            ob=ob,
            gt=gt,
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
        several = [params.tasks[i] for i in self.served]
        if len(several) == 1:
            return several[0]
        picked = jax.tree.map(lambda *leaves: _pick(task, leaves, self.served), *several)
        return compute_once(picked)

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

    def __init__(self, whole: MultiTask, number: int):
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


def _check_envs(envs):
    if isinstance(envs, str) or not isinstance(envs, Sequence) or not envs:
        raise ValueError(f"envs is a list of tasks, ids or environments, not {envs!r}")
    made = tuple(registry.as_env(env, made_of_trials=True) for env in envs)
    for env in made:
        if env.dt != made[0].dt:
            raise ValueError(
                f"the tasks of a MultiTask have one dt, and that of {env.name} is {env.dt:g} ms, "
                f"that of {made[0].name} {made[0].dt:g} ms; construct them with the same dt"
            )
    return made


def _space(env, which):
    space = getattr(env, which)
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


def _held(state: Any) -> PackedTrial | SharedTrial:
    return state.trial


def _where(condition, new, old):
    def where(new, old):
        return old if new is old else jnp.where(condition, new, old)

    return jax.tree.map(where, new, old)


def _pick(index, values, numbers=None):
    """Return the value of that number; they are of one shape and dtype, and numbered from 0."""
    _, *others = range(len(values)) if numbers is None else numbers
    chosen = values[0]
    for number, value in zip(others, values[1:], strict=True):
        chosen = jnp.where(index == number, value, chosen)
    return chosen


def program_of(env: TrialEnv) -> Any:
    """Return what tasks share that differ in nothing but params, or None where there is no saying.

    The trials of such tasks are drawn by one program, given the params. A class says of what it is
    made, ``MADE_OF``, if its hooks take from the task itself nothing that params have.
    """
    made_of = getattr(type(env), "MADE_OF", None)
    if made_of is None or env.num_kinds > 1:
        return None
    in_params = ("numbers", "timing", "rewards", "abort")
    others = {name: x for name, x in env.attributes.items() if name not in in_params}
    leaves, structure = jax.tree.flatten(env.default_params)
    return made_of, env.T, hashable(others), structure, tuple(map(np.shape, leaves))
