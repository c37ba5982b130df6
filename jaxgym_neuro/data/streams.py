"""Streams of trials, and batches cut from them.

Each of B rows is a stream of trials. Trial i of a row is drawn from the row's key with i folded in,
and what the task carries from trial to trial is handed on. So the key determines the stream: how it
is cut into batches, and how many are drawn at once, does not.

How many trials fill a batch is known only when they are drawn, so trials are drawn in chunks until
every row is full. A chunk is chosen such that the first one nearly always suffices.
"""

import dataclasses
import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from jaxgym_neuro import random
from jaxgym_neuro.core.drawing import draw_conditions, lay_out, split_stream_keys
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.caches import jit_for_few
from jaxgym_neuro.support.dividing import ENVS
from jaxgym_neuro.support.meshes import axes_of, vary
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.xla import compile_quickly

CHUNK_SIZE = 2**24  # numbers in the observations drawn at once, at most, whatever is asked for
_WORD = 32


@pytree
class Batch:
    """One batch of L steps and B rows; ``batch_first`` swaps these two axes."""

    inputs: jax.Array  # (L, B, *observation shape) float32
    targets: jax.Array  # (L, B, *ground truth shape); int32 actions, if actions are discrete
    mask: jax.Array  # (L, B) bool, the steps that a loss should count
    t: jax.Array  # (L, B) int32, step within the trial: 0 at its first, -1 after its end
    conditions: dict[str, jax.Array]  # of the step's trial (L, B, ...); if not packed (B, ...)


@pytree
class StreamState:
    """Where B streams of trials are."""

    key: jax.Array | None  # (B,) keys; None where many states are kept, whose keys are the same
    index: jax.Array  # (B,) int32, number of the current trial
    offset: jax.Array  # (B,) int32, steps of it that lie behind
    carry: Any  # (B, ...), what the task carried into it


