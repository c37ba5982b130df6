"""What is left of a response when the action is known, as a list of operations on single numbers.

Continuous actions cannot be listed in tables. But most of what `judge` computes does not depend on
the action, and can be drawn with the trial: is the step in this period, is it the last one, what is
the target? `split_response` cuts the traced response in two. The first part is a function of JAX's,
for a batch of trials. The second is a list of equations, which `LateJudge` runs in a small loop:
over Python's numbers for one environment, in microseconds where a compiled call takes a hundred,
over NumPy's arrays for many. Python's numbers have 53 bits where a compiled one has 24.
"""

import dataclasses
import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

_MOST_NUMBERS = 32  # in an array that an action changes


def _divide(one, two):
    """Divide by zero as arrays do."""
    try:
        return one / two
    except ZeroDivisionError:
        is_nan = one == 0 or math.isnan(one)
        return math.nan if is_nan else math.copysign(math.inf, one) * math.copysign(1, two)


def _choose(which, one, two, output):
    np.copyto(output, two)
    np.copyto(output, one, where=which)


def _convert(numbers, output):
    np.copyto(output, numbers, casting="unsafe")


# For each operation: what does it to Python's numbers, and what to NumPy's arrays (the last
# argument is for the output).
OPERATORS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "add": (operator.add, np.add),
    "sub": (operator.sub, np.subtract),
    "mul": (operator.mul, np.multiply),
    "div": (_divide, np.divide),
    "neg": (operator.neg, np.negative),
    "abs": (abs, np.abs),
    "lt": (operator.lt, np.less),
    "le": (operator.le, np.less_equal),
    "gt": (operator.gt, np.greater),
    "ge": (operator.ge, np.greater_equal),
    "eq": (operator.eq, np.equal),
    "ne": (operator.ne, np.not_equal),
    "and": (operator.and_, np.logical_and),
    "or": (operator.or_, np.logical_or),
    "not": (operator.not_, np.logical_not),
    # Like arrays, these return a NaN if they are given one.
    "max": (
        lambda one, two: one if one >= two or one != one else two,
        lambda one, two, output: np.maximum(one, two, out=output),
    ),
    "min": (
        lambda one, two: one if one <= two or one != one else two,
        lambda one, two, output: np.minimum(one, two, out=output),
    ),
    # One of two numbers, the first where something is True; of Python's, the loop chooses.
    "select": (None, _choose),
    "to b": (bool, _convert),
    "to i": (int, _convert),
    "to f": (float, _convert),
}
_ON_BOOLS = ("and", "or", "not", "eq", "ne")
_ON_NUMBERS = ("add", "sub", "mul", "neg", "abs", "lt", "le", "gt", "ge", "eq", "ne", "max", "min")
_FOLDS = {"reduce_sum": "add", "reduce_and": "and", "reduce_or": "or"}
_CONVERSIONS = ("bf", "if", "ff", "bi", "ii", "bb")  # of bool, int and float
# A number that leaves the other one as it is, and one that decides alone.
_NEUTRAL = {"add": 0, "mul": 1, "and": True, "or": False}
_DECIDES = {"and": False, "or": True}
_RESHAPES = ("squeeze", "reshape", "copy", "stop_gradient")


@dataclasses.dataclass(frozen=True, eq=False)
class LateResponse:
    """A response in two parts; the second works on a list of numbers, each in its place.

    Attributes:
        fixed: from params to what the second part needs of them: a list of arrays.
        prepare: from params and early arguments to the rest of what it needs: a list of arrays.
        late: where the numbers of each late argument are put, one after the other.
        places: where those of ``fixed`` and ``prepare`` are put; one dtype after the other.
        equations: operation, places of each of its one to three inputs, places of its output.
        results: where the numbers of the response are.
        numbers: what is in each place beforehand: constants, or None.
        dtypes: of what is in each place.
    """

    fixed: Callable[[Any], list[jax.Array]]
    prepare: Callable[[Any, Any], list[jax.Array]]
    late: list[range]
    places: tuple[range, range]
    equations: list[tuple[str, list[list[int]], list[int]]]
    results: list[int]
    numbers: list[Any]
    dtypes: list[Any]

    def simplified(self, fixed: Sequence[Any]) -> tuple[list[Any], list[int]]:
        """Return equations and results without what numbers of ``fixed`` (or None) switch off."""
        known = dict(enumerate(self.numbers)) | dict(zip(self.places[0], fixed, strict=True))
        same: dict[int, int] = {}  # places whose number is that of another place
        equations = []
        for operation, inputs, output in self.equations:
            inputs = [[same.get(place, place) for place in one] for one in inputs]
            constants = [{known.get(place) for place in one} for one in inputs]
            constants = [one.pop() if len(one) == 1 else None for one in constants]
            unchanged = _unchanged(operation, inputs, constants)
            if unchanged is None:
                equations.append((operation, inputs, output))
            else:
                same.update(zip(output, unchanged, strict=True))
        results = [same.get(place, place) for place in self.results]
        needed = set(results)
        for equation in reversed(equations):
            _, inputs, output = equation
            if needed.isdisjoint(output):
                equations = [other for other in equations if other is not equation]
            else:
                needed.update(*inputs)
        return equations, results


