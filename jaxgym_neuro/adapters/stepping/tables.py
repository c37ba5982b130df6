"""Batches of trials, with all that can happen in them, drawn by one compiled program."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro.adapters.stepping.analysis import Plan
from jaxgym_neuro.adapters.stepping.streams import stream_key
from jaxgym_neuro.adapters.stepping.two_parts import in_two_parts
from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.drawing import draw_conditions, lay_out, split_keys
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.caches import jit_for_few
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.xla import compute_once, options_on_cpu

ENDED, NO_ROOM = -1, -2  # in place of the number of the notes after an action


@pytree
class Tables:
    """B trials of each of N streams, and what each of A actions does at each of T steps.

    What it does depends on the notes too; there is room for M values of them (see `Plan`).
    """

    trials: Trial  # (N, B, ...)
    kinds: Any  # (N, B) int32, of the trials; None where all are of one kind
    carries: Any  # (N, B, ...), what the task carries into the first step of each
    notes: list[jax.Array]  # leaves (T, M, ...), values of the notes, the same ones for all
    is_note: jax.Array  # (T, M) bool, are there so many? What is left over repeats the first
    has_room: jax.Array  # (N, B) bool, were there never more than M values?
    ob: Any = None  # (N, B, T, 1 or M, *observation shape) float32; None if `observe` comes late
    # Where all can be listed:
    rewards: Any = None  # (N, B, T, M, A) float32
    performances: Any = None  # (N, B, T, M, A) float32, 0 unless the trial ends
    after: Any = None  # (N, B, T, M, A) int8, number of the notes after it, or `ENDED`
    infos: Any = None  # dict of (N, B, T, M, A, ...), further entries of the info
    # Where `judge` and maybe `observe` come late, what their second parts need, by name:
    fixed: Any = None  # lists of (N, ...)
    prepared: Any = None  # lists of (N, B, T, ...); of discrete actions, `judge` (N, B, T, A, ...)


def numbers_of_trial(task: TrialEnv, plan: Plan) -> int:
    """Return how many numbers the tables of a trial hold, about."""
    seen = math.prod(task.observation_space().shape) * (plan.num_notes if plan.shows_notes else 1)
    return task.T * (seen + 4 * task.num_actions * plan.num_notes)


def blank_carry(task: TrialEnv, params: Any, num_envs: int) -> Any:
    """Return arrays (N, ...) that take the place of carries where there are none."""
    shapes = jax.eval_shape(lambda: hooks.init_carry(task, jax.random.key(0), params))
    return jax.tree.map(lambda x: np.zeros((num_envs, *x.shape), x.dtype), shapes)


def no_notes(task: TrialEnv, plan: Plan, carry: Any) -> tuple[list[np.ndarray], np.ndarray]:
    """Return ``notes`` and ``is_note`` of `Tables`, where none are known; carry is (N, ...)."""
    shape = task.T, plan.num_notes
    leaves = plan.notes_of(carry) if plan.num_notes > 1 else []
    return [np.zeros((*shape, *x.shape[1:]), x.dtype) for x in leaves], np.zeros(shape, bool)


def _options():
    """Compile in half the time, to what runs no slower.

    (Level 1 takes thrice as long for batches drawn one trial after the other.)
    """
    return options_on_cpu(
        xla_backend_optimization_level=2,
        xla_llvm_disable_expensive_passes=True,
        xla_cpu_use_fusion_emitters=False,
        xla_cpu_parallel_codegen_split_count=4,
    )


@jit_for_few(5, options=_options)
def draw_tables(task, plan, size, structure, axes, stream, leaves, known):
    """Draw the next trials of N streams, from the keys with which the compiled step draws them.

    Args:
        task: the task.
        plan: how its trials are tabulated.
        size: B.
        structure: of the params.
        axes: of their leaves, as in `BatchedParams`.
        stream: of each, arrays (N, ...): two random ``words``; ``number`` of the first trial;
            ``num_trials`` of its episode before it; ``limit`` of trials in an episode, 0 for none;
            ``carry`` from the trial before; conditions ``given`` for the trial of a number: a dict
            from name to numbers and values.
        leaves: of the params.
        known: ``notes`` and ``is_note`` of tables before these, which keep their places.

    Returns:
        The tables, and what the task carries into the trial after the last of each stream.
    """

    def draw(stream, leaves):
        params = jax.tree.unflatten(structure, leaves)
        *drawn, beyond = _draw_stream(task, plan, size, stream, params)
        fixed = {name: parts.fixed(params) for name, parts in plan.parts.items()}
        return *drawn, beyond, fixed

    def tabulate(leaves, trials, carries):
        params = jax.tree.unflatten(structure, leaves)
        tables_of = functools.partial(_tables_of_trial, task, plan, params, notes)
        return jax.vmap(tables_of)(trials, carries)

    over_streams = functools.partial(jax.vmap, in_axes=(list(axes), 0, 0))
    over_draws = jax.vmap(draw, in_axes=(0, list(axes)))
    drawn: tuple[Any, ...] = over_draws(stream, leaves)
    trials, kinds, carries, beyond, fixed = drawn
    (notes, is_note), after, has_room = known, None, jnp.ones(trials.length.shape, jnp.bool_)
    if notes:
        notes, is_note, after, has_room = _list_notes(
            task, plan, structure, axes, leaves, trials, carries, known
        )
    tables: dict[str, Any] = over_streams(tabulate)(leaves, trials, carries)
    if after is not None:
        tables["after"] = after
    tables |= {"trials": trials, "kinds": kinds, "carries": carries, "fixed": fixed}
    return Tables(**tables, notes=notes, is_note=is_note, has_room=has_room), beyond


def _draw_stream(task, plan, size, stream, params):
    """Draw B trials of a stream, and what is carried into each, and into the one after them."""
    order = lax.iota(jnp.int32, size)
    number = stream["number"] + order
    keys = jax.vmap(stream_key, in_axes=(None, 0))(stream["words"], number)
    keys = jax.vmap(functools.partial(split_keys, task))(keys)
    count, limit = stream["num_trials"] + order, stream["limit"]
    is_first = jnp.where(limit > 0, count % jnp.maximum(limit, 1), count) == 0
    fresh = jax.vmap(lambda key: hooks.init_carry(task, key, params))(keys.carry)

    given = stream["given"]
    fixed = {name: value for name, (_, value) in given.items()} if task.num_kinds > 1 else {}

    def draw(early, carry):
        is_first, fresh, keys, params = early
        carry = jax.tree.map(lambda new, old: jnp.where(is_first, new, old), fresh, carry)
        drawn, carry = draw_conditions(task, keys, params, carry, fixed)
        return carry, (drawn, carry)

    beyond, early = stream["carry"], (is_first, fresh, keys)
    if plan.is_chain:  # only what depends on the trial before is drawn in turn
        first = jax.tree.map(lambda x: x[0], early)
        draw_early, draw_late = in_two_parts(draw, (*first, params), beyond)
        drawn = jax.vmap(lambda *early: draw_early((*early, params)))(*early)

        def in_turn(carry, one):
            return draw_late(one, carry)

        beyond, (drawn, carries) = lax.scan(in_turn, beyond, drawn)
    else:
        each = jax.vmap(lambda *early: draw((*early, params), beyond))
        _, (drawn, carries) = each(*early)
    conditions = drawn.conditions
    for name, (at, value) in given.items():
        is_given = (number == at).reshape(-1, *(1,) * value.ndim)
        # A duration is given for this trial alone; below 0 it is drawn.
        other: Any = conditions.get(name, jnp.float32(-1))
        conditions = {**conditions, name: jnp.where(is_given, value, other)}
    drawn = drawn._replace(conditions=conditions)
    lay_out_one = functools.partial(lay_out, task)
    trials = jax.vmap(lay_out_one, in_axes=(0, None, 0))(keys, params, drawn)
    return trials, drawn.kind, carries, beyond


def _tables_of_trial(task, plan, params, notes, trial, carry):
    """List what can happen in a trial, where ``notes`` are leaves (T, M, ...)."""
    start, steps = plan.notes_of(carry), lax.iota(jnp.int32, task.T)

    def see(t, notes):
        return task.observe(plan.state_at(task, trial, carry, t, notes), params)

    def prepare(name, t):
        early = (t, trial, carry)
        if name == "judge" and plan.is_discrete:
            actions = lax.iota(jnp.int32, task.num_actions)
            return jax.vmap(lambda action: plan.parts[name].prepare(params, (early, action)))(
                actions
            )
        return plan.parts[name].prepare(params, early)

    if plan.parts:
        prepared = {name: jax.vmap(functools.partial(prepare, name))(steps) for name in plan.parts}
        if plan.shows_notes:
            return {"prepared": prepared}
        ob = jax.vmap(see, in_axes=(0, None))(steps, start)
        return {"ob": ob[:, None], "prepared": prepared}

    def judge(t, notes, action):
        verdict = task.judge(plan.state_at(task, trial, carry, t, notes), action, params)
        return {
            "rewards": verdict.reward,
            "performances": verdict.performance,
            "after": jnp.where(verdict.ends, jnp.int8(ENDED), jnp.int8(0)),
            "infos": {
                name: jnp.asarray(x) for name, x in verdict.info.items() if name not in plan.echoed
            },
        }

    count = plan.num_notes if notes else 1
    over_actions = jax.vmap(judge, in_axes=(None, None, 0))
    over_notes = jax.vmap(over_actions, in_axes=(None, 0, None), axis_size=count)
    over_steps = jax.vmap(over_notes, in_axes=(0, 0, None))
    tables = over_steps(steps, notes, lax.iota(jnp.int32, task.num_actions))
    if plan.shows_notes:
        ob = jax.vmap(jax.vmap(see, in_axes=(None, 0)))(steps, notes)
    else:
        ob = jax.vmap(see, in_axes=(0, None))(steps, start)[:, None]
    return {**tables, "ob": ob}


def _list_notes(task, plan, structure, axes, leaves, trials, carries, known):
    """List the notes that there may be at each step, M at most, and what follows upon which.

    Returns:
        ``notes``, ``is_note``, ``after`` and ``has_room`` of `Tables`.
    """

    def judge(leaves, trial, carry, notes, t, action):
        params = jax.tree.unflatten(structure, leaves)
        verdict = task.judge(plan.state_at(task, trial, carry, t, notes), action, params)
        return plan.notes_of(verdict.carry), verdict.ends

    # The trials come last in the arrays here: loops over few actions would be slow.
    over_trials = jax.vmap(judge, in_axes=(None, 0, 0, None, None, None))
    over_streams = jax.vmap(over_trials, in_axes=(list(axes), 0, 0, None, None, None))
    over_actions = jax.vmap(over_streams, in_axes=(None, None, None, None, None, 0))
    over_notes = jax.vmap(over_actions, in_axes=(None, None, None, 0, None, None))
    actions = lax.iota(jnp.int32, task.num_actions)

    def walk(now, step):
        t, known_next = step
        new, ends = over_notes(leaves, trials, carries, now[0], t, actions)
        *after_it, after = _number_notes(new, ends, *known_next)
        return after_it, (*now, after)

    start = [x[0, 0] for x in plan.notes_of(carries)]
    first = [jnp.broadcast_to(x, (plan.num_notes, *x.shape)) for x in start]
    first = [first, lax.iota(jnp.int32, plan.num_notes) == 0]
    known_next = jax.tree.map(lambda x: jnp.roll(x, -1, axis=0), known)
    steps = lax.iota(jnp.int32, task.T), known_next
    _, (notes, is_note, after) = lax.scan(walk, first, steps)
    has_room = ~jnp.any(after == NO_ROOM, axis=(0, 1, 2))
    for leaf, x in zip(plan.notes_of(carries), start, strict=True):
        has_room = has_room & jnp.all(leaf == x, axis=range(2, leaf.ndim))
    return notes, is_note, jnp.moveaxis(after, (3, 4), (0, 1)), has_room


def _number_notes(new, ends, known, is_known):
    """Number the distinct notes after the actions of a step.

    Args:
        new: leaves (M, A, N, B, ...) of the notes after each action with each value of the notes.
        ends: (M, A, N, B) bool, does the trial end?
        known: leaves (M, ...) of notes that have a number.
        is_known: (M,) bool, which of them have one.

    Returns:
        Leaves (M, ...) of the distinct notes; (M,) bool, are there so many; (M, A, N, B) int8,
        which of them an action leads to, or `ENDED`, or `NO_ROOM`.
    """
    new = [leaf.reshape(ends.size, *leaf.shape[ends.ndim :]) for leaf in new]
    order = lax.iota(jnp.int32, ends.size)

    # A loop, which is never fused with what has led to its arrays: it would be computed again.
    def number_one(carry, one):
        after, start = carry
        number, known, is_known = one
        is_left = after == NO_ROOM
        first = compute_once(jnp.min(jnp.where(is_left, order, ends.size)))
        is_new = (first < ends.size) & ~is_known
        # What is left over repeats the first, so that it leads to nothing else.
        value = [
            jnp.where(is_new | (number == 0), leaf[first], x)
            for leaf, x in zip(new, start, strict=True)
        ]
        value = compute_once([jnp.where(is_known, *x) for x in zip(known, value, strict=True)])
        same = is_left
        for leaf, x in zip(new, value, strict=True):
            same = same & jnp.all((leaf == x).reshape(ends.size, -1), axis=1)
        after = jnp.where(same, number.astype(jnp.int8), after)
        start = [jnp.where(number == 0, *x) for x in zip(value, start, strict=True)]
        return (after, start), (value, is_new | is_known)

    after = jnp.where(ends.reshape(-1), jnp.int8(ENDED), jnp.int8(NO_ROOM))
    numbers = lax.iota(jnp.int32, len(ends)), known, is_known
    start = [leaf[0] for leaf in new]
    (after, _), (values, is_note) = lax.scan(number_one, (after, start), numbers)
    return values, is_note, after.reshape(ends.shape)
