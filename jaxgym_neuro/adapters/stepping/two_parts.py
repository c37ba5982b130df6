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

import contextvars
import dataclasses
import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from jaxgym_neuro.adapters.conversion import shortest

_MOST_BOOLS = 62  # of a trial: a combination of them is a number of 64 bits
_FEW = 4  # numbers of an array that Python adds one by one faster than NumPy all at once


def _divide(one, two):
    """Divide by zero as arrays do."""
    try:
        return one / two
    except ZeroDivisionError:
        is_nan = one == 0 or math.isnan(one)
        return math.nan if is_nan else math.copysign(math.inf, one) * math.copysign(1, two)


def _silenced(function):
    """Return a function in which NumPy does not warn of zeros and infinity.

    To enter a context in which that is so takes a fifth of the time of ``numpy.errstate``.
    """
    context = contextvars.copy_context()
    context.run(functools.partial(np.seterr, all="ignore"))
    return functools.partial(context.run, function)


def _on_number(function):
    """Return what a function of NumPy's does to a number of Python's."""
    return lambda *numbers: function(*map(np.float64, numbers)).item()


# For each operation: what does it to Python's numbers, and what to NumPy's arrays.
OPERATORS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (operator.add, np.add),
    "sub": (operator.sub, np.subtract),
    "mul": (operator.mul, np.multiply),
    "div": (_divide, np.divide),
    "mod": (operator.mod, np.remainder),
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
    "xor": (operator.ne, np.not_equal),
    "not": (operator.not_, np.logical_not),
    # Like arrays, these return a NaN if they are given one.
    "max": (lambda one, two: one if one >= two or one != one else two, np.maximum),
    "min": (lambda one, two: one if one <= two or one != one else two, np.minimum),
    # One of two numbers, the first where something is True.
    "select": (lambda which, one, two: one if which else two, np.where),
    "to b": (bool, lambda x: np.asarray(x, np.bool_)),
    "to i": (int, lambda x: np.asarray(x).astype(np.int32)),
    "to f": (float, lambda x: np.asarray(x, np.float32)),
}
_OF_FLOATS = {
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "tanh", "exp", "log", "sqrt")},
    **{"floor": np.floor, "ceil": np.ceil, "sign": np.sign, "rem": np.fmod, "pow": np.power},
    "atan2": np.arctan2,
}
_ON_FLOATS = ("div", *_OF_FLOATS)
OPERATORS |= {name: (_on_number(function), function) for name, function in _OF_FLOATS.items()}
_ON_BOOLS = {"and": "and", "or": "or", "not": "not", "ne": "xor", "xor": "xor", "eq": "eq"}
_INNER = {"jit": "jaxpr", "pjit": "jaxpr", "custom_jvp_call": "call_jaxpr"}
_ON_NUMBERS = ("add", "sub", "mul", "neg", "abs", "lt", "le", "gt", "ge", "eq", "ne", "max", "min")
_FOLDS = {
    "reduce_sum": "add",
    "reduce_and": "and",
    "reduce_or": "or",
    "reduce_max": "max",
    "reduce_min": "min",
}
_CONVERSIONS = ("bf", "if", "ff", "bi", "ii", "bb")  # of bool, int and float
# What leaves the other number as it is (where it comes first, and second), and decides alone.
_NEUTRAL_FIRST = {"add": 0, "mul": 1, "and": True, "or": False, "xor": False}
_NEUTRAL_SECOND = {**_NEUTRAL_FIRST, "sub": 0, "div": 1}
_DECIDES = {"and": False, "or": True}
_MOVE = "move"  # what only moves numbers
_RESHAPES = ("squeeze", "reshape", "expand_dims", "copy", "stop_gradient")
# Compared with a number, what is within bounds is True where the first and False where the second.
_BOUNDED = {
    "ge": (lambda low, high, x: low >= x, lambda low, high, x: high < x),
    "gt": (lambda low, high, x: low > x, lambda low, high, x: high <= x),
    "le": (lambda low, high, x: high <= x, lambda low, high, x: low > x),
    "lt": (lambda low, high, x: high < x, lambda low, high, x: low >= x),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """Operations on values, each in its place: numbers, or arrays of more than a few.

    Attributes:
        late: place of each number of each late input, or of the whole input.
        fixed: likewise, of each array of ``TwoParts.fixed``.
        prepared: likewise, of ``TwoParts.prepare``.
        shapes: of the arrays of ``TwoParts.prepare``.
        num_bools: how many places of ``prepared``, from the first, are those of bools.
        equations: operation, function, places of its inputs, place of its output.
        results: place of each output of the function.
        outputs: shape and dtype of each.
        values: what is in each place beforehand: constants, or None.
        bounds: lowest and highest number, of the places that have them.
    """

    late: list[list[int]]
    fixed: list[list[int]]
    prepared: list[list[int]]
    shapes: list[tuple[int, ...]]
    num_bools: int
    equations: list[tuple[str, Callable[..., Any], tuple[int, ...], int]]
    results: list[int]
    outputs: list[tuple[tuple[int, ...], Any]]
    values: list[Any]
    bounds: dict[int, tuple[float, float]]

    def simplified(
        self, values: list[Any], known: Iterable[int], same: Mapping[int, int]
    ) -> tuple[list[tuple[str, Callable[..., Any], tuple[int, ...], int]], list[int]]:
        """Return what is left to do where some values are known already.

        Args:
            values: in each place; what can be worked out is put into new places behind them.
            known: places whose values are known, apart from constants.
            same: places whose value is that of another place.

        Returns:
            Equations, and places of the results.
        """
        known = {i for i, x in enumerate(self.values) if x is not None}.union(known)
        same = dict(same)
        equations, done = [], {}
        for operation, function, inputs, output in self.equations:
            inputs = tuple(same.get(place, place) for place in inputs)
            given = [values[place] if place in known else None for place in inputs]
            at, value = self._decided(operation, function, inputs, given)
            if value is not None:
                at = len(values)
                values.append(value)
                known.add(at)
            elif at is None:
                at = done.setdefault((function, inputs), output)
            if at == output:
                equations.append((operation, function, inputs, output))
            else:
                same[output] = at
        results = [same.get(place, place) for place in self.results]
        needed, left = set(results), []
        for equation in reversed(equations):
            *_, inputs, output = equation
            if output in needed:
                needed.update(inputs)
                left.append(equation)
        return left[::-1], results

    def _decided(self, operation, function, inputs, given):
        """Return the place of the input that the output equals, or the output's value, or None."""
        if not any(x is None for x in given):
            return None, function(*given)
        one, two = given[0], given[1] if len(given) > 1 else None
        if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
            return None, None
        if operation == "select":
            if one is not None or inputs[1] == inputs[2]:
                return inputs[2 if one is not None and not one else 1], None
        elif operation in _BOUNDED and inputs[0] in self.bounds and two is not None:
            answers = zip((True, False), _BOUNDED[operation], strict=True)
            answers = [x for x, holds in answers if holds(*self.bounds[inputs[0]], two)]
            return None, answers[0] if answers else None
        else:
            neutral = _NEUTRAL_FIRST.get(operation), _NEUTRAL_SECOND.get(operation)
            for this, x in enumerate((one, two)):
                if x is not None and x == neutral[this]:
                    return inputs[1 - this], None
                if x is not None and x == _DECIDES.get(operation):
                    return inputs[this], None
        return None, None


@dataclasses.dataclass(frozen=True, eq=False)
class TwoParts:
    """A function in two parts.

    Attributes:
        fixed: from params to what the second part needs of them: a list of arrays.
        prepare: from params and early arguments to the rest of what it needs: a list of arrays,
            first those of a few bools.
        of_one, of_many: the second part, for one environment and for many.
    """

    fixed: Callable[[Any], list[jax.Array]]
    prepare: Callable[[Any, Any], list[jax.Array]]
    of_one: Program
    of_many: Program


class RunnerOfOne:
    """Runs the second part of a function for one environment.

    What the bools that are drawn with a trial decide is worked out once for each combination of
    them: of a program that asks in which period a step lies, little is left.

    Args:
        parts: the function.
        names: of the last results; these are not returned, but written into a dict.

    Attributes:
        run: takes which combination of bools a row has, the row, the values of late arguments, and
            the dict (None where no result has a name); returns the other results, a tuple.
    """

    def __init__(self, parts: TwoParts, names: Sequence[str] = ()):
        self._program = program = parts.of_one
        self._names = names
        before, prepared = _in_a_row(program.late + program.fixed), _in_a_row(program.prepared)
        self._late = slice(len(_in_a_row(program.late)))
        self._bools = prepared[: program.num_bools]
        self._rest = slice(len(before) + program.num_bools, len(before) + len(prepared))
        self._values: list[Any] = []
        self._left: dict[int, Any] = {}  # for each combination of bools, what there is to do
        # Only NumPy warns of what it does with zeros and infinity, and it takes time to silence it.
        on_numbers = {OPERATORS[name][0] for name in OPERATORS.keys() - _OF_FLOATS.keys()}
        is_quiet = all(
            operation == _MOVE or function in on_numbers
            for operation, function, *_ in program.equations
        )
        self.run = self._run if is_quiet else _silenced(self._run)

    def fix(self, arrays: Sequence[np.ndarray]) -> None:
        """Use arrays of ``TwoParts.fixed`` from now on."""
        self._values, self._left = list(self._program.values), {}
        for x, places in zip(arrays, self._program.fixed, strict=True):
            values = shortest(x).ravel().tolist() if len(places) == x.size else [x]
            for place, value in zip(places, values, strict=True):
                self._values[place] = value

    def columns(self, arrays: Sequence[np.ndarray], num_rows: int) -> list[np.ndarray]:
        """Lay out arrays of ``TwoParts.prepare`` with axes in front that make up the rows.

        Returns:
            Arrays (num_rows, ...): which combination of bools there is, and the values of the rest.
        """
        columns: list[Any] = []
        for x, places, shape in zip(
            arrays, self._program.prepared, self._program.shapes, strict=True
        ):
            flat = x.reshape(num_rows, -1).T
            columns += (
                list(shortest(flat)) if len(flat) == len(places) else [x.reshape(num_rows, *shape)]
            )
        count, which = self._program.num_bools, np.zeros(num_rows, int)
        for i, column in enumerate(columns[:count]):
            which += column.astype(int) << i
        return [which, *columns[count:]]

    def rows(
        self, columns: Sequence[np.ndarray], which: slice
    ) -> tuple[list[int], list[tuple[Any, ...]]]:
        """Return some rows, for `run`: their combinations of bools, and the values of the rest.

        To make Python's numbers of all rows of a batch would take longer than its steps.
        """
        parts = [x[which] for x in columns]
        bools, *rest = [x.tolist() if x.ndim == 1 else list(x) for x in parts]
        return bools, list(zip(*rest, strict=True)) or [()] * len(bools)

    def _run(self, which, row, late, named):
        equations, results, known, others = self._left.get(which) or self._what_is_left(which)
        values = self._values
        values[self._late], values[self._rest] = late, row
        for function, one, two, output in equations:
            if two is None:
                values[output] = function(values[one])
            elif function is None:  # a choice of two
                values[output] = values[one[1]] if values[one[0]] else values[two]
            else:
                values[output] = function(values[one], values[two])
        if known:
            named |= known
        for name, place in others:
            named[name] = values[place]
        return results(values)

    def _what_is_left(self, which):
        """Work out what there is to do where the bools have some values."""
        values = self._values
        begin = len(values)
        values += [False, True]
        bools = {place: begin + (which >> i & 1) for i, place in enumerate(self._bools)}
        known = [begin, begin + 1, *_in_a_row(self._program.fixed)]
        left, results = self._program.simplified(values, known, bools)
        equations: list[Any] = []
        for _, function, inputs, output in left:
            if function is OPERATORS["select"][0]:
                equations.append((None, inputs[:2], inputs[2], output))
            elif len(inputs) < 3:
                equations.append((function, *inputs, *[None] * (2 - len(inputs)), output))
            else:
                apply = functools.partial(_apply, function, operator.itemgetter(*inputs), values)
                equations.append((apply, inputs[0], None, output))
        count = len(results) - len(self._names)
        places = range(len(values))
        varying = {*places[self._late], *places[self._rest], *(output for *_, output in left)}
        told, others = {}, []
        for name, place in zip(self._names, results[count:], strict=True):
            if place in varying:
                others.append((name, place))
            else:
                told[name] = values[place]
        get = operator.itemgetter(*results[:count])
        get_all = get if count > 1 else lambda values: (get(values),)
        self._left[which] = equations, get_all, told, others
        return self._left[which]


class RunnerOfMany:
    """Runs the second part of a function for N environments, with an axis of N behind all others.

    Args:
        parts: the function.
        num_envs: N.
    """

    def __init__(self, parts: TwoParts, num_envs: int):
        self._program, self._num_envs = parts.of_many, num_envs
        self._values: list[Any] = []
        self._left: Any = ((), ())  # equations, and places of the results

    def fix(self, arrays: Sequence[np.ndarray]) -> None:
        """Use arrays (N, ...) of ``TwoParts.fixed`` from now on."""
        self._values, known = list(self._program.values), []
        for x, (place,) in zip(arrays, self._program.fixed, strict=True):
            self._values[place] = x.ravel() if x.size == len(x) else np.moveaxis(x, 0, -1)
            if x.size == len(x) and (x == x[0]).all():
                self._values[place] = x.ravel()[0]
                known.append(place)
        self._left = self._program.simplified(self._values, known, {})

    def rows(self, arrays: Sequence[np.ndarray]) -> list[tuple[list[int], np.ndarray]]:
        """Lay out arrays (rows, ...) of ``TwoParts.prepare``, a row for each step, for `run`."""
        groups: dict[Any, tuple[list[int], list[np.ndarray]]] = {}
        for x, (place,) in zip(arrays, self._program.prepared, strict=True):
            is_number = x.size == len(x)  # numbers of a dtype are read all at once
            places, parts = groups.setdefault(x.dtype if is_number else place, ([], []))
            places.append(place)
            parts.append(x.ravel() if is_number else np.moveaxis(x, 0, -1))
        return [(places, np.stack(parts)) for places, parts in groups.values()]

    def run(
        self, rows: list[tuple[list[int], np.ndarray]], at: np.ndarray, late: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Return the results (N, ...), new arrays.

        Args:
            rows: what `rows` returned.
            at: (N,), which of them to take.
            late: late arguments, (N, ...).
        """
        values, (equations, results) = self._values, self._left
        for (place,), x in zip(self._program.late, late, strict=True):
            values[place] = np.moveaxis(x, 0, -1)
        for places, x in rows:
            for place, numbers in zip(places, x.take(at, axis=-1), strict=True):
                values[place] = numbers
        with np.errstate(all="ignore"):
            for _, function, inputs, output in equations:
                values[output] = function(*[values[place] for place in inputs])
        returned = []
        for place, (shape, dtype) in zip(results, self._program.outputs, strict=True):
            x = np.broadcast_to(values[place], (*shape, self._num_envs))
            returned.append(np.array(np.moveaxis(x, -1, 0), dtype, order="C"))
        return returned


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
        writer = _Writer(most)
        late_places = [writer.add(v, v is action) for v in late_inputs]
        places = [[writer.add(v, True) for v in group] for group in (fixed, prepared)]
        writer.add_constants(constants, known)
        writer.write([x for x in constant if x.primitive.name == "platform_index"])
        writer.write(late_equations)
        return Program(
            late_places,
            *places,
            shapes=[v.aval.shape for v in prepared],
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
    except _NoOperatorError:
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


class _NoOperatorError(Exception):
    """An operation that is not in `OPERATORS`."""


class _Writer:
    """Writes traced equations as those of a `Program`.

    To the writer, an array is an array of places if each of its numbers has one, else one place.

    Args:
        most: numbers of an array of which each has its own place: 1 for many environments.
    """

    def __init__(self, most: int):
        self._most, self._is_many = most, most == 1
        self.equations: list[tuple[str, Callable[..., Any], tuple[int, ...], int]] = []
        self.values: list[Any] = []
        self.platforms: set[Any] = set()  # variables that say on which device it runs
        self._places: dict[Any, Any] = {}

    def add(self, variable: Any, is_spread: bool) -> list[int]:
        """Make places for an array, one for each number if it is spread; return them."""
        shape, begin = variable.aval.shape, len(self.values)
        is_spread = is_spread and math.prod(shape) <= self._most
        count = math.prod(shape) if is_spread else 1
        self.values += [None] * count
        places = np.arange(begin, begin + count)
        self._places[variable] = places.reshape(shape) if is_spread or not shape else begin
        return places.tolist()

    def add_constants(self, variables: Sequence[Any], arrays: Sequence[np.ndarray]) -> None:
        """Make places for arrays that are known."""
        self._places.update(zip(variables, map(self._constant, arrays), strict=True))

    def write(self, equations: Sequence[Any]) -> None:
        """Write traced equations."""
        for equation in equations:
            if equation.primitive.name == "platform_index":
                self.platforms.update(equation.outvars)
                continue
            inner = equation.params.get(_INNER.get(equation.primitive.name, ""))
            inputs = equation.invars
            if equation.primitive.name == "cond" and inputs[0] in self.platforms:
                # Branches for devices say the same; the last is for any.
                inner, inputs = equation.params["branches"][-1], inputs[1:]
            given = [self._read(v) for v in inputs]
            if inner is None or _is_remainder(equation):
                results = [self._result(equation, given)]
            else:
                constants = [self._constant(np.asarray(x)) for x in inner.consts]
                variables = [*inner.jaxpr.constvars, *inner.jaxpr.invars]
                self._places.update(zip(variables, constants + given, strict=True))
                self.write(inner.jaxpr.eqns)
                results = [self._read(v) for v in inner.jaxpr.outvars]
            self._places.update(zip(equation.outvars, results, strict=True))

    def whole(self, variable: Any) -> int:
        """Return the place of an array, or of a number."""
        return self._whole(self._read(variable), variable.aval)

    def _whole(self, places, aval):
        if not isinstance(places, np.ndarray):
            return places
        if not aval.shape:
            return int(places)

        def one(*numbers):
            return np.array(numbers, aval.dtype).reshape(aval.shape)

        def many(*numbers):
            stacked = np.stack(np.broadcast_arrays(*numbers)).astype(aval.dtype)
            return stacked.reshape(*aval.shape, *stacked.shape[1:])

        return self._add(_MOVE, many if self._is_many else one, places.ravel())

    def _read(self, variable):
        """Return the places of an array, or the place."""
        if not isinstance(variable, Literal):
            return self._places[variable]
        aval: Any = variable.aval
        return self._constant(np.asarray(variable.val, aval.dtype))

    def _constant(self, x):
        begin = len(self.values)
        if x.size > self._most:
            self.values.append(x[..., None] if self._is_many else x)
            return begin
        self.values += list(x.ravel()) if self._is_many else shortest(x).ravel().tolist()
        return np.arange(begin, len(self.values)).reshape(x.shape)

    def _add(self, operation, function, inputs):
        """Write an equation; return the place of its output."""
        self.values.append(None)
        output = len(self.values) - 1
        self.equations.append((operation, function, tuple(map(int, inputs)), output))
        return output

    def _result(self, equation, given):
        """Write one traced equation."""
        name, params, avals = (
            equation.primitive.name,
            equation.params,
            [v.aval for v in equation.invars],
        )
        output = equation.outvars[0].aval
        if name == "clamp":
            low, x, high = given
            above = self._on_each("max", [low, x], [avals[0], avals[1]], output)
            return self._on_each("min", [above, high], [avals[1], avals[2]], output)
        if name == "square" or (name == "integer_pow" and params["y"] == 2):
            return self._on_each("mul", given * 2, avals * 2, output)
        if name in _FOLDS:
            return self._folded(_FOLDS[name], params["axes"], given[0], avals[0], output)
        if name == "dynamic_update_slice":
            begins = [self.values[int(place)] for place in given[2:]]
            given, avals, move = given[:2], avals[:2], _put(equation, begins)
        else:
            move = _move(equation)
        if move is not None:
            if all(isinstance(x, np.ndarray) for x in given) and output.size <= self._most:
                return move(*given)
            return self._of_many(_MOVE, move, given, avals, output)
        operation = _operation(equation)
        if operation == "select":  # first where True
            given, avals = [given[0], given[2], given[1]], [avals[0], avals[2], avals[1]]
        return self._on_each(operation, given, avals, output)

    def _on_each(self, operation, given, avals, output):
        """Write an operation on each number of arrays."""
        if not all(isinstance(x, np.ndarray) for x in given):
            return self._of_many(operation, OPERATORS[operation][1], given, avals, output)
        function = OPERATORS[operation][self._is_many]
        places = [
            self._add(operation, function, x)
            for x in zip(*map(np.ravel, np.broadcast_arrays(*given)), strict=True)
        ]
        return np.reshape(places, output.shape)

    def _of_many(self, operation, function, given, avals, output):
        """Write an operation on arrays of many numbers."""
        places = [self._whole(*x) for x in zip(given, avals, strict=True)]
        if self._is_many:
            function = functools.partial(_with_envs, function, [len(x.shape) for x in avals])
        elif not output.shape:
            function = functools.partial(_as_number, function)
        place = self._add(operation, function, places)
        return place if output.shape else np.asarray(place)

    def _folded(self, operation, axes, given, aval, output):
        """Write an operation that makes one number of several."""
        if not isinstance(given, np.ndarray):
            fold = functools.partial(OPERATORS[operation][1].reduce, axis=tuple(axes))
            return self._of_many("", fold, [given], [aval], output)
        rows = np.moveaxis(given, axes, range(len(axes))).reshape(-1, *output.shape)
        fold = functools.partial(self._on_each, operation, avals=[output, output], output=output)
        return functools.reduce(lambda *pair: fold([np.asarray(x) for x in pair]), rows)


def _with_envs(function, num_axes, *arrays):
    """Call a function of arrays that have an axis of N, or of 1, behind their own."""
    arrays = [np.asarray(x) for x in arrays]
    return function(
        *(x if x.ndim > axes else x[..., None] for x, axes in zip(arrays, num_axes, strict=True))
    )


def _as_number(function, *arrays):
    return np.asarray(function(*arrays)).item()


def _apply(function, gather, values, _):
    return function(*gather(values))


def _move(equation):
    """Return a function of arrays, or of their places, that only moves numbers; None if none does.

    An axis behind those that are traced stays where it is.
    """
    name, params, shape = equation.primitive.name, equation.params, equation.outvars[0].aval.shape
    num_axes = len(equation.invars[0].aval.shape) if equation.invars else 0
    if name in _RESHAPES:
        return lambda x: np.reshape(x, (*shape, *np.shape(x)[num_axes:]))
    if name == "slice":
        bounds = (
            params["start_indices"],
            params["limit_indices"],
            params["strides"] or [1] * num_axes,
        )
        index = tuple(itertools.starmap(slice, zip(*bounds, strict=True)))
        return lambda x: x[index]
    if name == "broadcast_in_dim":
        new = [axis for axis in range(len(shape)) if axis not in params["broadcast_dimensions"]]

        def broadcast(x):
            x = np.asarray(x)
            return np.broadcast_to(np.expand_dims(x, new), (*shape, *x.shape[num_axes:]))

        return broadcast
    if name == "concatenate":
        return lambda *arrays: np.concatenate(arrays, params["dimension"])
    if name == "stack":
        return lambda *arrays: np.stack(arrays, params["axis"])
    if name == "pad" and all(
        low >= 0 <= high and not inside for low, high, inside in params["padding_config"]
    ):
        index = tuple(
            slice(low, size - high)
            for size, (low, high, _) in zip(shape, params["padding_config"], strict=True)
        )

        def pad(x, number):
            x = np.asarray(x)
            padded = np.zeros((*shape, *x.shape[num_axes:]), x.dtype)
            if type(number) is not float or number:
                padded[...] = number
            padded[index] = x
            return padded

        return pad
    return None


def _put(equation, begins):
    """Return a function that writes an array over a part of another one that begins somewhere."""
    shape, part = (v.aval.shape for v in equation.invars[:2])
    if any(begin is None for begin in begins):  # it depends on what was done
        raise _NoOperatorError
    begins = [min(max(x, 0), n - m) for x, n, m in zip(begins, shape, part, strict=True)]
    index = tuple(slice(begin, begin + m) for begin, m in zip(begins, part, strict=True))

    def put(x, numbers):
        x = np.array(x)
        x[index] = numbers
        return x

    return put


def _operation(equation):
    """Return which of `OPERATORS` a traced equation applies to each number."""
    name, kind = equation.primitive.name, equation.invars[0].aval.dtype.kind
    if name == "convert_element_type":
        new_kind = np.dtype(equation.params["new_dtype"]).kind
        if kind + new_kind in _CONVERSIONS:
            return f"to {new_kind}"
    elif name == "select_n":
        if len(equation.invars) == 3 and kind == "b":
            return "select"
    elif _is_remainder(equation):
        return "mod"
    elif kind == "b" and name in _ON_BOOLS:
        return _ON_BOOLS[name]
    elif (kind != "b" and name in _ON_NUMBERS) or (kind == "f" and name in _ON_FLOATS):
        return name
    raise _NoOperatorError


def _is_remainder(equation):
    """Whether it is `jax.numpy.remainder` by a number other than 0: one operation here."""
    if equation.params.get("name") != "remainder":
        return False
    by = equation.invars[-1]
    same = jax.make_jaxpr(jnp.remainder)(*(v.aval for v in equation.invars)).jaxpr.eqns[0]
    is_same = str(same.params["jaxpr"]) == str(equation.params["jaxpr"])
    return is_same and isinstance(by, Literal) and np.ndim(by.val) == 0 and by.val != 0


def _is_few_bools(variable):
    return variable.aval.dtype == np.bool_ and variable.aval.size <= _FEW


def _in_a_row(places):
    return list(itertools.chain(*places))
