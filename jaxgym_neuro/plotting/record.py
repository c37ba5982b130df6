"""Run an environment under a policy, and keep all that a picture shows."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import policies, random
from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.support.caches import jit_for_few


@dataclasses.dataclass(frozen=True)
class Record:
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
    conditions: Any = None  # of the trial under way, the small ones: name to (n, *shape)

    def first(self, num_steps: int) -> "Record":
        """Return the record cut to its first steps."""
        return jax.tree.map(lambda x: x[:num_steps], self)

    def trials(self) -> list[tuple[int, int]]:
        """Return first step and first step after, for each trial (or episode) begun."""
        num_steps = len(self.reward)
        ends = (np.flatnonzero(self.is_last) + 1).tolist()
        if not ends or ends[-1] != num_steps:
            ends.append(num_steps)
        return list(zip([0, *ends[:-1]], ends, strict=True))

    def periods(self, names: Sequence[str], begin: int, end: int) -> list[tuple[int, int, str]]:
        """Return first step, first step after and name of each period of a trial, in order.

        Args:
            names: of the task's periods, in the order of ``start`` and ``end``.
            begin: first step of the trial.
            end: step at which periods that go on are cut.
        """
        if self.start is None:
            return []
        bounds = zip(self.start[begin], self.end[begin], names, strict=True)
        periods = [
            (begin + int(start), min(begin + int(stop), end), name) for start, stop, name in bounds
        ]
        return sorted(period for period in periods if period[0] < period[1])


jax.tree_util.register_dataclass(Record)
_MOST_NUMBERS = 4  # of a condition that is kept


def run(actor: policies.Actor, params: Any, memory: Any, key: jax.Array, num_steps: int) -> Record:
    """Run ``num_steps`` steps of an actor's environment in one compiled scan."""
    return Record(**jax.device_get(_scan(actor, num_steps, key, params, memory)))


def run_trials(
    actor: policies.Actor,
    params: Any,
    memory: Any,
    key: jax.Array,
    num_trials: int,
    num_plain_steps: int,
) -> Record:
    """Run some trials, or, of an environment without trials, ``num_plain_steps`` steps."""
    if not hasattr(actor.env, "new_trial"):
        return run(actor, params, memory, key, num_plain_steps)
    record = run(actor, params, memory, key, actor.env.T * num_trials)
    return record.first(record.trials()[:num_trials][-1][1])


@jit_for_few(2)
def _scan(actor, num_steps, key, params, first_memory):
    """Run the steps; return what happened by name, arrays (num_steps, ...)."""
    env = actor.env

    def step(carry, key):
        ob, state, memory = carry
        key_policy, key_step = random.split(key)
        action, memory = actor(key_policy, ob, memory, state, params)
        next_ob, next_state, reward, terminated, truncated, info = env.step(
            key_step, state, action, params
        )
        done = terminated | truncated
        memory = policies.renewed(done, first_memory, memory)
        row = {"ob": ob, "action": action, "reward": reward, "is_last": done}
        task_state = policies.state_of_task(state)
        if isinstance(task_state, EnvState):
            row |= {name: info[name] for name in ("new_trial", "performance", "gt")}
            trial = task_state.trial
            row |= {"start": trial.start, "end": trial.end}
            row["conditions"] = {
                name: value
                for name, value in trial.conditions.items()
                if value.size <= _MOST_NUMBERS
            }
            row["is_last"] = done | info["new_trial"]
        return (next_ob, next_state, memory), row

    key_reset, key_steps = random.split(key)
    carry = (*env.reset(key_reset, params), first_memory)
    return jax.lax.scan(step, carry, random.split(key_steps, num_steps))[1]
