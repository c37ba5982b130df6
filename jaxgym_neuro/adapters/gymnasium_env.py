"""Tasks as Gymnasium environments: NumPy in, NumPy out, one environment at a time."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import jax
import numpy as np

from jaxgym_neuro.adapters.conversion import (
    checked_conditions,
    checked_params,
    has_trials,
    shortest,
    to_gymnasium_space,
    to_numpy,
)
from jaxgym_neuro.adapters.rendering import FPS, RENDER_MODES, Renderer
from jaxgym_neuro.adapters.stepping.analysis import plan_tables
from jaxgym_neuro.adapters.stepping.interface import SteppingOne
from jaxgym_neuro.adapters.stepping.one_compiled import Compiled
from jaxgym_neuro.adapters.stepping.one_tabulated import Tabulated
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.forks import close_in_forks
from jaxgym_neuro.support.immutable import ReadOnlyDict
from jaxgym_neuro.support.validation import check_integer, check_name

__all__ = ["GymnasiumEnv", "to_gymnasium_space", "to_numpy"]

_RESET_OPTIONS = ("params", "conditions")


class GymnasiumEnv(gymnasium.Env):
    """A task, or any gymnax environment, behind ``gymnasium.Env``.

    ``gymnasium.make("jaxgym_neuro/PerceptualDecisionMaking-v0", dt=20)`` returns one.

    An episode that ends is not restarted: the observation returned with ``terminated`` or
    ``truncated`` is the last one of the episode, and the user calls `reset`. Tasks made of trials
    go on for ever unless ``params`` says otherwise (``trials_per_episode``,
    ``max_steps_in_episode``).

    Where all that can happen in a trial can be listed when it is drawn, a step is a look-up, or,
    with continuous actions, a few operations on Python's numbers (`Tabulated`); otherwise it is a
    compiled call (`Compiled`). Which of them it is does not change what happens.

    Attributes:
        task: the functional environment.
        params: its params; set by ``reset(options={"params": ...})``.
        is_tabulated: whether a step needs no compiled call.

    Args:
        task: a registered id, or an environment.
        params: params to begin with; default are the task's.
        render_mode: None, ``"rgb_array"`` or ``"human"``: a picture of the trial so far.
        tabulate: False to take every step by a compiled call.
        batch_size: trials that are drawn at a time where steps are look-ups; default is what
            makes steps fastest. Fewer make the longest step shorter.
        **kwargs: the task's constructor arguments, where ``task`` is an id.

    Raises:
        ValueError: for an unknown id, argument or render mode, arguments beside an environment, or
            params that do not suit the task.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": FPS}

    def __init__(
        self,
        task: Any,
        params: Any = None,
        render_mode: str | None = None,
        tabulate: bool = True,
        batch_size: int | None = None,
        **kwargs: Any,
    ):
        if render_mode is not None:
            check_name("render mode", render_mode, RENDER_MODES)
        self.task, self.params = resolve(task, params, **kwargs)
        # Not on a device yet: a process that has only constructed one may still fork.
        self._are_params_on_host = True
        self.observation_space = to_gymnasium_space(self.task.observation_space(self.params))
        self.action_space = to_gymnasium_space(self.task.action_space(self.params))
        self.metadata = {**getattr(self.task, "metadata", {}), **type(self).metadata}
        self.render_mode = render_mode
        self._renderer = None if render_mode is None else Renderer(self, render_mode)
        if batch_size is not None:
            check_integer("batch_size", batch_size, at_least=1)
        self._tabulate, self._batch_size = tabulate, batch_size
        self._stepper = self._new_stepper()
        self._stepper_of_next: SteppingOne | None = None  # takes over with the next episode
        self._seeded_by: Any = None
        self._is_closed = False

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: starts the stream of random numbers anew; None continues it.
            options: ``"params"``, used from now on; ``"conditions"``, a dict that fixes conditions
                of the first trial as ``task.new_trial(key, params, **conditions)`` does.

        Returns:
            The first observation, and an info dict with the ``conditions`` of the first trial.

        Raises:
            ValueError: for an unknown option or condition, or params that do not suit the task.
        """
        options = options or {}
        for name in options:
            check_name("reset option", name, _RESET_OPTIONS)
        params = self.params
        if options.get("params") is not None:
            params = checked_params(self.task, options["params"])
        elif self._are_params_on_host:
            params = jax.device_put(params)
        conditions = checked_conditions(self.task, options.get("conditions") or {})
        super().reset(seed=seed)
        if self._stepper_of_next is not None:
            self._stepper_of_next.seed(*self._stepper.stream)
            self._stepper, self._stepper_of_next = self._stepper_of_next, None
        if seed is not None or self._seeded_by is not self.np_random:
            self._seeded_by = self.np_random
            self._stepper.seed(self.np_random.integers(2**32, size=2, dtype=np.uint32))
        self.params, self._are_params_on_host, self._is_closed = params, False, False
        ob, info = self._stepper.reset(params, conditions)
        if self._renderer is not None:
            self._renderer.begin(ob, is_first=True)
        return ob, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step.

        Args:
            action: an element of ``action_space``: an int or an array, of NumPy or of JAX.

        Returns:
            Observation, reward, terminated, truncated, and an info dict with the keys of the
            functional step, less ``final_observation``. The reward is a Python float, -0.1 where
            the task pays -0.1, though it was computed in float32.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`, and after the end of an episode.
            gymnasium.error.ClosedEnvironmentError: after `close`, until the next `reset`.
            ValueError: for an action outside the action space.
        """
        stepper = self._stepper
        if not stepper.can_step:
            stepper = self._go_on()
        if self._renderer is None:
            return stepper.step(action)
        transition = stepper.step(action)
        self._renderer.record(action, transition)
        return transition

    def render(self) -> Any:
        """Draw the trial under way up to now, by the render mode.

        Returns:
            With ``"rgb_array"`` a picture, (height, width, 3) uint8; else None.
        """
        if self._renderer is None:
            gymnasium.logger.warn(
                "render() draws nothing, as render_mode is None; give it to gymnasium.make, as in "
                "gymnasium.make(id, render_mode='rgb_array')"
            )
            return None
        if self.state is None:
            raise _reset_needed()
        return self._renderer.render()

    def close(self) -> None:
        """Close the window, and forget the episode."""
        if self._renderer is not None:
            self._renderer.close()
        self._stepper.stop()
        self._is_closed = True

    # ------------------------------------------------------------------ the trial under way

    def new_trial(self, **conditions: Any) -> Trial:
        """Leave the trial under way, and begin another one, with any of its conditions fixed.

        The clock of the episode stands still; `ob_now` is the first observation of the trial.

        Raises:
            ValueError: for a condition that the task does not draw, naming those that it does.
            gymnasium.error.ResetNeeded: before the first `reset`, and after the end of an episode.
        """
        checked = checked_conditions(self.task, conditions)
        if not has_trials(self.task):
            raise ValueError(f"{self.task.name} is not made of trials")
        stepper = self._stepper if self._stepper.can_step else self._go_on()
        ob = stepper.new_trial(checked)
        if self._renderer is not None:
            self._renderer.begin(ob, is_first=False)
        return stepper.trial

    @property
    def is_tabulated(self) -> bool:
        """Whether a step needs no compiled call."""
        return self._stepper.is_tabulated

    @property
    def state(self) -> Any:
        """The state of the functional environment; None before the first reset."""
        return self._stepper.state

    @property
    def trial(self) -> Trial | None:
        """The trial under way; None before the first reset."""
        return self._stepper.trial

    @property
    def ob(self) -> np.ndarray:
        """Observations of the trial under way, one row a step, apart from what actions change.

        A copy of yours: to write to it changes nothing in the trial.
        """
        trial = self._trial_under_way()
        rows = np.array(trial.ob)[: int(trial.length)]
        return np.array(self.task.frames(rows, self.params)) if self.task.makes_frames else rows

    @property
    def gt(self) -> np.ndarray:
        """Ground truth of the trial under way, one row a step; a copy of yours."""
        trial = self._trial_under_way()
        return np.array(trial.gt)[: int(trial.length)]

    @property
    def ob_now(self) -> np.ndarray:
        """Observation of the trial at the current step."""
        return self.ob[self.t_ind, ...]

    @property
    def gt_now(self) -> Any:
        """Ground truth at the current step."""
        return self.gt[self.t_ind]

    @property
    def t_ind(self) -> int:
        """Steps since the trial began."""
        self._trial_under_way()
        return int(self._stepper.t)

    @property
    def t(self) -> float:
        """Time since the trial began, in ms."""
        return self.t_ind * self.dt

    @property
    def dt(self) -> float:
        """The step in ms."""
        return self.task.dt

    @property
    def timing(self) -> dict[str, Any]:
        """Durations of the periods, in ms: distributions, as the params have them."""
        return ReadOnlyDict(self.params.timing)

    @property
    def rewards(self) -> dict[str, float]:
        """Amount of each reward."""
        amounts = self.params.rewards.items()
        return ReadOnlyDict({name: float(shortest(np.float32(amount))) for name, amount in amounts})

    def in_period(self, name: str, t: float | None = None) -> bool:
        """Whether the current step, or a time in ms since the trial began, lies in a period.

        Raises:
            ValueError: for an unknown period.
        """
        trial = self._trial_under_way()
        check_name("period", name, self.task.periods)
        number = self.task.periods.index(name)
        step = self.t_ind if t is None else t / self.dt
        return int(trial.start[number]) <= step < int(trial.end[number])

    def _new_stepper(self) -> SteppingOne:
        plan = plan_tables(self.task, self.params) if self._tabulate else None
        spaces = self.observation_space, self.action_space
        if plan is None:
            return Compiled(self.task, *spaces)
        return Tabulated(self.task, plan, *spaces, batch_size=self._batch_size)

    def __getstate__(self):
        """What is pickled and copied: no tables, as they can be drawn again.

        The copy goes on with the episode by compiled calls, and with the next one by look-ups.
        """
        going_on = self._stepper.successor() or self._stepper
        state = going_on.state if going_on.can_step else None
        return {**vars(self), "_stepper": (*self._stepper.stream, state), "_stepper_of_next": None}

    def __setstate__(self, saved: dict[str, Any]):
        vars(self).update(saved)
        words, number, state = saved["_stepper"]
        self._stepper = self._new_stepper()
        self._stepper.seed(words, number)
        if state is not None:
            compiled = Compiled(self.task, self.observation_space, self.action_space)
            compiled.go_on_from(words, number, self.params, state)
            self._stepper, self._stepper_of_next = compiled, self._stepper

    def _trial_under_way(self):
        if self.trial is None:
            raise _reset_needed()
        return self.trial

    def _go_on(self):
        """Return a stepper that can take the next step, or raise an error if there is none."""
        successor = self._stepper.successor()
        if successor is not None:
            self._stepper = successor
            return successor
        if self._is_closed:
            raise gymnasium.error.ClosedEnvironmentError(
                "the environment was closed; reset() opens it again"
            )
        raise _reset_needed()


close_in_forks(GymnasiumEnv, "reset", "step", "new_trial")


def _reset_needed():
    return gymnasium.error.ResetNeeded(
        "call reset() before the first step(), and after an episode has ended"
    )
