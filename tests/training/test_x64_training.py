"""With x64 switched on, networks of every cell train by both methods, and stay in 32 bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import analysis
from jaxgym_neuro.training import GRU, LeakyRNN, Network, init_weights, train_ppo, train_supervised
from jaxgym_neuro.training.networks import make_network

CELLS = {
    "gru": GRU(8),
    "leaky": LeakyRNN(8, noise=0.3),
    "dale": LeakyRNN(10, excitatory=0.8, activation="softplus"),
    "sparse": LeakyRNN(8, density=0.3, activation="tanh"),
    "low rank": LeakyRNN(8, rank=2, activation="tanh"),
}
METHODS = {"ppo": (train_ppo, "num_envs"), "supervised": (train_supervised, "batch_size")}


def assert_32_bit(tree):
    types = {x.dtype for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.floating)}
    assert types == {np.dtype(np.float32)}


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_network_runs_in_32_bits_whatever_it_is_given(cell):
    with jax.enable_x64(True):
        env, _ = jgn.make("GoNogo-v0")
        network = make_network(cell, env, {"policy": 2})
        weights = init_weights(jax.random.key(0), network, env)
        first, obs = jnp.zeros((2, cell.hidden), jnp.float32), np.zeros((5, 2, 3), np.float64)
        assert_32_bit(weights)
        assert_32_bit(network.apply(weights, first, obs, method=Network.run))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("cell", "id"),
    [
        pytest.param(CELLS["gru"], "GoNogo-v0", id="gru"),
        *(
            pytest.param(cell, "GoNogo-v0", id=name, marks=pytest.mark.slow)
            for name, cell in CELLS.items()
            if name != "gru"
        ),
        pytest.param(CELLS["gru"], "Reaching1D-v0", id="box", marks=pytest.mark.slow),
    ],
)
def test_a_cell_trains_in_32_bits(cell, id, method):
    train, size = METHODS[method]
    with jax.enable_x64(True):
        trained = train(id, cell=cell, updates=1, chunk=1, **{size: 4})
        assert_32_bit((trained.weights, dict(trained.metrics)))


@pytest.mark.slow
def test_a_trained_network_is_played_and_its_fixed_points_are_found():
    with jax.enable_x64(True):
        trained = train_supervised("GoNogo-v0", cell=GRU(8), updates=1, batch_size=2)
        env, params = trained.env, trained.params_of(0)
        table = jgn.rollout(env, params, *trained.agent(), num_envs=2, num_trials=4)
        assert_32_bit(table.reward)
        found = analysis.fixed_points(
            trained.cell(),
            trained.weights_of(0),
            np.random.default_rng(0).normal(size=(5, 8)),
            np.zeros(3),  # of 64 bits
            tolerance=1.0,
        )
        assert_32_bit(found.points)
