# pyright: reportUnknownMemberType=false
"""Keys and Gaussian noise: ``jax.random``'s numbers, bit for bit, in fused loops.

On CPU, ``jax.random`` runs threefry as a loop over whole arrays: five trips of a dozen small
operations for every key that is split, and five passes through memory for every normal number. Here
the twenty rounds are written out, and XLA fuses them with what follows into one vectorised pass, in
about half the time (``python -m jaxgym_neuro bench tasks`` prints both). Keys of another kind than
threefry go to ``jax.random``.
"""

import functools
import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap

from jaxgym_neuro.support.forks import check_not_cut_off
from jaxgym_neuro.support.keys import is_key
from jaxgym_neuro.support.meshes import axes_of, vary
from jaxgym_neuro.support.validation import check_integer
from jaxgym_neuro.support.xla import compute_apart, compute_once

_Pair = tuple[jax.Array, jax.Array]
_Counting = tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))  # Salmon et al. 2011, Random123, table 2
_KEY_PARITY = 0x1BD11BDA
_LEAST_P = 1e-9  # a probability less than a uniform number can tell
_ROWS = 4  # of each key that are drawn at a time, where few are needed; flat from 2 to 5
_LANES = 8  # float32 numbers in a vector of most CPUs


def as_key(key: Any) -> jax.Array:
    """Return one typed key for a typed key, a raw one (``jax.random.PRNGKey(seed)``) or a seed.

    Whatever takes a key takes all three.

    Raises:
        ValueError: for anything else, and for several keys.
    """
    check_not_cut_off()
    if isinstance(key, jax.Array | np.ndarray) and (key.ndim or not _is_whole(key)):
        return _checked_key(jnp.asarray(key))
    if isinstance(key, jax.Array):  # a seed, which may be traced
        return jax.random.key(key)
    seed = check_integer("key (a seed or a typed key, jax.random.key(seed))", key, at_least=0)
    try:
        return jax.random.key(seed)
    except OverflowError:
        raise ValueError(f"a seed is a number of 64 bits, and {seed} is too large") from None


def _is_whole(x: Any) -> bool:
    return jnp.issubdtype(x.dtype, jnp.integer)


def _checked_key(key: jax.Array) -> jax.Array:
    if is_key(key):
        if key.ndim:
            raise ValueError(
                f"key is one key, not an array of shape {key.shape}; for several, use jax.vmap"
            )
        return key
    wrong = ValueError(
        "key is a seed or a typed key, jax.random.key(seed), not an array of dtype "
        f"{key.dtype} and shape {key.shape}"
    )
    try:  # JAX knows which raw keys there are now: that depends on jax_default_prng_impl
        typed = cast(jax.Array, jax.random.wrap_key_data(key))
    except TypeError:
        raise wrong from None
    if typed.ndim:
        raise wrong
    return typed


def split(key: jax.Array, num: int = 2) -> jax.Array:
    """Split as ``jax.random.split`` does: ``num`` new keys from one."""
    key = as_key(key)
    if not _is_partitionable_threefry(key):
        return jax.random.split(key, num)
    return _threefry_keys(key, lax.iota(jnp.uint32, num))


def fold_in(key: jax.Array, number: int | jax.Array) -> jax.Array:
    """Fold in a number as ``jax.random.fold_in`` does: a new key from a key and a small int."""
    key = as_key(key)
    if not _is_partitionable_threefry(key):
        return jax.random.fold_in(key, number)
    return _threefry_keys(key, jnp.uint32(number))


