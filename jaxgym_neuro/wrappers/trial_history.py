"""TrialHistory: the right answer depends on the right answer before."""

from collections.abc import Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.blocks import (
    Blocks,
    block_scale,
    longest_block,
    shortest_block,
    switch_probability,
)
from jaxgym_neuro.core.chains import after, in_the_long_run
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Condition
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number, check_probabilities
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_choices, with_choice


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    history_probs: Leaf = number(
        ((0.5, 0.5), (0.5, 0.5)),
        "probability of each choice (column) after each choice (row); with blocks, one matrix each",
        shape=("n", "n"),
        sums_to_1=True,
    )
    history_block_least: Leaf = shortest_block()
    history_block_most: Leaf = longest_block()
    history_block_scale: Leaf = block_scale()
    history_switch: Leaf = switch_probability()


class TrialHistory(TrialWrapper):
    """Draw the condition ``ground_truth`` from that of the trial before, by a transition matrix.

    What counts is what was right, not what the subject did. With several matrices the trials come
    in blocks, each of another matrix than the block before; the conditions ``history_block`` and
    ``history_trial_in_block`` tell which, and the place in it (to fix them in ``new_trial`` changes
    the record, and not the ground truth).

    An episode begins as at a random moment: anywhere in a block of any matrix, and after a ground
    truth that is as frequent as it then is. (Where matrices differ in how frequent they make each,
    this takes the block before for long enough to have forgotten the one before that.)

    Rats that were trained with blocks of `repeating_and_alternating` trials are those of
    Hermoso-Mendizabal et al. (2020), Response outcomes gate the impact of expectations on
    perceptual decisions, Nature Communications 11, 1057,
    https://doi.org/10.1038/s41467-020-14824-w.

    Args:
        env: a task with n ``choices``.
        probs: the matrix, its rows sum to 1; or a list of matrices. Default is 1 / n throughout.
        block_dur: with several matrices, the trials in a block, as `SideBias` takes them: an int; a
            pair (least, most) of ints; a truncated exponential; the probability to switch before
            each trial, a float; or a list of these, one for each matrix.

    Raises:
        ValueError: for a task without choices, other matrices, or a block_dur without several.
    """

    PARAMS = Params
    CONDITIONS = {
        "history_block": Condition(
            "matrix of the block, only with several", "int32", at_least=0, below="blocks"
        ),
        "history_trial_in_block": Condition(
            "number of the trial in its block, from 0, only with several", "int32", at_least=0
        ),
    }

    def __init__(
        self,
        env: TrialEnv,
        probs: Sequence[Any] | np.ndarray | None = None,
        block_dur: Any = None,
    ):
        n = len(check_choices("TrialHistory", env))
        probs = np.full((n, n), 1 / n) if probs is None else probs
        shape = (n, n) if block_dur is None else (None, n, n)
        checked = check_probabilities("probs", probs, shape=shape).astype(np.float32)
        numbers: dict[str, Any] = {"history_probs": checked}
        self.blocks = None
        if block_dur is not None:
            self.blocks = Blocks(len(checked), block_dur, "history")
            numbers |= self.blocks.params
        super().__init__(env, numbers=numbers, sizes={"blocks": len(checked)})

    @classmethod
    def repeating(cls, env: TrialEnv, p: float = 0.8) -> Self:
        """Repeat the ground truth with probability ``p``; the others share the rest."""
        return cls(env, _transitions(env, p))

    @classmethod
    def alternating(cls, env: TrialEnv, p: float = 0.8) -> Self:
        """Change the ground truth with probability ``p``; the others share it."""
        return cls(env, _transitions(env, 1 - check_number("p", p, at_least=0, at_most=1)))

    @classmethod
    def repeating_and_alternating(cls, env: TrialEnv, p: float = 0.8, block_dur: Any = 200) -> Self:
        """Blocks of `repeating` (block 0) and of `alternating` trials (block 1) in turn."""
        p = check_number("p", p, at_least=0, at_most=1)
        return cls(env, [_transitions(env, p), _transitions(env, 1 - p)], block_dur)

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        if self.blocks is not None:
            self.blocks.check(params)

    def init_memory(self, key, params):
        """Find a place among the blocks, and a ground truth to follow upon."""
        key_last, key_blocks, key_before = random.split(key, 3)
        probs = jnp.asarray(params.history_probs, jnp.float32)
        if self.blocks is None:
            return random.weighted(key_last, in_the_long_run(probs)), ()
        at = self.blocks.init(key_blocks, params)
        other = random.another(key_before, self.blocks.n, at.kind)
        at_end = _of(_at_ends(self.blocks, probs, params), other)
        now = after(at_end, _of(probs, at.kind), at.trial + 1)
        return random.weighted(key_last, now), at

    def change_conditions(self, key, conditions, params, own):
        """Draw the ground truth from the row of the last one."""
        key_index, key_blocks = random.split(key)
        last, at = own
        probs = jnp.asarray(params.history_probs)
        if self.blocks is not None:
            at = self.blocks.next(key_blocks, at, params)
            told = {"history_block": at.kind, "history_trial_in_block": at.trial}
            conditions = {**conditions, **told}
            probs = _of(probs, at.kind)
        index = random.weighted(key_index, _of(probs, last))
        return with_choice(conditions, self.choices, index), (index, at)


def _at_ends(blocks: Blocks, probs: jax.Array, params: Any) -> jax.Array:
    """Return how frequent each choice is at the end of a block of each matrix, (blocks, n)."""
    if not blocks.is_by_chance:
        return jax.vmap(in_the_long_run)(probs)
    # A block that ends by chance ends at a random moment: blocks and choices are one chain.
    num, n, _ = probs.shape
    moves = blocks.moves(params)
    chain = (moves[:, None, :, None] * jnp.swapaxes(probs, 0, 1)[None]).reshape(num * n, -1)
    return in_the_long_run(chain).reshape(num, n)


def _of(array, index):
    """Return one of the rows or matrices of an array."""
    return array.at[index].get(mode="clip")


def _transitions(env, p_repeat):
    """Matrix with ``p_repeat`` on its diagonal."""
    n = len(check_choices("TrialHistory", env))
    p_repeat = check_number("p", p_repeat, at_least=0, at_most=1)
    if n == 1:
        return np.ones((1, 1))
    return np.where(np.eye(n, dtype=bool), p_repeat, (1 - p_repeat) / (n - 1))
