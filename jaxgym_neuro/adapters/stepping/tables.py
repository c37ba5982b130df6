"""Trials drawn in blocks, with all that can happen in them, by one compiled program."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxgym_neuro import random
from jaxgym_neuro.adapters.stepping.analysis import Plan, judge, with_memory
from jaxgym_neuro.core.env import EnvState, TrialEnv
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.xla import compute_once

ENDED = -1  # in place of the memory after an action that ends the trial
_BLOCK_SIZE = 2**19  # numbers in a block, about
_MOST_TRIALS = 1024  # in a block
_MOST_DEPENDENT_TRIALS = 256  # drawn one after the other, and thrown away by a reset


@pytree
class Block:
    """B trials, and what each of A actions does at each of T steps with each of M memories."""

    trials: Trial  # (B, ...)
    carries: Any  # (B, ...), what the task carries into the first step of each
    memories: list[jax.Array]  # leaves (B, T, M, ...), values of the memory
    ob: jax.Array  # (B, T, 1 or M, *observation shape) float32
    has_room: jax.Array  # (B,) bool, were there never more than M memories?
    # Where actions are discrete:
    rewards: Any = None  # (B, T, M, A) float32
    performances: Any = None  # (B, T, M, A) float32, 0 unless the trial ends
    after: Any = None  # (B, T, M, A) int8, the memory after it, or `ENDED`
    infos: Any = None  # dict of (B, T, M, A, ...), further entries of the info
    # Where they are continuous:
    columns: Any = None  # list of (B, T, ...), what the rest of the response needs


def num_trials(task: TrialEnv, plan: Plan) -> int:
    """Return the trials in a block: enough to make its call cheap, few enough to be quick."""
    per_step = math.prod(task.observation_space().shape) + 3 * task.num_actions
    size = task.T * per_step * plan.num_memories
    most = _MOST_DEPENDENT_TRIALS if plan.is_chain else _MOST_TRIALS
    return min(max(1, _BLOCK_SIZE // size), most)


@functools.cache
def draw_block(backend: str) -> Callable[..., tuple[Block, Any]]:
    """Return the compiled `_draw_block`."""
    # With these it compiles in half the time, and runs no slower. (Level 1 takes thrice as long
    # for blocks drawn one trial after the other.)
    quick = {
        "xla_backend_optimization_level": 2,
        "xla_llvm_disable_expensive_passes": True,
        "xla_cpu_use_fusion_emitters": False,
        "xla_cpu_parallel_codegen_split_count": 4,
    }
    options = quick if backend == "cpu" else None
    return jax.jit(_draw_block, static_argnums=(0, 1, 2), compiler_options=options)


def _draw_block(task, plan, size, words, number, carry, is_first, params, overrides):
    """Draw the trials from ``number`` on, from the keys with which the compiled step draws them.

    Returns:
        The block, and what the task carries into the trial after it.
    """
    key = jax.random.wrap_key_data(words, impl="threefry2x32")
    keys = jax.vmap(random.fold_in, in_axes=(None, 0))(key, number + lax.iota(jnp.int32, size))
    keys = jax.vmap(functools.partial(random.split, num=3))(keys)
    fresh = task.init_carry(keys[0, 0], params)
    carry = jax.tree.map(lambda new, old: jnp.where(is_first, new, old), fresh, carry)

    def sample(carry, key):
        conditions, carry = task.sample_conditions(key, params, carry)
        return carry, ({**conditions, **overrides}, carry)

    if plan.is_chain:
        carry, (conditions, carries) = lax.scan(sample, carry, keys[:, 1])
    else:
        _, (conditions, carries) = jax.vmap(functools.partial(sample, carry))(keys[:, 1])

    trials = jax.vmap(task.lay_out, in_axes=(0, 0, None))(keys[:, 2], conditions, params)
    tables = jax.vmap(functools.partial(_tables, task, plan, params))(trials, carries)
    return Block(trials=trials, carries=carries, **tables), carry


def _tables(task, plan, params, trial, carry):
    """List what can happen in a trial."""
    leaves, structure = jax.tree.flatten(carry)
    start = [leaf for leaf, is_written in zip(leaves, plan.written, strict=True) if is_written]
    actions = lax.iota(jnp.int32, task.num_actions)

    def state_at(t, memory):
        carry = jax.tree.unflatten(structure, with_memory(plan, leaves, memory))
        zero = jnp.int32(0)
        return EnvState(time=zero, t=t, num_trials=zero, trial=trial, carry=carry)

    def outcome(t, memory, action):
        return judge(task, plan, params, state_at(t, memory), action)

    over_actions = jax.vmap(outcome, in_axes=(None, None, 0))
    over_memories = jax.vmap(over_actions, in_axes=(None, 0, None))

    def at_step(memories, t):
        ends, new, tables = over_memories(t, memories, actions)
        memories, after, has_room = _remember(new, ends)
        return memories, {**tables, "after": after, "has_room": has_room}

    def see(t, memories):
        return jax.vmap(lambda memory: task.observe(state_at(t, memory), params))(memories)

    steps = lax.iota(jnp.int32, task.T)
    first = [jnp.broadcast_to(leaf, (plan.num_memories, *leaf.shape)) for leaf in start]
    if plan.split is not None:
        ob = jax.vmap(lambda t: task.observe(state_at(t, start), params))(steps)
        columns = jax.vmap(lambda t: plan.split.prepare(params, (t, trial, leaves)))(steps)
        empty = {"memories": [], "has_room": jnp.bool_(True)}
        return {**empty, "ob": ob[:, None], "columns": columns}
    if any(plan.written):

        def walk(memories, t):
            seen = memories if plan.shows_memory else [leaf[:1] for leaf in memories]
            ob = see(t, seen)
            new, tables = at_step(memories, t)
            return new, {**tables, "memories": memories, "ob": ob}

        _, tables = lax.scan(walk, first, steps)
    else:
        ends, _, tables = jax.vmap(over_actions, in_axes=(0, None, None))(steps, [], actions)
        tables = jax.tree.map(lambda x: x[:, None], tables)
        tables["after"] = jnp.where(ends, ENDED, 0).astype(jnp.int8)[:, None]
        ob = jax.vmap(lambda t: task.observe(state_at(t, []), params))(steps)
        tables |= {"memories": [], "ob": ob[:, None], "has_room": jnp.bool_(True)}
    tables["has_room"] = jnp.all(tables["has_room"])
    return tables


def _remember(new, ends):
    """Number the distinct memories after the actions of a step.

    Args:
        new: leaves (M, A, ...) of the memory after each action with each memory.
        ends: (M, A) bool, does the trial end?

    Returns:
        Leaves (M, ...) of the distinct memories; (M, A) int8, which of them each action leads to,
        or `ENDED`; and whether they are no more than M.
    """
    # Sums over masks, as a gather of so few costs more on CPU.
    num_memories, size = ends.shape[0], ends.size
    goes_on, order = ~ends.reshape(size), lax.iota(jnp.int32, size)
    new = [compute_once(leaf.reshape(size, *leaf.shape[2:])) for leaf in new]
    same = jnp.ones((size, size), jnp.bool_)
    for leaf in new:
        flat = leaf.reshape(size, -1)
        same = same & jnp.all(flat[:, None] == flat[None], axis=-1)
    is_before = order[None] < order[:, None]
    is_new = compute_once(goes_on & ~jnp.any(same & goes_on[None] & is_before, axis=1))
    rank = compute_once(jnp.sum(is_new[None] & is_before, axis=1, dtype=jnp.int32))
    number = jnp.sum(jnp.where(same & is_new[None], rank[None], 0), axis=1, dtype=jnp.int32)
    after = jnp.where(goes_on, number, ENDED).astype(jnp.int8).reshape(ends.shape)
    count = jnp.sum(is_new, dtype=jnp.int32)
    # What is left over repeats the first, so that it leads to nothing else.
    wanted = lax.iota(jnp.int32, num_memories)
    wanted = jnp.where(wanted < count, wanted, 0)
    is_source = is_new[None] & (rank[None] == wanted[:, None])

    def pick(leaf):
        mask = is_source.reshape(num_memories, size, *(1,) * (leaf.ndim - 1))
        if leaf.dtype == jnp.bool_:
            return jnp.any(mask & leaf[None], axis=1)
        return jnp.sum(jnp.where(mask, leaf[None], 0), axis=1, dtype=leaf.dtype)

    return [pick(leaf) for leaf in new], after, count <= num_memories
