"""Schedules: which of n conditions comes next, as pure functions of a carry and a key.

A schedule is static and hashable; what it remembers is a carry, so schedules run inside jit, vmap
and scan::

    carry = schedule.init(key)
    index, carry = schedule.next(key, carry)  # once per trial; index is int32, from 0 to n - 1
    carry = schedule.record(carry, performance)  # after the trial

Indices count from 0, and the first trial has the first index (NeuroGym's sequential schedules step
before they return, so that theirs begin with 1).
"""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.support.validation import check_integer, check_number, check_probabilities


class Schedule(abc.ABC):
    """Base of the schedules; ``n`` is the number of conditions."""

    n: int

    @abc.abstractmethod
    def init(self, key: jax.Array) -> Any:
        """Return what the schedule remembers before the first trial."""

    @abc.abstractmethod
    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the index of the next trial, () int32, and the new carry."""

    def record(self, carry: Any, performance: jax.Array) -> Any:
        """Take note of the performance, from 0 to 1, in the trial that has ended."""
        del performance
        return carry


@dataclasses.dataclass(frozen=True)
class Sequential(Schedule):
    """One condition after the other, in turn: 0, 1, ..., n - 1, 0, ...

    Args:
        n: number of conditions.

    Raises:
        ValueError: for n below 1.
    """

    n: int

    def __post_init__(self):
        object.__setattr__(self, "n", _check_n(self.n))

    def init(self, key):
        """Begin with 0."""
        del key
        return jnp.int32(0)

    def next(self, key, carry):
        """Return the next index in turn."""
        del key
        return carry, (carry + 1) % jnp.int32(self.n)


@dataclasses.dataclass(frozen=True)
class Random(Schedule):
    """A condition drawn for each trial, by default independently and all equally likely.

    Args:
        n: number of conditions.
        probs: probability of each, n numbers that sum to 1; None: all equal.
        repeat: whether a condition may follow itself. If not, the next one is drawn from the
            others, in proportion to their ``probs``.

    Raises:
        ValueError: for n below 1, probs that are not n probabilities, or ``repeat=False`` where
            fewer than two conditions can come.
    """

    n: int
    probs: Sequence[float] | None = None
    repeat: bool = True

    def __post_init__(self):
        object.__setattr__(self, "n", _check_n(self.n))
        if self.probs is not None:
            probs = check_probabilities("probs", self.probs, shape=(self.n,))
            object.__setattr__(self, "probs", tuple(probs.tolist()))
        if not self.repeat and np.count_nonzero(self._weights) < 2:
            raise ValueError(
                "repeat=False needs at least two conditions with a positive probability, "
                f"not n={self.n}, probs={self.probs}"
            )

    @property
    def _weights(self):
        equal = (1 / self.n,) * self.n
        return np.asarray(equal if self.probs is None else self.probs, np.float32)

    def init(self, key):
        """Remember that there was no trial before."""
        del key
        return jnp.int32(-1)

    def next(self, key, carry):
        """Draw the next index."""
        weights = jnp.asarray(self._weights)
        if not self.repeat:
            weights = jnp.where(jnp.arange(self.n, dtype=jnp.int32) == carry, 0, weights)
        index = random.weighted(key, weights)
        return index, index


@dataclasses.dataclass(frozen=True)
class SequentialBlock(Schedule):
    """Blocks of trials of one condition, the conditions in turn.

    Args:
        block_lens: number of trials in a block of each condition.

    Raises:
        ValueError: for no block, or one without a trial.
    """

    block_lens: Sequence[int]

    def __post_init__(self):
        object.__setattr__(self, "block_lens", _check_block_lens(self.block_lens))

    @property
    def n(self) -> int:
        """Number of conditions."""
        return len(self.block_lens)

    def init(self, key):
        """Begin with a block of condition 0: index, and the trials of the block so far."""
        del key
        return jnp.int32(0), jnp.int32(0)

    def next(self, key, carry):
        """Return the index of the block, or of the next one if the block is over."""
        del key
        return _next_in_block(self.block_lens, carry, (carry[0] + 1) % jnp.int32(self.n))


@dataclasses.dataclass(frozen=True)
class RandomBlock(Schedule):
    """Blocks of trials of one condition; each block is of another condition than the last one.

    The first condition, too, is drawn at random (NeuroGym's first is always the first).

    Args:
        block_lens: number of trials in a block of each condition.

    Raises:
        ValueError: for no block, or one without a trial.
    """

    block_lens: Sequence[int]

    def __post_init__(self):
        object.__setattr__(self, "block_lens", _check_block_lens(self.block_lens))

    @property
    def n(self) -> int:
        """Number of conditions."""
        return len(self.block_lens)

    def init(self, key):
        """Begin with a block of any condition: index, and the trials of the block so far."""
        return random.integer(key, self.n), jnp.int32(0)

    def next(self, key, carry):
        """Return the index of the block, or of another one if the block is over."""
        return _next_in_block(self.block_lens, carry, random.another(key, self.n, carry[0]))


@dataclasses.dataclass(frozen=True)
class Curriculum(Schedule):
    """Stages 0 to n - 1; good performance leads on to the next stage, and nothing leads back.

    The stage advances after a trial if the moving average of performance exceeds the threshold. The
    average starts anew at each stage: over its first ``window`` trials it is the plain mean, and
    after that each trial moves it by 1 / ``window`` of the way to the trial's performance.

    Args:
        n: number of stages.
        threshold: performance, from 0 to below 1.
        window: trials over which the average is taken.
        min_trials: trials that each stage lasts at least; default is ``window``.

    Raises:
        ValueError: for n, window or min_trials below 1, or another threshold.
    """

    n: int
    threshold: float = 0.8
    window: int = 50
    min_trials: int | None = None

    def __post_init__(self):
        min_trials = self.window if self.min_trials is None else self.min_trials
        checked = {
            "n": check_integer("n (the number of stages)", self.n, at_least=1),
            "threshold": check_number("threshold", self.threshold, at_least=0, at_most=1),
            "window": check_integer("window (in trials)", self.window, at_least=1),
            "min_trials": check_integer("min_trials", min_trials, at_least=1),
        }
        if checked["threshold"] == 1:
            raise ValueError("threshold is below 1, as no average performance can exceed 1")
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def init(self, key):
        """Begin with stage 0: stage, trials of the stage so far, average performance in them."""
        del key
        return jnp.int32(0), jnp.int32(0), jnp.float32(0)

    def next(self, key, carry):
        """Return the stage."""
        del key
        return carry[0], carry

    def record(self, carry, performance):
        """Take the performance into the average; advance if it now exceeds the threshold."""
        stage, trials, average = carry
        trials = trials + 1
        weight = 1 / jnp.minimum(trials, jnp.int32(self.window)).astype(jnp.float32)
        average = average + weight * (jnp.asarray(performance, jnp.float32) - average)
        is_passed = (average > np.float32(self.threshold)) & (trials >= self.min_trials)
        is_passed = is_passed & (stage < self.n - 1)
        stage = stage + is_passed.astype(jnp.int32)
        # The average needs no reset: the first trial of a stage has all the weight.
        return stage, jnp.where(is_passed, 0, trials), average


def _check_n(n):
    return check_integer("n (the number of conditions)", n, at_least=1)


def _check_block_lens(lens):
    if isinstance(lens, str) or not isinstance(lens, Sequence) or not lens:
        raise ValueError(
            f"block_lens is a list with the number of trials of each condition, not {lens!r}"
        )
    return tuple(check_integer("each of block_lens (in trials)", n, at_least=1) for n in lens)


def _next_in_block(lens, carry, following):
    """Count a trial of the block, or the first one of the block that follows."""
    index, trials = carry
    is_over = trials >= jnp.asarray(np.asarray(lens, np.int32)).at[index].get(mode="clip")
    index = jnp.where(is_over, following, index)
    return index, (index, jnp.where(is_over, 1, trials + 1))
