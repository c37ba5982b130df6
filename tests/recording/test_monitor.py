"""A Monitor writes each finished trial once, and a folder always holds complete parts."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import gymnasium
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.recording.monitor import Monitor


def make_env(**kwargs):
    return gymnasium.make("jaxgym_neuro/GoNogo-v0", **kwargs)


def parts_in(folder):
    return sorted(folder.glob("run-*/part-*"))


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
    assert len(parts_in(tmp_path)) == 2
    env.close()
    expected = [f"run-0000/part-0000000{i}.{format}" for i in range(3)]
    assert parts_in(tmp_path) == [tmp_path / name for name in expected]
    loaded = Monitor.load(tmp_path)
    frame = loaded if format == "parquet" else loaded.frame()
    np.testing.assert_array_equal(frame["steps"], steps)
    np.testing.assert_allclose(frame["reward"], rewards)
    np.testing.assert_array_equal(frame["ground_truth"], truths)
    np.testing.assert_array_equal(frame["choice"], truths)
    np.testing.assert_array_equal(frame["performance"], 1)
    np.testing.assert_array_equal(frame["reaction_time"], np.where(truths == 1, 0, np.nan))
    np.testing.assert_array_equal(frame["trial"], np.arange(8))
    np.testing.assert_array_equal(frame["run"], 0)
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


@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_monitors_of_one_folder_are_runs_that_load_tells_apart(tmp_path, format):
    """Two that write at the same time, and one that comes after them."""
    args = {"trials_per_part": 2, "format": format}
    first, second = (Monitor(make_env(), tmp_path, **args) for _ in range(2))
    expected = [follow(first, 3, seed=0), follow(second, 5, seed=1), []]
    expected[0] += follow(first, 3, seed=2)
    first.close(), second.close()
    third = Monitor(make_env(), tmp_path, **args)
    expected[2] = follow(third, 4, seed=3)
    third.close()
    loaded = Monitor.load(tmp_path)
    assert loaded.run.dtype == np.int32
    for run, trials in enumerate(expected):
        is_its = np.asarray(loaded.run) == run
        np.testing.assert_array_equal(np.asarray(loaded.trial)[is_its], np.arange(len(trials)))
        steps, earned, _ = zip(*trials, strict=True)
        np.testing.assert_array_equal(np.asarray(loaded.steps)[is_its], steps)
        np.testing.assert_allclose(np.asarray(loaded.reward)[is_its], earned)
    assert len(loaded) == 15


def test_runs_of_a_folder_have_one_format(tmp_path):
    first = Monitor(make_env(), tmp_path)
    follow(first, 1, seed=0)
    first.close()
    with pytest.raises(ValueError, match=r"run-0000 has parts in 'npz', not 'parquet'"):
        Monitor(make_env(), tmp_path, format="parquet")
    assert len(Monitor.load(tmp_path)) == 1


def test_runs_that_begin_at_the_same_moment_get_folders_of_their_own(tmp_path):
    made, gate = [], threading.Barrier(8)
    env = make_env()

    def begin():
        gate.wait()
        made.append(Monitor(env, tmp_path).folder)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(path.name for path in made) == [f"run-000{i}" for i in range(8)]


def test_each_of_several_environments_has_its_run(tmp_path):
    envs = gymnasium.make_vec(
        "jaxgym_neuro/GoNogo-v0",
        num_envs=3,
        vectorization_mode="sync",
        wrappers=[lambda env: Monitor(env, tmp_path)],
    )
    envs.reset(seed=0)
    for _ in range(40):
        envs.step(np.zeros(3, int))
    envs.close()
    table = Monitor.load(tmp_path)
    np.testing.assert_array_equal(table.run, np.repeat([0, 1, 2], 2))
    with pytest.raises(ValueError, match=r"records one environment.*wrappers="):
        Monitor(gymnasium.make_vec("jaxgym_neuro/GoNogo-v0", num_envs=3), tmp_path)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (("GoNogo-v0", {"dt": 50}), "run-0000 differ: dt is 50.0 here and 100.0 there"),
        (("GoNogo-v0", {"rewards": {"abort": -3}}), "rewards.abort is -3.0 here and -0.1 there"),
        (("Bandit-v0", {}), "task is .*Bandit' here and .*GoNogo' there"),
    ],
)
def test_runs_of_two_tasks_are_refused_in_one_folder(tmp_path, other, message):
    Monitor(make_env(), tmp_path)
    id, kwargs = other
    with pytest.raises(ValueError, match=message):
        Monitor(gymnasium.make(f"jaxgym_neuro/{id}", **kwargs), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run-0000"]


def test_runs_of_two_tasks_that_began_at_the_same_moment_are_refused_by_load(tmp_path):
    for name, env in (("one", make_env()), ("other", make_env(dt=50))):
        monitor = Monitor(env, tmp_path / name)
        follow(monitor, 2)
        monitor.close()
    (tmp_path / "other" / "run-0000").rename(tmp_path / "one" / "run-0001")
    with pytest.raises(ValueError, match=r"run-0001 differ: dt is 100.0 here and 50.0 there"):
        Monitor.load(tmp_path / "one")


# ------------------------------------------------------------------------ trials that are left


def going(**kwargs):
    """GoNogo with two steps of fixation: who goes at every step loses 0.1 at each of them."""
    return make_env(timing={"fixation": 200}, **kwargs)


def check_that_of_one_who_goes_at_every_step(table):
    assert len(table) > 1
    go = table.conditions["ground_truth"] == 1
    np.testing.assert_array_equal(table.steps, 2 + 11)
    np.testing.assert_allclose(table.reward, -0.2 + np.where(go, 1, -0.5), rtol=1e-6)
    np.testing.assert_array_equal(table.trial, np.arange(len(table)))


@pytest.mark.parametrize("tabulate", [True, False])
@pytest.mark.parametrize("how", ["new_trial", "reset", "truncated", "autoreset"])
def test_steps_and_reward_of_a_trial_that_was_left_do_not_go_to_the_next(tmp_path, how, tabulate):
    env = going(tabulate=tabulate)
    limit = 17 if how in ("truncated", "autoreset") else 0
    options = {"params": env.unwrapped.params.replace(max_steps_in_episode=limit)}
    if how == "autoreset":
        env = gymnasium.wrappers.Autoreset(env)
    monitored = Monitor(env, tmp_path)
    monitored.reset(seed=1, options=options)
    for _ in range(4):
        for _ in range(20):
            _, _, terminated, truncated, _ = monitored.step(1)
            if how == "truncated" and (terminated or truncated):
                monitored.reset()
        if how == "new_trial":
            monitored.unwrapped.new_trial()
        elif how == "reset":
            monitored.reset()
    monitored.close()
    check_that_of_one_who_goes_at_every_step(Monitor.load(tmp_path))


def test_a_trial_some_steps_of_which_went_past_the_monitor_is_not_recorded(tmp_path):
    monitored = Monitor(going(), tmp_path)
    monitored.reset(seed=0)
    for t in range(60):
        (monitored.unwrapped if t == 2 else monitored).step(1)
    monitored.close()
    check_that_of_one_who_goes_at_every_step(Monitor.load(tmp_path))


# ---------------------------------------------------------------------- disks and damaged files


class FullAfter:
    """Stands for a disk: `numpy.savez` fails while it is full, as it does on one."""

    def __init__(self, monkeypatch):
        self.is_full = False
        self._save = np.savez
        monkeypatch.setattr(np, "savez", self.save)

    def save(self, file, **arrays):
        if self.is_full:
            file.write(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device")
        self._save(file, **arrays)


def test_trials_that_could_not_be_written_are_kept_and_written_when_there_is_room(
    tmp_path, monkeypatch
):
    disk = FullAfter(monkeypatch)
    env = Monitor(make_env(), tmp_path, trials_per_part=3)
    expected = follow(env, 4)
    disk.is_full = True
    with pytest.warns(RuntimeWarning, match="3 trials could not .*No space left.*are kept"):
        expected += follow(env, 4)
    with pytest.raises(OSError, match="No space left"):
        env.write()
    with pytest.raises(OSError, match="No space left"):
        env.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        env.step(0)
    assert len(parts_in(tmp_path)) == 1
    assert not list(tmp_path.rglob(".unfinished*"))  # half of a part takes up room
    disk.is_full = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected += follow(env, 2)
        env.close()
    table = Monitor.load(tmp_path)
    np.testing.assert_array_equal(table.trial, np.arange(10))
    np.testing.assert_array_equal(table.steps, [steps for steps, _, _ in expected])
    np.testing.assert_allclose(table.reward, [earned for _, earned, _ in expected])


@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_a_folder_that_was_gone_for_a_while_gets_every_trial(tmp_path, format):
    env = Monitor(make_env(), tmp_path, trials_per_part=2, format=format)
    elsewhere = tmp_path / "elsewhere"
    env.folder.rename(elsewhere)
    with pytest.warns(RuntimeWarning, match="could not be written"):
        follow(env, 3)
    elsewhere.rename(env.folder)
    env.close()
    assert list(Monitor.load(tmp_path).trial) == [0, 1, 2]


@pytest.mark.parametrize("format", ["npz", "parquet"])
@pytest.mark.parametrize("damage", ["cut", "empty", "other", "changed"])
def test_a_damaged_part_is_named_by_its_file(tmp_path, format, damage):
    env = Monitor(make_env(), tmp_path, trials_per_part=2, format=format)
    follow(env, 6)
    path = parts_in(tmp_path)[1]
    whole = path.read_bytes()
    path.write_bytes({
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "other": b"not a part at all",
        "changed": whole[:200] + b"!" * 200 + whole[400:],
    }[damage])  # fmt: skip
    with pytest.raises(ValueError, match=f"{path.name} is damaged"):
        Monitor.load(tmp_path)


def test_a_damaged_identity_is_named_by_its_file(tmp_path):
    (Monitor(make_env(), tmp_path).folder / "task.json").write_text("{half")
    with pytest.raises(ValueError, match=r"task.json is damaged"):
        Monitor(make_env(), tmp_path)


RUN = """
import sys, gymnasium, jaxgym_neuro
from jaxgym_neuro.recording.monitor import Monitor
env = Monitor(gymnasium.make("jaxgym_neuro/Bandit-v0"), sys.argv[1], trials_per_part=2)
env.reset(seed=0)
while True:
    env.step(0)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_complete_parts(tmp_path):
    """Two at a time in one folder: no trial is lost from a part, and none is there twice."""
    writers = [subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)]) for _ in range(2)]
    try:
        give_up = time.monotonic() + 120
        for writer, at_least in zip(writers, (9, 45), strict=True):
            while len(parts_in(tmp_path)) < at_least and time.monotonic() < give_up:
                time.sleep(0.001)
            os.kill(writer.pid, signal.SIGKILL)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    parts = parts_in(tmp_path)
    assert len(parts) >= 45
    (parts[0].parent / ".unfinished-part-99999999.npz").write_bytes(b"half of it")
    table = Monitor.load(tmp_path)
    assert len(table) == 2 * len(parts)
    for run in np.unique(table.run):
        numbers = table.trial[table.run == run]
        np.testing.assert_array_equal(numbers, np.arange(len(numbers)))


