"""Writes what JAX has traced as the equations of a `Program`."""

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from jaxgym_neuro.adapters.conversion import shortest
from jaxgym_neuro.adapters.stepping.operators import MAKE, MOVE, OF_FLOATS, OPERATORS
from jaxgym_neuro.adapters.stepping.programs import Equation, Put, Take

_ON_FLOATS = ("div", *OF_FLOATS)
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
# What makes a new array; all other moves may show an old one.
_MAKE = ("concatenate", "stack", "pad", "dynamic_update_slice")
_RESHAPES = ("squeeze", "reshape", "expand_dims", "copy", "stop_gradient")


class NoOperatorError(Exception):
    """An operation that is not in `OPERATORS`."""


class Writer:
    """Writes traced equations as those of a `Program`.

    To the writer, an array is an array of places if each of its numbers has one, else one place.

    Args:
        most: numbers of an array of which each has its own place: 1 for many environments.
    """

    def __init__(self, most: int):
        self._most, self._is_many = most, most == 1
        self.equations: list[Equation] = []
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

        return self._add(MAKE, many if self._is_many else one, places.ravel())

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
            index = _part(equation, [self.values[int(place)] for place in given[2:]])
            given, avals, move = given[:2], avals[:2], Put(index)
        else:
            index, move = _padded(equation), _move(equation)
        if move is not None:
            are_spread = [isinstance(x, np.ndarray) for x in given]
            if all(are_spread) and output.size <= self._most:
                return move(*given)
            if name == "pad" and not self._is_many:
                move = _pad(index, output)
            elif name == "dynamic_update_slice" and are_spread[1] and not self._is_many:
                places = [self._whole(given[0], avals[0]), *given[1].ravel()]
                return self._add(MAKE, _put_each(index, output), places)
            return self._of_many(MAKE if name in _MAKE else MOVE, move, given, avals, output)
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
            moves = operation in (MOVE, MAKE)
            num_axes = [len(x.shape) for x in avals]
            function = functools.partial(_with_envs, function, num_axes, moves)
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


def _with_envs(function, num_axes, moves, *arrays):
    """Call a function of arrays that have an axis of N, or of 1, behind their own."""
    arrays = [np.asarray(x) for x in arrays]
    arrays = [x if x.ndim > n else x[..., None] for x, n in zip(arrays, num_axes, strict=True)]
    if moves:  # what is put together has one axis of N
        num_envs = max(x.shape[-1] for x in arrays)
        arrays = [np.broadcast_to(x, (*x.shape[:-1], num_envs)) for x in arrays]
    return function(*arrays)


def _as_number(function, *arrays):
    return np.asarray(function(*arrays)).item()


def _move(equation):
    """Return a function of arrays, or of their places, that only moves numbers; None if none does.

    An axis behind those that are traced stays where it is.
    """
    name, params, shape = equation.primitive.name, equation.params, equation.outvars[0].aval.shape
    num_axes = len(equation.invars[0].aval.shape) if equation.invars else 0
    if name in _RESHAPES:
        return lambda x: np.reshape(x, (*shape, *np.shape(x)[num_axes:]))
    if name == "slice":
        strides = params["strides"] or [None] * num_axes
        bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
        return Take(tuple(itertools.starmap(slice, bounds)))
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
    index = _padded(equation)
    if index is not None:

        def pad(x, number):
            x = np.asarray(x)
            padded = np.zeros((*shape, *x.shape[num_axes:]), x.dtype)
            if type(number) is not float or number:
                padded[...] = number
            padded[index] = x
            return padded

        return pad
    return None


def _padded(equation):
    """Return where in the output an array is that is padded; None if it is not, or taken apart."""
    if equation.primitive.name != "pad":
        return None
    config, shape = equation.params["padding_config"], equation.outvars[0].aval.shape
    if any(low < 0 or high < 0 or inside for low, high, inside in config):
        return None
    return tuple(slice(low, n - high) for n, (low, high, _) in zip(shape, config, strict=True))


def _pad(index, output):
    """Return the same as `_move` does, for one environment: in half the time."""
    blank = np.zeros(output.shape, output.dtype)

    def pad(x, number):
        padded = blank.copy()
        if number:
            padded[...] = number
        padded[index] = x
        return padded

    return pad


def _part(equation, begins):
    """Return where in an array another one is written that begins somewhere."""
    shape, part = (v.aval.shape for v in equation.invars[:2])
    if any(begin is None for begin in begins):  # it depends on what was done
        raise NoOperatorError
    begins = [min(max(x, 0), n - m) for x, n, m in zip(begins, shape, part, strict=True)]
    return tuple(slice(begin, begin + m) for begin, m in zip(begins, part, strict=True))


def _put_each(index, output):
    """Return what does the same as `Put` with the numbers of an array, of which there are few."""
    number_of = np.arange(output.size).reshape(output.shape)
    at = [np.unravel_index(i, output.shape) for i in number_of[index].ravel()]
    places = [tuple(map(int, one)) for one in at]

    def put(x, *numbers):
        x = x.copy()
        for place, number in zip(places, numbers, strict=True):
            x[place] = number
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
    raise NoOperatorError


def _is_remainder(equation):
    """Whether it is `jax.numpy.remainder` by a number other than 0: one operation here."""
    if equation.params.get("name") != "remainder":
        return False
    by = equation.invars[-1]
    same = jax.make_jaxpr(jnp.remainder)(*(v.aval for v in equation.invars)).jaxpr.eqns[0]
    is_same = str(same.params["jaxpr"]) == str(equation.params["jaxpr"])
    return is_same and isinstance(by, Literal) and np.ndim(by.val) == 0 and by.val != 0
