"""The vector environment shows what N functional environments do, in every way to begin anew."""

import inspect

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as wrappers
from gymnax.environments.classic_control.cartpole import CartPole
from task_ids import IDS, fast_if_typical

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.conversion import checked_actions
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.registry import factory_of

ID = "PerceptualDecisionMaking-v0"
TIMING = {"fixation": 100, "stimulus": 200, "decision": 200}
N, SEED = 5, 3


ONE_OF_EACH_KIND = {  # and what makes it one
    ID: "no more than the trial matters",
    "AnnubesEnv-v0": "a chain, and notes of two kinds",
    "DawTwoStep-v0": "a chain, and notes that are shown",
    "DualDelayMatchSample-v0": "notes, of which one is a score",
    "HierarchicalReasoning-v0": "a chain, and a note",
    "perceptualdecisionmaking.ibl20-v0": "a chain of a wrapper's",
    "Reaching1D-v0": "notes that are seen, and no whole numbers",
    "ReachingDelayResponse-v0": "continuous actions",
    "SpatialSuppressMotion-v0": "continuous actions, and a note",
}


def limited(env):
    """Episodes that terminate after two trials, or are truncated amid one."""
    return env.task.default_params.replace(trials_per_episode=2, max_steps_in_episode=9)


@pytest.fixture(scope="module", params=["tabulated", "compiled"])
def envs(request):
    """One environment for each autoreset mode."""
    made = {}
    for mode in AutoresetMode:
        env = gymnasium.make_vec(
            f"jaxgym_neuro/{ID}",
            num_envs=N,
            timing=TIMING,
            autoreset_mode=mode,
            tabulate=request.param == "tabulated",
        )
        assert env.is_tabulated == (request.param == "tabulated")
        made[mode] = env
    return made


@pytest.fixture
def env(envs):
    env = envs[AutoresetMode.NEXT_STEP]
    env.reset(seed=0, options={"params": env.task.default_params})
    return env


def functional_run(task, params, seed, actions):
    """Observations and transitions of one functional environment, stepped by hand.

    Yields for each action the transition and the conditions of the trial after it.
    """
    words = seeding.np_random(seed)[0].integers(2**32, size=2, dtype=np.uint32)
    key = jax.random.wrap_key_data(jnp.asarray(words), impl="threefry2x32")
    number = 0
    ob, state = task.reset(jax.random.fold_in(key, 0), params)
    yield np.asarray(ob), state
    for action in actions:
        key_step = jax.random.fold_in(key, number + 1)
        ob, state, *rest = task.step(key_step, state, jnp.int32(action), params)
        number += bool(rest[-1]["new_trial"] | rest[1] | rest[2])
        yield jax.tree.map(np.asarray, (ob, *rest)), state


@pytest.fixture(scope="module")
def task_and_runs():
    """Runs of N functional environments, with episodes that end both ways."""
    task, params = jgn.make(ID, timing=TIMING)
    params = params.replace(trials_per_episode=2, max_steps_in_episode=9)
    actions = np.random.default_rng(2).integers(0, 3, (60, N))
    runs = [list(functional_run(task, params, SEED + i, actions[:, i])) for i in range(N)]
    ends = np.array([[t[2] + 2 * t[3] for t, _ in run[1:]] for run in runs])
    assert {1, 2} <= set(ends.ravel().tolist())
    return actions, runs


def at(infos, name, i):
    """Value of an info of environment i, None where its mask is False."""
    return infos[name][i] if infos[f"_{name}"][i] else None


def check_row(expected, infos, i):
    for name in ("new_trial", "performance", "gt"):
        assert at(infos, name, i) == expected[name]
    check_conditions(expected["conditions"], infos, i)


def check_conditions(expected, infos, i):
    assert infos["_conditions"][i]
    for name, value in expected.items():
        assert at(infos["conditions"], name, i) == value


