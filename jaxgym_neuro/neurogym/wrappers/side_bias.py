"""SideBias: blocks of trials in which one answer is right more often than another."""

from typing import Any

import numpy as np

from jaxgym_neuro import wrappers
from jaxgym_neuro.neurogym.trial_wrapper import OfEither, TrialWrapper, choices_of
from jaxgym_neuro.support.validation import check_integer, check_order, check_probabilities


class SideBias(OfEither, TrialWrapper):
    """Draw the ground truth with probabilities that change from block to block.

    Args:
        env: an environment of `make`, or of a `TrialEnv`, whose task has n ``choices``.
        probs: rows of n probabilities; a block has another one than the block before.
        block_dur: trials in a block, an int; a pair (least, most) of ints, all equally likely; or
            the probability to switch before each trial, a float.

    Raises:
        ValueError: for any other environment, rows that do not sum to 1, or another block_dur.
        AttributeError: for a task of a class without ``choices``.
    """

    pure = wrappers.SideBias

    def __init__(self, env: Any, probs: Any, block_dur: Any = 200):
        super().__init__(env)
        self.choices = choices_of(env, self)
        self.choice_prob = check_probabilities("probs", probs, shape=(None, len(self.choices)))
        self.block_dur = _checked(block_dur)
        self.curr_block: int | None = None  # None: no trial yet
        self._left: float = 0  # trials of the block that are to come

    def seed(self, seed: int | None = None) -> Any:
        """Seed the task, and begin with another block."""
        self.curr_block = None
        return super().seed(seed)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, with another block."""
        self.curr_block = None
        return super().reset(seed=seed, options=options)

    def new_trial(self, **kwargs: Any) -> Any:
        """Begin another trial, of this block or the next one."""
        task: Any = self.unwrapped
        rng, count = task.rng, len(self.choice_prob)
        if self.curr_block is None:
            self.curr_block, self._left = int(rng.randint(count)), self._length(rng)
        elif self._left <= 0:
            others = [block for block in range(count) if block != self.curr_block]
            self.curr_block = others[rng.randint(count - 1)] if others else self.curr_block
            self._left = self._length(rng)
        self._left -= 1
        probs = self.choice_prob[self.curr_block]
        given = {"ground_truth": self.choices[_drawn(rng, probs)], "probs": probs, **kwargs}
        return self.env.new_trial(**given)

    def _length(self, rng):
        if isinstance(self.block_dur, float):
            return rng.geometric(self.block_dur)
        if isinstance(self.block_dur, tuple):
            return rng.randint(self.block_dur[0], self.block_dur[1] + 1)
        return self.block_dur


def _checked(block_dur):
    if isinstance(block_dur, float | np.floating):
        if not 0 < block_dur < 1:
            raise ValueError(f"a block ends with a probability between 0 and 1, not {block_dur!r}")
        return float(block_dur)
    if isinstance(block_dur, tuple | list) and len(block_dur) == 2:
        least, most = (check_integer("trials in a block", x, at_least=1) for x in block_dur)
        check_order(least=least, most=most)
        return least, most
    return check_integer("block_dur", block_dur, at_least=1)


def _drawn(rng, probs):
    """Draw an index with these probabilities."""
    return int(np.searchsorted(np.cumsum(probs)[:-1], rng.random_sample(), side="right"))
