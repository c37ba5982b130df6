"""What is left of a response when the action is known, as a Python function of a few numbers.

Continuous actions cannot be listed in tables. But most of what `respond` computes does not depend
on the action, and can be drawn with the trial: is the step in this period, is it the last one, what
is the target? `split_response` cuts the traced response in two. The first part is a function of
JAX's, for a block of trials. The second is written out in Python, a line for each operation on each
number: it takes microseconds, where a compiled call takes a hundred. Its numbers are Python's, so
it rounds to 53 bits where a compiled one rounds to 24.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

_MOST_NUMBERS = 32  # in an array that an action changes
_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
    "ne": "!=",
}  # fmt: skip
_FOLDS = {"reduce_sum": " + ", "reduce_and": " and ", "reduce_or": " or "}
_TYPES = {"f": "float", "i": "int", "b": "bool"}


@dataclasses.dataclass(frozen=True)
class SplitResponse:
    """A response in two parts."""

    prepare: Callable[..., list[jax.Array]]  # early arguments to columns
    is_fixed: tuple[bool, ...]  # for each column: is it the same at all steps of all trials?
    finish: Callable[..., tuple]  # columns, row, late numbers to the numbers of the response


class _Unwritten(Exception):  # noqa: N818 (not an error: the task takes the compiled path)
    """An operation that has no line in Python."""


def split_response(
    respond: Callable[..., list[jax.Array]], params: Any, early: Any, late: list[Any]
) -> SplitResponse | None:
    """Split a function of early and of late arguments.

    Args:
        respond: ``respond(params, early, late)`` returns a list of arrays; can be traced.
        params: shapes of a pytree, the same for all trials.
        early: shapes of what is known when a trial is drawn, a pytree.
        late: shapes of what is known at the step, a list.

    Returns:
        ``prepare(params, early)`` returns columns, ``finish(columns, row, *numbers)`` reads a row
        of each and returns the numbers of ``respond``'s arrays, in a row. None if an operation on
        late values has no line here.
    """
    closed = jax.make_jaxpr(respond)(params, early, late)
    jaxpr = closed.jaxpr
    num_params = len(jax.tree.leaves(params))
    num_early = num_params + len(jax.tree.leaves(early))
    late_variables = set(jaxpr.invars[num_early:])
    varying = set(jaxpr.invars[num_params:])
    early_equations, late_equations = [], []
    for equation in jaxpr.eqns:
        variables = {v for v in equation.invars if not isinstance(v, Literal)}
        if variables & varying:
            varying.update(equation.outvars)
        if variables & late_variables:
            late_equations.append(equation)
            late_variables.update(equation.outvars)
        else:
            early_equations.append(equation)
    used = [v for equation in late_equations for v in equation.invars] + list(jaxpr.outvars)
    columns = list(dict.fromkeys(v for v in used if not isinstance(v, Literal)))
    columns = [v for v in columns if v not in late_variables]
    is_fixed = tuple(v not in varying for v in columns)
    first = ClosedJaxpr(jaxpr.replace(eqns=early_equations, outvars=columns), closed.consts)
    blanks = [np.zeros(x.shape, x.dtype) for x in late]

    def prepare(params, early):
        return jaxpr_as_fun(first)(*jax.tree.leaves((params, early)), *blanks)

    try:
        late_arguments = jaxpr.invars[num_early:]
        finish = _Writer().function(jaxpr, late_equations, late_arguments, columns, is_fixed)
    except _Unwritten:
        return None
    return SplitResponse(prepare=prepare, is_fixed=is_fixed, finish=finish)


class _Writer:
    """Writes traced operations as lines of Python; an array is a list of names of numbers."""

    def __init__(self):
        self.lines: list[str] = []
        self.known: dict[str, Any] = {"divided": _divided}
        self.count = 0

    def function(self, jaxpr, equations, late, columns, is_fixed):
        """Return the function of columns, row and late numbers."""
        names = {v: [self._new() for _ in range(_size(v))] for v in (*columns, *late)}
        places = [self._new() for _ in columns]
        if columns:
            self.lines.append(f"{', '.join(places)}, = columns")
        for variable, place, fixed in zip(columns, places, is_fixed, strict=True):
            value = place if fixed else f"{place}[row]"
            one = names[variable]
            self.lines.append(f"{one[0] if not variable.aval.shape else ', '.join(one)} = {value}")
        self._write(equations, names)
        arguments = ", ".join(["columns", "row", *(name for v in late for name in names[v])])
        results = ", ".join(name for v in jaxpr.outvars for name in self._read(v, names))
        body = "\n    ".join([*self.lines, f"return {results},"])
        exec(f"def finish({arguments}):\n    {body}", self.known)
        return self.known["finish"]

    def _new(self):
        self.count += 1
        return f"x{self.count}"

    def _read(self, variable, names):
        """Return the names of the numbers of an array."""
        if not isinstance(variable, Literal):
            return names[variable]
        values = np.asarray(variable.val, _type(variable)).ravel().tolist()
        return [self._constant(value) for value in values]

    def _constant(self, value):
        name = self._new()
        self.known[name] = value
        return name

    def _line(self, written, given):
        """Write a line, unless its value is known already; return the name of its value."""
        if all(name in self.known for name in given):
            return self._constant(eval(written, self.known))
        name = self._new()
        self.lines.append(f"{name} = {written}")
        return name

    def _write(self, equations, names):
        for equation in equations:
            given = [self._read(v, names) for v in equation.invars]
            if equation.primitive.name in ("jit", "pjit"):
                inner = equation.params["jaxpr"]
                if inner.consts:
                    raise _Unwritten
                inside = dict(zip(inner.jaxpr.invars, given, strict=True))
                self._write(inner.jaxpr.eqns, inside)
                results = [self._read(v, inside) for v in inner.jaxpr.outvars]
                names.update(zip(equation.outvars, results, strict=True))
            else:
                names[equation.outvars[0]] = self._results(equation, given)

    def _results(self, equation, given):
        """Return the names of the numbers that an operation results in."""
        operation, size = equation.primitive.name, _size(equation.outvars[0])
        moved = _moved(equation)
        if moved is not None:
            return [given[0][i] for i in moved]
        if operation in _FOLDS:
            shape, axes = equation.invars[0].aval.shape, tuple(equation.params["axes"])
            rows = np.moveaxis(np.arange(len(given[0])).reshape(shape), axes, range(len(axes)))
            groups = rows.reshape(-1, size).T.tolist()
            parts = [[given[0][i] for i in group] for group in groups]
            return [self._line(_FOLDS[operation].join(part), part) for part in parts]
        # An operand without axes goes with every number of the others.
        spread = [one if len(one) == size else one * size for one in given]
        return [
            self._line(_expression(equation, numbers), numbers)
            for numbers in zip(*spread, strict=True)
        ]


def _expression(equation, given: Sequence[str]) -> str:
    """Return an operation on single numbers in Python's words."""
    operation, params = equation.primitive.name, equation.params
    kind = equation.invars[0].aval.dtype.kind
    one, two = given[0], given[-1]
    if operation in _INFIX and (kind != "b" or operation in ("eq", "ne")):
        return f"{one} {_INFIX[operation]} {two}"
    if operation in ("and", "or", "not") and kind == "b":
        return f"not {one}" if operation == "not" else f"{one} {operation} {two}"
    if operation == "div" and kind == "f":
        return f"{one} / {two} if {two} else divided({one}, {two})"
    if operation in ("neg", "abs"):
        return f"-{one}" if operation == "neg" else f"abs({one})"
    if operation == "square" or (operation == "integer_pow" and params["y"] == 2):
        return f"{one} * {one}"
    if operation in ("max", "min") and kind != "b":
        sign = ">=" if operation == "max" else "<="
        return f"{one} if {one} {sign} {two} or {one} != {one} else {two}"
    if operation == "select_n" and len(given) == 3 and kind == "b":
        return f"{given[2]} if {one} else {given[1]}"
    if operation == "convert_element_type":
        kinds = kind, np.dtype(params["new_dtype"]).kind
        if kinds in (("b", "f"), ("i", "f"), ("f", "f"), ("b", "i"), ("i", "i"), ("b", "b")):
            return f"{_TYPES[kinds[1]]}({one})"
    raise _Unwritten


