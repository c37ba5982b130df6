"""What supervised learning counts as right, and that it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import training
from jaxgym_neuro.training import supervised


def test_a_tiny_network_learns_random_dot_motion():
    trained = training.train_supervised(
        "PerceptualDecisionMaking-v0",
        cell=training.GRU(16),
        updates=60,
        batch_size=32,
        learning_rate=2e-2,
    )
    loss, performance = (trained.metrics[name][:, 0] for name in ("loss", "performance"))
    assert np.mean(loss[-10:]) < 0.6 * np.mean(loss[:5])
    # Chance is 0.5 and the ideal observer is right in 0.896 of the trials; the standard error of
    # 640 trials is 0.016.
    assert 0.75 < np.mean(performance[-20:]) < 0.95


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


def test_performance_counts_the_likeliest_action_over_the_decision_steps(batch):
    env, _ = jgn.make("GoNogo-v0")
    assert "decision" in env.periods
    outputs = np.zeros((4, 3, 3), np.float32)
    outputs[:2, :, 1] = 9  # before the decision nothing counts
    outputs[2, 0, 2], outputs[3, 0, 1] = 1, 3  # in sum for 1: right
    outputs[2, 1, 0], outputs[3, 1, 2] = 1, 9  # for 0, what comes after the trial is ignored: wrong
    outputs[2, 2, 0] = 1  # to wait is right here
    assert float(supervised.score(env, jnp.asarray(outputs), batch)) == pytest.approx(2 / 3)


def test_where_no_period_is_the_decision_the_steps_to_act_at_are(batch):
    env, _ = jgn.make("ReadySetGo-v0")
    assert "decision" not in env.periods
    everywhere = batch.replace(mask=batch.t >= 0)
    expected = np.zeros((4, 3), bool)
    expected[2:, 0] = expected[2, 1] = True
    expected[2, 2] = True  # to have waited was right, which is so at the end
    np.testing.assert_array_equal(supervised.decision_steps(env, everywhere), expected)


def test_a_trial_that_an_action_ends_does_so_at_any_of_its_decision_steps_and_at_no_other(batch):
    env, _ = jgn.make("GoNogo-v0")
    assert not env.lasts_whole
    keys = jgn.random.split(jax.random.key(0), 200)
    ends = np.asarray(jax.vmap(lambda key: supervised.last_steps(key, env, batch))(keys))
    assert set(ends[:, 0]) == {2, 3}
    assert 60 < np.sum(ends[:, 0] == 2) < 140  # of 200, s.d. 7
    assert set(ends[:, 1]) == set(ends[:, 2]) == {2}


def test_a_trial_that_lasts_whatever_is_done_ends_at_its_last_step(batch):
    env, _ = jgn.make("ToneDetection-v0")
    assert env.lasts_whole
    ends = supervised.last_steps(jax.random.key(0), env, batch)
    assert ends.tolist() == [3, 2, 2]


@pytest.fixture(scope="module")
def of_rows():
    """A method of three rows of two trials, its weights, a batch, and where its trials end."""
    env, params = jgn.make("GoNogo-v0")
    given = {"updates": 1, "batch_size": 6, "row_trials": 2, "cell": training.GRU(4)}
    trained = training.train_supervised(env, params, **given)
    batch = trained.method.dataset.sample_batch(jax.random.key(1), params)
    ends = supervised.last_steps(jax.random.key(2), env, batch)
    return trained.method, trained.weights_of(), batch, ends


def test_trials_of_a_row_begin_with_the_memory_that_the_one_before_ended_with(of_rows):
    method, weights, batch, ends = of_rows
    before = jgn.random.standard_normal(jax.random.key(3), (3, 4))
    loss, (performance, after) = method.loss(
        weights["params"], weights["fixed"], batch, before, ends, jax.random.key(4)
    )
    memory, outputs = before, [None] * 6
    for turn in range(2):
        trials = [turn, 2 + turn, 4 + turn]  # of the three rows
        shown, states = supervised.run_trials(
            method.network, weights, batch.inputs[:, np.array(trials)], memory=memory
        )
        memory = jnp.stack([states[int(ends[trial]), row] for row, trial in enumerate(trials)])
        for row, trial in enumerate(trials):
            outputs[trial] = shown[:, row]
    outputs = jnp.stack(outputs, axis=1)
    error = supervised.errors(method.env, outputs, batch.targets)
    of_all = supervised.mean_where(batch.t >= 0, error)
    of_decisions = supervised.mean_where(supervised.decision_steps(method.env, batch), error)
    np.testing.assert_allclose(loss, of_all + of_decisions, rtol=1e-5)
    np.testing.assert_allclose(after, memory, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(performance, supervised.score(method.env, outputs, batch))


def test_errors_are_carried_back_into_the_trial_before(of_rows):
    method, weights, batch, ends = of_rows

    def loss(inputs):
        seen = batch.replace(inputs=inputs)
        memory = jnp.zeros((3, 4), jnp.float32)
        fixed, key = weights["fixed"], jax.random.key(4)
        return method.loss(weights["params"], fixed, seen, memory, ends, key)[1][1][0].sum()

    # What is kept after the first row depends on its two trials, and on no other.
    depends = jnp.abs(jax.grad(loss)(batch.inputs)).sum(axis=(0, 2)) > 0
    assert depends.tolist() == [True, True, False, False, False, False]


def test_a_batch_is_of_whole_rows():
    with pytest.raises(ValueError, match=r"batch_size is a multiple of row_trials \(3\), not 64"):
        training.train_supervised("GoNogo-v0", row_trials=3)


@pytest.mark.slow
def test_what_was_learned_from_trials_plays_them_in_a_row():
    env, params = jgn.make("DelayComparison-v0")
    trained = training.train_supervised(env, params, updates=400, num_seeds=2)
    for run in range(2):
        table = jgn.rollout(env, params, *trained.agent(run), num_envs=20, num_trials=2_000)
        # With a memory that was always empty at the start in training, it is 0.92.
        assert table.performance.mean() > 0.96


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
    assert supervised.num_outputs(env) == 1
    exact = supervised.score(env, targets[..., None], batch)
    mean = supervised.score(env, jnp.full((5, 40, 1), jnp.mean(targets)), batch)
    np.testing.assert_allclose((exact, mean), (1, 0), atol=1e-5)


@pytest.mark.slow
def test_activity_that_costs_is_less():
    env, _ = jgn.make("GoNogo-v0")
    given = {"updates": 40, "batch_size": 16, "cell": training.GRU(8), "learning_rate": 3e-2}
    inputs = supervised.dataset_for(env, None, 16).sample_batch(jax.random.key(1)).inputs
    rates = {}
    for cost in (0.0, 10.0):
        trained = training.train_supervised(env, activity_cost=cost, **given)
        _, states = supervised.run_trials(trained.network, trained.weights_of(), inputs)
        rates[cost] = float(jnp.mean(states**2))
    assert rates[10.0] < 0.5 * rates[0.0]
