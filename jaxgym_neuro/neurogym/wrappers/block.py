"""Wrappers that say what the next trial is: its ground truth, its conditions, its task."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.task_env import ManyTasksEnv, TaskEnv
from jaxgym_neuro.neurogym.trial_env import TrialEnv
from jaxgym_neuro.neurogym.trial_wrapper import OfEither, TrialWrapper, choices_of
from jaxgym_neuro.neurogym.utils.scheduler import SequentialSchedule, as_callable, as_pure
from jaxgym_neuro.neurogym.utils.spaces import Box
from jaxgym_neuro.support.validation import check_integer, check_probabilities


class RandomGroundTruth(OfEither, TrialWrapper):
    """Draw the ground truth independently in every trial.

    Args:
        env: an environment of `make`, or of a `TrialEnv`, whose task has ``choices``.
        p: probability of each; default is the same for all.

    Raises:
        ValueError: for any other environment, or other probabilities.
        AttributeError: for a task of a class without ``choices``.
    """

    pure = wrappers.RandomGroundTruth

    def __init__(self, env: Any, p: Any = None):
        super().__init__(env)
        self.choices = choices_of(env, self)
        n = len(self.choices)
        self.p = check_probabilities("p", np.full(n, 1 / n) if p is None else p, shape=(n,))

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial; ``p`` has other probabilities for it."""
        task: Any = self.unwrapped
        p = kwargs.pop("p", self.p)
        given = {"ground_truth": self.choices[task.rng.choice(len(self.choices), p=p)], **kwargs}
        return self.env.new_trial(**given)


class TrialHistoryV2(OfEither, TrialWrapper):
    """Draw the ground truth from that of the trial before, by a matrix of probabilities.

    Args:
        env: an environment of `make`, or of a `TrialEnv`, whose task has n ``choices``.
        probs: n rows, one for each ground truth of the trial before; default is 1 / n throughout.

    Raises:
        ValueError: for any other environment, or another matrix.
        AttributeError: for a task of a class without ``choices``.
    """

    pure = wrappers.TrialHistory

    def __init__(self, env: Any, probs: Any = None):
        super().__init__(env)
        self.choices = choices_of(env, self)
        n = len(self.choices)
        probs = np.full((n, n), 1 / n) if probs is None else probs
        self.probs = check_probabilities("probs", probs, shape=(n, n))
        self.prev_trial: int | None = None  # index of its ground truth; None: there was none

    def seed(self, seed: int | None = None) -> Any:
        """Seed the task, and forget the trial before."""
        self.prev_trial = None
        return super().seed(seed)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, in which no trial came before."""
        self.prev_trial = None
        return super().reset(seed=seed, options=options)

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial; ``probs`` has another matrix for it."""
        task: Any = self.unwrapped
        n, probs = len(self.choices), kwargs.get("probs", self.probs)
        before = task.rng.randint(n) if self.prev_trial is None else self.prev_trial
        drawn = int(task.rng.choice(n, p=probs[before]))
        given = {"ground_truth": self.choices[drawn], "probs": probs, **kwargs}
        self.prev_trial = int(np.flatnonzero(self.choices == given["ground_truth"])[0])
        return self.env.new_trial(**given)


class ScheduleAttr(OfEither, TrialWrapper):
    """Fix conditions of each trial by a schedule.

    Args:
        env: an environment of `make`, or of a `TrialEnv`.
        schedule: of `jaxgym_neuro.neurogym.utils.scheduler`.
        attr_list: the conditions of each index.

    Raises:
        ValueError: for any other environment, or a schedule that cannot be called.
    """

    @staticmethod
    def pure(task: Any, schedule: Any, attr_list: Sequence[Mapping[str, Any]]) -> Any:
        """Wrap a task made of pure functions; None: the schedule is no pure function."""
        schedule = as_pure(schedule)
        return None if schedule is None else wrappers.ScheduleAttr(task, schedule, attr_list)

    def __init__(self, env: Any, schedule: Any, attr_list: Sequence[Mapping[str, Any]]):
        super().__init__(env)
        self.schedule, self.attr_list = as_callable(schedule), attr_list

    def seed(self, seed: int | None = None) -> Any:
        """Seed the schedule and the task."""
        _begin(self.schedule, seed)
        return super().seed(seed)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, and the schedule."""
        _begin(self.schedule, seed)
        return super().reset(seed=seed, options=options)

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial."""
        given = {**kwargs, **self.attr_list[self.schedule()]}
        return self.env.new_trial(**given)


class _ManyEnvs(TrialWrapper):
    """Several environments, of which each trial is of one.

    Attributes:
        envs: the environments.
        i_env: which of them the trial under way is of.
    """

    def __init__(self, envs: Sequence[Any], env_input: bool):
        if not envs:
            raise ValueError("several environments in one are at least one")
        self.envs, self.i_env, self.env_input = list(envs), 0, env_input
        super().__init__(self.envs[0])
        for env in self.envs:
            env.get_wrapper_attr("set_top")(self)
        if env_input:
            self.observation_space = _with_cue(self.envs)

    def set_top(self, wrapper: Any) -> None:
        """Let a wrapper draw the trials of all environments."""
        for env in self.envs:
            env.get_wrapper_attr("set_top")(wrapper)

    def seed(self, seed: int | None = None) -> Any:
        """Seed all environments, no two alike."""
        for index, env in enumerate(self.envs):
            env.get_wrapper_attr("seed")(_own_seed(seed, index))
        return [seed]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode with a trial of one of the environments."""
        if seed is not None:
            self.seed(seed)
        return self.env.reset(options=options)

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial, of the environment whose turn it is."""
        self.i_env = self._next()
        self.env = self.envs[self.i_env]
        trial = self.env.new_trial(**kwargs)
        if self.env_input:
            task: Any = self.unwrapped
            cue = np.zeros((len(task.ob), len(self.envs)), task.ob.dtype)
            cue[:, self.i_env] = 1
            task.ob = np.concatenate([task.ob, cue], axis=-1)
        return trial

    def _next(self) -> int:
        raise NotImplementedError