@dataclasses.dataclass(frozen=True)
class Stream:
    """What is static about streams of trials; equal ones share compiled code."""

    env: TrialEnv
    packed: bool
    batch_first: bool
    loss_periods: tuple[str, ...] | None
    lengths: tuple[float, float]  # mean and s.d. of the number of steps of a trial
    mesh: Mesh | None = None  # of the devices among which the rows are divided

    def chunk_size(self, num_rows: int, num_steps: int) -> int:
        """Return how many trials of each row to draw at once, to fill it nearly always."""
        mean, sd = self.lengths
        steps = num_steps + min(self.env.T - 1, mean + 3 * sd)  # the first trial may be cut
        enough = math.ceil((steps + 4 * sd * math.sqrt(steps / mean)) / mean)
        trial_size = self.env.T * math.prod(self.env.row_space.shape)
        return min(enough, max(1, CHUNK_SIZE // (num_rows * trial_size)))

    def loss_mask(self, trials: Trial) -> jax.Array:
        """Return the steps of trials (N, T) that a loss should count."""
        t = lax.iota(jnp.int32, self.env.T)
        mask = jnp.broadcast_to(t, (trials.length.shape[0], self.env.T)) < trials.length[:, None]
        if self.loss_periods is None:
            return mask
        which = np.asarray([self.env.periods.index(name) for name in self.loss_periods])
        start, end = trials.start[:, which, None], trials.end[:, which, None]
        return mask & jnp.any((t >= start) & (t < end), axis=1)


@partial(compile_quickly, static_argnums=(0, 1))
def begin_streams(env, num_rows, key, params):
    """Begin the streams of a key."""
    keys = jax.vmap(random.split)(random.split(key, num_rows))
    carry = jax.vmap(env.init_carry, in_axes=(0, None))(keys[:, 0], params)
    zeros = jnp.zeros(num_rows, jnp.int32)
    return StreamState(key=keys[:, 1], index=zeros, offset=zeros, carry=carry)


@jit_for_few(4)
def draw_batches(stream, num_batches, seq_len, is_whole, state, params):
    """Draw batches in a row.

    Returns:
        the batches, with a leading axis; of each only inputs and targets unless ``is_whole``. The
        state after the last. The states after each, with a leading axis, without the keys.
    """
    draw = partial(
        _draw_packed if stream.packed else _draw_one_by_one,
        stream, num_batches, seq_len, is_whole,
    )  # fmt: skip
    if (
        stream.mesh is not None and ENVS in stream.mesh.axis_names
    ):  # rows do not depend on each other: each device draws its own
        draw = jax.shard_map(
            draw,
            mesh=stream.mesh,
            in_specs=(PartitionSpec(ENVS), PartitionSpec()),
            out_specs=_specs(stream),
            axis_names={ENVS},
        )
    batches, states = draw(state, params)
    end = jax.tree.map(lambda x: x[-1], states).replace(key=state.key)
    return batches, end, states


def _specs(stream):
    """Return along which axes batches and states, as they are drawn, are divided."""
    second: Any = PartitionSpec(None, ENVS)
    third: Any = PartitionSpec(None, None, ENVS)
    of_steps = second if stream.batch_first else third
    batches = Batch(
        inputs=of_steps,
        targets=of_steps,
        mask=of_steps,
        t=of_steps,
        conditions=of_steps if stream.packed else second,
    )
    return batches, second


def _draw_packed(stream, num_batches, seq_len, is_whole, state, params):
    """Draw chunks of trials until every row is full, and lay them back to back.

    Steps are counted from ``state``, so the current trial begins at step ``-offset``. Step s lies
    in trial j of a chunk if j of its trials have ended by s.
    """
    env, num_steps, num_rows = stream.env, num_batches * seq_len, state.index.shape[0]
    chunk, longest = stream.chunk_size(num_rows, num_steps), jnp.int32(env.T)
    last_source = jnp.int32(num_rows * chunk * env.T - 1)
    row = lax.iota(jnp.int32, num_rows)[None]
    step = lax.iota(jnp.int32, num_steps)[:, None]
    cut = step[seq_len - 1 :: seq_len] + 1  # (batches, 1), first step of the next batch

    def laid_out(x):
        x = x.reshape(num_batches, seq_len, num_rows)
        return jnp.swapaxes(x, 1, 2) if stream.batch_first else x

    def draw_chunk(index, carry, begin):
        """Draw a chunk, the first trial of which has the number ``index`` and begins at a step."""
        trials, carries = _draw_trials(env, chunk, state.key, index, carry, params)
        lengths = trials.length.reshape(num_rows, chunk)
        # The current trial is over if with other params it is shorter than what lies behind.
        begin = jnp.maximum(begin, -lengths[:, 0])
        ends = begin[:, None] + jnp.cumsum(lengths, axis=1, dtype=jnp.int32)
        begins = jnp.concatenate([begin[:, None], ends], axis=1)
        num_ended = _count_ended(ends, num_steps + 1)

        # A trial's first step among those of all trials, less the step that it is laid at: with one
        # look-up each, a step finds what to take. A step that is not here finds anything.
        first = (row.T * jnp.int32(chunk) + lax.iota(jnp.int32, chunk + 1)[None]) * longest
        shift = first - begins
        source = jnp.clip(step + _take(shift, row, num_ended[:-1]), 0, last_source)
        source = laid_out(source)
        is_here = laid_out((step >= begin[None]) & (num_ended[:-1] < chunk))

        def lay_out():
            trial = source // longest
            batches = Batch(
                inputs=env.frames(_take(_steps_of(trials.ob), source), params),
                targets=_take(_steps_of(trials.gt), source),
                mask=_take(_steps_of(stream.loss_mask(trials)), source),
                t=source - trial * longest,
                conditions={name: _take(x, trial) for name, x in trials.conditions.items()},
            )
            return _reduced(batches, is_whole)

        is_cut_here = (cut >= begin[None]) & (cut <= ends[None, :, -1])
        trial = num_ended[seq_len::seq_len]
        states = StreamState(
            key=None,
            index=index[None] + trial,
            offset=cut - _take(begins, row, trial),
            carry=jax.tree.map(lambda x: _take(x, row, trial), carries),
        )
        last = (index + jnp.int32(chunk), jax.tree.map(lambda x: x[:, -1], carries), ends[:, -1])
        return last, (is_here, lay_out), (is_cut_here, states)

    def fill(loop):
        at, batches, states = loop
        after, (is_here, lay_out), (is_cut_here, reached) = draw_chunk(*at)
        # Nearly always everything is here, and nothing is kept of what was laid out before.
        batches = lax.cond(
            jnp.all(is_here),
            lambda: vary(lay_out(), axes),
            lambda: jax.tree.map(partial(_where, is_here), lay_out(), batches),
        )
        states = jax.tree.map(partial(_where, is_cut_here), reached, states)
        return vary((after, batches, states), axes)

    def first_chunk():
        _, (_, lay_out), (_, states) = draw_chunk(*first)
        return lay_out(), states

    axes = axes_of((state, params))
    first = (state.index, state.carry, -state.offset)
    empty = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), jax.eval_shape(first_chunk))
    _, batches, states = lax.while_loop(
        lambda loop: jnp.any(loop[0][2] < num_steps), fill, vary((first, *empty), axes)
    )
    return batches, states


