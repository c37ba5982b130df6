"""Which trials have ended in a chunk of steps that many environments took, and what was answered.

A chunk has S steps of N environments, in arrays (S, N, ...).
"""

import itertools
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np


class EndedTrials:
    """Finds the trials that have ended, chunk after chunk.

    Args:
        quota: (N,) how many trials of each environment are wanted, the first ones.

    Attributes:
        counts: (N,) how many have ended, up to now.
    """

    def __init__(self, quota: np.ndarray):
        self.quota, self.counts = quota, np.zeros(len(quota), np.int64)
        self._given: dict[str, tuple[np.ndarray, np.ndarray]] = {}  # in the trials under way
        self._done = 0  # steps, in the chunks before
        self._begun = np.zeros(len(quota), np.int64)  # steps done before the trials under way

    def of_chunk(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was recorded at the ends of trials, in a chunk that follows those before.

        Args:
            record: a pytree of arrays (S, N, ...), of each step: ``new_trial``, did a trial end?
                ``cut``, did the episode? Then the trial under way is no trial. ``answers``, by
                name the value and the time of what was answered, which is below 0 where nothing
                was. And anything else.

        Returns:
            A pytree of arrays (n, ...), in the order in which trials ended: everything else, the
            ``step`` of the chunk, ``env``, the number of the ``trial`` in it, how many ``steps`` it
            lasted, those included in which its clock stood still, and of each of ``answers`` the
            last that was given in the trial, with a time below 0 if none was.
        """
        others = dict(record)
        ends, cuts, answers = (others.pop(name) for name in ("new_trial", "cut", "answers"))
        step, env = np.nonzero(ends)
        trial = self.counts[env] + _running(np.add, ends.astype(np.int32))[step, env] - 1
        self.counts = self.counts + np.count_nonzero(ends, axis=0)
        is_wanted = trial < self.quota[env]
        if not is_wanted.all():
            step, env, trial = step[is_wanted], env[is_wanted], trial[is_wanted]
        # A row more, the first: what was before the chunk.
        over = _last_rows(np.concatenate([np.zeros_like(ends[:1]), ends | cuts]))
        found = {}
        for name, (values, times) in answers.items():
            blank = np.zeros_like(values[0]), np.full_like(times[0], -1)
            pairs = zip(self._given.get(name, blank), (values, times), strict=True)
            values, times = (np.concatenate([first[None], x]) for first, x in pairs)
            last = _last_rows(times >= 0)
            # What was answered before the trial began was answered in another one.
            found[name] = _picked(values, times, last[step + 1, env], over[step, env], env)
            self._given[name] = _picked(values, times, last[-1], over[-1], np.arange(len(over[0])))
        before = over[step, env]
        steps = self._done + step + 1 - np.where(before > 0, self._done + before, self._begun[env])
        self._begun = np.where(over[-1] > 0, self._done + over[-1], self._begun)
        self._done += len(ends)
        columns = jax.tree.map(lambda x: x[step, env], others)
        places = {"step": step, "env": env, "trial": trial, "steps": steps}
        return {**columns, **places, "answers": found}


def _running(function: np.ufunc, x: Any) -> Any:
    """Do what ``function.accumulate(x)`` does; row by row takes a fifth of its time."""
    for before, now in itertools.pairwise(x):
        function(before, now, out=now)
    return x


def _last_rows(mask: Any) -> Any:
    """Return for each row the last one, up to it, in which a column is True, or -1."""
    rows = np.arange(len(mask), dtype=np.int32)[:, None]
    return _running(np.maximum, np.where(mask, rows, np.int32(-1)))


def _picked(values: Any, times: Any, row: Any, after: Any, env: Any) -> Any:
    """Return values and times of rows, if they come after some others, else a time of -1."""
    found, time = values[np.maximum(row, 0), env], times[np.maximum(row, 0), env]
    return found, np.where(row > after, time, np.float32(-1))