@pytest.mark.parametrize("mode", ["SameStep", "NextStep", "Disabled"])
def test_every_autoreset_mode_shows_the_functional_environments(envs, task_and_runs, mode):
    mode = AutoresetMode(mode)
    env = envs[mode]
    assert env.metadata["autoreset_mode"] is mode
    actions, runs = task_and_runs
    obs, infos = env.reset(seed=SEED, options={"params": limited(env)})
    first = np.stack([run[0][0] for run in runs])
    np.testing.assert_allclose(obs, first, atol=1e-6)
    done, now, steps, num_ended = np.zeros(N, bool), np.zeros(N, int), 0, 0
    while now.max() < 60:
        step = actions[np.minimum(now, 59), np.arange(N)]
        if mode is AutoresetMode.NEXT_STEP:  # what is done where an episode has ended is ignored
            step = np.where(done, 2, step)
        if mode is AutoresetMode.DISABLED and done.any():
            break  # a reset begins another trial than the functional environment does
        obs, rewards, terminated, truncated, infos = env.step(step)
        was_done, steps = done, steps + 1
        for i in range(N):
            (ob, reward, end, cut, info), state = (
                runs[i][now[i]] if was_done[i] else runs[i][now[i] + 1]
            )
            if was_done[i] and mode is AutoresetMode.NEXT_STEP:
                np.testing.assert_allclose(obs[i], ob, atol=1e-6)
                assert (rewards[i], terminated[i], truncated[i]) == (0, False, False)
                assert at(infos, "performance", i) is at(infos, "new_trial", i) is None
                check_conditions(jax.device_get(state.trial.conditions), infos, i)
                continue
            assert (np.float32(rewards[i]), terminated[i], truncated[i]) == (reward, end, cut)
            ended = end or cut
            num_ended += ended
            final = info["final_observation"]
            if mode is AutoresetMode.SAME_STEP:
                np.testing.assert_allclose(obs[i], ob, atol=1e-6)
                assert infos.get("_final_obs", np.zeros(N, bool))[i] == ended
                if ended:
                    np.testing.assert_allclose(infos["final_obs"][i], final, atol=1e-6)
                    check_row(info, infos["final_info"], i)
                    assert at(infos, "new_trial", i) is None
                    check_conditions(jax.device_get(state.trial.conditions), infos, i)
                else:
                    check_row(info, infos, i)
            else:
                np.testing.assert_allclose(obs[i], final if ended else ob, atol=1e-6)
                check_row(info, infos, i)
        now = now + ~was_done
        done = (terminated | truncated) & (mode is not AutoresetMode.SAME_STEP)
    assert num_ended > (0 if mode is AutoresetMode.DISABLED else 20)


def test_without_autoreset_the_user_resets_what_has_ended(envs):
    env = envs[AutoresetMode.DISABLED]
    env.reset(seed=SEED, options={"params": limited(env)})
    done = np.zeros(N, bool)
    while not done.any():
        actions = np.array([0, 0, 1, 2, 0])
        obs, _, terminated, truncated, _ = env.step(actions)
        done = terminated | truncated
    assert not done.all()
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset_mask"):
        env.step(actions)
    options = {"reset_mask": done}
    again, infos = env.reset(options=options)
    assert "reset_mask" in options  # which wrappers look at afterwards
    np.testing.assert_array_equal(infos["_conditions"], done)
    np.testing.assert_array_equal(again[~done], obs[~done])
    np.testing.assert_array_equal(again[done, 0], 1)  # the fixation cue of a first step
    env.step(actions)


def rollout(env, steps=12, **reset):
    """Observations and rewards, environment by environment."""
    obs = [env.reset(**reset)[0]]
    rewards = []
    for step in range(steps):
        ob, reward, *_ = env.step(np.full(env.num_envs, step % 3))
        obs.append(np.array(ob))
        rewards.append(np.array(reward))
    return np.stack(obs, 1), np.stack(rewards, 1)


def test_environment_i_is_the_single_environment_of_seed_plus_i(env):
    obs, rewards = rollout(env, seed=SEED)
    single = gymnasium.make(f"jaxgym_neuro/{ID}", timing=TIMING)
    for i in range(2):
        ob, _ = single.reset(seed=SEED + i)
        for step in range(12):
            np.testing.assert_allclose(obs[i, step], ob, atol=1e-6)
            ob, reward, *_ = single.step(step % 3)
            assert reward == rewards[i, step]


@pytest.mark.parametrize("tabulate", [True, False])
def test_episodes_that_end_follow_one_another_as_in_the_single_environment(tabulate):
    _, params = jgn.make(ID, timing=TIMING)
    params = params.replace(trials_per_episode=2, max_steps_in_episode=9)
    given = {"params": params, "timing": TIMING, "tabulate": tabulate}
    several = TaskVectorEnv(ID, 2, autoreset_mode="SameStep", **given)
    obs, _ = several.reset(seed=SEED)
    singles = [GymnasiumEnv(ID, **given) for _ in range(2)]
    for i, single in enumerate(singles):
        single.reset(seed=SEED + i)
    ends = set()
    for actions in np.random.default_rng(5).integers(0, 3, (80, 2)):
        obs, rewards, *flags, _ = several.step(actions)
        for i, single in enumerate(singles):
            ob, reward, *ended, _ = single.step(actions[i])
            assert ended == [flag[i] for flag in flags]
            ends.add(tuple(ended))
            ob = single.reset()[0] if any(ended) else ob
            np.testing.assert_allclose(obs[i], ob, atol=1e-6)
            assert reward == pytest.approx(rewards[i])
    assert {(True, False), (False, True)} <= ends


