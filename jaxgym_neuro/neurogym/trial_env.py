"""TrialEnv: a task written as a class in NeuroGym's vocabulary, in NumPy."""

import abc
import copy
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from jaxgym_neuro.neurogym.durations import draw, reseed, steps_in
from jaxgym_neuro.support.validation import check_number, unknown_name

_MOST_OF_A_STEP = 1 - 1e-3  # a float clock's 299.99999 ms are 300


class InvalidOperationError(ValueError):
    """What is done to a trial comes too late for it."""


class _CallsPostInit(abc.ABCMeta):
    """Calls ``_post_init`` when the constructors of all classes have run."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        env = super().__call__(*args, **kwargs)
        env._post_init()
        return env


class BaseEnv(gymnasium.Env):
    """What an environment has whose steps last ``dt`` ms.

    Attributes:
        dt: the step in ms.
        t: time since the trial began, in ms: a whole number of steps.
        t_ind: steps since the trial began.
        tmax: length of the trial, in ms; 10,000 for a task without periods.
        performance: what the subject scored in the trial under way, 0 at its start.
        rewards: amount of each reward, by name.
        rng: where random numbers are drawn, a ``numpy.random.RandomState``.
    """

    def __init__(self, dt: float = 100):
        super().__init__()
        check_number("dt", dt, above=0)
        self.dt = dt
        self.t: float = 0
        self.t_ind = 0
        self.tmax: float = 10_000
        self.performance: Any = 0
        self.rewards: Any = {}
        self.rng = np.random.RandomState()

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the random numbers and the spaces; None: from the operating system."""
        self._seed_task(seed)
        if getattr(self, "action_space", None) is not None:
            self.action_space.seed(seed)
        return [seed]

    def _seed_task(self, seed):
        self.rng = np.random.RandomState(seed)
        if getattr(self, "observation_space", None) is not None:
            self.observation_space.seed(seed)


