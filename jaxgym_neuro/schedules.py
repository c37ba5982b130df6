# pyright: reportUnknownMemberType=false
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
import numbers
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.params import integer, probability
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.support.validation import (
    check_integer,
    check_number,
    check_probabilities,
    plain,
)

__all__ = [
    "Curriculum",
    "Random",
    "RandomBlock",
    "Schedule",
    "Sequential",
    "SequentialBlock",
]


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

    DIFFERENCES = {
        "first": Difference(
            "a sequential schedule begins with index 0",
            "2.3.1's begins with 1",
            ("test_sequential_begins_with_0_and_takes_turns",),
        )
    }

    n: int

    def __post_init__(self):
        object.__setattr__(self, "n", _check_n(self.n))

    def init(self, key: jax.Array) -> Any:
        """Begin with 0."""
        del key
        return jnp.int32(0)

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
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

    DIFFERENCES = {
        "independent": Difference(
            "`Random` draws independently; `repeat=False` never repeats",
            "2.3.1's never repeats, so that two conditions strictly alternate",
            (
                "test_random_draws_each_index_with_its_probability_and_independently",
                "test_random_without_repeats_draws_in_proportion_from_the_others",
            ),
        )
    }

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
    def _weights(self) -> np.ndarray:
        equal = (1 / self.n,) * self.n
        return np.asarray(equal if self.probs is None else self.probs, np.float32)

    def init(self, key: jax.Array) -> Any:
        """Remember that there was no trial before."""
        del key
        return jnp.int32(-1)

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Draw the next index."""
        weights = jnp.asarray(self._weights)
        if not self.repeat:
            weights = jnp.where(jnp.arange(self.n, dtype=jnp.int32) == carry, 0, weights)
        index = random.weighted(key, weights)
        return index, index


@dataclasses.dataclass(frozen=True)
class _ListedBlocks(Schedule):
    """Blocks of trials of one condition, of listed lengths."""

    block_lens: Sequence[int]
    n: int = dataclasses.field(init=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "block_lens", _check_block_lens(self.block_lens))
        object.__setattr__(self, "n", len(self.block_lens))

    def _begin(self, index: jax.Array) -> Any:
        """Begin with a block of a condition: index, and the trials that are left of the block."""
        return index, self._length(index)

    def _turn(self, carry: Any, following: jax.Array) -> Any:
        """Go on with the block, or with one of the condition that follows."""
        return next_in_block(carry, following, self._length(following))

    def _length(self, index: jax.Array) -> jax.Array:
        return jnp.asarray(np.asarray(self.block_lens, np.int32)).at[index].get(mode="clip")


@dataclasses.dataclass(frozen=True)
class SequentialBlock(_ListedBlocks):
    """Blocks of trials of one condition, the conditions in turn.

    Args:
        block_lens: number of trials in a block of each condition.

    Raises:
        ValueError: for no block, or one without a trial.
    """

    def init(self, key: jax.Array) -> Any:
        """Begin with a block of condition 0: index, and the trials that are left of the block."""
        del key
        return self._begin(jnp.int32(0))

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the index of the block, or of the next one if the block is over."""
        del key
        return self._turn(carry, (carry[0] + 1) % jnp.int32(self.n))