def test_bad_arguments_say_what_is_allowed(tmp_path):
    with pytest.raises(ValueError, match="records trials"):
        Monitor(gymnasium.make("CartPole-v1"), tmp_path)
    with pytest.raises(ValueError, match="did you mean 'parquet'"):
        Monitor(make_env(), tmp_path, format="parket")
    with pytest.raises(ValueError, match="at least 1"):
        Monitor(make_env(), tmp_path, trials_per_part=0)
    with pytest.raises(ValueError, match="has no parts"):
        Monitor.load(tmp_path)


def test_trials_of_several_tasks_have_the_reaction_times_of_their_task(tmp_path):
    durations = [
        {"fixation": 100, "stimulus": 100, "delay": 0, "decision": 300},
        {"fixation": 0, "stimulus": 200, "delay": 100, "decision": 200},
    ]
    ids = ("PerceptualDecisionMaking-v0", "GoNogo-v0")
    tasks = [
        jgn.make(id, dt=100, timing=timing)[0] for id, timing in zip(ids, durations, strict=True)
    ]
    env = Monitor(GymnasiumEnv(jgn.wrappers.MultiTask(tasks, pad=True)), tmp_path)
    for task in (0, 1):
        env.reset(seed=0, options={"conditions": {"task": task}})
        ended = False
        while not ended:
            one = env.unwrapped
            is_second_step = one.in_period("decision", one.t - 100)
            ended = env.step(int(is_second_step))[-1]["new_trial"]
    env.close()
    table = Monitor.load(tmp_path)
    np.testing.assert_array_equal(table.conditions["task"], [0, 1])
    np.testing.assert_array_equal(table.reaction_time, [100, 100])
