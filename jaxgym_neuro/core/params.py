"""Pytrees of numbers: how a field gets its dtype, and the params that every task has."""

import dataclasses
from typing import Any, Self

import jax
import numpy as np

from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import merge_known


def as_leaf(value: Any, dtype: Any) -> Any:
    """Give a host number (or list of them) a fixed dtype; leave anything of JAX alone.

    Python numbers are weakly typed and float64 arrays are not float32: either would compile a
    jitted function anew.
    """
    if isinstance(value, bool | int | float | list | tuple | np.generic | np.ndarray):
        return np.asarray(value, dtype)
    return value


def leaf_dtype(default: Any) -> Any:
    """Dtype of a params field, told by its default: bool, int32, or float32."""
    if isinstance(default, bool):
        return np.bool_
    return np.int32 if isinstance(default, int) else np.float32


@pytree
class TrialParams:
    """Numbers of a task that may be swept with ``vmap``; tasks add their own fields.

    Change them with ``params.replace(...)``, `with_timing` and `with_rewards`, which keep structure
    and dtypes, so that nothing is compiled anew.
    """

    timing: dict[str, timing_module.Distribution] = dataclasses.field(default_factory=dict)  # ms
    rewards: dict[str, jax.Array] = dataclasses.field(default_factory=dict)  # float32 scalars
    r_tmax: jax.Array = 0.0  # added to the reward when a trial runs out of time
    abort: jax.Array = False  # does breaking fixation end the trial?
    trials_per_episode: jax.Array = 0  # terminates the episode; 0: never
    max_steps_in_episode: jax.Array = 0  # truncates the episode; 0: never

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "rewards":
                leaf = {name: as_leaf(amount, np.float32) for name, amount in value.items()}
            elif field.default is dataclasses.MISSING:  # a tree of its own, such as timing
                leaf = value
            else:
                leaf = as_leaf(value, leaf_dtype(field.default))
            object.__setattr__(self, field.name, leaf)

    def replace(self, **changes: Any) -> Self:
        """Return params with other fields; host numbers get the fields' dtypes."""
        return dataclasses.replace(self, **changes)

    def with_timing(self, **periods: Any) -> Self:
        """Return params with other durations: ``with_timing(delay=("uniform", (300, 500)))``."""
        merged = merge_known("period", self.timing, periods)
        parsed = {name: timing_module.parse(name, spec) for name, spec in merged.items()}
        return self.replace(timing=parsed)

    def with_rewards(self, **rewards: float) -> Self:
        """Return params with other rewards: ``with_rewards(abort=-0.5)``."""
        return self.replace(rewards=merge_known("reward", self.rewards, rewards))


@pytree
class NoisyParams(TrialParams):
    """Params of a task whose input is noisy."""

    sigma: jax.Array = 1.0  # input noise; its s.d. per step is sigma / sqrt(dt)
