"""Params with an axis of sets: each run is as it would be alone with its own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.training import GRU, load, report, sweeps, train_ppo, train_supervised

ENV, PARAMS = jgn.make(
    "PerceptualDecisionMaking-v0", timing={"stimulus": 300, "delay": 0, "decision": 100}
)
SETS = jax.vmap(lambda sigma, ms: PARAMS.replace(sigma=sigma).with_timing(stimulus=ms))(
    jnp.array([1.0, 8.0]), jnp.array([300.0, 200.0])
)
SUPERVISED = {"updates": 3, "chunk": 3, "batch_size": 8, "cell": GRU(8), "num_seeds": 2}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    return train_supervised(ENV, SETS, **SUPERVISED, folder=folder), folder


def test_runs_say_which_params_they_have_and_what_differs_in_them(swept):
    runs = swept[0].runs
    assert runs["params"].tolist() == [0, 0, 1, 1]
    assert runs["seed"].tolist() == [0, 1, 0, 1]
    assert runs["sigma"].tolist() == [1, 1, 8, 8]
    times = {name: x.tolist() for name, x in runs.items() if name.startswith("timing")}
    assert list(times.values()) == [[300, 300, 200, 200]]
    assert float(swept[0].params_of(2).sigma) == 8
    ENV.validate(swept[0].params_of(2))


@pytest.mark.slow
def test_each_run_is_what_it_would_be_alone_with_its_params(swept):
    for number in range(2):
        alone = train_supervised(ENV, sweeps.one_of(SETS, number), **SUPERVISED)
        own = slice(2 * number, 2 * number + 2)
        for name, values in alone.metrics.items():
            np.testing.assert_allclose(swept[0].metrics[name][:, own], values, rtol=1e-4)
        assert alone.params_of(1) is alone.params


def test_a_sweep_is_loaded_and_resumed_and_no_other_is(swept):
    trained, folder = swept
    found = load(folder, ENV, SETS)
    for name, values in trained.runs.items():
        assert found.runs[name].tolist() == values.tolist()
    np.testing.assert_array_equal(found.metrics["loss"], trained.metrics["loss"])
    again = train_supervised(ENV, SETS, **SUPERVISED, folder=folder, resume=True)
    assert again.num_updates == 3
    with pytest.raises(ValueError, match=r"the training in .* is another one: .*sigma"):
        load(folder, ENV, SETS.replace(sigma=jnp.array([1.0, 7.0])))
    with pytest.raises(ValueError, match=r"the training in .* is another one"):
        load(folder, ENV, PARAMS)


@pytest.mark.slow
def test_agents_of_ppo_learn_in_their_own_task_and_are_evaluated_there():
    """Rewards of 0 leave nothing to be earned, whatever the other run does."""
    sets = jax.vmap(lambda right: PARAMS.with_rewards(correct=right, abort=0.0))(jnp.arange(2.0))
    trained = train_ppo(ENV, sets, updates=2, chunk=2, num_envs=8, cell=GRU(8), until="ideal:0.1")
    assert np.all(trained.metrics["reward"][:, 0] == 0)
    assert np.all(trained.metrics["reward"][:, 1] > 0)
    assert trained.runs["rewards.correct"].tolist() == [0, 1]
    evaluation = report.evaluate(trained, num_trials=40)
    assert evaluation.ideal is None
    assert "params" in str(evaluation.no_ideal)
    assert evaluation.runs[0].mean_reward == 0 < evaluation.runs[1].mean_reward


def test_an_axis_that_not_all_params_have_is_refused():
    with pytest.raises(ValueError, match=r"a leading axis of 2 throughout.*sigma"):
        train_supervised(ENV, SETS.replace(sigma=jnp.float32(1)), **SUPERVISED)
    with pytest.raises(ValueError, match="sigma"):
        train_supervised(ENV, SETS.replace(sigma=jnp.array([1.0, -1.0])), **SUPERVISED)
    assert sweeps.count_of(ENV, SETS) == 2
    assert sweeps.count_of(ENV, PARAMS) is sweeps.count_of(ENV, None) is None
