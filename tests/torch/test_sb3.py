"""Stable-Baselines3 takes tasks: one by one and many at once."""

import importlib.util
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.sb3 import TaskVecEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv

_PATH = Path(__file__).parents[2] / "examples" / "train_sb3.py"
_SPEC = importlib.util.spec_from_file_location("train_sb3", _PATH)
train_sb3 = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(train_sb3)

ID = "PerceptualDecisionMaking-v0"
TIMING = {"fixation": 100, "stimulus": 200, "decision": 200}
N = 5


@pytest.fixture(scope="module")
def task_and_params():
    task, params = jgn.make(ID, timing=TIMING)
    return task, params.replace(trials_per_episode=2, max_steps_in_episode=9)


@pytest.mark.parametrize("id", [ID, "GoNogo-v0", "Reaching1D-v0"])
def test_a_single_environment_passes_the_checker(id):
    check_env(gymnasium.make(f"jaxgym_neuro/{id}").unwrapped)


def test_a_step_tells_what_the_vector_environment_does(task_and_params):
    task, params = task_and_params
    env = TaskVecEnv(task, N, params, seed=3)
    plain = TaskVectorEnv(task, N, params, "SameStep")
    np.testing.assert_array_equal(env.reset(), plain.reset(seed=3)[0])
    flags = set()
    for actions in np.random.default_rng(2).integers(0, 3, (60, N)):
        ob, rewards, done, told = env.step(actions)
        expected, paid, terminated, truncated, infos = plain.step(actions)
        np.testing.assert_array_equal(ob, expected)
        np.testing.assert_array_equal(rewards, paid)
        np.testing.assert_array_equal(done, terminated | truncated)
        for i, info in enumerate(told):
            shown = infos["final_info"] if done[i] else infos
            assert ("new_trial" in info) == shown["new_trial"][i]
            assert ("terminal_observation" in info) == done[i]
            if "new_trial" in info:
                assert info["performance"] == shown["performance"][i]
                assert info["conditions"]["coh"] == shown["conditions"]["coh"][i]
            if done[i]:
                np.testing.assert_array_equal(info["terminal_observation"], infos["final_obs"][i])
                flags.add(info["TimeLimit.truncated"])
                assert info["TimeLimit.truncated"] == (truncated[i] and not terminated[i])
    assert flags == {True, False}


def test_the_monitor_sums_up_episodes(task_and_params):
    env = VecNormalize(VecMonitor(TaskVecEnv(*task_and_params[:1], N, task_and_params[1], seed=0)))
    env.reset()
    episodes = []
    for _ in range(30):
        *_, told = env.step(np.zeros(N, int))
        episodes += [info["episode"] for info in told if "episode" in info]
    # Waiting, a trial takes all of its five steps, and the limit of nine cuts the second.
    assert len(episodes) == 3 * N
    assert {episode["l"] for episode in episodes} == {9}
    assert {episode["r"] for episode in episodes} == {0}


def test_seeds_and_options_wait_for_the_reset(task_and_params):
    task, params = task_and_params
    env = TaskVecEnv(task, N, params)
    env.seed(7)
    first = env.reset()
    env.seed(7)
    env.set_options({"conditions": {"coh": 51.2}})
    np.testing.assert_array_equal(env.reset(), first)  # the cue; nothing has moved yet
    env.set_options({"params": params.with_rewards(abort=-7)})
    env.reset()
    np.testing.assert_array_equal(env.step(np.ones(N, int))[1], -7)
    assert env.get_attr("params", indices=[1])[0].rewards["abort"] == -7
    env.set_options([{"conditions": {"coh": float(i)}} for i in range(N)])
    with pytest.raises(ValueError, match="one dict"):
        env.reset()
    with pytest.raises(AttributeError, match="params"):
        env.set_attr("sigma", 0)
    env.close()


def test_the_example_learns_and_keeps_the_agent(capsys, tmp_path):
    arguments = ["--steps", "14000", "--num-envs", "64", "--out", str(tmp_path / "new")]
    performance = train_sb3.main(arguments)
    assert train_sb3.PPO.load(tmp_path / "new" / "agent.zip").num_timesteps >= 14_000
    printed = capsys.readouterr().out
    assert f"after training {performance['after']:.3f}" in printed
    assert printed.count("reward per trial") == 5  # one line for each rollout
    # Of the trials that are answered a guess gets half; the ideal observer gets 0.896.
    assert performance["before"] < 0.5
    assert 0.65 < performance["after"] < 0.93
