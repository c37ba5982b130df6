"""Run an environment under a policy, and keep all that a picture shows."""

import dataclasses
import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import spaces as gymnax_spaces

from jaxgym_neuro import random
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.validation import check_integer

Policy = Callable[[jax.Array, Any, Any], Any]


@dataclasses.dataclass(frozen=True)
class Rollout:
    """What happened in n steps; row i holds what was seen at step i, and the action upon it.

    The fields from ``new_trial`` on are None for an environment without trials.
    """

    ob: np.ndarray  # (n, *observation shape)
    action: np.ndarray  # (n, *action shape)
    reward: np.ndarray  # (n,)
    is_last: np.ndarray  # (n,) bool, did the trial or the episode end with this step?
    new_trial: Any = None  # (n,) bool, did the trial end with this step?
    performance: Any = None  # (n,) 0 unless the trial ended
    gt: Any = None  # (n, *ground truth shape)
    start: Any = None  # (n, P) first step of each period, from the trial's start
    end: Any = None  # (n, P) first step after it

    def first(self, num_steps: int) -> "Rollout":
        """Return the rollout cut to its first steps."""
        return jax.tree.map(lambda x: x[:num_steps], self)

    def trials(self) -> list[tuple[int, int]]:
        """Return first step and first step after, for each trial (or episode) begun."""
        num_steps = len(self.reward)
        ends = (np.flatnonzero(self.is_last) + 1).tolist()
        if not ends or ends[-1] != num_steps:
            ends.append(num_steps)
        return list(zip([0, *ends[:-1]], ends, strict=True))


jax.tree_util.register_dataclass(Rollout)


def run(env: Any, params: Any, policy: Policy, key: jax.Array, num_steps: int) -> Rollout:
    """Run ``num_steps`` steps in one compiled scan."""
    return Rollout(**jax.device_get(_compile(env, policy, num_steps)(key, params)))


@functools.lru_cache(maxsize=8)
def _compile(env: Any, policy: Policy, num_steps: int) -> Callable[[jax.Array, Any], dict]:
    """Build the scan; kept for the next pictures of the same environment and policy."""

    def step(params, carry, key):
        ob, state = carry
        key_policy, key_step = random.split(key)
        action = policy(key_policy, ob, state)
        next_ob, next_state, reward, terminated, truncated, info = env.step(
            key_step, state, action, params
        )
        row = {"ob": ob, "action": action, "reward": reward, "is_last": terminated | truncated}
        trial = _find_trial(state)
        if trial is not None:
            row |= {name: info[name] for name in ("new_trial", "performance", "gt")}
            row |= {"start": trial.start, "end": trial.end}
            row["is_last"] = row["is_last"] | info["new_trial"]
        return (next_ob, next_state), row

    @jax.jit
    def scan(key, params):
        key_reset, key_steps = random.split(key)
        carry = env.reset(key_reset, params)
        return jax.lax.scan(partial(step, params), carry, random.split(key_steps, num_steps))[1]

    return scan


@dataclasses.dataclass(frozen=True)
class _Random:
    space: Any

    def __call__(self, key, ob, state):
        return self.space.sample(key)


@dataclasses.dataclass(frozen=True)
class _Constant:
    action: int

    def __call__(self, key, ob, state):
        return jnp.int32(self.action)


@dataclasses.dataclass(frozen=True)
class _Function:
    """A user's function, whose action is given the dtype that the environment expects."""

    function: Policy
    space: Any

    def __call__(self, key, ob, state):
        action = jnp.asarray(self.function(key, ob, state))
        if action.shape != self.space.shape:
            raise ValueError(
                f"policy returns an action of shape {self.space.shape}, not of shape {action.shape}"
            )
        is_discrete = isinstance(self.space, gymnax_spaces.Discrete)
        if is_discrete and jnp.issubdtype(action.dtype, jnp.floating):
            raise ValueError(f"policy returns a whole number, not {action.dtype}")
        return action.astype(jnp.int32 if is_discrete else self.space.dtype)


def as_policy(policy: Any, space: Any) -> Policy:
    """Turn None (random), a number (always that action) or a function into a policy.

    Raises:
        ValueError: for anything else, a number that is not an action, or a function whose result
            is not shaped like one (when it is traced).
    """
    if not isinstance(space, gymnax_spaces.Discrete | gymnax_spaces.Box):
        raise ValueError(f"actions are Discrete or Box, not {type(space).__name__}")
    if policy is None:
        return _Random(space)
    if callable(policy):
        return _Function(policy, space)
    if not isinstance(space, gymnax_spaces.Discrete):
        raise ValueError(
            f"policy is None (random) or a function (key, ob, state) -> action for actions of "
            f"shape {space.shape}, not {policy!r}"
        )
    action = check_integer("policy (an action, a function or None)", policy, at_least=0)
    if action >= space.n:
        raise ValueError(f"policy {action} is not an action; there are {space.n}, from 0")
    return _Constant(action)


def _find_trial(state: Any) -> Trial | None:
    """Return the trial in a state, however deep wrappers have put it."""
    leaves = jax.tree.leaves(state, is_leaf=lambda node: isinstance(node, Trial))
    return next((leaf for leaf in leaves if isinstance(leaf, Trial)), None)
