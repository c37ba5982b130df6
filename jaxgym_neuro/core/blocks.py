# pyright: reportUnknownMemberType=false
"""Blocks: runs of trials of one kind, how long they are, and where in one an episode begins.

Whoever looks at a random moment is in a block of a kind as often as its blocks last, and in a long
block rather than a short one: of a length as often as such blocks occur, times the length. An
episode begins so, unless it is told to begin at the beginning of a block. Trials that are drawn one
by one, each the first of an episode, then are what trials in a row are.
"""

import dataclasses
import numbers
from collections.abc import Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro import random
from jaxgym_neuro.core.params import integer, number, probability
from jaxgym_neuro.support.meshes import axes_of, vary
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import (
    check_integer,
    check_name,
    check_number,
    is_list_or_tuple,
    plain,
)
from jaxgym_neuro.timing import TruncatedExponential, parse

STARTS = ("anywhere", "block")
_BISECTIONS = 24  # a block has fewer than 2**24 trials
_LEAST_P = 1e-6  # of an end: a block that never ends has lasted as if with this probability


@pytree
class InBlock:
    """Where a trial is among the blocks."""

    kind: jax.Array  # () int32, of the block
    trial: jax.Array  # () int32, number of the trial in the block, from 0
    left: jax.Array  # () int32, trials of the block that come after it; 0 if it ends by chance