def _unchanged(operation, inputs, constants):
    """Return the input that an output always equals, given what is constant; None if none."""
    one, *rest = constants
    if operation == "select":
        is_same = inputs[1] == inputs[2] or (rest[0] is not None and rest[0] == rest[1])
        if one is None:
            return inputs[1] if is_same else None
        return inputs[1] if one else inputs[2]
    if operation in _NEUTRAL:
        for this, other, constant in ((0, 1, one), (1, 0, rest[0])):
            if constant is not None and constant == _NEUTRAL[operation]:
                return inputs[other]
            if constant is not None and constant == _DECIDES.get(operation):
                return inputs[this]
    return None


class LateJudge:
    """Runs the second part of a response on numbers of Python's."""

    def __init__(self, response: LateResponse):
        self._response, self._numbers = response, list(response.numbers)
        self._late = slice(response.late[-1].stop)
        self._fixed, self._prepared = (slice(x.start, x.stop) for x in response.places)

    def fix(self, fixed: Sequence[Any]) -> None:
        """Use the numbers of ``LateResponse.fixed`` from now on."""
        self._numbers[self._fixed] = fixed
        equations, results = self._response.simplified(fixed)
        self._results = operator.itemgetter(*results)
        self._program: list[Any] = [
            (OPERATORS[operation][0], *(*one, None, None)[:3], to)
            for operation, inputs, output in equations
            for *one, to in zip(*inputs, output, strict=True)
        ]

    def run(self, late: Iterable[Any], prepared: Iterable[Any]) -> tuple[Any, ...]:
        """Return the numbers of the response from those of late arguments and of ``prepare``."""
        numbers = self._numbers
        numbers[self._late], numbers[self._prepared] = late, prepared
        for operate, one, two, three, output in self._program:
            if three is not None:
                numbers[output] = numbers[two] if numbers[one] else numbers[three]
            elif two is not None:
                numbers[output] = operate(numbers[one], numbers[two])
            else:
                numbers[output] = operate(numbers[one])
        return self._results(numbers)


