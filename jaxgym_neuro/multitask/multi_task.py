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
from jaxgym_neuro.core.params import Number, checked_leaf, is_traced
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Condition, time_of
from jaxgym_neuro.core.trial import fixed_duration, split_fixed
from jaxgym_neuro.multitask import programs
from jaxgym_neuro.multitask.naming import common_names, common_space, unique_names, with_cue
from jaxgym_neuro.multitask.one_of_many import OneOfMany, TaskOfMany
from jaxgym_neuro.multitask.packing import PackedTrial, Packing, SharedTrial
from jaxgym_neuro.multitask.params import MultiTaskCarry, MultiTaskParams
from jaxgym_neuro.multitask.programs import group_of, grouped, pick, program_of
from jaxgym_neuro.schedules import Random, Schedule
from jaxgym_neuro.support.meshes import switch
from jaxgym_neuro.support.validation import (
    check_flag,
    check_integer,
    check_name,
    is_list_or_tuple,
)
from jaxgym_neuro.support.xla import compute_once


class MultiTask(TrialEnv[MultiTaskParams]):
    """Several tasks in one jitted program; a schedule chooses the task of each trial.

    Each task judges, pays and ends its trials by its own rules and params, and remembers what it
    does from one of its trials to the next. A batch costs per step what its tasks cost on average:
    new trials are drawn task by task, only where a trial of that task begins.

    ``info["task"]`` and the condition ``task`` (int32) say which task a trial is of, and
    ``new_trial(key, task=3)`` draws one of the fourth task, and
    ``task="GoNogo"`` one of the task of that name. Periods are those of all tasks. What
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
        is_many = len(self.envs) >= programs.FEWEST_TO_SHARE
        self.programs = self.alike if is_many else tuple((i,) for i in range(len(self.envs)))
        self.num_kinds = sum(self.envs[tasks[0]].num_kinds for tasks in self.programs)

    @functools.cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """The tasks in groups: those of one differ in params alone, and are judged by one rule."""
        labels = self._programs_of
        if len(set(labels)) < len(labels):  # and have the same conditions, by the same names
            names = [tuple(names.items()) for names in self.condition_names]
            labels = list(zip(labels, names, strict=True))
        return grouped(labels)

    @functools.cached_property
    def _programs_of(self):
        """Of each task, what those share that differ in params alone; else its number."""
        return [program_of(env) or i for i, env in enumerate(self.envs)]

    @property
    def shares_programs(self) -> bool:
        """Whether any program draws trials of several tasks."""
        return len(self.programs) < len(self.envs)

    @property
    def lasts_whole(self) -> bool:
        """Whether the trials of all tasks last all their steps whatever is done."""
        return all(env.lasts_whole for env in self.envs)

    @property
    def default_params(self) -> MultiTaskParams:
        """Default params of the tasks, in ``tasks``, and no limit of the episode."""
        return MultiTaskParams(tasks=tuple(env.default_params for env in self.envs))

    def summary(self) -> dict[str, str]:
        """Return what a subject meets, in words, and the tasks."""
        return {**super().summary(), "tasks": ", ".join(map(repr, self.envs))}

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
        conditions = self._numbered(conditions)
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
        kinds, carries, first = [], list(carry.tasks), 0
        for tasks in self.programs:
            i = tasks[0]
            env, own, names = self.envs[i], params.tasks[i], self.condition_names[i]
            given = {name: fixed[outer] for name, outer in names.items() if outer in fixed}
            kind, new = hooks.choose_kind(env, key_kind, own, carry.tasks[i], given)
            kinds.append(jnp.int32(first) + kind)
            carries[i] = _where(task == i, new, carry.tasks[i])
            first += env.num_kinds
        carry = MultiTaskCarry(schedule=schedule, tasks=tuple(carries), task=self._told(task))
        return pick(group_of(self.programs, task), kinds), carry

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
        conditions, carry = switch(group_of(self.programs, task), draws, key, params, carry)
        return conditions, dataclasses.replace(carry, schedule=schedule)

    def build_trial(self, builder, conditions, params):
        """Lay out the task's trial in its own channels, and show the task's cue."""

        def build(one):
            built = one.build_trial(builder.branch(), conditions, params)
            return built.bounds, built.conditions, built.ob, built.gt

        bounds, conditions, ob, gt = switch(
            group_of(self.programs, conditions["task"]),
            [functools.partial(build, one) for one in self._members],
        )
        builder, _ = builder.with_key()
        return dataclasses.replace(builder, bounds=bounds, conditions=conditions, ob=ob, gt=gt)

    def draw_trial(self, keys, params, carry, fixed):
        """Draw one trial, and keep of it what its task has."""
        trial, carry = super().draw_trial(keys, params, carry, fixed)
        return self._packed(trial), carry

    def new_trial(self, key, params=None, **conditions):
        """Draw one trial, with any of its conditions fixed; see `TrialEnv.new_trial`.

        The task may be given by its name: ``new_trial(key, task="GoNogo")``.
        """
        conditions = self._numbered(conditions)
        packed: Any = super().new_trial(key, params, **conditions)  # in the form that it has here
        trial = packed.unpacked()
        shown = dict(trial.conditions)
        given = {name: x for name, x in conditions.items() if name in shown}  # no durations
        for name, value in given.items():  # also where the trial is of a task that lacks it
            owners = [i for i, names in enumerate(self._owned) if name in names]
            has_it = jnp.any(packed.task == np.asarray(owners, np.int32)) | (name == "task")
            shown[name] = jnp.where(has_it, shown[name], jnp.asarray(value, shown[name].dtype))
        return trial.replace(conditions=shown)

    def _numbered(self, conditions):
        """Return conditions in which a task that is given by its name is its number."""
        task = conditions.get("task")
        if not isinstance(task, str):
            return conditions
        check_name("task", task, self.task_names)
        return {**conditions, "task": self.task_names.index(task)}

    def respond(self, state, action, params):
        """Let the task of the trial judge the action, and tell the schedule how it went."""
        task, old = _held(state).task, state.carry
        group = compute_once(group_of(self.alike, task))
        verdicts, infos, answers, holds, carries = [], [], [], [], list(old.tasks)
        for tasks in self.alike:
            i, own = tasks[0], _params_of(tasks, task, params)
            verdict = self.envs[i].judge(self._state_of(i, state), action, own)
            verdicts.append((verdict.reward, verdict.ends & ~verdict.ran_out, verdict.performance))
            answers.append(verdict.answers)
            holds.append(verdict.holds)
            said = {name for answer in verdict.answers for name in (answer, time_of(answer))}
            infos.append({name: x for name, x in verdict.info.items() if name not in said})
            carries[i] = _where(task == i, verdict.carry, old.tasks[i])
        # Once: much depends on these, and they depend on every task's rules.
        reward, new_trial, performance = compute_once(
            tuple(pick(group, values) for values in zip(*verdicts, strict=True))
        )
        recorded = self.schedule.record(old.schedule, performance)
        schedule = _where(new_trial | self.is_last_step(state), recorded, old.schedule)
        return Response(
            reward=reward,
            new_trial=new_trial,
            performance=performance,
            holds=self._merged_holds(group, holds),
            carry=MultiTaskCarry(schedule=schedule, tasks=tuple(carries), task=old.task),
            info={"task": task, **self._merged_info(task, infos)},
            answers=self._merged_answers(task, answers, action),
        )

    def _merged_holds(self, group, holds):
        """Whether the clock of the trial's task stands still; False if no task's ever does."""
        if all(one is False for one in holds):
            return False
        return pick(group, [jnp.asarray(one, jnp.bool_) for one in holds])

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
        task, actions = _held(state).task, []
        for tasks in self.alike:
            i, own = tasks[0], _params_of(tasks, task, params)
            actions.append(self.envs[i].ground_truth_action(self._state_of(i, state), own))
        return pick(group_of(self.alike, task), actions)

    def with_trial(self, state, trial):
        """Return a state with this trial, and with nothing of it that belongs to other tasks."""
        return dataclasses.replace(state, trial=self._packed(trial))

    def as_inner(self, state):
        """Return a state whose trial has room for all tasks as one that can be judged and seen."""
        return dataclasses.replace(state, trial=SharedTrial(state.trial, self.packing))

    def with_room(self, trial):
        """Return a trial of one kind with the room that the state has for those of all."""
        return self.packing.widen(trial)

    def only(self, task: int | str) -> OneOfMany:
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

    def _packed(self, trial):
        """Return the trial with nothing that belongs to other tasks."""

        def pack(i, trial):
            own = self.packing.own_part(i, trial)
            return self.packing.widen(self.packing.pack(i, own, trial.conditions["task"]))

        branches = [functools.partial(pack, tasks[0]) for tasks in self.programs]
        return switch(group_of(self.programs, trial.conditions["task"]), branches, trial)

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
            program = self._programs_of[i]
            if program not in known:
                known[program] = jax.eval_shape(env.new_trial, key).conditions
        return [known[program] for program in self._programs_of]

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
        structs: list[Any] = [None] * len(self.envs)
        for tasks, info in zip(self.alike, infos, strict=True):
            struct = jax.eval_shape(lambda info=info: info)
            for i in tasks:
                structs[i] = struct
        names, entries = common_names(self.task_names, structs, taken=("task",))
        merged = {name: jnp.zeros(entry.shape, entry.dtype) for name, entry in entries.items()}
        for outer, is_own, value in self._by_outer_names(task, infos, names):
            merged[outer] = jnp.where(is_own, value, merged[outer])
        return merged

    def _by_outer_names(self, task, found, names):
        """Yield what groups of tasks have: name here, whether the task has it, and the value."""
        for tasks, own in zip(self.alike, found, strict=True):
            for name, value in own.items():
                outers = [names[i][name] for i in tasks]
                for numbers in grouped(outers):
                    owners = [tasks[number] for number in numbers]
                    yield outers[numbers[0]], _is_one_of(task, owners), value

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
        names = self._answer_names[0]
        for outer, is_own, given in self._by_outer_names(task, answers, names):
            value = given.value
            none = action if value.shape == action.shape else jnp.zeros_like(value)
            old = merged.get(outer, Given(jnp.bool_(False), none, jnp.float32(-1)))
            # What is the action in every task stays it, and needs no table.
            if value is not old.value:
                value = jnp.where(is_own, value, old.value.astype(value.dtype))
            is_given = jnp.where(is_own, given.is_given, old.is_given)
            time = jnp.where(is_own, given.time, old.time)
            merged[outer] = Given(is_given, value, time)
        return merged


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
        if env.makes_frames:
            raise ValueError(
                f"a MultiTask keeps the rows of all its tasks' trials in one array and shows them, "
                f"and {env.name} shows frames that it makes of its rows at each step: it stands "
                "by itself"
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


def _held(state: Any) -> PackedTrial | SharedTrial:
    return state.trial


def _where(condition, new, old):
    def where(new, old):
        return old if new is old else jnp.where(condition, new, old)

    return jax.tree.map(where, new, old)


def _params_of(tasks, task, params):
    """Return the params of the task, if it is one of those that differ in params alone."""
    return pick(task, [params.tasks[i] for i in tasks], tasks)


def _is_one_of(task, numbers):
    """Whether a task is one of several, by its number."""
    return functools.reduce(jnp.logical_or, [task == number for number in numbers])
