"""NeuroGym's Monitor: files of trials, how an agent fares, and pictures."""

from pathlib import Path

import gymnasium
import matplotlib
import numpy as np
import pytest
from class_tasks import Motion, SignByName
from matplotlib import pyplot

import jaxgym_neuro.neurogym as ngym
from jaxgym_neuro.neurogym.wrappers.monitor import Monitor

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


class Agent:
    """Answers always the same, as an agent of Stable-Baselines3 predicts."""

    def __init__(self, action):
        self.action = action
        self.memories = []

    def predict(self, ob, state=None, episode_start=None, deterministic=False):
        self.memories.append(state)
        return self.action, len(self.memories)


@pytest.mark.parametrize("make", [Motion, lambda: ngym.make("PerceptualDecisionMaking-v0")])
def test_every_trial_is_recorded_in_a_file(make, tmp_path):
    env = Monitor(make(), interval=2, save_dir=tmp_path)
    env.reset(seed=0)
    trials = []
    while env.num_tr < 5:
        trial = env.trial
        *_, info = env.step(1 if env.in_period("decision") else 0)
        if info["new_trial"]:
            trials.append((trial["ground_truth"], info["performance"]))
    files = sorted(tmp_path.glob("*.npz"))
    assert [path.name for path in files] == ["trial_2.npz", "trial_4.npz"]
    with np.load(files[1], allow_pickle=True) as file:
        assert file["action"].tolist() == [1, 1]
        assert file["performance"].tolist() == [score for _, score in trials[2:4]]
        assert file["cum_reward"].tolist() == file["reward"].tolist()
        assert [trial["ground_truth"] for trial in file["trial"]] == [t for t, _ in trials[2:4]]
    assert len(env.data["reward"]) == 1
    figure = env.plot_training_history()
    assert [line.get_xdata().tolist() for line in figure.axes[0].lines] == [[2, 4]] * 2
    assert (tmp_path / "training_history.pdf").stat().st_size > 1000


def test_files_by_steps_have_pictures_beside_them(tmp_path):
    env = Monitor(
        SignByName(),
        trigger="step",
        interval=15,
        plot_create=True,
        plot_steps=12,
        save_dir=tmp_path,
    )
    env.reset()
    for _ in range(40):
        env.step(0)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["task_000002.png", "task_000004.png", "trial_2.npz", "trial_4.npz"]


def test_an_agent_is_evaluated_and_nothing_of_it_is_recorded(tmp_path):
    env = Monitor(ngym.wrappers.PassReward(Motion(sigma=0)), save_dir=tmp_path)
    env.seed(0)
    agent = Agent(1)
    found = env.evaluate_policy(num_trials=30, model=agent)
    share = np.mean(found["performances"])
    assert len(found["rewards"]) == 30
    assert found["mean_performance"] == found["mean_reward"] == share
    assert 0.2 < share < 0.8
    np.testing.assert_allclose(found["cum_rewards"], np.array(found["rewards"]) - 0.1)
    truths = np.array([trial["ground_truth"] for trial in env.data_eval["trial"]])
    assert ((truths == 0) == env.data_eval["performance"]).all()
    assert agent.memories.count(None) == 30  # forgotten between trials
    assert env.data["reward"] == []
    assert env.evaluate_policy(num_trials=2)["mean_reward"] in (0, 0.5, 1)
    assert env.t_ind == 0


def test_a_folder_of_its_own_is_made_where_none_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = Monitor(Motion())
    assert env.save_dir.parent == Path("runs", "Motion")
    assert env.save_dir.is_dir()
    with pytest.warns(UserWarning, match="has no trials yet"):
        assert env.plot_training_history() is None


def test_what_a_monitor_cannot_do_is_refused(tmp_path):
    for wrong in ({"trigger": "trail"}, {"interval": 0}, {"config": {}}, {"plot_steps": 0}):
        with pytest.raises(ValueError, match=r"trial|at least 1|no configurations"):
            Monitor(Motion(), save_dir=tmp_path, **wrong)
    with pytest.raises(ValueError, match="records an environment of trials"):
        Monitor(gymnasium.make("CartPole-v1"))
