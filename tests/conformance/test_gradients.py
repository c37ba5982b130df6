"""Gradients with respect to every float equal finite differences, compiled, batched and scanned.

Of a trial drawn at a key, and of what its actions earn: with respect to every float of the params,
every float condition, and the action where it is continuous. What only moves a whole number (a
duration, which is floored to steps; a probability, which is compared with a draw) has the gradient
0, as its finite difference has.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro import spaces, wrappers
from jaxgym_neuro.core.drawing import split_keys
from jaxgym_neuro.support.xla import COMPILE_QUICKLY

NUM_KEYS, NUM_ACTIONS = 2, 4
SHIFT = 3e-4  # of a float, to each side, for the finite difference
SHIFT_MS = 5e-3  # of a duration
CHANGE = "condition "  # how much a float condition is more than what was drawn, as a fraction


def several_tasks():
    short = {"timing": {"stimulus": 200, "delay": 100, "decision": 200}}
    both = [jgn.make(id, **short)[0] for id in ("PerceptualDecisionMaking-v0", "GoNogo-v0")]
    return wrappers.MultiTask(both, pad=True)


def wrapped():
    """All wrappers that have floats among their params."""
    env = wrappers.CatchTrials(jgn.make("PerceptualDecisionMaking-v0")[0], 0.2)
    env = wrappers.MissTrialReward(wrappers.ReactionTime(env, urgency=-0.01), -0.2)
    env = wrappers.Noise(wrappers.TimeOut(env, 300), 0.2)
    return wrappers.PassReward(wrappers.PassAction(env))


TASKS = {id: functools.partial(lambda id: jgn.make(id)[0], id) for id in IDS}
TASKS |= {"wrapped": wrapped, "several tasks": several_tasks}


def floats_of(env, rng):
    """Every float by name, none where its task has an edge (zero, a whole number of steps)."""
    floats = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(env.default_params):
        if np.asarray(leaf).dtype.kind == "f":
            nudged = leaf * rng.uniform(0.95, 1, leaf.shape)
            nudged = np.where(leaf == 0, rng.uniform(0.01, 0.02, leaf.shape), nudged)
            floats[jax.tree_util.keystr(path)] = nudged.astype(np.float32)
    for name, like in env.conditions.items():
        if jnp.issubdtype(like.dtype, jnp.floating):
            floats[CHANGE + name] = np.full(like.shape, 0.0137, np.float32)
    space = env.action_space()
    if isinstance(space, spaces.Box):
        floats["action"] = np.zeros(space.shape, np.float32)
    return floats


def judged(env, act):
    """Build the function from floats and a key to all floats of a trial, and what is earned."""
    flat, structure = jax.tree_util.tree_flatten_with_path(env.default_params)
    _, shapes = jax.eval_shape(env.reset, jax.random.key(0))
    begun = jax.tree.map(lambda like: jnp.zeros(like.shape, like.dtype), shapes)

    def changed(floats, name, drawn):
        if CHANGE + name not in floats:
            return drawn
        return drawn + floats[CHANGE + name] * lax.stop_gradient(jnp.maximum(jnp.abs(drawn), 0.1))

    def outcome(floats, key):
        leaves = [floats.get(jax.tree_util.keystr(path), leaf) for path, leaf in flat]
        params = jax.tree.unflatten(structure, leaves)
        keys = split_keys(env, key)
        carry = env.init_carry(keys.carry, params)
        drawn, _ = env.sample_conditions(keys.conditions, params, carry)
        conditions = {name: changed(floats, name, x) for name, x in drawn.items()}
        trial = env.new_trial(key, params, **conditions)

        def step(_, when_and_what):
            when, action = when_and_what
            t = (when * (trial.length - 1).astype(jnp.float32)).astype(jnp.int32)
            state = env.with_trial(begun, trial).replace(t=t)
            action = action + floats["action"] if "action" in floats else action
            return None, act(key, state, action, params)

        actions = jnp.linspace(0, 1, NUM_ACTIONS), some_actions(env.action_space())
        results = jax.tree.leaves((trial, lax.scan(step, None, actions)[1]))
        return [x for x in results if jnp.issubdtype(x.dtype, jnp.floating)]

    return outcome


def some_actions(space):
    if isinstance(space, spaces.Discrete):
        return np.arange(NUM_ACTIONS, dtype=np.int32) % np.int32(space.n)
    part = np.linspace(0.1, 0.9, NUM_ACTIONS).reshape(-1, *(1,) * len(space.shape))
    return (space.low + part * (space.high - space.low)).astype(np.float32)


def judge(env):
    def act(key, state, action, params):
        verdict = env.judge(state, action, params)
        return verdict.reward, verdict.performance, verdict.info

    return act


def step(env):
    def act(key, state, action, params):
        _, _, reward, _, _, info = env.step(key, state, action, params)
        return reward, {name: x for name, x in info.items() if name != "final_observation"}

    return act


def check_gradients(env, act):
    rng = np.random.default_rng(1)
    floats = floats_of(env, rng)
    outcome = judged(env, act(env))
    # Rows: each float moved up, each moved down, none moved.
    count, directions, shifts, moved = len(floats), {}, {}, {}
    for i, (name, x) in enumerate(floats.items()):
        directions[name] = rng.uniform(0.5, 1, x.shape).astype(np.float32)
        shifts[name] = SHIFT_MS if "timing" in name else SHIFT * max(0.1, np.abs(x).max())
        if name.startswith(CHANGE):
            shifts[name] = SHIFT
        sign = np.zeros((2 * count + 1, *(1,) * x.ndim), np.float32)
        sign[i], sign[count + i] = 1, -1
        moved[name] = x + sign * np.float32(shifts[name]) * directions[name]

    weights = []

    @functools.partial(jax.jit, compiler_options=COMPILE_QUICKLY)
    @functools.partial(jax.vmap, in_axes=(0, None))
    def values_and_gradients(floats, key):
        values, backward = jax.vjp(lambda floats: outcome(floats, key), floats)
        weights[:] = [rng.normal(size=x.shape).astype(np.float32) for x in values]
        return values, backward(list(map(jnp.asarray, weights)))[0]

    # Drawn by jax.random itself, of which fewer operations are compiled.
    keys = jax.random.split(jax.random.key(4, impl="unsafe_rbg"), NUM_KEYS)
    results = [values_and_gradients(moved, key) for key in keys]
    values, gradients = jax.tree.map(lambda *x: np.stack(x), *jax.device_get(results))
    wrong = {}
    for i, name in enumerate(floats):
        apart = [
            (x[:, i].astype(np.float64) - x[:, count + i]) * weight / (2 * shifts[name])
            for x, weight in zip(values, weights, strict=True)
        ]
        difference, scale = sum(x.sum() for x in apart), sum(np.abs(x).sum() for x in apart)
        gradient = np.sum(gradients[name][:, -1] * directions[name])
        if not abs(gradient - difference) <= 0.02 * scale + 1e-3:
            wrong[name] = (gradient, difference)
    assert not wrong


@pytest.mark.parametrize("name", fast_if_typical(TASKS))
def test_gradients_of_trials_and_verdicts_equal_finite_differences(name):
    check_gradients(TASKS[name](), judge)


BOX = [id for id in TASKS if isinstance(TASKS[id]().action_space(), spaces.Box)]


@pytest.mark.parametrize("name", ["Bandit-v0", "wrapped", *BOX])
def test_gradients_of_the_reward_pass_through_step(name):
    check_gradients(TASKS[name](), step)


def test_step_cuts_the_gradients_of_what_is_seen_next():
    env, params = jgn.make("Reaching1D-v0")

    def seen(speed):
        changed = params.replace(speed=speed)
        _, state = env.reset(jax.random.key(0), changed)
        ob, state, *_ = env.step(jax.random.key(1), state, jnp.int32(1), changed)
        return jnp.sum(ob) + state.carry.angle

    assert seen(0.1) != seen(0.2)
    assert jax.jit(jax.grad(seen))(0.1) == 0
