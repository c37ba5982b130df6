"""How fast tasks run: compile time and steady steps per second, and ratios within one process.

Every measurement is a jitted ``lax.scan`` over a vmapped ``step`` under a random policy. It sums up
observations and rewards: what nobody consumes XLA does not compute, and a benchmark that dropped
the observations would not draw the noise either.

Machines differ and are noisy, so what to compare are the ratios: their sides are timed in turn, in
one process, and the medians are divided.
"""

import dataclasses
import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import policies, random, registry
from jaxgym_neuro.collections.collection import Collection
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.renewal import renew_by_select
from jaxgym_neuro.data.dataset import Dataset

REFERENCE = "PerceptualDecisionMaking-v0"
REPEATS = 5
# Rows and constructor arguments; batches of 100 steps. NeuroGym's are timed on the same cases by
# tests/bench/against_neurogym/dataset.py.
DATASET_CASES = {
    "batch 16 x 100": (16, {}),
    "batch 1,024 x 100": (1_024, {}),
    "batch 16 x 100, 33 channels": (16, {"dim_ring": 32}),
}
COLLECTION_CASES = {"batch 16 x 100, all of yang19": (16, "yang19")}  # rows, and of what
_SEQ_LEN = 100


@dataclasses.dataclass(frozen=True)
class Timing:
    """Speed of one case."""

    name: str
    trial_steps: int | None  # T
    num_channels: int
    num_envs: int
    num_steps: int
    compile_s: float
    ns_per_step: float  # median over the repeats, per environment and step
    steps_per_trial: float | None  # mean under the random policy

    @property
    def steps_per_s(self) -> float:
        """Environment steps per second."""
        return 1e9 / self.ns_per_step


class Case:
    """One environment at one batch size, compiled once and timed as often as asked."""

    def __init__(self, name: str, env: Any, params: Any, num_envs: int, num_steps: int):
        self.name, self.env = name, env
        self.num_envs, self.num_steps = num_envs, num_steps
        key_reset, self._key = jax.random.split(jax.random.key(0))
        begin = time.perf_counter()
        reset = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))
        _, self._state = reset(random.split(key_reset, num_envs), params)
        run = jax.jit(self._scan(params), donate_argnums=1)
        self._run = run.lower(self._key, self._state).compile()
        self.compile_s = time.perf_counter() - begin
        self._ns: list[float] = []
        self._steps_run = 0
        self.time_once()  # the first run touches memory for the first time
        self._ns.clear()

    def _scan(self, params: Any) -> Callable[[Any, Any], Any]:
        env, num_envs = self.env, self.num_envs
        space = env.action_space(params)
        step = jax.vmap(env.step, in_axes=(0, 0, 0, None))

        def scan(key, state):
            def body(carry, _):
                key, state, total = carry
                key, key_action, key_step = random.split(key, 3)
                keys = random.split(key_step, num_envs)
                actions = policies.random_actions(space, key_action, num_envs)
                ob, state, reward, *_ = step(keys, state, actions, params)
                return (key, state, total + jnp.sum(ob) + jnp.sum(reward)), None

            carry = (key, state, jnp.float32(0))
            return jax.lax.scan(body, carry, None, length=self.num_steps)[0]

        return scan

    def time_once(self) -> None:
        """Run once more, and remember how long it took."""
        begin = time.perf_counter()
        self._key, self._state, _ = jax.block_until_ready(self._run(self._key, self._state))
        elapsed = time.perf_counter() - begin
        self._steps_run += self.num_steps
        self._ns.append(elapsed / (self.num_envs * self.num_steps) * 1e9)

    @property
    def program_text(self) -> str:
        """What XLA has compiled."""
        return str(self._run.as_text())

    @property
    def num_channels(self) -> int:
        """Length of the last axis of an observation."""
        shape = self.env.observation_space(self.env.default_params).shape
        return shape[-1] if shape else 1

    @property
    def steps_per_trial(self) -> float | None:
        """Mean length of the trials so far; None for an environment without trials."""
        if not isinstance(self.env, TrialEnv):
            return None
        trials = int(jnp.sum(self._state.num_trials))
        return self._steps_run * self.num_envs / max(trials, 1)

    def timing(self) -> Timing:
        """Return the median of the runs so far."""
        return Timing(
            name=self.name,
            trial_steps=getattr(self.env, "T", None),
            num_channels=self.num_channels,
            num_envs=self.num_envs,
            num_steps=self.num_steps,
            compile_s=round(self.compile_s, 2),
            ns_per_step=round(statistics.median(self._ns), 2),
            steps_per_trial=self.steps_per_trial and round(self.steps_per_trial, 1),
        )


