"""PPO in one file: its arithmetic, and a training of a few updates from end to end."""

import importlib.util
from pathlib import Path

import jax
import numpy as np
import pytest

_PATH = Path(__file__).parents[2] / "examples" / "train_ppo_single_file.py"
_SPEC = importlib.util.spec_from_file_location("train_ppo_single_file", _PATH)
ppo = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(ppo)


def test_it_is_a_file_that_can_be_read():
    assert len(_PATH.read_text().splitlines()) <= 250


def test_a_seed_determines_the_training_and_another_changes_it():
    config = ppo.Config(total_steps=3 * 8 * 22, num_envs=8, hidden=8)
    # optax raises a float to the power of an integer count, which strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        train = jax.jit(ppo.make_train(config))
        weights, performance = train(jax.random.key(0))
        again, _ = train(jax.random.key(0))
        other, _ = train(jax.random.key(1))
    assert performance.shape == (3,)
    assert np.all(np.isfinite(performance))
    for a, b, c in zip(*map(jax.tree.leaves, (weights, again, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.any(np.asarray(a) != np.asarray(c))


def test_advantages_equal_a_loop():
    rng = np.random.default_rng(0)
    gamma, lam = 0.9, 0.8
    rewards, values = (rng.normal(size=(12, 5)).astype(np.float32) for _ in range(2))
    last = rng.normal(size=5).astype(np.float32)
    following, later, expected = last, np.zeros(5), np.zeros((12, 5))
    for t in reversed(range(12)):
        later = rewards[t] + gamma * following - values[t] + gamma * lam * later
        following, expected[t] = values[t], later
    actual = jax.jit(ppo.advantages)(rewards, values, last, gamma, lam)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_it_trains_and_plays(capsys):
    with jax.numpy_dtype_promotion("standard"):
        ppo.main(["--task", "GoNogo-v0", "--steps", "1"])
    assert "greedy, on 10,000 trials: " in capsys.readouterr().out
