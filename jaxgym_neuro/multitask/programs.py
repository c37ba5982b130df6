"""Tasks that differ in nothing but params: one program draws and judges them all, given those."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxgym_neuro.core import hooks
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import hashable

# Tasks from which on those that differ in params alone are drawn by one program. With the twenty of
# Yang et al. a `Dataset` draws a fifth fewer steps by CPU time for it.
FEWEST_TO_SHARE = 32


def program_of(env: TrialEnv) -> Any:
    """Return what tasks share that differ in nothing but params, or None where there is no saying.

    The trials of such tasks are drawn and judged by one program, given the params. A class says of
    what it is made, ``MADE_OF``, if its hooks take from the task itself nothing that params have.
    """
    made_of = getattr(type(env), "MADE_OF", None)
    if made_of is None or env.num_kinds > 1 or _remembers(env):
        return None
    in_params = ("numbers", "timing", "rewards", "abort")
    others = {name: x for name, x in env.attributes.items() if name not in in_params}
    leaves, structure = jax.tree.flatten(env.default_params)
    return made_of, env.T, hashable(others), structure, tuple(map(np.shape, leaves))


def _remembers(env: TrialEnv) -> bool:
    """Whether anything is carried from one trial to the next."""

    def begin(key: jax.Array) -> Any:
        return hooks.init_carry(env, key, env.default_params)

    return bool(jax.tree.leaves(jax.eval_shape(begin, jax.eval_shape(lambda: jax.random.key(0)))))


def grouped(labels: Sequence[Any]) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of what has the same label, in the order of the first of each."""
    groups: dict[Any, list[int]] = {}
    for number, label in enumerate(labels):
        groups.setdefault(label, []).append(number)
    return tuple(map(tuple, groups.values()))


def group_of(groups: Sequence[Sequence[int]], number: jax.Array) -> jax.Array:
    """Return the group, () int32, that has a number."""
    groups_of = np.zeros(sum(map(len, groups)), np.int32)
    for i, numbers in enumerate(groups):
        groups_of[list(numbers)] = i
    if np.array_equal(groups_of, np.arange(len(groups_of))):
        return number
    return jnp.asarray(groups_of).at[number].get(mode="clip")


def pick(index: jax.Array, trees: Sequence[Any], numbers: Sequence[int] | None = None) -> Any:
    """Return the tree of that number, of several that are alike.

    Args:
        index: () int32; of a number that no tree has, any of them is returned.
        trees: pytrees of one structure, and of leaves of one shape and dtype each.
        numbers: of the trees; default is from 0 on.
    """
    first, *others = trees
    if not others:
        return first
    _, *numbers = range(len(trees)) if numbers is None else numbers
    is_it = [index == number for number in numbers]

    def pick_leaf(chosen: Any, *leaves: Any) -> Any:
        for is_chosen, leaf in zip(is_it, leaves, strict=True):
            chosen = _select(is_chosen, leaf, chosen)
        return chosen

    return jax.tree.map(pick_leaf, first, *others)


def _select(condition: jax.Array, new: Any, old: Any) -> Any:
    """Return what ``jnp.where`` returns, which takes several times as long to trace."""
    if new is old:
        return old
    is_simple = all(isinstance(x, jax.Array) for x in (new, old)) and new.shape == old.shape
    if is_simple and new.dtype == old.dtype and not condition.ndim:
        return lax.select_n(condition, old, new)
    return jnp.where(condition, new, old)
