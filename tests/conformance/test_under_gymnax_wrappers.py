"""Tasks under gymnax's own wrappers: what these show is what the tasks do."""

import gymnasium
import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax import wrappers
from gymnax.experimental.rollout import RolloutWrapper

import jaxgym_neuro as jgn
import jaxgym_neuro.gymnax

ID = "GoNogo-v0"
TIMING = {"fixation": 0, "stimulus": 100, "delay": 100, "decision": 100}
ENV, PARAMS = jgn.make(ID, timing=TIMING)
PARAMS = PARAMS.replace(trials_per_episode=2)
# Waiting throughout, a trial takes three steps.
ACTIONS = jnp.zeros(12, jnp.int32).at[2].set(1)
KEY = jax.random.key(3)
pytestmark = pytest.mark.usefixtures("relaxed_promotion")


def run(env):
    """Step through the actions; return what each step did, without its state."""

    @jax.jit
    def scan():
        def step(state, given):
            ob, state, *rest = env.step(given[0], state, given[1], PARAMS)
            return state, (ob, *rest)

        keys = jax.random.split(KEY, len(ACTIONS))
        return jax.lax.scan(step, env.reset(KEY, PARAMS)[1], (keys, ACTIONS))[1]

    return jax.device_get(scan())


@pytest.fixture(scope="module")
def bare():
    with jax.numpy_dtype_promotion("standard"):
        ob, reward, terminated, truncated, info = run(ENV)
    assert np.flatnonzero(terminated).tolist() == [5, 11]
    assert not truncated.any()
    return ob, reward, terminated, info


def assert_same(found, expected):
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_log_wrapper_reports_the_episodes(bare):
    ob, reward, terminated, _ = bare
    shown, paid, ended, _, info = run(wrappers.LogWrapper(ENV))
    assert_same(
        (shown, paid, ended, info["returned_episode"]), (ob, reward, terminated, terminated)
    )
    returns = reward.reshape(2, 6).sum(axis=1)
    np.testing.assert_allclose(info["returned_episode_returns"][[5, 11]], returns, rtol=1e-6)
    assert info["returned_episode_lengths"][[5, 11]].tolist() == [6, 6]


def test_flatten_observation_wrapper_flattens_the_last_observation_too(bare):
    ob, *_, info = bare
    env = wrappers.FlattenObservationWrapper(ENV)
    shown, *_, told = run(env)
    assert_same((shown, told["final_observation"]), (ob, info["final_observation"]))
    assert env.observation_space(PARAMS).shape == (3,)


def test_sticky_action_wrapper_repeats_actions(bare):
    """At once where it never does, and for ever where it always does: the first is 0."""
    ob, reward, *_ = bare
    shown, paid, *_ = run(wrappers.StickyActionWrapper(ENV, 0.0))
    assert_same((shown, paid), (ob, reward))
    paid = run(wrappers.StickyActionWrapper(ENV, 1.0))[1]
    assert set(paid.tolist()) <= {0.0, PARAMS.rewards["miss"].item()}


def test_sticky_action_wrapper_refuses_continuous_actions():
    env = jgn.make("ReachingDelayResponse-v0")[0]
    with pytest.raises(ValueError, match="requires a Discrete action space"):
        wrappers.StickyActionWrapper(env)


def test_legacy_step_api_wrapper_has_one_flag(bare):
    ob, reward, terminated, _ = bare
    shown, paid, done, _ = run(wrappers.LegacyStepAPIWrapper(ENV))
    assert_same((shown, paid, done), (ob, reward, terminated))


def test_wrappers_stack(bare):
    _, reward, terminated, _ = bare
    env = wrappers.LogWrapper(
        wrappers.FlattenObservationWrapper(wrappers.StickyActionWrapper(ENV, 0.0))
    )
    _, paid, ended, _, info = run(env)
    assert_same((paid, ended), (reward, terminated))
    assert info["returned_episode_lengths"][-1] == 6


def test_dm_env_wrapper_discounts_by_0_at_the_end_of_an_episode(bare):
    ob, reward, terminated, info = bare
    env = wrappers.GymnaxToDmEnvWrapper(ENV)

    @jax.jit
    def scan():
        def step(timestep, given):
            timestep = env.step(given[0], timestep, given[1], PARAMS)
            return timestep, timestep.replace(state=None)

        keys = jax.random.split(KEY, len(ACTIONS))
        begun = env.reset(KEY, PARAMS)
        return jax.lax.scan(step, begun, (keys, ACTIONS))[1]

    steps = jax.device_get(scan())
    assert_same((steps.observation, steps.reward, steps.discount), (ob, reward, 1.0 - terminated))
    assert_same(steps.final_observation, info["final_observation"])


def test_gym_wrapper_has_gymnasiums_spaces():
    env = wrappers.GymnaxToGymWrapper(ENV, PARAMS, seed=1)
    assert env.action_space == gymnasium.spaces.Discrete(2)
    assert env.observation_space.shape == (3,)
    env.reset(seed=1)
    flags = [bool(env.step(0)[2]) for _ in range(6)]
    assert flags == [False] * 5 + [True]


def test_vector_gym_wrapper_replaces_methods_of_an_environment_and_tasks_do_not_change():
    """Gymnasium's ``make_vec`` does what it would."""
    with pytest.raises(AttributeError, match="is immutable"):
        wrappers.GymnaxToVectorGymWrapper(ENV, 2, PARAMS)


def test_rollout_wrapper_takes_a_task_its_id_and_overrides():
    keys = jax.random.split(KEY, 2)
    of_env = RolloutWrapper(env=ENV, env_params=PARAMS, num_env_steps=7)
    *_, done, returns = of_env.batch_rollout(keys, None)
    assert done.shape == (2, 7)
    assert returns.shape == (2, 1)
    kwargs = {"env_kwargs": {"timing": TIMING}, "env_params": {"max_steps_in_episode": 7}}
    of_id = RolloutWrapper(env_name=ID, **kwargs)
    *_, done, _ = of_id.batch_rollout(keys, None)
    np.testing.assert_array_equal(done, np.arange(7)[None] == [[6], [6]])


@pytest.mark.parametrize(
    "make",
    [
        lambda: jgn.wrappers.MultiTask([ENV, "DelayComparison-v0"], pad=True),
        lambda: jgn.make("Reaching1D-v0")[0],
        lambda: jgn.wrappers.TimeOut(jgn.wrappers.PassReward(ENV)),
    ],
)
@pytest.mark.parametrize(
    "wrap",
    [
        wrappers.LogWrapper,
        wrappers.FlattenObservationWrapper,
        wrappers.StickyActionWrapper,
        lambda env: wrappers.LogWrapper(wrappers.FlattenObservationWrapper(env)),
    ],
)
def test_every_kind_of_task_keeps_its_shapes_under_them(wrap, make):
    task = make()
    env, params = wrap(task), task.default_params
    assert env.name == task.name
    ob, state = jax.eval_shape(env.reset, KEY, params)
    stepped = jax.eval_shape(env.step, KEY, state, jnp.int32(0), params)
    assert stepped[0].shape == ob.shape == task.observation_space().shape
    assert jax.tree.structure(stepped[1]) == jax.tree.structure(state)


def test_gymnax_makes_a_task_with_its_arguments():
    env, params = gymnax.make(ID, timing=TIMING)
    assert env == ENV
    assert isinstance(env.action_space(params), gymnax.environments.spaces.Discrete)
