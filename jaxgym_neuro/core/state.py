"""What is passed between a task and its hooks: the state, a response, and what it comes to."""

import dataclasses
from typing import Any, Generic

import jax
import jax.numpy as jnp
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
class Given:
    """Whether an answer is given at this step, what it is, and when."""

    is_given: Leaf  # () bool
    value: Leaf = None  # () of the answer's dtype; None: the action
    time: Leaf = None  # () float32 ms; None: by the clock that ANSWERS declares


@pytree
class Response:
    """What an action earns; returned by `TrialEnv.respond`."""

    reward: Leaf  # () float32, without ``r_tmax``
    new_trial: Leaf = False  # () bool, does this action end the trial?
    performance: Leaf = 0.0  # () float32, score of the trial from 0 to 1; counts if it ends
    holds: Leaf = False  # () bool, does the trial's clock stand still: is this step shown again?
    carry: Any = None  # pytree of the carry's shapes and dtypes; None: unchanged
    # Further entries of the info: str to array, at every step the same names, shapes and dtypes.
    info: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    # By name, those in ``ANSWERS``. None: the action with which the trial ends, unless it waits.
    answers: dict[str, Given] | None = None


def none_given(answers: dict[str, Given] | None, where: Leaf) -> dict[str, Given]:
    """Return answers of which none is given where nothing that the subject does counts.

    Args:
        answers: those of a `Response`.
        where: () bool.
    """
    return {
        name: Given(given.is_given & ~where, given.value, jnp.where(where, -1, given.time))
        for name, given in (answers or {}).items()
    }


@pytree
class Verdict:
    """What an action comes to, the end of the trial included; returned by `TrialEnv.judge`."""

    reward: jax.Array  # () float32, with ``r_tmax`` where the trial ran out of time
    ends: jax.Array  # () bool, does the trial end here, by the response or because it ran out?
    ran_out: jax.Array  # () bool, does it end only because this was its last step?
    performance: jax.Array  # () float32, score of the trial, 0 unless it ends
    carry: Any  # the new carry
    info: dict[str, Any]  # further entries of the info, values and times of answers among them
    answers: dict[str, Given]  # by name
    holds: Leaf = False  # () bool, does the trial's clock stand still? False if it never does
