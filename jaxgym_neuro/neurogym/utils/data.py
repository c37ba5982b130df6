"""Supervised data by NeuroGym's protocol: ``inputs, target = dataset()``."""

import copy
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from jaxgym_neuro.data import dataset
from jaxgym_neuro.neurogym.envs import make
from jaxgym_neuro.neurogym.task_env import TaskEnv
from jaxgym_neuro.neurogym.trial_env import TrialEnv
from jaxgym_neuro.support.validation import check_integer

_DEFAULT_STEPS = 1000
_MANY = 100  # trials, of which one at least has a ground truth if any ever has


class Dataset:
    """Endless batches of trials laid back to back, as NumPy arrays.

    Of a task made of pure functions it is `jaxgym_neuro.Dataset` with NeuroGym's defaults and
    types: targets of discrete actions are int64, and without `seed` no two datasets are alike. Of a
    task of one's own class, ``new_trial`` draws one trial after the other.

    Attributes:
        env: an environment of the task, for ``new_trial()``, ``ob`` and ``gt``.

    Args:
        env: the id of a task, an environment of `make`, or one of a `TrialEnv`, wrapped or not.
        env_kwargs: the task's constructor arguments, if it is given by its id.
        batch_size: number of rows.
        seq_len: number of steps; default 1000.
        max_batch: number of batches after which a loop ends; default is never.
        batch_first: whether arrays are (row, step, ...) instead of (step, row, ...).
        cache_len: without effect; batches are drawn ahead as is best.
        seed: equal seeds give equal batches; None: one of the operating system's.

    Raises:
        ValueError: for an unknown id or argument, for what is no environment of trials, for sizes
            below 1, and for trials without observations or ground truth in advance.
    """

    def __init__(
        self,
        env: Any,
        env_kwargs: Mapping[str, Any] | None = None,
        batch_size: int = 1,
        seq_len: int | None = None,
        max_batch: int | None = None,
        batch_first: bool = False,
        cache_len: int | None = None,
        seed: int | None = None,
    ):
        del cache_len
        if isinstance(env, str):
            env = make(env, **(env_kwargs or {}))
        if not isinstance(getattr(env, "unwrapped", None), TrialEnv):
            raise ValueError(
                "env is the id of a task, or an environment of make() or of a TrialEnv, "
                f"not {env!r}"
            )
        if isinstance(env, TaskEnv) and not env.has_wrapper:
            self.env: Any = env.rebuilt(env.task)
            self._data: Any = dataset.Dataset(
                self.env.task,
                batch_size=batch_size,
                seq_len=seq_len,
                max_batch=max_batch,
                batch_first=batch_first,
                params=self.env.params,
            )
        else:
            self.env = copy.deepcopy(env)
            self._data = _Streams(
                env, batch_size, seq_len or _DEFAULT_STEPS, max_batch, batch_first
            )
        self.batch_size, self.batch_first = batch_size, batch_first
        self.seq_len = self._data.seq_len
        self.seed(seed)

    def __call__(self, **kwargs: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and target of the next batch.

        Args:
            **kwargs: for ``new_trial`` of a task of one's own class: the batch begins with trials
                drawn so.

        Raises:
            ValueError: for arguments, where the task is made of pure functions.
        """
        if kwargs:
            self._cache(**kwargs)
        return _as_neurogym(*self._data())

    def __iter__(self) -> Self:
        """Return the dataset; a loop that was broken off is continued."""
        return self

    def __next__(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and target of the next batch, ``max_batch`` times."""
        return _as_neurogym(*next(self._data))

    def seed(self, seed: int | None = None) -> None:
        """Begin anew with another seed, None for one of the operating system's; seed ``env``."""
        self.env.get_wrapper_attr("seed")(seed)
        self._seeds = np.random.SeedSequence(seed)
        if seed is None:
            seed = int(self._seeds.generate_state(1)[0])
        self._data.seed(seed)

    def _cache(self, **kwargs: Any) -> None:
        """Forget what was drawn ahead: the next batch begins with new trials.

        NeuroGym's name for it, which scripts call.
        """
        if isinstance(self._data, _Streams):
            self._data.begin(kwargs)
            return
        if kwargs:
            raise ValueError(
                f"conditions of a dataset are fixed by ScheduleAttr, not by its call: {kwargs!r}"
            )
        self._data.seed(int(self._seeds.spawn(1)[0].generate_state(1)[0]))


class _Streams:
    """Batches cut from streams of trials, one stream a row, each of an environment of its own."""

    def __init__(self, env, batch_size, seq_len, max_batch, batch_first):
        count = check_integer("batch_size", batch_size, at_least=1)
        self.seq_len = check_integer("seq_len", seq_len, at_least=1)
        if max_batch is not None:
            check_integer("max_batch", max_batch, at_least=1)
        self.max_batch, self.batch_first = max_batch, batch_first
        self.envs = [copy.deepcopy(env) for _ in range(count)]
        self.given = 0
        self.sets_truths = False  # as far as is known
        self.begin({})

    def begin(self, conditions):
        """Begin with new trials, drawn with these conditions until the next batch is full."""
        self.conditions = conditions
        self.left: list[tuple[Any, Any] | None] = [None] * len(self.envs)  # rows to come, if any

    def seed(self, seed):
        """Begin anew: each environment with a seed of its own."""
        own = np.random.SeedSequence(int(seed)).generate_state(len(self.envs))
        for env, one in zip(self.envs, own.tolist(), strict=True):
            env.reset(seed=one)
        self.given = 0
        self.begin({})

    def __call__(self):
        """Return the next batch."""
        axis = 0 if self.batch_first else 1
        rows = [self._row(index) for index in range(len(self.envs))]
        self.conditions = {}
        return tuple(np.stack(arrays, axis) for arrays in zip(*rows, strict=True))

    def __next__(self):
        """Return the next batch, ``max_batch`` times."""
        if self.given == self.max_batch:
            self.given = 0
            raise StopIteration
        self.given += 1
        return self()

    def _row(self, index):
        env, parts, missing = self.envs[index], [], self.seq_len
        while missing > 0:
            ob, gt = self.left[index] or self._trial(env)
            parts.append((ob[:missing], gt[:missing]))
            self.left[index] = (ob[missing:], gt[missing:]) if len(ob) > missing else None
            missing -= len(ob)
        return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))

    def _trial(self, env):
        env.get_wrapper_attr("new_trial")(**self.conditions)
        ob, gt = (env.get_wrapper_attr(name) for name in ("ob", "gt"))
        if gt is None and self._sets_truths(env):
            gt = env.unwrapped.view_groundtruth()  # 0 throughout, as in a blank trial
        if ob is None or gt is None or not len(ob):
            raise ValueError(
                f"{type(env.unwrapped).__name__} has no observations or no ground truth in "
                "advance: a dataset is for tasks whose _new_trial calls add_ob and set_groundtruth"
            )
        return ob, gt

    def _sets_truths(self, env):
        """Whether any of many trials sets a ground truth."""
        if not self.sets_truths:
            probe = copy.deepcopy(env)
            for _ in range(_MANY):
                probe.get_wrapper_attr("new_trial")(**self.conditions)
                if probe.get_wrapper_attr("gt") is not None:
                    self.sets_truths = True
                    break
        return self.sets_truths


def _as_neurogym(inputs, target):
    return inputs, target.astype(np.int64) if target.dtype.kind == "i" else target
