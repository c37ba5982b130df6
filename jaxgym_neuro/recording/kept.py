"""What is kept of every step of a rollout, and comes out aligned to trials."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxgym_neuro.support.validation import check_name

KEPT = ("ob", "gt", "action", "reward", "activity")


@dataclasses.dataclass(frozen=True)
class _Played:
    """Steps of one rollout, and which of them the rows of a table are."""

    chunks: tuple[Any, ...]  # each a dict by name of pytrees of (steps, environments, ...)
    first: np.ndarray  # (n,) the first step of each trial, from the start of the rollout
    env: np.ndarray  # (n,)
    steps: np.ndarray  # (n,) how many steps it has


class Kept(Mapping[str, Any]):
    """What was kept of every step of trials: by name, arrays (n, L, ...) aligned to trials.

    Row i of an array is trial i of the table; what follows upon its last step, of ``steps`` that
    the table has, is 0 (False). L is the longest trial's number of steps. ``activity`` is a pytree
    of such arrays, as the policy returned it.

    Everything stays on the device where it was computed, step by step; to ask for a name copies it
    from there, at each time.
    """

    def __init__(self, parts: Sequence[_Played]):
        self._parts = tuple(parts)

    @classmethod
    def of(
        cls, chunks: Sequence[Any], first: np.ndarray, env: np.ndarray, steps: np.ndarray
    ) -> "Kept":
        """Make one of what a rollout recorded.

        Args:
            chunks: dicts by name of pytrees of arrays (steps, environments, ...), one after the
                other, all of the same number of steps.
            first: (n,) first step of each trial, counted from that of the first chunk.
            env: (n,) its environment.
            steps: (n,) how many steps it has.
        """
        return cls([_Played(tuple(chunks), first, env, steps)])

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __repr__(self):
        count = sum(len(part.steps) for part in self._parts)
        return f"Kept({', '.join(self._names)} of {count} trials)"

    def __getitem__(self, name: str) -> Any:
        """Return what was kept under a name, aligned to trials.

        Raises:
            ValueError: for what was not kept.
        """
        check_name("of what was kept", name, self._names)
        length = max((int(part.steps.max(initial=0)) for part in self._parts), default=0)
        aligned = [_aligned(part, name, length) for part in self._parts]
        return jax.tree.map(lambda *arrays: np.concatenate(arrays), *aligned)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self._parts[0].chunks[0])

    def take(self, rows: Any) -> "Kept":
        """Return what was kept of some trials: a slice, indices or a mask."""
        sizes = [len(part.steps) for part in self._parts]
        number = np.repeat(np.arange(len(sizes)), sizes)[rows]
        place = np.concatenate([np.arange(size) for size in sizes])[rows]
        taken = []
        # A part for each run of rows of one rollout, so that their order stays.
        edges = np.flatnonzero(np.diff(number)) + 1
        for which, at in zip(np.split(number, edges), np.split(place, edges), strict=True):
            part = self._parts[int(which[0]) if len(which) else 0]
            fields = {name: getattr(part, name)[at] for name in ("first", "env", "steps")}
            taken.append(dataclasses.replace(part, **fields))
        return Kept(taken)

    @staticmethod
    def concatenate(several: "Sequence[Kept]") -> "Kept":
        """Join what was kept of tables, one after the other."""
        return Kept([part for kept in several for part in kept._parts])


def _aligned(part: _Played, name: str, length: int) -> Any:
    """Copy what was kept under a name to arrays (n, length, ...)."""
    count, chunk_steps = len(part.steps), len(jax.tree.leaves(part.chunks[0])[0])
    row = np.repeat(np.arange(count), part.steps)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(part.steps) - part.steps, part.steps)
    which, step = np.divmod(part.first[row] + offset, chunk_steps)
    order = np.argsort(which, kind="stable")
    splits = np.searchsorted(which[order], np.arange(1, len(part.chunks)))

    def align(*leaves: Any) -> np.ndarray:
        out = np.zeros((count, length, *leaves[0].shape[2:]), leaves[0].dtype)
        for leaf, at in zip(leaves, np.split(order, splits), strict=True):
            if len(at):
                out[row[at], offset[at]] = np.asarray(leaf)[step[at], part.env[row[at]]]
        return out

    return jax.tree.map(align, *(chunk[name] for chunk in part.chunks))
