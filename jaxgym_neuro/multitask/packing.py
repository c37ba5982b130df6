"""Trials of several tasks in one array, each as long and as wide as its own task's are."""

import dataclasses
import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap

from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.printing import brief
from jaxgym_neuro.support.pytrees import flax_knows
from jaxgym_neuro.support.xla import compute_once

# Channels of a row that are read of every trial, the rest only where there are more. Flat: with
# 8,192 environments of two tasks of 3 channels and one of 33, a step takes 3 % more CPU time (two
# x86 cores) for 4, 16 and all.
_FIRST = 8


@dataclasses.dataclass(frozen=True)
class Packing:
    """Where what belongs to each task's trials is.

    A trial of T steps and C channels takes T * C numbers, one row after the other, however many
    steps and channels the other tasks have, and has its own periods and conditions only: to draw it
    costs what its task's trials cost.
    """

    shapes: tuple[tuple[int, ...], ...]  # of each task's ob, (T, *observation shape)
    common: tuple[int, ...]  # shape of ob with room for every task's, without cues
    num_cues: int  # channels that show the task, after all others; 0: none
    num_steps: int  # of the ground truth
    periods: tuple[tuple[str, ...], ...]  # of each task
    all_periods: tuple[str, ...]
    # Of each task, name, dtype and shape of each condition.
    conditions: tuple[tuple[tuple[str, str, tuple[int, ...]], ...], ...]

    def pack(self, task: int, trial: Trial, number: jax.Array) -> "PackedTrial":
        """Pack a trial of a task: as long and wide as its own, but conditions named as here.

        Its rows are left one below the other, for `widen` or who writes them into a state.

        Args:
            task: the task, or one of which trials are packed like its own.
            trial: the trial.
            number: the number of the task, () int32.
        """
        num_periods = max(map(len, self.periods))
        bounds = jnp.stack([_padded(x, num_periods) for x in (trial.start, trial.end)])
        parts: dict[str, list] = {dtype: [] for dtype in self._num_values}
        for name, dtype, _ in self.conditions[task]:
            parts[dtype].append(trial.conditions[name].reshape(-1))
        values = {
            dtype: _padded(jnp.concatenate([jnp.zeros(0, dtype), *parts[dtype]]), size)
            for dtype, size in self._num_values.items()
        }
        return PackedTrial(
            task=jnp.asarray(number, jnp.int32),
            values=values,
            bounds=bounds,
            length=trial.length,
            rows=trial.ob.reshape(len(trial.ob), -1),
            gt=trial.gt,
            packing=self,
        )

    def own_part(self, task: int, trial: Trial) -> Trial:
        """Return of a trial with room for all tasks what a task has, if it is its own."""
        places = [self.all_periods.index(name) for name in self.periods[task]]
        steps, *shape = self.shapes[task]
        return dataclasses.replace(
            trial,
            conditions={name: trial.conditions[name] for name, *_ in self.conditions[task]},
            start=jnp.stack([trial.start[place] for place in places]),
            end=jnp.stack([trial.end[place] for place in places]),
            ob=trial.ob[:steps, ..., : shape[-1]] if shape else trial.ob[:steps],
        )

    def own_conditions(self, task: int, values: dict[str, jax.Array]) -> dict[str, jax.Array]:
        """Return the conditions that a task's trials have, if a trial is its own."""
        return {
            name: values[dtype][begin : begin + math.prod(shape)].reshape(shape)
            for name, (dtype, shape, begin) in self._places[task].items()
        }

    def all_conditions(self, task: jax.Array, values: dict[str, jax.Array]) -> dict[str, jax.Array]:
        """Return the conditions of all tasks; those that the trial's lacks are 0."""
        found = {"task": task}
        # A gather where each task has its own place would not vectorise.
        for number, places in enumerate(self._places):
            for name, (dtype, shape, _) in places.items():
                found.setdefault(name, jnp.zeros(shape, dtype))
            for name, value in self.own_conditions(number, values).items():
                found[name] = jnp.where(task == number, value, found[name])
        return found

    def all_bounds(self, task: jax.Array, bounds: jax.Array) -> jax.Array:
        """Return start and end of the periods of all tasks; those that the trial's lacks are 0."""
        found = dict.fromkeys(self.all_periods, jnp.zeros(2, jnp.int32))
        for number, periods in enumerate(self.periods):
            for place, name in enumerate(periods):
                found[name] = jnp.where(task == number, bounds[:, place], found[name])
        return jnp.stack(list(found.values()), axis=1)

    @functools.cached_property
    def _places(self):
        """Of each task, dtype, shape and place of each condition."""
        tables = []
        for entries in self.conditions:
            sizes = dict.fromkeys(self._num_values, 0)
            places = {}
            for name, dtype, shape in entries:
                places[name] = dtype, shape, sizes[dtype]
                sizes[dtype] += math.prod(shape)
            tables.append(places)
        return tables

    @functools.cached_property
    def _num_values(self):
        """Numbers of each dtype that are kept of a trial's conditions."""
        dtypes = sorted({dtype for entries in self.conditions for _, dtype, _ in entries})

        def count(entries, dtype):
            return sum(math.prod(shape) for _, own, shape in entries if own == dtype)

        return {
            dtype: max(count(entries, dtype) for entries in self.conditions) for dtype in dtypes
        }

    @property
    def steps(self) -> tuple[int, ...]:
        """T of each task."""
        return tuple(shape[0] for shape in self.shapes)

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers in a row of each task."""
        return tuple(math.prod(shape[1:]) for shape in self.shapes)

    @property
    def size(self) -> int:
        """Numbers that are kept of a trial: `row` reads as many as it returns."""
        read = math.prod(self.common[1:]) + self.num_cues
        return max(
            (steps - 1) * width + read for steps, width in zip(self.steps, self.widths, strict=True)
        )

    def widen(self, trial: "PackedTrial") -> "PackedTrial":
        """Add zeros to what a task's trial takes."""
        return trial.replace(
            rows=_padded(trial.rows.reshape(-1), self.size), gt=_padded(trial.gt, self.num_steps)
        )

    def row(self, rows: jax.Array, task: jax.Array, t: jax.Array) -> jax.Array:
        """Return one row of a trial: 0 in the channels that its task lacks, and its cue."""
        widest = math.prod(self.common[1:])
        width = self._of_task(self.widths, task)
        is_own = t < self._of_task(self.steps, task)
        begin, width = compute_once((width * t, jnp.where(is_own, width, 0)))

        def shown(first, numbers):
            channels = np.arange(first, first + len(numbers), dtype=np.int32)
            numbers = jnp.where(channels < width, numbers, jnp.float32(0))
            if not self.num_cues:
                return numbers
            return jnp.where(channels == task + np.int32(widest), jnp.float32(1), numbers)

        # Past the channels of the task, numbers of other rows: no pad, which would not vectorise.
        size = widest + self.num_cues
        first = min(size, _FIRST)
        row = shown(0, lax.dynamic_slice(rows, (begin,), (first,)))
        if size > first:
            rest = _read_where(size - first)(width > first, rows, begin + first)
            row = jnp.concatenate([row, shown(first, rest)])
        return row if self.num_cues else row.reshape(self.common[1:])

    def all_rows(self, task: jax.Array, rows: jax.Array) -> jax.Array:
        """Return the rows of a trial, as `row` returns them, one after the other."""
        steps = jnp.arange(self.common[0], dtype=jnp.int32)
        return jax.vmap(self.row, in_axes=(None, None, 0))(rows, task, steps)

    def all_gt(self, task: jax.Array, gt: jax.Array) -> jax.Array:
        """Return the ground truth of a trial, and 0 after its task's own steps."""
        is_own = jnp.arange(len(gt), dtype=jnp.int32) < self._of_task(self.steps, task)
        return jnp.where(is_own.reshape(-1, *(1,) * (gt.ndim - 1)), gt, 0)

    def _of_task(self, values, task):
        if len(set(values)) == 1:
            return jnp.int32(values[0])
        return jnp.asarray(np.asarray(values, np.int32)).at[task].get(mode="clip")


