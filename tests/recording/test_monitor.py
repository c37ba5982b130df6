"""A Monitor writes each finished trial once, and a folder always holds complete parts."""

import os
import signal
import subprocess
import sys
import time

import gymnasium
import numpy as np
import pytest

import jaxgym_neuro  # noqa: F401 (registers the ids)
from jaxgym_neuro.recording.monitor import Monitor


def make_env(**kwargs):
    return gymnasium.make("jaxgym_neuro/GoNogo-v0", **kwargs)


def follow(env, num_trials, seed=0):
    """Follow the ground truth; return each trial's length, reward and ground truth."""
    env.reset(seed=seed)
    expected, steps, earned = [], 0, 0.0
    while len(expected) < num_trials:
        task, state = env.unwrapped.task, env.unwrapped.state
        _, reward, _, _, info = env.step(int(task.ground_truth_action(state, env.unwrapped.params)))
        steps, earned = steps + 1, earned + reward
        if info["new_trial"]:
            expected.append((steps, earned, info["conditions"]["ground_truth"]))
            steps, earned = 0, 0.0
    return expected


@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_what_is_loaded_is_what_happened(tmp_path, format):
    env = Monitor(make_env(), tmp_path, trials_per_part=3, format=format)
    steps, rewards, truths = (np.array(x) for x in zip(*follow(env, 8), strict=True))
    assert len(list(tmp_path.iterdir())) == 2
    env.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"part-0000000{i}.{format}" for i in range(3)
    ]
    loaded = Monitor.load(tmp_path)
    frame = loaded if format == "parquet" else loaded.frame()
    np.testing.assert_array_equal(frame["steps"], steps)
    np.testing.assert_allclose(frame["reward"], rewards)
    np.testing.assert_array_equal(frame["ground_truth"], truths)
    np.testing.assert_array_equal(frame["choice"], truths)
    np.testing.assert_array_equal(frame["performance"], 1)
    np.testing.assert_array_equal(frame["reaction_time"], np.where(truths == 1, 0, np.nan))
    np.testing.assert_array_equal(frame["trial"], np.arange(8))
    assert frame["steps"].dtype == np.int32
    assert frame["reward"].dtype == np.float32
    assert frame["correct"].dtype == bool
    assert frame["correct"].all()


def test_a_trial_cut_by_a_reset_is_not_recorded(tmp_path):
    env = Monitor(make_env(), tmp_path)
    env.reset(seed=0)
    for _ in range(5):
        env.step(0)
    expected = follow(env, 2)
    env.close()
    np.testing.assert_array_equal(Monitor.load(tmp_path).steps, [steps for steps, _, _ in expected])


def test_a_second_monitor_adds_to_the_parts_of_the_first(tmp_path):
    for seed in range(2):
        env = Monitor(make_env(), tmp_path)
        follow(env, 2, seed)
        env.close()
    assert len(Monitor.load(tmp_path)) == 4


RUN = """
import sys, gymnasium, jaxgym_neuro
from jaxgym_neuro.recording.monitor import Monitor
env = Monitor(gymnasium.make("jaxgym_neuro/Bandit-v0"), sys.argv[1], trials_per_part=2)
env.reset(seed=0)
while True:
    env.step(0)
"""


def test_killed_at_any_moment_it_leaves_complete_parts(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)])
    try:
        give_up = time.monotonic() + 120
        while len(list(tmp_path.glob("part-*"))) < 40 and time.monotonic() < give_up:
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    parts = len(list(tmp_path.glob("part-*")))
    assert parts >= 40
    (tmp_path / ".unfinished-part-99999999.npz").write_bytes(b"half of it")
    table = Monitor.load(tmp_path)
    np.testing.assert_array_equal(table.trial, np.arange(2 * parts))


def test_bad_arguments_say_what_is_allowed(tmp_path):
    with pytest.raises(ValueError, match="records trials"):
        Monitor(gymnasium.make("CartPole-v1"), tmp_path)
    with pytest.raises(ValueError, match="did you mean 'parquet'"):
        Monitor(make_env(), tmp_path, format="parket")
    with pytest.raises(ValueError, match="at least 1"):
        Monitor(make_env(), tmp_path, trials_per_part=0)
    with pytest.raises(ValueError, match="has no parts"):
        Monitor.load(tmp_path)