def test_seeds_do_not_depend_on_the_number_of_environments(env):
    obs, rewards = rollout(env, seed=SEED)
    seeds = [SEED + 2, SEED, 77, 78, SEED + 1]
    listed, listed_rewards = rollout(env, seed=seeds)
    for place, other in ((0, 2), (1, 0), (4, 1)):
        np.testing.assert_array_equal(listed[place], obs[other])
        np.testing.assert_array_equal(listed_rewards[place], rewards[other])
    assert not np.array_equal(listed[2], listed[3])
    more = TaskVectorEnv(ID, N + 3, timing=TIMING, tabulate=env.is_tabulated)
    np.testing.assert_allclose(rollout(more, seed=SEED)[0][:N], obs, atol=1e-6)


def test_without_a_seed_the_streams_go_on(env):
    first = rollout(env, seed=SEED)[0]
    second = rollout(env)[0]
    assert not np.array_equal(first, second)
    rollout(env, seed=SEED)
    np.testing.assert_array_equal(rollout(env)[0], second)


@pytest.fixture(scope="module", params=fast_if_typical(ONE_OF_EACH_KIND))
def pair(request):
    """A task stepped by tables, of few trials at a time, and by compiled calls."""
    task, _ = jgn.make(request.param)
    tabulated = TaskVectorEnv(task, N, batch_size=8)
    assert tabulated.is_tabulated
    return tabulated, TaskVectorEnv(task, N, tabulate=False)


