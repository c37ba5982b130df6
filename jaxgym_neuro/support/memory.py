# pyright: reportUnknownMemberType=false
"""How much memory arrays take, how much there is, and the error where the one exceeds the other."""

import math
import os
import pathlib
from typing import Any, cast

import jax

from jaxgym_neuro.support.keys import shape_of_words

_CGROUP = pathlib.Path("/sys/fs/cgroup")
_OWN_CGROUP = pathlib.Path("/proc/self/cgroup")
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def bytes_of(tree: Any) -> int:
    """Return the bytes of all arrays of a pytree, or of their shapes; keys count as their words."""
    words = [shape_of_words(x) for x in jax.tree.leaves(tree)]
    return sum(math.prod(x.shape) * int(x.dtype.itemsize) for x in words)


def device_bytes() -> int:
    """Return the bytes that the first device has for arrays.

    What the device itself says; else, on a CPU, the machine's memory, or what the process's control
    group leaves it of that.
    """
    stats = cast(dict[str, int] | None, jax.local_devices()[0].memory_stats())
    if stats and "bytes_limit" in stats:
        return stats["bytes_limit"]
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_cgroup_limits()])


def _cgroup_limits() -> list[int]:
    """Return the limits on the memory of this process's control groups, and of those around."""
    limits: list[int] = []
    lines = _OWN_CGROUP.read_text().splitlines() if _OWN_CGROUP.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2, which has all controllers in one tree
            root, name = _CGROUP, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = _CGROUP / "memory", "memory.limit_in_bytes"
        else:
            continue
        inner = root / path.lstrip("/")
        for folder in (inner, *inner.parents):
            if (folder / name).is_file() and (folder / name).read_text().strip().isdecimal():
                limits.append(int((folder / name).read_text()))
    return limits


def check_room(what: str, num: int, each: float, memories: int = 1) -> None:
    """Raise a ValueError if so many of something take more memory than the device has.

    Args:
        what: of what there are many, such as ``"environments"``.
        num: how many.
        each: bytes that each of them takes at least: of arrays that exist at the same time, so
            that nothing is refused that there is room for.
        memories: as large as that of the first device, among which they are divided.
    """
    total, has = num * each, device_bytes()
    if total > has * memories:
        whose = "the device" if memories == 1 else f"each of {memories} devices"
        raise ValueError(
            f"{num:,} {what} take {each:,.0f} bytes each at least, {as_text(total)} in all, and "
            f"{whose} ({jax.local_devices()[0].device_kind}) has {as_text(has)}: ask for fewer"
        )


def as_text(num_bytes: float) -> str:
    """Write a number of bytes in the largest unit of which it is one at least."""
    power = 0
    while num_bytes >= 1024 and power + 1 < len(_UNITS):
        num_bytes, power = num_bytes / 1024, power + 1
    return f"{num_bytes:,.{1 if power else 0}f} {_UNITS[power]}"