class TrialEnv(BaseEnv, metaclass=_CallsPostInit):
    """A task made of trials, to be subclassed as NeuroGym's class of that name.

    A subclass sets ``observation_space`` and ``action_space`` in its constructor, draws a trial in
    ``_new_trial(self, **kwargs)``, and judges an action in ``_step(self, action)``; NumPy runs it,
    one step at a time. The page "Tasks as classes" writes a task so, and as pure functions.

    The clock counts whole steps. A step belongs to the period in which it begins, and a period that
    lasts less than one step lasts one. What `make` returns is a `TrialEnv` to ``isinstance``, too.

    Attributes:
        timing: duration of each period: ms, one of NeuroGym's short forms, a function, or a
            distribution of `jaxgym_neuro.timing`.
        trial: what ``_new_trial`` returned.
        num_tr: trials begun since the reset, the one under way included.
        ob: observations of the trial, one row a step; None where it makes none in advance.
        gt: ground truth of the trial, likewise.
        start_t: when each period of the trial begins, in ms since the trial began.
        end_t: when each period ends.
        start_ind: first step of each period.
        end_ind: first step after each period.

    Args:
        dt: the step in ms.
        num_trials_before_reset: without effect, as in NeuroGym.
        r_tmax: reward added where a trial runs out of time.

    Raises:
        ValueError: for a step of 0 ms or less.
    """

    def __init__(
        self, dt: float = 100, num_trials_before_reset: int = 10_000_000, r_tmax: float = 0
    ):
        super().__init__(dt=dt)
        self.r_tmax = r_tmax
        self.num_tr = 0
        self.num_tr_exp = num_trials_before_reset
        self.trial: Any = None
        self.timing: dict[str, Any] = {}
        self.ob: Any = None
        self.gt: Any = None
        self.start_t: dict[str, float] = {}
        self.end_t: dict[str, float] = {}
        self.start_ind: dict[str, int] = {}
        self.end_ind: dict[str, int] = {}
        self._almost_over = _MOST_OF_A_STEP * dt  # when the step under way is as good as over
        self._default_ob_value: Any = None  # None: 0
        self._tmax: float = 0  # end of the periods that the trial has up to now
        self._ob_built = self._gt_built = self._has_gt = False
        self._top: Any = self
        self._duration: dict[str, float] = {}  # of every period that a trial has had
        self._row: Any = None  # observation at the current step
        self._array_of_row: Any = None  # the array of which it is a row
        self._slots: dict[str, Any] = {}  # where each channel is, of the space beside it
        self._space_of_slots: Any = None

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "metadata" in vars(cls):  # Gymnasium asks for the modes, which NeuroGym's tasks have not
            cls.metadata = {"render_modes": [], **cls.metadata}

    # ------------------------------------------------------------------ what a subclass writes

    def _new_trial(self, **kwargs: Any) -> Any:
        """Draw a trial: add its periods, observations and ground truth; return its conditions."""
        raise NotImplementedError(f"{type(self).__name__} has no _new_trial(self, **kwargs)")

    def _step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Judge an action: return observation, reward, terminated, truncated and info.

        ``self.ob_now`` as the observation stands for the one at the next step. ``new_trial`` in
        ``info`` ends the trial.
        """
        raise NotImplementedError(f"{type(self).__name__} has no _step(self, action)")

    def _post_init(self, allow_empty_timing: bool = False) -> None:
        """Do what is to be done after the constructor. A task without periods needs no timing."""
        del allow_empty_timing

    @staticmethod
    def post_step(
        ob: Any, reward: Any, terminated: bool, truncated: bool, info: dict[str, Any]
    ) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Change what a step returns, such as an observation that depends on the action."""
        return ob, reward, terminated, truncated, info

    # ------------------------------------------------------------------ what its users call

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed trials, spaces, and the durations that draw numbers of their own, each unlike."""
        return super().seed(seed)

    def _seed_task(self, seed):
        super()._seed_task(seed)
        reseed(self.timing, seed)

    def reset(
        self,
        seed: int | None = None,
        options: Mapping[str, Any] | None = None,
        no_step: bool = True,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin with a new trial, and return its first observation; the clock stands at 0.

        No step is taken, but where trials make no observations in advance: see
        `first_observation`.

        Args:
            seed: seeds the task; None goes on with its random numbers.
            options: NeuroGym's ``"no_step"`` and ``"step_fn"``, without effect.
            no_step: without effect.

        Raises:
            ValueError: for another option.
        """
        del no_step
        for name in options or {}:
            if name not in ("no_step", "step_fn"):
                raise unknown_name("reset option", name, ("no_step", "step_fn"))
        super().reset(seed=seed)
        if seed is not None:
            self._seed_task(seed)
        self.num_tr = 0
        self._top.new_trial()
        return self._top.unwrapped.first_observation(), {}

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial, with what is given to ``_new_trial``, and return its conditions."""
        self.t = self.t_ind = 0
        self._almost_over = _MOST_OF_A_STEP * self.dt
        self.performance = 0
        self._tmax = 0
        self._ob_built = self._gt_built = False
        self.ob = self.gt = self._row = self._array_of_row = None
        self.start_t, self.end_t, self.start_ind, self.end_ind = {}, {}, {}, {}
        self.trial = trial = self._new_trial(**kwargs)
        self._has_gt = self.gt is not None
        self.num_tr += 1
        return trial

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take one step.

        Returns:
            Observation, reward, terminated, truncated, and an info dict with ``new_trial``, ``gt``
            where there is a ground truth, and at the end of a trial its ``performance`` and its
            conditions, ``trial``.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if not self.num_tr:
            raise gymnasium.error.ResetNeeded("call reset() before the first step()")
        ob, reward, terminated, truncated, info = self._step(action)
        if self._has_gt and "gt" not in info:
            info["gt"] = self.gt[self.t_ind]
        is_next_wanted = ob is self._row and ob is not None
        dt = self.dt
        self.t_ind = t_ind = self.t_ind + 1
        self.t = t_ind * dt
        self._almost_over = almost_over = (t_ind + _MOST_OF_A_STEP) * dt
        ends = info.get("new_trial", False)
        if not ends and almost_over > self.tmax:
            ends = True
            reward += self.r_tmax
        info["new_trial"] = ends = bool(ends)
        if ends:
            info["performance"], info["trial"] = self.performance, self.trial
            self._top.new_trial()
            if is_next_wanted:
                ob = self._top.unwrapped.ob_now.copy()
        elif is_next_wanted:
            self._array_of_row = array = self.ob
            self._row = row = array[t_ind]
            ob = row.copy()
        else:
            self._row = self._array_of_row = None
        return self.post_step(ob, reward, terminated, truncated, info)

    def first_observation(self) -> Any:
        """Return what is seen before the first action of the trial that has just begun.

        Where only ``_step`` makes observations, a copy of the environment takes a random step to
        tell. If that ends the trial, as in a task of one step, what is shown belongs to the trial
        after it, and the step is taken here as well.
        """
        if self.ob is None:
            probe = copy.deepcopy(self)
            action = probe.action_space.sample()
            ob, _, _, _, info = probe.step(action)
            if info["new_trial"]:
                ob = self.step(action)[0]
                self.num_tr = 1
            if probe.ob is None or info["new_trial"]:
                return ob
        ob = self.view_ob()[0].copy()  # where _step showed an array, one that nothing was added to
        return self.post_step(ob, 0.0, False, False, {"new_trial": False})[0]

    def set_top(self, wrapper: Any) -> None:
        """Let a wrapper, instead of this environment, draw the trial after the one that ends."""
        self._top = wrapper

    def trial_length_stats(self, num_trials: int = 10_000) -> dict[str, float]:
        """Return mean, std, percentile_95 and max of the length of trials, in steps.

        A copy draws them: the environment and its random numbers stay as they are.
        """
        top = copy.deepcopy(self._top)
        lengths = []
        for _ in range(num_trials):
            top.new_trial()
            env = top.unwrapped
            lengths.append(round(env.tmax / env.dt))
        return length_stats(lengths)

    # ------------------------------------------------------------------ periods

    def sample_time(self, period: str) -> float:
        """Draw how long a period lasts, in ms: whole steps, at least one if it lasts at all.

        Raises:
            ValueError: for a period without a duration in ``timing``, or one that is none.
        """
        try:
            duration = self.timing[period]
        except KeyError:
            raise unknown_name("period", period, self.timing) from None
        if not isinstance(duration, int | float):
            duration = draw(period, duration, self.rng, since=self._tmax)
        return steps_in(duration, self.dt) * self.dt

    def add_period(
        self,
        period: str | Sequence[str],
        duration: Any = None,
        before: str | None = None,
        after: str | float | None = None,
        last_period: bool = False,
    ) -> None:
        """Add a period to the trial, or several, each after the one before it.

        Args:
            period: its name, or a list of names.
            duration: how long it lasts, in ms; of several, a list. None: as ``timing`` says.
            before: the period before which it ends.
            after: the period after which it begins, or a time in ms; by default the trial's start.
            last_period: without effect.

        Raises:
            InvalidOperationError: if the trial has observations or ground truth already.
            ValueError: for a period that is not known, a negative time, or durations that are not
                as many as the periods.
        """
        del last_period
        if self.ob is not None or self.gt is not None:
            raise InvalidOperationError(
                f"period {period!r} is added too late: the trial has observations or ground truth "
                "of the length that it had; add all periods first"
            )
        if isinstance(period, str):
            self._add_period(period, duration, before, after)
            return
        durations = [None] * len(period) if duration is None else duration
        if len(durations) != len(period):
            raise ValueError(
                f"{len(period)} periods have as many durations, not {len(durations)}: {period}"
            )
        for name, one in zip(period, durations, strict=True):
            self._add_period(name, one, None, after)
            after = name

    def _add_period(self, name, duration, before, after):
        dt = self.dt
        if duration is None:
            duration = self.sample_time(name)
        elif 0 < duration < dt:
            duration = dt
        if after is None:
            start = 0 if before is None else self._time_of(before, self.start_t) - duration
        else:
            start = self._time_of(after, self.end_t) if isinstance(after, str) else after
        end = start + duration
        if start < 0 or end < start:
            raise ValueError(f"period {name!r} begins at {start:g} ms and lasts {duration:g} ms")
        self.start_t[name], self.end_t[name] = start, end
        self.start_ind[name] = int(start / dt + 1e-3)
        self.end_ind[name] = last = int(end / dt + 1e-3)
        self._duration[name] = duration
        if end >= self._tmax:
            self._tmax, self.tmax = end, last * dt

    def _time_of(self, name, times):
        if name not in times:
            raise unknown_name("period of this trial", name, times)
        return times[name]

    def in_period(self, period: str, t: float | None = None) -> bool:
        """Whether the step under way, or a time in ms since the trial began, lies in a period.

        A period that the trial does not have holds none.

        Raises:
            ValueError: for a period that no trial has had.
        """
        almost_over = self._almost_over
        if t is not None:
            almost_over = (int(t / self.dt + 1e-3) + _MOST_OF_A_STEP) * self.dt
        try:
            return self.start_t[period] < almost_over <= self.end_t[period]
        except KeyError:
            if period not in self.timing and period not in self._duration:
                raise unknown_name("period", period, {**self.timing, **self._duration}) from None
            return False

    # ------------------------------------------------------------------ observations

    @property
    def ob_now(self) -> Any:
        """Observation at the current step. Returned by ``_step``, it stands for the next one."""
        if self._array_of_row is None or self._array_of_row is not self.ob:
            self._array_of_row = array = self.view_ob()
            self._row = array[self.t_ind]
        return self._row

    def view_ob(self, period: str | None = None) -> np.ndarray:
        """Return the observations of the trial, or of a period of it, to be written to."""
        ob = self._init_ob() if self.ob is None else self.ob
        return ob if period is None else ob[self._steps_of(period)]

    def add_ob(
        self,
        value: Any,
        period: str | Sequence[str] | None = None,
        where: Any = None,
    ) -> None:
        """Add to the observations.

        Args:
            value: a number, an array, or a function of what is there.
            period: a period or several; None: the whole trial.
            where: a channel by name or by index, or several; None: all.

        Raises:
            ValueError: for a period or channel that is not known.
        """
        place = self._place_of(where)
        for name in _names(period):
            view = self._view(name, place)
            view += value(view) if callable(value) else value
            if type(place) is list:  # then it is a copy
                self._view(name, None)[..., place] = view

    def set_ob(
        self,
        value: Any,
        period: str | Sequence[str] | None = None,
        where: Any = None,
    ) -> None:
        """Set observations, as `add_ob` adds to them."""
        place = self._place_of(where)
        for name in _names(period):
            view = self._view(name, place)
            new = value(np.zeros_like(view)) if callable(value) else value
            self._view(name, None)[..., slice(None) if place is None else place] = new

    def add_randn(
        self,
        mu: Any = 0,
        sigma: Any = 1,
        period: str | Sequence[str] | None = None,
        where: Any = None,
    ) -> None:
        """Add normal numbers to the observations: as `add_ob`, with mean and standard deviation."""
        place = self._place_of(where)
        for name in _names(period):
            noise = self.rng.standard_normal(self._view(name, place).shape)
            noise *= sigma
            noise += mu
            self.add_ob(noise, name, where)

    def _view(self, period, place):
        """Return the observations of a period at a place: a copy, where that is a list."""
        ob = self._init_ob() if self.ob is None else self.ob
        steps = slice(None) if period is None else self._steps_of(period)
        return ob[steps] if place is None else ob[steps, ..., place]

    def _steps_of(self, period):
        try:
            return slice(self.start_ind[period], self.end_ind[period])
        except KeyError:
            raise unknown_name("period of this trial", period, self.start_ind) from None

    def _place_of(self, where):
        """Return an index of the last axis: a number, a slice, a list, or None for all of it."""
        if where is None:
            return None
        if not isinstance(where, str):
            return _as_slice(where)
        if self._space_of_slots is not self.observation_space:
            self._space_of_slots, self._slots = self.observation_space, {}
        if where not in self._slots:
            names = getattr(self.observation_space, "name", {})
            if where not in names:
                raise unknown_name("channel", where, names)
            self._slots[where] = _as_slice(names[where])
        return self._slots[where]

    def _init_ob(self):
        space = self.observation_space
        if space.shape is None:
            raise ValueError(f"an array of observations needs a space with a shape, not {space}")
        shape = (self._length(), *space.shape)
        fill = self._default_ob_value
        self.ob = (
            np.zeros(shape, space.dtype) if fill is None else np.full(shape, fill, space.dtype)
        )
        self._ob_built = True
        return self.ob

    def _length(self):
        return int(self._tmax / self.dt + 1e-3)

    # ------------------------------------------------------------------ ground truth

    @property
    def gt_now(self) -> Any:
        """Ground truth at the current step; 0 in a trial that sets none."""
        gt = self._init_gt() if self.gt is None else self.gt
        return gt[self.t_ind]

    def set_groundtruth(
        self, value: Any, period: str | Sequence[str] | None = None, where: str | None = None
    ) -> None:
        """Set the ground truth.

        Args:
            value: an action, an array, or with ``where`` the number of an action of that name.
            period: a period or several; None: the whole trial.
            where: name of actions, such as ``"choice"``.

        Raises:
            ValueError: for a period or action that is not known.
        """
        if where is not None:
            value = self._action_named(where, value)
        for name in _names(period):
            self.view_groundtruth(name)[...] = value

    def view_groundtruth(self, period: str | None = None) -> np.ndarray:
        """Return the ground truth of the trial, or of a period of it, to be written to."""
        gt = self._init_gt() if self.gt is None else self.gt
        return gt if period is None else gt[self._steps_of(period)]

    def _action_named(self, where, value):
        names = getattr(self.action_space, "name", {})
        if where not in names:
            raise unknown_name("action", where, names)
        actions = names[where]
        if isinstance(actions, int):
            return actions
        return np.asarray(actions)[value] if np.ndim(value) else actions[int(value)]

    def _init_gt(self):
        space = self.action_space
        if space.shape is None:
            raise ValueError(f"an array of ground truth needs a space with a shape, not {space}")
        self.gt = np.zeros((self._length(), *space.shape), space.dtype)
        self._gt_built = True
        return self.gt


def length_stats(lengths: Any) -> dict[str, float]:
    """Return mean, std, percentile_95 and max of the lengths of trials."""
    lengths = np.asarray(lengths)
    stats = {
        "mean": lengths.mean(),
        "std": lengths.std(),
        "percentile_95": np.percentile(lengths, 95),
        "max": lengths.max(),
    }
    return {name: round(float(value), 3) for name, value in stats.items()}


def _as_slice(where):
    """Return indices that follow each other as a slice."""
    if isinstance(where, int | np.integer):
        return int(where)
    if isinstance(where, slice):
        return where
    where = np.asarray(where)
    if where.dtype == bool:
        where = np.flatnonzero(where)
    indices = where.tolist()
    follow = bool(indices) and indices == list(range(indices[0], indices[0] + len(indices)))
    return slice(indices[0], indices[-1] + 1) if follow else indices


def _names(period):
    """Return the periods as a sequence; None is the whole trial."""
    return (period,) if period is None or isinstance(period, str) else period
