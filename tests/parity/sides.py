"""Our side of the comparison: a recorded configuration, and the trials that we draw in it."""

import dataclasses
import functools
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from conditions import AS_HERE, GIVEN, NOT_COMPARED

import jaxgym_neuro as jgn
from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.support.xla import COMPILE_QUICKLY

FOLDER = pathlib.Path(__file__).parent / "recordings"
RECORDED = {path.stem + "-v0": path for path in sorted(FOLDER.glob("*.json"))}
NUM_TRIALS = 4096
NUM_GOLDEN = 8
POLICIES = ("fixating", "random", "ground_truth")
LABELS = ("return", "steps", "performance")
# Each program runs once, so XLA had better compile than optimise.


@functools.cache
def recording(task):
    return json.loads(RECORDED[task].read_text())


@functools.cache
def recorded_arrays(task):
    """Read the rows of a task's golden trials."""
    with np.load(RECORDED[task].with_suffix(".npz")) as arrays:
        return dict(arrays)


def cases(part):
    """List ``(task, index)`` of what is recorded under a key: configurations, or sessions."""
    return [
        (task, index)
        for task in jgn.registered_tasks()
        if task in RECORDED
        for index in range(len(recording(task).get(part, ())))
    ]


class Side:
    """One configuration, or one session, on our side."""

    def __init__(self, task, index, part="configs"):
        self.task, self.index = task, index
        self.theirs = recording(task)[part][index]
        kwargs = {name: _tuples(value) for name, value in self.theirs["kwargs"].items()}
        self.env, params = jgn.make(task, **kwargs)
        self.params = params.replace(abort=self.theirs.get("abort", False))

    @functools.cached_property
    def _measured(self):
        """All trials, the golden ones last, and what each policy gets in them."""
        num_trials = NUM_TRIALS + NUM_GOLDEN
        keys = jax.random.split(jax.random.key(self.index), num_trials)
        space, shape = self.env.action_space(self.params), (num_trials, self.env.T)
        actions = _draw_actions(space, shape, seed=self.index)
        fixed = [self.fixed_to(golden) for golden in self.theirs["golden"]]
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *fixed)
        free = jax.tree.map(lambda x: np.zeros_like(x[0]), stacked[1])
        params, given = jax.tree.map(_free_then_fixed, (self.params, free), stacked)
        is_golden = np.arange(num_trials) >= NUM_TRIALS
        return jax.device_get(_draw_and_judge(self.env, keys, actions, params, given, is_golden))

    @property
    def trials(self):
        """Trials, one per row."""
        return jax.tree.map(lambda x: x[:NUM_TRIALS], self._measured[0])

    @property
    def golden_trials(self):
        """Our trials with the conditions and periods of the recorded golden ones."""
        return jax.tree.map(lambda x: x[NUM_TRIALS:], self._measured[0])

    @functools.cached_property
    def rollouts(self):
        """Per policy, return, steps and performance in the trials."""
        *results, done = (values[:NUM_TRIALS] for values in self._measured[1])
        assert done.all()
        return {
            policy: {label: values[:, i] for label, values in zip(LABELS, results, strict=True)}
            for i, policy in enumerate(POLICIES)
        }

    def session(self):
        """Return the conditions of as many trials in a row as were recorded."""
        keys = jax.random.split(jax.random.key(self.index), self.theirs["trials"])
        return jax.device_get(_draw_session(self.env, keys, self.params))

    def fixed_to(self, golden):
        """Return params and conditions that make our trial the recorded one."""
        timing = dict(self.params.timing)
        for name, (start, end) in golden.get("periods", {}).items():
            if name in timing and not isinstance(timing[name], jgn.timing.Until):
                timing[name] = _degenerate(timing[name], (end - start) * self.env.dt)
        ob = recorded_arrays(self.task)[f"{golden['arrays']}_ob"] if "arrays" in golden else None
        read = AS_HERE.get(self.task, {})
        drawn = {
            name: read.get(name, np.asarray)(value)
            for name, value in golden["conditions"].items()
            if name not in NOT_COMPARED.get(self.task, {})
        }
        drawn |= GIVEN[self.task](golden, ob, self.env.dt) if self.task in GIVEN else {}
        conditions = {
            name: np.asarray(drawn[name]).astype(spec.dtype)
            for name, spec in self.env.conditions.items()
            if name in drawn
        }
        params = self.params.replace(timing=timing)
        noise = [name for name in ("sigma", "noise_std") if hasattr(params, name)]
        return params.replace(**dict.fromkeys(noise, np.float32(0))), conditions


