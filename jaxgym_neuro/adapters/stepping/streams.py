"""What all ways of stepping share: streams of trials, and params.

Trial i of a stream is drawn from the key of the stream with i folded in, for one environment and
for many, by tables and by compiled calls. So all of them show the same run, and the run of an
environment does not depend on how many there are.
"""

from typing import Any

import jax
import numpy as np

from jaxgym_neuro import random


def stream_key(words: jax.Array, number: Any) -> jax.Array:
    """Return the key of trial ``number`` of the stream that two random words determine."""
    return random.fold_in(jax.random.wrap_key_data(words, impl="threefry2x32"), number)


class BatchedParams:
    """Params of N environments: those of all, or with an axis of N in any of its arrays.

    Attributes:
        tree: the params.
        leaves, structure: the same, flat.
        axes: for each leaf 0, or None if all environments share it.
    """

    def __init__(self, tree: Any, default: Any, num_envs: int):
        self.tree = tree
        # On the device an int64 would wrap around, and no check could see it any more.
        self._given, self.structure = jax.tree.flatten(tree)
        self.leaves = jax.device_put(self._given)
        single = [np.shape(leaf) for leaf in jax.tree.leaves(default)]
        # Params of another structure (with other distributions, say) are the same for all.
        if self.structure != jax.tree.structure(default):
            single = [None] * len(self.leaves)
        self.axes = tuple(
            0 if shape is not None and np.shape(leaf) == (num_envs, *shape) else None
            for leaf, shape in zip(self._given, single, strict=True)
        )

    def of_env(self, index: int) -> Any:
        """Params of one environment."""
        leaves = [
            leaf if axis is None else np.asarray(leaf)[index]
            for leaf, axis in zip(self._given, self.axes, strict=True)
        ]
        return jax.tree.unflatten(self.structure, leaves)
