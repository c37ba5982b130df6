"""The supervised example: what it counts as right, and that it learns."""

import importlib.util
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn

_PATH = Path(__file__).parents[2] / "examples" / "train_supervised.py"
_SPEC = importlib.util.spec_from_file_location("train_supervised", _PATH)
supervised = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(supervised)

TINY = supervised.Config(num_updates=60, batch_size=32, hidden=16, learning_rate=2e-2)


def test_a_tiny_network_learns_random_dot_motion_and_reports_every_update(capsys):
    reports = []

    def report(number, metrics):
        reports.append((int(number), float(metrics["loss"])))

    key_train, key_evaluate = jgn.random.split(jax.random.key(0))
    # optax raises a float to the power of an integer count, which strict promotion refuses.
    with jax.numpy_dtype_promotion("standard"):
        weights, metrics = jax.jit(supervised.make_train(TINY, report))(key_train)
        accuracy = float(jax.jit(supervised.make_evaluate(TINY))(key_evaluate, weights))
    jax.effects_barrier()
    assert sorted(number for number, _ in reports) == list(range(1, 61))
    assert np.all(np.isfinite(metrics["loss"]))
    assert np.mean(metrics["loss"][-10:]) < 0.6 * np.mean(metrics["loss"][:5])
    # Chance is 0.5 and the ideal observer is right in 0.896 of the trials; the standard error of
    # 2,048 trials is 0.01.
    assert 0.75 < accuracy < 0.93


@pytest.fixture
def batch():
    """Three trials of four steps; the first decides at steps 2 and 3, the others at step 2."""
    return jgn.Batch(
        inputs=jnp.zeros((4, 3, 1), jnp.float32),
        targets=jnp.asarray([[0, 0, 0], [0, 0, 0], [1, 2, 0], [1, 0, 0]], jnp.int32),
        mask=jnp.asarray([[0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 0, 0]], jnp.bool_),
        t=jnp.asarray([[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, -1, -1]], jnp.int32),
        conditions={},
    )


def test_accuracy_counts_the_likeliest_action_over_the_decision_steps(batch):
    env, _ = jgn.make("GoNogo-v0")
    assert "decision" in env.periods
    outputs = np.zeros((4, 3, 3), np.float32)
    outputs[:2, :, 1] = 9  # before the decision nothing counts
    outputs[2, 0, 2], outputs[3, 0, 1] = 1, 3  # in sum for 1: right
    outputs[2, 1, 0], outputs[3, 1, 2] = 1, 9  # for 0, what comes after the trial is ignored: wrong
    outputs[2, 2, 0] = 1  # to wait is right here
    assert float(supervised.accuracy(env, jnp.asarray(outputs), batch)) == pytest.approx(2 / 3)


def test_where_no_period_is_the_decision_the_steps_to_act_at_are(batch):
    env, _ = jgn.make("ReadySetGo-v0")
    assert "decision" not in env.periods
    everywhere = batch.replace(mask=batch.t >= 0)
    expected = np.zeros((4, 3), bool)
    expected[2:, 0] = expected[2, 1] = True
    np.testing.assert_array_equal(supervised.decision_steps(env, everywhere), expected)


def test_numbers_are_scored_by_the_variance_explained():
    env, _ = jgn.make("Reaching1D-v0")
    targets = jgn.random.uniform(jax.random.key(0), (5, 40))
    batch = jgn.Batch(
        inputs=None,
        targets=targets,
        mask=jnp.ones((5, 40), jnp.bool_),
        t=jnp.zeros((5, 40), jnp.int32),
        conditions={},
    )
    assert supervised.make_network(TINY, env).outputs == 1
    exact = supervised.accuracy(env, targets[..., None], batch)
    mean = supervised.accuracy(env, jnp.full((5, 40, 1), jnp.mean(targets)), batch)
    np.testing.assert_allclose((exact, mean), (1, 0), atol=1e-5)
