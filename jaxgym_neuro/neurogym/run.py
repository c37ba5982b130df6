"""Run an environment with a model, a fixed action or at random, one step after the other."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jaxgym_neuro.neurogym.trial_env import TrialEnv


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: what was seen, what was done upon it, and what that brought."""

    ob: np.ndarray
    action: Any
    reward: float
    info: dict[str, Any]
    periods: Mapping[str, tuple[int, int]]  # steps of each, of the trial to which it belongs
    is_last: bool  # did the trial or the episode end?


def unvectorized(env: Any) -> Any:
    """Return the one environment in a DummyVecEnv of Stable-Baselines3, or the environment itself.

    Raises:
        ValueError: if it is not one environment of trials, whatever it is wrapped in.
    """
    is_vector = hasattr(env, "num_envs")
    inner = getattr(env, "envs", [])[:1] if is_vector else [env]
    if not inner or not isinstance(getattr(inner[0], "unwrapped", None), TrialEnv):
        raise ValueError(
            "env is an environment of make() or of a TrialEnv, alone, wrapped or in a DummyVecEnv, "
            f"not {env!r}"
        )
    return inner[0]


def run(env: Any, model: Any = None, action: Any = None) -> Iterator[Step]:
    """Reset an environment, and yield its steps without end.

    Args:
        env: an environment of `make` or of a `TrialEnv`, wrapped or not.
        model: with a method ``predict`` as Stable-Baselines3 has it. What it remembers is forgotten
            between trials.
        action: to be repeated, if there is no model; None: random ones.
    """
    (ob, _), periods = env.reset(), periods_of(env)
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
        yield Step(ob, taken, float(np.sum(reward)), info, periods, is_last)
        ob, begins = next_ob, np.array([is_last])
        if terminated or truncated:
            ob, _ = env.reset()
        if is_last:
            memory, periods = None, periods_of(env)


def periods_of(env: Any) -> dict[str, tuple[int, int]]:
    """Return first step and first step after, for each period of the trial under way."""
    starts, ends = env.unwrapped.start_ind, env.unwrapped.end_ind
    return {name: (starts[name], ends[name]) for name in starts}
