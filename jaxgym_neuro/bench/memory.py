"""How much memory the states of tasks take.

``python -m jaxgym_neuro bench memory`` prints it; nothing is compiled.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from jaxgym_neuro.sizes import state_bytes

NUM_ENVS = 2**20


def memory_of(ids: Iterable[str], num_envs: int = NUM_ENVS) -> Iterator[dict[str, Any]]:
    """Return a row for each task: bytes of one state, by what they are for, and of many.

    Args:
        ids: the tasks, with their default arguments.
        num_envs: how many states ``all`` counts.
    """
    for id in ids:
        size = state_bytes(id)
        of_all = num_envs * size.total
        yield {"id": id, **dataclasses.asdict(size), "total": size.total, "all": of_all}
