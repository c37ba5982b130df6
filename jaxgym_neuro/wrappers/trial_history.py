"""TrialHistory: the right answer depends on the right answer before."""

from collections.abc import Sequence
from typing import Any, Self

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Condition
from jaxgym_neuro.schedules import Blocks, longest_block, shortest_block, switch_probability
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
    history_switch: Leaf = switch_probability()


class TrialHistory(TrialWrapper):
    """Draw the condition ``ground_truth`` from that of the trial before, by a transition matrix.

    What counts is what was right, not what the subject did. The first trial follows upon a ground
    truth that is drawn, all equally likely. With several matrices the trials come in blocks, each
    of another matrix than the block before; the condition ``history_block`` tells which (to fix it
    in ``new_trial`` changes the record, and not the ground truth).

    Args:
        env: a task with n ``choices``.
        probs: the matrix, its rows sum to 1; or a list of matrices. Default is 1 / n throughout.
        block_dur: with several matrices, the trials in a block, an int; a pair (least, most) of
            ints; or the probability to switch before each trial, a float.

    Raises:
        ValueError: for a task without choices, other matrices, or a block_dur without several.
    """

    PARAMS = Params
    CONDITIONS = {
        "history_block": Condition(
            "matrix of the block, only with several", "int32", at_least=0, below="blocks"
        )
    }

    def __init__(
        self,
        env: TrialEnv,
        probs: Sequence[Any] | np.ndarray | None = None,
        block_dur: int | float | tuple[int, int] | None = None,
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
    def repeating_and_alternating(
        cls, env: TrialEnv, p: float = 0.8, block_dur: int | float | tuple[int, int] = 200
    ) -> Self:
        """Blocks of `repeating` (block 0) and of `alternating` trials (block 1) in turn."""
        p = check_number("p", p, at_least=0, at_most=1)
        return cls(env, [_transitions(env, p), _transitions(env, 1 - p)], block_dur)

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        if self.blocks is not None:
            self.blocks.check(params)

    def init_memory(self, key, params):
        """Draw a ground truth to follow upon, and begin the first block."""
        key_last, key_blocks = random.split(key)
        last = random.integer(key_last, len(self.choices))
        return (last, () if self.blocks is None else self.blocks.init(key_blocks))

    def change_conditions(self, key, conditions, params, own):
        """Draw the ground truth from the row of the last one."""
        key_index, key_blocks = random.split(key)
        last, in_block = own
        probs = jnp.asarray(params.history_probs)
        if self.blocks is not None:
            block, in_block = self.blocks.next(key_blocks, in_block, params)
            conditions = {**conditions, "history_block": block}
            probs = probs.at[block].get(mode="clip")
        index = random.weighted(key_index, probs.at[last].get(mode="clip"))
        return with_choice(conditions, self.choices, index), (index, in_block)


def _transitions(env, p_repeat):
    """Matrix with ``p_repeat`` on its diagonal."""
    n = len(check_choices("TrialHistory", env))
    p_repeat = check_number("p", p_repeat, at_least=0, at_most=1)
    if n == 1:
        return np.ones((1, 1))
    return np.where(np.eye(n, dtype=bool), p_repeat, (1 - p_repeat) / (n - 1))
