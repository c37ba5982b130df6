"""Gymnasium's spaces, of which Box and Discrete may have names for their channels and actions."""

from collections.abc import Mapping
from typing import Any

from gymnasium import spaces
from gymnasium.spaces import Dict, MultiBinary, MultiDiscrete, Space, Tuple
from gymnasium.spaces.utils import flatdim, flatten, unflatten

__all__ = [
    "Box",
    "Dict",
    "Discrete",
    "MultiBinary",
    "MultiDiscrete",
    "Space",
    "Tuple",
    "flatdim",
    "flatten",
    "unflatten",
]


class Box(spaces.Box):
    """Arrays between two bounds.

    Args:
        low: bound, a number or an array.
        high: bound, likewise.
        name: ``{"fixation": 0, "stimulus": [1, 2]}``; None for unnamed channels.
        **kwargs: as for ``gymnasium.spaces.Box``: ``shape``, ``dtype``, ``seed``.

    Raises:
        TypeError: for a ``name`` that is no dict.
    """

    def __init__(self, low: Any, high: Any, name: Mapping[str, Any] | None = None, **kwargs: Any):
        super().__init__(low, high, **kwargs)
        self.name = _checked(name)


class Discrete(spaces.Discrete):
    """Actions 0 to n - 1.

    Args:
        n: their number.
        name: ``{"fixation": 0, "choice": [1, 2]}``; None for unnamed actions.
        **kwargs: as for ``gymnasium.spaces.Discrete``.

    Raises:
        TypeError: for a ``name`` that is no dict.
    """

    def __init__(self, n: Any, name: Mapping[str, Any] | None = None, **kwargs: Any):
        super().__init__(n, **kwargs)
        self.name = _checked(name)


def _checked(name):
    if name is not None and not isinstance(name, Mapping):
        raise TypeError(f"name is a dict from name to index or indices, not {name!r}")
    return dict(name or {})
