"""Learners in a row of runs: the jitted program, chunk by chunk, and the loop around it.

A method (PPO, supervised learning) says how one learner begins and what an update of it is. Here
many of them, one per seed and hyperparameter, are vmapped, and a chunk of updates is one program,
compiled once. Between chunks the host saves, and asks whether it is enough.
"""

import abc
import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh

from jaxgym_neuro.support.caches import MOST_PROGRAMS, kept_with_jax
from jaxgym_neuro.support.dividing import ENVS, RUNS, num_memories, put, sharding
from jaxgym_neuro.support.memory import bytes_of, check_room
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.xla import COMPILE_QUICKLY, compiler_options, options_on_cpu
from jaxgym_neuro.training.networks import Network

Metrics = dict[str, np.ndarray]  # (updates, runs) each
Report = Callable[[int, Mapping[str, np.ndarray]], None]


@pytree
class Learner:
    """One learner between two updates."""

    key: jax.Array
    weights: dict[str, Any]
    opt_state: Any
    world: Any  # what it acts in, of a method


@dataclasses.dataclass(frozen=True)
class Method(abc.ABC):
    """How to learn: static, hashable, and equal where the compiled program is."""

    env: Any
    network: Network
    decay: bool  # do learning rate and entropy weight fall to 0 over the training?
    max_grad_norm: float
    mesh: Mesh | None  # of the devices that share runs and environments

    @property
    @abc.abstractmethod
    def steps_per_update(self) -> int:
        """Steps of the task that a learner sees in an update."""

    @abc.abstractmethod
    def begin(self, key: jax.Array, params: Any) -> Learner:
        """Return a learner that has learned nothing."""

    @abc.abstractmethod
    def update(
        self, learner: Learner, rates: Mapping[str, jax.Array], params: Any
    ) -> tuple[Learner, dict[str, jax.Array]]:
        """Return a learner after an update, and metrics of it.

        Args:
            learner: as it is.
            rates: hyperparameters at this update, by name.
            params: of the task.
        """

    @property
    @abc.abstractmethod
    def rows(self) -> tuple[str, int]:
        """What an update learns from many of, and how many there are."""

    @abc.abstractmethod
    def held(self, key: jax.Array, learner: Learner, params: Any) -> Any:
        """Return the large arrays of an update: what it learns from, and what its gradient needs.

        Only their shapes are asked for.

        Args:
            key: one typed key.
            learner: as it is before the update.
            params: of the task.
        """

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Adam for a learning rate of 1, with a bound on the gradient."""
        return optax.chain(
            optax.clip_by_global_norm(self.max_grad_norm), optax.scale_by_adam(eps=1e-5)
        )

    @property
    def shardings(self) -> Any:
        """How learners with an axis of runs are divided; None if they are not."""
        if self.mesh is None:
            return None
        of_runs: Any = sharding(self.mesh, RUNS)
        of_world: Any = sharding(self.mesh, RUNS, ENVS)
        return Learner(key=of_runs, weights=of_runs, opt_state=of_runs, world=of_world)

    def descend(
        self, weights: Any, opt_state: Any, gradient: Any, learning_rate: jax.Array
    ) -> tuple[Any, Any]:
        """Return weights and optimizer's state after a step against the gradient of ``params``."""
        # optax raises a float to the power of an integer count, which strict promotion refuses.
        with jax.numpy_dtype_promotion("standard"):
            change, opt_state = self.optimizer.update(gradient, opt_state)
        learned = jax.tree.map(lambda w, c: w - learning_rate * c, weights["params"], change)
        return {**weights, "params": learned}, opt_state


@kept_with_jax(MOST_PROGRAMS)
def programs(
    method: Method, size: int, report: Report | None, swept: bool = False
) -> tuple[Any, Any]:
    """Build the two programs of a training: how learners begin, and a chunk of updates.

    Args:
        method: of all learners.
        size: updates in a chunk.
        report: called on the host after every update with the number of updates done and a dict
            of metrics (runs,); None for silence.
        swept: whether params have an axis of runs, as learners have.

    Returns:
        ``begin(keys, params)`` and ``chunk(learners, rates, number, total, params)``, which
        returns the learners after up to ``size`` updates from update ``number`` on, but not beyond
        ``total``, and metrics (size, runs). Learners and rates have an axis of runs.
    """
    of_runs, mesh = 0 if swept else None, method.mesh
    shardings = method.shardings
    of_chunk = None if mesh is None else (shardings, sharding(mesh))

    def begin(keys, params):
        return jax.vmap(method.begin, in_axes=(0, of_runs))(keys, params)

    def chunk(learners, rates, number, total, params):
        def update(learners, number):
            left = 1.0 - number.astype(jnp.float32) / total.astype(jnp.float32)
            now = jax.tree.map(lambda x: x * left, rates) if method.decay else rates
            update_all = jax.vmap(method.update, in_axes=(0, 0, of_runs))
            learners, metrics = update_all(learners, now, params)
            if report is not None:
                jax.debug.callback(report, number + 1, metrics)
            return learners, metrics

        def skip(learners, number):
            shapes = jax.eval_shape(update, learners, number)[1]
            return learners, jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

        def step(learners, number):
            return jax.lax.cond(number < total, update, skip, learners, number)

        return jax.lax.scan(step, learners, number + jnp.arange(size, dtype=jnp.int32))

    quick = options_on_cpu(**COMPILE_QUICKLY)
    return (
        jax.jit(begin, out_shardings=shardings, compiler_options=quick),
        jax.jit(chunk, out_shardings=of_chunk, compiler_options=compiler_options()),
    )


