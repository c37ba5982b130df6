"""What runs the second part of a function in two parts (see `two_parts`)."""

import contextvars
import functools
import itertools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.adapters.conversion import decimal, read_fast, shortest
from jaxgym_neuro.adapters.stepping.operators import MAKE, MOVE, OF_FLOATS, OPERATORS
from jaxgym_neuro.adapters.stepping.programs import TwoParts


def _silence():
    """Return what calls a function in a context in which NumPy does not warn of zeros and infinity.

    To enter it takes a fifth of the time of ``numpy.errstate``.
    """
    context = contextvars.copy_context()
    context.run(functools.partial(np.seterr, all="ignore"))
    return context.run


class RunnerOfOne:
    """Runs the second part of a function for one environment.

    What the bools that are drawn with a trial decide is worked out once for each combination of
    them: of a program that asks in which period a step lies, little is left. No more of a row is
    read than that needs.

    Args:
        parts: the function.
        names: of the last results; these are not returned, but written into a dict.
        makes_new: whether what is returned are new arrays.
    """

    def __init__(self, parts: TwoParts, names: Sequence[str] = (), makes_new: bool = False):
        self._program = program = parts.of_one
        self._names, self._makes_new = names, makes_new
        self._late = slice(len(_in_a_row(program.late)))
        prepared = _in_a_row(program.prepared)
        self._bools, self._rest = prepared[: program.num_bools], prepared[program.num_bools :]
        is_float = _in_a_row(
            [dtype == np.float32 and len(places) == math.prod(shape)] * len(places)
            for places, (shape, dtype) in zip(program.prepared, program.arrays, strict=True)
        )
        self._is_float = is_float[program.num_bools :]  # is it a float, and no array?
        self._values: list[Any] = []
        self._left: dict[int, Any] = {}  # for each combination of bools, what there is to do
        self._in_silence = _silence()

    def fix(self, arrays: Sequence[np.ndarray]) -> None:
        """Use arrays of ``TwoParts.fixed`` from now on."""
        self._values, self._left = list(self._program.values), {}
        for x, places in zip(arrays, self._program.fixed, strict=True):
            values = shortest(x).ravel().tolist() if len(places) == x.size else [x]
            for place, value in zip(places, values, strict=True):
                self._values[place] = value

    def columns(self, arrays: Sequence[np.ndarray], num_rows: int) -> list[Any]:
        """Lay out arrays of ``TwoParts.prepare`` with axes in front that make up the rows.

        Returns:
            Columns, for `run`: which combination of bools there is, and the values of the rest.
        """
        columns: list[Any] = []
        for x, places, (shape, _) in zip(
            arrays, self._program.prepared, self._program.arrays, strict=True
        ):
            flat = x.reshape(num_rows, -1).T
            columns += list(flat) if len(flat) == len(places) else [x.reshape(num_rows, *shape)]
        bools, rest = columns[: self._program.num_bools], columns[self._program.num_bools :]
        which = np.zeros(num_rows, np.int64)
        for begin in range(0, len(bools), 8):  # to put bits into bytes first takes half the time
            bits = np.zeros(num_rows, np.uint8)
            for i, x in enumerate(bools[begin : begin + 8]):
                bits |= x.astype(np.uint8) << np.uint8(i)
            which |= bits.astype(np.int64) << begin
        return [x if x.ndim > 1 else read_fast(x) for x in (which, *rest)]

    def run(
        self,
        columns: Sequence[Sequence[Any]],
        row: int,
        late: Sequence[Any],
        named: dict[str, Any] | None,
    ) -> tuple[Any, ...]:
        """Return the results that have no name, and write the others into a dict.

        Args:
            columns: what `columns` returned.
            row: which of their rows.
            late: values of the late arguments.
            named: the dict; None where no result has a name.
        """
        which = columns[0][row]
        is_quiet, left = self._left.get(which) or self._what_is_left(which)
        if is_quiet:
            return self._run(left, columns, row, late, named)
        return self._in_silence(self._run, left, columns, row, late, named)

    def _run(self, left, columns, row, late, named):
        read, read_decimals, steps, told, others, get_all = left
        values = self._values
        values[self._late] = late
        for place, i in read:
            values[place] = columns[i][row]
        for place, i in read_decimals:
            x = columns[i][row]
            values[place] = x and decimal[x]  # 0 and -0 are one key
        for function, one, two, output in steps:
            if two is None:
                values[output] = function(values[one])
            elif function is None:  # a choice of two
                values[output] = values[one[1]] if values[one[0]] else values[two]
            else:
                values[output] = function(values[one], values[two])
        if told:
            named |= told
        for name, place in others:
            named[name] = values[place]
        return get_all(values)

    def _what_is_left(self, which):
        """Work out what there is to do where the bools have some values."""
        values = self._values
        begin = len(values)
        values += [False, True]
        bools = {place: begin + (which >> i & 1) for i, place in enumerate(self._bools)}
        known = [begin, begin + 1, *_in_a_row(self._program.fixed)]
        left, results = self._program.simplified(values, known, bools)
        # Only NumPy warns of what it does with zeros and infinity, and it takes time to silence it.
        is_quiet = all(
            one[0] in (MOVE, MAKE) or (_is_of_numbers(one) and one[0] not in OF_FLOATS)
            for one in left
        )
        self._left[which] = is_quiet, self._listed(left, results)
        return self._left[which]

    def _listed(self, equations, results):
        """List what is read, what is worked out, and what is told and returned of that."""
        count = len(results) - len(self._names)
        # What is only told or shown stays float32, as in tables.
        worked_with = set() if self._makes_new else {*results[:count]}
        worked_with.update(*(x[2] for x in equations if x[0] not in (MOVE, MAKE)))
        needed = {*results, *_in_a_row(inputs for _, _, inputs, _ in equations)}
        read, read_decimals = [], []
        for i, (place, is_float) in enumerate(zip(self._rest, self._is_float, strict=True), 1):
            if place in needed:
                reads = read_decimals if is_float and place in worked_with else read
                reads.append((place, i))
        steps = [_as_step(equation, self._values) for equation in equations]
        varying = {*_in_a_row(self._program.late), *self._rest, *(x[3] for x in equations)}
        told, others = {}, []
        for name, place in zip(self._names, results[count:], strict=True):
            if place in varying:
                others.append((name, place))
            else:
                told[name] = self._values[place]
        returned = results[:count]
        if self._makes_new:
            made = {equation[3] for equation in equations if _makes_new(equation)}
            for i, place in enumerate(results):
                if place not in made:
                    self._values.append(None)
                    returned[i] = len(self._values) - 1
                    new = functools.partial(np.array, dtype=self._program.outputs[i][1])
                    steps.append((new, place, None, returned[i]))
        get = operator.itemgetter(*returned)
        get_all = get if count > 1 else lambda values: (get(values),)
        return read, read_decimals, steps, told, others, get_all


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


def _as_step(equation, values):
    """Return an equation as it is run fastest: function, two places or one, place of the output."""
    _, function, inputs, output = equation
    if function is OPERATORS["select"][0]:
        return None, inputs[:2], inputs[2], output
    if len(inputs) == 2:
        return function, *inputs, output
    if len(inputs) > 2:
        function = functools.partial(_apply, function, operator.itemgetter(*inputs), values)
    return function, inputs[0], None, output


def _apply(function, gather, values, _):
    return function(*gather(values))


def _is_of_numbers(equation):
    """Whether an equation is an operation on Python's numbers."""
    operation, function, *_ = equation
    return operation in OPERATORS and function is OPERATORS[operation][0]


def _makes_new(equation):
    """Whether the output of an equation is an array that nothing else shows."""
    operation, function, *_ = equation
    return operation == MAKE or isinstance(function, np.ufunc)


def _in_a_row(places):
    return list(itertools.chain(*places))
