"""Which tasks can be stepped by tables, read off the traced task: for one environment and for many.

What an action earns, whether it ends the trial and what is seen next depend on the trial, the step,
the action, and on what the task has noted of earlier actions in the trial (whether the subject has
answered, say): its *notes*. If they have few values, all that can happen can be listed when a trial
is drawn: tables over step, notes and action (`tables`). Where there are too many to list, as of
continuous actions, or of notes that are seen and are not whole numbers (a hand on a ring), what
does not depend on them is drawn, and the rest is left to the step (`two_parts`).

Notes may be kept from one trial to the next (the last action, say), and be seen there: then they
are left to the step, too. `plan_tables` never guesses: what is drawn for a later trial must not
depend on what the subject did, and nothing may depend on the clocks of the episode.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from jaxgym_neuro import spaces
from jaxgym_neuro.adapters.stepping.programs import TwoParts
from jaxgym_neuro.adapters.stepping.two_parts import split
from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.env import EnvState, TrialEnv
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.support.caches import kept_with_jax

MOST_NOTES = 4  # values of the notes at a step that a table has room for
_CLOCKS = ("time", "num_trials")


@dataclasses.dataclass(frozen=True)
class Plan:
    """How the trials of a task are tabulated."""

    is_noted: tuple[bool, ...]  # for each leaf of the carry: may an action change it?
    shows_notes: bool  # does what is seen depend on the notes?
    is_chain: bool  # does a trial depend on those before it?
    most_notes: int  # values of the notes at a step
    late: TwoParts | None = None  # `judge`, where too much can happen to be listed,
    seen: TwoParts | None = None  # and `observe`, if it shows the notes
    is_discrete: bool = True
    kept: tuple[tuple[bool, ...], ...] = ()  # for each kind of trial, which notes outlast trials
    info_names: tuple[str, ...] = ()  # what `late` adds to the info
    echoed: tuple[str, ...] = ()  # entries of the info that are the action

    @property
    def num_notes(self) -> int:
        """Values of the notes that tables have room for."""
        return self.most_notes if any(self.is_noted) and self.late is None else 1

    @property
    def parts(self) -> dict[str, TwoParts]:
        """What comes in two parts, by name."""
        parts = {"judge": self.late, "observe": self.seen}
        return {name: part for name, part in parts.items() if part is not None}

    def notes_of(self, carry: Any) -> list[Any]:
        """Return the notes: those leaves of a carry that an action may change."""
        pairs = zip(jax.tree.leaves(carry), self.is_noted, strict=True)
        return [leaf for leaf, is_noted in pairs if is_noted]

    def with_notes(self, carry: Any, notes: list[Any]) -> Any:
        """Return a carry with other notes."""
        leaves, structure = jax.tree.flatten(carry)
        remaining = iter(notes)
        pairs = zip(leaves, self.is_noted, strict=True)
        leaves = [next(remaining) if is_noted else leaf for leaf, is_noted in pairs]
        return jax.tree.unflatten(structure, leaves)

    def state_at(self, task: Any, trial: Trial, carry: Any, t: Any, notes: list[Any]) -> EnvState:
        """Return the state at a step of a trial, but for the clocks, which nothing depends on."""
        zero, carry = jnp.int32(0), self.with_notes(carry, notes)
        state = EnvState(time=zero, t=t, num_trials=zero, trial=trial, carry=carry)
        return task.as_inner(state)


def plan_tables(task: Any, params: Any) -> Plan | None:
    """Return how the trials of a task are tabulated, or None if they cannot be."""
    own = type(task)
    if not isinstance(task, TrialEnv):
        return None
    if own.step is not TrialEnv.step or own.reset is not TrialEnv.reset:
        return None
    leaves, structure = jax.tree.flatten(jax.eval_shape(lambda: params))
    return _plan(task, structure, tuple(leaves))


@kept_with_jax(maxsize=64)
def _plan(task, structure, leaves):
    """Plan for a task and the shapes of its params."""
    params = jax.tree.unflatten(structure, leaves)
    key = jax.eval_shape(lambda: jax.random.key(0))
    _, state = jax.eval_shape(task.reset, key, params)
    state = dataclasses.replace(state, trial=jax.eval_shape(task.new_trial, key, params))
    space = task.action_space(params)
    is_discrete = isinstance(space, spaces.Discrete)
    action = jax.ShapeDtypeStruct(space.shape, jnp.int32 if is_discrete else space.dtype)

    def act(time, num_trials, t, trial, carry, action, params):
        state = EnvState(time=time, t=t, num_trials=num_trials, trial=trial, carry=carry)
        state = task.as_inner(state)
        return {"ob": task.observe(state, params), "verdict": task.judge(state, action, params)}

    def draw(draw_one):
        def from_named(carry, key, params):
            return draw_one(key, params, carry)

        return _sources(from_named, carry=state.carry, key=key, params=params)

    effects = _sources(act, **vars(state), action=action, params=params)
    changed = effects["verdict"].carry
    carried = jax.tree.leaves(state.carry)
    is_noted = tuple(
        source.is_input != ("carry", i) for i, source in enumerate(jax.tree.leaves(changed))
    )
    notes = {("carry", i) for i, noted in enumerate(is_noted) if noted}
    draws = [draw(functools.partial(hooks.sample_conditions, one)) for one in task.kinds]
    kept = tuple(_kept(is_noted, carry) for _, carry in draws)
    if task.num_kinds > 1:
        choose = functools.partial(hooks.choose_kind, task, fixed={})
        draws.append(draw(choose))
        if not all(_kept(is_noted, draws[-1][1])):
            return None
    # What is kept as it is may be kept by the step.
    drawn_from = _all_inputs([drawn for drawn, _ in draws]).union(
        *(
            source.inputs
            for _, carry in draws
            for i, source in enumerate(jax.tree.leaves(carry))
            if not (is_noted[i] and source.is_input == ("carry", i))
        )
    )
    if any(name in _CLOCKS for name, _ in _all_inputs(effects)) or drawn_from & notes:
        return None
    if effects["verdict"].holds.inputs:  # a step may come again: then there is no row for each
        return None
    seen = effects["ob"].inputs & notes
    is_chain = any(name == "carry" for name, _ in _all_inputs(draws))
    yes_or_no = all(carried[i].dtype == jnp.bool_ and not carried[i].shape for _, i in notes)
    most_notes = min(2 ** len(notes), MOST_NOTES) if yes_or_no else MOST_NOTES
    infos = effects["verdict"].info
    echoed = tuple(name for name in sorted(infos) if _is_action(infos[name]))
    plan = Plan(is_noted, bool(seen), is_chain, most_notes, kept=kept, echoed=echoed)
    can_be_listed = is_discrete and task.num_kinds == 1 and not any(kept[0])
    if can_be_listed and not any(jnp.issubdtype(carried[i].dtype, jnp.floating) for _, i in seen):
        return plan
    names = tuple(name for name in sorted(infos) if name not in echoed)
    plan = dataclasses.replace(plan, is_discrete=is_discrete, info_names=names)
    late, seen = _split(task, plan, space, state, action, params)
    if late is None or (plan.shows_notes and seen is None):
        return None
    return dataclasses.replace(plan, late=late, seen=seen)


def _is_action(info):
    """Whether an entry of the info is the action itself."""
    leaves = jax.tree.leaves(info)
    return len(leaves) == 1 and leaves[0].is_input == ("action", 0)


def _kept(is_noted, carry):
    """Return for each note whether it leaves a draw as it was."""
    sources = enumerate(jax.tree.leaves(carry))
    return tuple(source.is_input == ("carry", i) for i, source in sources if is_noted[i])


def _split(task, plan, space, state, action, params):
    """Cut `judge` and `observe` in two: what depends on notes and continuous actions comes last."""
    early, notes = (state.t, state.trial, state.carry), plan.notes_of(state.carry)

    def judge(params, early, late):
        action, *notes = late
        t, trial, carry = early
        verdict = task.judge(plan.state_at(task, trial, carry, t, notes), action, params)
        infos = [verdict.info[name] for name in plan.info_names]
        earned = [verdict.reward, verdict.ends, verdict.performance]
        return [jnp.asarray(x) for x in (*earned, *plan.notes_of(verdict.carry), *infos)]

    def judge_early(params, early, notes):
        return judge(params, early[0], [early[1], *notes])

    def observe(params, early, notes):
        t, trial, carry = early
        return [task.observe(plan.state_at(task, trial, carry, t, notes), params)]

    if any(
        x.shape for x in jax.eval_shape(judge, params, early, [action, *notes])[3 + len(notes) :]
    ):
        return None, None
    seen = split(observe, params, early, notes) if plan.shows_notes else None
    if plan.is_discrete:
        return split(judge_early, params, (early, action), notes), seen
    low, high = (np.broadcast_to(x, space.shape) for x in (space.low, space.high))
    return split(judge, params, early, [action, *notes], bounds=(low, high)), seen


@dataclasses.dataclass(frozen=True)
class _Source:
    """Where an array of a function's output comes from; an input is a name and a leaf's number."""

    inputs: frozenset[tuple[str, int]]  # on which it may depend
    is_input: tuple[str, int] | None  # which of them it is, unchanged


def _sources(function: Callable[..., Any], **arguments: Any) -> Any:
    """Trace a function; return its output with a `_Source` in place of each array."""
    trace = jax.make_jaxpr(lambda arguments: function(**arguments), return_shape=True)
    closed, shapes = trace(arguments)
    jaxpr = closed.jaxpr
    names = sorted(arguments)  # the order in which JAX takes them
    inputs = [(name, i) for name in names for i in range(len(jax.tree.leaves(arguments[name])))]
    label = dict(zip(jaxpr.invars, inputs, strict=True))
    found = _trace(jaxpr, [frozenset([one]) for one in inputs])
    unchanged = [None if isinstance(v, Literal) else label.get(v) for v in jaxpr.outvars]
    return jax.tree.unflatten(jax.tree.structure(shapes), map(_Source, found, unchanged))


def _trace(jaxpr, given):
    """Return, for each output, the union of what is given for the inputs it may depend on."""
    found = dict(zip(jaxpr.invars, given, strict=True))

    def read(variables):
        none = frozenset()
        return [none if isinstance(v, Literal) else found.get(v, none) for v in variables]

    for equation in jaxpr.eqns:
        inputs = read(equation.invars)
        if equation.primitive.name in ("jit", "pjit"):
            results = _trace(equation.params["jaxpr"].jaxpr, inputs)
        elif equation.primitive.name == "cond":
            which, *inputs = inputs
            branches = [_trace(one.jaxpr, inputs) for one in equation.params["branches"]]
            results = [which.union(*several) for several in zip(*branches, strict=True)]
        else:
            results = [frozenset().union(*inputs)] * len(equation.outvars)
        found.update(zip(equation.outvars, results, strict=True))
    return read(jaxpr.outvars)


def _all_inputs(sources):
    """Return all inputs on which an output may depend."""
    return frozenset().union(*(source.inputs for source in jax.tree.leaves(sources)))
