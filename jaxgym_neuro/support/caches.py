# pyright: reportUnknownMemberType=false
"""Caches that are emptied with JAX's, so that nothing is kept of tasks that JAX has forgotten."""

from collections.abc import Callable
from typing import Any, cast

from jax._src import util  # nothing public is told when `jax.clear_caches` is called


def kept_with_jax(maxsize: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Do what `functools.lru_cache` does, until ``jax.clear_caches()``."""
    return cast(Any, util.cache(max_size=maxsize, trace_context_in_key=False))