@dataclasses.dataclass(frozen=True)
class RandomBlock(_ListedBlocks):
    """Blocks of trials of one condition; each block is of another condition than the last one.

    The first condition, too, is drawn at random (NeuroGym's first is always the first).

    Args:
        block_lens: number of trials in a block of each condition.

    Raises:
        ValueError: for no block, or one without a trial.
    """

    DIFFERENCES = {
        "first block": Difference(
            "the first block of `RandomBlock` is drawn, too",
            "2.3.1 always begins with the first",
            ("test_random_blocks_last_what_they_are_given_and_lead_to_any_other",),
        )
    }

    def init(self, key: jax.Array) -> Any:
        """Begin with a block of any condition: index, and the trials that are left of the block."""
        return self._begin(random.integer(key, self.n))

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the index of the block, or of another one if the block is over."""
        return self._turn(carry, random.another(key, self.n, carry[0]))


def _is_pair(value: Any) -> bool:
    return np.shape(value) == (2,) and isinstance(value, list | tuple)


def shortest_block(trials: int = 200) -> Any:
    """Declare a field of params, ``<prefix>_block_least``: see `Blocks`."""
    return integer(trials, "trials in the shortest block", at_least=1)


def longest_block(trials: int = 200) -> Any:
    """Declare a field of params, ``<prefix>_block_most``: see `Blocks`."""
    return integer(trials, "trials in the longest block", at_least=1)


def switch_probability(p: float = 0.0) -> Any:
    """Declare a field of params, ``<prefix>_switch``: see `Blocks`."""
    return probability(p, "or the probability that a block ends before a trial")


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Blocks of trials of one condition, whose lengths are params; each is of another condition.

    What draws trials in blocks has the numbers among its params: the shortest and the longest
    block, or the probability to switch before a trial. The condition of the first block is drawn,
    too, and its length as that of the others. It is no `Schedule`, as `next` takes the params.

    Args:
        n: number of conditions.
        block_dur: trials in a block, an int; the least and the most, all equally likely, a pair of
            ints; or the probability to switch before each trial, a float between 0 and 1.
        prefix: of the names of the params.
    """

    n: int
    block_dur: Any
    prefix: str

    def __post_init__(self):
        dur = plain(self.block_dur)
        if _is_pair(dur):
            low, high = (check_integer("each end of block_dur", n, at_least=1) for n in dur)
            if low > high:
                raise ValueError(f"block_dur=(least, most) is in ascending order, not {dur!r}")
            dur = (low, high)
        elif isinstance(dur, numbers.Integral) and dur is not True and dur is not False:
            dur = check_integer("block_dur (in trials)", dur, at_least=1)
        elif isinstance(dur, numbers.Real) and 0 < float(dur) < 1:
            dur = float(dur)
        else:
            raise ValueError(
                "block_dur is a number of trials, a pair (least, most) of them, or a probability "
                f"to switch, above 0 and below 1, not {dur!r}"
            )
        object.__setattr__(self, "block_dur", dur)

    @property
    def is_by_chance(self) -> bool:
        """Whether a block ends by chance rather than after a number of trials."""
        return isinstance(self.block_dur, float)

    @property
    def params(self) -> dict[str, Any]:
        """Names and values of the params."""
        if self.is_by_chance:
            return {f"{self.prefix}_switch": self.block_dur}
        dur: Any = self.block_dur
        low, high = dur if _is_pair(dur) else (dur, dur)
        return {f"{self.prefix}_block_least": low, f"{self.prefix}_block_most": high}

    def check(self, params: Any) -> None:
        """Raise a ValueError unless the params are such numbers."""
        if self.is_by_chance:
            name = f"{self.prefix}_switch"
            check_number(name, float(getattr(params, name)), at_least=0, at_most=1)
            return
        least, most = (int(getattr(params, name)) for name in self.params)
        if not 1 <= least <= most:
            raise ValueError(f"the shortest block is of 1 to {most} trials, not of {least}")

    def init(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the condition before the first block, of which no trials are left."""
        return random.integer(key, self.n), jnp.int32(0)

    def next(
        self, key: jax.Array, carry: tuple[jax.Array, jax.Array], params: Any
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        """Return the index of the block that the next trial is in, and the new carry.

        Args:
            key: one typed key.
            carry: what `init` or `next` returned: index, and the trials left of its block, int32.
            params: what has the numbers.
        """
        index, left = carry
        key_index, key_end = random.split(key)
        other = random.another(key_index, self.n, index)
        if self.is_by_chance:
            p = jnp.asarray(getattr(params, f"{self.prefix}_switch"), jnp.float32)
            index = jnp.where(random.bernoulli(key_end, p), other, index)
            return index, (index, jnp.zeros_like(left))
        least, most = (getattr(params, name) for name in self.params)
        return next_in_block(carry, other, random.between(key_end, least, most))


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

    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no schedule that depends on performance",
            ("test_curriculum_advances_when_the_average_exceeds_the_threshold",),
        )
    }

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

    def init(self, key: jax.Array) -> Any:
        """Begin with stage 0: stage, trials of the stage so far, average performance in them."""
        del key
        return jnp.int32(0), jnp.int32(0), jnp.float32(0)

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the stage."""
        del key
        return carry[0], carry

    def record(self, carry: Any, performance: jax.Array) -> Any:
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


def _check_n(n: Any) -> int:
    return check_integer("n (the number of conditions)", n, at_least=1)


def _check_block_lens(lens: Any) -> tuple[int, ...]:
    items: Any = lens
    if isinstance(lens, str) or not isinstance(lens, Sequence) or not lens:
        raise ValueError(
            f"block_lens is a list with the number of trials of each condition, not {lens!r}"
        )
    return tuple(check_integer("each of block_lens (in trials)", n, at_least=1) for n in items)


def next_in_block(
    carry: tuple[jax.Array, jax.Array], following: jax.Array, length: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """Go on with a block of trials, or with the one that follows, if it is over.

    Args:
        carry: index of the block, and the trials that are left of it, () int32 each.
        following: index of the block that would follow.
        length: trials of that block.

    Returns:
        The index of the block that the next trial is in, and the carry after that trial.
    """
    index, left = carry
    is_over = left <= 0
    index = jnp.where(is_over, following, index)
    return index, (index, jnp.where(is_over, length, left) - 1)
