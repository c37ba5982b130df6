"""How fast tasks go on the device at hand, by the number of environments, and against its memory.

``python -m jaxgym_neuro bench device`` prints it, within a given time: what there is to know of a
GPU before it is judged.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import registry
from jaxgym_neuro.bench.kernels import Kernels, kernels_of_turn
from jaxgym_neuro.bench.timing import REFERENCE, Case, with_plain_auto_reset
from jaxgym_neuro.multitask.multi_task import MultiTask
from jaxgym_neuro.sizes import state_bytes
from jaxgym_neuro.support.memory import device_bytes

MINUTES = 9.0
_SEVERAL = (
    "ContextDecisionMaking-v0",
    "DelayMatchSample-v0",
    "GoNogo-v0",
    "MultiSensoryIntegration-v0",
    REFERENCE,
)
TASKS: dict[str, Callable[[], Any]] = {
    "PerceptualDecisionMaking": lambda: registry.as_env(REFERENCE),
    "the same, by select": lambda: with_plain_auto_reset(registry.as_env(REFERENCE)),
    "ring of 33 channels": lambda: registry.as_env(REFERENCE, dim_ring=32),
    "five tasks in one": lambda: MultiTask(_SEVERAL, pad=True),
    "RandomDotMotion, 64 x 64": lambda: registry.as_env("RandomDotMotion-v0"),
}
SIZES = tuple(4**power for power in range(5, 13))
_STEPS, _RUNS = 100, 3  # of a timed run at least, and timed runs at most
_COPIED = 2**28  # bytes of the array whose copy tells the bandwidth, at most
_COPIES = 20
_ROOM = 2  # times the states and observations that have to fit; a reset took 1.5 times the states
_NO_ROOM = ("RESOURCE_EXHAUSTED", "Out of memory allocating")  # of accelerators, of CPUs


@dataclasses.dataclass(frozen=True)
class Speed:
    """A task at one number of environments.

    Attributes:
        task: its name in `TASKS`.
        num_envs: N.
        ns_per_step: median over the runs, per environment and step.
        compile_s: of reset and of the scan.
        bytes_per_step: what a step of one environment has to move at least, see `least_bytes`.
        share: of the bandwidth of a copy, that those bytes take.
        kernels: what the device starts in a step of all environments.
    """

    task: str
    num_envs: int
    ns_per_step: float
    compile_s: float
    bytes_per_step: float
    share: float
    kernels: Kernels

    @property
    def steps_per_s(self) -> float:
        """Steps of all environments in a second."""
        return 1e9 / self.ns_per_step

    def __str__(self):
        return f"{self.task}, N = {self.num_envs:,}: {self.ns_per_step:.4g} ns per step"


@dataclasses.dataclass(frozen=True)
class Stop:
    """Why a task was not taken with more environments: ``"memory"`` or ``"time"``."""

    task: str
    num_envs: int
    reason: str

    def __str__(self):
        return f"{self.task}, N = {self.num_envs:,}: no {self.reason} left"


def copy_bandwidth(num_bytes: int = _COPIED) -> float:
    """Return the bytes per second that are read and written where a large array is written anew.

    In place, as a step writes into its state: new memory would have to be found first. The fastest
    of several times counts, as it is the peak that is asked for.
    """
    size = min(num_bytes, device_bytes() // 16) // 4
    write: Any = jax.jit(lambda x: x + jnp.float32(1), donate_argnums=0)
    x = write(jnp.zeros(size, jnp.float32))
    seconds: list[float] = []
    for _ in range(_COPIES):
        begin = time.perf_counter()
        x = jax.block_until_ready(write(x))
        seconds.append(time.perf_counter() - begin)
    return 2 * x.nbytes / min(seconds)


def least_bytes(env: Any, steps_per_trial: float) -> float:
    """Return the bytes that a step of one environment moves, if it moves none that it need not.

    A row of the trial is read, and what is seen written; the ground truth is read, the action too,
    and the reward written; clocks and carry are read and written; and the trial is written once in
    as many steps as it lasts.
    """
    size = state_bytes(env)
    seen = 4 * math.prod(env.observation_space().shape)
    rows = (size.ob + size.gt) / env.T
    return rows + seen + 4 + 4 + 2 * size.others + size.trial / steps_per_trial


def speeds(
    bandwidth: float, minutes: float = MINUTES, sizes: tuple[int, ...] = SIZES
) -> Iterator[Speed | Stop]:
    """Time each task with more and more environments, until memory or time is up.

    Each task has an equal share of the time that is left.

    Args:
        bandwidth: of a copy, in bytes per second.
        minutes: for all of them; one that has begun is finished.
        sizes: numbers of environments, in order.
    """
    end = time.monotonic() + 60 * minutes
    for number, (name, make) in enumerate(TASKS.items()):
        now = time.monotonic()
        until = now + (end - now) / (len(TASKS) - number)
        yield from _speeds_of(name, make(), until, bandwidth, sizes)


def _speeds_of(
    name: str, env: Any, until: float, bandwidth: float, sizes: tuple[int, ...]
) -> Iterator[Speed | Stop]:
    needs = _ROOM * (state_bytes(env).total + 4 * math.prod(env.observation_space().shape))
    expected = before = 0.0
    for num_envs in sizes:
        began = time.monotonic()
        reason = "memory" if num_envs * needs > device_bytes() else ""
        reason = reason or ("time" if began + expected > until else "")
        if reason:
            yield Stop(name, num_envs, reason)
            return
        try:
            speed, run = _speed(name, env, num_envs, bandwidth)
        except jax.errors.JaxRuntimeError as error:
            if not any(words in str(error) for words in _NO_ROOM):
                raise
            yield Stop(name, num_envs, "memory")
            return
        yield speed
        # A run takes as much longer as it has grown, four times at most; all else stays.
        growth = min(max(run / before, 1.0), 4.0) if before else 1.0
        runs = 1 + _runs_of(growth * run)
        expected = time.monotonic() - began - (1 + _runs_of(run)) * run + runs * growth * run
        before = run


def _runs_of(seconds: float) -> int:
    """Return how often a run is timed that takes so long."""
    return _RUNS if seconds < 2 else 1


def _speed(name: str, env: Any, num_envs: int, bandwidth: float) -> tuple[Speed, float]:
    """Return the speed, and the seconds of a run."""
    params, num_steps = env.default_params, max(_STEPS, 2 * env.T)
    case = Case(name, env, params, num_envs, num_steps)
    begin = time.perf_counter()
    case.time_once()
    run = time.perf_counter() - begin
    for _ in range(_runs_of(run) - 1):
        case.time_once()
    timing = case.timing()
    moved = least_bytes(env, timing.steps_per_trial or env.T)
    share = moved / timing.ns_per_step * 1e9 / bandwidth
    kernels = kernels_of_turn(case.program_text)
    speed = Speed(name, num_envs, timing.ns_per_step, timing.compile_s, moved, share, kernels)
    return speed, run
