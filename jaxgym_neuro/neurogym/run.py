"""Run an environment with a model, a fixed action or at random, one step after the other."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from jaxgym_neuro.neurogym.core import TrialEnv


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: what was seen, what was done upon it, and what that brought."""

    ob: np.ndarray
    action: Any
    reward: float
    info: dict[str, Any]
    trial: Any  # to which the step belongs
    is_last: bool  # did the trial or the episode end?


def unvectorized(env: Any) -> Any:
    """Return the one environment in a DummyVecEnv of Stable-Baselines3, or the environment itself.

    Raises:
        ValueError: if it is not one environment of `make`, whatever it is wrapped in.
    """
    is_vector = hasattr(env, "num_envs")
    inner = getattr(env, "envs", [])[:1] if is_vector else [env]
    if not inner or not isinstance(getattr(inner[0], "unwrapped", None), TrialEnv):
        raise ValueError(
            f"env is an environment of make(), alone, wrapped or in a DummyVecEnv, not {env!r}"
        )
    return inner[0]


def run(env: Any, model: Any = None, action: Any = None) -> Iterator[Step]:
    """Reset an environment, and yield its steps without end.

    Args:
        env: an environment of `make`, wrapped or not.
        model: with a method ``predict`` as Stable-Baselines3 has it. What it remembers is forgotten
            between trials.
        action: to be repeated, if there is no model; None: random ones.
    """
    (ob, _), trial = env.reset(), env.unwrapped.trial
    memory, begins = None, np.array([True])
    while True:
        if model is not None:
            taken, memory = model.predict(
                ob, state=memory, episode_start=begins, deterministic=True
            )
        else:
            taken = env.action_space.sample() if action is None else action
        next_ob, reward, terminated, truncated, info = env.step(taken)
        is_last = bool(info["new_trial"] or terminated or truncated)
        yield Step(ob, taken, float(reward), info, trial, is_last)
        ob, begins = next_ob, np.array([is_last])
        if terminated or truncated:
            ob, _ = env.reset()
        if is_last:
            memory, trial = None, env.unwrapped.trial
