# pyright: reportUnknownMemberType=false
"""How a draw fills a chunk of due rows: with trials of one kind, or of several.

Where trials are of several kinds (the tasks of a `MultiTask`), a draw has two parts (`ByKind`): of
a chunk of due rows first the kinds are chosen; then a loop for each kind, inside the first, draws
the rows of that kind. So nothing is drawn that is not due, and the cost is the mean over the kinds,
where a select would cost their sum. Each kind has few rows in a chunk, so the number of operations
matters: what is small in a trial is collected, and written once for all kinds.
"""

import abc
import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro.core.rows import RowInputs, put, take, write_over
from jaxgym_neuro.support.keys import as_words, from_words, impl_of, is_key
from jaxgym_neuro.support.meshes import axes_of, switch, vary
from jaxgym_neuro.support.pytrees import flattened
from jaxgym_neuro.support.xla import compute_once, zero_after

_T = TypeVar("_T")
# What the loops over kinds carry: the next rank, the small arrays collected, and the large ones.
_Filled: TypeAlias = tuple[jax.Array, dict[str, jax.Array], list[jax.Array]]

_WORD = 32
_PAST_THE_END = np.int32(2**30)  # a row that no array has: what is written there is dropped
# Measured: CPU time of a step, the least of 8 to 24 runs of 60 steps, settings in turn in one
# process, on two busy x86 cores; PerceptualDecisionMaking, or several tasks in one.
# Rows that are drawn at a time: a 32nd of all, but 8 at least. Flat: with 8,192 environments, a
# 16th and a 64th of them take 3 % longer.
_LEAST_CHUNK, _CHUNKS = 8, 32
# That many times the rows where there are several kinds. Flat: of 4,096 environments of three
# tasks, 4 takes 4 % longer; of 8,192 of eight, 1 as long, 8 as long, and 4 11 % less.
_TIMES_BY_KIND = 2
# Rows of one kind that are drawn at a time. With 8,192 environments of eight tasks, 16 takes 6 %
# less and 96 5 % more, 160 22 % more, by CPU time on two busy cores of an AMD EPYC.
_KIND_CHUNK = 56
# The same where every row is due: a `Dataset` of eight tasks of Yang et al., 16 rows of 100 steps,
# draws 16 % more steps by CPU time than with 56 (each in a process of its own, two busy cores).
_KIND_CHUNK_OF_ALL = 24
_MAX_COLLECTED = 64  # numbers in a row that is small enough to be copied once more; not measured


class Draw(abc.ABC):
    """What `jaxgym_neuro.core.renewal.renew` draws with, for one row and for a chunk of them."""

    @abc.abstractmethod
    def __call__(self, inputs: Any, old: Any) -> Any:
        """Return what replaces ``old`` in one row."""

    @abc.abstractmethod
    def chunk_rows(self, rows: int) -> int:
        """Return how many of ``rows`` are drawn at a time."""

    @abc.abstractmethod
    def fill(self, inputs: RowInputs, row: jax.Array, target: jax.Array, kept: Any) -> Any:
        """Draw a chunk of rows, and write them.

        Args:
            inputs: of the rows of the chunk.
            row: (n,) int32, the rows of the chunk.
            target: (n,) int32, the same, but past the end of the arrays where nothing is due.
            kept: pytree of arrays (rows, ...), the old ones.

        Returns:
            ``kept`` with what was drawn.
        """


@dataclasses.dataclass(frozen=True)
class OneKind(Draw):
    """A draw of trials of one kind.

    Attributes:
        draw: from inputs and old to what replaces old; it must not close over traced values.
    """

    draw: Callable[[Any, Any], Any]

    def __call__(self, inputs: Any, old: Any) -> Any:
        """Draw one row."""
        return self.draw(inputs, old)

    def chunk_rows(self, rows: int) -> int:
        """Rows enough to fill vector units and cores, and few enough to waste little."""
        return min(rows, _chunk_rows(rows))

    def fill(self, inputs: RowInputs, row: jax.Array, target: jax.Array, kept: Any) -> Any:
        """Draw them all, and write them."""
        return put(kept, target, inputs.map(self.draw, take(kept, row)))


