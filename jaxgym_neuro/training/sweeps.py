"""Params with a leading axis, as `jax.vmap` makes them: a set for each of several runs."""

import re
from typing import Any, cast

import jax
import numpy as np

from jaxgym_neuro.registry import as_env, resolve


def count_of(env: Any, params: Any) -> int | None:
    """Return how many sets of params there are, or None for params without an axis of them.

    Args:
        env: the task, or its id.
        params: of it; None are the task's.

    Raises:
        ValueError: where some of them have the axis, and others have not, or another length.
    """
    limit = getattr(params, "max_steps_in_episode", 0)  # a number, in every task
    if np.ndim(limit) == 0:
        return None
    count = len(np.asarray(limit))
    for path, leaf in _leaves(params):
        if np.ndim(leaf) == 0 or len(leaf) != count or count == 0:
            raise ValueError(
                f"params of several runs have a leading axis of {count} throughout, as jax.vmap "
                f"makes it; {_name_of(path)} of {as_env(env).name} has the shape {np.shape(leaf)}"
            )
    return count


def resolve_all(env: Any, params: Any) -> tuple[Any, Any, int | None]:
    """Do what `resolve` does for each set of params, of which there may be several.

    Returns:
        The environment, params, and how many sets of them there are; None for one without an axis.

    Raises:
        ValueError: as `resolve` and `count_of` do.
    """
    count = count_of(env, params)
    resolved = [resolve(env, one, made_of_trials=True) for one in all_of(env, params)]
    task, first = resolved[0]
    return task, first if count is None else params, count


def one_of(params: Any, index: int) -> Any:
    """Return one set of several."""
    return jax.tree.map(lambda x: x[index], params)


def all_of(env: Any, params: Any) -> list[Any]:
    """Return all sets of params, or the only one."""
    count = count_of(env, params)
    return [params] if count is None else [one_of(params, i) for i in range(count)]


def varied(params: Any) -> dict[str, np.ndarray]:
    """Return what differs between sets of params: names, such as ``"sigma"``, to (sets,) numbers.

    Of an array that differs, nothing is returned: `one_of` has it.
    """
    numbers = {_name_of(path): np.asarray(leaf) for path, leaf in _leaves(params)}
    return {name: x for name, x in numbers.items() if x.ndim == 1 and np.any(x != x[0])}


def _leaves(params: Any) -> list[tuple[Any, Any]]:
    return cast(list[tuple[Any, Any]], jax.tree_util.tree_leaves_with_path(params))


def _name_of(path: Any) -> str:
    """Write where a number is, with dots: ``timing.stimulus.value``."""
    return ".".join(re.findall(r"\w+", jax.tree_util.keystr(path)))
