# pyright: reportUnknownMemberType=false
"""What XLA's CPU compiler has to be told: each of these can go when the compiler needs it no more.

The values are the same without them; on other devices most of them do nothing.
"""

import functools
import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core as jax_core

from jaxgym_neuro.support.meshes import axes_of, vary

P = ParamSpec("P")
R = TypeVar("R")
_trace_state: Callable[[], Any] = cast(Any, jax_core).get_opaque_trace_state
_UNTRACED = _trace_state()


def compute_once(tree: Any) -> Any:
    """Return the same arrays; on CPU, nothing that uses them computes them again.

    A fusion on CPU computes what it reads element by element, and a producer that it took in is
    computed again for every element that needs it: a random angle, its cosine, or the start of a
    period for every step and channel of a trial, an action for every array that depends on it.
    `jax.lax.optimization_barrier` is gone before XLA fuses. A windowed sum is never taken in; this
    one sums each value and the zero that its padding has for it.

    Use it for a few numbers per trial: it writes them to memory twice. Gradients pass through.
    """
    return jax.tree.map(_compute_array_once, tree)


def _compute_array_once(x: Any) -> jax.Array:
    x = jnp.asarray(x)
    if jax.typeof(x).weak_type or jnp.issubdtype(x.dtype, jax.dtypes.extended) or x.size == 0:
        return x
    if x.dtype == jnp.bool_:
        return _compute_array_once(x.astype(jnp.int32)) != 0
    return cast(jax.Array, lax.platform_dependent(x, cpu=_add_padding, default=_same))


def _add_padding(x: jax.Array) -> jax.Array:
    window, padding = (2, *(1,) * x.ndim), ((0, 1), *((0, 0),) * x.ndim)
    strides = (1,) * (1 + x.ndim)
    zero = np.zeros((), x.dtype)  # known while traced: the sum then has a derivative
    return lax.reduce_window(x[None], zero, lax.add, window, strides, padding)[0]


def _same(x: jax.Array) -> jax.Array:
    return x


def compute_apart(function: Callable[[jax.Array], jax.Array], words: jax.Array) -> jax.Array:
    """Compute ``function(words)`` where the compiler cannot fuse it with what follows.

    For the drawing of noise: fused with the masks and the stimulus of a trial, it is compiled to
    scalar code, five times slower. A loop is never fused; this one runs once, or, for one key in
    2**32, twice with the same result, which the compiler cannot know.

    Args:
        function: of an array to an array of one shape.
        words: (n, 2) uint32, random words.
    """
    if not len(words):
        return function(words)
    trips = jnp.int32(1) + (words[0, 0] == jnp.uint32(0x9E3779B9)).astype(jnp.int32)
    shape = jax.eval_shape(function, words)
    empty = vary(jnp.zeros(shape.shape, shape.dtype), axes_of(words))
    _, rows = lax.while_loop(
        lambda carry: carry[0] < trips,
        lambda carry: (carry[0] + jnp.int32(1), function(words)),
        (jnp.int32(0), empty),
    )
    return rows


def zero_after(reads: Any) -> jax.Array:
    """Return a zero that can only be computed after ``reads``: the least of 0 and a count.

    The compiler orders two operations only where one needs the other, and copies an array that is
    read and written in no order. A loop that begins at this zero writes after ``reads`` were read.
    """
    zeros = [jnp.sum(x == jnp.zeros((), x.dtype), dtype=jnp.int32) for x in jax.tree.leaves(reads)]
    return functools.reduce(jnp.minimum, zeros, jnp.int32(0))


def largest(values: jax.Array) -> jax.Array:
    """Return the largest of a few numbers along the last axis, written out.

    Every reduction goes to a library made for long ones: over the two arms of a bandit, in a batch,
    it took ten times as long as this.
    """
    return functools.reduce(jnp.maximum, [values[..., i] for i in range(values.shape[-1])])


def total(values: jax.Array) -> jax.Array:
    """Return the sum of a few numbers along the last axis, written out like `largest`."""
    return functools.reduce(jnp.add, [values[..., i] for i in range(values.shape[-1])])


def compile_quickly(
    function: Callable[P, R],
    options: Callable[[], dict[str, Any] | None] | None = None,
    **static: Any,
) -> Callable[P, R]:
    """Compile a function, in half the time or less where it is a program of its own.

    Within another program that is traced it is a part of that, compiled as that is: XLA has options
    for whole programs only.

    Args:
        function: its signature stays known.
        options: returns the compiler's; default is `compiler_options`.
        **static: ``static_argnames`` or ``static_argnums``, as in `jax.jit`.
    """
    part = jax.jit(function, **static)

    @functools.cache
    def program() -> Callable[P, R]:  # what the backend is is known at the first call
        return cast(
            Any, jax.jit(function, compiler_options=(options or compiler_options)(), **static)
        )

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        is_part = _trace_state() != _UNTRACED
        return cast(R, (part if is_part else program())(*args, **kwargs))

    return call


def compile_method(method: Callable[P, R]) -> Callable[P, R]:
    """Do so with a method of one environment, once for each ``self``, which is static.

    It takes about as long to call a program as to run it, which is why it is not optimised.
    """

    def options() -> dict[str, Any] | None:
        return options_on_cpu(**COMPILE_QUICKLY, xla_cpu_parallel_codegen_split_count=1)

    return compile_quickly(method, options, static_argnames=("self",))


def compiler_options() -> dict[str, Any] | None:
    """Options for ``jax.jit`` with which XLA compiles in half the time, and runs no slower."""
    return options_on_cpu(xla_cpu_use_fusion_emitters=False, xla_cpu_parallel_codegen_split_count=1)


def options_on_cpu(**options: Any) -> dict[str, Any] | None:
    """Return options for ``jax.jit`` on CPU, less those that the user has set by ``XLA_FLAGS``."""
    if jax.default_backend() != "cpu":
        return None
    flags = {flag.split("=")[0] for flag in os.environ.get("XLA_FLAGS", "").split()}
    return {name: value for name, value in options.items() if f"--{name}" not in flags}


# For programs that run once or twice, where compiling is all that takes time.
COMPILE_QUICKLY = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