@dataclasses.dataclass(frozen=True)
class ByKind(Draw):
    """A draw in two parts: what kind of trial comes next, and a trial of that kind.

    Attributes:
        choose: from inputs and old to kind and choice.
        draws: for each kind, from inputs and choice to new.
        widen: makes of the new of any kind what replaces old. Draws may return arrays (n,) that are
            shorter than old's: what comes after stays as it was.
        draws_all: whether a draw is due in every row, and not only where a trial has ended.
    """

    choose: Callable[[Any, Any], tuple[Any, Any]]
    draws: Sequence[Callable[[Any, Any], Any]]
    widen: Callable[[Any], Any] = lambda new: new
    draws_all: bool = False

    def __call__(self, inputs: Any, old: Any) -> Any:
        """Draw one trial."""
        kind, choice = self.choose(inputs, old)

        def widened(old: jax.Array, new: jax.Array) -> jax.Array:
            return new if new.shape == old.shape else write_over(old, new)

        def draw_wide(draw: Callable[[Any, Any], Any], inputs: Any, choice: Any) -> Any:
            new = draw(inputs, choice)
            if old is None:
                return self.widen(new)
            return jax.tree.map(widened, old, new)

        draws = [functools.partial(draw_wide, draw) for draw in self.draws]
        return switch(kind, draws, inputs, choice)

    def chunk_rows(self, rows: int) -> int:
        """More rows than of one kind, as each kind has only some of them; all, if all are due."""
        if self.draws_all:
            return rows
        return min(rows, _TIMES_BY_KIND * _chunk_rows(rows))

    def fill(self, inputs: RowInputs, row: jax.Array, target: jax.Array, kept: Any) -> Any:
        """Choose their kinds, and then draw those of each kind."""
        old = take(kept, row)
        kind, choice = inputs.map(self.choose, old)
        rows = len(row)
        is_due = target < len(jax.tree.leaves(kept)[0])
        begins, order = _sort_by_kind(jnp.where(is_due, kind, len(self.draws)), len(self.draws))
        # By kind, and then rows enough for a chunk that begins at the last.
        chunk = min(rows, _KIND_CHUNK_OF_ALL if self.draws_all else _KIND_CHUNK)
        place = jnp.pad(order, (0, chunk))

        def first_row(x: jax.Array) -> jax.Array:
            return x[:1]

        def without_rest(x: jax.Array) -> jax.Array:
            return x[:rows]

        choice, choice_structure = flattened(choice)
        chosen = compute_once(take(_collect(choice), place))
        inputs = inputs.select(lambda x: take(x, place))
        # What was chosen has been read from the old arrays before a draw writes to them.
        target = take(target, place) + zero_after(jax.tree.map(first_row, chosen))
        target = compute_once(target)
        kept, structure = flattened(kept)
        small = [_is_small(x) for x in kept]
        small_kept, large = _only(small, kept), _only(small, kept, False)
        small_old = _only(small, jax.tree.leaves(old))
        collected = _collect([jnp.zeros((len(place), *x.shape[1:]), x.dtype) for x in small_kept])
        collected = vary(collected, axes_of(kept))

        for number, draw_one in enumerate(self.draws):
            begin, end = begins[number], begins[number + 1]

            def fill_kind(
                carry: _Filled, draw_one: Callable[[Any, Any], Any] = draw_one, end: jax.Array = end
            ) -> _Filled:
                done, collected, large = carry

                def part(x: jax.Array) -> jax.Array:
                    return lax.dynamic_slice_in_dim(x, done, chunk)

                def write_part(x: jax.Array, y: jax.Array) -> jax.Array:
                    return lax.dynamic_update_slice_in_dim(x, y, done, 0)

                own = _spread(jax.tree.map(part, chosen), choice)
                own = jax.tree.unflatten(choice_structure, own)
                new = inputs.select(part).map(draw_one, own)
                new = jax.tree.leaves(new)
                new_small = [
                    x if x.shape[1:] == y.shape[1:] else write_over(take(y, part(place)), x, axis=1)
                    for x, y in zip(_only(small, new), small_old, strict=True)
                ]
                # Past the last row of this kind, what the next kinds write over.
                collected = jax.tree.map(write_part, collected, _collect(new_small))
                rank = done + lax.iota(jnp.int32, chunk)
                to = jnp.where(rank < end, part(target), _PAST_THE_END + rank)
                large = put(large, to, _only(small, new, False))
                return done + jnp.int32(chunk), collected, large

            _, collected, large = lax.while_loop(
                lambda carry, end=end: carry[0] < end, fill_kind, (begin, collected, large)
            )

        target, collected = jax.tree.map(without_rest, (target, collected))
        new_small = put(small_kept, target, _spread(collected, small_kept))
        return jax.tree.unflatten(structure, _merge(small, new_small, large))


