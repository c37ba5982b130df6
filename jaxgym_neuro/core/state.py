"""What is passed between a task and its hooks: the state, a response, and what it comes to."""

import dataclasses
from typing import Any, Generic

import jax
from typing_extensions import TypeVar

from jaxgym_neuro.core.params import Leaf
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.pytrees import pytree

CarryT = TypeVar("CarryT", default=Any)


@pytree
class EnvState(Generic[CarryT]):
    """State of a task: the clock, the current trial, and what the task carries beyond it."""

    time: jax.Array  # () int32, steps since reset
    t: jax.Array  # () int32, step within the trial
    num_trials: jax.Array  # () int32, trials finished since reset
    trial: Trial
    carry: CarryT  # pytree of the task; () if it remembers nothing


@pytree
class Response:
    """What an action earns; returned by `TrialEnv.respond`."""

    reward: Leaf  # () float32, without ``r_tmax``
    new_trial: Leaf = False  # () bool, does this action end the trial?
    performance: Leaf = 0.0  # () float32, score of the trial from 0 to 1; counts if it ends
    carry: Any = None  # pytree of the carry's shapes and dtypes; None: unchanged
    # Further entries of the info: str to array, at every step the same names, shapes and dtypes.
    info: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])


@pytree
class Verdict:
    """What an action comes to, the end of the trial included; returned by `TrialEnv.judge`."""

    reward: jax.Array  # () float32, with ``r_tmax`` where the trial ran out of time
    ends: jax.Array  # () bool, does the trial end here, by the response or because it ran out?
    ran_out: jax.Array  # () bool, does it end only because this was its last step?
    performance: jax.Array  # () float32, score of the trial, 0 unless it ends
    carry: Any  # the new carry
    info: dict[str, Any]  # further entries of the info
