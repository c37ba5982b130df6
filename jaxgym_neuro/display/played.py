"""One trial, played: what there was to see, what was done upon it, and what it earned."""

import dataclasses
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import policies, random
from jaxgym_neuro.support.caches import jit_for_few


@dataclasses.dataclass(frozen=True)
class Played:
    """The steps of one trial, as long as it lasted.

    Attributes:
        rows: (n, channels) what was seen; of a task that shows frames, what they are made of.
        action: (n, *action shape).
        reward: (n,).
        start: (P,) first step of each period.
        end: (P,) first step after it.
        conditions: of the trial.
        follows: whether the subject followed the ground truth; else it acted at random.
    """

    rows: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    start: np.ndarray
    end: np.ndarray
    conditions: dict[str, np.ndarray]
    follows: bool


def play(env: Any, params: Any, key: int | jax.Array = 0) -> Played:
    """Play one trial of a task, following the ground truth where that is an action."""
    follows = bool(getattr(env, "has_ground_truth_action", False))
    policy = policies.ground_truth if follows else policies.random
    actor = policies.actor(policy, env, params)
    trial, steps = jax.device_get(_steps(actor, env.T, random.as_key(key), params))
    length = int(np.argmax(steps["is_last"])) + 1 if steps["is_last"].any() else env.T
    rows = steps["row"][:length]
    return Played(
        rows=rows.reshape(length, -1),
        action=steps["action"][:length],
        reward=steps["reward"][:length],
        start=trial.start,
        end=trial.end,
        conditions=dict(trial.conditions),
        follows=follows,
    )


@jit_for_few(2)
def _steps(actor, num_steps, key, params):
    """Return the first trial, and by name what happened in so many steps."""
    env = actor.env
    key_reset, key_steps = random.split(key)
    ob, first = env.reset(key_reset, params)

    def step(carry, key):
        ob, state = carry
        key_policy, key_step = random.split(key)
        action, _ = actor(key_policy, ob, (), state, params)
        row = env.ob_now(state) if env.makes_frames else ob
        ob, state, reward, terminated, truncated, info = env.step(key_step, state, action, params)
        is_last = terminated | truncated | info["new_trial"]
        return (ob, state), {"row": row, "action": action, "reward": reward, "is_last": is_last}

    _, steps = jax.lax.scan(step, (ob, first), random.split(key_steps, num_steps))
    return policies.state_of_task(first).trial, steps