def _draw_one_by_one(stream, num_batches, seq_len, is_whole, state, params):
    """Draw one trial of each row for each batch; what is after its end is zero."""
    num_rows = state.index.shape[0]
    trials, carries = _draw_trials(
        stream.env, num_batches, state.key, state.index, state.carry, params
    )
    t = jnp.broadcast_to(lax.iota(jnp.int32, seq_len), (num_rows * num_batches, seq_len))
    is_real = t < trials.length[:, None]

    def by_batch(x):  # (B * batches, ...) to (batches, B, ...)
        return jnp.swapaxes(x.reshape(num_rows, num_batches, *x.shape[1:]), 0, 1)

    def laid_out(x, empty=0):
        x = jnp.pad(x, ((0, 0), (0, seq_len - x.shape[1]), *((0, 0),) * (x.ndim - 2)))
        x = by_batch(_where(is_real, x, jnp.full_like(x, empty)))
        return x if stream.batch_first else jnp.swapaxes(x, 1, 2)

    batches = Batch(
        inputs=laid_out(stream.env.frames(trials.ob, params)),
        targets=laid_out(trials.gt),
        mask=laid_out(stream.loss_mask(trials)),
        t=laid_out(t, -1),
        conditions={name: by_batch(x) for name, x in trials.conditions.items()},
    )
    number = lax.iota(jnp.int32, num_batches)[:, None] + 1
    states = StreamState(
        key=None,
        index=state.index[None] + number,
        offset=jnp.zeros((num_batches, num_rows), jnp.int32),
        carry=jax.tree.map(lambda x: jnp.swapaxes(x[:, 1:], 0, 1), carries),
    )
    return _reduced(batches, is_whole), states


