"""Which tasks can be drawn in blocks of trials, read off the traced task.

What an action earns, whether it ends the trial and what is seen next depend on the trial, the step,
the action, and on what the task remembers of earlier actions in the trial (whether the subject has
answered, say). If that memory has few values, all that can happen can be listed when a trial is
drawn: a table over step, memory and action (`trial_blocks`). Of continuous actions there are too
many; then what does not depend on them is drawn, and the rest is left to Python (`split_response`).

`plan_blocks` never guesses: a later trial must not depend on what the subject did, and nothing may
depend on the clocks of the episode.
"""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from jaxgym_neuro import spaces
from jaxgym_neuro.adapters.stepping.late_response import SplitResponse, split_response
from jaxgym_neuro.core.env import EnvState, TrialEnv

MEMORIES = 4  # values of the memory at a step that a table has room for


@dataclasses.dataclass(frozen=True)
class Plan:
    """How the trials of a task are drawn in blocks."""

    written: tuple[bool, ...]  # leaves of the carry that an action may change: the memory
    shows_memory: bool  # does what is seen depend on the memory?
    is_chain: bool  # does a trial depend on those before it?
    split: SplitResponse | None = None  # the response to continuous actions
    info_names: tuple[str, ...] = ()  # what it adds to the info

    @property
    def num_memories(self) -> int:
        """Room for values of the memory."""
        return MEMORIES if any(self.written) and self.split is None else 1


def plan_blocks(task: Any, params: Any) -> Plan | None:
    """Return how the trials of a task are drawn in blocks, or None if they cannot be."""
    own = type(task)
    if not isinstance(task, TrialEnv) or task.num_kinds != 1:
        return None
    if own.step is not TrialEnv.step or own.reset is not TrialEnv.reset:
        return None
    leaves, structure = jax.tree.flatten(jax.eval_shape(lambda: params))
    return _plan(task, structure, tuple(leaves))


@functools.lru_cache(maxsize=64)
def _plan(task, structure, leaves):
    """Plan for a task and the shapes of its params."""
    params = jax.tree.unflatten(structure, leaves)
    key = jax.eval_shape(lambda: jax.random.key(0))
    _, state = jax.eval_shape(task.reset, key, params)
    space = task.action_space(params)
    is_discrete = isinstance(space, spaces.Discrete)
    action = jax.ShapeDtypeStruct(space.shape, jnp.int32 if is_discrete else space.dtype)
    clocks = (state.time, state.num_trials)
    rest = (state.t, state.trial, state.carry)

    def respond(clocks, rest, action, params):
        t, trial, carry = rest
        time, num_trials = clocks
        state = EnvState(time=time, num_trials=num_trials, t=t, trial=trial, carry=carry)
        response = task.respond(state, action, params)
        new_carry = carry if response.carry is None else response.carry
        ob = task.observe(state, params)
        earned = (response.reward, response.new_trial, response.performance, response.info)
        return new_carry, ob, jax.tree.map(jnp.asarray, earned)

    def draw(carry, key, params):
        return task.sample_conditions(key, params, carry)

    carried = jax.tree.leaves(state.carry)
    count = len(carried)
    jaxpr = jax.make_jaxpr(respond)(clocks, rest, action, params).jaxpr
    reads = _inputs_of_outputs(jaxpr)
    before = 2 + len(jax.tree.leaves((state.t, state.trial)))
    written = tuple(jaxpr.outvars[i] is not jaxpr.invars[before + i] for i in range(count))
    memory = {before + i for i in range(count) if written[i]}
    drawing = jax.make_jaxpr(draw)(state.carry, key, params).jaxpr
    drawn = frozenset().union(*_inputs_of_outputs(drawing))
    seen = [carried[i - before] for i in reads[count] & memory]
    if any(jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in seen):
        return None  # a position, say: too many values
    if any({0, 1} & inputs for inputs in reads) or drawn & {i - before for i in memory}:
        return None
    plan = Plan(
        written=written,
        shows_memory=bool(reads[count] & memory),
        is_chain=bool(drawn & set(range(count))),
    )
    if is_discrete:
        return plan
    names = tuple(sorted(jax.eval_shape(task.respond, state, action, params).info))
    plan = dataclasses.replace(plan, info_names=names)
    split = None if plan.shows_memory else _split(task, plan, state, action, params)
    return None if split is None else dataclasses.replace(plan, split=split)


def _split(task, plan, state, action, params):
    """Split the response to continuous actions; None if it is not one of single numbers."""
    carried, structure = jax.tree.flatten(state.carry)
    memory = [leaf for leaf, is_written in zip(carried, plan.written, strict=True) if is_written]

    infos = jax.eval_shape(task.respond, state, action, params).info.values()
    if len(action.shape) != 1 or any(x.shape for x in (*memory, *infos)):
        return None

    def respond(params, early, late):
        t, trial, leaves = early
        action, *memory = late
        carry = jax.tree.unflatten(structure, with_memory(plan, leaves, memory))
        zero = jnp.int32(0)
        state = EnvState(time=zero, t=t, num_trials=zero, trial=trial, carry=carry)
        ends, new, earned = judge(task, plan, params, state, action)
        infos = [earned["infos"][name] for name in plan.info_names]
        return [earned["rewards"], ends, earned["performances"], *new, *infos]

    return split_response(respond, params, (state.t, state.trial, carried), [action, *memory])


def with_memory(plan, leaves, memory):
    """Return the leaves of a carry with those of the memory in their places."""
    remembered = iter(memory)
    pairs = zip(leaves, plan.written, strict=True)
    return [next(remembered) if is_written else leaf for leaf, is_written in pairs]


def judge(task, plan, params, state, action):
    """Return whether the trial ends, the new memory, and what was earned."""
    response = task.respond(state, action, params)
    answered = jnp.asarray(response.new_trial, jnp.bool_)
    timed_out = task.is_last_step(state) & ~answered
    ends = answered | timed_out
    r_tmax = jnp.asarray(params.r_tmax, jnp.float32)
    new = jax.tree.leaves(state.carry if response.carry is None else response.carry)
    new = [leaf for leaf, is_written in zip(new, plan.written, strict=True) if is_written]
    return (
        ends,
        new,
        {
            "rewards": jnp.asarray(response.reward, jnp.float32) + jnp.where(timed_out, r_tmax, 0),
            "performances": jnp.where(ends, jnp.asarray(response.performance, jnp.float32), 0),
            "infos": jax.tree.map(jnp.asarray, response.info),
        },
    )


def _inputs_of_outputs(jaxpr: Any) -> list[frozenset[int]]:
    """Return, for each output, the numbers of the inputs on which it may depend."""
    inputs = {variable: frozenset([i]) for i, variable in enumerate(jaxpr.invars)}

    def read(variables):
        none = frozenset()
        return [none if isinstance(v, Literal) else inputs.get(v, none) for v in variables]

    for equation in jaxpr.eqns:
        given = read(equation.invars)
        if equation.primitive.name in ("jit", "pjit"):
            inner = _inputs_of_outputs(equation.params["jaxpr"].jaxpr)
            results = [frozenset().union(*(given[i] for i in one)) for one in inner]
        else:
            results = [frozenset().union(*given)] * len(equation.outvars)
        inputs.update(zip(equation.outvars, results, strict=True))
    return read(jaxpr.outvars)
