"""The Gymnasium adapter, and gymnax's own registry and wrappers."""

import gymnasium
import gymnax
import jax
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnax.environments.classic_control.cartpole import CartPole
from gymnax.wrappers.compat import LegacyStepAPIWrapper
from gymnax.wrappers.purerl import LogWrapper

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters import gymnasium_env
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv, to_gymnasium_space

ID = "PerceptualDecisionMaking-v0"
TIMING = {"fixation": 100, "stimulus": 200, "decision": 200}


@pytest.fixture(scope="module")
def made():
    return gymnasium.make(f"jaxgym_neuro/{ID}", timing=TIMING)


@pytest.fixture
def env(made):
    """The adapter without Gymnasium's wrappers, at the params it was made with."""
    env = made.unwrapped
    env.reset(seed=0, options={"params": env.task.default_params})
    return env


def rollout(env, steps=20, seed=None):
    ob, _ = env.reset(seed=seed)
    trace = [ob]
    for i in range(steps):
        ob, reward, *_ = env.step(i % 3)
        trace.extend([ob, reward])
    return np.concatenate([np.ravel(x) for x in trace])


def test_passes_gymnasiums_own_checker(made):
    check_env(made.unwrapped)


def test_make_passes_constructor_arguments_to_the_task():
    env = gymnasium.make(f"jaxgym_neuro/{ID}", dt=20, dim_ring=8)
    assert env.observation_space.shape == (9,)
    assert env.action_space.n == 9
    assert env.unwrapped.task.dt == 20


def test_make_rejects_an_unknown_argument():
    with pytest.raises(ValueError, match="did you mean 'dim_ring'"):
        gymnasium.make(f"jaxgym_neuro/{ID}", dim_rings=8)


def test_values_are_numpy_and_python(env):
    ob, info = env.reset(seed=1)
    assert type(ob) is np.ndarray
    assert ob.dtype == env.observation_space.dtype
    assert ob.flags.writeable
    ob, reward, terminated, truncated, info = env.step(np.int64(1))
    assert type(ob) is np.ndarray
    assert ob in env.observation_space
    assert (type(reward), type(terminated), type(truncated)) == (float, bool, bool)
    assert set(info) == {
        "new_trial", "performance", "gt", "conditions", "terminated", "truncated",
    }  # fmt: skip
    assert type(info["new_trial"]) is bool
    assert type(info["performance"]) is float
    assert type(info["gt"]) is int
    assert {name: type(value) for name, value in info["conditions"].items()} == {
        "coh": float,
        "ground_truth": int,
    }


def test_same_seed_same_run_and_no_seed_continues_the_stream(env):
    first, second = rollout(env, seed=3), rollout(env)
    again, second_again = rollout(env, seed=3), rollout(env)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(second, second_again)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, rollout(env, seed=4))


def test_np_random_that_a_user_sets_drives_the_run(env):
    env.np_random = np.random.default_rng(5)
    first = rollout(env)
    env.np_random = np.random.default_rng(5)
    np.testing.assert_array_equal(first, rollout(env))


def test_steps_are_those_of_the_functional_environment(env):
    """A trial by hand: wait through fixation and stimulus, then choose right, then wrong."""
    for choice, reward in ((2, 1.0), (1, 0.0)):
        _, info = env.reset(seed=1, options={"conditions": {"ground_truth": 1}})
        assert info["conditions"]["ground_truth"] == 1
        for _ in range(3):
            ob, paid, _, _, info = env.step(0)
            assert paid == 0
            assert not info["new_trial"]
        assert ob[0] == 0
        _, paid, terminated, truncated, info = env.step(choice)
        assert paid == reward
        assert info["performance"] == reward
        assert info["new_trial"]
        assert not terminated
        assert not truncated


def test_conditions_fix_the_first_trial_and_nothing_else(env):
    _, free = env.reset(seed=7)
    given = {"coh": 51.2, "ground_truth": 1}
    _, fixed = env.reset(seed=7, options={"conditions": given})
    assert fixed["conditions"] == pytest.approx(given)
    assert free["conditions"] != fixed["conditions"]
    key = np.asarray(jax.random.key_data(env._key))
    env.reset(seed=7)
    np.testing.assert_array_equal(key, np.asarray(jax.random.key_data(env._key)))


def test_params_are_used_from_then_on(env):
    params = env.params.with_rewards(abort=-7.0)
    env.reset(options={"params": params})
    assert env.step(1)[1] == -7.0
    env.reset()
    assert env.step(1)[1] == -7.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"param": None}, "unknown reset option 'param'; did you mean 'params'"),
        ({"conditions": {"cohs": 1}}, "unknown condition 'cohs'; did you mean 'coh'"),
        ({"params": 3}, "default_params"),
    ],
)
def test_wrong_options_are_rejected_and_change_nothing(env, options, message):
    before = env.params, env.state
    with pytest.raises(ValueError, match=message):
        env.reset(options=options)
    assert (env.params, env.state) == before


def test_params_that_do_not_fit_are_rejected(env):
    with pytest.raises(ValueError, match="room for 200 ms"):
        env.reset(options={"params": env.params.with_timing(stimulus=400)})


