"""Tasks for Stable-Baselines3: N environments in one array program, without a loop over them."""

# Stable-Baselines3 is an extra, which the environment of the linters does not have.
# pyright: reportMissingImports=false

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.support.extras import needed_by

with needed_by("jaxgym_neuro.adapters.sb3"):
    from stable_baselines3.common.vec_env.base_vec_env import VecEnv

_SHOWN_AT_TRIAL_END = ("performance", "gt")


class TaskVecEnv(VecEnv):
    """N copies of a task, or of a gymnax environment, as a ``VecEnv`` of Stable-Baselines3.

    ``PPO("MlpPolicy", TaskVecEnv("PerceptualDecisionMaking-v0", 64))`` trains on one.

    The info of an environment is an empty dict, but for the steps at which something ends:

    - a trial: ``new_trial`` (True), ``performance``, ``gt`` and ``conditions`` of that trial;
    - an episode: ``terminal_observation`` and ``TimeLimit.truncated``, as the protocol wants them.
      The step shows the first observation of the next episode.

    Tasks made of trials go on for ever unless params say otherwise (``trials_per_episode``,
    ``max_steps_in_episode``).

    Attributes:
        envs: the `TaskVectorEnv` inside, with ``task`` and ``params``.

    Args:
        task: a registered id, or an environment.
        num_envs: N.
        params: params to begin with; default are the task's. See `TaskVectorEnv`.
        seed: environment i begins from ``seed + i``; None for any.
        **kwargs: the task's constructor arguments, where ``task`` is an id.

    Raises:
        ValueError: as for a `TaskVectorEnv`.
    """

    def __init__(
        self,
        task: Any,
        num_envs: int = 1,
        params: Any = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        self.envs = TaskVectorEnv(task, num_envs, params, AutoresetMode.SAME_STEP, **kwargs)
        self.metadata = self.envs.metadata
        spaces = self.envs.single_observation_space, self.envs.single_action_space
        super().__init__(self.envs.num_envs, *spaces)
        if seed is not None:
            self.seed(seed)

    def reset(self) -> np.ndarray:
        """Begin an episode everywhere, with the seed and options that wait for it."""
        seeds = None if self._seeds[0] is None else self._seeds
        options = self._options[0]
        if any(other != options for other in self._options):
            raise ValueError("the environments share their options: give set_options one dict")
        ob, _ = self.envs.reset(seed=seeds, options=options)
        self._reset_seeds()
        self._reset_options()
        return ob

    def step_async(self, actions: np.ndarray) -> None:
        """Take note of the actions (N, ...)."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Take the step; return observations, rewards, dones and one info per environment."""
        ob, rewards, terminated, truncated, infos = self.envs.step(self._actions)
        done = terminated | truncated
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if "new_trial" in infos:
            ended = infos["new_trial"] & infos["_new_trial"]
            _tell_trials(told, ended, infos)
        if "final_obs" in infos:
            final = infos["final_info"]
            if "new_trial" in final:
                _tell_trials(told, final["new_trial"] & done, final)
            for i in np.flatnonzero(done):
                told[i]["terminal_observation"] = infos["final_obs"][i]
                told[i]["TimeLimit.truncated"] = bool(truncated[i] and not terminated[i])
        return ob, rewards, done, told

    def close(self) -> None:
        """Close the environments."""
        self.envs.close()

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Return no pictures: environments that are stepped together are not drawn."""
        return [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the vector environment, as often as there are ``indices``."""
        value = None if attr_name == "render_mode" else getattr(self.envs, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Raise: environments that are stepped together have no attributes of their own."""
        raise AttributeError(
            f"{attr_name} cannot be set to {value!r}: what is to change goes into params, with "
            'set_options({"params": ...}) before a reset'
        )

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector environment once; return its result for each index."""
        result = getattr(self.envs, method_name)(*method_args, **method_kwargs)
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return False: no wrapper of a single environment is there."""
        return [False for _ in self._get_indices(indices)]


def _tell_trials(told, ended, infos):
    """Tell the environments whose trial ended what is known of it."""
    conditions = {name: x for name, x in infos["conditions"].items() if not name.startswith("_")}
    for i in np.flatnonzero(ended):
        told[i]["new_trial"] = True
        for name in _SHOWN_AT_TRIAL_END:
            told[i][name] = infos[name][i]
        told[i]["conditions"] = {name: x[i] for name, x in conditions.items()}
