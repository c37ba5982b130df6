"""Tasks written as NeuroGym's classes, with Stable-Baselines3."""

import runpy
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from matplotlib import pyplot
from stable_baselines3 import A2C
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv

import jaxgym_neuro.neurogym as ngym

TASKS = runpy.run_path(str(Path(__file__).parents[1] / "neurogym" / "class_tasks.py"))

matplotlib.use("agg")


@pytest.mark.parametrize("name", ["Sign", "SignInPeriods", "SignByName", "Motion"])
@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # float64 where the space says float32
def test_an_agent_learns_in_every_task_and_is_plotted(name):
    task = TASKS[name]
    env = task() if name == "Sign" else ngym.wrappers.PassReward(task())
    if name == "Motion":
        check_env(env)
    vector = DummyVecEnv([lambda: env])
    model = A2C("MlpPolicy", vector, n_steps=16, seed=0).learn(total_timesteps=64)
    figure = ngym.utils.plot_env(vector, model=model, num_trials=2)
    labels = [ax.get_ylabel() for ax in figure.axes]
    assert labels[-3:] == ["action", "reward", "performance"]
    assert ("reward\n(seen)" in labels) == (name != "Sign")
    pyplot.close(figure)


def test_an_agent_learns_the_sign_of_a_number():
    model = A2C("MlpPolicy", TASKS["Sign"](), n_steps=64, gamma=0.0, learning_rate=5e-3, seed=0)
    model.learn(total_timesteps=2500)
    env = TASKS["Sign"]()
    ob, _ = env.reset(seed=1)
    rewards = []
    for _ in range(200):
        ob, reward, *_ = env.step(int(model.predict(ob, deterministic=True)[0]))
        rewards.append(reward)
    assert np.mean(rewards) > 0.8


def test_agents_are_evaluated_by_either_package(tmp_path):
    env = ngym.wrappers.Monitor(TASKS["Motion"](), save_dir=tmp_path)
    model = A2C("MlpPolicy", env, n_steps=16, seed=0).learn(total_timesteps=64)
    found = env.evaluate_policy(num_trials=5, model=model)
    assert len(found["performances"]) == 5
    ending = TimeLimit(env, 22)  # Stable-Baselines3 counts episodes
    mean, _ = evaluate_policy(model, ending, n_eval_episodes=3, warn=False)
    assert -0.4 < mean <= 1
