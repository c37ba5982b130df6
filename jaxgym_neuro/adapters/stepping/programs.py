"""The second part of a function in two parts (see `two_parts`): a list of operations."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import numpy as np

Equation = tuple[str, Callable[..., Any], tuple[int, ...], int]

# What leaves the other number as it is (where it comes first, and second), and decides alone.
_NEUTRAL_FIRST = {"add": 0, "mul": 1, "and": True, "or": False, "xor": False}
_NEUTRAL_SECOND = {**_NEUTRAL_FIRST, "sub": 0, "div": 1}
_DECIDES = {"and": False, "or": True}
# Compared with a number, what is within bounds is True where the first and False where the second.
_BOUNDED = {
    "ge": (lambda low, high, x: low >= x, lambda low, high, x: high < x),
    "gt": (lambda low, high, x: low > x, lambda low, high, x: high <= x),
    "le": (lambda low, high, x: high <= x, lambda low, high, x: low > x),
    "lt": (lambda low, high, x: high < x, lambda low, high, x: low >= x),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Take:
    """Takes a part of an array."""

    index: tuple[slice, ...]

    def __call__(self, x: Any) -> Any:
        """Return the part; of what is shown, not of a copy."""
        return x[self.index]


@dataclasses.dataclass(frozen=True, eq=False)
class Put:
    """Writes an array over a part of another one."""

    index: tuple[slice, ...]

    def __call__(self, x: Any, numbers: Any) -> Any:
        """Return a new array."""
        x = np.array(x)
        x[self.index] = numbers
        return x


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """Operations on values, each in its place: numbers, or arrays of more than a few.

    Attributes:
        late: place of each number of each late input, or of the whole input.
        fixed: likewise, of each array of ``TwoParts.fixed``.
        prepared: likewise, of ``TwoParts.prepare``.
        arrays: shape and dtype of each array of ``TwoParts.prepare``.
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
    arrays: list[tuple[tuple[int, ...], Any]]
    num_bools: int
    equations: list[Equation]
    results: list[int]
    outputs: list[tuple[tuple[int, ...], Any]]
    values: list[Any]
    bounds: dict[int, tuple[float, float]]

    def simplified(
        self, values: list[Any], known: Iterable[int], same: Mapping[int, int]
    ) -> tuple[list[Equation], list[int]]:
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
        equations, done, taken = [], {}, {}
        for operation, function, inputs, output in self.equations:
            inputs = tuple(same.get(place, place) for place in inputs)
            given = [values[place] if place in known else None for place in inputs]
            at, value = self._decided(operation, function, inputs, given)
            if value is not None:
                at = len(values)
                values.append(value)
                known.add(at)
            elif isinstance(function, Put) and taken.get(inputs[1]) == (inputs[0], function.index):
                at = inputs[0]  # what was taken from there is put back
            elif at is None:
                at = done.setdefault((function, inputs), output)
            if isinstance(function, Take):
                taken[at] = inputs[0], function.index
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
