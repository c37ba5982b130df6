"""Shaping by days: which stage of a training the next trial is of, by how the last ones turned out.

What is remembered is a carry of fixed shape, so that it runs inside ``jit``, ``vmap`` and ``scan``.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.params import Leaf, TrialParams, integer, number
from jaxgym_neuro.support.pytrees import pytree

_ROUNDING = np.float32(1e-6)  # of a threshold, so that 210 of 300 trials are 0.7 of them


@dataclasses.dataclass(frozen=True)
class Stage:
    """What a stage of the training asks of the subject; a bool each.

    Attributes:
        words: the stage in words.
        stimulus: whether there is a stimulus.
        delay: whether there is a delay.
        grows: whether the delay grows with performance.
        ambiguous: whether the stimulus is weak or strong, and noisy.
        either: whether either side is right, as long as it is not chosen too often in a row.
        forgives: whether a mistake costs nothing, and may be corrected.
    """

    words: str
    stimulus: bool = True
    delay: bool = False
    grows: bool = False
    ambiguous: bool = False
    either: bool = False
    forgives: bool = False


STAGES = (
    Stage(
        "no stimulus and no delay; either side is right, unless it was chosen too often in a row",
        stimulus=False,
        either=True,
    ),
    Stage(
        "a clear stimulus, no delay; a mistake costs nothing, and may be corrected", forgives=True
    ),
    Stage("the same, and the first answer counts"),
    Stage("a clear stimulus, and a delay that grows with performance", delay=True, grows=True),
    Stage(
        "a stimulus that is weak or strong, with noise, and the whole delay",
        delay=True,
        ambiguous=True,
    ),
)
FORGIVING, FIRST_COUNTS, GROWING = 1, 2, 3  # numbers of stages that lead to others by themselves


def in_stage(stage: jax.Array, name: str) -> jax.Array:
    """Return a field of a stage that is known to the device only, () bool."""
    flags = np.asarray([getattr(each, name) for each in STAGES])
    return jnp.any(flags & (stage == np.arange(len(STAGES), dtype=np.int32)))


@pytree
class ShapingParams(TrialParams):
    """Numbers of a shaping by days."""

    max_num_reps: Leaf = integer(
        3, "times in a row that the same side is right in stage 0", at_least=1
    )
    th_stage: Leaf = number(
        0.7,
        "share of right trials that leads on; below 0: no training, the last stage",
        at_least=-1,
        at_most=1,
    )
    min_perf: Leaf = number(
        0.5,
        "share of right trials below which stage 2 leads back, and up to which delays get shorter",
        at_least=0,
        at_most=1,
    )
    keep_days: Leaf = integer(1, "good days beyond the first that a stage takes", at_least=0)
    trials_day: Leaf = integer(300, "trials of a day", at_least=1)
    inc_factor: Leaf = number(
        0.25, "share of the delay by which it grows in stage 3", above=0, at_most=1
    )


@pytree
class Progress:
    """Where the training is."""

    index: Leaf  # () int32, of the stage among those that are trained
    has_fallen: Leaf  # () bool, has stage 2 led back to stage 1?
    day: Leaf  # () int32, from 0
    trial: Leaf  # () int32, trials of the day so far
    num_right: Leaf  # () int32, of them
    good_days: Leaf  # () int32, in a row
    window: Leaf  # (w,) bool, whether the last trials were right
    in_window: Leaf  # () int32, how many of them count
    share: Leaf  # () float32, of the delay in stage 3
    least_share: Leaf  # () float32, what it was at the beginning of the day
    side: Leaf  # () int32, chosen last; 0: none yet
    repeats: Leaf  # () int32, times in a row


@dataclasses.dataclass(frozen=True)
class Shaping:
    """A training in stages, by the performance of days and of the last trials of a day.

    Args:
        stages: numbers of the stages that are trained, ascending.
        window: trials over which performance is taken within a day.
    """

    stages: tuple[int, ...]
    window: int

    def begin(self, params: Any) -> Progress:
        """Return the first day of the first stage; without training, the last stage."""
        is_trained = jnp.asarray(params.th_stage, jnp.float32) >= 0
        zero = jnp.int32(0)
        share = jnp.where(is_trained, np.float32(0), np.float32(1))
        return Progress(
            index=jnp.where(is_trained, zero, jnp.int32(len(self.stages) - 1)),
            has_fallen=jnp.bool_(False),
            day=zero,
            trial=zero,
            num_right=zero,
            good_days=zero,
            window=jnp.zeros((self.window,), jnp.bool_),
            in_window=zero,
            share=share,
            least_share=share,
            side=zero,
            repeats=zero,
        )

    def stage(self, at: Progress) -> jax.Array:
        """Return the number of the stage, () int32."""
        numbers = np.asarray(self.stages, np.int32)
        is_now = np.arange(len(numbers), dtype=np.int32) == at.index
        return jnp.sum(jnp.where(is_now, numbers, 0), dtype=jnp.int32)

    def after(self, at: Progress, right: jax.Array, side: jax.Array, params: Any) -> Progress:
        """Return where the training is after a trial.

        Args:
            at: where it was in the trial.
            right: () bool, whether the first answer was right.
            side: () int32, the first answer; 0: there was none.
            params: what has the numbers.
        """
        same = jnp.where(side == at.side, at.repeats + 1, 1)
        at = dataclasses.replace(
            at,
            trial=at.trial + 1,
            num_right=at.num_right + right.astype(jnp.int32),
            window=jnp.concatenate([at.window[1:], right[None]]),
            in_window=jnp.minimum(at.in_window + 1, jnp.int32(self.window)),
            side=jnp.where(side == 0, at.side, side),
            repeats=jnp.where(side == 0, at.repeats, same),
        )
        at = self._fallen_or_risen(at, params)
        at = self._after_day(at, params)
        return self._with_delay(at, params)

    def _fallen_or_risen(self, at: Progress, params: Any) -> Progress:
        """Go back from stage 2 to stage 1 where it is too hard yet, and return from it."""
        if not {FORGIVING, FIRST_COUNTS} <= set(self.stages):
            return at
        is_trained = jnp.asarray(params.th_stage, jnp.float32) >= 0
        is_first = self.stage(at) == FIRST_COUNTS
        falls = is_first & is_trained & self._is_below(at, params.min_perf)
        rises = at.has_fallen & self._is_above(at, params.th_stage)
        return dataclasses.replace(
            at,
            index=at.index - falls.astype(jnp.int32) + rises.astype(jnp.int32),
            has_fallen=(at.has_fallen | falls) & ~rises,
        )

    def _after_day(self, at: Progress, params: Any) -> Progress:
        """Begin the next day if this one is over, in the next stage after enough good days."""
        is_over = at.trial >= params.trials_day
        is_whole = (self.stage(at) != GROWING) | (at.share >= 1)
        is_good = is_whole & ~_is_less(at.num_right, params.trials_day, params.th_stage)
        good_days = jnp.where(is_good, at.good_days + 1, 0)
        goes_on = is_over & (good_days > params.keep_days) & (at.index < len(self.stages) - 1)
        good_days = jnp.where(goes_on, 0, good_days)
        return dataclasses.replace(
            at,
            index=at.index + goes_on.astype(jnp.int32),
            has_fallen=at.has_fallen & ~goes_on,
            day=at.day + is_over.astype(jnp.int32),
            trial=jnp.where(is_over, 0, at.trial),
            num_right=jnp.where(is_over, 0, at.num_right),
            good_days=jnp.where(is_over, good_days, at.good_days),
            in_window=jnp.where(is_over, 0, at.in_window),
            least_share=jnp.where(is_over, at.share, at.least_share),
        )

    def _with_delay(self, at: Progress, params: Any) -> Progress:
        """Have the delay of stage 3 grow, or shrink to what it was at the beginning of the day."""
        step = jnp.asarray(params.inc_factor, jnp.float32)
        grows = self._is_full(at) & ~self._is_below(at, params.th_stage) & (at.share < 1)
        shrinks = self._is_full(at) & ~self._is_above(at, params.min_perf)
        shrinks = shrinks & ~grows & (at.share > at.least_share)
        longer = jnp.minimum(at.share + step, np.float32(1))
        shorter = jnp.maximum(at.share - step, at.least_share)
        share = jnp.where(grows, longer, jnp.where(shrinks, shorter, at.share))
        is_now = self.stage(at) == GROWING
        return dataclasses.replace(
            at,
            share=jnp.where(is_now, share, at.share),
            in_window=jnp.where(is_now & (grows | shrinks), 0, at.in_window),
        )

    def _is_full(self, at: Progress) -> jax.Array:
        return at.in_window >= self.window

    def _is_below(self, at: Progress, threshold: Any) -> jax.Array:
        right = jnp.sum(at.window, dtype=jnp.int32)
        return self._is_full(at) & _is_less(right, self.window, threshold)

    def _is_above(self, at: Progress, threshold: Any) -> jax.Array:
        right = jnp.sum(at.window, dtype=jnp.int32)
        return self._is_full(at) & _is_more(right, self.window, threshold)


def _is_less(right: jax.Array, trials: Any, threshold: Any) -> jax.Array:
    """Whether the share of right trials is below a threshold, but for rounding."""
    wanted = jnp.asarray(threshold, jnp.float32) * jnp.asarray(trials, jnp.float32)
    return right.astype(jnp.float32) < wanted - _ROUNDING * jnp.abs(wanted)


def _is_more(right: jax.Array, trials: Any, threshold: Any) -> jax.Array:
    """Whether the share of right trials is above a threshold, but for rounding."""
    wanted = jnp.asarray(threshold, jnp.float32) * jnp.asarray(trials, jnp.float32)
    return right.astype(jnp.float32) > wanted + _ROUNDING * jnp.abs(wanted)
