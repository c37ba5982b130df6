"""SideBias: blocks of trials in which one answer is right more often than another."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Condition, Difference
from jaxgym_neuro.schedules import Blocks, longest_block, shortest_block, switch_probability
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_probabilities
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_choices, with_choice


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    side_bias_probs: Leaf = number(
        ((0.8, 0.2), (0.2, 0.8)),
        "probability of each answer; a block has one of the rows",
        shape=("blocks", "n"),
        sums_to_1=True,
    )
    side_bias_block_least: Leaf = shortest_block()
    side_bias_block_most: Leaf = longest_block()
    side_bias_switch: Leaf = switch_probability()


class SideBias(TrialWrapper):
    """Draw the condition ``ground_truth`` with probabilities that change from block to block.

    The row of the first block is drawn; each block has another row than the one before. When a
    block ends does not depend on the subject. The condition ``side_bias_block`` tells the row of
    the block (to fix it in ``new_trial`` changes the record, and not the ground truth).

    Args:
        env: a task with n ``choices``.
        probs: rows of n probabilities; a block has one of them.
        block_dur: trials in a block, an int; a pair (least, most) of ints, all equally likely; or
            the probability to switch before each trial, a float.

    Raises:
        ValueError: for a task without choices, rows that do not sum to 1, or another block_dur.
    """

    PARAMS = Params
    CONDITIONS = {
        "side_bias_block": Condition(
            "row of the block, another one in each block", "int32", at_least=0, below="blocks"
        )
    }
    DIFFERENCES = {
        "first block": Difference(
            "the first block is as long as the others",
            "2.3.1's is one trial short",
            ("test_side_bias_blocks_of_one_length_begin_with_a_whole_one_of_either_kind",),
        ),
        "row of the block": Difference(
            "the condition `side_bias_block` tells the block",
            "2.3.1 gives the row of probabilities, which several blocks may share",
            ("test_side_bias_has_the_probabilities_of_its_block",),
        ),
    }

    def __init__(
        self,
        env: TrialEnv,
        probs: Sequence[Sequence[float]],
        block_dur: int | float | tuple[int, int] = 200,
    ):
        n = len(check_choices("SideBias", env))
        checked = check_probabilities("probs", probs, shape=(None, n)).astype(np.float32)
        self.blocks = Blocks(len(checked), block_dur, "side_bias")
        numbers = {"side_bias_probs": checked, **self.blocks.params}
        super().__init__(env, numbers=numbers, sizes={"blocks": len(checked)})

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
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