@pytree
class Lengths:
    """How many trials blocks have: whole numbers from ``least`` to ``most``.

    All are equally likely; with a ``scale``, each is exp(-1 / scale) times as likely as the one
    that is shorter by a trial. Each number is for all kinds of blocks, or an array for each.
    """

    least: Any  # int32, at least 1
    most: Any  # int32
    scale: Any = None  # float32, above 0; None: all equally likely

    def of(self, kind: jax.Array) -> "Lengths":
        """Return the lengths of the blocks of a kind."""
        scale = None if self.scale is None else of_kind(self.scale, kind, jnp.float32)
        least, most = (of_kind(x, kind, jnp.int32) for x in (self.least, self.most))
        return Lengths(least=least, most=most, scale=scale)

    def mean(self) -> jax.Array:
        """Return the mean length, float32."""
        least, count = self._least_and_count()
        if self.scale is None:
            return least + (count - 1) / 2
        weight, sum_of_lengths = self._sums(count)
        return sum_of_lengths / weight

    def draw(self, key: jax.Array) -> jax.Array:
        """Draw the length of a block, () int32."""
        if self.scale is None:
            return random.between(key, self.least, self.most)
        least, count = self._least_and_count()
        scale = jnp.asarray(self.scale, jnp.float32)
        beyond = -scale * jnp.log1p(random.uniform(key) * jnp.expm1(-count / scale))
        drawn = (least + jnp.floor(beyond)).astype(jnp.int32)
        return jnp.minimum(drawn, jnp.asarray(self.most, jnp.int32))

    def draw_found(self, key: jax.Array) -> jax.Array:
        """Draw the length of the block that is found at a random moment, () int32."""
        if self.scale is None:
            # The greater of two numbers is n with a probability in proportion to
            # 2 (n - least) + 1, and a number is n with the same for all: mixed, n.
            key_one, key_other, key_which = random.split(key, 3)
            one, other = (random.between(k, self.least, self.most) for k in (key_one, key_other))
            least, count = self._least_and_count()
            takes_greater = random.uniform(key_which) * (2 * least + count - 1) < count
            return jnp.where(takes_greater, jnp.maximum(one, other), one)
        least, most = (jnp.asarray(x, jnp.int32) for x in (self.least, self.most))
        point = random.uniform(key) * self._sums((most - least + 1).astype(jnp.float32))[1]

        def halve(_: Any, ends: Any) -> Any:
            low, high = ends
            middle = (low + high) // 2
            is_enough = self._sums(middle.astype(jnp.float32))[1] > point
            return jnp.where(is_enough, low, middle), jnp.where(is_enough, middle, high)

        ends = jnp.zeros_like(least), most - least + 1
        ends = vary(ends, axes_of((ends, point)))
        return least + cast(Any, lax.fori_loop(0, _BISECTIONS, halve, ends))[1] - 1

    def _least_and_count(self) -> tuple[jax.Array, jax.Array]:
        """Return the least length, and how many lengths there are, as float32."""
        least, most = (jnp.asarray(x, jnp.int32) for x in (self.least, self.most))
        return least.astype(jnp.float32), (most - least + 1).astype(jnp.float32)

    def _sums(self, count: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Sum the weights of the shortest lengths, and those times the lengths."""
        least = jnp.asarray(self.least, jnp.int32).astype(jnp.float32)
        scale = jnp.asarray(self.scale, jnp.float32)
        ratio, rest = jnp.exp(-1 / scale), -jnp.expm1(-1 / scale)
        weight = -jnp.expm1(-count / scale) / rest
        beyond = (ratio * weight - count * jnp.exp(-count / scale)) / rest
        return weight, least * weight + beyond


def of_kind(value: Any, kind: jax.Array, dtype: Any) -> jax.Array:
    """Return a number that is for all kinds, or that of a kind from an array for each."""
    array = jnp.asarray(value, dtype)
    return array.at[kind].get(mode="clip") if array.ndim else array


def before(kind: Any, length: Any) -> InBlock:
    """Return where the trial before the first one of a block is."""
    kind, length = jnp.asarray(kind, jnp.int32), jnp.asarray(length, jnp.int32)
    return InBlock(kind=kind, trial=jnp.full_like(kind, -1), left=length)


def found(key: jax.Array, kind: jax.Array, lengths: Lengths) -> InBlock:
    """Return where a trial is at a random moment in a block of a kind.

    Args:
        key: one typed key.
        kind: () int32.
        lengths: of the blocks of this kind.
    """
    key_length, key_trial = random.split(key)
    length = lengths.draw_found(key_length)
    trial = random.between(key_trial, 0, length - 1)
    return InBlock(kind=jnp.asarray(kind, jnp.int32), trial=trial, left=length - 1 - trial)


def followed(
    at: InBlock, kind: jax.Array, length: jax.Array, is_over: jax.Array | None = None
) -> InBlock:
    """Return where the next trial is: in the same block, or in one that follows if it is over.

    Args:
        at: where the trial before is.
        kind: of the block that would follow.
        length: trials of that block.
        is_over: whether the block ends; by default if no trials are left of it.
    """
    is_over = at.left <= 0 if is_over is None else is_over
    return InBlock(
        kind=jnp.where(is_over, kind, at.kind),
        trial=jnp.where(is_over, 0, at.trial + 1),
        left=jnp.maximum(jnp.where(is_over, length, at.left) - 1, 0),
    )


def found_kind(key: jax.Array, num: int, lengths: Lengths) -> jax.Array:
    """Draw the kind of the block that is found at a random moment, () int32.

    Args:
        key: one typed key.
        num: number of kinds, of which blocks are equally often.
        lengths: of their blocks.
    """
    return random.weighted(key, jnp.broadcast_to(lengths.mean(), (num,)))


# ------------------------------------------------------------------ lengths, as they are given


@dataclasses.dataclass(frozen=True)
class Length:
    """The numbers of `Lengths` of one kind, as Python's."""

    least: int
    most: int
    scale: float | None = None

    @property
    def written(self) -> Any:
        """As it may be given: a number, a pair, or the short form of a truncated exponential."""
        if self.scale is not None:
            return "truncated_exponential", (self.scale, self.least, self.most)
        return self.least if self.least == self.most else (self.least, self.most)


def parse_length(name: str, given: Any) -> Length:
    """Return the lengths that are meant by a number, a pair, or a truncated exponential.

    Args:
        name: what it is called in the error.
        given: trials in a block, an int; the least and the most, all equally likely, a pair of
            ints; or ``TruncatedExponential(mean, min, max)``, with numbers of trials, or its short
            form.

    Raises:
        ValueError: for anything else.
    """
    given = plain(given)
    if is_pair(given) and given[0] == "truncated_exponential":
        given = parse(name, given)
    if isinstance(given, TruncatedExponential):
        least, most = (
            check_integer(f"{which} of {name} (in trials)", _whole(trials), at_least=1)
            for which, trials in (("min", given.min), ("max", given.max))
        )
        _check_ascending(name, least, most)
        scale = check_number(f"mean of {name} (in trials)", plain(given.mean), above=0)
        return Length(least, most, scale)
    if is_pair(given):
        least, most = (check_integer(f"each end of {name}", n, at_least=1) for n in given)
        _check_ascending(name, least, most)
        return Length(least, most)
    trials = check_integer(f"{name} (in trials)", given, at_least=1)
    return Length(trials, trials)


def lengths_of(name: str, given: Sequence[Length]) -> Lengths:
    """Return the lengths of several kinds of blocks, as arrays with a number for each.

    Raises:
        ValueError: where some are exponential and others are equally likely.
    """
    least, most = (np.asarray([getattr(x, field) for x in given]) for field in ("least", "most"))
    least, most = least.astype(np.int32), most.astype(np.int32)
    scales = [1.0 if x.scale is None and x.least == x.most else x.scale for x in given]
    if all(x.scale is None for x in given):
        return Lengths(least=least, most=most)
    if None in scales:
        raise ValueError(
            f"{name} are all truncated exponentials, or constants; or else none is exponential"
        )
    return Lengths(least=least, most=most, scale=np.asarray(scales, np.float32))


def is_pair(value: Any) -> bool:
    """Whether a value is a tuple or list of two."""
    return is_list_or_tuple(value) and len(value) == 2


def _whole(value: Any) -> Any:
    """Return a float that is a whole number as an int; distributions hold floats."""
    value = plain(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_ascending(name: str, least: int, most: int) -> None:
    if least > most:
        raise ValueError(f"{name}=(least, most) is in ascending order, not {(least, most)!r}")


# ------------------------------------------------------------------ blocks whose lengths are params


def shortest_block(trials: int = 200) -> Any:
    """Declare a field of params, ``<prefix>_block_least``: see `Blocks`."""
    return integer(trials, "trials in the shortest block (of each kind, if an array)", at_least=1)


def longest_block(trials: int = 200) -> Any:
    """Declare a field of params, ``<prefix>_block_most``: see `Blocks`."""
    return integer(trials, "trials in the longest block (of each kind, if an array)", at_least=1)


def block_scale(trials: float = 60.0) -> Any:
    """Declare a field of params, ``<prefix>_block_scale``: see `Blocks`."""
    return number(trials, "in truncated exponential blocks, the mean if they were not cut", above=0)


def switch_probability(p: float = 0.0) -> Any:
    """Declare a field of params, ``<prefix>_switch``: see `Blocks`."""
    return probability(p, "or the probability that a block (of each kind) ends before a trial")


def first_block(trials: int = 90) -> Any:
    """Declare a field of params, ``<prefix>_first_block``: see `Blocks`."""
    return integer(trials, "trials in the first block, where that has its own", at_least=1)


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Blocks of trials of one kind, whose lengths are params; each is of another kind.

    What draws trials in blocks has the numbers among its params: the shortest and the longest
    block, and the scale of exponential lengths; or the probability to switch before a trial. It is
    no schedule, as `next` takes the params.

    Args:
        n: number of kinds; that of a special first block is n.
        block_dur: trials in a block, in any form that `parse_length` takes; the probability to
            switch before each trial, a float between 0 and 1; or a list of these, one for each
            kind (of two ints it is a pair).
        prefix: of the names of the params.
        first: trials in the special first block; None: there is none.
        start: ``"anywhere"``: as at a random moment, when a special first block is over;
            ``"block"``: at the beginning of a block, the special one if there is one.
    """

    n: int
    block_dur: Any
    prefix: str
    first: int | None = None
    start: str = "anywhere"

    def __post_init__(self):
        check_name("start", self.start, STARTS)
        if self.first is not None:
            first = check_integer("trials of first_block", self.first, at_least=1)
            object.__setattr__(self, "first", first)
        object.__setattr__(self, "block_dur", self._checked(self.block_dur))

    def _checked(self, given: Any) -> Any:
        """Return a `Length` or a probability, or a tuple of them."""
        given = plain(given)
        if is_list_or_tuple(given) and not _is_one_length(given):
            if len(given) != self.n:
                raise ValueError(
                    f"block_dur is of all kinds of blocks, or a list for each of {self.n}, "
                    f"not {given!r}"
                )
            each = tuple(self._checked_one(one) for one in given)
            if len({isinstance(one, float) for one in each}) > 1:
                raise ValueError(
                    f"block_dur has numbers of trials, or probabilities to switch, not {given!r}"
                )
            if not isinstance(each[0], float):
                lengths_of("block_dur", each)
            return each
        return self._checked_one(given)

    def _checked_one(self, given: Any) -> Any:
        given = plain(given)
        is_whole = isinstance(given, numbers.Integral) and given is not True and given is not False
        if is_whole or isinstance(given, TruncatedExponential) or is_pair(given):
            return parse_length("block_dur", given)
        if isinstance(given, numbers.Real) and 0 < float(given) < 1:
            return float(given)
        raise ValueError(
            "block_dur is a number of trials, a pair (least, most) of them, a truncated "
            "exponential, a probability to switch, above 0 and below 1, or a list of these with "
            f"one for each kind, not {given!r}"
        )

    @property
    def is_by_chance(self) -> bool:
        """Whether a block ends by chance rather than after a number of trials."""
        dur = self.block_dur
        return isinstance(dur[0] if isinstance(dur, tuple) else dur, float)

    @property
    def params(self) -> dict[str, Any]:
        """Names and values of the params."""
        dur: Any = self.block_dur
        found: dict[str, Any] = {}
        if self.first is not None:
            found[f"{self.prefix}_first_block"] = self.first
        if self.is_by_chance:
            return {f"{self.prefix}_switch": dur, **found}
        lengths: Any = lengths_of("block_dur", dur) if is_list_or_tuple(dur) else dur
        fields = {"least": lengths.least, "most": lengths.most, "scale": lengths.scale}
        named = {f"{self.prefix}_block_{name}": x for name, x in fields.items() if x is not None}
        return {**named, **found}

    def check(self, params: Any) -> None:
        """Raise a ValueError unless the shortest blocks are no longer than the longest."""
        if self.is_by_chance:
            return
        numbers = (getattr(params, f"{self.prefix}_block_{name}") for name in ("least", "most"))
        for least, most in zip(*(np.ravel(np.asarray(x)) for x in numbers), strict=True):
            if not 1 <= int(least) <= int(most):
                raise ValueError(f"the shortest block is of 1 to {most} trials, not of {least}")

    def init(self, key: jax.Array, params: Any) -> InBlock:
        """Return where the trial before the first one is."""
        key_kind, key_place = random.split(key)
        if self.start == "block" and self.first is not None:
            return before(self.n, getattr(params, f"{self.prefix}_first_block"))
        if self.start == "block":
            kind = random.integer(key_kind, self.n)
            length = 0 if self.is_by_chance else self._lengths(params).of(kind).draw(key_place)
            return before(kind, length)
        if not self.is_by_chance:
            kind = found_kind(key_kind, self.n, self._lengths(params))
            return found(key_place, kind, self._lengths(params).of(kind))
        p = jnp.clip(self._switch(params), np.float32(_LEAST_P), np.float32(1 - _LEAST_P))
        kind = random.weighted(key_kind, jnp.broadcast_to(1 / p, (self.n,)))
        lasted = jnp.log1p(-random.uniform(key_place)) / jnp.log1p(-of_kind(p, kind, jnp.float32))
        return InBlock(kind=kind, trial=lasted.astype(jnp.int32), left=jnp.int32(0))

    def next(self, key: jax.Array, at: InBlock, params: Any) -> InBlock:
        """Return where the next trial is.

        Args:
            key: one typed key.
            at: where the trial before is, as `init` or `next` returned it.
            params: what has the numbers.
        """
        key_kind, key_end, key_first = random.split(key, 3)
        kind = random.another(key_kind, self.n, at.kind)
        if self.first is not None:
            kind = jnp.where(at.kind == self.n, random.integer(key_first, self.n), kind)
        if not self.is_by_chance:
            return followed(at, kind, self._lengths(params).of(kind).draw(key_end))
        ends = random.bernoulli(key_end, of_kind(self._switch(params), at.kind, jnp.float32))
        if self.first is not None:
            ends = jnp.where(at.kind == self.n, at.left <= 0, ends)
        return followed(at, kind, jnp.int32(1), ends)

    def moves(self, params: Any) -> jax.Array:
        """Return the probability of each kind (column) after each kind, of blocks that end so."""
        ends = jnp.broadcast_to(self._switch(params), (self.n,))[:, None]
        stays = np.eye(self.n, dtype=np.float32)
        if self.n == 1:
            return jnp.asarray(stays)
        return jnp.where(stays == 1, 1 - ends, ends / np.float32(self.n - 1))

    def _switch(self, params: Any) -> jax.Array:
        return jnp.asarray(getattr(params, f"{self.prefix}_switch"), jnp.float32)

    def _lengths(self, params: Any) -> Lengths:
        names = {field: f"{self.prefix}_block_{field}" for field in ("least", "most", "scale")}
        fields = {
            field: getattr(params, name) for field, name in names.items() if name in self.params
        }
        return Lengths(**fields)


def _is_one_length(given: Any) -> bool:
    """Whether a list is a pair of numbers of trials, or the short form of an exponential."""
    is_named = is_pair(given) and given[0] == "truncated_exponential"
    return is_named or (is_pair(given) and all(isinstance(plain(x), int) for x in given))
