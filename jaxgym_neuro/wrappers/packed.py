"""Trials of several tasks in one array, each as long and as wide as its own task's are."""

import dataclasses
import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro.core.once import compute_once
from jaxgym_neuro.core.trial import Trial


@dataclasses.dataclass(frozen=True)
class Packing:
    """Where the rows of each task's trials are.

    A trial of T steps and C channels takes T * C numbers, one row after the other, however many
    steps and channels the other tasks have: to draw it costs what its task's trials cost.
    """

    shapes: tuple[tuple[int, ...], ...]  # of each task's ob, (T, *observation shape)
    common: tuple[int, ...]  # shape of ob with room for every task's, without cues
    num_cues: int  # channels that show the task, after all others; 0: none

    @property
    def widths(self) -> tuple[int, ...]:
        """Numbers in a row of each task."""
        return tuple(math.prod(shape[1:]) for shape in self.shapes)

    @property
    def size(self) -> int:
        """Numbers that are kept of a trial: `row` reads as many as it returns."""
        read = math.prod(self.common[1:]) + self.num_cues
        return max(
            (shape[0] - 1) * width + read
            for shape, width in zip(self.shapes, self.widths, strict=True)
        )

    def widen(self, rows: jax.Array) -> jax.Array:
        """Add zeros to what a task's trial takes."""
        return jnp.pad(rows, (0, self.size - len(rows)))

    def count_used(self, task: jax.Array) -> jax.Array:
        """Return how many numbers a trial of a task takes."""
        return self._of_task([math.prod(shape) for shape in self.shapes], task)

    def own(self, task: int, rows: jax.Array) -> jax.Array:
        """Return the rows of a trial as its task knows them."""
        shape = self.shapes[task]
        return rows[: math.prod(shape)].reshape(shape)

    def row(self, rows: jax.Array, task: jax.Array, t: jax.Array) -> jax.Array:
        """Return one row of a trial: 0 in the channels that its task lacks, and its cue."""
        widest = math.prod(self.common[1:])
        width = self._of_task(self.widths, task)
        is_own = t < self._of_task([shape[0] for shape in self.shapes], task)
        begin, width = compute_once((width * t, jnp.where(is_own, width, 0)))
        # Past the channels of the task, numbers of other rows: no pad, which would not vectorise.
        row = lax.dynamic_slice(rows, (begin,), (widest + self.num_cues,))
        channels = np.arange(len(row))
        row = jnp.where(channels < width, row, jnp.float32(0))
        if not self.num_cues:
            return row.reshape(self.common[1:])
        return jnp.where(channels == task + np.int32(widest), jnp.float32(1), row)

    def all_rows(self, rows: jax.Array, task: jax.Array) -> jax.Array:
        """Return the rows of a trial, as `row` returns them, one after the other."""
        steps = jnp.arange(self.common[0], dtype=jnp.int32)
        return jax.vmap(self.row, in_axes=(None, None, 0))(rows, task, steps)

    def _of_task(self, values, task):
        if len(set(values)) == 1:
            return jnp.int32(values[0])
        return jnp.asarray(np.asarray(values, np.int32)).at[task].get(mode="clip")


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=("conditions", "start", "end", "length", "rows", "gt"),
    meta_fields=("packing",),
)
@dataclasses.dataclass(frozen=True)
class PackedTrial:
    """A `Trial` of one of several tasks, in the state of a `MultiTask`."""

    conditions: dict[str, jax.Array]
    start: jax.Array
    end: jax.Array
    length: jax.Array
    rows: jax.Array  # (packing.size,) float32
    gt: jax.Array
    packing: Packing

    @property
    def ob(self) -> jax.Array:
        """The trial's observation, (T, *observation shape) float32; of a batch of trials too."""
        unpack = self.packing.all_rows
        for _ in range(self.rows.ndim - 1):
            unpack = jax.vmap(unpack)
        return unpack(self.rows, self.conditions["task"])

    def row(self, t: jax.Array) -> jax.Array:
        """Return ``ob[t]``."""
        return self.packing.row(self.rows, self.conditions["task"], t)

    def own(self, task: int) -> jax.Array:
        """Return the observation as a task knows it, if the trial is its own."""
        return self.packing.own(task, self.rows)

    def unpacked(self) -> Trial:
        """Return the same trial, as other tasks have it in their state."""
        return Trial(
            conditions=self.conditions,
            start=self.start,
            end=self.end,
            length=self.length,
            ob=self.ob,
            gt=self.gt,
        )

    def replace(self, **changes: Any) -> "PackedTrial":
        """Return the trial with other fields."""
        return dataclasses.replace(self, **changes)
