"""What a subject believes of the block that it is in, which it does not see.

A belief is an array (k, n) of probabilities: of each kind of block, and of each place in it, the
trials of the block that came before this one.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.blocks import Blocks

_NEVER = 1e-9  # for the probability of a change that never comes: the odds of kinds stay finite


class Known(NamedTuple):
    """What a subject knows of blocks, as arrays of NumPy or JAX."""

    ends: Any  # (k, n) float32, probability that a trial at that place is the last of its block
    moves: Any  # (k, k) float32, probability of each kind (column) after each kind
    first: Any  # (k, n) float32, belief in the first trial of an episode


def ends_of(least: Any, most: Any, scale: Any = None) -> np.ndarray:
    """Return the probability that each trial is the last of its block, (k, n).

    Args:
        least: trials in the shortest block of each kind, (k,).
        most: trials in the longest one, (k,).
        scale: each length is exp(-1 / scale) times as likely as the one before, (k,); None: all
            are equally likely.
    """
    least, most = (np.asarray(x)[:, None] for x in (least, most))
    length = np.arange(1, most.max() + 1)[None]
    beyond = 0.0 if scale is None else (length - least) / np.asarray(scale)[:, None]
    p = np.where((length >= least) & (length <= most), np.exp(-np.maximum(beyond, 0)), 0)
    left = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    return np.where(length < most, p / np.maximum(left, 1e-300), 1.0)


def anywhere(ends: np.ndarray) -> np.ndarray:
    """Return the belief at a random moment, where blocks of all kinds are equally often: (k, n)."""
    reached = np.cumprod(np.concatenate([np.ones_like(ends[:, :1]), 1 - ends[:, :-1]], 1), axis=1)
    # The last place stands for all that follow, if blocks end by chance.
    reached[:, -1] /= ends[:, -1]
    return reached / reached.sum()


def others(k: int) -> np.ndarray:
    """Return moves to any other kind, all equally likely, (k, k)."""
    return np.ones((1, 1)) if k == 1 else (1 - np.eye(k)) / (k - 1)


def known(ends: np.ndarray, moves: np.ndarray, first: np.ndarray) -> Known:
    """Return what is known of blocks, in float32."""
    return Known(*(np.asarray(x, np.float32) for x in (ends, moves, first)))


def of(blocks: Blocks, params: Any) -> Known:
    """Return what a subject knows of the blocks of a task, whose numbers are in its params."""
    n = blocks.n

    def each(name: str) -> np.ndarray:
        return np.broadcast_to(np.asarray(getattr(params, f"{blocks.prefix}_{name}")), (n,))

    if blocks.is_by_chance:
        ends = np.maximum(each("switch")[:, None].astype(np.float64), _NEVER)
    else:
        scale = each("block_scale") if f"{blocks.prefix}_block_scale" in blocks.params else None
        ends = ends_of(each("block_least"), each("block_most"), scale)
    moves, first = others(n), anywhere(ends)
    if blocks.start == "block":
        first = np.zeros_like(ends)
        first[:, 0] = 1 / n
    if blocks.first is not None:
        trials = int(each("first_block")[0])
        room = max(trials - ends.shape[1], 0)
        ends = np.pad(ends, ((0, 1), (0, room)), mode="edge")
        ends[n] = np.arange(ends.shape[1]) >= trials - 1
        moves = np.pad(moves, ((0, 1), (0, 1)))
        moves[n, :n] = 1 / n
        first = np.pad(first, ((0, 1), (0, room)))
        if blocks.start == "block":
            first[:] = 0
            first[n, 0] = 1
    return known(ends, moves, first)


def weighed(belief: jax.Array, likelihood: jax.Array) -> jax.Array:
    """Return the belief after what was seen in a trial, given its likelihood in each kind, (k,)."""
    joint = belief * likelihood[:, None]
    total = jnp.sum(joint)
    return jnp.where(total > 0, joint / jnp.where(total > 0, total, 1), belief)


def moved(belief: jax.Array, blocks: Known) -> jax.Array:
    """Return the belief in the next trial."""
    over = jnp.sum(belief * blocks.ends, axis=1)
    begun = jnp.matmul(over, blocks.moves, precision="highest")
    stays = belief * (1 - blocks.ends)
    shifted = jnp.pad(stays[:, :-1], ((0, 0), (1, 0))).at[:, -1].add(stays[:, -1])
    return shifted.at[:, 0].add(begun)
