"""The operations that a `Program` is made of: on Python's numbers, and on NumPy's arrays."""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np


def _divide(one, two):
    """Divide by zero as arrays do."""
    try:
        return one / two
    except ZeroDivisionError:
        is_nan = one == 0 or math.isnan(one)
        return math.nan if is_nan else math.copysign(math.inf, one) * math.copysign(1, two)


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
OF_FLOATS = {
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "tanh", "exp", "log", "sqrt")},
    **{"floor": np.floor, "ceil": np.ceil, "sign": np.sign, "rem": np.fmod, "pow": np.power},
    "atan2": np.arctan2,
}
OPERATORS |= {name: (_on_number(function), function) for name, function in OF_FLOATS.items()}
MOVE, MAKE = "move", "make"  # what only moves numbers; MAKE: into a new array