@pytest.mark.parametrize(
    ("limit", "flag"), [("max_steps_in_episode", 3), ("trials_per_episode", 2)]
)
def test_an_episode_that_ends_shows_its_last_observation_and_waits_for_reset(env, limit, flag):
    params = env.params.replace(**{limit: 2})
    env.reset(seed=2, options={"params": params})
    ended = False
    while not ended:
        t = int(env.state.t)
        trial = env.state.trial
        ob, _, *flags, _ = env.step(0)
        ended = any(flags)
    assert flags == [limit == "trials_per_episode", limit == "max_steps_in_episode"]
    if limit == "max_steps_in_episode":
        np.testing.assert_array_equal(ob, trial.ob[t + 1])
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset()
    env.step(0)


def test_step_before_reset_is_an_error():
    env = GymnasiumEnv(ID, timing=TIMING)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


@pytest.mark.parametrize("action", [3, -1, 1.0, [0, 1], "left"])
def test_an_action_outside_the_space_is_an_error_that_names_it(env, action):
    with pytest.raises(ValueError, match=r"Discrete\(3\)"):
        env.step(action)


def test_nothing_is_compiled_for_the_second_step_or_for_an_equal_environment(env):
    env.reset(seed=0)
    env.step(0)
    sizes = gymnasium_env._reset._cache_size(), gymnasium_env._step._cache_size()
    other = GymnasiumEnv(ID, timing=TIMING)
    other.reset(seed=1)
    for action in (0, np.int64(1), np.int32(2), jax.numpy.int32(0)):
        other.step(action)
    other.reset(options={"params": other.params.with_rewards(fail=-1)})
    other.step(0)
    assert (gymnasium_env._reset._cache_size(), gymnasium_env._step._cache_size()) == sizes


def test_an_environment_instance_is_taken_as_it_is(env):
    adapted = GymnasiumEnv(env.task)
    assert adapted.task is env.task
    with pytest.raises(ValueError, match="constructed already"):
        GymnasiumEnv(env.task, dt=20)


def test_render_mode_is_rejected():
    with pytest.raises(ValueError, match="render_mode"):
        GymnasiumEnv(ID, render_mode="human")


def test_spaces_keep_names_bounds_and_dtype():
    box = to_gymnasium_space(jgn.spaces.Box(-1, [1, 2], (2,), name={"x": 0, "y": 1}))
    assert isinstance(box, gymnasium.spaces.Box)
    assert box.name == {"x": 0, "y": 1}
    np.testing.assert_array_equal(box.low, [-1, -1])
    np.testing.assert_array_equal(box.high, [1, 2])
    discrete = to_gymnasium_space(jgn.spaces.Discrete(3, name={"fixation": 0}))
    assert discrete == gymnasium.spaces.Discrete(3)
    assert discrete.name == {"fixation": 0}
    nested = gymnax.environments.spaces.Dict({"a": jgn.spaces.Discrete(2)})
    assert to_gymnasium_space(nested) == gymnasium.spaces.Dict({"a": gymnasium.spaces.Discrete(2)})
    with pytest.raises(ValueError, match="not object"):
        to_gymnasium_space(object())


def test_wraps_a_sync_vector_environment(made):
    envs = gymnasium.make_vec(
        f"jaxgym_neuro/{ID}", num_envs=2, vectorization_mode="sync", timing=TIMING
    )
    obs, infos = envs.reset(seed=1)
    assert obs.shape == (2, 3)
    assert infos["conditions"]["coh"].shape == (2,)
    envs.step(np.zeros(2, np.int64))


def test_a_plain_gymnax_environment_works(relaxed_promotion):
    env = GymnasiumEnv(CartPole())
    ob, info = env.reset(seed=1)
    assert info == {}
    ended = False
    while not ended:
        ob, reward, *flags, info = env.step(0)
        assert reward == 1
        ended = any(flags)
    # The pole has fallen: the observation is not that of a fresh episode.
    assert abs(ob[2]) > 0.2
    with pytest.raises(ValueError, match="no trials"):
        env.reset(options={"conditions": {"coh": 1}})


def test_gymnax_make_returns_the_task():
    env, params = gymnax.make(ID)
    assert env == jgn.make(ID)[0]
    assert type(params) is type(env.default_params)


@pytest.mark.parametrize(("wrapper", "num_values"), [(LogWrapper, 6), (LegacyStepAPIWrapper, 5)])
def test_gymnax_wrappers_work_in_a_vmapped_scan(wrapper, num_values, key, relaxed_promotion):
    task, params = jgn.make(ID, timing=TIMING)
    env = wrapper(task)
    params = params.replace(trials_per_episode=2)

    def run(key):
        _, state = env.reset(key, params)

        def step(state, key):
            transition = env.step(key, state, jax.numpy.int32(0), params)
            assert len(transition) == num_values
            return transition[1], (transition[3], transition[-1])

        return jax.lax.scan(step, state, jax.random.split(key, 10))[1]

    ended, info = jax.jit(jax.vmap(run))(jax.random.split(key, 8))
    # Two trials of five steps to an episode.
    np.testing.assert_array_equal(np.asarray(ended), np.tile(np.arange(10) == 9, (8, 1)))
    if wrapper is LogWrapper:
        assert np.all(info["returned_episode_lengths"][:, -1] == 10)
