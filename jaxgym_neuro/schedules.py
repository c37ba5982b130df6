# pyright: reportUnknownMemberType=false
"""Schedules: which of n conditions comes next, as pure functions of a carry and a key.

A schedule is static and hashable; what it remembers is a carry, so schedules run inside jit, vmap
and scan::

    carry = schedule.init(key)
    index, carry = schedule.next(key, carry)  # once per trial; index is int32, from 0 to n - 1
    carry = schedule.record(carry, performance)  # after the trial

Indices count from 0. A schedule begins as it would be found at a random moment, so that trials that
are drawn one by one have the indices that trials in a row have; with ``start`` it begins with an
index. What follows performance (`Curriculum`, `Staircase`) begins with index 0: at a random moment
it is where the subject has brought it.
"""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.blocks import (
    InBlock,
    Lengths,
    before,
    followed,
    found,
    found_kind,
    is_pair,
    lengths_of,
    parse_length,
)
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.support.validation import (
    check_integer,
    check_number,
    check_probabilities,
    is_list_or_tuple,
)

__all__ = [
    "Curriculum",
    "Random",
    "RandomBlock",
    "Schedule",
    "Sequential",
    "SequentialBlock",
    "Staircase",
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
        start: the first of them; None: it is drawn, all equally likely.

    Raises:
        ValueError: for n below 1, or a start that is none of the conditions.
    """

    DIFFERENCES = {
        "first": Difference(
            "a sequential schedule begins with any index, or with the one that is given",
            "2.3.1's begins with 1, so that trials drawn one by one would all be alike",
            ("test_sequential_takes_turns_from_any_or_the_given_index",),
        )
    }

    n: int
    start: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "n", _check_n(self.n))
        object.__setattr__(self, "start", _check_start(self.start, self.n))

    def init(self, key: jax.Array) -> Any:
        """Return the first index."""
        return _first_index(key, self.start, self.n)

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
        """Return the index of the trial before the first one."""
        # Without repeats, trials are as often of a condition as it is likely that it is drawn and
        # that it is left: then moves between two conditions are as often to as fro.
        weights = self._weights if self.repeat else self._weights * (1 - self._weights)
        return random.weighted(key, jnp.asarray(weights))

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

    block_lens: Sequence[Any]
    start: Any = None
    n: int = dataclasses.field(init=False, repr=False)

    def __post_init__(self):
        lens: Any = self.block_lens
        if not is_list_or_tuple(lens) or not lens:
            raise ValueError(
                f"block_lens is a list with the number of trials of each condition, not {lens!r}"
            )
        each = [parse_length("each of block_lens", one) for one in lens]
        lengths_of("block_lens", each)
        object.__setattr__(self, "block_lens", tuple(one.written for one in each))
        object.__setattr__(self, "n", len(each))
        start = self.start
        if is_pair(start):
            index = _check_start(start[0], self.n)
            start = index, parse_length("the length in start", start[1]).written
        else:
            start = _check_start(start, self.n)
        object.__setattr__(self, "start", start)

    def init(self, key: jax.Array) -> Any:
        """Return where the trial before the first one is among the blocks."""
        key_index, key_place = random.split(key)
        if self.start is None:
            index = found_kind(key_index, self.n, self._lengths)
            return found(key_place, index, self._lengths.of(index))
        start = self.start if is_pair(self.start) else (self.start, self.block_lens[self.start])
        first = lengths_of("start", [parse_length("start", start[1])]).of(jnp.int32(0))
        return before(start[0], first.draw(key_place))

    def _turn(self, key: jax.Array, carry: InBlock, following: jax.Array) -> tuple[jax.Array, Any]:
        """Go on with the block, or with one of the condition that follows."""
        carry = followed(carry, following, self._lengths.of(following).draw(key))
        return carry.kind, carry

    @property
    def _lengths(self) -> Lengths:
        each = [parse_length("each of block_lens", one) for one in self.block_lens]
        return lengths_of("block_lens", each)


@dataclasses.dataclass(frozen=True)
class SequentialBlock(_ListedBlocks):
    """Blocks of trials of one condition, the conditions in turn.

    Args:
        block_lens: trials in a block of each condition: a number, a pair (least, most) of which all
            are equally likely, or ``TruncatedExponential(mean, min, max)`` of
            `jaxgym_neuro.timing`, with numbers of trials.
        start: the condition of the first block, which begins with the first trial; or a pair of the
            condition and the length of that block. None: as at a random moment.

    Raises:
        ValueError: for no block, one without a trial, or another start.
    """

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the index of the block, or of the next one if the block is over."""
        return self._turn(key, carry, (carry.kind + 1) % jnp.int32(self.n))


@dataclasses.dataclass(frozen=True)
class RandomBlock(_ListedBlocks):
    """Blocks of trials of one condition; each block is of another condition than the last one.

    Args:
        block_lens: as those of `SequentialBlock`.
        start: as that of `SequentialBlock`.

    Raises:
        ValueError: for no block, one without a trial, or another start.
    """

    DIFFERENCES = {
        "first block": Difference(
            "`RandomBlock` begins as at a random moment, or with the block that is given",
            "2.3.1 always begins with the first",
            (
                "test_random_blocks_last_what_they_are_given_and_lead_to_any_other",
                "test_the_first_trial_is_as_one_at_a_random_moment",
            ),
        )
    }

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the index of the block, or of another one if the block is over."""
        key_index, key_length = random.split(key)
        return self._turn(key_length, carry, random.another(key_index, self.n, carry.kind))


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
        start: the first stage; None: it is drawn, all equally likely.

    Raises:
        ValueError: for n, window or min_trials below 1, another threshold, or another start.
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
    start: int | None = 0

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
        object.__setattr__(self, "start", _check_start(self.start, self.n))

    def init(self, key: jax.Array) -> Any:
        """Return the stage, trials of the stage so far, and the average performance in them."""
        return _first_index(key, self.start, self.n), jnp.int32(0), jnp.float32(0)

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


@dataclasses.dataclass(frozen=True)
class Staircase(Schedule):
    """Levels 0 (easy) to n - 1 (hard): success leads on, and failure back.

    After ``down`` successes in a row the next level follows, after ``up`` failures in a row the
    level before; either count then begins anew. (The names are those of the field, where it is the
    strength of the stimulus that goes down or up.) Trials come to lie about the level at which to
    go on is as likely as to go back: with 1 up and 2 down, that of 70.7 % correct, with 1 up and 3
    down of 79.4 % (Levitt 1971, Transformed up-down methods in psychoacoustics, Journal of the
    Acoustical Society of America 49, 467-477, https://doi.org/10.1121/1.1912375).

    Args:
        n: number of levels.
        up: failures in a row that lead to the level before.
        down: successes in a row that lead to the next level.
        threshold: a performance above it is a success, from 0 to below 1.
        start: the first level; None: it is drawn, all equally likely.

    Raises:
        ValueError: for n, up or down below 1, another threshold, or another start.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> env, _ = jgn.make("PerceptualDecisionMaking-v0")
        >>> levels = [{"coh": coh} for coh in (51.2, 25.6, 12.8, 6.4, 3.2)]
        >>> staircase = jgn.schedules.Staircase(len(levels), up=1, down=2)
        >>> jgn.wrappers.ScheduleAttr(env, staircase, levels).name
        'ScheduleAttr(PerceptualDecisionMaking)'
    """

    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no schedule that depends on performance",
            ("test_staircase_goes_on_after_successes_and_back_after_failures",),
        )
    }

    n: int
    up: int = 1
    down: int = 2
    threshold: float = 0.5
    start: int | None = 0

    def __post_init__(self):
        checked = {
            "n": check_integer("n (the number of levels)", self.n, at_least=1),
            "up": check_integer("up (failures in a row)", self.up, at_least=1),
            "down": check_integer("down (successes in a row)", self.down, at_least=1),
            "threshold": check_number("threshold", self.threshold, at_least=0, at_most=1),
        }
        if checked["threshold"] == 1:
            raise ValueError("threshold is below 1, as no performance can exceed 1")
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "start", _check_start(self.start, self.n))

    def init(self, key: jax.Array) -> Any:
        """Return the level, and the successes and failures in a row."""
        return _first_index(key, self.start, self.n), jnp.int32(0), jnp.int32(0)

    def next(self, key: jax.Array, carry: Any) -> tuple[jax.Array, Any]:
        """Return the level."""
        del key
        return carry[0], carry

    def record(self, carry: Any, performance: jax.Array) -> Any:
        """Count the success or failure, and change the level if there are enough in a row."""
        level, successes, failures = carry
        is_success = jnp.asarray(performance, jnp.float32) > np.float32(self.threshold)
        successes = jnp.where(is_success, successes + 1, 0)
        failures = jnp.where(is_success, 0, failures + 1)
        goes_on, goes_back = successes >= self.down, failures >= self.up
        level = level + goes_on.astype(jnp.int32) - goes_back.astype(jnp.int32)
        successes, failures = jnp.where(goes_on, 0, successes), jnp.where(goes_back, 0, failures)
        return jnp.clip(level, 0, self.n - 1), successes, failures


def _check_n(n: Any) -> int:
    return check_integer("n (the number of conditions)", n, at_least=1)


def _check_start(start: Any, n: int) -> int | None:
    if start is None:
        return None
    index = check_integer("start (an index)", start, at_least=0)
    if index >= n:
        raise ValueError(f"start is an index from 0 to {n - 1}, not {start!r}")
    return index


def _first_index(key: jax.Array, start: int | None, n: int) -> jax.Array:
    return random.integer(key, n) if start is None else jnp.int32(start)
