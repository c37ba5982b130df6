"""Forked processes: where JAX's backend cannot run, an error in place of a standstill.

A fork copies the memory of a process, and of its threads only the one that forked. JAX's backend
works by threads: in a process that was forked after the backend had started, everything that
computes waits for ever. Forked before, a process starts a backend of its own, and all is well.
"""

import os
from typing import Any, NoReturn

from jax._src import xla_bridge  # nothing public tells whether there is a backend yet

_is_cut_off = False  # was this process forked from one whose backend had started?
_entrances: list[tuple[type, str]] = []


def close_in_forks(cls: type, *names: str) -> None:
    """Have methods raise an error in forked processes that cannot compute; elsewhere it is free.

    Args:
        cls: a class.
        *names: names of its methods, those by which a user first meets the backend.
    """
    _entrances.extend((cls, name) for name in names)
    if _is_cut_off:  # the class was imported after the fork
        _close()


def check_not_cut_off() -> None:
    """Raise a RuntimeError in a forked process that cannot compute."""
    if _is_cut_off:
        refuse()


def refuse(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise the error."""
    del args, kwargs
    raise RuntimeError(
        "this process was forked from one in which JAX had started its backend, and would wait "
        "for ever: JAX's threads are not in the fork. Spawn it, as in "
        'gymnasium.vector.AsyncVectorEnv(env_fns, context="spawn") or '
        'multiprocessing.get_context("spawn"); or fork before anything is computed with JAX'
    )


def _close() -> None:
    for cls, name in _entrances:
        setattr(cls, name, refuse)


def _after_fork() -> None:
    global _is_cut_off
    if _is_cut_off or xla_bridge.backends_are_initialized():
        _is_cut_off = True
        _close()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_after_fork)