def divided_shapes(method: Method, learners: Any) -> Any:
    """Return learners as shapes that say how they are divided."""
    if method.mesh is None:
        return learners

    def of_one(sharding: Any, x: Any) -> Any:
        return jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding)

    return jax.tree.map(of_one, jax.tree.broadcast(method.shardings, learners), learners)


@dataclasses.dataclass
class Progress:
    """Where a training is; what is saved of it, and gone on from."""

    learners: Learner  # with an axis of runs
    metrics: Metrics  # of the updates done
    number: int  # of updates done


def learn(
    method: Method,
    params: Any,
    rates: Mapping[str, np.ndarray],
    keys: jax.Array,
    total: int,
    chunk: int,
    *,
    report: Report | None,
    is_enough: Callable[[Metrics], bool] | None,
    restore: Callable[[Any], Progress | None],
    save: Callable[[Progress], None],
    swept: bool = False,
) -> tuple[Progress, dict[str, float]]:
    """Train until ``total`` updates are done, or until it is enough.

    Args:
        method: of all runs.
        params: of the task.
        rates: hyperparameters at the first update, (runs,) each.
        keys: of the runs, (runs,).
        total: updates in all.
        chunk: updates between two times at which the host saves and asks.
        report: see `programs`.
        is_enough: asked with the metrics of the last chunk.
        restore: returns where an earlier training was, or None; it is given learners as shapes.
        save: called after every chunk.
        swept: whether params have an axis of runs.

    Returns:
        Where it is now, and the seconds that compiling and training took.
    """
    at_first = {name: jnp.asarray(values, jnp.float32) for name, values in rates.items()}
    mesh = method.mesh
    keys, at_first = put((keys, at_first), mesh, RUNS)
    params = put(params, mesh, *[RUNS] if swept else [])
    begin, advance = programs(method, chunk, report, swept)
    began = time.perf_counter()
    like = divided_shapes(method, jax.eval_shape(begin, keys, params))
    _check_room(method, like, keys, params, swept)
    at = restore(like)
    if at is None:
        at = Progress(begin(keys, params), {}, 0)
    last = put(jnp.int32(total), mesh)
    if at.number < total:
        advance = advance.lower(at.learners, at_first, last, last, params).compile()
    seconds = {"compile": time.perf_counter() - began}
    began = time.perf_counter()
    while at.number < total:
        number = put(jnp.int32(at.number), mesh)
        learners, metrics = advance(at.learners, at_first, number, last, params)
        done = min(chunk, total - at.number)
        new = {name: values[:done] for name, values in jax.device_get(metrics).items()}
        joined = {
            name: np.concatenate([at.metrics[name], values]) if at.metrics else values
            for name, values in new.items()
        }
        at = Progress(learners, joined, at.number + done)
        save(at)
        if is_enough is not None and is_enough(new):
            break
    jax.effects_barrier()
    seconds["train"] = time.perf_counter() - began
    return at, seconds


def _check_room(method: Method, learners: Any, keys: jax.Array, params: Any, swept: bool) -> None:
    """Raise a ValueError if the learners of all runs, and what they learn from, are too large."""
    what, rows = method.rows
    in_all = rows * len(keys)
    of_runs = f" ({rows:,} in each of {len(keys)} runs)" if len(keys) > 1 else ""
    memories = num_memories(method.mesh)
    # First by themselves: with too many of them, more than int32 counts, no update can be traced.
    check_room(f"{what}{of_runs}", in_all, bytes_of(learners) / in_all, memories)
    update = jax.vmap(method.held, in_axes=(0, 0, 0 if swept else None))
    held = jax.eval_shape(update, keys, learners, params)
    check_room(f"{what}{of_runs}", in_all, bytes_of((learners, held)) / in_all, memories)
