"""Threads of one process: each steps its own environment, or all take batches of one data set."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv

EIGHT = range(8)


@pytest.fixture
def _turns_often():
    """Threads take turns every few operations, and not every 5 ms."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_turns_often")
@pytest.mark.parametrize("tabulate", [True, False])
def test_threads_that_step_their_own_environments_do_not_meet(tabulate):
    def play(seed):
        env = GymnasiumEnv("GoNogo-v0", tabulate=tabulate, batch_size=16)
        ob, info = env.reset(seed=seed)
        seen, told = [ob], [info["conditions"]["ground_truth"]]
        for i in range(300):
            ob, reward, _, _, info = env.step(i % 5 == seed % 5)
            seen.append(ob)
            told.append((reward, info["new_trial"], info["conditions"]["ground_truth"]))
        return np.array(seen), told

    in_turn = [play(seed) for seed in EIGHT]
    with ThreadPoolExecutor(len(EIGHT)) as threads:
        at_once = list(threads.map(play, EIGHT))
    for (seen, told), (expected, of_one) in zip(at_once, in_turn, strict=True):
        np.testing.assert_array_equal(seen, expected)
        assert told == of_one


@pytest.mark.usefixtures("_turns_often")
def test_threads_that_share_a_data_set_get_each_batch_once():
    def made():
        return jgn.Dataset("GoNogo-v0", batch_size=2, seq_len=20, batches_per_draw=3)

    one, shared = made(), made()
    expected = sorted(one()[0].tobytes() for _ in range(8 * 30))
    with ThreadPoolExecutor(len(EIGHT)) as threads:
        parts = threads.map(lambda _: [shared()[0].tobytes() for _ in range(30)], EIGHT)
        assert sorted(batch for part in parts for batch in part) == expected
    assert shared.position == one.position