def _chunk_rows(rows: int) -> int:
    return max(_LEAST_CHUNK, rows // _CHUNKS)


def _sort_by_kind(kind: jax.Array, num_kinds: int) -> tuple[jax.Array, jax.Array]:
    """Return the first rank of each kind, the rank after the last, and the place of each rank.

    Counts instead of a sort, which takes ten times as long here: a row's rank is the number of rows
    of kinds before its own, and of those of its own kind before it: in groups before its own, and
    in its own group.
    """
    rows = len(kind)
    own = jnp.pad(kind, (0, -rows % _WORD), constant_values=num_kinds).reshape(-1, _WORD)
    kinds = lax.broadcasted_iota(jnp.int32, (1, 1, num_kinds + 1), 2)
    counts = compute_once(jnp.sum(own[..., None] == kinds, axis=1, dtype=jnp.int32))
    bounds = compute_once(_sum_before(jnp.sum(counts, axis=0, dtype=jnp.int32)))
    first = compute_once(_sum_before(counts) + bounds[None])
    is_before = np.tri(_WORD, k=-1, dtype=np.bool_)
    same = (own[:, :, None] == own[:, None, :]) & is_before[None]
    within = jnp.sum(same, axis=2, dtype=jnp.int32)
    group = lax.broadcasted_iota(jnp.int32, own.shape, 0)
    rank = first.at[group, own].get(mode="promise_in_bounds") + within
    place = lax.iota(jnp.int32, own.size)
    order = jnp.zeros(own.size, jnp.int32)
    order = order.at[rank.reshape(-1)].set(place, unique_indices=True, mode="promise_in_bounds")
    return bounds, order[:rows]


def _sum_before(counts: jax.Array) -> jax.Array:
    """Sum along the first axis what comes before each entry: of few, faster than a running sum."""
    is_before = np.tri(len(counts), k=-1, dtype=np.bool_)
    is_before = is_before.reshape(*is_before.shape, *(1,) * (counts.ndim - 1))
    return jnp.sum(jnp.where(is_before, counts, 0), axis=1, dtype=jnp.int32)


def _is_small(x: jax.Array) -> bool:
    return not is_key(x) and math.prod(x.shape[1:]) <= _MAX_COLLECTED


def _only(chosen: Sequence[bool], items: Sequence[_T], value: bool = True) -> list[_T]:
    return [item for item, is_chosen in zip(items, chosen, strict=True) if is_chosen == value]


def _merge(chosen: Sequence[bool], items: Iterable[_T], others: Iterable[_T]) -> list[_T]:
    """Undo `_only`: put the items that were chosen and those that were not in their order."""
    of_chosen, of_others = iter(items), iter(others)
    return [next(of_chosen if is_chosen else of_others) for is_chosen in chosen]


def _collect(arrays: Iterable[jax.Array]) -> dict[str, jax.Array]:
    """Put arrays (rows, ...) side by side: a dict from dtype to one array (rows, numbers)."""
    of_dtype: dict[str, list[jax.Array]] = {}
    for x in arrays:
        x = _as_numbers(x)
        of_dtype.setdefault(x.dtype.name, []).append(x.reshape(len(x), -1))
    return {name: jnp.concatenate(parts, axis=1) for name, parts in of_dtype.items()}


def _as_numbers(x: jax.Array) -> jax.Array:
    """Return keys as numbers, and of numbers of 32 bits or one, the bits: one array holds all."""
    x = as_words(x)
    if x.dtype == jnp.bool_:
        return x.astype(jnp.int32)
    return lax.bitcast_convert_type(x, jnp.int32) if x.dtype.itemsize == 4 else x


def _from_numbers(numbers: jax.Array, like: jax.Array) -> jax.Array:
    """Undo `_as_numbers`."""
    if like.dtype == jnp.bool_:
        return numbers != 0
    if is_key(like):
        return from_words(lax.bitcast_convert_type(numbers, jnp.uint32), impl_of(like))
    return numbers if numbers.dtype == like.dtype else lax.bitcast_convert_type(numbers, like.dtype)


def _spread(collected: Mapping[str, jax.Array], like: Iterable[jax.Array]) -> list[jax.Array]:
    """Undo `_collect`: the shapes are those of ``like`` apart from the number of rows."""
    arrays: list[jax.Array] = []
    begins = dict.fromkeys(collected, 0)
    for x in like:
        numbers = jax.eval_shape(_as_numbers, x)
        name, size = numbers.dtype.name, math.prod(numbers.shape[1:])
        begin, begins[name] = begins[name], begins[name] + size
        part = collected[name][:, begin : begin + size].reshape(-1, *numbers.shape[1:])
        arrays.append(_from_numbers(part, x))
    return arrays
