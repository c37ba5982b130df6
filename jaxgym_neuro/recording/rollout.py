"""What a subject did, trial by trial: `rollout` plays many environments and returns a table."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.validation import check_integer, unknown_name

Policy = Callable[[jax.Array, jax.Array, Any], tuple[Any, Any]]
_CHUNK = 128  # steps that a device plays before the host sorts out the trials that have ended


@dataclasses.dataclass(frozen=True)
class TrialTable:
    """One row per finished trial, as arrays; the rows are in the order in which trials ended."""

    conditions: Mapping[str, np.ndarray]  # (n, *shape of the condition)
    choice: np.ndarray  # (n, *action shape), the action of the trial's last step
    performance: np.ndarray  # (n,) float32, the trial's score from 0 to 1
    correct: np.ndarray  # (n,) bool, is the score 1?
    reward: np.ndarray  # (n,) float32, summed over the trial
    reaction_time: np.ndarray  # (n,) float32 ms, NaN where the trial ended without an action
    steps: np.ndarray  # (n,) int32, steps that the trial lasted
    env: np.ndarray  # (n,) int32, environment in which it was played
    trial: np.ndarray  # (n,) int32, number of the trial in that environment, from 0

    def __len__(self):
        return len(self.steps)

    def columns(self) -> dict[str, np.ndarray]:
        """Return a flat dict of columns of shape (n,): arrays give ``name_0``, ``name_1``, ..."""
        columns = {}
        for name, values in (*self.conditions.items(), *self._outcomes()):
            flat = values.reshape(len(values), -1) if values.ndim > 1 else None
            if flat is None:
                columns[name] = values
            else:
                columns |= {f"{name}_{i}": flat[:, i] for i in range(flat.shape[1])}
        return columns

    def frame(self) -> Any:
        """Return a pandas DataFrame of `columns`; needs the extra ``frames``."""
        import pandas  # an extra: arrays need no pandas

        return pandas.DataFrame(self.columns())

    def take(self, rows: Any) -> "TrialTable":
        """Return the table of some rows: a slice, indices or a mask."""
        conditions = {name: values[rows] for name, values in self.conditions.items()}
        outcomes = {name: values[rows] for name, values in self._outcomes()}
        return TrialTable(conditions=conditions, **outcomes)

    @classmethod
    def concatenate(cls, tables: Sequence["TrialTable"]) -> "TrialTable":
        """Join tables of one task, one after the other.

        Raises:
            ValueError: for no table, or tables of other conditions.
        """
        if not tables:
            raise ValueError("give at least one table to join")
        first = tables[0]
        for table in tables:
            if set(table.conditions) != set(first.conditions):
                raise ValueError(
                    f"tables of one task have the same conditions, not {sorted(first.conditions)} "
                    f"and {sorted(table.conditions)}"
                )
        join = np.concatenate
        conditions = {name: join([t.conditions[name] for t in tables]) for name in first.conditions}
        outcomes = {name: join([getattr(t, name) for t in tables]) for name, _ in first._outcomes()}
        return cls(conditions=conditions, **outcomes)

    def _outcomes(self):
        names = (field.name for field in dataclasses.fields(self))
        return [(name, getattr(self, name)) for name in names if name != "conditions"]


def rollout(
    env: TrialEnv | str,
    params: Any = None,
    policy: Policy | str | None = None,
    policy_state: Any = (),
    *,
    num_envs: int = 64,
    num_steps: int | None = None,
    num_trials: int | None = None,
    key: int | jax.Array = 0,
) -> TrialTable:
    """Play many environments on the device, and return what was done in each finished trial.

    Args:
        env: a task made of trials, or its id.
        params: default are the task's.
        policy: function ``(key, observation, policy_state) -> (action, policy_state)`` of one
            environment (it is vmapped); ``"ground_truth"``, which follows the task's; or None for
            random actions.
        policy_state: what the policy remembers at the start of an episode: a recurrent state, say.
            It is renewed when an episode ends, and not between trials.
        num_envs: environments played at once.
        num_steps: steps to play in each; trials that are not over by then are left out.
        num_trials: trials to play in all, instead of steps: each environment gives its first few,
            as many as the others (or one more), so that short trials are not overrepresented.
        key: a seed or a typed key.

    Returns:
        A table of trials. The reaction time is ``info["reaction_time"]`` where a task has one,
        else the time from the start of the period in which the last action fell (the one that
        began last) to that action.

    Raises:
        ValueError: for a task without trials, an unknown policy, both or none of ``num_steps`` and
            ``num_trials``, or a policy whose action or state is not of the shape it should be.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> table = jgn.rollout("GoNogo-v0", policy="ground_truth", num_trials=100)
        >>> len(table), float(table.performance.mean())
        (100, 1.0)
    """
    task, params = resolve(env, params, made_of_trials=True)
    num_envs = check_integer("num_envs", num_envs, at_least=1)
    if (num_steps is None) == (num_trials is None):
        raise ValueError(
            f"give either num_steps or num_trials, not {num_steps!r} and {num_trials!r}"
        )
    acting = _as_policy(policy, task, params)
    key_reset, key_steps = random.split(random.as_key(key))
    play = _compile(task, acting)
    ob, state = _reset(task, random.split(key_reset, num_envs), params)
    memory = jax.tree.map(lambda x: jnp.broadcast_to(x, (num_envs, *jnp.shape(x))), policy_state)
    carry = (ob, state, memory, jnp.zeros(num_envs, jnp.float32))
    if num_steps is not None:
        limit = check_integer("num_steps", num_steps, at_least=1)
        quota = np.full(num_envs, limit)  # as many trials as there are steps, at most
    else:
        num_trials = check_integer("num_trials", num_trials, at_least=1)
        quota = num_trials // num_envs + (np.arange(num_envs) < num_trials % num_envs)
        limit = int(quota.max()) * task.T
    parts, finished, done = [], np.zeros(num_envs, np.int64), 0
    while done < limit and np.any(finished < quota):
        # Always a whole chunk, so that no other length is compiled; the last one is cut.
        keys = random.split(random.fold_in(key_steps, done), _CHUNK)
        carry, record = play(carry, keys, params, policy_state)
        record = jax.tree.map(lambda x, steps=limit - done: x[:steps], jax.device_get(record))
        part = _finished_trials(record, finished)
        parts.append(part.take(part.trial < quota[part.env]))
        finished = finished + record["new_trial"].sum(axis=0)
        done += _CHUNK
    return TrialTable.concatenate(parts)


def reaction_time(t: Any, acted: Any, trial: Any, dt: float, xp: Any = np) -> Any:
    """Time in ms from the start of the period in which an action fell to that action.

    Args:
        t: the action's step, counted from the first of the trial.
        acted: bool; was it an action, and not to wait?
        trial: its `jaxgym_neuro.Trial`.
        dt: step in ms.
        xp: NumPy, or ``jax.numpy``.

    Returns:
        A float32 scalar; NaN for waiting, and where no period holds the step.
    """
    inside = (trial.start <= t) & (t < trial.end)
    onset = xp.max(xp.where(inside, trial.start, -1))
    time = (t - onset).astype(xp.float32) * xp.float32(dt)
    return xp.where(acted & (onset >= 0), time, xp.float32(xp.nan))


@dataclasses.dataclass(frozen=True)
class _Random:
    space: Any

    def __call__(self, key, ob, memory, state, params):
        return self.space.sample(key), memory


@dataclasses.dataclass(frozen=True)
class _GroundTruth:
    env: TrialEnv

    def __call__(self, key, ob, memory, state, params):
        return self.env.ground_truth_action(state, params), memory


@dataclasses.dataclass(frozen=True)
class _Function:
    function: Policy
    space: Any

    def __call__(self, key, ob, memory, state, params):
        action, memory = self.function(key, ob, memory)
        action = jnp.asarray(action)
        if action.shape != self.space.shape:
            raise ValueError(
                f"policy returns an action of shape {self.space.shape}, not of {action.shape}"
            )
        return action.astype(self.space.dtype), memory


def _as_policy(policy, env, params):
    space = env.action_space(params)
    if policy is None:
        return _Random(space)
    if callable(policy):
        return _Function(policy, space)
    if policy != "ground_truth":
        raise unknown_name("policy", policy, ["ground_truth", "None", "a function"])
    if env.ground_truth_space != space:
        raise ValueError(
            f"the ground truth of {env.name} is no action; give a policy of your own as a function"
        )
    return _GroundTruth(env)


@functools.partial(jax.jit, static_argnums=0)
def _reset(env, keys, params):
    return jax.vmap(env.reset, in_axes=(0, None))(keys, params)


@functools.lru_cache(maxsize=8)
def _compile(env, policy):
    """Build the scan over a chunk of steps; kept for further chunks and calls."""
    waits = env.can_wait

    def step_one(params, first_memory, ob, state, memory, earned, key):
        key_policy, key_step = random.split(key)
        action, memory = policy(key_policy, ob, memory, state, params)
        ob, after, reward, terminated, truncated, info = env.step(key_step, state, action, params)
        acted = action != 0 if waits else jnp.bool_(True)
        latency = reaction_time(state.t, acted, state.trial, env.dt, jnp)
        done = terminated | truncated
        memory = jax.tree.map(lambda new, old: jnp.where(done, new, old), first_memory, memory)
        earned = earned + reward
        record = {
            "new_trial": info["new_trial"],
            "conditions": info["conditions"],
            "choice": action,
            "performance": info["performance"],
            "reward": earned,
            "steps": state.t + 1,
            "reaction_time": info.get("reaction_time", latency),
        }
        earned = jnp.where(info["new_trial"] | done, 0, earned)
        return (ob, after, memory, earned), record

    @jax.jit
    def play(carry, keys, params, first_memory):
        def step(carry, key):
            ob, state, memory, earned = carry
            keys = random.split(key, ob.shape[0])
            step_all = jax.vmap(step_one, in_axes=(None, None, 0, 0, 0, 0, 0))
            return step_all(params, first_memory, ob, state, memory, earned, keys)

        return jax.lax.scan(step, carry, keys)

    return play


def _finished_trials(record, finished):
    """Turn records of (steps, environments) into a table of the trials that ended."""
    step, env = np.nonzero(record["new_trial"])
    number = finished + np.cumsum(record["new_trial"], axis=0) - 1
    rows = {name: x[step, env] for name, x in record.items() if name not in _NOT_COLUMNS}
    time = rows.pop("reaction_time").astype(np.float32)
    return TrialTable(
        conditions={name: x[step, env] for name, x in record["conditions"].items()},
        correct=rows["performance"] >= 1,
        reaction_time=np.where(time >= 0, time, np.nan).astype(np.float32),
        env=env.astype(np.int32),
        trial=number[step, env].astype(np.int32),
        **rows,
    )


_NOT_COLUMNS = {"new_trial", "conditions"}