class LateJudgeOfMany:
    """Runs the second part of a response on arrays of NumPy's, a number of N environments each."""

    def __init__(self, response: LateResponse, num_envs: int):
        self._response, shape = response, (len(response.numbers), num_envs)
        self._arrays = {dtype: np.zeros(shape, dtype) for dtype in set(response.dtypes)}
        self._rows = [self._arrays[dtype][i] for i, dtype in enumerate(response.dtypes)]
        for row, constant in zip(self._rows, response.numbers, strict=True):
            if constant is not None:
                row[:] = constant
        fixed, prepared = response.places
        self._fixed = [self._rows[place] for place in fixed]
        by_dtype = itertools.groupby(prepared, lambda place: response.dtypes[place])
        groups: list[Any] = [list(places) for _, places in by_dtype]
        self._late, self._prepared = (
            [self._arrays[response.dtypes[x[0]]][x[0] : x[-1] + 1] for x in places]
            for places in (response.late, groups)
        )

    def fix(self, fixed: Sequence[np.ndarray]) -> None:
        """Use the numbers (N,) of ``LateResponse.fixed`` from now on."""
        for row, numbers in zip(self._fixed, fixed, strict=True):
            row[:] = numbers
        constants = [x[0].item() if (x == x[0]).all() else None for x in fixed]
        equations, results = self._response.simplified(constants)
        self._results = [self._rows[place] for place in results]
        self._program: list[Any] = []
        for operation, inputs, output in equations:
            operate, groups = OPERATORS[operation][1], [*inputs, output]
            views = [self._view(places) for places in groups]
            if any(view is None for view in views):  # one number after the other
                rows = zip(*([self._rows[i] for i in places] for places in groups), strict=True)
                self._program += [(operate, one) for one in rows]
            else:
                self._program.append((operate, tuple(views)))

    def _view(self, places):
        """Return the array of several numbers, if they are in a row or all the same."""
        array, first = self._arrays[self._response.dtypes[places[0]]], places[0]
        if len(set(places)) == 1:
            return array[first]
        end = first + len(places)
        return array[first:end] if places == list(range(first, end)) else None

    def run(self, late: list[np.ndarray], prepared: list[np.ndarray], at: np.ndarray) -> list[Any]:
        """Return the numbers (N,) of the response.

        Args:
            late: arrays (N,) or (numbers, N).
            prepared: numbers of ``LateResponse.prepare``, (numbers, rows) for each dtype.
            at: (N,), which row to take.
        """
        for rows, numbers in zip(self._late, late, strict=True):
            np.copyto(rows, numbers)
        for rows, numbers in zip(self._prepared, prepared, strict=True):
            numbers.take(at, axis=-1, out=rows, mode="clip")
        with np.errstate(divide="ignore", invalid="ignore"):
            for operate, arrays in self._program:
                operate(*arrays)
        return [row.copy() for row in self._results]


def split_response(
    respond: Callable[..., list[jax.Array]], params: Any, early: Any, late: list[Any]
) -> LateResponse | None:
    """Split a function of early and of late arguments.

    Args:
        respond: ``respond(params, early, late)`` returns a list of arrays; can be traced.
        params: shapes of a pytree, the same for all trials.
        early: shapes of what is known when a trial is drawn, a pytree.
        late: shapes of what is known at the step, a list.

    Returns:
        The response in two parts; None if an operation on late values is not in `OPERATORS`.
    """
    closed = jax.make_jaxpr(respond)(params, early, late)
    jaxpr, blanks = closed.jaxpr, [np.zeros(x.shape, x.dtype) for x in jax.tree.leaves(early)]
    begin = len(jaxpr.invars) - len(late)
    late_inputs = jaxpr.invars[begin:]
    early_equations, late_equations, needed, _ = _partition(jaxpr, late_inputs)
    depends_on_trial = _partition(jaxpr, jaxpr.invars[begin - len(blanks) :])[-1]
    fixed = [v for v in needed if v not in depends_on_trial]
    prepared = sorted((v for v in needed if v in depends_on_trial), key=lambda v: _dtype(v).name)

    def first_part(variables, params, early):
        part = ClosedJaxpr(jaxpr.replace(eqns=early_equations, outvars=variables), closed.consts)
        unused = [np.zeros(x.shape, x.dtype) for x in late]
        return jaxpr_as_fun(part)(*jax.tree.leaves(params), *early, *unused)

    writer = _Writer()
    try:
        late_places = [writer.add_arrays([v]) for v in late_inputs]
        places = writer.add_arrays(fixed), writer.add_arrays(prepared)
        writer.write(late_equations)
        results = [place for v in jaxpr.outvars for place in writer.read(v).ravel().tolist()]
    except _NoOperatorError:
        return None
    return LateResponse(
        fixed=lambda params: first_part(fixed, params, blanks),
        prepare=lambda params, early: first_part(prepared, params, jax.tree.leaves(early)),
        late=late_places,
        places=places,
        equations=writer.equations,
        results=results,
        numbers=writer.numbers,
        dtypes=writer.dtypes,
    )


