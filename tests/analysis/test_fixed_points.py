"""Fixed points of systems whose fixed points are known."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro import analysis

GAIN, STEP = 2.0, 0.1  # of three bits that remember, each by itself


def flip_flop(params, h, x):
    """Leaky units, mixed by a rotation: each bit is bistable, tanh(gain z) = z."""
    z = params["mix"].T @ h
    return params["mix"] @ (z + STEP * (jnp.tanh(GAIN * z) - z + x))


def rest_of_a_bit():
    z = 1.0
    for _ in range(200):
        z = np.tanh(GAIN * z)
    return z


@pytest.fixture(scope="module")
def bits():
    rng = np.random.default_rng(0)
    mix = np.linalg.qr(rng.normal(size=(3, 3)))[0].astype(np.float32)
    starts = rng.uniform(-1.3, 1.3, (300, 3)).astype(np.float32) @ mix.T
    found = analysis.fixed_points(
        flip_flop, {"mix": mix}, starts, np.zeros(3, np.float32), tolerance=1e-10
    )
    return found, mix


def test_three_bits_have_eight_attractors_and_nineteen_saddles(bits):
    """As in Sussillo & Barak's 3-bit flip-flop: corners are stable, what lies between is not."""
    found, mix = bits
    assert len(found) == 27
    assert found.stable.sum() == 8
    z = rest_of_a_bit()
    levels = np.round((found.points @ mix) / z).astype(int)
    np.testing.assert_allclose(found.points @ mix, levels * z, atol=2e-3)
    assert len({tuple(row) for row in levels}) == 27
    np.testing.assert_array_equal(found.unstable, np.sum(levels == 0, axis=1))
    np.testing.assert_array_equal(found.stable, np.all(levels != 0, axis=1))


def test_eigenvalues_are_those_of_the_linearised_system(bits):
    found, mix = bits
    z = rest_of_a_bit()
    levels = np.round((found.points @ mix) / z)
    slope = 1 + STEP * (GAIN * (1 - np.tanh(GAIN * levels * z) ** 2) - 1)
    expected = -np.sort(-slope, axis=1)
    np.testing.assert_allclose(found.eigenvalues.real, expected, atol=2e-3)
    np.testing.assert_allclose(found.eigenvalues.imag, 0, atol=1e-5)
    corner = found.stable.argmax()
    np.testing.assert_allclose(
        found.time_constants(10.0)[corner], 10 / -np.log(expected[corner]), rtol=0.02
    )


def line(params, h, x):
    """A linear network with one direction along which nothing changes (an integrator)."""
    along = params
    return jnp.outer(along, along) @ h + 0.5 * (h - along * (along @ h)) + along * x


def test_a_line_attractor_has_an_eigenvalue_of_one_along_it():
    along = np.array([0.6, 0.8, 0, 0], np.float32)
    starts = np.random.default_rng(1).normal(size=(64, 4)).astype(np.float32)
    found = analysis.fixed_points(line, along, starts, np.float32(0))
    across = found.points - (found.points @ along)[:, None] * along
    np.testing.assert_allclose(across, 0, atol=1e-2)
    assert len(found) > 20  # all along the line
    assert np.ptp(found.points @ along) > 2
    np.testing.assert_allclose(found.eigenvalues[:, 0], 1, atol=1e-5)
    np.testing.assert_allclose(found.eigenvalues[:, 1:], 0.5, atol=1e-5)
    directions = [np.linalg.eig(one)[1][:, np.linalg.eigvals(one).real.argmax()]
                  for one in found.jacobian[:5]]  # fmt: skip
    np.testing.assert_allclose([abs(v @ along) for v in directions], 1, atol=1e-4)


def test_what_moves_everywhere_has_no_fixed_point():
    with pytest.raises(ValueError, match="none of 64 starts came to rest"):
        analysis.fixed_points(
            line, np.array([1.0, 0], np.float32), np.ones((64, 2)), np.float32(0.5)
        )


def test_slow_points_are_found_with_a_larger_tolerance():
    """Just past a saddle-node bifurcation: no fixed point, and a place where all is slow."""

    def cell(gap, h, x):
        return h + 0.1 * (gap + h**2) + x

    starts = np.linspace(-1, 1, 20)[:, None]
    with pytest.raises(ValueError, match="came to rest"):
        analysis.fixed_points(cell, 0.01, starts, 0.0, tolerance=1e-9)
    slow = analysis.fixed_points(cell, 0.01, starts, 0.0, tolerance=1e-6, distance=0.5)
    assert abs(slow.points[0, 0]) < 0.05
    assert slow.speed[0] == pytest.approx((0.1 * 0.01) ** 2 / 2, rel=0.05)


def test_a_rotation_has_complex_eigenvalues():
    angle = 0.3
    turn = 0.9 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = analysis.fixed_points(
        lambda w, h, x: w @ h + x,
        turn.astype(np.float32),
        np.random.default_rng(2).normal(size=(10, 2)),
        np.array([1.0, 0], np.float32),
    )
    assert len(found) == 1
    assert found.found[0] == 10
    rest = np.linalg.solve(np.eye(2) - turn, [1, 0])
    np.testing.assert_allclose(found.points[0], rest, atol=1e-3)
    np.testing.assert_allclose(np.abs(found.eigenvalues), 0.9, atol=1e-5)
    np.testing.assert_allclose(np.abs(np.angle(found.eigenvalues)), angle, atol=1e-5)


def test_picture_of_fixed_points(bits):
    found, _ = bits
    ax = found.plot(activity=np.zeros((2, 5, 3)) + found.points[:5])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["stable", "not stable"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"starts": np.ones(3)}, r"\(n, units\)"),
        ({"starts": np.full((3, 3), np.nan)}, "finite"),
        ({"cell": lambda p, h, x: h[:2]}, "a state like the one it is given"),
        ({"tolerance": 0}, "tolerance is above 0"),
    ],
)
def test_what_is_no_cell_or_start_says_what_is_needed(change, said):
    given = {"cell": flip_flop, "params": {"mix": np.eye(3, dtype=np.float32)}}
    given |= {"starts": np.ones((2, 3)), "x": np.zeros(3, np.float32), **change}
    with pytest.raises(ValueError, match=said):
        analysis.fixed_points(**given)