def time_in_turn(cases: list[Case], repeats: int = REPEATS) -> list[Timing]:
    """Time several cases alternately, so that a busy minute slows all of them."""
    for _ in range(repeats):
        for case in cases:
            case.time_once()
    return [case.timing() for case in cases]


def with_plain_auto_reset(env: TrialEnv) -> TrialEnv:
    """Return the same task, renewed as gymnax does: draw a trial at every step, and select."""
    return env.replaced(renew=renew_by_select)


def task_case(task: Any, num_envs: int, is_compared: bool = True) -> tuple[Case, Case | None]:
    """Return a case of a task, and one of its `reference`.

    A case runs two whole trials at least, and at least 100 steps.

    Args:
        task: an id, or an environment.
        num_envs: batch of both.
        is_compared: whether to compile the reference; None takes its place, as it does where an
            environment has no trials.
    """
    env, params = registry.resolve(task)
    case = Case(
        task if isinstance(task, str) else env.name,
        env,
        params,
        num_envs,
        max(100, 2 * getattr(env, "T", 0)),
    )
    if not is_compared or case.steps_per_trial is None:
        return case, None
    env, params = reference(env.T, case.num_channels, case.steps_per_trial)
    return case, Case(REFERENCE, env, params, num_envs, case.num_steps)


def reference(num_steps: int, num_channels: int, steps_per_trial: float) -> tuple[TrialEnv, Any]:
    """Make the PerceptualDecisionMaking with which a task is compared.

    Its arrays have as many steps and channels, and a random policy spends at least as many steps on
    a trial: what costs time is drawing trials, and a task whose trials end early draws more of
    them. The random policy waits in one of dim_ring + 1 steps of the decision period, so that this
    period takes 1 + 1 / dim_ring steps if it is long; what comes before makes up the rest.

    Args:
        num_steps: T.
        num_channels: channels of an observation; 3, the fewest there are, in place of 1 and 2.
        steps_per_trial: mean length of the task's trials under the random policy.
    """
    dim_ring = max(2, num_channels - 1)
    before = math.ceil(steps_per_trial - (1 + 1 / dim_ring))
    before = min(max(before, 0), num_steps - 1)
    fixation = min(1, before)
    steps = {
        "fixation": fixation,
        "stimulus": before - fixation,
        "decision": num_steps - before,
    }
    dt = 100
    timing = {period: dt * duration for period, duration in steps.items()}
    return registry.resolve(REFERENCE, dt=dt, dim_ring=dim_ring, timing=timing)


def ratios(num_envs: int = 16_384, wide_envs: int = 1_024, repeats: int = REPEATS) -> dict:
    """Measure the reference task against CartPole, plain auto-reset, and longer trials.

    Args:
        num_envs: batch of the task at its defaults (T=22, 3 channels) and at dt=4 (T=550).
        wide_envs: batch of the task at dt=20 and dim_ring=16 (T=110, 17 channels).
        repeats: timed runs of each.
    """
    env, params = registry.resolve(REFERENCE)
    long_env, long_params = registry.resolve(REFERENCE, dt=4)
    wide_env, wide_params = registry.resolve(REFERENCE, dt=20, dim_ring=16)
    import gymnax  # takes two seconds, and starts JAX's backend

    cartpole, cartpole_params = gymnax.make("CartPole-v1")
    five_trials, two_long_trials, five_wide_trials = 5 * env.T, 2 * long_env.T, 5 * wide_env.T
    cases = [
        Case("task", env, params, num_envs, five_trials),
        Case("cartpole", cartpole, cartpole_params, num_envs, five_trials),
        Case("select", with_plain_auto_reset(env), params, num_envs, five_trials),
        Case("long", long_env, long_params, num_envs, two_long_trials),
        Case("wide", wide_env, wide_params, wide_envs, five_wide_trials),
        Case(
            "wide select", with_plain_auto_reset(wide_env), wide_params, wide_envs, five_wide_trials
        ),
    ]
    timings = {timing.name: timing for timing in time_in_turn(cases, repeats)}
    ns = {name: timing.ns_per_step for name, timing in timings.items()}
    floor = noise_floor(num_envs, env.T, repeats)
    # The builder draws a row of noise for every step of the trial: two stimulus channels.
    normals_per_step = float(len(env.observation_space().name["stimulus"]))
    floor_ns = normals_per_step * floor["ns_per_normal"]
    return {
        "timings": [dataclasses.asdict(timing) for timing in timings.values()],
        "speed_over_select": round(ns["select"] / ns["task"], 2),
        "speed_over_select_wide": round(ns["wide select"] / ns["wide"], 2),
        "speed_over_cartpole": round(ns["cartpole"] / ns["task"], 2),
        "cost_long_over_short": round(ns["long"] / ns["task"], 2),
        "noise_floor": {
            **floor,
            "normals_per_step": normals_per_step,
            "floor_ns_per_step": round(floor_ns, 2),
            "task_over_floor": round(ns["task"] / floor_ns, 2),
        },
    }


