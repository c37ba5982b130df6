"""Networks: what a step is, and what their constraints hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.training import GRU, LeakyRNN, Network, cell_function, init_weights, lesion
from jaxgym_neuro.training.networks import cell_config, cell_from, make_network

ENV, _ = jgn.make("PerceptualDecisionMaking-v0", dt=20)
READOUTS = {"policy": 3, "value": 1}
CELLS = {
    "gru": GRU(8),
    "leaky": LeakyRNN(8, noise=0.3),
    "dale": LeakyRNN(10, excitatory=0.8, activation="softplus"),
    "sparse": LeakyRNN(8, density=0.3, activation="tanh"),
    "low rank": LeakyRNN(8, rank=2, activation="tanh"),
}


def made(cell, seed=0):
    network = make_network(cell, ENV, READOUTS)
    return network, jax.jit(lambda key: init_weights(key, network, ENV))(jax.random.key(seed))


@pytest.fixture(params=CELLS.values(), ids=CELLS)
def any_network(request):
    return made(request.param)


def test_steps_one_by_one_are_the_run_of_them_all(any_network):
    network, weights = any_network
    hidden = network.cell.hidden
    obs = jax.random.normal(jax.random.key(1), (6, 2, 3))
    noise = jax.random.normal(jax.random.key(2), (6, 2, hidden))
    starts = jnp.zeros((6, 2), jnp.bool_).at[3, 1].set(True)
    first = jnp.ones((2, hidden))

    @jax.jit
    def both():
        outputs, states = network.apply(weights, first, obs, starts, noise, method=Network.run)
        h, found = first, []
        for t in range(6):
            h = jnp.where(starts[t][:, None], 0.0, h)
            stepped, h = network.apply(weights, h, obs[t], noise[t])
            found.append((stepped, h))
        return (outputs, states), jax.tree.map(lambda *x: jnp.stack(x), *found)

    run, steps = both()
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), run, steps)
    assert run[0]["policy"].shape == (6, 2, 3)


def test_gradients_reach_every_weight(any_network):
    network, weights = any_network
    obs = jax.random.normal(jax.random.key(1), (12, 4, 3))
    first = jnp.zeros((4, network.cell.hidden))

    @jax.jit
    @jax.grad
    def gradient(params):
        found = network.apply({**weights, "params": params}, first, obs, method=Network.run)
        return sum(jnp.sum(x**2) for x in jax.tree.leaves(found))

    moved = jax.tree.map(lambda g: bool(jnp.any(g != 0)), gradient(weights["params"]))
    assert all(jax.tree.leaves(moved)), moved


def test_the_cell_is_a_function_of_params_state_and_input(any_network):
    network, weights = any_network
    h, x = jnp.full(network.cell.hidden, 0.3), jnp.asarray([1.0, 0.4, 0.6])
    step = jax.jit(cell_function(network))
    _, expected = network.apply(weights, h, x)
    np.testing.assert_allclose(step(weights, h, x), expected, rtol=1e-5, atol=1e-6)
    assert jax.jacobian(step, argnums=1)(weights, h, x).shape == (len(h), len(h))


@pytest.mark.parametrize("cell", [CELLS["gru"], CELLS["leaky"]], ids=["gru", "leaky"])
def test_lesioned_units_are_silent_and_nobody_hears_them(cell):
    network, weights = made(cell)
    silent = lesion(weights, [2, 5])
    obs, first = jax.random.normal(jax.random.key(1), (9, 1, 3)), jnp.zeros((1, 8))

    @jax.jit
    def run(weights, first):
        outputs, states = network.apply(weights, first, obs, method=Network.run)
        return outputs, states, network.apply(weights, states, method=Network.rates)

    whole, (outputs, states, rates) = run(weights, first), run(silent, first)
    assert np.all(rates[..., jnp.array([2, 5])] == 0)
    assert np.any(whole[2][..., jnp.array([2, 5])] != 0)
    assert np.any(outputs["policy"] != whole[0]["policy"])
    # However a silent unit begins, the others do the same.
    others = [0, 1, 3, 4, 6, 7]
    again = run(silent, first.at[:, jnp.array([2, 5])].set(7.0))
    np.testing.assert_array_equal(again[1][..., others], states[..., others])
    np.testing.assert_array_equal(again[0]["policy"], outputs["policy"])


def test_lesions_of_each_unit_are_vmapped():
    network, weights = made(CELLS["gru"])
    each = jax.vmap(lambda unit: lesion(weights, unit))(jnp.arange(8))
    np.testing.assert_array_equal(each["fixed"]["cell"]["alive"], 1 - np.eye(8))
    del network


def test_private_noise_has_the_variance_that_a_slow_unit_should_have():
    # Nothing drives the units, and tau is 25 steps: the variance is noise**2 / (1 - alpha / 2).
    network, weights = made(LeakyRNN(8, tau=500, noise=0.3, activation="tanh"))
    weights = jax.tree.map(jnp.zeros_like, weights)
    noise = jax.random.normal(jax.random.key(0), (400, 200, 8))
    first = jnp.zeros((200, 8))
    _, states = jax.jit(lambda: network.apply(
        weights, first, jnp.zeros((400, 200, 3)), None, noise, method=Network.run))()  # fmt: skip
    variance = float(np.var(np.asarray(states[-1]), dtype=np.float64))
    expected = 0.3**2 / (1 - 0.04 / 2)
    # 1,600 independent numbers: a standard error of the variance of 3.5%.
    assert abs(variance / expected - 1) < 0.15


def test_without_noise_a_leaky_unit_decays_with_its_time_constant():
    network, weights = made(LeakyRNN(4, tau=100))
    weights = jax.tree.map(jnp.zeros_like, weights)
    _, h = network.apply(weights, jnp.ones(4), jnp.zeros(3))
    np.testing.assert_allclose(h, 0.8, rtol=1e-6)


def test_dales_law_gives_units_one_sign_and_inhibition_its_balance():
    network, weights = made(LeakyRNN(100, excitatory=0.8))
    w = np.asarray(network.apply(weights, method=Network.connectivity))
    assert np.all(w[:80] >= 0)
    assert np.all(w[80:] <= 0)
    assert np.all(np.diag(w) == 0)
    assert abs(w[:80].sum() / -w[80:].sum() - 1) < 0.1
    radius = np.abs(np.linalg.eigvals(w))
    assert 0.7 < np.sort(radius)[-3] < 1.3
    assert weights["params"]["layers_policy"]["kernel"].shape == (80, 3)


def test_sparse_and_low_rank_connectivity_are_what_they_are_called():
    network, weights = made(LeakyRNN(100, density=0.1))
    w = np.asarray(network.apply(weights, method=Network.connectivity))
    assert abs(np.mean(w != 0) - 0.1) < 0.015
    assert 0.8 < np.max(np.abs(np.linalg.eigvals(w))) < 1.3
    network, weights = made(LeakyRNN(30, rank=2))
    w = np.asarray(network.apply(weights, method=Network.connectivity))
    assert np.linalg.matrix_rank(w, tol=1e-5) == 2


def test_a_cell_is_read_back_from_what_it_is_written_as():
    for cell in CELLS.values():
        assert cell_from(cell_config(cell)) == cell
    with pytest.raises(ValueError, match="unknown argument of LeakyRNN 'nois'; did you mean"):
        cell_from({"cell": "LeakyRNN", "nois": 1})


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (GRU(0), "hidden is a whole number of at least 1, not 0"),
        (LeakyRNN(8, tau=10), "dt=20 ms, tau=10 ms"),
        (LeakyRNN(8, activation="reul"), "did you mean 'relu'"),
        (LeakyRNN(8, excitatory=1.0), "leaves both kinds, not 1.0 of 8"),
        (LeakyRNN(8, density=0), "density"),
        (LeakyRNN(8, rank=9), "rank is at most hidden=8, not 9"),
        (LeakyRNN(8, rank=2, density=0.5), "do not go with it"),
        (LeakyRNN(8, noise=-1), "noise"),
        ("GRU", "a network is made of a cell, GRU or LeakyRNN, not 'GRU'"),
    ],
)
def test_bad_cells_are_refused(cell, said):
    with pytest.raises(ValueError, match=said):
        make_network(cell, ENV, READOUTS)


def test_units_to_lesion_are_units():
    _, weights = made(CELLS["gru"])
    with pytest.raises(ValueError, match="units are numbers from 0 to 7, not 8"):
        lesion(weights, 8)