def uniform(key: jax.Array, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw what ``jax.random.uniform(key, shape, float32)`` draws: numbers in [0, 1)."""
    key = as_key(key)
    if not _is_partitionable_threefry(key):
        return jax.random.uniform(key, shape, jnp.float32)
    words = jax.random.key_data(key)
    counts = lax.iota(jnp.uint32, math.prod(shape)).reshape(shape)
    pair = cast(_Pair, _threefry_2x32(words[0], words[1], jnp.zeros_like(counts), counts))
    return _unit_from_bits(pair[0] ^ pair[1])


def uniform_of_each(keys: jax.Array) -> jax.Array:
    """Draw ``uniform(key)`` with each of several keys, (n,) float32: one pass for all of them."""
    if not _is_partitionable_threefry(keys):
        return jnp.stack([uniform(key) for key in keys])  # under vmap, others draw other numbers
    words = jax.random.key_data(keys)
    zeros = jnp.zeros_like(words[:, 0])
    pair = cast(_Pair, _threefry_2x32(words[:, 0], words[:, 1], zeros, zeros))
    return compute_once(_unit_from_bits(pair[0] ^ pair[1]))


def integer(key: jax.Array, num: int, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw whole numbers 0 to ``num`` - 1, int32; the bias is below ``num`` / 2**23."""
    return whole(uniform(key, shape), num)


def whole(unit: jax.Array, num: int) -> jax.Array:
    """Map numbers in [0, 1), such as uniform ones, to whole numbers 0 to ``num`` - 1, int32."""
    scaled = unit * np.float32(num)
    return jnp.minimum(scaled.astype(jnp.int32), jnp.int32(num - 1))


def between(key: jax.Array, least: jax.Array | int, most: jax.Array | int) -> jax.Array:
    """Draw a whole number from ``least`` to ``most``, int32, where both may be traced."""
    return spread(uniform(key), least, most)


def spread(unit: jax.Array, least: jax.Array | int, most: jax.Array | int) -> jax.Array:
    """Map a number in [0, 1), such as a uniform one, to a whole number from least to most."""
    least, most = jnp.asarray(least, jnp.int32), jnp.asarray(most, jnp.int32)
    scaled = unit * (most - least + 1).astype(jnp.float32)
    return jnp.minimum(least + scaled.astype(jnp.int32), most)


def choice(key: jax.Array, options: jax.Array | np.ndarray) -> jax.Array:
    """Draw one of the ``options`` along their first axis, all equally likely."""
    options = jnp.asarray(options)
    return options.at[integer(key, options.shape[0])].get(mode="promise_in_bounds")


def weighted(key: jax.Array, weights: jax.Array) -> jax.Array:
    """Draw a whole number, int32, with probabilities in proportion to ``weights`` (n,)."""
    ends = jnp.cumsum(weights)
    point = uniform(key) * ends[-1]  # below the last end, as a uniform number is below 1
    return jnp.sum(point >= ends[:-1], dtype=jnp.int32)


def another(key: jax.Array, num: int, index: jax.Array) -> jax.Array:
    """Draw a whole number from 0 to ``num`` - 1 other than ``index``, if there is any."""
    if num == 1:
        return jnp.zeros_like(index)
    return (index + 1 + integer(key, num - 1)) % jnp.int32(num)


def bernoulli(key: jax.Array, p: jax.Array | float = 0.5) -> jax.Array:
    """Draw True with probability ``p``."""
    return uniform(key, jnp.shape(p)) < p


def poisson(key: jax.Array, mean: jax.Array | float, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw counts with a mean: whole numbers of a Poisson distribution.

    One uniform number each, and the least count up to which there is at least so much probability.
    The probabilities of 0, 1, 2, ... are added up until no count is missing, so that the time it
    takes grows with the largest mean.

    Args:
        key: one typed key.
        mean: of each count, at least 0, of a shape that broadcasts to ``shape``.
        shape: static shape of the result.

    Returns:
        int32 array. Its gradient with respect to the mean is 0.
    """
    mean = lax.stop_gradient(jnp.broadcast_to(jnp.asarray(mean, jnp.float32), shape))
    log_mean = jnp.log(jnp.maximum(mean, np.finfo(np.float32).tiny))
    unit = uniform(key, shape)

    def is_missing(carry: _Counting) -> jax.Array:
        return jnp.any(carry[-1])

    def count_on(carry: _Counting) -> _Counting:
        number, count, log_p, below, missing = carry
        count = count + missing.astype(jnp.int32)
        number = number + np.float32(1)
        log_p = log_p + log_mean - jnp.log(number)
        p = jnp.exp(log_p)
        below = below + p
        # Rounded, the sum may stay below the largest uniform numbers: nothing is left then.
        is_over = (number > mean) & (p < np.float32(_LEAST_P))
        return number, count, log_p, below, missing & (unit >= below) & ~is_over

    none = jnp.exp(-mean)
    start = (jnp.float32(0), jnp.zeros(shape, jnp.int32), -mean, none, unit >= none)
    start = vary(start, axes_of((mean, unit)))
    return lax.while_loop(is_missing, count_on, start)[1]


def standard_normal(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Draw what ``jax.random.normal(key, shape, float32)`` draws.

    Args:
        key: one typed key.
        shape: static shape of the result.

    Returns:
        float32 array of independent standard normal numbers.
    """
    key = as_key(key)
    size = math.prod(shape)
    if not _is_partitionable_threefry(key) or size >= 2**32:
        return jax.random.normal(key, shape, jnp.float32)
    return _draw_row(size)(jax.random.key_data(key)).reshape(shape)


def standard_normal_where(key: jax.Array, shape: tuple[int, ...], needed: jax.Array) -> jax.Array:
    """Draw what `standard_normal` draws in the rows that are needed; others are 0, or drawn too.

    For 24 keys, 10 rows of 32 with 32 numbers each it takes half to two thirds of the time on CPU.

    Args:
        key: one typed key.
        shape: static shape of the result.
        needed: bool, of each row, ``shape[:1]``.
    """
    key = as_key(key)
    if not _is_partitionable_threefry(key) or math.prod(shape) >= 2**32:
        return jax.random.normal(key, shape, jnp.float32)
    draw = _draw_where(shape[0], math.prod(shape[1:]))
    return draw(jax.random.key_data(key), lax.stop_gradient(needed)).reshape(shape)


def walk(
    key: jax.Array,
    x: jax.Array,
    sd: jax.Array | float,
    low: jax.Array | float,
    high: jax.Array | float,
) -> jax.Array:
    """Take a step of a Gaussian random walk between reflecting bounds.

    In the long run each number is anywhere between the bounds, all places equally likely.

    Args:
        key: one typed key.
        x: where the walks are, float32, each between the bounds.
        sd: standard deviation of the step, small compared with the distance of the bounds: a step
            that is reflected at both of them ends at one.
        low: lower bound.
        high: upper bound.
    """
    # Each intermediate value is used once: XLA's CPU compiler computes it for every use.
    moved = x + sd * standard_normal(key, x.shape)
    moved = low + jnp.abs(moved - low)
    moved = high - jnp.abs(high - moved)
    return jnp.clip(moved, low, high)


@functools.lru_cache(maxsize=256)
def _draw_row(size: int) -> Callable[[jax.Array], jax.Array]:
    """Build the draw of ``size`` numbers from the two words of a key, and its batched form."""
    # On CPU, numbers that do not fill a vector would each take as long as a vector does.
    whole = size if size <= 2 else -(-size // _LANES) * _LANES

    def draw_apart(words: jax.Array) -> jax.Array:
        return compute_apart(partial(_draw, size=whole), words)[:, :size]

    @custom_vmap
    def draw_row(words: jax.Array) -> jax.Array:
        return draw_rows(words[None])[0]

    @draw_row.def_vmap
    def draw_batch(axis_size: int, in_batched: Any, words: jax.Array) -> tuple[jax.Array, bool]:
        del axis_size, in_batched
        return draw_rows(words), True

    @custom_vmap
    def draw_rows(words: jax.Array) -> jax.Array:
        draw_fused = partial(_draw, size=size)
        return cast(jax.Array, lax.platform_dependent(words, cpu=draw_apart, default=draw_fused))

    @draw_rows.def_vmap
    def draw_batch_of_rows(
        axis_size: int, in_batched: Any, words: jax.Array
    ) -> tuple[jax.Array, bool]:
        del in_batched
        rows = draw_rows(words.reshape(-1, 2))
        return rows.reshape(axis_size, -1, size), True

    return draw_row


@functools.lru_cache(maxsize=256)
def _draw_where(num_rows: int, width: int) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Build the draw of the rows that are needed from the two words of a key, and its batch."""

    def draw_all(words: jax.Array, needed: jax.Array) -> jax.Array:
        del needed
        return _draw(words, size=num_rows * width).reshape(-1, num_rows, width)

    @custom_vmap
    def draw_one(words: jax.Array, needed: jax.Array) -> jax.Array:
        return draw_many(words[None], needed[None])[0]

    @custom_vmap
    def draw_many(words: jax.Array, needed: jax.Array) -> jax.Array:
        draw_some = partial(_draw_needed, width=width)
        return cast(
            jax.Array, lax.platform_dependent(words, needed, cpu=draw_some, default=draw_all)
        )

    def batched(
        draw: Callable[..., jax.Array], axis_size: int, in_batched: Any, *arrays: jax.Array
    ) -> Any:
        own = [
            x if is_batched else jnp.broadcast_to(x[None], (axis_size, *x.shape))
            for x, is_batched in zip(arrays, in_batched, strict=True)
        ]
        return draw(own[0], own[1]), True

    def draw_batches(words: jax.Array, needed: jax.Array) -> jax.Array:
        rows = draw_many(words.reshape(-1, 2), needed.reshape(-1, num_rows))
        return rows.reshape(*words.shape[:-1], num_rows, width)

    draw_one.def_vmap(partial(batched, draw_many))
    draw_many.def_vmap(partial(batched, draw_batches))
    return draw_one


def _draw_needed(words: jax.Array, needed: jax.Array, *, width: int) -> jax.Array:
    """Draw the rows that are needed: (n, 2) uint32 and (n, rows) bool to (n, rows, width) float32.

    A few rows of each key at a time, until nothing is needed by any.
    """
    num_keys, num_rows = needed.shape
    # Written out: an array that is a constant would be batched with the branches of a switch, which
    # the rule of a custom_vmap in one of them does not take.
    square = (1, num_rows, num_rows)
    up_to = lax.broadcasted_iota(jnp.int32, square, 2) <= lax.broadcasted_iota(jnp.int32, square, 1)
    num_up_to = compute_once(jnp.sum(needed[:, None] & up_to, axis=2, dtype=jnp.int32))
    rank = lax.broadcasted_iota(jnp.int32, (1, -(-num_rows // _ROWS) * _ROWS, 1), 1)
    # The place of each rank; past the last row where there is none.
    place = compute_once(jnp.sum(num_up_to[:, None] <= rank, axis=2, dtype=jnp.int32))
    most = jnp.max(num_up_to, initial=0)
    key = lax.broadcasted_iota(jnp.int32, (num_keys, 1), 0)
    column = lax.iota(jnp.uint32, width)[None, None]

    def draw_on(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        done, rows = carry
        row = lax.dynamic_slice_in_dim(place, done, _ROWS, axis=1)
        counts = row[..., None].astype(jnp.uint32) * jnp.uint32(width) + column
        zeros = jnp.zeros_like(counts)
        pair = cast(_Pair, _threefry_2x32(words[:, :1, None], words[:, 1:, None], zeros, counts))
        drawn = _normal_from_bits(pair[0] ^ pair[1])
        return done + jnp.int32(_ROWS), rows.at[key, row].set(drawn, mode="drop")

    none = jnp.zeros((num_keys, num_rows, width), jnp.float32)
    start = vary((jnp.int32(0), none), axes_of((words, needed)))
    return lax.while_loop(lambda carry: carry[0] < most, draw_on, start)[1]


def _draw(words: jax.Array, *, size: int) -> jax.Array:
    """Draw ``size`` numbers for each key: (n, 2) uint32 to (n, size) float32."""
    counts = lax.iota(jnp.uint32, size)[None]
    pair = cast(_Pair, _threefry_2x32(words[:, :1], words[:, 1:], jnp.zeros_like(counts), counts))
    return _normal_from_bits(pair[0] ^ pair[1])


def _is_partitionable_threefry(key: jax.Array) -> bool:
    """Whether JAX would draw from this key by the rule that is written out here."""
    is_threefry = str(jax.random.key_impl(key)) == "threefry2x32"
    config: Any = jax.config  # whose attributes are made when JAX is imported
    return is_threefry and bool(config.jax_threefry_partitionable)


def _threefry_keys(key: jax.Array, counts: jax.Array) -> jax.Array:
    """Return one key for each count."""
    words = jax.random.key_data(key)
    pair = cast(_Pair, _threefry_2x32(words[0], words[1], jnp.zeros_like(counts), counts))
    words = jnp.stack(pair, axis=-1)
    return cast(jax.Array, jax.random.wrap_key_data(words, impl="threefry2x32"))


@jax.jit  # traced once for each shape
def _threefry_2x32(key0: jax.Array, key1: jax.Array, x0: jax.Array, x1: jax.Array) -> _Pair:
    """Threefry-2x32 with 20 rounds: two words from two key words and two counter words."""
    keys = (key0, key1, key0 ^ key1 ^ np.uint32(_KEY_PARITY))
    x0, x1 = x0 + keys[0], x1 + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x0 = x0 + x1
            x1 = (x1 << np.uint32(rotation)) | (x1 >> np.uint32(32 - rotation))
            x1 = x0 ^ x1
        x0 = x0 + keys[(group + 1) % 3]
        x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1


def _unit_from_bits(bits: jax.Array) -> jax.Array:
    """Map 32 random bits to a float32 in [0, 1)."""
    mantissa = (bits >> jnp.uint32(9)) | jnp.uint32(0x3F800000)  # a float32 in [1, 2)
    return lax.bitcast_convert_type(mantissa, jnp.float32) - jnp.float32(1)


def _normal_from_bits(bits: jax.Array) -> jax.Array:
    """Map 32 random bits to a standard normal number by the inverse error function."""
    lowest = np.nextafter(np.float32(-1), np.float32(0), dtype=np.float32)
    uniform = jnp.maximum(lowest, _unit_from_bits(bits) * (np.float32(1) - lowest) + lowest)
    return np.float32(math.sqrt(2)) * lax.erf_inv(uniform)