def _free_then_fixed(free, fixed):
    """Stack what holds for the trials that are drawn freely on what the golden ones have."""
    free = np.broadcast_to(free, (NUM_TRIALS, *np.shape(free)))
    return np.concatenate([free.astype(fixed.dtype), fixed])


def _degenerate(distribution, ms):
    """Return a distribution of the same kind that always gives ``ms``: nothing is compiled anew."""
    fields = {
        field.name: np.full_like(getattr(distribution, field.name), ms)
        for field in dataclasses.fields(distribution)
        if field.name != "mean"
    }
    return dataclasses.replace(distribution, **fields)


def _tuples(value):
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


@functools.partial(jax.jit, static_argnums=0, compiler_options=COMPILE_QUICKLY)
def _draw_session(env, keys, params):
    """Draw the conditions of trials in a row, without the trials that are made of them."""

    def draw(carry, key):
        conditions, carry = env.sample_conditions(key, params, carry)
        return carry, conditions

    return jax.lax.scan(draw, env.init_carry(keys[0], params), keys[1:])[1]


@functools.partial(jax.jit, static_argnums=0, compiler_options=COMPILE_QUICKLY)
def _draw_and_judge(env, keys, random_actions, params, given, is_golden):
    """Draw trials, and judge each policy's actions in them: return, steps, performance.

    One compilation per configuration: trials are made by ``new_trial``, from the conditions that
    the first trial of a session draws, or in golden trials from those given, and the actions are
    judged by ``respond``. That ``reset`` and ``step`` do the same is tested elsewhere.
    """

    def one(key, random_actions, params, given, is_golden):
        key_carry, key_conditions, key_trial = jax.random.split(key, 3)
        begin = env.init_carry(key_carry, params)
        conditions, first_carry = env.sample_conditions(key_conditions, params, begin)
        for name, value in given.items():
            value = jnp.where(is_golden, value, conditions[name])
            conditions = {**conditions, name: value}
        trial = env.new_trial(key_trial, params, **conditions)

        def step(policy, progress, now):
            carry, total, steps, score, done = progress
            t, random_action = now
            state = EnvState(time=t, t=t, num_trials=jnp.int32(0), trial=trial, carry=carry)
            told = env.ground_truth_action(state, params).astype(random_action.dtype)
            choices = jnp.stack([jnp.zeros_like(random_action), random_action, told])
            response = env.respond(state, choices[policy], params)
            answered = jnp.asarray(response.new_trial)
            late = env.is_last_step(state) & ~answered
            reward = jnp.asarray(response.reward, jnp.float32) + jnp.where(late, params.r_tmax, 0)
            ended = answered | late
            scored = jnp.asarray(response.performance, jnp.float32)
            total = total + jnp.where(done, 0, reward)
            score = jnp.where(~done & ended, scored, score)
            steps = steps + jnp.where(done, 0, 1).astype(jnp.int32)
            carry = carry if response.carry is None else response.carry
            return (carry, total, steps, score, done | ended), None

        def judge_policy(policy):
            zero = jnp.float32(0)
            begin = (first_carry, zero, jnp.int32(0), zero, jnp.bool_(False))
            times = jnp.arange(env.T, dtype=jnp.int32)
            steps = functools.partial(step, policy)
            return jax.lax.scan(steps, begin, (times, random_actions))[0][1:]

        policies = jnp.arange(len(POLICIES), dtype=jnp.int32)
        return trial, jax.vmap(judge_policy)(policies)

    return jax.vmap(one)(keys, random_actions, params, given, is_golden)


def _draw_actions(space, shape, seed):
    rng = np.random.default_rng(seed)
    if hasattr(space, "n"):
        return rng.integers(space.n, size=shape, dtype=np.int32)
    return rng.uniform(space.low, space.high, (*shape, *space.shape)).astype(np.float32)