def _moved(equation):
    """Return where the numbers of a result come from, if an operation only moves them."""
    operation, params = equation.primitive.name, equation.params
    shape, new_shape = equation.invars[0].aval.shape, equation.outvars[0].aval.shape
    numbers = np.arange(math.prod(shape)).reshape(shape)
    if operation in ("squeeze", "reshape", "copy", "stop_gradient"):
        return numbers.ravel().tolist()
    if operation == "slice" and params["strides"] is None:
        bounds = zip(params["start_indices"], params["limit_indices"], strict=True)
        return numbers[tuple(slice(*pair) for pair in bounds)].ravel().tolist()
    if operation == "broadcast_in_dim":
        sizes = dict(zip(params["broadcast_dimensions"], shape, strict=True))
        between = [sizes.get(axis, 1) for axis in range(len(new_shape))]
        return np.broadcast_to(numbers.reshape(between), new_shape).ravel().tolist()
    return None


def _type(variable: Any) -> Any:
    return variable.aval.dtype


def _size(variable):
    """Return the count of numbers in an array that an action changes, or is compared with."""
    size = math.prod(variable.aval.shape)
    if not 0 < size <= _MOST_NUMBERS or len(variable.aval.shape) > 1:
        raise _Unwritten
    return size


def _divided(one, two):
    """Divide by zero as arrays do."""
    return (
        math.nan
        if one == 0 or math.isnan(one)
        else math.copysign(math.inf, one) * (math.copysign(1, two))
    )