def noise_floor(num_envs: int, trial_steps: int, repeats: int = REPEATS) -> dict[str, float]:
    """Time the normal numbers alone: ours, and ``jax.random.normal`` under vmapped keys."""
    keys = random.split(jax.random.key(1), num_envs)
    shape = (trial_steps, 2)
    seconds: dict[str, list[float]] = {"ours": [], "jax": []}
    draws = {
        "ours": jax.jit(jax.vmap(lambda key: random.standard_normal(key, shape))),
        "jax": jax.jit(jax.vmap(lambda key: jax.random.normal(key, shape, jnp.float32))),
    }
    for draw in draws.values():
        jax.block_until_ready(draw(keys))
    for _ in range(max(repeats, REPEATS)):  # each takes a few ms: one alone says little
        for name, draw in draws.items():
            begin = time.perf_counter()
            jax.block_until_ready(draw(keys))
            seconds[name].append(time.perf_counter() - begin)
    count = num_envs * trial_steps * 2
    ns = {name: statistics.median(times) / count * 1e9 for name, times in seconds.items()}
    return {
        "ns_per_normal": round(ns["ours"], 2),
        "ns_per_jax_normal": round(ns["jax"], 2),
        "normals_per_s": round(1e9 / ns["ours"]),
    }


def dataset_speeds(repeats: int = REPEATS, seconds: float = 0.5) -> Iterator[dict[str, Any]]:
    """Time the iterator of `Dataset` on the reference task, and on twenty in one; NumPy in hand.

    Args:
        repeats: runs of each case, of which the median counts.
        seconds: length of a run.
    """
    for name, (batch_size, kwargs) in DATASET_CASES.items():
        dataset = Dataset(REFERENCE, kwargs, batch_size=batch_size, seq_len=_SEQ_LEN)
        yield {"case": name, **_speed_of(dataset, batch_size, repeats, seconds)}
    for name, (batch_size, collection) in COLLECTION_CASES.items():
        tasks = Collection(collection).multi_task()
        dataset = Dataset(tasks, batch_size=batch_size, seq_len=_SEQ_LEN)
        yield {"case": name, **_speed_of(dataset, batch_size, repeats, seconds)}


def _speed_of(
    dataset: Dataset, batch_size: int, repeats: int, seconds: float
) -> dict[str, float | int]:
    begin = time.perf_counter()
    dataset()
    first_s = time.perf_counter() - begin
    rates, steps, cpu = [], 0, time.process_time()
    for _ in range(repeats):
        batches, begin = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - begin) < seconds:
            dataset()
            batches += 1
        rates.append(batches * batch_size * _SEQ_LEN / elapsed)
        steps += batches * batch_size * _SEQ_LEN
    return {
        "first_batch_s": round(first_s, 2),
        "steps_per_s": round(statistics.median(rates)),
        "fastest_steps_per_s": round(max(rates)),
        "steps_per_cpu_s": round(steps / (time.process_time() - cpu)),
    }
