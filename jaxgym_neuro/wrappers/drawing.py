"""What the wrappers that draw the ground truth share: the task's choices, and blocks of trials."""

import dataclasses
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.stimuli import pick
from jaxgym_neuro.support.validation import check_integer, check_number
from jaxgym_neuro.wrappers.base import check_env


def check_choices(wrapper: str, env: TrialEnv) -> tuple[int, ...]:
    """Return the values that the task's ground truth can take, or raise a ValueError."""
    check_env(wrapper, env)
    if not env.choices:
        raise ValueError(
            f"{wrapper} sets the condition 'ground_truth', and {env.name} does not draw it from a "
            "few values (its `choices` are empty)"
        )
    return tuple(env.choices)


def with_choice(
    conditions: Mapping[str, jax.Array], choices: Sequence[int], index: jax.Array
) -> dict[str, jax.Array]:
    """Return the conditions with the choice of that index as ground truth."""
    value = pick(np.asarray(choices), index).astype(conditions["ground_truth"].dtype)
    return {**conditions, "ground_truth": value}


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Blocks of trials: each block is of another kind than the one before.

    The numbers are params of the wrapper that uses it: the shortest and the longest block, or the
    probability to switch before a trial. The kind of the first block is drawn, too, and its length
    as that of the others.

    Args:
        num_kinds: number of kinds of block.
        block_dur: trials in a block, an int; the least and the most, all equally likely, a pair of
            ints; or the probability to switch before each trial, a float between 0 and 1.
        prefix: of the names of the params.
    """

    num_kinds: int
    block_dur: int | float | tuple[int, int]
    prefix: str

    def __post_init__(self):
        dur = self.block_dur
        if isinstance(dur, Sequence) and not isinstance(dur, str) and len(dur) == 2:
            low, high = (check_integer("each end of block_dur", n, at_least=1) for n in dur)
            if low > high:
                raise ValueError(f"block_dur=(least, most) is in ascending order, not {dur!r}")
            dur = (low, high)
        elif isinstance(dur, numbers.Integral) and not isinstance(dur, bool):
            dur = check_integer("block_dur (in trials)", dur, at_least=1)
        elif isinstance(dur, float | np.floating) and 0 < dur < 1:
            dur = float(dur)
        else:
            raise ValueError(
                "block_dur is a number of trials, a pair (least, most) of them, or a probability "
                f"to switch, above 0 and below 1, not {dur!r}"
            )
        object.__setattr__(self, "block_dur", dur)

    @property
    def is_by_chance(self) -> bool:
        """Whether a block ends by chance rather than after a number of trials."""
        return isinstance(self.block_dur, float)

    @property
    def params(self) -> dict[str, Any]:
        """Names and values of the params."""
        if self.is_by_chance:
            return {f"{self.prefix}_switch": self.block_dur}
        dur = self.block_dur
        low, high = dur if isinstance(dur, tuple) else (dur, dur)
        return {f"{self.prefix}_block_least": low, f"{self.prefix}_block_most": high}

    def check(self, params: Any) -> None:
        """Raise a ValueError unless the params are such numbers."""
        if self.is_by_chance:
            name = f"{self.prefix}_switch"
            check_number(name, float(getattr(params, name)), at_least=0, at_most=1)
            return
        least, most = (int(getattr(params, name)) for name in self.params)
        if not 1 <= least <= most:
            raise ValueError(f"the shortest block is of 1 to {most} trials, not of {least}")

    def init(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the kind before the first block, of which no trials are left."""
        return random.integer(key, self.num_kinds), jnp.int32(0)

    def next(
        self, key: jax.Array, carry: tuple[jax.Array, jax.Array], params: Any
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        """Return the kind of the block that the next trial is in, and the carry."""
        kind, left = carry
        key_kind, key_end = random.split(key)
        if self.is_by_chance:
            p = jnp.asarray(getattr(params, f"{self.prefix}_switch"), jnp.float32)
            is_over, left = random.bernoulli(key_end, p), jnp.zeros_like(left)
        else:
            least, most = (jnp.asarray(getattr(params, name)) for name in self.params)
            spread = random.uniform(key_end) * (most - least + 1).astype(jnp.float32)
            trials = jnp.minimum(least + spread.astype(jnp.int32), most)
            is_over = left <= 0
            left = jnp.where(is_over, trials, left) - 1
        other = random.another(key_kind, self.num_kinds, kind)
        kind = jnp.where(is_over, other, kind)
        return kind, (kind, left)
