"""Supervised data by NeuroGym's protocol: ``inputs, target = dataset()``."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from jaxgym_neuro.data import dataset
from jaxgym_neuro.neurogym.core import TrialEnv
from jaxgym_neuro.neurogym.envs import make


class Dataset:
    """Endless batches of trials laid back to back, as NumPy arrays.

    It is `jaxgym_neuro.Dataset` with NeuroGym's defaults and types: targets of discrete actions are
    int64, and without `seed` no two datasets are alike.

    Attributes:
        env: an environment of the task, for ``new_trial()``, ``ob`` and ``gt``.

    Args:
        env: the id of a task, or an environment of `make`.
        env_kwargs: the task's constructor arguments, if it is given by its id.
        batch_size: number of rows.
        seq_len: number of steps; default 1000.
        max_batch: number of batches after which a loop ends; default is never.
        batch_first: whether arrays are (row, step, ...) instead of (step, row, ...).
        cache_len: without effect; batches are drawn ahead as is best.

    Raises:
        ValueError: for an unknown id or argument, for what is not an environment of `make`, and for
            sizes below 1.
    """

    def __init__(
        self,
        env: str | TrialEnv,
        env_kwargs: Mapping[str, Any] | None = None,
        batch_size: int = 1,
        seq_len: int | None = None,
        max_batch: int | None = None,
        batch_first: bool = False,
        cache_len: int | None = None,
    ):
        del cache_len
        if isinstance(env, str):
            self.env = make(env, **(env_kwargs or {}))
        elif isinstance(env, TrialEnv):
            self.env = env.rebuilt(env.task)
        else:
            raise ValueError(
                f"env is the id of a task or an environment of make(), not {env!r}; a wrapper of "
                "Gymnasium's comes after the dataset"
            )
        self._data = dataset.Dataset(
            self.env.task,
            batch_size=batch_size,
            seq_len=seq_len,
            max_batch=max_batch,
            batch_first=batch_first,
            params=self.env.params,
        )
        self.batch_size, self.batch_first = batch_size, batch_first
        self.seq_len = self._data.seq_len
        self.seed()

    def __call__(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and target of the next batch."""
        return _as_neurogym(*self._data())

    def __iter__(self) -> Self:
        """Return the dataset; a loop that was broken off is continued."""
        return self

    def __next__(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and target of the next batch, ``max_batch`` times."""
        return _as_neurogym(*next(self._data))

    def seed(self, seed: int | None = None) -> None:
        """Begin anew with another seed, None for one of the operating system's; seed ``env``."""
        self.env.seed(seed)
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        self._data.seed(seed)


def _as_neurogym(inputs, target):
    return inputs, target.astype(np.int64) if target.dtype.kind == "i" else target
