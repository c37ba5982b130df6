"""What a check promises and demands, and the error when it is not so."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.support.keys import as_words

# The compiler may fuse the same sum differently in another program.
_TOLERANCE = {"rtol": 1e-4, "atol": 1e-4}


# The promises, in the order in which they are checked.
PROMISES: dict[str, Callable[[Any], None]] = {}


def promise(*hooks):
    """Add a check; the first line of its docstring says what is promised.

    Args:
        *hooks: names of the hooks in which the fault is, where the promise is broken.
    """

    def add(check):
        check.hooks = hooks
        PROMISES[check.__name__.removeprefix("_")] = check
        return check

    return add


def sentence(check):
    """Return what a check says is promised."""
    return check.__doc__.split("\n")[0].rstrip(".")


# What a task that is written wrongly may raise.
ERRORS = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
)


class ConformanceError(AssertionError):
    """A task does not do what every task promises; ``report`` is the `Report` of `check_task`."""

    report: Any = None


class NotCheckedError(Exception):
    """A promise cannot be checked, as one that comes before is broken."""


def demand(condition, detail):
    """Raise unless a condition, or every element of an array of them, is true."""
    if not np.all(condition):
        raise ConformanceError(detail)


def demand_same(one, other, detail):
    """Demand that two pytrees are equal up to rounding."""
    one, other = jax.tree.map(_comparable, (one, other))
    demand(jax.tree.structure(one) == jax.tree.structure(other), f"{detail}: the structures differ")
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(one)]
    for path, x, y in zip(paths, jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        is_same = (x.shape, x.dtype) == (y.shape, y.dtype)
        if is_same and np.issubdtype(x.dtype, np.floating):
            is_same = np.allclose(x, y, equal_nan=True, **_TOLERANCE)
        elif is_same:
            is_same = np.array_equal(x, y)
        demand(is_same, f"{detail}: {path or 'it'} is {short(x)} and {short(y)}")


def short(x):
    """Write an array in one line."""
    return np.array2string(np.asarray(x), threshold=8, edgeitems=2).replace("\n", "")


def _comparable(x):
    return np.asarray(as_words(x) if isinstance(x, jax.Array) else x)


def row_of(tree, index):
    """Return one row of each leaf."""
    return jax.tree.map(lambda x: x[index], tree)


def describe(shape):
    """Write dtype, shape and weakness of an abstract array."""
    weak = ", weakly typed" if shape.weak_type else ""
    return f"{shape.dtype}{list(shape.shape)}{weak}"


def demand_shape(name, found, shape, dtype):
    """Demand a shape and a dtype, not weakly typed."""
    is_right = (tuple(found.shape), found.dtype) == (tuple(shape), np.dtype(dtype))
    expected = f"{np.dtype(dtype)}{list(shape)}"
    demand(is_right and not found.weak_type, f"{name} is {describe(found)}, not {expected}")


def demand_in(space, values, name):
    """Demand that every element of a batch lies in a space; NaN lies in none."""
    if isinstance(space, spaces.Discrete):
        is_inside = (values >= 0) & (values < space.n)
    else:
        is_inside = (values >= np.asarray(space.low)) & (values <= np.asarray(space.high))
    outside = np.asarray(values)[~np.asarray(is_inside)]
    demand(outside.size == 0, f"{name} takes the value {outside[:1]}, outside {space}")
