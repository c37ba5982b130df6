"""The Gymnasium adapter, and gymnax's own registry and wrappers."""

import gymnasium
import gymnax
import jax
import matplotlib
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnax.environments.classic_control.cartpole import CartPole
from gymnax.wrappers.compat import LegacyStepAPIWrapper
from gymnax.wrappers.purerl import LogWrapper
from matplotlib import pyplot

import jaxgym_neuro as jgn
import jaxgym_neuro.gymnax
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv, to_gymnasium_space
from jaxgym_neuro.adapters.stepping import one_compiled
from jaxgym_neuro.adapters.stepping.tables import draw_tables
from jaxgym_neuro.plotting import frames

matplotlib.use("agg")

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
        "choice", "reaction_time",
    }  # fmt: skip
    assert type(info["new_trial"]) is bool
    assert type(info["performance"]) is float
    assert type(info["gt"]) is int
    assert (type(info["choice"]), type(info["reaction_time"])) == (int, float)
    assert {name: type(value) for name, value in info["conditions"].items()} == {
        "coh": float,
        "ground_truth": int,
        "signed_coh": float,
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


def test_conditions_fix_the_task_of_a_trial_where_there_are_several():
    tasks = jgn.wrappers.MultiTask(["GoNogo-v0", "DelayComparison-v0"], pad=True)
    env = GymnasiumEnv(tasks)
    for task in (1, 0):
        _, info = env.reset(seed=0, options={"conditions": {"task": task}})
        for _ in range(100):
            ob, _, _, _, info = env.step(0)
            if info["new_trial"]:
                break
            assert ob[3:].tolist() == np.eye(2)[task].tolist()
        assert info["conditions"]["task"] == task
        trial = env.new_trial(task=1 - task)
        assert int(trial.conditions["task"]) == 1 - task
        *_, info = env.step(0)
        assert info["conditions"]["task"] == 1 - task


def test_conditions_fix_the_first_trial_and_nothing_else(env):
    _, free = env.reset(seed=7)
    given = {"coh": 51.2, "ground_truth": 1}
    _, fixed = env.reset(seed=7, options={"conditions": given})
    assert fixed["conditions"] == pytest.approx({**given, "signed_coh": 51.2})
    assert free["conditions"] != fixed["conditions"]
    trace = [env.step(0) for _ in range(30)]
    env.reset(seed=7)
    later = [env.step(0) for _ in range(30)]
    for (fixed_ob, *_), (ob, *_) in zip(trace[4:], later[4:], strict=True):
        np.testing.assert_array_equal(fixed_ob, ob)  # the first trial lasts five steps


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
    before = env.params, env.ob_now.tobytes()
    with pytest.raises(ValueError, match=message):
        env.reset(options=options)
    assert (env.params, env.ob_now.tobytes()) == before


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


@pytest.mark.parametrize("tabulate", [True, False])
def test_nothing_is_compiled_for_the_second_step_or_for_an_equal_environment(env, tabulate):
    def count():
        functions = one_compiled._reset, one_compiled._step, draw_tables
        return [sum(one._cache_size() for one in each.programs) for each in functions]

    for _ in range(2):
        env = GymnasiumEnv(ID, timing=TIMING, tabulate=tabulate)
        env.reset(seed=0)
        env.step(0)
        sizes = count()
    other = GymnasiumEnv(ID, timing=TIMING, tabulate=tabulate)
    other.reset(seed=1)
    for action in (0, np.int64(1), np.int32(2), jax.numpy.int32(0)):
        other.step(action)
    other.reset(options={"params": other.params.with_rewards(fail=-1)})
    other.step(0)
    assert count() == sizes


def test_an_environment_instance_is_taken_as_it_is(env):
    adapted = GymnasiumEnv(env.task)
    assert adapted.task is env.task
    with pytest.raises(ValueError, match="constructed already"):
        GymnasiumEnv(env.task, dt=20)


def test_a_wrong_render_mode_is_rejected():
    with pytest.raises(ValueError, match="did you mean 'rgb_array'"):
        GymnasiumEnv(ID, render_mode="rgb")


@pytest.mark.parametrize("tabulate", [True, False])
def test_new_trial_replaces_the_trial_under_way(tabulate):
    env = GymnasiumEnv(ID, timing=TIMING, tabulate=tabulate)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.new_trial()
    env.reset(seed=0)
    env.step(0)
    trial = env.new_trial(coh=51.2, ground_truth=1)
    assert trial is not None
    assert (env.t, env.t_ind, int(env.state.time), int(env.state.num_trials)) == (0, 0, 1, 1)
    assert float(env.trial.conditions["coh"]) == pytest.approx(51.2)
    assert env.gt.tolist() == [0, 0, 0, 2, 2]
    np.testing.assert_array_equal(env.step(0)[0], env.ob[1])
    with pytest.raises(ValueError, match="did you mean 'coh'"):
        env.new_trial(cohs=51.2)
    assert env.t_ind == 1


def test_new_trials_are_the_same_by_look_ups_and_by_compiled_steps():
    pair = [GymnasiumEnv(ID, timing=TIMING, tabulate=tabulate) for tabulate in (True, False)]
    for env in pair:
        env.reset(seed=0, options={"conditions": {"ground_truth": 0}})
        env.step(0)
    for conditions in ({}, {"coh": 51.2}, {}):
        first, second = (env.new_trial(**conditions) for env in pair)
        np.testing.assert_allclose(first.ob, second.ob, rtol=1e-5, atol=1e-5)
        assert {k: v.item() for k, v in first.conditions.items()} == {
            k: v.item() for k, v in second.conditions.items()
        }


def test_blocks_go_on_where_conditions_are_given_by_look_ups_and_by_compiled_steps():
    task = jgn.make(ID, timing=TIMING)[0]
    biased = jgn.wrappers.SideBias(task, [[0.9, 0.1], [0.1, 0.9]], block_dur=3)
    envs = GymnasiumEnv(biased, batch_size=4), GymnasiumEnv(biased, tabulate=False)
    for env in envs:
        env.reset(seed=0)
    blocks = [
        [int(env.new_trial(coh=51.2).conditions["side_bias_block"]) for env in envs]
        for _ in range(12)
    ]
    assert all(one == other for one, other in blocks)
    assert {0, 1} == {one for one, _ in blocks}


@pytest.mark.parametrize("tabulate", [True, False])
def test_conveniences_follow_the_trial(tabulate):
    env = GymnasiumEnv(ID, timing=TIMING, tabulate=tabulate)
    assert env.trial is None
    with pytest.raises(gymnasium.error.ResetNeeded):
        _ = env.ob
    ob, _ = env.reset(seed=1)
    np.testing.assert_array_equal(ob, env.ob_now)
    assert env.in_period("fixation")
    assert not env.in_period("decision")
    assert env.in_period("decision", 300)
    assert len(env.ob) == len(env.gt) == env.trial.length == 5
    env.step(0)
    assert (env.t_ind, env.t, env.gt_now, env.dt) == (1, 100, 0, 100)
    assert env.rewards["correct"] == 1
    assert set(env.timing) == {"fixation", "stimulus", "delay", "decision"}
    assert env.metadata["paper_link"].startswith("https://")
    with pytest.raises(ValueError, match="did you mean 'decision'"):
        env.in_period("decisions")


def test_a_closed_environment_says_so_until_it_is_reset():
    env = GymnasiumEnv(ID, timing=TIMING)
    env.reset(seed=0)
    env.close()
    env.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        env.step(0)
    env.reset()
    env.step(0)


def test_the_environment_stays_usable_after_an_error(env):
    env.reset(seed=0)
    with pytest.raises(ValueError, match="Discrete"):
        env.step(3)
    assert env.step(0)[4]["new_trial"] is False


def test_time_limit_and_episode_statistics_compose():
    env = gymnasium.make(f"jaxgym_neuro/{ID}", timing=TIMING, max_episode_steps=7)
    env = gymnasium.wrappers.RecordEpisodeStatistics(env)
    env.reset(seed=0)
    for _ in range(2):
        transitions = [env.step(0) for _ in range(7)]
        assert [step[3] for step in transitions] == [False] * 6 + [True]
        assert not any(step[2] for step in transitions)
        assert transitions[-1][4]["episode"]["l"] == 7
        env.reset()


@pytest.mark.parametrize("id", [ID, "AntiReach-v0", "Reaching1D-v0", "ReachingDelayResponse-v0"])
def test_a_frame_shows_the_trial_so_far(id):
    env = gymnasium.make(f"jaxgym_neuro/{id}", render_mode="rgb_array")
    env.action_space.seed(0)
    env.reset(seed=0)
    frames = [env.render()]
    for _ in range(2):
        env.step(env.action_space.sample())
        frames.append(env.render())
    assert all(frame.dtype == np.uint8 and frame.shape == frames[0].shape for frame in frames)
    height, width, colours = frames[0].shape
    assert (height % 2, width % 2, colours) == (0, 0, 3)
    drawn = [np.sum(frame < 255) for frame in frames]
    assert drawn[0] < drawn[1] < drawn[2]
    assert pyplot.get_fignums() == []


def test_human_rendering_shows_every_step_in_one_window(monkeypatch):
    shown = []
    monkeypatch.setattr(frames.Window, "show", lambda self, picture: shown.append(picture))
    env = gymnasium.make(f"jaxgym_neuro/{ID}", timing=TIMING, render_mode="human")
    env.reset(seed=0)
    env.step(0)
    assert env.render() is None
    assert len(shown) == 3
    assert len(pyplot.get_fignums()) == 1
    env.close()
    assert pyplot.get_fignums() == []


def test_render_without_a_mode_warns_and_draws_nothing(env):
    with pytest.warns(UserWarning, match="render_mode is None"):
        assert env.render() is None


def test_gymnasiums_checker_renders_every_mode():
    check_env(gymnasium.make(f"jaxgym_neuro/{ID}", timing=TIMING).unwrapped)
    pyplot.close("all")


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


@pytest.mark.parametrize("scalar", [False, True])
def test_to_write_to_an_observation_changes_no_other(scalar):
    """Not the others of the trial, nor the one that is shown again where an episode begins."""
    space = jgn.spaces.Box(0, 1) if scalar else jgn.spaces.Box(0, 1, (2,))

    class Ramp(jgn.TrialEnv):
        TIMING = {"ramp": 300}

        def __init__(self):
            actions = jgn.spaces.Discrete(2)
            super().__init__(dt=100, observation_space=space, action_space=actions)

        def build_trial(self, builder, conditions, params):
            ramp = np.arange(1, 4, dtype=np.float32).reshape(-1, *(1,) * (not scalar)) / 4
            return builder.add_period("ramp").add_ob(ramp)

        def respond(self, state, action, params):
            return jgn.Response(reward=0.0)

    env = GymnasiumEnv(Ramp(), params=Ramp().default_params.replace(trials_per_episode=1))
    assert env.is_tabulated
    for _ in range(3):
        shown = [env.reset()[0]]
        shown += [env.step(0)[0] for _ in range(3)]
        for ob, value in zip(shown, (0.25, 0.5, 0.75, 0.25), strict=True):
            np.testing.assert_array_equal(ob, np.full(space.shape, value, np.float32))
            ob[...] = 9
