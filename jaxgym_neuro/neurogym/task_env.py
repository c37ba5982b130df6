"""TaskEnv: a registered task with the attributes that NeuroGym's environments have."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from gymnasium.utils import seeding

from jaxgym_neuro.adapters.conversion import shortest, to_numpy
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.neurogym.durations import draw, short_form, steps_in, with_distributions
from jaxgym_neuro.neurogym.trial_env import TrialEnv, length_stats
from jaxgym_neuro.registry import as_env
from jaxgym_neuro.support.immutable import ReadOnlyDict
from jaxgym_neuro.support.validation import check_integer, unknown_name

# What NeuroGym's TrialEnv has for every task, beside params and what a task keeps for itself.
_OF_EVERY_TASK = (
    *("choices", "dt", "end_ind", "end_t", "gt", "gt_now", "num_tr", "num_tr_exp", "ob", "ob_now"),
    *("performance", "rng", "start_ind", "start_t", "t", "t_ind", "tmax", "trial"),
)


class TrialInfo(dict):
    """Conditions of a trial by name, as NeuroGym has them; the trial's arrays are attributes."""

    def __init__(self, conditions: Mapping[str, Any], trial: Any):
        super().__init__(conditions)
        self._trial = trial

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(f"a trial has no attribute {name!r}")
        return getattr(self._trial, name)


