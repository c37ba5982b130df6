"""SideBias: blocks of trials in which one answer is right more often than another."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.blocks import (
    Blocks,
    block_scale,
    first_block,
    is_pair,
    longest_block,
    shortest_block,
    switch_probability,
)
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, number
from jaxgym_neuro.core.tables import Condition, Difference
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_probabilities
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_choices, with_choice


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    side_bias_probs: Leaf = number(
        ((0.8, 0.2), (0.2, 0.8)),
        "probability of each answer; a block has one of the rows, a special first one the last",
        shape=("blocks", "n"),
        sums_to_1=True,
    )
    side_bias_block_least: Leaf = shortest_block()
    side_bias_block_most: Leaf = longest_block()
    side_bias_block_scale: Leaf = block_scale()
    side_bias_switch: Leaf = switch_probability()
    side_bias_first_block: Leaf = first_block()


class SideBias(TrialWrapper):
    """Draw the condition ``ground_truth`` with probabilities that change from block to block.

    Each block has another row than the one before. When a block ends does not depend on the
    subject. The conditions ``side_bias_block``, ``side_bias_trial_in_block`` and ``side_bias_p``
    tell the block of the trial, its place in it and the probabilities there (to fix the former in
    ``new_trial`` changes the record, and not the ground truth).

    An episode begins as at a random moment: in a block of any row, and anywhere in it. A special
    first block, such as 90 trials without bias, is a row of its own, the last of
    ``params.side_bias_probs``; then episodes begin with it, and trials that are drawn one by one
    are all of it, unless ``start="anywhere"``.

    Args:
        env: a task with n ``choices``.
        probs: rows of n probabilities; a block has one of them.
        block_dur: trials in a block, an int; a pair (least, most) of ints, all equally likely;
            ``TruncatedExponential(mean, min, max)`` of `jaxgym_neuro.timing`, in trials, or its
            short form; the probability to switch before each trial, a float; or a list of these,
            one for each row (two bare ints are a pair).
        first_block: n probabilities, and the trials of the first block.
        start: ``"anywhere"`` (when a special first block is over), or ``"block"``, with the first
            trial of a block, the special one if there is one. By default the latter with a special
            first block.

    Raises:
        ValueError: for a task without choices, rows that do not sum to 1, another block_dur,
            first_block or start.
    """

    PARAMS = Params
    CONDITIONS = {
        "side_bias_block": Condition(
            "row of the block, another one in each block", "int32", at_least=0, below="blocks"
        ),
        "side_bias_trial_in_block": Condition(
            "number of the trial in its block, from 0", "int32", at_least=0
        ),
        "side_bias_p": Condition(
            "probability of each answer in this block", shape=("n",), derived=True
        ),
    }
    DIFFERENCES = {
        "first block": Difference(
            'an episode begins anywhere in a block of any row; with `start="block"`, with a '
            "whole one",
            "2.3.1 begins with the first row, one trial short, so that trials drawn one by one "
            "would all be of that row",
            (
                "test_side_bias_begins_as_at_a_random_moment",
                "test_side_bias_can_begin_with_a_whole_block",
            ),
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
        block_dur: Any = 200,
        first_block: tuple[Sequence[float], int] | None = None,
        start: str | None = None,
    ):
        n = len(check_choices("SideBias", env))
        checked = check_probabilities("probs", probs, shape=(None, n))
        first = None
        if first_block is not None:
            if not is_pair(first_block):
                raise ValueError(
                    f"first_block is a pair of {n} probabilities and a number of trials, "
                    f"not {first_block!r}"
                )
            row = check_probabilities(
                "the probabilities in first_block", first_block[0], shape=(n,)
            )
            checked, first = np.concatenate([checked, [row]]), first_block[1]
        if start is None:
            start = "anywhere" if first is None else "block"
        rows = len(checked) - (first is not None)
        self.blocks = Blocks(rows, block_dur, "side_bias", first, start)
        numbers = {"side_bias_probs": checked.astype(np.float32), **self.blocks.params}
        super().__init__(env, numbers=numbers, sizes={"blocks": len(checked)})

    def validate(self, params):
        """Check concrete params."""
        super().validate(params)
        self.blocks.check(params)

    def init_memory(self, key, params):
        """Find a place among the blocks."""
        return self.blocks.init(key, params)

    def change_conditions(self, key, conditions, params, own):
        """Draw the ground truth as is usual in this block."""
        key_index, key_blocks = random.split(key)
        own = self.blocks.next(key_blocks, own, params)
        probs = jnp.asarray(params.side_bias_probs).at[own.kind].get(mode="clip")
        told = {"side_bias_block": own.kind, "side_bias_trial_in_block": own.trial}
        index = random.weighted(key_index, probs)
        return with_choice({**conditions, **told}, self.choices, index), own

    def change_trial(self, builder, conditions, params):
        """Tell the probabilities of the block."""
        block = conditions["side_bias_block"]
        probs = jnp.asarray(params.side_bias_probs, jnp.float32).at[block].get(mode="clip")
        return builder.set_conditions(side_bias_p=probs)
