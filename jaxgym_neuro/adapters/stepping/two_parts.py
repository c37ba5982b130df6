"""Functions in two parts: what is known when a trial is drawn, and what only at the step.

What an action comes to may depend on too much to be listed in tables: on numbers of a continuous
action, or on where a hand is by now. But most of what `judge` computes does not, and can be drawn
with the trial: is the step in this period, is it the last one, what is the target? `split` cuts a
traced function in two. The first part is a function of JAX's, for a batch of trials. The second is
a `Program`, a list of operations: on Python's numbers and, where there are many, on NumPy's arrays.
`RunnerOfOne` runs it for one environment, in microseconds where a compiled call takes a hundred,
`RunnerOfMany` with an axis of N behind all shapes. Python's numbers have 53 bits where a compiled
one has 24.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from jaxgym_neuro.adapters.stepping.programs import Program, TwoParts
from jaxgym_neuro.adapters.stepping.writing import NoOperatorError, Writer

_MOST_BOOLS = 62  # of a trial: a combination of them is a number of 64 bits
_FEW = 4  # numbers of an array that Python adds one by one faster than NumPy all at once


def split(
    function: Callable[..., list[jax.Array]],
    params: Any,
    early: Any,
    late: list[Any],
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
) -> TwoParts | None:
    """Cut a function of params, of early and of late arguments in two.

    Args:
        function: ``function(params, early, late)`` returns a list of arrays; can be traced.
        params: shapes of a pytree, the same for all trials.
        early: shapes of what is known when a trial is drawn, a pytree.
        late: shapes of what is known at the step, a list.
        bounds: lowest and highest numbers of the first of them, if it is an action.

    Returns:
        The function in two parts; None if an operation on late values is not in `OPERATORS`, or if
        these depend on more than 62 bools of a trial.
    """
    closed = jax.make_jaxpr(function)(params, early, late)
    jaxpr, blanks = closed.jaxpr, [np.zeros(x.shape, x.dtype) for x in jax.tree.leaves(early)]
    begin = len(jaxpr.invars) - len(late)
    late_inputs = jaxpr.invars[begin:]
    action = None if bounds is None else late_inputs[0]
    limits = [] if bounds is None else list(zip(*(x.ravel().tolist() for x in bounds), strict=True))
    early_equations, late_equations, needed, _ = _partition(jaxpr, late_inputs)
    # A part of an array that is needed anyway takes no column of its own.
    parts = [x for x in early_equations if _is_part(x) and {*x.invars, *x.outvars} <= {*needed}]
    late_equations = [*parts, *late_equations]
    needed = [v for v in needed if not any(v in x.outvars for x in parts)]
    depends_on_trial = _partition(jaxpr, jaxpr.invars[begin - len(blanks) :])[-1]
    constant, _, _, depends_on_any = _partition(jaxpr, jaxpr.invars)
    constants = [v for v in needed if v not in depends_on_any]
    known = ClosedJaxpr(jaxpr.replace(eqns=constant, invars=(), outvars=constants), closed.consts)
    known = [np.asarray(x) for x in jaxpr_as_fun(known)()]
    fixed = [v for v in needed if v in depends_on_any and v not in depends_on_trial]
    prepared = [v for v in needed if v in depends_on_trial]
    prepared.sort(key=lambda v: not _is_few_bools(v))
    num_bools = sum(v.aval.size for v in prepared if _is_few_bools(v))
    if num_bools > _MOST_BOOLS:
        return None

    def first_part(variables, params, early):
        part = ClosedJaxpr(jaxpr.replace(eqns=early_equations, outvars=variables), closed.consts)
        unused = [np.zeros(x.shape, x.dtype) for x in late]
        return jaxpr_as_fun(part)(*jax.tree.leaves(params), *early, *unused)

    def program(most):
        writer = Writer(most)
        late_places = [writer.add(v, v is action) for v in late_inputs]
        places = [[writer.add(v, True) for v in group] for group in (fixed, prepared)]
        writer.add_constants(constants, known)
        writer.write([x for x in constant if x.primitive.name == "platform_index"])
        writer.write(late_equations)
        return Program(
            late_places,
            *places,
            arrays=[(v.aval.shape, v.aval.dtype) for v in prepared],
            num_bools=num_bools,
            equations=writer.equations,
            results=[writer.whole(v) for v in jaxpr.outvars],
            outputs=[(v.aval.shape, v.aval.dtype) for v in jaxpr.outvars],
            values=writer.values,
            bounds=dict(zip(late_places[0], limits, strict=False))
            if 0 < len(limits) <= most
            else {},
        )

    try:
        of_one, of_many = program(_FEW), program(1)
    except NoOperatorError:
        return None
    return TwoParts(
        fixed=lambda params: first_part(fixed, params, blanks),
        prepare=lambda params, early: first_part(prepared, params, jax.tree.leaves(early)),
        of_one=of_one,
        of_many=of_many,
    )


def in_two_parts(
    function: Callable[[Any, Any], Any], early: Any, late: Any
) -> tuple[Callable[[Any], list[jax.Array]], Callable[[list[jax.Array], Any], Any]]:
    """Cut a function of early and late arguments in two functions of JAX's.

    Args:
        function: can be traced.
        early: its first argument, or one like it.
        late: its second.

    Returns:
        A function from early arguments to a list of arrays, and one from these and late arguments
        to what the whole returns.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(early, late)
    jaxpr, structure = closed.jaxpr, jax.tree.structure(shapes)
    late_inputs = jaxpr.invars[len(jax.tree.leaves(early)) :]
    early_equations, late_equations, needed, _ = _partition(jaxpr, late_inputs)
    first = jaxpr.replace(eqns=early_equations, outvars=needed)
    second = jaxpr.replace(eqns=late_equations, invars=[*needed, *late_inputs])
    first, second = (jaxpr_as_fun(ClosedJaxpr(part, closed.consts)) for part in (first, second))

    def last(arrays, late):
        return jax.tree.unflatten(structure, second(*arrays, *jax.tree.leaves(late)))

    return lambda early: first(*jax.tree.leaves(early), *jax.tree.leaves(late)), last


def _partition(jaxpr, late_inputs):
    """Return equations that do not depend on some inputs, those that do, and what these need."""
    found, early, late = set(late_inputs), [], []
    for equation in jaxpr.eqns:
        is_late = any(v in found for v in equation.invars if not isinstance(v, Literal))
        (late if is_late else early).append(equation)
        found.update(equation.outvars if is_late else ())
    used = [v for equation in late for v in equation.invars] + list(jaxpr.outvars)
    needed = dict.fromkeys(v for v in used if not isinstance(v, Literal))
    return early, late, [v for v in needed if v not in found], found


def _is_part(equation):
    """Whether an equation takes a part of an array that is one to a `Program`."""
    return equation.primitive.name == "slice" and equation.invars[0].aval.size > _FEW


def _is_few_bools(variable):
    return variable.aval.dtype == np.bool_ and variable.aval.size <= _FEW
