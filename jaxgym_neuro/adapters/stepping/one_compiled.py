"""Steps from Python that are compiled calls: for any environment."""

from typing import Any

import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import (
    checked_action,
    decimal,
    has_trials,
    own_observation,
    to_numpy,
)
from jaxgym_neuro.adapters.stepping.streams import stream_key
from jaxgym_neuro.core.drawing import draw_next
from jaxgym_neuro.support.caches import jit_for_few


class Compiled:
    """Takes each step by a compiled call.

    Args:
        task: the functional environment.
        observation_space: Gymnasium's space of its observations.
        action_space: Gymnasium's space of its actions.
    """

    is_tabulated = False

    def __init__(self, task: Any, observation_space: Any, action_space: Any):
        self._task = task
        self._ob_space, self._action_space = observation_space, action_space
        self._has_trials = has_trials(task)
        self._words, self._number = np.zeros(2, np.uint32), 0
        self._params: Any = None
        self.state: Any = None
        self.can_step = False

    def go_on_from(self, words: np.ndarray, number: int, params: Any, state: Any) -> None:
        """Go on with an episode whose next trial is ``number``."""
        self._words, self._number = words, number
        self._params, self.state = params, jax.device_put(state)
        self.can_step = True

    def seed(self, words: np.ndarray, number: int = 0) -> None:
        """Go on in another stream of trials."""
        self._words, self._number = words, number

    @property
    def stream(self) -> tuple[np.ndarray, int]:
        """The words of the stream, and the number of the trial that comes next."""
        return self._words, self._number

    def reset(self, params: Any, conditions: dict[str, np.ndarray]) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        self._params = params
        number = self._count(True)
        ob, self.state = _reset(self._task, self._words, number, params, conditions)
        self.can_step = True
        info = {"conditions": self.state.trial.conditions} if self._has_trials else {}
        return own_observation(self._ob_space, ob), to_numpy(info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        action = checked_action(self._action_space, action)
        number = np.int32(self._number)
        ob, self.state, reward, terminated, truncated, info = _step(
            self._task, self._words, number, self.state, action, self._params
        )
        terminated, truncated = bool(terminated), bool(truncated)
        final = info.pop("final_observation", ob)
        if terminated or truncated:
            ob, self.can_step = final, False
        info = to_numpy(info)
        # A trial that begins with the next episode is counted when that begins.
        self._count((info["new_trial"] and self.can_step) if self._has_trials else True)
        ob, reward = own_observation(self._ob_space, ob), decimal[float(reward)]
        return ob, reward, terminated, truncated, info

    def new_trial(self, conditions: dict[str, np.ndarray]) -> Any:
        """Go on with another trial, and return its first observation."""
        number = self._count(True)
        args = (self._task, self._words, number, self.state, self._params, conditions)
        ob, self.state = _new_trial(*args)
        return own_observation(self._ob_space, ob)

    def stop(self) -> None:
        """End the episode."""
        self.can_step = False

    def successor(self) -> None:
        """Return None: what this cannot go on with has ended."""

    @property
    def trial(self) -> Any:
        """The trial under way; None if there is none."""
        return getattr(self.state, "trial", None)

    @property
    def t(self) -> Any:
        """Steps since the trial began."""
        return self.state.t

    def _count(self, is_drawn):
        """Return the number of the trial that is drawn next, and count it if it is."""
        number = self._number
        self._number += bool(is_drawn)
        return np.int32(number)


@jit_for_few(1)
def _reset(task, words, number, params, conditions):
    """Begin an episode with trial ``number`` of the stream that two random words determine."""
    return task.reset(stream_key(words, number), params, **conditions)


@jit_for_few(1)
def _step(task, words, number, state, action, params):
    """Take one step; if it ends the trial, the next one is trial ``number``."""
    return task.step(stream_key(words, number), state, action, params)


@jit_for_few(1)
def _new_trial(task, words, number, state, params, conditions):
    """Replace the trial by trial ``number``, as if the old one had ended here."""
    key = stream_key(words, number)
    trial, carry = draw_next(task, key, params, state.carry, conditions)
    zero, count = np.int32(0), state.num_trials + np.int32(1)
    state = state.replace(t=zero, num_trials=count, trial=trial, carry=carry)
    return task.observe(state, params), state