def _draw_trials(env, num, key, index, carry, params):
    """Draw trials ``index`` to ``index + num - 1`` of each of B rows.

    Conditions are drawn in turn, if the task carries anything from trial to trial; with them the
    trials themselves are laid out all at once.

    Returns:
        trials (B * num, ...), and what is carried into each and out of the last (B, num + 1, ...).
    """
    numbers = index[:, None] + lax.iota(jnp.int32, num)[None]
    keys = jax.vmap(jax.vmap(random.fold_in, in_axes=(None, 0)))(key, numbers)
    keys = jax.vmap(jax.vmap(partial(split_stream_keys, env)))(keys)  # (B, num)

    def draw_in_turn(carry, keys):
        drawn, after = jax.vmap(draw, in_axes=(0, None, 0))(keys, params, carry)
        return vary(after, axes), (drawn, carry)

    draw = partial(draw_conditions, env, late=True)
    axes = axes_of((keys, params, carry))
    carry = vary(carry, axes)
    if jax.tree.leaves(carry):
        by_number = jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), keys)
        last, in_turn = lax.scan(draw_in_turn, carry, by_number)
        drawn, before = jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), in_turn)
        carries = jax.tree.map(lambda x, y: jnp.concatenate([x, y[:, None]], axis=1), before, last)
    else:
        drawn = jax.vmap(lambda keys: draw_in_turn(carry, keys)[1][0], 1, 1)(keys)
        carries = carry
    keys, drawn = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), (keys, drawn))
    trials = jax.vmap(partial(lay_out, env), in_axes=(0, None, 0))(keys, params, drawn)
    return trials, carries


def _count_ended(ends, num_steps):
    """Count the trials of each row that have ended by each step: (B, K) to (num_steps, B) int32.

    ``ends`` are 0 or above and increase. A bit for each, in words of 32 steps: the count is the sum
    over the words before, and the bits of the step's own word up to it.
    """
    num_words = -(-num_steps // _WORD)
    row = lax.iota(jnp.int32, ends.shape[0])[:, None]
    bits = jnp.uint32(1) << (ends % _WORD).astype(jnp.uint32)
    words = jnp.zeros((num_words, ends.shape[0]), jnp.uint32)
    words = words.at[ends // _WORD, row].add(bits, mode="drop")
    counts = lax.population_count(words).astype(jnp.int32)
    before = jnp.cumsum(counts, axis=0, dtype=jnp.int32) - counts
    up_to = jnp.uint32(2**_WORD - 1) >> (jnp.uint32(_WORD - 1) - lax.iota(jnp.uint32, _WORD))
    within = lax.population_count(words[:, None] & up_to[None, :, None]).astype(jnp.int32)
    return (before[:, None] + within).reshape(-1, ends.shape[0])[:num_steps]


def _take(x, row, column=None):
    """Return ``x[row, column]`` or ``x[row]``; the indices must lie within."""
    if column is not None:
        row = row * jnp.int32(x.shape[1]) + column
        x = x.reshape(-1, *x.shape[2:])
    return x.at[row].get(mode="promise_in_bounds")


def _steps_of(x):
    """Lay all trials' steps in a row: (N, T, ...) to (N * T, ...)."""
    return x.reshape(-1, *x.shape[2:])


def _where(condition, x, y):
    """Select along the leading axes."""
    return jnp.where(condition.reshape(*condition.shape, *(1,) * (x.ndim - condition.ndim)), x, y)


def _reduced(batches, is_whole):
    return batches if is_whole else batches.replace(mask=None, t=None, conditions=None)


@jax.jit
def pick(tree, number):
    """Return one row of each leaf."""
    return jax.tree.map(lambda x: x[number], tree)


@partial(compile_quickly, static_argnums=0)
def lengths_of_current(env, state, params):
    """Return how many steps the current trial of each row has, (B,) int32."""
    return _draw_trials(env, 1, state.key, state.index, state.carry, params)[0].length


def mean_and_sd_of_length(env: TrialEnv, params: Any) -> tuple[float, float]:
    """Estimate them from 256 trials; they only tell how many trials to draw at once."""
    mean, sd = _length_statistics(env, params)
    return round(float(mean), 3), round(float(sd), 3)


@partial(compile_quickly, static_argnums=0)
def _length_statistics(env, params):
    state = begin_streams(env, 32, jax.random.key(0), params)
    trials, _ = _draw_trials(env, 8, state.key, state.index, state.carry, params)
    lengths = trials.length.astype(jnp.float32)
    return jnp.mean(lengths), jnp.std(lengths)
