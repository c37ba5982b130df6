"""Many devices, and many processes: the same numbers, and a training that survives being killed."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
KILLS = 10
UPDATES = 100  # of program_killed.py


def start(program, *arguments, devices=1, cache=None):
    flags = os.environ.get("XLA_FLAGS", "")
    environment = {
        **os.environ,
        "XLA_FLAGS": f"{flags} --xla_force_host_platform_device_count={devices}",
        "JAX_PLATFORMS": "cpu",
        "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
    }
    if cache is not None:
        environment |= {
            "JAX_COMPILATION_CACHE_DIR": str(cache),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(HERE / program), *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_address():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{server.getsockname()[1]}"


def started_together(program, *arguments, processes, cache=None):
    address = free_address()
    return [
        start(program, *arguments, address, processes, number, cache=cache)
        for number in range(processes)
    ]


def assert_all_the_same(processes):
    told = [process.communicate()[0] for process in processes]
    for process, words in zip(processes, told, strict=True):
        assert process.returncode == 0, words[-3000:]
        assert "all the same" in words


@pytest.mark.slow
@pytest.mark.parametrize("devices", [2, 4, 8])
def test_what_many_devices_do_is_what_one_does_and_a_step_needs_no_word_between_them(devices):
    assert_all_the_same([start("program_same_on_all.py", devices=devices)])


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_what_many_processes_do_is_what_one_does(processes):
    assert_all_the_same(started_together("program_same_on_all.py", processes=processes))


def saved_in(folder):
    """The number of the last update that was saved whole; 0 for none."""
    steps = folder / "checkpoints"
    names = [path.name for path in steps.iterdir()] if steps.is_dir() else []
    return max((int(name) for name in names if name.isdigit()), default=0)


def finished(folder, cache, processes):
    group = started_together("program_killed.py", folder, UPDATES, processes=processes, cache=cache)
    for process in group:
        words, _ = process.communicate()
        assert process.returncode == 0, words[-3000:]
    found = dict(np.load(f"{folder}.npz"))
    return found.pop("loss"), found


def wait_until_more_is_saved(folder, saved, group):
    """Fail with what they said if processes end, or wait for each other, before that."""
    began = time.monotonic()
    while saved_in(folder) == saved:
        if any(process.poll() is not None for process in group) or time.monotonic() > began + 300:
            for process in group:
                process.kill()
            words = [process.communicate()[0][-3000:] for process in group]
            pytest.fail(f"nothing was saved after {saved} updates:\n" + "\n".join(words))
        time.sleep(0.02)


@pytest.mark.slow
def test_a_training_killed_ten_times_at_random_ends_where_an_uninterrupted_one_does(tmp_path):
    """One of four processes is killed; those that wait for it are stopped; all begin again."""
    cache, generator = tmp_path / "cache", random.Random(4)
    expected_loss, expected = finished(tmp_path / "whole", cache, processes=4)
    folder, saved, progress = tmp_path / "killed", 0, []
    for _ in range(KILLS):
        group = started_together("program_killed.py", folder, UPDATES, processes=4, cache=cache)
        wait_until_more_is_saved(folder, saved, group)
        time.sleep(generator.uniform(0.0, 0.3))
        victim = generator.choice(group)
        victim.send_signal(signal.SIGKILL)
        time.sleep(0.2)  # the others may go on, and save, until they need the dead one
        for process in group:
            process.kill()
            process.communicate()
        assert saved_in(folder) > saved  # it went on from what was saved, and nothing was lost
        saved = saved_in(folder)
        progress.append(saved)
    print("saved after each kill:", progress)
    assert progress[-2] < UPDATES  # nine of them, at least, were killed while they learned
    for processes in (2, 4):
        copy = tmp_path / f"killed_{processes}"
        subprocess.run(["cp", "-r", folder, copy], check=True)
        loss, weights = finished(copy, cache, processes)
        np.testing.assert_allclose(loss, expected_loss, rtol=0, atol=1e-3)
        for name, values in weights.items():
            np.testing.assert_allclose(values, expected[name], rtol=0, atol=1e-3)
