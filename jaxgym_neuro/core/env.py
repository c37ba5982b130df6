# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""TrialEnv: the clock, the turn from trial to trial, and episodes, once for every task."""

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, Generic, cast, get_args

import jax
import jax.numpy as jnp
import numpy as np
from typing_extensions import TypeVar

from jaxgym_neuro import random, spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core import arguments, hooks, renewal, tables
from jaxgym_neuro.core.by_value import ByValue
from jaxgym_neuro.core.describe import compose_docstring
from jaxgym_neuro.core.differences import DIFFERENCES
from jaxgym_neuro.core.drawing import TrialKeys, draw_first, renew_trial
from jaxgym_neuro.core.params import (
    Number,
    TrialParams,
    check_param,
    checked_leaf,
    declared,
)
from jaxgym_neuro.core.state import CarryT, EnvState, Response, Verdict
from jaxgym_neuro.core.step_size import check_step_size, in_steps
from jaxgym_neuro.core.trial import (
    ITI,
    Trial,
    TrialBuilder,
    TrialLayout,
    fixed_duration,
    split_fixed,
)
from jaxgym_neuro.support import html
from jaxgym_neuro.support.forks import close_in_forks
from jaxgym_neuro.support.meshes import on_any_mesh
from jaxgym_neuro.support.pytrees import tell_flax
from jaxgym_neuro.support.validation import (
    check_entries,
    check_flag,
    check_integer,
    check_name,
    check_number,
    is_list_or_tuple,
    merge_known,
    plain,
)
from jaxgym_neuro.support.xla import compile_method, compute_once

# Without arguments, any: ``TrialEnv`` is every task's type.
ParamsT = TypeVar("ParamsT", bound=TrialParams, default=Any)

_MOST_STEPS = 2**24  # of a trial: up to there a float32 counts steps one by one


