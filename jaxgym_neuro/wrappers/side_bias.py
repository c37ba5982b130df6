"""SideBias: blocks of trials in which one answer is right more often than another."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import check_probabilities
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.drawing import Blocks, check_choices, with_choice


class SideBias(TrialWrapper):
    """Draw the condition ``ground_truth`` with probabilities that change from block to block.

    The kind of the first block is drawn; each block is of another kind than the one before. When a
    block ends does not depend on the subject. The condition ``side_bias_block`` tells the kind of
    block (to fix it in ``new_trial`` changes the record, and not the ground truth).

    Params: ``side_bias_probs`` (blocks, n); ``side_bias_block_least`` and
    ``side_bias_block_most``, in trials, or ``side_bias_switch``, a probability.

    Args:
        env: a task with n ``choices``.
        probs: a row of n probabilities for each kind of block.
        block_dur: trials in a block, an int; a pair (least, most) of ints, all equally likely; or
            the probability to switch before each trial, a float.

    Raises:
        ValueError: for a task without choices, rows that do not sum to 1, or another block_dur.
    """

    def __init__(
        self,
        env: TrialEnv,
        probs: Sequence[Sequence[float]],
        block_dur: int | float | tuple[int, int] = 200,
    ):
        n = len(check_choices("SideBias", env))
        checked = check_probabilities("probs", probs, shape=(None, n)).astype(np.float32)
        self.blocks = Blocks(len(checked), block_dur, "side_bias")
        params: dict[str, Any] = {"side_bias_probs": checked, **self.blocks.params}
        super().__init__(env, params=params)

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        shape = (self.blocks.num_kinds, len(self.choices))
        check_probabilities("side_bias_probs", params.side_bias_probs, shape=shape)
        self.blocks.check(params)

    def init_memory(self, key, params):
        """Begin the first block."""
        return self.blocks.init(key)

    def change_conditions(self, key, conditions, params, own):
        """Draw the ground truth as is usual in this block."""
        key_index, key_blocks = random.split(key)
        block, own = self.blocks.next(key_blocks, own, params)
        probs = jnp.asarray(params.side_bias_probs).at[block].get(mode="clip")
        conditions = {**conditions, "side_bias_block": block}
        index = random.weighted(key_index, probs)
        return with_choice(conditions, self.choices, index), own