@functools.lru_cache(maxsize=256)
def _read_where(size):
    """Build ``rows[begin : begin + size]``; where that is not needed, it returns anything."""

    def read_plain(rows, begin):
        return lax.dynamic_slice(rows, (begin,), (size,))

    @custom_vmap
    def read(needed, rows, begin):
        del needed
        return read_plain(rows, begin)

    @read.def_vmap
    def read_batch(axis_size, in_batched, needed, rows, begin):
        begin = jnp.broadcast_to(begin, (axis_size,))
        if not in_batched[1]:
            return jax.vmap(read_plain, in_axes=(None, 0))(rows, begin), True
        # What nobody needs is read from one place, which is at hand, and not from all over memory.
        place = jnp.where(needed, lax.iota(jnp.int32, axis_size), 0)
        place, begin = compute_once((place, jnp.where(needed, begin, 0)))

        def read_one(place, begin):
            return lax.dynamic_slice(rows, (place, begin), (1, size))[0]

        return jax.vmap(read_one)(place, begin), True

    return read


def _padded(x, size):
    """Add zeros after the last entry of the first axis."""
    return jnp.pad(x, ((0, size - len(x)),) + ((0, 0),) * (x.ndim - 1))


@flax_knows
@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=("task", "values", "bounds", "length", "rows", "gt"),
    meta_fields=("packing",),
)
@dataclasses.dataclass(frozen=True)
class PackedTrial:
    """A `Trial` of one of several tasks, or a batch of them, in the state of a `MultiTask`."""

    task: jax.Array
    values: dict[str, jax.Array]  # conditions, side by side: an array for each dtype
    bounds: jax.Array  # (2, periods) int32, start and end of the task's periods
    length: jax.Array
    rows: jax.Array  # (packing.size,) float32
    gt: jax.Array  # (T, ...), of any other trial after the task's own steps
    packing: Packing

    def __repr__(self):
        names = ("task", "values", "bounds", "length", "rows", "gt")
        fields = ", ".join(f"{name}={brief(getattr(self, name))}" for name in names)
        return f"PackedTrial({fields})"

    def __str__(self):
        return f"Of task {brief(self.task)}: {self.unpacked()}"

    def _repr_html_(self) -> str:
        return f"<div>Of task {brief(self.task)}</div>{self.unpacked()._repr_html_()}"

    @property
    def conditions(self) -> dict[str, jax.Array]:
        """The trial's conditions, and 0 for those of other tasks."""
        return self._unpacked(self.packing.all_conditions, self.values)

    @property
    def start(self) -> jax.Array:
        """First step of each period, 0 for those of other tasks, (P,) int32."""
        return self._unpacked(self.packing.all_bounds, self.bounds)[..., 0, :]

    @property
    def end(self) -> jax.Array:
        """First step after each period, 0 for those of other tasks, (P,) int32."""
        return self._unpacked(self.packing.all_bounds, self.bounds)[..., 1, :]

    @property
    def ob(self) -> jax.Array:
        """The trial's observation, (T, *observation shape) float32."""
        return self._unpacked(self.packing.all_rows, self.rows)

    def row(self, t: jax.Array) -> jax.Array:
        """Return ``ob[t]``."""
        return self.packing.row(self.rows, self.task, t)

    def own(self, task: int) -> Trial:
        """Return the trial as a task knows it, if it is its own; conditions are named as here."""
        packing = self.packing
        shape, num_periods = packing.shapes[task], len(packing.periods[task])
        return Trial(
            conditions=packing.own_conditions(task, self.values),
            start=self.bounds[0, :num_periods],
            end=self.bounds[1, :num_periods],
            length=self.length,
            ob=self.rows[: math.prod(shape)].reshape(shape),
            gt=self.gt,
        )

    def unpacked(self) -> Trial:
        """Return the same trial, as other tasks have it in their state."""
        return Trial(
            conditions=self.conditions,
            start=self.start,
            end=self.end,
            length=self.length,
            ob=self.ob,
            gt=self._unpacked(self.packing.all_gt, self.gt),
        )

    def replace(self, **changes: Any) -> "PackedTrial":
        """Return the trial with other fields."""
        return dataclasses.replace(self, **changes)

    def _unpacked(self, unpack, packed):
        for _ in range(self.rows.ndim - 1):
            unpack = jax.vmap(unpack)
        return unpack(self.task, packed)


@dataclasses.dataclass(frozen=True)
class SharedTrial:
    """A `Trial` with room for all tasks, of one of them: a wrapper's state has such trials.

    It is read as a `PackedTrial` is, and lives for one call.
    """

    trial: Trial
    packing: Packing

    @property
    def task(self) -> jax.Array:
        """Number of the task, () int32."""
        return self.trial.conditions["task"]

    @property
    def length(self) -> jax.Array:
        """Number of steps."""
        return self.trial.length

    @property
    def gt(self) -> jax.Array:
        """The ground truth, (T, ...)."""
        return self.trial.gt

    def row(self, t: jax.Array) -> jax.Array:
        """Return ``ob[t]``."""
        return self.trial.ob[t]

    def own(self, task: int) -> Trial:
        """Return the trial as a task knows it, if it is its own; conditions are named as here."""
        return self.packing.own_part(task, self.trial)
