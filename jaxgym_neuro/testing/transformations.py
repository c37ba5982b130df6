"""One compile, and one result however it is computed."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.testing.demands import demand, demand_same, promise, row_of
from jaxgym_neuro.testing.task_under_test import quick_jit

_LOOP_ENVS = 2


@promise()
def _one_compile_for_two_calls(tested):
    """Step is traced once, for a state out of reset and for one out of step."""
    traces = _trace(tested, (tested.env, tested.params), (tested.env, tested.params))
    demand(traces == 1, f"it was traced {traces} times")


@promise()
def _one_compile_for_other_params(tested):
    """Other numbers in the params trace reset and step no second time."""
    traces = _trace(tested, (tested.env, tested.params), (tested.env, tested.other_params))
    demand(traces == 1, "they were traced anew for other rewards")


@promise()
def _one_compile_for_equal_env(tested):
    """An equal environment traces reset and step no second time."""
    traces = _trace(tested, (tested.env, tested.params), (tested.twin, tested.params))
    demand(traces == 1, "they were traced anew")


def _trace(tested, *calls):
    """Trace a reset and two steps for each of the calls; return how often they were traced."""
    traces = {"reset": 0, "step": 0}

    def traced(env, name, *args):
        traces[name] += 1
        return getattr(env, name)(*args)

    abstractly = jax.jit(traced, static_argnums=(0, 1))
    key = tested.key(3)
    action = jax.eval_shape(tested.action_space.sample, key)
    for env, params in calls:
        _, state = abstractly.eval_shape(env, "reset", key, params)
        for _ in range(2):
            _, state, *_ = abstractly.eval_shape(env, "step", key, state, action, params)
    return max(traces.values())


@promise("sample_conditions", "respond", "observe")
def _jit_changes_nothing(tested):
    """Compiled or not, the task draws, judges and shows the same."""
    env, params = tested.env, tested.params
    # Drawn by jax.random itself: the library's threefry is hundreds of operations one by one.
    key = jax.random.key(tested.seed, impl="unsafe_rbg")
    action = jnp.zeros(tested.action_space.shape, tested.action_space.dtype)

    def hooks(key, state, action, params):
        response = env.respond(state, action, params)
        drawn = env.sample_conditions(key, params, state.carry)
        reward = jnp.asarray(response.reward, jnp.float32)
        return drawn, reward, jnp.asarray(response.new_trial), env.observe(state, params)

    args = key, row_of(tested.start[1], 0), action, params
    compiled = quick_jit(hooks)(*args)
    with jax.disable_jit():
        demand_same(compiled, hooks(*args), "results with and without jit")


@promise("respond")
def _batch_is_loop(tested):
    """A scan over a batch returns what a loop of single steps returns."""
    _compare_with_loop(tested, tested.play("random"), [tested.limited()] * _LOOP_ENVS)


@promise("respond")
def _params_can_be_swept(tested):
    """A batch whose rows have other params returns what single steps return."""
    played = tested.play("random", sweep=True)
    _compare_with_loop(tested, played, tested.variants[:_LOOP_ENVS])


def _compare_with_loop(tested, played, params):
    """Play the first trial of the first rows, step by step."""
    for row in range(_LOOP_ENVS):
        state = row_of(tested.start[1], row)
        steps = min(int(np.argmax(played["info"]["new_trial"][:, row])) + 2, tested.steps)
        for i in range(steps):
            key, action = tested.step_keys[i, row], played["action"][i, row]
            ob, state, reward, *_, info = tested.step(key, state, action, params[row])
            expected = {"ob": ob, "reward": reward, "info": info}
            found = {name: row_of(played[name], (i, row)) for name in expected}
            demand_same(found, expected, f"step {i}, in a batch and alone")
