"""Tasks as a Gymnasium vector environment: N environments in one array program."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from jaxgym_neuro.adapters.conversion import (
    checked_actions,
    checked_batched_params,
    checked_conditions,
    has_trials,
    to_gymnasium_space,
    with_step_limit,
)
from jaxgym_neuro.adapters.stepping.analysis import plan_tables
from jaxgym_neuro.adapters.stepping.interface import SteppingMany
from jaxgym_neuro.adapters.stepping.many_compiled import CompiledMany
from jaxgym_neuro.adapters.stepping.many_tabulated import TabulatedMany, batch_size_of
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.sizes import state_bytes
from jaxgym_neuro.support.forks import close_in_forks
from jaxgym_neuro.support.memory import check_room
from jaxgym_neuro.support.validation import check_integer, check_name

_RESET_OPTIONS = ("params", "conditions", "reset_mask")


class TaskVectorEnv(gymnasium.vector.VectorEnv):
    """N copies of a task, or of a gymnax environment, behind ``gymnasium.vector.VectorEnv``.

    ``gymnasium.make_vec("jaxgym_neuro/PerceptualDecisionMaking-v0", num_envs=64)`` returns one.

    Environment i, reset with ``seed``, goes through what ``gymnasium.make`` of the same id does
    when it is reset with ``seed + i``, however many environments there are.

    At the end of an episode an environment begins anew, in one of Gymnasium's ways:

    ==================  =========================================================================
    ``autoreset_mode``  the step that ends an episode, and the step after it
    ==================  =========================================================================
    ``"NextStep"``      shows its last observation; the next step ignores the action, earns 0 and
                        shows the first observation of the next episode
    ``"SameStep"``      shows the first observation of the next episode; the last one is in
                        ``infos["final_obs"]``, and what was known of it in ``"final_info"``
    ``"Disabled"``      shows its last observation; the user resets the environments that ended,
                        with ``reset(options={"reset_mask": mask})``
    ==================  =========================================================================

    Attributes:
        task: the functional environment.
        params: its params; set by ``reset(options={"params": ...})``.
        is_tabulated: whether a step needs no compiled call.

    Args:
        task: a registered id, or an environment.
        num_envs: N.
        params: params to begin with; default are the task's. Any of their arrays may have a
            leading axis of N, for params that differ between environments.
        autoreset_mode: a `gymnasium.vector.AutoresetMode`, or its value.
        tabulate: False to take every step by a compiled call.
        batch_size: trials of each environment that are drawn at a time where steps are look-ups;
            default is what makes steps fastest.
        copy: False to save a copy of observations and rewards. Those of a compiled call are then
            views of JAX's memory, and read-only; some of Gymnasium's wrappers write into them.
        max_episode_steps: steps after which an episode is truncated, whatever the params say later;
            None leaves it to them. `gymnasium.make_vec` hands it on.
        render_mode: None; vector environments are not drawn.
        **kwargs: the task's constructor arguments, where ``task`` is an id.

    Raises:
        ValueError: for an unknown id, argument or mode, fewer than one environment, or more than
            the device has memory for, arguments beside an environment, or params that do not suit
            the task.
    """

    def __init__(
        self,
        task: Any,
        num_envs: int = 1,
        params: Any = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        tabulate: bool = True,
        batch_size: int | None = None,
        copy: bool = True,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        **kwargs: Any,
    ):
        self.num_envs = check_integer("num_envs", num_envs, at_least=1)
        self._mode = _checked_mode(autoreset_mode)
        if batch_size is not None:
            check_integer("batch_size", batch_size, at_least=1)
        if render_mode is not None:
            raise ValueError(f"a vector environment has no render_mode, not {render_mode!r} either")
        if max_episode_steps is not None:
            check_integer("max_episode_steps", max_episode_steps, at_least=1)
        self._max_episode_steps = max_episode_steps
        self.task, default = resolve(task, **kwargs)
        self._params = self._checked_params(default if params is None else params)
        own_params = self._params.of_env(0)
        check_room("environments", self.num_envs, state_bytes(self.task, own_params).total)
        single_ob = to_gymnasium_space(self.task.observation_space(default))
        single_action = to_gymnasium_space(self.task.action_space(default))
        kinds = gymnasium.spaces.Box | gymnasium.spaces.Discrete
        if not isinstance(single_ob, kinds) or not isinstance(single_action, kinds):
            raise ValueError(
                f"a vector environment has Box or Discrete spaces; those of {self.task.name} are "
                f"{single_ob} and {single_action}"
            )
        self.single_observation_space, self.single_action_space = single_ob, single_action
        self.observation_space = batch_space(single_ob, self.num_envs)
        self.action_space = batch_space(single_action, self.num_envs)
        self.metadata = {
            **getattr(self.task, "metadata", {}),
            "autoreset_mode": self._mode,
            "render_modes": [],
        }
        self._tabulate, self._batch_size = tabulate, batch_size
        self._stepper = self._new_stepper()
        self._is_copy = False  # see `__getstate__`
        self._copy = copy
        self._words: Any = None
        self._ob: Any = None
        self._ended: Any = None  # (N,) bool, where an episode has ended and none has begun
        self._all = np.ones(self.num_envs, bool)
        self._all.flags.writeable = False

    @property
    def params(self) -> Any:
        """The task's params."""
        return self._params.tree

    @property
    def is_tabulated(self) -> bool:
        """Whether a step needs no compiled call."""
        return self._stepper.is_tabulated

    def reset(
        self,
        *,
        seed: int | Sequence[int] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode in all environments, or in some.

        Args:
            seed: starts the streams of random numbers anew: of environment i from ``seed + i``, or
                from the i-th of several seeds. None continues them.
            options: ``"params"``, used from now on; ``"conditions"``, a dict that fixes conditions
                of the first trials, each to one value or to N; ``"reset_mask"``, (N,) bool, the
                environments to reset.

        Returns:
            Observations (N, ...), and infos with the ``conditions`` of the trials under way.

        Raises:
            ValueError: for an unknown option or condition, seeds or a mask of another length, or
                params that do not suit the task.
        """
        options = options or {}
        for name in options:
            check_name("reset option", name, _RESET_OPTIONS)
        params = self._params
        if options.get("params") is not None:
            params = self._checked_params(options["params"])
        given = options.get("conditions") or {}
        conditions = checked_conditions(self.task, given, self.num_envs)
        mask = self._checked_mask(options.get("reset_mask"))
        seeds = self._checked_seeds(seed)
        is_seeded = seeds is not None or self._words is None
        self._words = self._new_words(seeds, mask) if is_seeded else self._words
        if self._is_copy and seeds is not None and mask.all():
            self._stepper, self._is_copy = self._new_stepper(), False
        ob = self._stepper.begin(mask, self._words, is_seeded, params, conditions)
        if not mask.all():
            ob = np.where(mask.reshape(-1, *(1,) * (ob.ndim - 1)), ob, self._ob)
        self._params, self._ob, self.closed = params, ob, False
        if self._ended is not None:
            self._ended = self._ended & ~mask
            self._ended = self._ended if self._ended.any() else None
        return self._own(ob), _with_masks(self._conditions(), mask, mask)

    def step(
        self, actions: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Take one step in all environments.

        Args:
            actions: an element of ``action_space``: an array of NumPy or of JAX, or a list.

        Returns:
            Observations (N, ...), rewards (N,) float64, terminated and truncated (N,) bool, and
            infos: arrays (N, ...) of ``new_trial``, ``performance``, ``gt`` and ``conditions`` of
            the trials that the actions belonged to, each with a mask under ``_`` and its name.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`, and, in mode ``"Disabled"``,
                where an episode has ended.
            gymnasium.error.ClosedEnvironmentError: after `close`, until the next `reset`.
            ValueError: for actions outside the action space.
        """
        stepper = self._stepper
        if self.closed or not stepper.can_step:
            stepper = self._go_on()
        actions = checked_actions(self.action_space, actions)
        waiting = self._ended
        if waiting is not None and self._mode is AutoresetMode.DISABLED:
            raise gymnasium.error.ResetNeeded(
                f"episodes of environments {np.flatnonzero(waiting).tolist()} have ended: "
                'reset(options={"reset_mask": mask}) begins the next ones'
            )
        step = stepper.step(actions, waiting)
        ob, acted = step.ob, self._all if waiting is None else ~waiting
        # Every environment is in some trial, even where it has not acted in it yet.
        infos = _with_masks(step.info, acted, self._all)
        if step.final_ob is not None:
            done = step.terminated | step.truncated
            if self._mode is AutoresetMode.SAME_STEP:
                infos = self._finished(step, done)
            else:
                self._ended = done
                ob = np.where(done.reshape(-1, *(1,) * (ob.ndim - 1)), step.final_ob, ob)
        else:
            self._ended = None
        self._ob = ob
        return self._own(ob), self._own(step.rewards), step.terminated, step.truncated, infos

    # ------------------------------------------------------------------ inside

    def _checked_params(self, params):
        checked = checked_batched_params(self.task, params, self.num_envs)
        if self._max_episode_steps is None:
            return checked
        limited = with_step_limit(params, self._max_episode_steps)
        return checked_batched_params(self.task, limited, self.num_envs)

    def _new_stepper(self) -> SteppingMany:
        can_tabulate = self._tabulate and getattr(self.task, "num_kinds", 1) == 1
        plan = plan_tables(self.task, self._params.of_env(0)) if can_tabulate else None
        size = self._batch_size
        if plan is not None and size is None:
            size = batch_size_of(self.task, plan, self.num_envs)
        if plan is None or not size:
            return CompiledMany(self.task, self.num_envs)
        return TabulatedMany(self.task, plan, self.num_envs, size)

    def __getstate__(self):
        """What is pickled and copied: no tables, as they can be drawn again.

        The copy goes on by compiled calls, until it is reset with a seed.
        """
        going_on = self._stepper.successor() or self._stepper
        is_begun = isinstance(going_on, CompiledMany)
        return {**vars(self), "_stepper": going_on if is_begun else None, "_is_copy": is_begun}

    def __setstate__(self, saved: dict[str, Any]):
        vars(self).update(saved)
        if self._stepper is None:
            self._stepper = self._new_stepper()

    def _own(self, x):
        return x.copy() if self._copy else x

    def _go_on(self):
        """Return a stepper that can take the next step, or raise an error if there is none."""
        if self.closed:
            raise gymnasium.error.ClosedEnvironmentError(
                "the environment is closed; reset() opens it again"
            )
        successor = self._stepper.successor()
        if successor is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        self._stepper = successor
        return successor

    def _conditions(self):
        return {"conditions": self._stepper.conditions()} if has_trials(self.task) else {}

    def _finished(self, step, done):
        """Infos of a step that ended episodes where ``done``, in mode ``"SameStep"``."""
        final_obs = np.full(self.num_envs, None, object)
        for index in np.flatnonzero(done):
            final_obs[index] = step.final_ob[index].copy()
        return {
            **_with_masks({**step.info, **self._conditions()}, ~done, self._all),
            "final_obs": final_obs,
            "_final_obs": done,
            "final_info": _with_masks(step.info, done, done),
            "_final_info": done,
        }

    def _new_words(self, seeds, mask):
        """Return two random words for each environment: from its seed, or from ``np_random``."""
        if seeds is None:
            return self.np_random.integers(2**32, size=(self.num_envs, 2), dtype=np.uint32)
        words = np.zeros((self.num_envs, 2), np.uint32) if self._words is None else self._words
        words = words.copy()
        for index in np.flatnonzero(mask):
            # The first words of seeding.np_random(seed); to make that takes twice as long.
            number = int(np.random.PCG64(seeds[index]).random_raw())
            words[index] = number & 0xFFFFFFFF, number >> 32
        return words

    def _checked_seeds(self, seed):
        if seed is None:
            return None
        if isinstance(seed, int | np.integer):
            first = check_integer("seed", seed, at_least=0)
            self._np_random, self._np_random_seed = seeding.np_random(first)
            return range(first, first + self.num_envs)
        seeds = [check_integer("each of several seeds", one, at_least=0) for one in seed]
        if len(seeds) != self.num_envs:
            raise ValueError(
                f"seed is one number or {self.num_envs}, one for each environment, not {len(seeds)}"
            )
        return seeds

    def _checked_mask(self, mask):
        if mask is None:
            return np.ones(self.num_envs, bool)
        is_mask = isinstance(mask, np.ndarray) and mask.dtype == bool
        if not is_mask or mask.shape != (self.num_envs,) or not mask.any():
            raise ValueError(
                f"reset_mask is a NumPy array ({self.num_envs},) of bool with a True, not {mask!r}"
            )
        if self._ob is None and not mask.all():
            raise ValueError("the first reset is one of all environments, without a reset_mask")
        return mask.copy()


close_in_forks(TaskVectorEnv, "reset", "step")


@functools.cache
def _mask_name(name):
    return f"_{name}"


def _with_masks(info, mask, mask_of_conditions):
    """Lay out arrays as Gymnasium's infos; a mask tells which environments a value is of."""
    infos = {}
    for name, value in info.items():
        its_mask = mask_of_conditions if name == "conditions" else mask
        if isinstance(value, dict):
            value = _with_masks(value, its_mask, its_mask)
        infos[name], infos[_mask_name(name)] = value, its_mask
    return infos


def _checked_mode(mode):
    modes = {one.value: one for one in AutoresetMode}
    if isinstance(mode, AutoresetMode):
        return mode
    check_name("autoreset_mode", mode, modes)
    return modes[mode]
