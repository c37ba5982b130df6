"""Schedules: which of n conditions comes next. Each call returns the next index."""

import abc
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import schedules
from jaxgym_neuro.support.validation import check_integer


class BaseSchedule(abc.ABC):
    """Base of the schedules; a schedule of one's own has ``__call__``.

    Attributes:
        n: number of conditions.
        i: index of the condition under way.
        count: trials of it up to now.
        total_count: trials of all conditions up to now.

    Args:
        n: number of conditions.
    """

    def __init__(self, n: int):
        self.n = check_integer("n", n, at_least=1)
        self.rng = np.random.RandomState()
        self.total_count = self.count = self.i = 0

    @abc.abstractmethod
    def __call__(self) -> int:
        """Return the index of the next trial."""

    def pure(self) -> schedules.Schedule | None:
        """Return the schedule as a pure function, which registered tasks want; None: there is none.

        It knows nothing of the trials up to now.
        """
        return None

    def seed(self, seed: int | None = None) -> None:
        """Seed what is drawn."""
        self.rng = np.random.RandomState(seed)

    def reset(self) -> None:
        """Begin anew, but go on with the random numbers."""
        self.total_count = self.count = self.i = 0

    def _move_to(self, i):
        self.count = self.count + 1 if self.total_count and i == self.i else 1
        self.total_count += 1
        self.i = i
        return i

    def _other(self):
        """Draw any index before the first trial, then one that is not that of the last."""
        if self.n == 1:
            return 0
        if not self.total_count:
            return int(self.rng.randint(self.n))
        drawn = int(self.rng.randint(self.n - 1))
        return drawn + (drawn >= self.i)


class SequentialSchedule(BaseSchedule):
    """One index after the other, from 0.

    Args:
        n: number of conditions.
    """

    def __call__(self) -> int:
        """Return the index of the next trial."""
        return self._move_to((self.i + 1) % self.n if self.total_count else 0)

    def pure(self) -> schedules.Schedule:
        """Return the schedule as a pure function."""
        return schedules.Sequential(self.n, start=0)


class RandomSchedule(BaseSchedule):
    """Each index drawn from the others, so that none follows itself.

    Args:
        n: number of conditions.
    """

    def __call__(self) -> int:
        """Return the index of the next trial."""
        return self._move_to(self._other())

    def pure(self) -> schedules.Schedule:
        """Return the schedule as a pure function."""
        return schedules.Random(self.n, repeat=self.n == 1)


class _BlockSchedule(BaseSchedule):
    """Blocks of trials.

    Args:
        n: number of conditions.
        block_lens: trials in a block of each.

    Raises:
        ValueError: unless there is a length for each condition.
    """

    def __init__(self, n: int, block_lens: Sequence[int]):
        super().__init__(n)
        if len(block_lens) != n:
            raise ValueError(
                f"block_lens has {n} lengths, one for each condition, not {block_lens!r}"
            )
        self.block_lens = block_lens

    def __call__(self) -> int:
        """Return the index of the next trial."""
        if self.total_count and self.count < self.block_lens[self.i]:
            return self._move_to(self.i)
        self.count = 0
        i = self._next_block()
        self._move_to(i)
        self.count = 1
        return i

    def _next_block(self) -> int:
        raise NotImplementedError


class SequentialBlockSchedule(_BlockSchedule):
    """Blocks of trials, one after the other, from the first.

    Args:
        n: number of conditions.
        block_lens: trials in a block of each.

    Raises:
        ValueError: unless there is a length for each condition.
    """

    def pure(self) -> schedules.Schedule:
        """Return the schedule as a pure function."""
        return schedules.SequentialBlock(self.block_lens, start=0)

    def _next_block(self):
        return (self.i + 1) % self.n if self.total_count else 0


class RandomBlockSchedule(_BlockSchedule):
    """Blocks of trials, each drawn from the others.

    Args:
        n: number of conditions.
        block_lens: trials in a block of each.

    Raises:
        ValueError: unless there is a length for each condition.
    """

    def pure(self) -> schedules.Schedule:
        """Return the schedule as a pure function."""
        return schedules.RandomBlock(self.block_lens)

    def _next_block(self):
        return self._other()


def as_pure(schedule: Any) -> Any:
    """Return the schedule as a pure function, or None for a function that draws the index itself.

    What is neither is returned as it is.
    """
    if isinstance(schedule, BaseSchedule):
        return schedule.pure()
    is_own = callable(schedule) and not isinstance(schedule, schedules.Schedule)
    return None if is_own else schedule


def as_callable(schedule: Any) -> Any:
    """Return a schedule that is called for the next index.

    Raises:
        ValueError: for a pure one, which environments of classes cannot call.
    """
    if not callable(schedule):
        raise ValueError(
            "environments of classes take a schedule of jaxgym_neuro.neurogym.utils.scheduler, or "
            f"another function that returns the next index, not {schedule!r}"
        )
    return schedule
