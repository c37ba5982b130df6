"""What a way of stepping is: the protocols between Gymnasium's faces and what is behind them.

There are two ways, by tables and by compiled calls, each for one environment and for many:
`Tabulated`, `Compiled`, `TabulatedMany`, `CompiledMany`. Which of them it is does not change what
happens. The environments check what users give; a stepper trusts it, but for a single action.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from jaxgym_neuro.adapters.stepping.streams import BatchedParams


class SteppingOne(Protocol):
    """Steps one environment.

    ``can_step`` says whether `step` and `new_trial` may be called: an episode is under way, and the
    stepper can go on with it itself. Only the stepper writes it. Where it is False amid an episode
    (tables had no room for a trial), the environment goes on with the `successor`; else it asks
    for a reset.

    Whatever a stepper hands out belongs to the user, who may write to it; ``trial`` and ``state``
    are for reading.
    """

    can_step: bool
    is_tabulated: bool  # does a step need no compiled call?
    t: Any  # steps since the trial under way began

    def seed(self, words: np.ndarray, number: int = 0) -> None:
        """Go on in another stream of trials, that of two random words, with the next reset.

        Args:
            words: (2,) uint32.
            number: the trial to begin with.
        """
        ...

    @property
    def stream(self) -> tuple[np.ndarray, int]:
        """The words of the stream, and the number of the trial that comes next."""
        ...

    def reset(self, params: Any, conditions: dict[str, np.ndarray]) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; return its first observation, and the conditions as an info."""
        ...

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step as Gymnasium has it, or raise a ValueError that says what an action is."""
        ...

    def new_trial(self, conditions: dict[str, np.ndarray]) -> Any:
        """Go on with another trial, and return its first observation."""
        ...

    def stop(self) -> None:
        """End the episode."""
        ...

    def successor(self) -> "SteppingOne | None":
        """Return a stepper that can go on with the episode; None if no episode is under way."""
        ...

    @property
    def trial(self) -> Any:
        """The trial under way; None if there is none."""
        ...

    @property
    def state(self) -> Any:
        """The functional state; None before the first reset."""
        ...


class Transition(NamedTuple):
    """What a step of N environments shows; the environments whose episode ended have begun anew."""

    ob: Any  # (N, ...), after that
    rewards: np.ndarray  # (N,) float64, see `conversion.shortest`
    terminated: np.ndarray  # (N,) bool
    truncated: np.ndarray  # (N,) bool
    info: dict[str, Any]  # arrays (N, ...), of the trial that the action belonged to
    final_ob: Any  # (N, ...), last of the episode where one ended; None where none did


class SteppingMany(Protocol):
    """Steps N environments.

    ``can_step`` is as for one. All episodes are always under way, as those that end begin anew at
    once; how that is shown is the environment's business.

    The arrays that are handed out are not written to again; those of compiled calls are views of
    JAX's memory, and read-only.
    """

    can_step: bool
    is_tabulated: bool  # does a step need no compiled call?

    def begin(
        self,
        mask: np.ndarray,
        words: np.ndarray,
        is_new_stream: bool,
        params: BatchedParams,
        conditions: dict[str, np.ndarray],
    ) -> np.ndarray:
        """Begin an episode where ``mask``; return all observations.

        Args:
            mask: (N,) bool.
            words: (N, 2) uint32, two random words for each stream of trials.
            is_new_stream: do the streams that ``mask`` tells begin anew?
            params: used from now on, everywhere.
            conditions: of the first trials where ``mask``, arrays (N, ...).
        """
        ...

    def step(self, actions: np.ndarray, waiting: np.ndarray | None) -> Transition:
        """Take a step with actions (N, ...), except where ``waiting``, (N,) bool."""
        ...

    def conditions(self) -> dict[str, np.ndarray]:
        """Return the conditions of the trials under way, arrays (N, ...)."""
        ...

    def successor(self) -> "SteppingMany | None":
        """Return a stepper that can go on with the episodes; None if none is under way."""
        ...
