# pyright: reportUnknownMemberType=false
"""How a trial is drawn from a key.

A key is split into the keys of one trial (`TrialKeys`), each for one use: to begin an episode, to
choose the kind of trial, to draw its conditions, and to lay it out. All who draw trials do it here,
so that one key means one trial whoever draws it: `draw_first` and `draw_next` for one trial,
`renew_trial` for the turn from trial to trial in a step, `draw_conditions` and `lay_out` for those
who draw the conditions of many trials in turn, and then lay out all at once.

Most tasks have trials of one kind. Where there are several (the tasks of a `MultiTask`), the kind
is chosen first, and then a trial of that kind is drawn, in a batch only where it is due, see
`jaxgym_neuro.core.kinds`. Nobody who draws needs to know which of the two it is.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.kinds import ByKind, OneKind
from jaxgym_neuro.core.renewal import draw_where
from jaxgym_neuro.support.meshes import switch
from jaxgym_neuro.support.xla import compute_once

if TYPE_CHECKING:
    from jaxgym_neuro.core.env import TrialEnv


class TrialKeys(NamedTuple):
    """The keys of one trial, each for one use."""

    carry: jax.Array | None  # begins an episode; None where the trial begins none
    kind: jax.Array | None  # chooses the kind of trial; None where all are of one kind
    conditions: jax.Array  # draws the conditions
    build: jax.Array  # draws durations and noise


class DrawnConditions(NamedTuple):
    """What is known of a trial before it is laid out."""

    kind: jax.Array | None  # () int32; None where all are of one kind
    conditions: dict[str, jax.Array]  # none, if they are drawn late
    carry: Any = None  # with which they are drawn, if late


def split_keys(env: "TrialEnv", key: jax.Array) -> TrialKeys:
    """Split the key of a trial of an environment, which may be the first of an episode.

    Args:
        env: the task.
        key: one typed key.
    """
    if env.num_kinds == 1:
        carry, conditions, build = random.split(key, 3)
        return TrialKeys(carry, None, conditions, build)
    return TrialKeys(*random.split(key, 4))


def split_stream_keys(env: "TrialEnv", key: jax.Array) -> TrialKeys:
    """Split the key of a trial of a stream without episodes, such as a row of a `Dataset`.

    Args:
        env: the task.
        key: one typed key.
    """
    conditions, build = random.split(key)
    if env.num_kinds == 1:
        return TrialKeys(None, None, conditions, build)
    kind, conditions = random.split(conditions)
    return TrialKeys(None, kind, conditions, build)


def draw_first(
    env: "TrialEnv",
    key: jax.Array,
    params: Any,
    fixed: Mapping[str, jax.Array] | None = None,
    *,
    batch_aware: bool = True,
) -> tuple[Any, Any]:
    """Draw the first trial of an episode.

    Args:
        env: the task.
        key: one typed key.
        params: its params.
        fixed: conditions that are given and not drawn, of the dtypes in ``env.conditions``. All
            else is as it would be without them.
        batch_aware: whether a batch draws of each row a trial of its kind only, which cuts
            gradients. Otherwise it draws one of each kind, and gradients pass through. No
            difference where all trials are of one kind.

    Returns:
        The trial as a state holds it, and what the task carries into its first step.
    """
    fixed = dict(fixed or {})
    if env.num_kinds == 1:
        keys = split_keys(env, key)
        return env.draw_trial(keys, params, _begin(env, keys, params), fixed)

    def choose(inputs: Any, _: Any) -> Any:
        key, fixed, params = inputs
        keys = split_keys(env, key)
        return _choose_kind(env, keys, params, _begin(env, keys, params), fixed)

    draw, inputs = _by_kind(env, choose), (key, fixed, params)
    return _draw_all(env, draw, inputs) if batch_aware else draw(inputs, None)


def draw_next(
    env: "TrialEnv",
    key: jax.Array,
    params: Any,
    carry: Any,
    fixed: Mapping[str, jax.Array] | None = None,
) -> tuple[Any, Any]:
    """Draw a trial that follows upon another in the same episode.

    Args:
        env: the task.
        key: one typed key; that of `draw_first` draws the same trial, given the same carry.
        params: its params.
        carry: what the task carries out of the trial before.
        fixed: conditions that are given and not drawn, of the dtypes in ``env.conditions``.

    Returns:
        The trial as a state holds it, and what the task carries into its first step.
    """
    keys, fixed = split_keys(env, key), dict(fixed or {})
    if env.num_kinds == 1:
        return env.draw_trial(keys, params, carry, fixed)

    def choose(inputs: Any, _: Any) -> Any:
        keys, carry, fixed, params = inputs
        return _choose_kind(env, keys, params, carry, fixed)

    return _by_kind(env, choose)((keys._replace(carry=None), carry, fixed, params), None)


def renew_trial(
    env: "TrialEnv",
    key: jax.Array,
    params: Any,
    *,
    due: jax.Array,
    done: jax.Array,
    old: tuple[Any, Any],
    reads: Any = (),
) -> tuple[Any, Any]:
    """Draw the next trial where one is due, as `draw_next` does, or `draw_first` if ``done``.

    Args:
        env: the task.
        key: one typed key.
        params: its params.
        due: () bool, does a trial begin here?
        done: () bool, does an episode begin here? Then ``due`` is True.
        old: the trial and the carry, which stay where nothing is due.
        reads: what the step has computed from ``old``, see `jaxgym_neuro.core.renewal.renew`.

    Returns:
        The trial as a state holds it, and what the task carries into its next step.
    """

    def begin(inputs: Any, old: Any, keys: TrialKeys) -> Any:
        _, done, params = inputs
        begin_episode = (keys.carry, params)
        return draw_where(
            done, lambda inputs: hooks.init_carry(env, *inputs), begin_episode, old[1]
        )

    def draw(inputs: Any, old: Any) -> Any:
        key, _, params = inputs
        keys = split_keys(env, key)
        return env.draw_trial(keys, params, begin(inputs, old, keys), {})

    def choose(inputs: Any, old: Any) -> Any:
        key, _, params = inputs
        keys = split_keys(env, key)
        return _choose_kind(env, keys, params, begin(inputs, old, keys), {})

    draw_due = OneKind(draw) if env.num_kinds == 1 else _by_kind(env, choose)
    return env.renew(draw_due, due, inputs=(key, done, params), old=old, reads=reads)


def draw_conditions(
    env: "TrialEnv",
    keys: TrialKeys,
    params: Any,
    carry: Any,
    fixed: Mapping[str, jax.Array] | None = None,
    *,
    late: bool = False,
) -> tuple[DrawnConditions, Any]:
    """Draw the kind and the conditions of a trial, for `lay_out`.

    In a batch, those of all kinds are drawn for each trial, to keep one; unless they are drawn
    late, with all else of the trials of their kind.

    Args:
        env: the task.
        keys: keys of the trial.
        params: its params.
        carry: what the task carries into the trial.
        fixed: conditions that are given and may settle the kind.
        late: whether conditions need not be known before the trial is laid out.

    Returns:
        What was drawn, and what the task carries into the first step of the trial.
    """
    if env.num_kinds == 1:
        conditions, carry = hooks.sample_conditions(env, keys.conditions, params, carry)
        return DrawnConditions(None, conditions), carry
    kind, carry = hooks.choose_kind(env, _given(keys.kind), params, carry, fixed or {})
    if late and env.kinds_forget:
        return DrawnConditions(jnp.int32(kind), {}, carry), carry
    draws = [functools.partial(hooks.sample_conditions, one) for one in env.kinds]
    conditions, carry = cast(
        tuple[dict[str, jax.Array], Any],
        switch(kind, draws, keys.conditions, params, carry),
    )
    return DrawnConditions(jnp.int32(kind), conditions), carry


def lay_out(env: "TrialEnv", keys: TrialKeys, params: Any, drawn: DrawnConditions) -> Any:
    """Lay out a trial of the conditions drawn; in a batch, the trials of each kind apart.

    Args:
        env: the task.
        keys: keys of the trial.
        params: its params.
        drawn: what `draw_conditions` returned for it.

    Returns:
        The `Trial`.
    """

    def by(one: "TrialEnv") -> Callable[[Any, Any], Any]:
        def lay_out_one(inputs: Any, choice: Any) -> Any:
            key, conditions = choice
            return one.lay_out(key, conditions, inputs[-1])

        def draw_and_lay_out(inputs: Any, choice: Any) -> Any:
            key, key_conditions, carry = choice
            drawn = hooks.sample_conditions(one, key_conditions, inputs[-1], carry)[0]
            return one.lay_out(key, compute_once(drawn), inputs[-1])

        return draw_and_lay_out if is_late else lay_out_one

    is_late = drawn.carry is not None
    choice: tuple[Any, ...] = (keys.build, compute_once(drawn.conditions))
    if is_late:
        choice = (keys.build, keys.conditions, drawn.carry)
    inputs = (drawn.kind, choice, params)
    if env.num_kinds == 1:
        return by(env)(inputs, inputs[1])
    draw = ByKind(choose=lambda inputs, _: inputs[:2], draws=[by(one) for one in env.kinds])
    return _draw_all(env, draw, inputs)


def _begin(env: "TrialEnv", keys: TrialKeys, params: Any) -> Any:
    """Begin an episode."""
    return hooks.init_carry(env, _given(keys.carry), params)


def _choose_kind(
    env: "TrialEnv", keys: TrialKeys, params: Any, carry: Any, fixed: Mapping[str, jax.Array]
) -> tuple[jax.Array | int, Any]:
    """Choose the kind of a trial; what is left to draw it from goes with it."""
    kind, carry = hooks.choose_kind(env, _given(keys.kind), params, carry, fixed)
    return kind, (keys._replace(carry=None, kind=None), carry, fixed)


def _by_kind(env: "TrialEnv", choose: Callable[[Any, Any], tuple[Any, Any]]) -> ByKind:
    """Return the draw of a task with several kinds of trial; params are the last of its inputs."""

    def draw_with(one: "TrialEnv") -> Callable[[Any, Any], Any]:
        def draw(inputs: Any, choice: Any) -> Any:
            keys, carry, fixed = choice
            return one.draw_trial(keys, inputs[-1], carry, fixed)

        return draw

    def widen(new: tuple[Any, Any]) -> tuple[Any, Any]:
        trial, carry = new
        return env.with_room(trial), carry

    return ByKind(choose, [draw_with(one) for one in env.kinds], widen)


def _draw_all(env: "TrialEnv", draw: ByKind, inputs: Any) -> Any:
    """Draw for every row of a batch, each kind by itself: a switch would draw all for every row."""
    shapes = jax.eval_shape(draw, inputs, None)
    empty = jax.tree.map(_zeros, shapes)
    return env.renew(dataclasses.replace(draw, draws_all=True), jnp.bool_(True), inputs, empty)


def _zeros(shape: jax.ShapeDtypeStruct) -> jax.Array:
    return jnp.zeros(shape.shape, shape.dtype)


def _given(key: jax.Array | None) -> jax.Array:
    if key is None:
        raise ValueError("these are keys of a trial that begins no episode and has no kind")
    return key