class TaskEnv(GymnasiumEnv):
    """A task behind ``gymnasium.Env`` with NeuroGym's attributes, as `make` returns it.

    What is not listed here, such as ``ob``, ``t``, ``in_period`` and ``rewards``, is that of
    `GymnasiumEnv`. To ``isinstance`` it is a `TrialEnv`, which is the class to be subclassed.

    Attributes:
        envs: what was given to ``ScheduleEnvs`` or ``MultiEnvs``.

    Args:
        task: a registered id, or a task.
        params: params to begin with; default are the task's.
        **kwargs: as for `GymnasiumEnv`; a duration may be a ``TruncExp``.

    Raises:
        ValueError: as for `GymnasiumEnv`, and for an environment that is not made of trials.
    """

    envs: Sequence[Any] = ()
    _known: tuple[Any, TrialInfo | None] = (None, None)  # a trial, and what `trial` tells of it
    _wrapper: Any = None  # a TrialWrapper that draws the trial after the one that ends
    _num_tr = 0
    _rng: tuple[Any, Any] = (None, None)  # the generator that seeded it, and what `rng` is
    _made_of: tuple[str, Mapping[str, Any]] | None = None  # id and arguments
    _upcoming: tuple[Any, Any] | None = None  # task and params from the next trial on

    def __init__(self, task: Any, params: Any = None, **kwargs: Any):
        kwargs = with_distributions(kwargs)
        super().__init__(task, params, **kwargs)
        as_env(self.task, made_of_trials=True)
        if isinstance(task, str):
            of_gymnasium = ("render_mode", "tabulate", "batch_size")
            self._made_of = task, {k: v for k, v in kwargs.items() if k not in of_gymnasium}

    def __init_subclass__(cls, is_of_package: bool = False, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if is_of_package:
            return
        raise TypeError(
            f"{cls.__name__}: a task of your own is a subclass of jaxgym_neuro.neurogym.TrialEnv, "
            "or, made of pure functions, of jaxgym_neuro.TrialEnv (docs/class_tasks.md has both)"
        )

    def __setattr__(self, name: str, value: Any):
        """Set an attribute; of those that NeuroGym's tasks have, only ``timing`` can be.

        The others would be without effect. Durations hold from the next trial on.
        """
        if name == "timing" and isinstance(value, Mapping):
            self._change_timing(value)
            return
        is_own = name in vars(self) or name == "envs" or "_stepper" not in vars(self)
        params = set() if is_own else {field.name for field in dataclasses.fields(self.params)}
        if is_own or name not in {*_OF_EVERY_TASK, *params, *getattr(self.task, "attributes", ())}:
            super().__setattr__(name, value)
            return
        changed = "with_timing(...)" if name == "timing" else f"replace({name}=...)"
        changed = "with_rewards(...)" if name == "rewards" else changed
        advice = f'env.reset(options={{"params": env.params.{changed}}}) changes it'
        if name not in params:
            advice = "what make(id, ...) takes is given there, and conditions to new_trial"
        raise AttributeError(
            f"{name!r} cannot be set to {value!r}, as tasks are immutable; {advice}"
        )

    def rebuilt(self, task: Any) -> "TaskEnv":
        """Return an environment of a task, such as this one's in a wrapper, with params of here."""
        params = task.default_params
        names = {field.name for field in dataclasses.fields(params)}
        given = self.params if self._upcoming is None else self._upcoming[1]
        own = {f.name: getattr(given, f.name) for f in dataclasses.fields(given)}
        kept = {name: value for name, value in own.items() if name in names}
        env = type(self)(task, params.replace(**kept), render_mode=self.render_mode)
        env.spec, env.envs = self.spec, self.envs
        env._made_of = self._made_of if task is self.task else None
        return env

    def reset(  # NeuroGym's takes them by position
        self,
        seed: int | None = None,
        options: Mapping[str, Any] | None = None,
        no_step: bool = True,
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode with the first observation of a trial; no step is ever taken.

        Args:
            seed: as for `GymnasiumEnv`.
            options: as for `GymnasiumEnv`; NeuroGym's ``"no_step"`` and ``"step_fn"`` are about the
                step that NeuroGym takes here, and without effect.
            no_step: likewise.

        Returns:
            The first observation, and an info dict with the ``conditions`` of the first trial.

        Raises:
            ValueError: for an unknown option or condition.
        """
        del no_step
        kept = {k: v for k, v in (options or {}).items() if k not in ("no_step", "step_fn")}
        chosen = self._chosen_conditions()
        if chosen:
            kept["conditions"] = {**chosen, **(kept.get("conditions") or {})}
        if self._upcoming is not None:
            kept = {"params": self._take_upcoming(), **kept}
        ob, info = super().reset(seed=seed, options=kept)
        self._num_tr = 1
        if self.has_wrapper:
            self._draw_by_wrapper()
            return self._wrapper.unwrapped.first_observation(), info
        return ob, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step, as `GymnasiumEnv` does.

        ``info`` has ``performance`` and ``trial``, the conditions of the trial that has ended, only
        when one has.
        """
        transition = super().step(action)
        info = transition[4]
        if not info.get("new_trial"):
            info.pop("performance", None)
            return transition
        info["trial"] = self._told(info["conditions"])
        if transition[2] or transition[3]:
            return transition
        self._num_tr += 1
        chosen = self._chosen_conditions()
        if self.has_wrapper:
            self._draw_by_wrapper()
            return (self._wrapper.unwrapped.ob_now.copy(), *transition[1:])
        if chosen or self._upcoming is not None:
            self._begin_trial(chosen)
            return (self.ob_now, *transition[1:])
        return transition

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the trials, from the next `reset` or `new_trial` on, and the action space."""
        self.np_random = seeding.np_random(seed)[0]
        self.action_space.seed(seed)
        return [seed]

    def new_trial(self, **conditions: Any) -> TrialInfo:
        """Begin another trial, with any of its conditions fixed, and return its conditions.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does.
        """
        conditions = {**self._chosen_conditions(), **conditions}
        self._begin_trial(conditions)
        self._num_tr += 1
        trial: Any = self.trial
        return trial

    def sample_time(self, period: str) -> float:
        """Draw a duration of a period in ms, whole steps, with the numbers of `rng`.

        Raises:
            ValueError: for an unknown period.
        """
        durations = self.timing
        if period not in durations:
            raise unknown_name("period", period, durations)
        return steps_in(draw(period, durations[period], self.rng, since=0), self.dt) * self.dt

    def first_observation(self) -> Any:
        """Return what is seen before the first action of the trial under way."""
        return self.ob_now

    def set_top(self, wrapper: Any) -> None:
        """Let a wrapper draw the trial after the one that ends; that takes about half a ms."""
        self._wrapper = wrapper

    @property
    def has_wrapper(self) -> bool:
        """Whether a `TrialWrapper` draws the trials."""
        return self._wrapper is not None

    @property
    def num_tr(self) -> int:
        """Trials begun since the reset, the one under way included."""
        return self._num_tr

    @property
    def rng(self) -> np.random.RandomState:
        """Random numbers for wrappers, seeded as the task is; the task draws its own from keys."""
        if self._rng[0] is not self.np_random:
            words = self.np_random.bit_generator.seed_seq.generate_state(4)  # type: ignore
            self._rng = self.np_random, np.random.RandomState(words)
        return self._rng[1]

    @property
    def trial(self) -> TrialInfo | None:
        """Conditions of the trial under way; None before the first reset."""
        trial: Any = super().trial
        if trial is None:
            return None
        if trial is not self._known[0]:
            self._known = trial, TrialInfo(self._told(to_numpy(trial.conditions)), trial)
        return self._known[1]

    @property
    def gt(self) -> np.ndarray:
        """Ground truth of the trial under way, one row a step; int64 where actions are discrete."""
        gt = super().gt
        return gt.astype(np.int64) if gt.dtype.kind == "i" else gt

    @property
    def timing(self) -> dict[str, Any]:
        """Durations of the periods in ms, in NeuroGym's short forms; may be assigned to."""
        durations = (self.params if self._upcoming is None else self._upcoming[1]).timing
        return ReadOnlyDict({name: short_form(durations[name]) for name in self.task.timing})

    @property
    def choices(self) -> np.ndarray:
        """Values of the ground truth, where the task draws one of a few."""
        if not self.task.choices:
            raise AttributeError(f"{self.task.name} does not draw a ground truth from a few")
        return np.asarray(self.task.choices)

    @property
    def start_ind(self) -> dict[str, int]:
        """First step of each period of the trial under way."""
        return dict(zip(self.task.periods, self._trial_under_way().start.tolist(), strict=True))

    @property
    def end_ind(self) -> dict[str, int]:
        """First step after each period of the trial under way."""
        return dict(zip(self.task.periods, self._trial_under_way().end.tolist(), strict=True))

    @property
    def start_t(self) -> dict[str, float]:
        """When each period begins, in ms since the trial began."""
        return {name: step * self.dt for name, step in self.start_ind.items()}

    @property
    def end_t(self) -> dict[str, float]:
        """When each period ends, in ms since the trial began."""
        return {name: step * self.dt for name, step in self.end_ind.items()}

    @property
    def tmax(self) -> float:
        """Length of the trial under way, in ms."""
        return len(self.gt) * self.dt

    def trial_length_stats(self, num_trials: int = 10000) -> dict[str, float]:
        """Return mean, std, percentile_95 and max of the length of trials, in steps."""

        @jax.jit
        def draw(keys, params):
            return jax.vmap(lambda key: self.task.new_trial(key, params).length)(keys)

        lengths = np.asarray(draw(jax.random.split(jax.random.key(0), num_trials), self.params))
        return length_stats(lengths)

    def _change_timing(self, durations):
        """Let periods last as said, from the next trial on, and make room for longer ones."""
        changes = with_distributions(dict(durations))
        task, params = self._upcoming or (self.task, self.params)
        params = params.with_timing(**changes)
        try:
            task.validate(params)
        except ValueError:  # its arrays are too short
            if self._made_of is None:
                raise
            id, arguments = self._made_of
            arguments = {**arguments, "timing": {**(arguments.get("timing") or {}), **changes}}
            task = as_env(id, made_of_trials=True, **arguments)
            task.validate(params)
            self._made_of = id, arguments
        self._upcoming = task, params

    def _take_upcoming(self):
        """Go on with the task that was changed, and return its params."""
        task, params = self._upcoming or (self.task, self.params)
        self._upcoming = None
        if task is not self.task:
            as_before = {"tabulate": self._tabulate, "batch_size": self._batch_size}
            super().__init__(task, params, render_mode=self.render_mode, **as_before)
        return params

    def _begin_trial(self, conditions):
        """Begin another trial, in an episode of its own where it cannot follow the one before."""
        options: dict[str, Any] = {"conditions": conditions}
        if self._upcoming is not None:
            super().reset(options={"params": self._take_upcoming(), **options})
        elif super().trial is None or self._seeded_by is not self.np_random:
            super().reset(options=options)
        else:
            super().new_trial(**conditions)

    def _chosen_conditions(self) -> dict[str, Any]:
        """Return conditions that were chosen for the next trial."""
        return {}

    def _draw_by_wrapper(self):
        """Draw the trial under way anew, by the wrapper: it counts once."""
        self._num_tr -= 1
        self._wrapper.new_trial()

    def _told(self, conditions):
        """Return conditions as NeuroGym's users know them: 51.2 and not 51.20000076293945.

        NeuroGym's SideBias tells the probabilities of the block, too.
        """
        told: dict[str, Any] = {name: _shortest(value) for name, value in conditions.items()}
        probs = getattr(self.params, "side_bias_probs", None)
        if probs is not None:
            told["probs"] = _shortest(np.asarray(probs)[told["side_bias_block"]])
        return told


class ManyTasksEnv(TaskEnv, is_of_package=True):
    """Several environments in one, as ``ScheduleEnvs`` and ``MultiEnvs`` return it.

    Args:
        task: a `MultiTask`, perhaps in a wrapper.
        params: as for `TaskEnv`.
        **kwargs: as for `TaskEnv`.
    """

    keeps_choice = False  # is what `set_i` says for all trials to come?
    _chosen: int | None = None

    def set_i(self, i: int) -> None:
        """Let the next trial be of environment i, or all from then on in ``MultiEnvs``.

        Raises:
            ValueError: if there is none of that index.
        """
        if check_integer("i", i, at_least=0) >= len(self.envs):
            raise ValueError(
                f"there are {len(self.envs)} environments, from 0; there is none of index {i}"
            )
        self._chosen = int(i)

    @property
    def i_env(self) -> int | None:
        """Index of the environment that the trial under way is of; None before the first."""
        return None if self.trial is None else self.trial["task"]

    def rebuilt(self, task: Any) -> TaskEnv:
        """Return an environment of a task, with params and choice of this one."""
        env: Any = super().rebuilt(task)
        env.keeps_choice, env._chosen = self.keeps_choice, self._chosen
        return env

    def _chosen_conditions(self):
        if self._chosen is None:
            return {}
        chosen = {"task": self._chosen}
        self._chosen = self._chosen if self.keeps_choice else None
        return chosen


def _shortest(value):
    """Return the shortest decimal numbers that are the same in float32; no others change."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    short = shortest(array.astype(np.float32))
    return short if short.ndim else short.item()


TrialEnv.register(TaskEnv)
