"""TrialEnv: a task with the attributes that NeuroGym's environments have."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from gymnasium.utils import seeding

from jaxgym_neuro import timing
from jaxgym_neuro.adapters.conversion import shortest, to_numpy
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.registry import as_env
from jaxgym_neuro.support.immutable import ReadOnlyDict

# What NeuroGym's TrialEnv has for every task, beside params and what a task keeps for itself.
_OF_EVERY_TASK = (
    *("choices", "dt", "end_ind", "end_t", "gt", "gt_now", "num_tr", "num_tr_exp", "ob", "ob_now"),
    *("performance", "rng", "start_ind", "start_t", "t", "t_ind", "tmax", "trial"),
)
_SHORT_NAMES = {
    timing.Choice: "choice",
    timing.TruncatedExponential: "truncated_exponential",
    timing.Uniform: "uniform",
    timing.Until: "until",
}


class TrialInfo(dict):
    """Conditions of a trial by name, as NeuroGym has them; the trial's arrays are attributes."""

    def __init__(self, conditions: Mapping[str, Any], trial: Any):
        super().__init__(conditions)
        self._trial = trial

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(f"a trial has no attribute {name!r}")
        return getattr(self._trial, name)


class TrialEnv(GymnasiumEnv):
    """A task behind ``gymnasium.Env`` with NeuroGym's attributes, as `make` returns it.

    What is not listed here, such as ``ob``, ``t``, ``in_period`` and ``rewards``, is that of
    `GymnasiumEnv`. Tasks of one's own are not subclasses of this class, but pure functions: see the
    tutorial.

    Attributes:
        envs: what was given to ``ScheduleEnvs``.

    Args:
        task: a registered id, or a task.
        params: params to begin with; default are the task's.
        **kwargs: as for `GymnasiumEnv`.

    Raises:
        ValueError: as for `GymnasiumEnv`, and for an environment that is not made of trials.
    """

    envs: Sequence[Any] = ()
    _known: tuple[Any, TrialInfo | None] = (None, None)  # a trial, and what `trial` tells of it

    def __init__(self, task: Any, params: Any = None, **kwargs: Any):
        super().__init__(task, params, **kwargs)
        as_env(self.task, made_of_trials=True)

    def __init_subclass__(cls, **kwargs: Any):
        raise TypeError(
            f"{cls.__name__}: a task of your own is a jaxgym_neuro.TrialEnv, made of pure "
            "functions; the tutorial writes one line by line (docs/tutorial.md)"
        )

    def __setattr__(self, name: str, value: Any):
        """Set an attribute, but none that NeuroGym's tasks have: it would be without effect."""
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

    def rebuilt(self, task: Any) -> "TrialEnv":
        """Return an environment of a task, such as this one's in a wrapper, with params of here."""
        params = task.default_params
        names = {field.name for field in dataclasses.fields(params)}
        own = {f.name: getattr(self.params, f.name) for f in dataclasses.fields(self.params)}
        kept = {name: value for name, value in own.items() if name in names}
        env = TrialEnv(task, params.replace(**kept), render_mode=self.render_mode)
        env.spec, env.envs = self.spec, self.envs
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
        return super().reset(seed=seed, options=kept)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step, as `GymnasiumEnv` does.

        ``info`` has ``performance`` and ``trial``, the conditions of the trial that has ended, only
        when one has.
        """
        transition = super().step(action)
        info = transition[4]
        if info.get("new_trial"):
            info["trial"] = self._told(info["conditions"])
        else:
            info.pop("performance", None)
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
        if super().trial is None or self._seeded_by is not self.np_random:
            self.reset(options={"conditions": conditions})
        else:
            super().new_trial(**conditions)
        trial: Any = self.trial
        return trial

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
        """Durations of the periods in ms, in NeuroGym's short forms."""
        durations = self.params.timing
        return ReadOnlyDict({name: _short_form(durations[name]) for name in self.task.timing})

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
        stats = {
            "mean": lengths.mean(),
            "std": lengths.std(),
            "percentile_95": np.percentile(lengths, 95),
            "max": lengths.max(),
        }
        return {name: round(float(value), 3) for name, value in stats.items()}

    def _told(self, conditions):
        """Return conditions as NeuroGym's users know them: 51.2 and not 51.20000076293945.

        NeuroGym's SideBias tells the probabilities of the block, too.
        """
        told: dict[str, Any] = {name: _shortest(value) for name, value in conditions.items()}
        probs = getattr(self.params, "side_bias_probs", None)
        if probs is not None:
            told["probs"] = _shortest(np.asarray(probs)[told["side_bias_block"]])
        return told


def _shortest(value):
    """Return the shortest decimal numbers that are the same in float32; no others change."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    short = shortest(array.astype(np.float32))
    return short if short.ndim else short.item()


def _short_form(duration):
    """Return a distribution as NeuroGym writes it, or itself if NeuroGym has none like it."""
    numbers = [np.asarray(_shortest(x)).tolist() for x in vars(duration).values()]
    if isinstance(duration, timing.Constant):
        return numbers[0]
    kind = _SHORT_NAMES.get(type(duration))
    if kind is None:
        return duration
    return (kind, numbers[0] if len(numbers) == 1 else tuple(numbers))
