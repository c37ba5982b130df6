"""The best bounds: constant for one coherence, falling for several, and right about the task."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.replications.best_bounds import Watching, best_bounds
from jaxgym_neuro.replications.roitman02 import MONKEY_B, TASK, watching

LONG = Watching(
    cohs=(12.8,), sigma=2.0, dt=50.0, stimulus=3_000.0, between=1_000.0, fail=-0.5, time_out=0.0,
    gamma=0.99,
)  # fmt: skip


def test_of_one_coherence_the_bound_is_constant_and_errors_are_as_fast_as_right_answers():
    found = best_bounds(LONG)
    early = found.bound[2:30]
    assert np.isinf(found.bound[0])
    assert np.ptp(early) == 0
    assert early[0] > 0
    assert found.error_time == pytest.approx(found.correct_time, rel=0.02)


def test_of_mixed_coherences_the_bound_falls_and_errors_are_slow():
    found = best_bounds(dataclasses.replace(LONG, cohs=(0.0, 3.2, 12.8, 51.2)))
    assert found.bound[30] < 0.8 * found.bound[2]
    assert np.all(np.diff(found.bound[2:]) <= 0)
    assert found.error_time[2] > 1.05 * found.correct_time[2]
    assert np.all(np.diff(found.accuracy) > 0)


def test_who_pays_for_errors_watches_longer_and_is_right_more_often():
    cheap, dear = (best_bounds(dataclasses.replace(LONG, fail=fail)) for fail in (-0.5, -1.0))
    out = best_bounds(dataclasses.replace(LONG, time_out=2_000.0))
    for careful in (dear, out):
        assert careful.reaction_time > 1.2 * cheap.reaction_time
        assert careful.accuracy > cheap.accuracy


@pytest.mark.slow
def test_a_bound_that_is_played_in_the_task_does_what_was_predicted():
    """Accuracy and mean times in the task, within four standard errors of 20,000 trials."""
    found = best_bounds(watching(MONKEY_B))
    env, params = jgn.make(TASK, preset=MONKEY_B.monkey)
    bound = jnp.asarray(found.bound, jnp.float32)

    def bounded(key, ob, memory):
        samples, total = memory
        seen = ob[1] + ob[2] != 0  # evidence is noisy; there is none before the stimulus
        samples = jnp.where(seen, samples + 1, 0)
        total = jnp.where(seen, total + ob[1] - ob[2], 0.0)
        due = seen & (jnp.abs(total) >= bound[jnp.maximum(samples - 1, 0)])
        return jnp.where(due, jnp.where(total > 0, 1, 2), 0), (samples, total)

    memory = (jnp.int32(0), jnp.float32(0))
    table = jgn.rollout(env, params, bounded, memory, num_envs=256, num_trials=20_000)
    assert not np.isnan(table.reaction_time).any()
    for row, coh in enumerate(found.cohs):
        mine = np.isclose(table["coh"], coh, atol=1e-3)
        n, times = mine.sum(), table.reaction_time[mine]
        accuracy, predicted = table.correct[mine].mean(), found.accuracy[row]
        # The grid of sums has steps of half a sample's variance.
        assert abs(accuracy - predicted) < 4 * np.sqrt(predicted * (1 - predicted) / n) + 0.003
        assert abs(times.mean() - found.reaction_time[row]) < 4 * times.std() / np.sqrt(n) + 8
