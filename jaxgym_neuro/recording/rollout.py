"""`rollout`: play many environments on the device, and return a table of their trials."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import policies, random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.recording.ended import EndedTrials
from jaxgym_neuro.recording.kept import KEPT, Kept
from jaxgym_neuro.recording.table import TrialTable, missing_answers, units_of
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support import dividing
from jaxgym_neuro.support.caches import jit_for_few
from jaxgym_neuro.support.memory import bytes_of, check_room
from jaxgym_neuro.support.validation import check_integer, check_name, check_number

_MOST_EPISODES = 1000  # in which no environment finishes a trial, before none is waited for
_CHUNK = 128  # steps that a device plays before the host sorts out the trials that have ended


def rollout(
    env: TrialEnv | str,
    params: Any = None,
    policy: Any = None,
    memory: Any = (),
    *,
    num_envs: int = 64,
    num_steps: int | None = None,
    num_trials: int | None = None,
    key: int | jax.Array = 0,
    keep: Sequence[str] = (),
    keep_at_most: float = 4 * 2**30,
    mesh: jax.sharding.Mesh | None = None,
) -> TrialTable:
    """Play many environments on the device, and return what was done in each finished trial.

    Args:
        env: a task made of trials, or its id.
        params: default are the task's.
        policy: None (random), ``"ground_truth"``, ``"wait"``, an action to repeat, a function
            ``(key, ob, memory) -> (action, memory)`` of one environment (it is vmapped), or a
            policy of `jaxgym_neuro.policies`.
        memory: what the policy remembers at the start of an episode: a recurrent state, say. It
            begins anew when an episode ends, and not between trials.
        num_envs: environments played at once.
        num_steps: steps to play in each; trials that are not over by then are left out.
        num_trials: trials to play in all, instead of steps: each environment gives its first few,
            as many as the others (or one more), so that short trials are not overrepresented.
        key: a seed or a key, ``jax.random.key(seed)``.
        keep: what to keep of every step, of ``"ob"``, ``"gt"``, ``"action"``, ``"reward"`` and
            ``"activity"`` (what the policy returns beside action and memory): ``table.kept[name]``
            is an array (trials, longest trial, ...). It stays on the device until it is asked for.
            What is seen while a trial's clock stands still (`SelfInitiated`) is kept, too.
        keep_at_most: bytes that this may take.
        mesh: devices among which the environments are divided, ``jax.make_mesh((4,), ("envs",))``;
            the table is that of one device. Where devices are of several processes, each calls
            this, and has the whole table.

    Returns:
        A table of trials: conditions, the answers that the task asks for (`TrialEnv.answers`), each
        with its time, durations of the periods, outcomes, and what was kept; ``table.kept`` is None
        if that is nothing.

    Raises:
        ValueError: for a task without trials, an unknown policy, both or none of ``num_steps`` and
            ``num_trials``, a policy whose action or memory is not of the shape it should be,
            ``num_trials`` of episodes so short that no trial comes to its end; for something else
            to keep, or more than ``keep_at_most``, or more environments than the device has memory
            for, saying what it would take, before it is taken; for environments that do not come
            out even on the devices of the mesh.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> table = jgn.rollout("GoNogo-v0", policy="ground_truth", num_trials=100)
        >>> len(table), float(table.performance.mean())
        (100, 1.0)
    """
    task, params = resolve(env, params, made_of_trials=True)
    num_envs = check_integer("num_envs", num_envs, at_least=1)
    mesh = dividing.check_mesh(mesh)
    dividing.check_divisible("num_envs", num_envs, mesh, dividing.ENVS)
    if (num_steps is None) == (num_trials is None):
        raise ValueError(
            f"give either num_steps or num_trials, not {num_steps!r} and {num_trials!r}"
        )
    actor, arrays = policies.actor(policy, task, params).split()
    key_reset, key_steps = random.split(random.as_key(key))
    whole = (key_reset, key_steps, params, arrays, memory)
    key_reset, key_steps, params, arrays, memory = dividing.put(whole, mesh)
    keep = _checked_names(keep)
    begin: Any = _begin.program(task, num_envs, mesh)
    play: Any = _play.program(actor, keep)
    memories = dividing.num_memories(mesh)
    at_first = begin.eval_shape(key_reset, params, memory)
    # First by themselves: with too many of them, more than int32 counts, no step can be traced.
    check_room("environments", num_envs, bytes_of(at_first) / num_envs, memories)
    played = play.eval_shape(arrays, at_first, key_steps, np.int32(0), params, memory)
    with_chunk = bytes_of((at_first, played)) / num_envs
    check_room("environments, and what is recorded of them,", num_envs, with_chunk, memories)
    if num_steps is not None:
        limit = check_integer("num_steps", num_steps, at_least=1)
        quota = np.full(num_envs, limit)  # as many trials as there are steps, at most
    else:
        num_trials = check_integer("num_trials", num_trials, at_least=1)
        quota = num_trials // num_envs + (np.arange(num_envs) < num_trials % num_envs)
        limit = math.inf
    longest = limit if num_trials is None else int(quota.max()) * task.T
    kept_bytes = _check_kept(played[1][1], keep_at_most, longest)
    carry = begin(key_reset, params, memory)
    chunks, firsts = [], []
    # Trials end within T steps, unless an episode that is shorter cuts them off.
    most_idle = 2 * task.T + _MOST_EPISODES * int(params.max_steps_in_episode)
    ended, parts, done, last = EndedTrials(quota), [], 0, 0
    while done < limit and np.any(ended.counts < quota):
        # Always a whole chunk, so that no other length is compiled; the last one is cut.
        carry, (record, kept) = play(arrays, carry, key_steps, np.int32(done), params, memory)
        steps = min(_CHUNK, limit - done)
        record = jax.tree.map(lambda x, steps=steps: x[:steps], dividing.fetched(record))
        parts.append(ended.of_chunk(record))
        if keep:
            if (len(chunks) + 1) * kept_bytes > keep_at_most:
                raise ValueError(
                    f"what is kept of {done + _CHUNK:,} steps takes more than the "
                    f"{keep_at_most:,.0f} bytes that keep_at_most allows: trials take more than "
                    f"T={task.T} steps where their clock may stand still, or episodes cut them "
                    "off; keep less, play fewer environments or trials, or allow more"
                )
            chunks.append(kept if jax.process_count() == 1 else dividing.fetched(kept))
            firsts.append(done + 1 + parts[-1]["step"] - parts[-1]["steps"])
        done += _CHUNK
        last = done if len(parts[-1]["step"]) else last
        # Where a trial's clock may stand still it takes as long as the subject likes.
        idle = done - last if num_trials is not None else 0
        if idle > most_idle and (idle > _MOST_EPISODES * task.T or not task.may_hold):
            raise ValueError(
                f"{num_trials} trials were asked for, and no trial came to its end in "
                f"{_MOST_EPISODES} episodes in a row: they are cut off after "
                f"max_steps_in_episode={int(params.max_steps_in_episode)} steps, and a trial lasts "
                f"up to T={task.T}, or longer if its clock stands still; allow more steps, or ask "
                "for num_steps"
            )
    table = _table_of(task, jax.tree.map(lambda *each: np.concatenate(each), *parts))
    if not keep:
        return table
    kept = Kept.of(chunks, np.concatenate(firsts), table.env, table.steps)
    return dataclasses.replace(table, kept=kept)


def _checked_names(keep):
    """Return the names of what to keep; something else is a ValueError."""
    if isinstance(keep, str):
        raise ValueError(f"keep is several names, such as ({keep!r},), not {keep!r}")
    for name in keep:
        check_name("name in keep", name, KEPT)
    return tuple(keep)


def _check_kept(kept, at_most, num_steps):
    """Return the bytes of what is kept of a chunk, given its shapes; too much is a ValueError."""
    if not kept:
        return 0
    of_chunk = {name: bytes_of(shapes) for name, shapes in kept.items()}
    num_bytes = sum(of_chunk.values()) * math.ceil(num_steps / _CHUNK)
    check_number("keep_at_most (bytes)", at_most, at_least=0)
    if num_bytes > at_most:
        each = ", ".join(f"{name} {of_chunk[name] / _CHUNK:,.0f}" for name in kept)
        raise ValueError(
            f"to keep {', '.join(kept)} of up to {num_steps:,} steps takes {num_bytes:,} bytes "
            f"(a step of all environments: {each}), and keep_at_most allows {at_most:,.0f}; keep "
            "less, play fewer environments or trials, or allow more"
        )
    return sum(of_chunk.values())


@jit_for_few(3)
def _begin(env, num_envs, mesh, key, params, memory):
    """Begin an episode in all environments."""
    keys = dividing.divided(random.split(key, num_envs), mesh, dividing.ENVS)
    ob, state = jax.vmap(env.reset, in_axes=(0, None))(keys, params)
    memories = jax.tree.map(lambda x: jnp.broadcast_to(x, (num_envs, *jnp.shape(x))), memory)
    begun = (ob, state, memories, jnp.zeros(num_envs, jnp.float32))
    return dividing.divided(begun, mesh, dividing.ENVS)


@jit_for_few(2)
def _play(actor, keep, arrays, carry, key, done, params, first_memory):
    """Play a chunk of steps; return what of each goes into the table, and what is kept.

    Keys of the steps are made here, from one key and the number of steps done before: on the host
    that would take a quarter of the time of a short chunk.
    """
    env, actor = actor.env, actor.joined(arrays)
    keys = random.split(random.fold_in(key, done), _CHUNK)

    def step_one(carry, key):
        ob, state, memory, earned = carry
        key_policy, key_step = random.split(key)
        action, memory, activity = actor.play(key_policy, ob, memory, state, params)
        seen = ob
        ob, after, reward, terminated, truncated, info = env.step(key_step, state, action, params)
        done = terminated | truncated
        memory = policies.renewed(done, first_memory, memory)
        earned = earned + reward
        record = {
            "new_trial": info["new_trial"],
            "cut": done,
            "conditions": info["conditions"],
            "answers": {name: (info[name], info[time_of(name)]) for name in env.answers},
            "durations": state.trial.end - state.trial.start,
            "performance": info["performance"],
            "reward": earned,
        }
        earned = jnp.where(info["new_trial"] | done, 0, earned)
        known = {"ob": seen, "gt": info["gt"], "action": action, "reward": reward}
        known["activity"] = activity
        kept = {name: known[name] for name in keep}
        return (ob, after, memory, earned), (record, kept)

    def step(carry, key):
        num_envs = len(carry[0])
        return jax.vmap(step_one)(carry, random.split(key, num_envs))

    return jax.lax.scan(step, carry, keys)


def _table_of(task, columns):
    """Turn what was recorded of trials at their ends into a table."""
    answers, durations = columns.pop("answers"), columns.pop("durations")
    del columns["step"]
    return TrialTable.of(
        answers={name: value for name, (value, _) in answers.items()},
        times={name: time for name, (_, time) in answers.items()},
        durations=dict(zip(task.periods, durations.T * np.float32(task.dt), strict=True)),
        missing=missing_answers(task),
        has_signal=task.has_signal(columns["conditions"]),
        not_columns=task.not_columns,
        units=units_of(task),
        **columns,
    )
