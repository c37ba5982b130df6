"""Supervised data: trials as batches of inputs and targets; endless, seeded, and resumable.

`Dataset` iterates over one pure function of `jaxgym_neuro.data.streams`, which draws any number of
batches from any position of a stream of trials.
"""

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, registry
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.identity import differences, identity_of
from jaxgym_neuro.data.streams import (
    CHUNK_SIZE,
    Batch,
    Stream,
    StreamState,
    begin_streams,
    draw_batches,
    lengths_of_current,
    mean_and_sd_of_length,
    pick,
)
from jaxgym_neuro.support import dividing, html
from jaxgym_neuro.support.forks import close_in_forks
from jaxgym_neuro.support.validation import check_flag, check_integer, check_name
from jaxgym_neuro.support.version import VERSION

_NEUROGYM_SEQ_LEN = 1000
_STOCK_SIZE = 2**18  # numbers in the inputs drawn at once: with their noise they fit a cache
_POSITION = ("dataset", "key_impl", "key", "index", "offset", "carry", "num_iterated")
_STOCK_TRIALS = 32  # drawn at once in each row, or more: the last is cut, and drawn again


class Dataset:
    """Batches of inputs and targets by NeuroGym's protocol: ``inputs, targets = dataset()``.

    Inputs are what is seen without acting, ``trial.ob`` (of tasks that show frames, those made of
    it); targets ``trial.gt``, the ground truth.

    Packed, a row holds trials back to back, and what a batch cuts off a trial comes first in the
    next batch. Otherwise a row is one trial, and zeros after its end.

    Args:
        id_or_env: a task, or the id of one.
        env_kwargs: the task's constructor arguments, if it is given by its id.
        batch_size: number of rows, B.
        seq_len: number of steps, L. Default is 1000 as in NeuroGym, or T if not packed.
        batch_first: whether arrays are (B, L, ...) instead of (L, B, ...).
        key: a seed or a key, ``jax.random.key(seed)``.
        packed: whether trials are laid back to back.
        max_batch: number of batches after which a loop over the dataset ends; the next loop goes
            on from there. Default is never.
        output: ``"numpy"`` for arrays that are yours to write to, or ``"jax"``.
        params: the task's params, if they are not its default ones.
        loss_periods: a period, or several, outside of which ``Batch.mask`` is False.
        batches_per_draw: number of batches that are drawn at once, ahead of their use. Default is
            what makes about a megabyte, or 32 trials in each row.
        mesh: devices among which the rows are divided, ``jax.make_mesh((4,), ("envs",))``: each
            draws its own. The batches are those of one device. Where devices are of several
            processes, each makes the dataset and asks for every batch.

    Raises:
        ValueError: for an unknown id, period or output, for what is not a task made of trials, for
            sizes below 1, for a ``seq_len`` below T if not packed, and for rows that do not come
            out even on the devices of the mesh.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> dataset = jgn.Dataset("PerceptualDecisionMaking-v0", batch_size=16, seq_len=100)
        >>> inputs, targets = dataset()
        >>> inputs.shape, targets.shape
        ((100, 16, 3), (100, 16))
    """

    def __init__(
        self,
        id_or_env: str | TrialEnv,
        env_kwargs: Mapping[str, Any] | None = None,
        batch_size: int = 16,
        seq_len: int | None = None,
        batch_first: bool = False,
        key: int | jax.Array = 0,
        packed: bool = True,
        max_batch: int | None = None,
        output: str = "numpy",
        params: Any = None,
        loss_periods: str | tuple[str, ...] | None = None,
        batches_per_draw: int | None = None,
        mesh: jax.sharding.Mesh | None = None,
    ):
        self.env, params = registry.resolve(
            id_or_env, params, made_of_trials=True, **(env_kwargs or {})
        )
        self.mesh = dividing.check_mesh(mesh, (dividing.ENVS, dividing.RUNS))
        self.params = dividing.put(jax.tree.map(jnp.asarray, params), self.mesh)
        self.batch_size = check_integer("batch_size", batch_size, at_least=1)
        dividing.check_divisible("batch_size", self.batch_size, self.mesh, dividing.ENVS)
        self.packed = check_flag("packed", packed)
        self.batch_first = check_flag("batch_first", batch_first)
        if seq_len is None:
            seq_len = _NEUROGYM_SEQ_LEN if self.packed else self.env.T
        self.seq_len = self._check_seq_len(seq_len)
        self.max_batch = None
        if max_batch is not None:
            self.max_batch = check_integer("max_batch", max_batch, at_least=1)
        check_name("output", output, ("numpy", "jax"))
        self.output = output
        if isinstance(loss_periods, str):
            loss_periods = (loss_periods,)
        for name in loss_periods or ():
            check_name("period", name, self.env.periods)
        if batches_per_draw is None:
            batches_per_draw = self._batches_per_draw()
        self._num_batches = check_integer("batches_per_draw", batches_per_draw, at_least=1)
        self._stream = Stream(
            env=self.env,
            packed=self.packed,
            batch_first=self.batch_first,
            loss_periods=None if loss_periods is None else tuple(loss_periods),
            lengths=mean_and_sd_of_length(self.env, jax.tree.map(jnp.asarray, params)),
            mesh=self.mesh,
        )
        self._turn = threading.Lock()  # threads may share a dataset: each batch goes to one
        self._is_whole = False  # have masks and conditions been asked for?
        self.seed(key)

    # ------------------------------------------------------------------ one batch after another

    def __call__(self) -> tuple[Any, Any]:
        """Return the inputs and targets of the next batch."""
        batch = self._next()
        return batch.inputs, batch.targets

    def next(self) -> Batch:
        """Return the next batch with its mask and conditions."""
        if not self._is_whole:
            self._is_whole = True
            self._go_to(self._state())
        return self._next()

    def __repr__(self):
        return f"Dataset({self.env!r}, batch_size={self.batch_size}, seq_len={self.seq_len})"

    def _repr_html_(self) -> str:
        axes = [f"batch {self.batch_size}", f"time {self.seq_len}"]
        rows = {
            "task": repr(self.env),
            "rows": "trials back to back" if self.packed else "a trial each",
            "axes": ", ".join(axes if self.batch_first else axes[::-1]),
            "inputs": repr(self.env.observation_space(self.params)),
            "targets": repr(self.env.ground_truth_space),
        }
        return html.table("Dataset", rows.items())

    def __iter__(self) -> Self:
        """Return the dataset; a loop that was broken off is continued."""
        return self

    def __next__(self) -> tuple[Any, Any]:
        """Return the inputs and targets of the next batch, ``max_batch`` times."""
        if self._num_iterated == self.max_batch:
            self._num_iterated = 0
            raise StopIteration
        self._num_iterated += 1
        return self()

    def seed(self, key: int | jax.Array) -> None:
        """Begin anew with another seed or key.

        Raises:
            ValueError: if it is neither.
        """
        self._num_iterated = 0
        self._go_to(self.init_stream(random.as_key(key)))

    @property
    def position(self) -> dict[str, Any]:
        """What `restore` takes to go on after the last batch; a dict fit for JSON.

        ``"dataset"`` says of which dataset it is: the version of the library, the number of rows,
        the task and its params. The rest is the key, which it brings along, and where the streams
        are.
        """
        state: Any = self._state()
        key = dividing.fetched(jax.random.key_data(state.key))
        now = dividing.fetched(state.replace(key=None))
        return {
            "dataset": self._identity(),
            "key_impl": str(jax.random.key_impl(state.key)),
            "key": key.tolist(),
            "index": now.index.tolist(),
            "offset": now.offset.tolist(),
            "carry": [leaf.tolist() for leaf in jax.tree.leaves(now.carry)],
            "num_iterated": self._num_iterated,
        }

    def restore(self, position: Mapping[str, Any]) -> None:
        """Go on from a `position`, with the key that it was of.

        Raises:
            ValueError: if it is that of another dataset, saying what differs: the task, one of its
                arguments or params, the number of rows, or the version of the library. And if its
                numbers cannot be right.
        """
        if not isinstance(position, Mapping) or set(position) != set(_POSITION):
            raise ValueError(f"a position is a dict with {', '.join(_POSITION)}, not {position!r}")
        told = differences(self._identity(), position["dataset"])
        if told:
            raise ValueError(f"the position is that of another dataset: {'; '.join(told)}")
        num_iterated = check_integer("num_iterated", position["num_iterated"], at_least=0)
        state = self._state_at(position)
        if any(position["offset"]):
            if not self.packed:
                raise ValueError(
                    "the position is that of a packed dataset, amid trials; this one is "
                    "packed=False"
                )
            lengths = np.asarray(lengths_of_current(self.env, state, self.params))
            if np.any(np.asarray(position["offset"]) >= lengths):
                raise ValueError(
                    f"the position lies beyond its trials: offset is {position['offset']}, and "
                    f"they last {lengths.tolist()} steps"
                )
        self._num_iterated = num_iterated
        self._go_to(state)

    # ------------------------------------------------------------------ pure functions

    def sample_batch(self, key: jax.Array, params: Any = None) -> Batch:
        """Draw one batch, every row of which begins a trial; for use inside a jitted function."""
        return self.next_batch(self.init_stream(key, params), params=params)[0]

    def init_stream(self, key: jax.Array, params: Any = None) -> StreamState:
        """Begin the streams of a key, a pure function."""
        params = self.params if params is None else params
        return begin_streams(self.env, self.batch_size, random.as_key(key), params)

    def next_batch(
        self, state: StreamState, seq_len: int | None = None, params: Any = None
    ) -> tuple[Batch, StreamState]:
        """Draw the batch that follows, a pure function.

        Args:
            state: of the streams, from `init_stream` or from the batch before.
            seq_len: L, if it is another than the dataset's; static.
            params: the task's params, if they are not the dataset's.

        Returns:
            the batch, and the state after it.
        """
        seq_len = self.seq_len if seq_len is None else self._check_seq_len(seq_len)
        params = self.params if params is None else params
        batches, end, _ = draw_batches(self._stream, 1, seq_len, True, state, params)
        return jax.tree.map(lambda x: x[0], batches), end

    # ------------------------------------------------------------------ inside

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_turn"}

    def __setstate__(self, attributes: dict[str, Any]):
        vars(self).update(attributes)
        self._turn = threading.Lock()

    def _identity(self):
        own = {"version": VERSION, "batch_size": self.batch_size}
        return {**own, **identity_of(self.env, self.params)}

    def _state_at(self, position):
        """Return the state of the streams at a position, checked but for the offsets' upper end."""
        impl = position["key_impl"]
        try:
            like = jax.eval_shape(lambda: jax.random.key_data(jax.random.key(0, impl=impl)))
        except (TypeError, ValueError):
            raise ValueError(f"key_impl is a kind of JAX's keys, not {impl!r}") from None
        rows = (self.batch_size,)
        key = _numbers("key", position["key"], (*rows, *like.shape), np.uint32)
        index, offset = (
            _numbers(name, position[name], rows, np.int32, at_least=0)
            for name in ("index", "offset")
        )
        leaves, structure = jax.tree.flatten(self._state().carry)
        saved = position["carry"]
        if not isinstance(saved, Sequence) or len(saved) != len(leaves):
            raise ValueError(f"carry is a list of {len(leaves)} arrays, not {saved!r}")
        carry = [
            _numbers("carry", one, leaf.shape, leaf.dtype)
            for one, leaf in zip(saved, leaves, strict=True)
        ]
        return StreamState(
            key=jax.random.wrap_key_data(key, impl=impl),
            index=index,
            offset=offset,
            carry=jax.tree.unflatten(structure, carry),
        )

    def _check_seq_len(self, seq_len):
        seq_len = check_integer("seq_len", seq_len, at_least=1)
        if not self.packed and seq_len < self.env.T:
            raise ValueError(
                f"with packed=False a row is a whole trial: seq_len is at least T, here "
                f"{self.env.T}, not {seq_len}; packed=True goes on in the next batch"
            )
        return seq_len

    def _batches_per_draw(self):
        size = self.seq_len * self.batch_size * math.prod(self.env.observation_space().shape)
        wanted = max(_STOCK_SIZE // size, math.ceil(_STOCK_TRIALS * self.env.T / self.seq_len))
        return max(1, min(wanted, CHUNK_SIZE // size, self.max_batch or wanted))

    def _go_to(self, state):
        state = dividing.put(state, self.mesh, dividing.ENVS)
        self._begin = self._end = state  # of the stock of batches in use
        self._stock = self._states = self._ahead = None
        self._num_used = self._num_batches

    def _next(self):
        with self._turn:
            return self._next_in_turn()

    def _next_in_turn(self):
        if self._num_used == self._num_batches:
            self._begin = self._end
            stock, self._end, self._states = self._ahead or self._draw_stock()
            # JAX returns before it has drawn: the next stock is drawn while this one is used.
            self._ahead = self._draw_stock()
            self._stock = dividing.fetched(stock) if self.output == "numpy" else stock
            self._num_used = 0
        self._num_used += 1
        if self.output == "numpy":
            return jax.tree.map(lambda x: x[self._num_used - 1].copy(), self._stock)
        return pick(self._stock, np.int32(self._num_used - 1))

    def _draw_stock(self):
        size = (self._num_batches, self.seq_len, self._is_whole)
        return draw_batches(self._stream, *size, self._end, self.params)

    def _state(self):
        """State of the streams after the last batch that was returned."""
        if self._num_used == self._num_batches:
            return self._end
        state = pick(self._states, np.int32(self._num_used - 1))
        return state.replace(key=self._begin.key)


close_in_forks(Dataset, "__init__", "__call__", "next", "restore", "sample_batch", "next_batch")


def _numbers(name, saved, shape, dtype, at_least=-math.inf):
    """Return the numbers of a position as an array, or say what is wrong with them."""
    try:
        given = np.asarray(saved)
        with np.errstate(invalid="ignore"):
            array = given.astype(dtype)
        is_right = given.shape == shape and np.array_equal(array, given, equal_nan=True)
    except (TypeError, ValueError, OverflowError):  # rows of several lengths, words, None
        is_right = False
    if not is_right or np.any(array < at_least):
        raise ValueError(
            f"{name} of a position is an array {shape} of {np.dtype(dtype)}, not {saved!r}"
        )
    return jnp.asarray(array)