class TrialEnv(ByValue, Generic[ParamsT, CarryT]):
    """Base of every task made of trials.

    A task supplies what is particular to its paradigm, in the order in which it happens:

    1. `sample_conditions`: what is drawn for a trial;
    2. `build_trial`: periods, observation and ground truth of the trial;
    3. `respond`: what an action earns, and whether it ends the trial;
    4. only where what is seen depends on what was done: `init_carry` and `observe`;
    5. only where what is seen is large, and made of little (a picture of some dots): `frame`.

    Instances are immutable, equal by value and hashable, so that equal tasks share compiled code.
    When the constructor is through, the dicts and NumPy arrays among the attributes can no longer
    be changed, and lists are tuples.

    A task declares its facts as class attributes, dicts from name to entry (see `core.tables`):
    ``TIMING``, ``CHANNELS``, ``ACTIONS``, ``ANSWERS``, ``REWARDS``, ``CONDITIONS``, ``INFO``;
    beside them its ``FRAME``, if it shows one, ``PAPER``, ``TAGS``, ``PRESETS``, ``DIFFERENCES``
    from NeuroGym, and ``PARAMS``, the class of its params, which
    ``class MyTask(TrialEnv[Params])`` declares, so that type checkers know it too.
    Spaces, defaults, ``metadata`` and the text of ``help()`` are made from them. A bare number may
    stand for a `Period` or a `Reward`.

    Args:
        dt: step in ms.
        timing: changes to ``TIMING``, in any form `jaxgym_neuro.timing.parse` takes. Any task takes
            a duration of ``iti`` as well, an interval between trials: the period with which its
            trials then begin, in which nothing is seen, and nothing that the subject does counts.
        rewards: changes to ``REWARDS``.
        abort: whether breaking fixation ends the trial.
        sizes: numbers (or names) for the letters in the tables, and which options are on.
        numbers: values of the task's own params, by name; default are those declared.
        periods: names of the periods, where they are not the keys of ``TIMING``.
        observation_space: what is seen, with channel names; default is made from ``CHANNELS``.
        frame_space: what is seen, where `frame` makes it of a row of the trial at each step; then
            ``observation_space`` (or ``CHANNELS``) is the space of such a row.
        action_space: what can be done, with action names; default is made from ``ACTIONS``.
        ground_truth_space: where the ground truth is not an action (an angle, say).

    Attributes:
        choices: values of the condition ``ground_truth``, where the task draws one of a few.

    Raises:
        ValueError: for a dt of 0 or less, an unknown period or reward, a negative or unbounded
            duration, or a number outside its bounds.
    """

    TIMING: Mapping[str, Any] = {}
    CHANNELS: Mapping[str, tables.Channel] = {}
    FRAME: tables.Frame | None = None
    ACTIONS: Mapping[str, tables.Action] = {}
    ANSWERS: Mapping[str, tables.Answer] = {
        "choice": tables.Answer("the action with which the trial ends, if it is not to wait")
    }
    REWARDS: Mapping[str, Any] = {}
    CONDITIONS: Mapping[str, tables.Condition] = {}
    INFO: Mapping[str, tables.Info] = {}
    PARAMS: Any = TrialParams  # a class of params
    PAPER: tables.Paper | None = None
    PRESETS: Mapping[str, tables.Preset] = {}
    TAGS: tuple[str, ...] = ()
    DIFFERENCES: Mapping[str, tables.Difference] = DIFFERENCES
    metadata: Mapping[str, Any] = {}
    choices: tuple[int, ...] = ()
    num_kinds: int = 1
    kinds_forget: bool = False  # does no trial, once its kind is chosen, depend on those before?
    kind_conditions: tuple[str, ...] = ()
    renew: Callable[..., Any] = staticmethod(renewal.renew)
    # gymnax asks: the observation and the state that `step` returns have no gradient.
    supports_transition_gradients = False
    transition_gradients_enabled = False

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        params = [arg for base in vars(cls).get("__orig_bases__", ()) for arg in get_args(base)]
        if params and isinstance(params[0], type) and "PARAMS" not in vars(cls):
            cls.PARAMS = params[0]
        if "PAPER" in vars(cls) or "TAGS" in vars(cls):
            paper = cls.PAPER
            cls.metadata = {
                "paper_name": paper and paper.title,
                "paper_link": paper and paper.link,
                "tags": cls.TAGS,
            }
        if "TAGS" in vars(cls):
            cls.WORDS = inspect.cleandoc(cls.__doc__ or "")
            cls.__doc__ = compose_docstring(cls)

    def __init__(
        self,
        dt: float,
        timing: Mapping[str, Any] | None = None,
        rewards: Mapping[str, float] | None = None,
        abort: bool = False,
        *,
        sizes: Mapping[str, Any] | None = None,
        numbers: Mapping[str, Any] | None = None,
        periods: tuple[str, ...] | None = None,
        observation_space: spaces.Box | None = None,
        frame_space: spaces.Box | None = None,
        action_space: spaces.Box | spaces.Discrete | None = None,
        ground_truth_space: spaces.Box | spaces.Discrete | None = None,
    ):
        self._check_tables()
        self.dt = check_number("dt (the step in ms)", dt, above=0)
        self.sizes = {name: plain(size) for name, size in (sizes or {}).items()}
        all_periods = tables.expanded(self.TIMING, self.sizes)
        own = tables.durations(all_periods)
        merged = merge_known("period", {ITI: 0.0, **own}, timing)
        # Off unless it is given, so that a task's arrays are its own.
        self.has_iti = ITI not in all_periods and ITI in (timing or {})
        known = [*[ITI] * self.has_iti, *own]
        self.timing = timing_module.parse_all({name: merged[name] for name in known})
        check_step_size(self.dt, self.timing, timing or ())
        merged = merge_known("reward", tables.amounts(self.REWARDS), rewards)
        self.rewards = {name: check_number(f"rewards[{name!r}]", r) for name, r in merged.items()}
        for name in numbers or {}:
            check_name("param", name, declared(self.PARAMS))
        self.numbers = {
            name: check_param(self.PARAMS, name, value) for name, value in (numbers or {}).items()
        }
        if isinstance(periods, str):
            raise ValueError(f"periods are several names, such as ({periods!r},), not {periods!r}")
        named = all_periods if periods is None else periods
        self.periods = (*[ITI] * self.has_iti, *named)
        self.abort = check_flag("abort", abort)
        if observation_space is None:
            observation_space = spaces.unbounded(self._laid_out("CHANNELS", "observation_space"))
        if action_space is None:
            actions = self._laid_out("ACTIONS", "action_space")
            action_space = spaces.Discrete(tables.count(actions), name=actions)
        discrete = (spaces.Box, spaces.Discrete)
        spaces.check_space("observation_space", observation_space, spaces.Box)
        spaces.check_space("action_space", action_space, *discrete)
        spaces.check_space("ground_truth_space", ground_truth_space or action_space, *discrete)
        self._check_frame_space(frame_space)
        seen = frame_space or observation_space
        for space in (observation_space, seen):
            if space.dtype != np.float32:
                raise ValueError(f"what is seen is float32, and observation_space is {space.dtype}")
        self._row_space = None if frame_space is None else observation_space
        self._spaces = (seen, action_space, ground_truth_space or action_space)
        self.check_rule()

    def check_rule(self) -> None:
        """Raise a ValueError unless the tables have all that the rule in `respond` needs.

        Called when the task is constructed; what finds a name missing would else fail at the first
        step.
        """

    # ------------------------------------------------------------------ what a task supplies

    def sample_conditions(
        self, key: jax.Array, params: Any, carry: Any
    ) -> tuple[dict[str, jax.Array], Any]:
        """Draw what varies from trial to trial.

        Traced with the draw of a trial: once for `reset`, once for `step`, once for `new_trial`.
        It must not depend on whether a condition will be given: what is given replaces what was
        drawn. What chance decides about an action is drawn here too, as an outcome for each
        action, as `respond` has no key.

        Args:
            key: one typed key, for this alone; split it for several draws.
            params: params of the task, arrays that may be traced.
            carry: what `init_carry` returned, or what the trial before left.

        Returns:
            The conditions: a dict from name to array, the same names, shapes and dtypes (float32,
            int32, bool) for every trial. And the carry into the first step, of the same structure,
            shapes and dtypes as the one given.
        """
        del key, params
        return {}, carry

    def build_trial(
        self, builder: TrialBuilder, conditions: Mapping[str, jax.Array], params: Any
    ) -> TrialBuilder:
        """Lay out the trial: periods, observation, ground truth.

        Traced after `sample_conditions`, in the same program. It must depend on the conditions
        alone, and neither on the carry nor on how they came about: what is given in ``new_trial``
        is laid out as what is drawn. Durations and noise come from the builder's key.

        Args:
            builder: an empty `TrialBuilder`; its calls return new builders.
            conditions: what was drawn or given, as `sample_conditions` returns it.
            params: params of the task, arrays that may be traced.

        Returns:
            The builder. Which periods are added does not depend on numbers: one that a trial lacks
            is added with ``when=...``, and is then empty.
        """
        raise NotImplementedError(f"{type(self).__name__} must define build_trial")

    def respond(self, state: EnvState, action: jax.Array, params: Any) -> Response:
        """Judge an action by the current step of the trial; deterministic, given the trial.

        Traced once for `step`, and by whoever tabulates the task. It must not depend on the clocks
        ``state.time`` and ``state.num_trials``, and must take any action, those that are not in
        the space too: such a one is wrong, and never an index. The end of time is not its concern,
        see `conclude`.

        Args:
            state: the state before the action: ``state.t`` is the step that was seen.
            action: () int32 where actions are discrete, else of the action space's shape and dtype.
            params: params of the task, arrays that may be traced.

        Returns:
            The `Response`. Its info has the same names, shapes and dtypes at every step.
        """
        raise NotImplementedError(f"{type(self).__name__} must define respond")

    def init_carry(self, key: jax.Array, params: Any) -> Any:
        """Return what the task remembers at the start of an episode.

        Traced for `reset`, and for `step`, where an episode may end. Whatever the trials depend on
        must begin as it would be found at a random moment.

        Args:
            key: one typed key, for this alone.
            params: params of the task, arrays that may be traced.

        Returns:
            A pytree of arrays of fixed shapes and dtypes (no weak types): what the trial's arrays
            do not hold, a hand position within a trial or a schedule across trials; () if nothing.
        """
        del key, params
        return ()

    def observe(self, state: EnvState, params: Any) -> jax.Array:
        """Return what the subject sees now: the trial's row, unless the task closes the loop.

        Traced for `reset` and `step`, in the latter also for ``info["final_observation"]``. It must
        not depend on the clocks ``state.time`` and ``state.num_trials``.

        Args:
            state: the state; ``state.t`` is the step that is shown.
            params: params of the task, arrays that may be traced.

        Returns:
            Float32 array of the observation space's shape.
        """
        row = self.ob_now(state)
        # Drawn once, and read then: what reads a picture would draw it pixel by pixel instead, and
        # take up to seven times as long.
        return compute_once(hooks.frame(self, row, params)) if self.makes_frames else row

    def frame(self, row: jax.Array, params: Any) -> jax.Array:
        """Return the picture that a row of a trial stands for.

        Only for tasks whose constructor gives a ``frame_space``. What is seen is then made at the
        step at which it is seen, and a trial holds no more than what it is made of: the places of
        dots, say, in place of an image of them for each of T steps. `build_trial` writes that to
        rows as it would write what is seen. Traced for `reset` and `step`, and for `frames`.

        Args:
            row: of ``trial.ob``, of the shape of ``row_space``.
            params: params of the task, arrays that may be traced.

        Returns:
            Float32 array of the observation space's shape.
        """
        raise NotImplementedError(f"{type(self).__name__} must define frame")

    def choose_kind(
        self, key: jax.Array, params: Any, carry: Any, fixed: Mapping[str, jax.Array]
    ) -> tuple[jax.Array | int, Any]:
        """Draw which kind the next trial is of.

        Only for tasks whose ``num_kinds`` is above 1: the trial is then drawn by ``of_kind(kind)``,
        see `jaxgym_neuro.core.drawing`. Traced before `sample_conditions`, in the same program; for
        a batch it runs for every trial that is due, whatever its kind, so it should be cheap.

        Args:
            key: one typed key, for this alone.
            params: params of the task, arrays that may be traced.
            carry: what `init_carry` returned, or what the trial before left.
            fixed: conditions that are given and not drawn; some may settle the kind, those named
                in ``kind_conditions``.

        Returns:
            The kind, () int32 from 0 to ``num_kinds`` - 1, and the carry with which a trial of that
            kind is drawn, of the same structure, shapes and dtypes as the one given.
        """
        del key, params, fixed
        return 0, carry

    def of_kind(self, kind: int) -> "TrialEnv":
        """Return this task as it draws trials of one kind; all else is the same.

        Not traced: ``kinds`` holds what it returns for each kind.

        Args:
            kind: from 0 to ``num_kinds`` - 1.

        Returns:
            A task of the same spaces, layout, params and carry, of which `sample_conditions`,
            `build_trial`, `lay_out` and `draw_trial` are used. The trials of all kinds have the
            same conditions; where `draw_trial` returns arrays (n,) that are shorter than those of
            other kinds, `with_room` makes them as long.
        """
        del kind
        return self

    def as_inner(self, state: EnvState) -> EnvState:
        """Return a state that was made for this task by one around it, for one call.

        A wrapper, or several tasks in one, hold trials in a form of their own, and hand a `Trial`
        to a task inside. A task that holds trials in another form gives it that form here.
        """
        return state

    def with_room(self, trial: Any) -> Any:
        """Return a trial that ``of_kind(...)`` has drawn with the room that states have for it."""
        return trial

    @functools.cached_property
    def may_hold(self) -> bool:
        """Whether the clock of a trial may stand still, as a `Response` says that ``holds``."""
        found: list[bool] = []

        def judge(key: jax.Array) -> None:
            _, state = self.reset(key)
            action = jnp.zeros(self._spaces[1].shape, self._spaces[1].dtype)
            found.append(self.judge(state, action, self.default_params).holds is not False)

        jax.eval_shape(judge, jax.eval_shape(lambda: jax.random.key(0)))
        return any(found)

    @property
    def counts_in_iti(self) -> bool:
        """Whether what is done in the interval before a trial counts for a wrapper around it."""
        return False

    @property
    def makes_frames(self) -> bool:
        """Whether what is seen is made of a row of the trial, by `frame`."""
        return self._row_space is not None

    @property
    def row_space(self) -> spaces.Box:
        """Space of a row of ``trial.ob``: that of what is seen, unless it is made of the row."""
        return self._row_space or self._spaces[0]

    @property
    def adds_iti(self) -> bool:
        """Whether trials begin with an interval, for which `max_steps` has no room."""
        return self.has_iti

    def max_steps(self) -> int:
        """Return T, the longest trial: by default the periods' longest durations in a row."""
        return self.longest(self.periods)

    def longest(self, periods: tuple[str, ...]) -> int:
        """Return the steps that periods in a row last at most, but for an interval before them."""
        steps = 0
        for name in periods:
            if name == ITI and self.has_iti:
                continue
            if name not in self.timing:
                raise ValueError(
                    f"period {name!r} of {self.name} has no duration in TIMING, which has: "
                    f"{', '.join(self.timing) or 'none'}; give it its longest one, or define "
                    "max_steps"
                )
            distribution = self.timing[name]
            longest = int(timing_module.duration_steps(distribution.upper(), self.dt))
            if isinstance(distribution, timing_module.Until):
                steps = max(steps, longest)
            else:
                steps += longest
        return steps

    @property
    def default_params(self) -> ParamsT:
        """Params with the constructor's numbers."""
        return self.PARAMS(**self.common_params, **self.numbers)

    @functools.cached_property
    def own_params(self) -> Any:
        """The `default_params`, made once, to compare others with."""
        return self.default_params

    @property
    def common_params(self) -> dict[str, Any]:
        """The fields that every task has: timing, rewards and abort as constructed."""
        return {"timing": dict(self.timing), "rewards": dict(self.rewards), "abort": self.abort}

    # ------------------------------------------------------------------ the public interface

    def reset(
        self, key: jax.Array, params: ParamsT | None = None, **conditions: Any
    ) -> tuple[jax.Array, EnvState[CarryT]]:
        """Begin an episode, with any condition of its first trial fixed: ``reset(key, coh=51.2)``.

        Args:
            key: one key, ``jax.random.key(seed)``, or a seed.
            params: params of the task; default is `default_params`.
            **conditions: values of conditions, as `check_conditions` takes them. Whatever else is
                drawn is what the key draws without them.

        Returns:
            The observation of step 0 of the first trial, float32, and the state.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does, or
                a value that it cannot be, naming what it can; for params of another task, or of
                durations that its trials have no room for.
        """
        tell_flax()
        key = self._check_given(key, params)
        return self._reset(key, params, self.check_conditions(conditions))

    @compile_method
    @on_any_mesh
    def _reset(self, key: jax.Array, params: Any, fixed: Mapping[str, jax.Array]) -> Any:
        params = self.default_params if params is None else params
        trial, carry = draw_first(self, random.as_key(key), params, fixed)
        zero = jnp.int32(0)
        state = EnvState(time=zero, t=zero, num_trials=zero, trial=trial, carry=carry)
        return hooks.observe(self, state, params), state

    @compile_method
    @on_any_mesh
    def step(
        self,
        key: jax.Array,
        state: EnvState[CarryT],
        action: Any,
        params: ParamsT | None = None,
    ) -> tuple[jax.Array, EnvState[CarryT], jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """Judge the action against the current step, move the clock, and renew trial and episode.

        Gradients of the reward and of what ``info`` says of the trial pass through, with respect to
        params, continuous actions and the state; those of the observations and of the state that
        come next are cut.

        Args:
            key: one key, or a seed; it is used only if a trial ends, for the next one.
            state: what `reset` or the step before returned.
            action: what the subject does at the step that it has seen last: () int32 where actions
                are discrete, else of the action space's shape and dtype. Not in the space: a wrong
                action.
            params: params of the task; default is `default_params`.

        Returns:
            ``ob, state, reward, terminated, truncated, info`` as in gymnax 1.x. After the end of an
            episode, ``ob`` and ``state`` are those of the next one, and
            ``info["final_observation"]`` is what would have been seen. ``info`` has the same keys
            at every step: ``new_trial``, ``performance`` (0 unless the trial ended), ``gt`` and
            ``conditions`` of the trial that the action belonged to, ``terminated``, ``truncated``;
            and for each of the task's `answers` its value and its time in ms: ``choice`` and
            ``reaction_time``, or ``<name>`` and ``<name>_time``. They count at the step at which
            the answer was given; at all others the time is -1.

        Raises:
            ValueError: for an action of another shape than that of the action space, or of
                another kind of number; for params or a state of another task.
        """
        key = random.as_key(key)
        arguments.check_action(self, action)
        arguments.check_state(self, state)
        if params is None:
            params = self.default_params
        else:
            arguments.check_one_set(self, params)
        trial = state.trial
        verdict = self.judge(state, compute_once(action), params)
        new_trial = compute_once(verdict.ends)

        time = state.time + 1
        num_trials = state.num_trials + new_trial.astype(jnp.int32)
        terminated = (params.trials_per_episode > 0) & (num_trials >= params.trials_per_episode)
        truncated = (params.max_steps_in_episode > 0) & (time >= params.max_steps_in_episode)
        done = terminated | truncated

        carry = verdict.carry
        gt = trial.gt[state.t]
        t = state.t + 1
        if verdict.holds is not False:
            t = jnp.where(verdict.holds, state.t, t)
        clock = {"time": time, "t": t, "num_trials": num_trials}
        cut_short = truncated & ~new_trial
        unseen = renewal.draw_where(
            cut_short,
            self._look_ahead,
            (trial, carry, clock, params),
            jnp.zeros(self._spaces[0].shape, jnp.float32),
        )
        new, new_carry = renew_trial(
            self,
            key,
            params,
            due=new_trial | done,
            done=done,
            old=(trial, carry),
            reads=(gt, verdict.reward, verdict.performance, unseen.reshape(-1)[:1]),
        )
        next_state = EnvState(
            time=jnp.where(done, 0, time),
            t=jnp.where(new_trial | done, 0, t),
            num_trials=jnp.where(done, 0, num_trials),
            trial=new,
            carry=new_carry,
        )
        ob = hooks.observe(self, next_state, params)
        info = {
            "new_trial": new_trial,
            "performance": verdict.performance,
            "gt": gt,
            "conditions": trial.conditions,
            # Between trials the next observation is the first of a trial that nobody has seen,
            # whether or not an episode ended there.
            "final_observation": jnp.where(cut_short, unseen, ob),
            "terminated": terminated,
            "truncated": truncated,
            **verdict.info,
        }
        ob, next_state = jax.tree.map(jax.lax.stop_gradient, (ob, next_state))
        return ob, next_state, verdict.reward, terminated, truncated, info

    @compile_method
    @on_any_mesh
    def _new_trial(self, key: jax.Array, params: Any, fixed: Mapping[str, jax.Array]) -> Any:
        key = random.as_key(key)
        return draw_first(self, key, params, fixed, batch_aware=False)[0]

    def new_trial(self, key: jax.Array, params: ParamsT | None = None, **conditions: Any) -> Trial:
        """Draw one trial, with any of its conditions fixed: ``new_trial(key, coh=51.2)``.

        Plain ``jnp``: gradients with respect to floats of the params and conditions pass through.
        Those of what moves whole numbers only (durations, probabilities) are 0.

        Args:
            key: one key, or a seed.
            params: params of the task; default is `default_params`.
            **conditions: values of conditions, as `check_conditions` takes them. Whatever else is
                drawn is what the key draws without them.

        Returns:
            The `Trial`: that with which ``reset(key, params)`` begins.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does, or
                a value that it cannot be, naming what it can; for params of another task, or of
                durations that its trials have no room for.
        """
        key = self._check_given(key, params)
        params = self.default_params if params is None else params
        return self._new_trial(key, params, self.check_conditions(conditions))

    def frames(self, rows: jax.Array, params: ParamsT | None = None) -> jax.Array:
        """Return what is seen, apart from what actions change: ``frames(trial.ob)``.

        Args:
            rows: rows of trials, ``trial.ob`` or part of it, ``(..., *shape of a row)``.
            params: params of the task; default is `default_params`.

        Returns:
            What `frame` makes of each, ``(..., *observation shape)``, all at once; the rows
            themselves, if the task shows them as they are.
        """
        if not self.makes_frames:
            return rows
        params = self.default_params if params is None else params
        shape = jnp.shape(rows)
        before = len(shape) - len(self.row_space.shape)
        flat = jnp.reshape(rows, (-1, *shape[before:]))
        frame_of = functools.partial(hooks.frame, self)
        made = jax.vmap(frame_of, in_axes=(0, None))(flat, params)
        return made.reshape(*shape[:before], *made.shape[1:])

    def judge(self, state: EnvState, action: jax.Array, params: Any) -> Verdict:
        """Return what an action comes to, the end of the trial included.

        Args:
            state: the state before the action.
            action: as in `step`.
            params: params of the task.

        Returns:
            What `conclude` makes of the response of `respond`.
        """
        return self.conclude(state, hooks.respond(self, state, action, params), params)

    def conclude(self, state: EnvState, response: Response, params: Any) -> Verdict:
        """Return what a response comes to.

        A trial ends with the response that says so, or after its last step; then it has run out of
        time, and ``params.r_tmax`` is added to the reward. Its performance counts when it ends. It
        does not run out while its clock stands still.

        Args:
            state: the state before the action.
            response: what `respond` returned, its numbers of any kind.
            params: params of the task.
        """
        answered = jnp.asarray(response.new_trial, jnp.bool_)
        ran_out = self.is_last_step(state) & ~answered
        holds = response.holds
        if holds is not False:
            holds = jnp.asarray(holds, jnp.bool_) & ~answered
            ran_out = ran_out & ~holds
        ends = answered | ran_out
        r_tmax = jnp.asarray(params.r_tmax, jnp.float32)
        answers = response.answers or {}
        values = {name: given.value for name, given in answers.items()}
        times = {tables.time_of(name): given.time for name, given in answers.items()}
        return Verdict(
            reward=jnp.asarray(response.reward, jnp.float32) + jnp.where(ran_out, r_tmax, 0),
            ends=ends,
            ran_out=ran_out,
            performance=jnp.where(ends, jnp.asarray(response.performance, jnp.float32), 0),
            carry=state.carry if response.carry is None else response.carry,
            info={**response.info, **values, **times},
            answers=answers,
            holds=holds,
        )

    def draw_trial(
        self, keys: TrialKeys, params: Any, carry: Any, fixed: Mapping[str, jax.Array]
    ) -> tuple[Any, Any]:
        """Draw one trial, of the kind that this task draws: conditions, and what is laid out.

        Args:
            keys: the keys of the trial; ``conditions`` and ``build`` are used.
            params: params of the task.
            carry: what the task carries into the trial.
            fixed: conditions that are given and not drawn, of the dtypes in `conditions`.

        Returns:
            The trial as a state holds it (if there are several kinds, without the room that states
            have, see `with_room`), and what the task carries into its first step.
        """
        conditions, carry = hooks.sample_conditions(self, keys.conditions, params, carry)
        conditions, carry = compute_once(({**conditions, **fixed}, carry))
        return self.lay_out(keys.build, conditions, params), carry

    def lay_out(self, key: jax.Array, conditions: Mapping[str, jax.Array], params: Any) -> Trial:
        """Lay out the trial of some conditions: durations and noise are drawn here.

        Args:
            key: one typed key.
            conditions: all that `sample_conditions` draws, drawn or given; and durations that are
                given, see `fixed_duration`.
            params: params of the task.
        """
        builder = TrialBuilder.begin(self.layout, key, params.timing, conditions)
        return hooks.build_trial(self, builder, builder.conditions, params).build()

    def with_trial(self, state: EnvState, trial: Trial) -> EnvState:
        """Return a state in which a trial of yours, as `new_trial` returns it, is under way.

        The clocks and the carry stay. All who put a trial into a state do it here, as a task may
        hold trials in a form of its own.
        """
        return dataclasses.replace(state, trial=trial)

    @functools.cached_property
    def kinds(self) -> tuple["TrialEnv", ...]:
        """This task as it draws trials of each kind, see `of_kind`."""
        return tuple(self.of_kind(kind) for kind in range(self.num_kinds))

    def observation_space(self, params: Any = None) -> spaces.Box:
        """Space of one observation, with channel names in ``.name``."""
        del params
        return self._spaces[0]

    def action_space(self, params: Any = None) -> spaces.Box | spaces.Discrete:
        """Space of one action, with action names in ``.name``."""
        del params
        return self._spaces[1]

    @property
    def ground_truth_space(self) -> spaces.Box | spaces.Discrete:
        """Space of one row of ``trial.gt``; the action space unless the task says otherwise."""
        return self._spaces[2]

    @property
    def T(self) -> int:  # noqa: N802 (the paper symbol for the number of steps of a trial)
        """Static number of rows of a trial's arrays."""
        return self.layout.num_steps

    @property
    def name(self) -> str:
        """Name of the task: its class."""
        return type(self).__name__

    @property
    def num_actions(self) -> int:
        """Number of discrete actions, or of dimensions of a continuous one."""
        space = self._spaces[1]
        return space.n if isinstance(space, spaces.Discrete) else math.prod(space.shape)

    @property
    def can_wait(self) -> bool:
        """Whether action 0 is to wait: the actions are discrete, and it is named ``fixation``."""
        space = self._spaces[1]
        return isinstance(space, spaces.Discrete) and space.name.get("fixation") == 0

    @property
    def lasts_whole(self) -> bool:
        """Whether a trial lasts all its steps whatever is done, but for ``params.abort``.

        False where that is not known: the table of rewards says which events end a trial.
        """
        told = [getattr(entry, "cuts_short", True) for entry in self.REWARDS.values()]
        return bool(told) and not any(told)

    @property
    def answers(self) -> dict[str, tables.Answer]:
        """What is asked of the subject, by name, in the order in which it is asked."""
        return dict(self.ANSWERS)

    def has_signal(self, conditions: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return where there was something to act upon, in tasks in which there may be nothing.

        With it, tables of trials have an ``outcome``: hit, miss, false alarm, correct rejection.

        Args:
            conditions: of n trials, arrays (n, ...) of NumPy.

        Returns:
            (n,) bool; None where all trials ask for a choice.
        """
        del conditions

    def answer_struct(self, name: str) -> jax.ShapeDtypeStruct:
        """Return shape and dtype of an answer: as declared, or, by default, those of an action."""
        answer, action = self.answers[name], self._spaces[1]
        if answer is TrialEnv.ANSWERS.get(name):
            dtype = np.int32 if isinstance(action, spaces.Discrete) else action.dtype
            return jax.ShapeDtypeStruct(action.shape, dtype)
        shape = tuple(int(self.sizes.get(str(size), size)) for size in answer.shape)
        return jax.ShapeDtypeStruct(shape, np.dtype(answer.dtype))

    def time_since(self, name: str, state: EnvState) -> jax.Array:
        """Return the time from the event of an answer's clock to the current step, in ms."""
        since, trial = self.answers[name].since, state.trial
        events = self.periods if since is None else (since,) if isinstance(since, str) else since
        onset = jnp.int32(0)
        for event in events:
            check_name(f"period, since which the answer {name!r} counts,", event, self.periods)
            index = self.periods.index(event)
            start, end = trial.start[index], trial.end[index]
            onset = jnp.maximum(onset, jnp.where((start <= state.t) & (start < end), start, 0))
        return (state.t - onset).astype(jnp.float32) * np.float32(self.dt)

    @property
    def has_ground_truth_action(self) -> bool:
        """Whether `ground_truth_action` is one: the task defines it, or the ground truth is one."""
        is_defined = type(self).ground_truth_action is not TrialEnv.ground_truth_action
        return is_defined or self.ground_truth_space == self._spaces[1]

    @functools.cached_property
    def conditions(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Names, shapes and dtypes of what can be fixed in `new_trial`."""

        def sample(key: jax.Array) -> dict[str, jax.Array]:
            params = self.default_params
            carry = hooks.init_carry(self, key, params)
            return hooks.sample_conditions(self, key, params, carry)[0]

        return jax.eval_shape(sample, jax.eval_shape(lambda: jax.random.key(0)))

    @functools.cached_property
    def domains(self) -> dict[str, Number]:
        """What each condition may be that is given to `reset` or `new_trial`.

        As ``CONDITIONS`` say; of a ground truth they are silent about, one of the `choices`.
        """
        found: dict[str, Number] = {}
        for name, struct in self.conditions.items():
            entry = self.CONDITIONS.get(name)
            domain = (
                Number("", dtype=np.dtype(struct.dtype).type) if entry is None else entry.domain
            )
            if entry is None and name == "ground_truth":
                domain = dataclasses.replace(domain, one_of=self.choices)
            found[name] = dataclasses.replace(
                domain,
                shape=struct.shape,
                at_most=self._bound(domain.at_most),
                below=self._bound(domain.below),
            )
        return found

    @property
    def not_columns(self) -> tuple[str, ...]:
        """Names of conditions that have no columns in tables of trials, as ``CONDITIONS`` say."""
        return tuple(name for name, entry in self.CONDITIONS.items() if not entry.column)

    def check_conditions(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Check conditions that are given, and durations of periods, and give them their dtypes.

        A task whose conditions depend on one another checks that here as well.

        Args:
            conditions: name to value: a number, nested lists of numbers, or an array. What is
                traced is taken, whatever its value; of that only shape and dtype are checked. The
                name of a period, unless a condition is called so, stands for its duration in ms.

        Returns:
            Name to value; of durations under the name `fixed_duration`.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does, or
                a value outside `domains`, or a duration that trials have no room for.
        """
        conditions, fixed = split_fixed(conditions)
        longest = self.longest_durations
        given = {name: x for name, x in conditions.items() if name not in self.conditions}
        checked: dict[str, Any] = {}
        for name, ms in {**given, **fixed}.items():
            check_name("condition", name, {**self.conditions, **longest})
            most = max(longest[name], self.dt)  # one step, at least, if it lasts at all
            domain = Number("", unit="ms", at_least=0, at_most=most)
            called = f"the duration of period {name!r} of {self.name}"
            checked[fixed_duration(name)] = checked_leaf(domain, called, ms)
        for name, value in conditions.items():
            if name in given:
                continue
            domain = self.domains[name]
            called = f"condition {name!r} of {self.name}"
            checked[name] = checked_leaf(domain, called, value)
        return checked

    @functools.cached_property
    def longest_durations(self) -> dict[str, float]:
        """Longest durations in ms of the periods whose durations can be given for a trial.

        These are the periods that have one in ``timing``, and are called like no condition.
        """
        return {
            name: distribution.upper()
            for name, distribution in self.timing.items()
            if name not in self.conditions
        }

    def _bound(self, bound: Any) -> Any:
        """Return the number that a bound of a condition's domain stands for."""
        if not isinstance(bound, str):
            return bound
        if bound in self.sizes:
            size = self.sizes[bound]
            return size if isinstance(size, int) else len(size)
        if bound in self.timing:
            longest = self.timing[bound].upper()  # and a period has one step at least
            return max(longest, self.dt * int(timing_module.duration_steps(longest, self.dt)))
        return max(np.ravel(self.numbers[bound]).tolist())

    def in_period(self, state: EnvState, name: str | tuple[str, ...]) -> jax.Array:
        """Whether the current step lies in a period, or in one of several."""
        inside = jnp.bool_(False)
        for period in (name,) if isinstance(name, str) else name:
            check_name("period", period, self.periods)
            index = self.periods.index(period)
            start, end = state.trial.start[index], state.trial.end[index]
            inside = inside | ((state.t >= start) & (state.t < end))
        return inside

    def is_last_step(self, state: EnvState) -> jax.Array:
        """Whether the trial runs out of time after this step."""
        return state.t + 1 >= state.trial.length

    def ob_now(self, state: EnvState) -> jax.Array:
        """Return the row of the trial at the current step: what is seen, or made into a frame."""
        return state.trial.ob[state.t]

    def gt_now(self, state: EnvState) -> jax.Array:
        """Return the ground truth at the current step."""
        return state.trial.gt[state.t]

    def ground_truth_action(self, state: EnvState, params: Any) -> jax.Array:
        """Return the action that follows the ground truth: the ground truth, if it is an action."""
        del params
        return self.gt_now(state)

    def validate(self, params: Any) -> None:
        """Check concrete params: their structure, every number, and that trials fit into T.

        Raises:
            ValueError: naming the period or field, its bound, and how to allow more.
        """
        arguments.check_one_set(self, params)
        default, cls = self.own_params, cast(Any, type(params))
        check_entries("period", "params.timing", params.timing, default.timing)
        check_entries("reward", "params.rewards", params.rewards, default.rewards)
        for name, amount in params.rewards.items():
            Number("").checked(f"rewards[{name!r}]", amount)
        for name, entry in declared(cls).items():
            entry.checked(name, getattr(params, name), like=getattr(default, name))
        for name, distribution in params.timing.items():
            distribution.checked(name)
            arguments.check_duration(self, name, distribution)

    def __repr__(self):
        return f"{self.name}(dt={self.dt:g}, T={self.T})"

    def __str__(self):
        """Write what a subject meets: a line each for periods, channels, actions and rewards."""
        lines = [f"    {title:8}  {text}" for title, text in self.summary().items()]
        return "\n".join([f"{self._heading()}:", *lines])

    def _repr_html_(self) -> str:
        return html.table(self._heading(), self.summary().items())

    def _heading(self) -> str:
        return f"{self.name}, a step of {self.dt:g} ms, T = {self.T}"

    def summary(self) -> dict[str, str]:
        """Return what a subject meets, in words: periods, channels, actions and rewards."""
        action_space = self._spaces[1]
        unknown = dict.fromkeys(self.periods, "")
        rows = {
            "periods": {**unknown, **{x: in_steps(d, self.dt) for x, d in self.timing.items()}},
            "channels": self.layout.channels,
            "actions": action_space.name,
            "rewards": self.rewards,
        }
        return {
            title: ", ".join(f"{name} {_place(x)}".strip() for name, x in row.items())
            for title, row in rows.items()
            if row
        }

    # ------------------------------------------------------------------ inside

    def _check_tables(self) -> None:
        """Raise a ValueError for what should be a table, or the params' class, and is none."""
        for name in (*tables.TABLES, "PRESETS"):
            table = getattr(self, name)
            if not isinstance(table, Mapping):
                raise ValueError(f"{name} of {self.name} is a dict by name, not {table!r}")
        if not (isinstance(self.PARAMS, type) and issubclass(self.PARAMS, TrialParams)):
            raise ValueError(
                f"PARAMS of {self.name} is a class that derives from TrialParams, marked with "
                f"@jaxgym_neuro.pytree, not {self.PARAMS!r}"
            )
        taken = {*hooks.STEP_INFO, *self.INFO}
        for answer in self.ANSWERS:
            for name in (answer, tables.time_of(answer)):
                if name in taken:
                    raise ValueError(
                        f"ANSWERS of {self.name} has {answer!r}, and the info of a step has "
                        f"{name!r} already; give the answer another name (taken: "
                        f"{', '.join(sorted(taken))})"
                    )

    def _laid_out(self, table: str, space: str) -> dict[str, Any]:
        """Return the names of a table, from which a space is made."""
        names = tables.indices(getattr(self, table), self.sizes)
        if not names:
            raise ValueError(f"{self.name} has no {table}, and its constructor gives no {space}")
        return names

    def _check_frame_space(self, frame_space: Any) -> None:
        """Raise a ValueError unless frames have a space, and are made, or neither."""
        makes_frames = type(self).frame is not TrialEnv.frame
        if frame_space is None and makes_frames:
            raise ValueError(f"{self.name} defines frame, and its constructor gives no frame_space")
        if frame_space is not None:
            spaces.check_space("frame_space", frame_space, spaces.Box)
            if not makes_frames:
                raise ValueError(f"{self.name} has a frame_space, and defines no frame")

    def _check_given(self, key: Any, params: Any) -> Any:
        """Check a key, of which only a seed has a value here, and params that are given."""
        if isinstance(key, TrialParams):
            raise ValueError(f"the key comes before the params: {self.name}.reset(key, params)")
        if params is not None:
            arguments.check_params(self, params)
        return random.as_key(key) if isinstance(key, int) else key

    def _look_ahead(self, inputs: tuple[Any, Any, dict[str, jax.Array], Any]) -> jax.Array:
        """Return what would be seen next, did the episode not end within a trial."""
        trial, carry, clock, params = inputs
        return hooks.observe(self, EnvState(trial=trial, carry=carry, **clock), params)

    def replaced(self, **attributes: Any) -> "TrialEnv":
        """Return this task with other attributes: ``env.replaced(renew=renew_by_select)``.

        For what changes only how it runs: its constructor does not run again, so that whatever it
        derived from its arguments stays.

        Raises:
            ValueError: for an attribute that it does not have.
        """
        for name in attributes:
            check_name("attribute", name, {*self.attributes, "renew"})
        env = object.__new__(type(self))
        env.__setstate__({**self.attributes, **attributes})
        return env

    def derive(self) -> None:
        """Lay out the trials, as the attributes say."""
        if "_spaces" not in vars(self):
            raise ValueError(
                f"the constructor of {type(self).__name__} does not call super().__init__(...)"
            )
        space, (_, action_space, gt_space) = self.row_space, self._spaces
        self.layout = TrialLayout(
            dt=self.dt,
            num_steps=self._num_steps(),
            periods=self.periods,
            ob_shape=space.shape,
            channels=space.name,
            gt_shape=gt_space.shape,
            gt_dtype=gt_space.dtype,
            actions=action_space.name,
            num_actions=getattr(action_space, "n", 0),
            gt_space=gt_space,
            has_iti=self.has_iti,
            longest={
                name: int(timing_module.duration_steps(distribution.upper(), self.dt))
                for name, distribution in self.timing.items()
            },
        )

    def _num_steps(self) -> int:
        """Return T, or raise a ValueError for a task whose trials have no length, or no bound."""
        if not self.periods and type(self).max_steps is TrialEnv.max_steps:
            raise ValueError(
                f"{self.name} has no periods, so that its trials have no length: declare them in "
                "TIMING, or define max_steps"
            )
        steps = check_integer(f"T of {self.name} (its max_steps)", self.max_steps(), at_least=0)
        if self.adds_iti:
            steps += int(timing_module.duration_steps(self.timing[ITI].upper(), self.dt))
        if steps > _MOST_STEPS:
            raise ValueError(
                f"with dt={self.dt:g} ms, trials of {self.name} have {steps:,} steps or more, and "
                f"may have {_MOST_STEPS:,} at most: choose a longer dt or shorter periods"
            )
        return max(steps, 1)


close_in_forks(TrialEnv, "reset", "step", "new_trial")


def _place(value: Any) -> str:
    """Write a place, an amount or a duration in a few characters."""
    if isinstance(value, range):
        value = f"{value[0]}-{value[-1]}" if len(value) > 1 else value[0]
    elif is_list_or_tuple(value):
        value = "-".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