def assert_same(first, second, acted=None):
    """Equal names, and equal values up to how two programs round, where they are shown."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        if isinstance(value, dict):
            assert_same(value, second[name])
            continue
        other, mask = second[name], first.get(f"_{name}", slice(None))
        assert value.dtype == other.dtype, name
        value, other = value[mask], other[mask]
        if value.dtype == object:  # arrays of their own, where there are any
            value, other = np.stack(value), np.stack(other)
        np.testing.assert_allclose(value, other, rtol=1e-5, atol=1e-5, err_msg=name)


def assert_same_steps(pair, num_steps, seed=1, **options):
    """Step both with the same random actions, with resets in between."""
    pair[0].action_space.seed(seed)
    seen = [env.reset(seed=seed, options=options) for env in pair]
    for i in range(num_steps):
        (ob, info), (other_ob, other_info) = seen
        np.testing.assert_allclose(ob, other_ob, rtol=1e-5, atol=1e-5)
        assert ob.dtype == other_ob.dtype
        assert_same(info, other_info)
        if i == num_steps // 2:
            seen = [env.reset() for env in pair]
            continue
        if i == 4 * num_steps // 5 and not options:
            mask = np.arange(N) < 2
            seen = [env.reset(options={"reset_mask": mask}) for env in pair]
            continue
        actions = pair[0].action_space.sample()
        seen = []
        for env in pair:
            ob, rewards, terminated, truncated, info = env.step(actions)
            earned = {"reward": rewards, "terminated": terminated, "truncated": truncated}
            seen.append((ob, {**info, **earned}))
            for amount in env.task.rewards.values():  # Python's numbers, not float32's
                np.testing.assert_array_equal(
                    rewards == amount, rewards.astype("f4") == np.float32(amount)
                )


def test_both_ways_show_the_same_over_several_batches(pair):
    assert_same_steps(pair, 250)


@pytest.mark.parametrize("limit", [{"trials_per_episode": 3}, {"max_steps_in_episode": 40}])
@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_both_ways_show_the_same_episodes(pair, mode, limit):
    task = pair[0].task
    params = task.default_params.replace(**limit)
    ways = {"autoreset_mode": mode, "params": params}
    tabulated = TaskVectorEnv(task, N, batch_size=8, **ways)
    assert_same_steps((tabulated, TaskVectorEnv(task, N, tabulate=False, **ways)), 150)


@pytest.mark.parametrize(
    "id", [ID, "AnnubesEnv-v0", "DawTwoStep-v0", "Reaching1D-v0", "ReachingDelayResponse-v0"]
)
def test_both_ways_show_the_same_where_conditions_are_given_and_params_differ(id):
    """A trial, a chain, notes that are shown, and both forms of what is left to the step."""
    task, _ = jgn.make(id)
    tabulated, compiled = (
        TaskVectorEnv(task, N, **way) for way in ({"batch_size": 8}, {"tabulate": False})
    )
    params = task.default_params
    rewards = {**params.rewards, "correct": np.linspace(1, 2, N, dtype=np.float32)}
    given = task.new_trial(jax.random.key(7), params).conditions
    name = sorted(task.conditions)[0]
    options = {
        "params": params.replace(rewards=rewards, r_tmax=-0.5),
        "conditions": {name: np.asarray(given[name])},
    }
    assert_same_steps((tabulated, compiled), 60, **options)
    assert tabulated.is_tabulated


class Tiring(type(jgn.make(ID)[0])):
    """Pays less as an episode goes on."""

    def respond(self, state, action, params):
        response = super().respond(state, action, params)
        return response.replace(reward=response.reward - 0.1 * state.time.astype(jnp.float32))


def test_what_depends_on_the_clock_or_on_what_was_done_is_not_tabulated():
    assert not TaskVectorEnv(Tiring(), 2).is_tabulated
    for id, num_envs, expected in (
        (ID, 1024, True),
        (ID, 2**20, False),
        (jgn.wrappers.MultiTask([ID, "GoNogo-v0"], pad=True), 2, False),
    ):
        assert TaskVectorEnv(id, num_envs).is_tabulated is expected


@pytest.mark.parametrize("id", IDS)
def test_what_a_single_environment_tabulates_a_vector_environment_tabulates(id):
    """Unless it is large: there is room for a few trials of a picture, not for many."""
    size = {"size": (4, 4)} if "size" in inspect.signature(factory_of(id)).parameters else {}
    assert TaskVectorEnv(id, 2, **size).is_tabulated == GymnasiumEnv(id, **size).is_tabulated


def test_of_pictures_that_are_too_large_for_tables_a_vector_environment_takes_compiled_steps():
    assert not TaskVectorEnv("RandomDotMotion-v0", 2).is_tabulated


def test_conditions_fix_the_first_trials_of_the_environments_that_are_reset(env):
    truths = np.array([0, 1, 0, 1, 1])
    _, infos = env.reset(seed=1, options={"conditions": {"ground_truth": truths, "coh": 51.2}})
    np.testing.assert_array_equal(infos["conditions"]["ground_truth"], truths)
    np.testing.assert_allclose(infos["conditions"]["coh"], 51.2)
    for _ in range(3):
        obs, *_ = env.step(np.zeros(N, int))
    np.testing.assert_array_equal(obs[:, 0], 0)
    mask = np.arange(N) < 2
    _, infos = env.reset(options={"conditions": {"ground_truth": 1}, "reset_mask": mask})
    np.testing.assert_array_equal(infos["_conditions"], mask)
    _, rewards, _, _, infos = env.step(truths + 1)
    # Two of them are in fixation again, where to act costs 0.1.
    np.testing.assert_allclose(rewards, [-0.1, -0.1, 1, 1, 1])
    np.testing.assert_array_equal(infos["new_trial"], ~mask)
    np.testing.assert_array_equal(infos["performance"], [0, 0, 1, 1, 1])


def test_params_may_differ_between_environments(env):
    params = env.task.default_params
    costs = -np.arange(N, dtype=np.float32)
    params = params.replace(rewards={**params.rewards, "abort": costs})
    env.reset(seed=0, options={"params": params})
    np.testing.assert_array_equal(env.step(np.ones(N, int))[1], costs)
    env.reset()
    np.testing.assert_array_equal(env.step(np.ones(N, int))[1], costs)


def test_a_row_of_params_that_does_not_fit_is_named(env):
    longer = env.task.default_params.with_timing(stimulus=400).timing
    batched = jax.tree.map(
        lambda x, y: np.stack([x] * (N - 1) + [y]), env.task.default_params.timing, longer
    )
    with pytest.raises(ValueError, match="room for 200 ms"):
        env.reset(options={"params": env.task.default_params.replace(timing=batched)})


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"options": {"param": 1}}, "unknown reset option 'param'; did you mean 'params'"),
        ({"options": {"conditions": {"cohs": 1}}}, "unknown condition 'cohs'"),
        (
            {"options": {"conditions": {"coh": [1, 2]}}},
            "one value, or to 5, one for each environment, not to 2",
        ),
        ({"options": {"params": 3}}, "default_params"),
        ({"options": {"reset_mask": [True] * N}}, "NumPy array"),
        ({"options": {"reset_mask": np.zeros(N, bool)}}, "with a True"),
        ({"seed": [1, 2]}, "one number or 5"),
        ({"seed": -1}, "at least 0"),
    ],
)
def test_wrong_resets_are_rejected_and_change_nothing(env, kwargs, message):
    with pytest.raises(ValueError, match=message):
        env.reset(**kwargs)
    env.step(np.zeros(N, int))


@pytest.mark.parametrize(
    "actions", [[0] * (N + 1), 0, [0, 0, 0, 0, 3], [-1, 0, 0, 0, 0], [0.5] * N, "left", None]
)
def test_actions_outside_the_space_are_rejected_and_change_nothing(env, actions):
    with pytest.raises(ValueError, match=r"MultiDiscrete\(\[3 3 3 3 3\]\)"):
        env.step(actions)
    env.step(jnp.zeros(N, jnp.int32))


@pytest.mark.parametrize("beyond", [-1.5, 1.5, np.nan])
def test_one_continuous_action_beyond_its_bounds_is_rejected(beyond):
    space = gymnasium.spaces.Box(-1, 1, (2, 2))
    inside = np.array([[0, 1], [-1, 0]], np.float32)
    np.testing.assert_array_equal(checked_actions(space, inside), inside)
    inside[1, 1] = beyond
    with pytest.raises(ValueError, match="actions are an element of Box"):
        checked_actions(space, inside)


def test_step_before_reset_and_after_close_is_an_error():
    env = TaskVectorEnv(ID, 2, timing=TIMING)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step([0, 0])
    with pytest.raises(ValueError, match="without a reset_mask"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset(seed=0)
    env.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        env.step([0, 0])
    env.reset()
    env.step([0, 0])


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_envs": 0}, "at least 1"),
        ({"num_envs": 2.0}, "whole number"),
        ({"autoreset_mode": "SameStp"}, "did you mean 'SameStep'"),
        ({"dim_rings": 8}, "did you mean 'dim_ring'"),
        ({"render_mode": "human"}, "render_mode"),
        ({"params": 3}, "default_params"),
    ],
)
def test_wrong_arguments_are_rejected(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TaskVectorEnv(ID, **{"num_envs": 2, **kwargs})


def test_arguments_do_not_go_with_a_task_that_exists():
    with pytest.raises(ValueError, match="constructed already"):
        TaskVectorEnv(jgn.make(ID)[0], 2, dt=20)


def test_observations_are_the_users_or_views_that_cannot_be_written_to(env):
    view = TaskVectorEnv(env.task, N, tabulate=env.is_tabulated, copy=False)
    for one, is_own in ((env, True), (view, view.is_tabulated)):
        one.reset(seed=0)
        ob, rewards, *_ = one.step(np.zeros(N, int))
        assert ob.flags.writeable == ob.flags.owndata == is_own
        assert (ob.dtype, rewards.dtype) == (np.float32, np.float64)
        before = ob.copy()
        for _ in range(8):
            one.step(np.ones(N, int))
        np.testing.assert_array_equal(ob, before)


WRAPPERS = {
    "RecordEpisodeStatistics": {},
    "NormalizeObservation": {},
    "NormalizeReward": {},
    "FlattenObservation": {},
    "ClipReward": {"min_reward": -0.05, "max_reward": 0.5},
    "TransformReward": {"func": lambda reward: 2 * reward},
    "TransformObservation": {"func": lambda ob: -ob},
    "VectorizeTransformObservation": {
        "wrapper": gymnasium.wrappers.TransformObservation,
        "func": lambda ob: -ob,
        "observation_space": None,
    },
    "VectorizeTransformReward": {
        "wrapper": gymnasium.wrappers.TransformReward,
        "func": lambda reward: 2 * reward,
    },
    "ReshapeObservation": {"shape": (3, 1)},
    "DictInfoToList": {},
}


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_standard_wrappers_work(envs, name, mode):
    env = envs[AutoresetMode(mode)]
    params = limited(env)
    if "Observation" in name and mode == "SameStep":  # Gymnasium has them for next-step only
        with pytest.raises(AssertionError):
            getattr(wrappers, name)(env, **WRAPPERS[name])
        return
    wrapped = getattr(wrappers, name)(env, **WRAPPERS[name])
    ob, _ = wrapped.reset(seed=0, options={"params": params})
    plain = np.array(env.reset(seed=0, options={"params": params})[0])
    if name.endswith("TransformObservation"):
        np.testing.assert_array_equal(ob, -plain)
    wrapped.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, 3, (30, N))
    steps = [wrapped.step(one) for one in actions]
    obs, rewards, *_ = (np.stack(x) for x in list(zip(*steps, strict=True))[:4])
    assert obs.shape[1:] == wrapped.observation_space.shape
    env.reset(seed=0)
    plain = np.stack([env.step(one)[1] for one in actions])
    if name.endswith("TransformReward"):
        np.testing.assert_allclose(rewards, 2 * plain)
    if name == "ClipReward":
        np.testing.assert_allclose(rewards, np.clip(plain, -0.05, 0.5))
    if name == "DictInfoToList":
        assert all(len(infos) == N for *_, infos in steps)
        assert {"new_trial", "performance", "gt", "conditions"} <= set(steps[0][-1][0])


def test_episode_statistics_are_those_of_the_episodes(envs):
    env = wrappers.RecordEpisodeStatistics(envs[AutoresetMode.NEXT_STEP])
    env.reset(seed=0, options={"params": limited(env.unwrapped)})
    returns, lengths = np.zeros(N), np.zeros(N, int)
    was_done, num_episodes = np.zeros(N, bool), 0
    for action in np.random.default_rng(0).integers(0, 3, (40, N)):
        _, rewards, terminated, truncated, infos = env.step(action)
        returns[was_done], lengths[was_done] = 0, -1
        returns, lengths = returns + rewards, lengths + 1
        was_done = terminated | truncated
        if was_done.any():
            np.testing.assert_array_equal(infos["_episode"], was_done)
            episode = infos["episode"]
            np.testing.assert_allclose(episode["r"][was_done], returns[was_done], atol=1e-6)
            np.testing.assert_array_equal(episode["l"][was_done], lengths[was_done])
        num_episodes += was_done.sum()
    assert num_episodes > 15


@pytest.mark.parametrize("id", ["ReachingDelayResponse-v0", "Null-v0", "Bandit-v0"])
def test_other_kinds_of_tasks_stay_in_their_spaces(id):
    """Box actions, trials of one step, and what is carried from trial to trial."""
    env = gymnasium.make_vec(f"jaxgym_neuro/{id}", num_envs=3)
    ob, _ = env.reset(seed=0)
    assert ob in env.observation_space
    env.action_space.seed(0)
    for _ in range(3):
        ob, *_, infos = env.step(env.action_space.sample())
        assert ob in env.observation_space
        assert len(infos["gt"]) == 3
    if isinstance(env.single_action_space, gymnasium.spaces.Box):
        with pytest.raises(ValueError, match="element of Box"):
            env.step(np.full(env.action_space.shape, np.nan))


def test_a_plain_gymnax_environment_works(relaxed_promotion):
    env = TaskVectorEnv(CartPole(), 4)
    env.reset(seed=0)
    done = np.zeros(4, bool)
    while not done.any():
        ob, rewards, done, *_ = env.step([0] * 4)
    assert np.all(np.abs(ob[done, 2]) > 0.2)  # the pole has fallen
    ob, rewards, *_ = env.step([0] * 4)
    assert np.all(np.abs(ob[done]) < 0.05)
    np.testing.assert_array_equal(rewards, ~done)
    with pytest.raises(ValueError, match="no trials"):
        env.reset(options={"conditions": {"coh": 1}})


@pytest.mark.parametrize("vectorization_mode", ["vector_entry_point", "sync"])
def test_make_vec_limits_the_steps_of_an_episode(vectorization_mode):
    envs = gymnasium.make_vec(
        "jaxgym_neuro/Null-v0",
        num_envs=2,
        max_episode_steps=3,
        vectorization_mode=vectorization_mode,
    )
    envs.reset(seed=0)
    ends = [envs.step(envs.action_space.sample())[3].tolist() for _ in range(3)]
    assert ends == [[False, False], [False, False], [True, True]]


def test_the_limit_of_make_vec_holds_whatever_the_params_say_later():
    task, params = jgn.make("Null-v0")
    envs = TaskVectorEnv(task, 2, max_episode_steps=3)
    for own, most in ((0, 3), (2, 2), (9, 3), ([0, 1], [3, 1])):
        envs.reset(options={"params": params.replace(max_steps_in_episode=own)})
        np.testing.assert_array_equal(envs.params.max_steps_in_episode, most)