class MultiEnvs(_ManyEnvs):
    """Several environments in one; `set_i` says of which the trials are.

    Args:
        envs: environments of `make`, or of classes.
        env_input: whether channels, after all others, show which environment it is.

    Raises:
        ValueError: for environments that do not go together.
    """

    def __new__(cls, envs: Sequence[Any] = (), env_input: bool = False) -> Any:
        """Make one task of several made of pure functions, or else a wrapper."""
        if cls is MultiEnvs and _are_pure(envs):
            env = _one_of(envs, SequentialSchedule(len(envs)).pure(), env_input)
            env.keeps_choice = True
            env.set_i(0)
            return env
        return super().__new__(cls)

    def __init__(self, envs: Sequence[Any], env_input: bool = False):
        super().__init__(envs, env_input)
        self._chosen = 0

    def set_i(self, i: int) -> None:
        """Let all trials from the next one on be of environment i."""
        self._chosen = check_index(i, len(self.envs))

    def _next(self):
        return self._chosen


class ScheduleEnvs(_ManyEnvs):
    """Several environments in one; a schedule says of which each trial is.

    Args:
        envs: environments of `make`, or of classes.
        schedule: of `jaxgym_neuro.neurogym.utils.scheduler`, for as many.
        env_input: whether channels, after all others, show which environment it is.
        pad: for environments of `make`: whether they may differ in the number of channels and of
            actions, as in `MultiTask`; NeuroGym's may not.

    Raises:
        ValueError: for environments that do not go together, or a schedule that cannot be called.
    """

    def __new__(
        cls, envs: Sequence[Any] = (), schedule: Any = None, env_input: bool = False, **kwargs: Any
    ) -> Any:
        """Make one task of several made of pure functions, or else a wrapper."""
        pure = as_pure(schedule)
        if cls is ScheduleEnvs and pure is not None and _are_pure(envs):
            return _one_of(envs, pure, env_input, **kwargs)
        return super().__new__(cls)

    def __init__(
        self, envs: Sequence[Any], schedule: Any, env_input: bool = False, *, pad: bool = False
    ):
        if pad:
            raise ValueError("pad=True is for environments of make(), not for those of classes")
        super().__init__(envs, env_input)
        self.schedule = as_callable(schedule)
        self._chosen: int | None = None  # for the next trial alone

    def seed(self, seed: int | None = None) -> Any:
        """Seed the schedule, and all environments, no two alike."""
        _begin(self.schedule, seed)
        return super().seed(seed)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, and the schedule."""
        _begin(self.schedule, seed)
        return super().reset(seed=seed, options=options)

    def set_i(self, i: int) -> None:
        """Let the next trial be of environment i, whatever the schedule says."""
        self._chosen = check_index(i, len(self.envs))

    def _next(self):
        chosen, self._chosen = self._chosen, None
        return int(self.schedule()) if chosen is None else chosen


def check_index(i: Any, count: int) -> int:
    """Return the index of one of several environments, or raise a ValueError."""
    if check_integer("i", i, at_least=0) >= count:
        raise ValueError(f"there are {count} environments, from 0; there is none of index {i}")
    return int(i)


def _are_pure(envs):
    for env in envs:
        if not isinstance(getattr(env, "unwrapped", None), TrialEnv):
            raise ValueError(f"envs are environments of make() or of a TrialEnv, not {env!r}")
    return len(envs) > 0 and all(isinstance(env, TaskEnv) and not env.has_wrapper for env in envs)


def _one_of(envs, schedule, env_input, pad=False):
    tasks = [env.task for env in envs]
    one = ManyTasksEnv(wrappers.MultiTask(tasks, schedule, task_cue=env_input, pad=pad))
    one.envs = tuple(envs)
    return one


def _with_cue(envs):
    """Return the space of observations with a channel for each environment."""
    first = envs[0]
    for env in envs:
        if not isinstance(env.observation_space, Box) and not hasattr(env.action_space, "n"):
            raise ValueError(f"env_input is for rows of channels and discrete actions, not {env}")
        same = env.observation_space.shape == first.observation_space.shape
        if not same or env.action_space != first.action_space:
            raise ValueError(
                "environments with env_input have as many channels and actions as each other: "
                f"{env} has {env.observation_space} and {env.action_space}, {first} has "
                f"{first.observation_space} and {first.action_space}"
            )
        if isinstance(env.unwrapped, TaskEnv):
            raise ValueError("env_input is for environments of make() alone, or of classes alone")
    if len(first.observation_space.shape) != 1:
        raise ValueError(f"env_input adds channels to rows of them, not to {first}")
    size = first.observation_space.shape[0]
    names = {**getattr(first.observation_space, "name", {})}
    names["task_cue"] = list(range(size, size + len(envs)))
    dtype = first.observation_space.dtype
    return Box(-np.inf, np.inf, shape=(size + len(envs),), dtype=dtype, name=names)


def _begin(schedule, seed):
    """Begin a schedule, and seed it; a function has neither."""
    if hasattr(schedule, "reset"):
        schedule.reset()
    if seed is not None and hasattr(schedule, "seed"):
        schedule.seed(_own_seed(seed, 0))


def _own_seed(seed, index):
    """Return a seed for one of several."""
    if seed is None:
        return None
    return int(np.random.SeedSequence([int(seed), index]).generate_state(1)[0])
