"""TrialWrapper: a task made of another task."""

import dataclasses
import functools
import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.describe import compose_docstring
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import Number, TrialParams, joined
from jaxgym_neuro.core.tables import TABLES, Answer
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Memory:
    """Carry of a wrapped task: what the task carries, and what its wrapper does."""

    inner: Any
    own: Any


# What a wrapped task has as its task has it. Of all else that every task has, the wrapper has its
# own; what only the task's class adds (the angles of its ring, say) is found by `__getattr__`.
OF_THE_TASK = ("dt", "timing", "rewards", "choices", "abort", "has_iti")


def check_env(wrapper: str, env: Any) -> None:
    """Raise a ValueError unless there is a task to wrap."""
    if not isinstance(env, TrialEnv):
        raise ValueError(
            f"{wrapper} wraps a task made of trials (a TrialEnv, such as the first value of "
            f"jaxgym_neuro.make(id)), not {env!r}"
        )


class TrialWrapper(TrialEnv):
    """Base of the wrappers: a task that draws, judges or shows another task's trials differently.

    A wrapped task is a `TrialEnv` like any other. It can be wrapped again, and its params are the
    task's, with the wrapper's numbers as further fields, so both are swept in the same way.

    A wrapper supplies what it changes, each by default unchanged:

    1. `init_memory`: what it remembers, at the start of an episode;
    2. `change_conditions`: what is drawn for a trial;
    3. `change_trial`: the trial that the task has laid out;
    4. `change_response`: what an action earns, and whether it ends the trial;
    5. `change_observation`: what is seen.

    A class whose `init_memory` and `change_conditions` use no key says so with ``draws = False``;
    then a key draws the same conditions, and signal and noise of the task, as without the wrapper.

    What it adds it declares as a task does: ``TIMING``, ``CHANNELS``, ``CONDITIONS``, ``INFO``,
    ``PARAMS``, ``DIFFERENCES``. A task that is made of a task and wrappers names the classes in
    ``WRAPS``, the outermost first, and has the tables of all of them.

    Args:
        env: the task.
        observation_space: where it differs; the task's channels come first, the wrapper's after.
        periods: names of periods that the wrapper adds.
        numbers: names and values of the params that the wrapper adds, of those in its ``PARAMS``.
        sizes: numbers for the names in the wrapper's tables, beside those of the task.

    Raises:
        ValueError: if ``env`` is not made of trials, or has params of these names already (from
            the same wrapper, say).
    """

    draws = True
    ANSWERS = {}
    WRAPS: tuple[type[TrialEnv], ...] = ()
    ADDED: Any = TrialParams  # the class whose fields the wrapper adds to the params of its task

    def __init_subclass__(cls, **kwargs: Any):
        if "WRAPS" in vars(cls):
            parts = tuple(reversed(cls.WRAPS))
            for name in TABLES:
                rows = {}
                for part in parts:
                    rows |= getattr(part, name)
                setattr(cls, name, {**rows, **vars(cls).get(name, {})})
            cls.ADDED = vars(cls).get("PARAMS", cls.WRAPS[0].PARAMS)
            inner = [part.PARAMS for part in parts[:-1]]
            cls.PARAMS = functools.reduce(joined, (*inner, cls.ADDED))
        elif "PARAMS" in vars(cls):
            cls.ADDED = cls.PARAMS
        super().__init_subclass__(**kwargs)
        if "TAGS" not in vars(cls):
            cls.WORDS = inspect.cleandoc(cls.__doc__ or "")
            cls.__doc__ = compose_docstring(cls)

    def __init__(
        self,
        env: TrialEnv,
        *,
        observation_space: spaces.Box | None = None,
        periods: tuple[str, ...] = (),
        numbers: Mapping[str, Any] | None = None,
        sizes: Mapping[str, Any] | None = None,
    ):
        check_env(type(self).__name__, env)
        self.numbers = dict(numbers or {})
        known = {field.name for field in dataclasses.fields(env.default_params)}
        for name in self.numbers:
            if name in known:
                raise ValueError(
                    f"{env.name} has a param {name!r} already; {type(self).__name__} can wrap a "
                    "task once"
                )
        self.env = env
        for name in OF_THE_TASK:
            setattr(self, name, getattr(env, name))
        self.sizes = {**env.sizes, **(sizes or {})}
        self.periods = (*env.periods, *periods)
        self._row_space = env.row_space if env.makes_frames else None
        self._spaces = (
            observation_space or env.observation_space(),
            env.action_space(),
            env.ground_truth_space,
        )

    # ------------------------------------------------------------------ what a wrapper supplies

    def init_memory(self, key: jax.Array, params: Any) -> Any:
        """Return what the wrapper remembers at the start of an episode.

        Args:
            key: one typed key, for this alone.
            params: params of the task and the wrapper, arrays that may be traced.

        Returns:
            A pytree of arrays of fixed shapes and dtypes (no weak types); () if nothing.
        """
        del key, params
        return ()

    def change_conditions(
        self, key: jax.Array, conditions: dict[str, jax.Array], params: Any, own: Any
    ) -> tuple[dict[str, jax.Array], Any]:
        """Change what was drawn for a trial.

        Traced after the task's `sample_conditions`. What settles the kind of a trial is not changed
        here, see `kind_conditions`.

        Args:
            key: one typed key, for this alone.
            conditions: what the task has drawn, a dict from name to array.
            params: params of the task and the wrapper, arrays that may be traced.
            own: what the wrapper remembers, from `init_memory` or the trial before.

        Returns:
            The conditions, those of the task of the same shapes and dtypes, and any number of the
            wrapper's own; and what the wrapper remembers, of the shapes and dtypes of ``own``.
        """
        del key, params
        return conditions, own

    def change_trial(
        self, builder: TrialBuilder, conditions: Mapping[str, jax.Array], params: Any
    ) -> TrialBuilder:
        """Change the trial that the task has laid out.

        It must depend on the conditions alone, as `build_trial` does.

        Args:
            builder: that of the task, with the wrapper's periods and channels; the latter are 0.
            conditions: those of `change_conditions`, drawn or given.
            params: params of the task and the wrapper, arrays that may be traced.
        """
        del conditions, params
        return builder

    def change_response(
        self, state: EnvState, action: jax.Array, params: Any, response: Response
    ) -> tuple[Response, Any]:
        """Change what an action earns, and whether it ends the trial.

        Deterministic, and independent of the clocks, as `respond` is. ``conclude(state, response,
        params)`` tells whether the trial ends here, by the response or because it ran out of time.

        Args:
            state: the state before the action; ``state.carry.own`` is what the wrapper remembers.
            action: as in `respond`.
            params: params of the task and the wrapper, arrays that may be traced.
            response: the task's: reward () float32, new_trial () bool, performance () float32.

        Returns:
            The response, of the same dtypes; its carry is not looked at. And what the wrapper
            remembers, of the shapes and dtypes that it has.
        """
        del action, params
        return response, state.carry.own

    def change_observation(self, ob: jax.Array, state: EnvState, params: Any) -> jax.Array:
        """Change what is seen now.

        Args:
            ob: what the task shows, and the wrapper's channels of the trial behind it.
            state: the state; ``state.carry.own`` is what the wrapper remembers.
            params: params of the task and the wrapper, arrays that may be traced.

        Returns:
            Float32 array of the wrapper's observation space.
        """
        del state, params
        return ob

    # ------------------------------------------------------------------ a task

    @property
    def name(self) -> str:
        """Name of the wrapper and of what it wraps."""
        return f"{type(self).__name__}({self.env.name})"

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Paper and tags of the task."""
        return self.env.metadata

    @property
    def default_params(self) -> Any:
        """Params of the task with those of the wrapper."""
        inner = self.env.default_params
        params = joined(type(inner), self.ADDED, tuple(self.numbers))
        return params(**_fields(inner, inner), **self.numbers)

    def validate(self, params: Any) -> None:
        """Check concrete params, the task's and the wrapper's."""
        super().validate(params)
        inner = self.env.default_params
        self.env.validate(type(inner)(**_fields(params, inner)))

    @functools.cached_property
    def domains(self) -> dict[str, Number]:
        """What each condition may be: the task's as the task says, and the wrapper's own."""
        return {**super().domains, **self.env.domains}

    @property
    def lasts_whole(self) -> bool:
        """Whether a trial of the task does, if the wrapper leaves its responses as they are."""
        changes = type(self).change_response is not TrialWrapper.change_response
        return self.env.lasts_whole and not changes

    @property
    def answers(self) -> dict[str, Answer]:
        """What the task asks of the subject, and what the wrapper does."""
        return {**self.env.answers, **self.ANSWERS}

    def has_signal(self, conditions: Mapping[str, Any]) -> Any:
        """Return where there was something to act upon, as the task says."""
        return self.env.has_signal(conditions)

    def answer_struct(self, name: str) -> jax.ShapeDtypeStruct:
        """Return shape and dtype of an answer, the task's as the task says."""
        if name in self.env.answers:
            return self.env.answer_struct(name)
        return super().answer_struct(name)

    @property
    def not_columns(self) -> tuple[str, ...]:
        """Names of the task's conditions, and of the wrapper's, that have no columns in tables."""
        return tuple(dict.fromkeys((*super().not_columns, *self.env.not_columns)))

    def check_conditions(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Check conditions that are given, the task's by the task."""
        checked = super().check_conditions(conditions)
        return {**checked, **self.env.check_conditions(_only(checked, self.env.conditions))}

    @property
    def longest_durations(self) -> dict[str, float]:
        """Longest durations of the task's periods that can be given."""
        return self.env.longest_durations

    @property
    def counts_in_iti(self) -> bool:
        """Whether it does for a wrapper inside."""
        return self.env.counts_in_iti

    @property
    def adds_iti(self) -> bool:
        """T of the task has room for the interval already."""
        return False

    def max_steps(self) -> int:
        """Return T of the task."""
        return self.env.T

    def init_carry(self, key, params):
        """Begin an episode of the task, and of the wrapper."""
        key_inner, key_own = random.split(key) if self.draws else (key, key)
        inner = hooks.init_carry(self.env, key_inner, params)
        with hooks.Hook(self, "init_memory") as hook:
            own = hook.numbers("memory", hook.call(key_own, params))
        return Memory(inner=inner, own=own)

    def sample_conditions(self, key, params, carry):
        """Draw the task's conditions, and change them."""
        key_inner, key_own = random.split(key) if self.draws else (key, key)
        conditions, inner = hooks.sample_conditions(self.env, key_inner, params, carry.inner)
        with hooks.Hook(self, "change_conditions") as hook:
            changed = hook.call(key_own, conditions, params, carry.own)
            conditions, own = hook.pair(changed, "conditions, memory")
            own = hook.like("memory", own, carry.own)
        return conditions, Memory(inner=inner, own=own)

    @property
    def num_kinds(self) -> int:
        """Number of kinds of trial that the task has."""
        return self.env.num_kinds

    @property
    def kind_conditions(self) -> tuple[str, ...]:
        """Conditions that are settled with the kind of a trial."""
        return self.env.kind_conditions

    def choose_kind(self, key, params, carry, fixed):
        """Let the task choose the kind of the next trial."""
        kind, inner = hooks.choose_kind(self.env, key, params, carry.inner, fixed)
        return kind, Memory(inner=inner, own=carry.own)

    def of_kind(self, kind):
        """Return the wrapper over the task as it draws trials of one kind."""
        return self.replaced(env=self.env.of_kind(kind))

    def build_trial(self, builder, conditions, params):
        """Lay out the task's trial in its own channels, and change it."""
        inner = builder.narrowed(self.env.layout)
        built = hooks.build_trial(self.env, inner, conditions, params).widened(builder.layout)
        with hooks.Hook(self, "change_trial") as hook:
            return hook.builder(hook.call(built, conditions, params))

    def respond(self, state, action, params):
        """Let the task judge the action, and change the verdict."""
        done = self.task_action(state, action)
        response = hooks.respond(self.env, self.task_state(state), done, params)
        inner = state.carry.inner if response.carry is None else response.carry
        response = dataclasses.replace(
            response,
            reward=jnp.asarray(response.reward, jnp.float32),
            new_trial=jnp.asarray(response.new_trial, jnp.bool_),
            performance=jnp.asarray(response.performance, jnp.float32),
        )
        with hooks.Hook(self, "change_response") as hook:
            found = hook.call(state, action, params, response)
            changed, own = hook.pair(found, "response, memory")
            changed = hook.response(changed)
            own = hook.like("memory", own, state.carry.own)
        return dataclasses.replace(changed, carry=Memory(inner=inner, own=own))

    def observe(self, state, params):
        """Show what the task shows, beside the wrapper's channels, and change it."""
        ob = hooks.observe(self.env, self.task_state(state), params)
        if self._num_own_channels:
            own = self.ob_now(state)[..., self._num_inner_channels :]
            ob = jnp.concatenate([ob, own], axis=-1)
        return self.change_observation(ob, state, params)

    def frame(self, row, params):
        """Return what the task makes of a row."""
        return hooks.frame(self.env, row, params)

    @property
    def has_ground_truth_action(self) -> bool:
        """Whether the task has one."""
        return self.env.has_ground_truth_action

    def ground_truth_action(self, state, params):
        """Return the task's."""
        return self.env.ground_truth_action(self.task_state(state), params)

    def task_action(self, state: EnvState, action: jax.Array) -> jax.Array:
        """Return the action as the task takes it; `change_response` has the subject's."""
        del state
        return action

    def task_state(self, state: EnvState) -> EnvState:
        """Return the state as the task takes it: `inner_state`, in the form of the task."""
        return self.env.as_inner(self.inner_state(state))

    def inner_state(self, state: EnvState) -> EnvState:
        """Return what the task knows of the state: its own periods, channels and carry."""
        trial, count = state.trial, len(self.env.periods)
        if count < len(self.periods):
            start, end = trial.start[:count], trial.end[:count]
            trial = dataclasses.replace(trial, start=start, end=end)
        if self._num_own_channels:
            trial = dataclasses.replace(trial, ob=trial.ob[..., : self._num_inner_channels])
        return dataclasses.replace(state, trial=trial, carry=state.carry.inner)

    @functools.cached_property
    def _num_inner_channels(self):
        return _num_channels(self.env.row_space)

    @functools.cached_property
    def _num_own_channels(self):
        return _num_channels(self.row_space) - self._num_inner_channels

    def __getattr__(self, name):
        """Return what the task's own class adds to a task, such as ``theta``; nothing private."""
        # Nothing before the task is there (copying, say).
        if name.startswith("_") or "env" not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.env, name)


def _num_channels(space):
    return space.shape[-1] if space.shape else 0


def _only(conditions, known):
    return {name: value for name, value in conditions.items() if name in known}


def _fields(params, like):
    return {field.name: getattr(params, field.name) for field in dataclasses.fields(like)}
