"""A plaid as told, and pictures from which its motion can be read."""

import functools

import helpers
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

ID = "SpatialSuppressMotionPixels-v0"


@functools.cache
def drawn(num=64, **arguments):
    """Return a task, its trials, and their films (N, T, 32, 32)."""
    env, params = jgn.make(ID, **{"size": (32, 32), "view": 8.0, **arguments})
    trials = jax.device_get(helpers.draw(env, params, num))
    return env, trials, np.asarray(jax.jit(env.frames)(trials.ob))[..., 0]


def test_conditions_have_their_distributions():
    _, trials, _ = drawn(1024, size=(1, 1), diameters=(2.0, 8.0))
    assert helpers.is_uniform(trials.conditions["direction"], [1, 2, 3, 4])
    assert helpers.is_uniform(trials.conditions["contrast"], [0.05, 0.99])
    assert helpers.is_uniform(trials.conditions["diameter"], [2, 8])


@pytest.mark.parametrize("contrast", [0.05, 0.99])
def test_the_plaid_has_the_contrast_and_the_size_told(contrast):
    env, params = jgn.make(ID, size=(64, 64))
    trial = env.new_trial(0, params, contrast=contrast, diameter=8.0)
    film = np.asarray(env.frames(trial.ob, params))[..., 0]
    assert env.observation_space().contains(film[0][..., None])
    plateau = film[5:31]
    assert abs((plateau.max() - plateau.min()) - contrast) < 0.02 * contrast
    assert abs(plateau.mean() - 0.5) < 0.002
    x, y = np.meshgrid(*2 * [(np.arange(64) - 31.5) / 4])
    outside = np.hypot(x, y) > 4
    assert np.all(film[:, outside] == 0.5)
    assert np.all(plateau[:, np.hypot(x, y) < 3.9].std(axis=0) > 1e-5 * contrast)


def test_the_plaid_comes_and_goes_smoothly():
    """As NeuroGym's film, but symmetric in its 36 frames."""
    for timing, num_steps in ((300, 36), (600, 72)):
        env, params = jgn.make(ID, size=(1, 1), timing={"stimulus": timing})
        contrast = np.asarray(env.new_trial(0, params, contrast=1.0).ob)[:, 0]
        assert len(contrast) == num_steps
        np.testing.assert_allclose(contrast, contrast[::-1], atol=1e-5)
        edge = [0.007, 0.042, 0.168, 0.453, 0.82]
        np.testing.assert_allclose(contrast[:5], edge, atol=0.002)
        np.testing.assert_allclose(contrast[5:-5], 1, atol=1e-6)


def moved(film):
    """Correlate each picture with the next, moved by a pixel left, right, up and down: (N, 4)."""
    before, after = film[:, 5:30] - 0.5, film[:, 6:31] - 0.5
    inner = before[:, :, 1:-1, 1:-1]
    shifted = (
        after[:, :, 1:-1, :-2],
        after[:, :, 1:-1, 2:],
        after[:, :, :-2, 1:-1],
        after[:, :, 2:, 1:-1],
    )
    return np.stack([np.sum(inner * one, axis=(1, 2, 3)) for one in shifted], axis=1)


def test_the_direction_can_be_read_from_the_pixels_at_either_contrast():
    _, trials, film = drawn()
    assert len(set(trials.conditions["contrast"].tolist())) == 2
    guess = np.argmax(moved(film), axis=1) + 1
    assert np.mean(guess == trials.conditions["direction"]) > 0.98


def test_a_single_picture_says_nothing_of_the_direction():
    """Left and right, and up and down, have the same pictures in the opposite order of phase."""
    env, params = jgn.make(ID, size=(32, 32))
    films = [
        np.asarray(env.frames(env.new_trial(0, params, direction=side, contrast=0.5).ob, params))
        for side in (1, 2)
    ]
    np.testing.assert_allclose(films[0][:, :, ::-1], films[1], atol=1e-5)


def test_the_plaid_moves_as_fast_as_told():
    """A cycle of a grating passes in 1 / (frequency * speed): 37.65 frames at 3.2 Hz."""
    env, params = jgn.make(ID, size=(1, 1), timing={"stimulus": 1000})
    phase = np.unwrap(np.asarray(env.new_trial(0, params).ob)[:, 1], period=1)
    np.testing.assert_allclose(np.diff(phase), 0.8 * 4 * 8.3 / 1000, rtol=1e-3)


def test_the_ground_truth_is_that_of_the_task_of_channels():
    env, trials, _ = drawn(16)
    other, _ = jgn.make("SpatialSuppressMotion-v0")
    for row in range(16):
        given = {name: trials.conditions[name][row] for name in ("direction", "contrast")}
        np.testing.assert_array_equal(other.new_trial(0, **given).gt, trials.gt[row])
    assert env.T == other.T


def test_following_the_ground_truth_earns_all():
    env, trials, _ = drawn(16)
    followed = helpers.play(env, trials, trials.gt)
    np.testing.assert_allclose(followed.returns, 1, rtol=1e-5)
    np.testing.assert_allclose(followed.performance, 1, rtol=1e-5)
    still = helpers.play(env, trials, np.zeros_like(trials.gt))
    assert np.all(still.returns < 0.6)
