# pyright: reportUnknownMemberType=false
"""What is compiled or worked out for a task: kept for the last few, and until JAX forgets, too.

A compiled program takes some MB. ``jax.jit`` keeps one for every value of its static arguments, so
that a sweep over arguments of a task's constructor would grow for ever.
"""

import functools
import weakref
from collections.abc import Callable
from typing import Any, cast

import jax
from jax._src import util  # nothing public is told when `jax.clear_caches` is called

MOST_PROGRAMS = 32  # of one function


def kept_with_jax(maxsize: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Do what `functools.lru_cache` does, until ``jax.clear_caches()``."""
    return cast(Any, util.cache(max_size=maxsize, trace_context_in_key=False))


def jit_for_few(
    num_statics: int,
    *,
    options: Callable[[], dict[str, Any] | None] = lambda: None,
    maxsize: int = MOST_PROGRAMS,
    **jit_arguments: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Do what ``jax.jit`` does with static arguments, and keep the programs of the last few values.

    Args:
        num_statics: how many arguments, from the first, are static; all are given by position.
        options: returns the compiler's options, when they are wanted: they may ask for the backend.
        maxsize: for how many values of the static arguments programs are kept.
        **jit_arguments: of ``jax.jit``; numbers of arguments count those that are not static.

    Returns:
        A decorator. What it makes has ``programs``, the compiled functions that there are, and
        ``program``: called with the static arguments, it returns their function of the others, so
        that a loop looks it up once.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        programs: weakref.WeakSet[Any] = weakref.WeakSet()

        @kept_with_jax(maxsize)
        def program(*statics: Any) -> Callable[..., Any]:
            bound = functools.update_wrapper(functools.partial(function, *statics), function)
            del bound.__dict__["__wrapped__"]  # whose arguments are more
            jitted = jax.jit(bound, compiler_options=options(), **jit_arguments)
            programs.add(jitted)
            return jitted

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            return program(*arguments[:num_statics])(*arguments[num_statics:])

        cast(Any, call).programs = programs
        cast(Any, call).program = program
        return call

    return decorate