def in_two_parts(
    function: Callable[[Any, Any], Any], early: Any, late: Any
) -> tuple[Callable[[Any], list[jax.Array]], Callable[[list[jax.Array], Any], Any]]:
    """Cut a function of early and late arguments in two.

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


class _NoOperatorError(Exception):
    """An operation that is not in `OPERATORS`."""


class _Writer:
    """Writes traced equations of arrays as those of numbers, an array as one of their places."""

    def __init__(self):
        self.equations: list[tuple[str, list[list[int]], list[int]]] = []
        self.numbers: list[Any] = []
        self.dtypes: list[Any] = []
        self.places: dict[Any, np.ndarray] = {}

    def add_arrays(self, variables: Sequence[Any]) -> range:
        """Make places for the numbers of arrays; return which they are."""
        begin = len(self.numbers)
        for variable in variables:
            self.places[variable] = self._add(np.full(_shape(variable), None), _dtype(variable))
        return range(begin, len(self.numbers))

    def read(self, variable: Any) -> np.ndarray:
        """Return the places of the numbers of an array."""
        if not isinstance(variable, Literal):
            return self.places[variable]
        return self._add(np.asarray(variable.val, _dtype(variable)), _dtype(variable))

    def write(self, equations: Sequence[Any]) -> None:
        """Write traced equations."""
        for equation in equations:
            given = [self.read(v) for v in equation.invars]
            if equation.primitive.name in ("jit", "pjit"):
                inner = equation.params["jaxpr"]
                if inner.consts:
                    raise _NoOperatorError
                self.places.update(zip(inner.jaxpr.invars, given, strict=True))
                self.write(inner.jaxpr.eqns)
                results = [self.read(v) for v in inner.jaxpr.outvars]
            else:
                results = [self._result(equation, given)]
            self.places.update(zip(equation.outvars, results, strict=True))

    def _add(self, values, dtype):
        """Put constants, or None, into new places."""
        begin = len(self.numbers)
        self.numbers += values.ravel().tolist()
        self.dtypes += [dtype] * values.size
        return np.arange(begin, len(self.numbers)).reshape(values.shape)

    def _result(self, equation, given):
        """Write one traced equation."""
        name, params, one = equation.primitive.name, equation.params, given[0]
        shape, dtype = _shape(equation.outvars[0]), _dtype(equation.outvars[0])
        if name in _RESHAPES:
            return one.reshape(shape)
        if name == "slice" and params["strides"] is None:
            return one[tuple(map(slice, params["start_indices"], params["limit_indices"]))]
        if name == "broadcast_in_dim":
            new = [axis for axis in range(len(shape)) if axis not in params["broadcast_dimensions"]]
            return np.broadcast_to(np.expand_dims(one, new), shape)
        if name in _FOLDS:
            rows = np.moveaxis(one, params["axes"], range(len(params["axes"])))
            fold = functools.partial(self._on_each, _FOLDS[name], dtype)
            return functools.reduce(fold, rows.reshape(-1, *shape))
        if name == "square" or (name == "integer_pow" and params["y"] == 2):
            return self._on_each("mul", dtype, one, one)
        operation = _operation(equation)
        if operation == "select":
            given = [one, given[2], given[1]]
        return self._on_each(operation, dtype, *given)

    def _on_each(self, operation, dtype, *given):
        """Write an operation on each number of arrays, or work it out if they are constants."""
        given = np.broadcast_arrays(*given)
        constants = [np.vectorize(self.numbers.__getitem__, [object])(x) for x in given]
        output = np.full(given[0].shape, None)
        is_known = not any(number is None for x in constants for number in x.ravel())
        if is_known:
            output = np.zeros(output.shape, dtype)
            inputs = (np.asarray(x.tolist()) for x in constants)
            OPERATORS[operation][1](*inputs, output)
        places = self._add(output, dtype)
        if not is_known:
            inputs = [x.ravel().tolist() for x in given]
            self.equations.append((operation, inputs, places.ravel().tolist()))
        return places


def _operation(equation):
    """Return which of `OPERATORS` a traced equation applies to each number."""
    name, kind = equation.primitive.name, _dtype(equation.invars[0]).kind
    if name == "convert_element_type":
        new_kind = np.dtype(equation.params["new_dtype"]).kind
        if kind + new_kind in _CONVERSIONS:
            return f"to {new_kind}"
    elif name == "select_n":
        if len(equation.invars) == 3 and kind == "b":
            return "select"
    elif name in (_ON_BOOLS if kind == "b" else _ON_NUMBERS) or (name == "div" and kind == "f"):
        return name
    raise _NoOperatorError


def _dtype(variable: Any) -> Any:
    return variable.aval.dtype


def _shape(variable: Any) -> tuple[int, ...]:
    """Return the shape of an array that an action changes, or is compared with."""
    if not 0 < math.prod(variable.aval.shape) <= _MOST_NUMBERS:
        raise _NoOperatorError
    return variable.aval.shape
