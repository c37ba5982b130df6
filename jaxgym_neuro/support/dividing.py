# pyright: reportUnknownMemberType=false
"""Work that is divided among the devices of a mesh, of one process or of several.

A mesh has an axis ``"envs"``, along which the environments of a batch, or the rows of a dataset,
are divided, and may have another one, ``"runs"``, along which runs are. The compiler finds out who
does what, and where devices have to agree (`jax.sharding.AxisType.Auto`): a program is the same on
one device and on many, and so is what it computes.
"""

from collections.abc import Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxgym_neuro.support.keys import as_words, from_words, impl_of

ENVS, RUNS = "envs", "runs"


def check_mesh(mesh: Any, axes: Sequence[str] = (ENVS,)) -> Mesh | None:
    """Return a mesh whose axes are the compiler's business; None for None.

    Args:
        mesh: of `jax.make_mesh`, with axes of any type.
        axes: that it may have.

    Raises:
        ValueError: for something else, or for an axis of another name.
    """
    if mesh is None:
        return None
    if not isinstance(mesh, Mesh):
        raise ValueError(
            f"mesh is a mesh of devices, jax.make_mesh((4,), ({axes[0]!r},)), not {mesh!r}"
        )
    if set(mesh.axis_names) - set(axes):
        known = " and ".join(map(repr, axes))
        raise ValueError(f"the axes of a mesh are {known} here, not {mesh.axis_names}")
    return Mesh(mesh.devices, mesh.axis_names)


def check_divisible(name: str, count: int, mesh: Mesh | None, axis: str, times: int = 1) -> None:
    """Raise a ValueError unless a count is divided among the devices without a rest.

    Args:
        name: of the count.
        count: of environments, rows or runs.
        mesh: None for one device.
        axis: along which they are divided.
        times: parts into which each device divides its own.
    """
    size = 1 if mesh is None else int(mesh.shape.get(axis, 1))
    if count % (size * times):
        parts = f"{size} devices" if times == 1 else f"{size} devices times {times} parts of each"
        raise ValueError(f"{name} is a multiple of {size * times} ({parts}), not {count}")


def num_memories(mesh: Mesh | None) -> int:
    """Return among how many memories work is divided: processors of a machine share one."""
    if mesh is None:
        return 1
    devices = mesh.devices.flat
    return len({d.process_index if d.platform == "cpu" else d.id for d in devices})


def sharding(mesh: Mesh, *axes: str | None) -> NamedSharding:
    """Return how an array is divided whose first axes are these; None is any other axis."""
    names = [axis if axis in mesh.axis_names else None for axis in axes]
    return NamedSharding(mesh, PartitionSpec(*names))


def put(tree: Any, mesh: Mesh | None, *axes: str | None) -> Any:
    """Place arrays, which every process has, on the devices."""
    if mesh is None:
        return tree
    how = sharding(mesh, *axes)

    def put_one(x: Any) -> jax.Array:
        if isinstance(x, jax.Array) and not x.is_fully_addressable:
            return jax.device_put(x, how)
        x = jnp.asarray(x)
        return from_words(jax.device_put(np.asarray(as_words(x)), how), impl_of(x))

    return jax.tree.map(put_one, tree)


def divided(tree: Any, mesh: Mesh | None, *axes: str | None) -> Any:
    """Say, inside a program, how arrays are divided."""
    if mesh is None:
        return tree
    return jax.lax.with_sharding_constraint(tree, sharding(mesh, *axes))


def fetched(tree: Any) -> Any:
    """Return arrays as NumPy's, whole in every process; all processes have to ask."""

    def of_one(x: Any) -> np.ndarray:
        if not isinstance(x, jax.Array) or x.is_fully_addressable or x.is_fully_replicated:
            return cast(np.ndarray, jax.device_get(x))
        return cast(np.ndarray, multihost_utils.process_allgather(x, tiled=True))

    if jax.process_count() == 1:
        return jax.device_get(tree)
    return jax.tree.map(of_one, tree)


def wait_for_all(what: str) -> None:
    """Return when every process has come here."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(what)
