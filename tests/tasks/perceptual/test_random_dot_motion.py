"""Dots as told, and pictures from which their motion can be read."""

import functools

import helpers
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn

ID = "RandomDotMotion-v0"
DT, SPEED = 16, 12.5  # deg/s: 0.2 degrees in a step
TIMING = {"fixation": 2 * DT, "stimulus": 30 * DT, "decision": 2 * DT}
SMALL = {"size": (30, 30), "timing": TIMING, "speed": SPEED}
STEPS = slice(2, 32)  # of the stimulus
PIXELS = 1  # that a dot moves in a step: 30 pixels show 6 degrees


@functools.cache
def drawn(num=256, seed=0, coh=None, ground_truth=None, **arguments):
    """Return a task, its trials, and the places of the dots in the stimulus, (N, steps, n)."""
    env, params = jgn.make(ID, **{**SMALL, **arguments})
    given = {"coh": coh, "ground_truth": ground_truth}
    given = {name: value for name, value in given.items() if value is not None}
    trials = jax.device_get(helpers.draw(env, params, num, seed, **given))
    x, y = np.split(trials.ob[:, STEPS, 2:], 2, axis=-1)
    return env, trials, x, y


@functools.cache
def films(num=256, seed=0, **arguments):
    """Return the pictures of the stimulus (N, steps, height, width), and the trials."""
    env, trials, *_ = drawn(num, seed, **arguments)
    return np.asarray(jax.jit(env.frames)(trials.ob[:, STEPS]))[..., 0], trials


def test_the_fixation_point_is_seen_until_the_decision():
    env, trials, *_ = drawn(4)
    centre = np.asarray(jax.jit(env.frames)(trials.ob))[:, :, 14:16, 14:16, 0]
    is_on = np.arange(env.T) < env.T - 2
    np.testing.assert_array_equal(np.all(centre == 1, axis=(0, 2, 3)), is_on)
    assert np.all(centre[:, ~is_on] == 0)


def test_frames_show_white_dots_in_a_disc_on_black():
    """As many, as large and as bright as told; nothing is drawn beside them."""
    env, trials, x, y = drawn(8, fixation_size=0, num_dots=3, dot_size=0.4, contrast=0.5)
    frames = np.asarray(jax.jit(env.frames)(trials.ob))[..., 0]
    assert env.observation_space().contains(frames[0, 0][..., None])
    assert not np.any(frames[:, :2])
    assert not np.any(frames[:, -2:])
    shown, scale = frames[:, STEPS], 30 / 6
    apart = np.min(np.hypot(x - np.roll(x, 1, axis=-1), y - np.roll(y, 1, axis=-1)), axis=-1) > 0.6
    assert apart.sum() > 50
    # A dot of 0.4 degrees covers 2 x 2 pixels.
    np.testing.assert_allclose(shown.sum(axis=(2, 3))[apart], 3 * 4 * 0.5, rtol=1e-4)
    assert shown.max() <= 0.5 + 1e-6
    for trial, step in ((0, 0), (5, 11)):  # the pixel under the centre of a dot is bright
        rows = np.floor(15 - y[trial, step] * scale).astype(int)
        columns = np.floor(15 + x[trial, step] * scale).astype(int)
        np.testing.assert_allclose(shown[trial, step, rows, columns], 0.5, atol=1e-5)


def test_dots_of_full_coherence_move_in_the_direction_of_the_ground_truth():
    """By their speed, but for those that appear elsewhere or come back from the other side."""
    for direction, (right, up) in enumerate([(1, 0), (0, 1), (-1, 0), (0, -1)]):
        _, _, x, y = drawn(16, dim_ring=4, coh=100.0, ground_truth=direction, dot_life=0)
        dx, dy = np.diff(x, axis=1), np.diff(y, axis=1)
        is_moved = np.hypot(dx - 0.2 * right, dy - 0.2 * up) < 1e-4
        # Of a disc of diameter 5 as much is led over the edge as a strip across it: 4 / pi * 0.2/5.
        assert abs(np.mean(~is_moved) - 0.8 / (5 * np.pi)) < 0.01
        across = dy if right else dx
        assert np.all(np.abs(across) < 1e-4)


@pytest.mark.parametrize("noise_dots", ["direction", "position"])
@pytest.mark.parametrize("num_sets", [1, 3])
def test_the_coherence_is_the_fraction_of_dots_that_move_together(noise_dots, num_sets):
    _, _, x, y = drawn(coh=30.0, ground_truth=0, noise_dots=noise_dots, num_sets=num_sets)
    dx = x[:, num_sets:] - x[:, :-num_sets]
    dy = y[:, num_sets:] - y[:, :-num_sets]
    together = np.hypot(dx - 0.2 * num_sets, dy) < 1e-4
    life = round(10 / num_sets)
    stay = (1 - 1 / life) * (
        1 - 0.8 * num_sets / (5 * np.pi)
    )  # neither dies nor goes over the edge
    # Dots of a trial stay together: count by trial.
    by_trial = together.mean(axis=(1, 2))
    assert abs(by_trial.mean() - 0.3 * stay) < 5 * by_trial.std() / 16 + 0.005


@pytest.mark.parametrize("noise_dots", ["direction", "position"])
def test_dots_fill_the_disc_evenly_at_all_times_wherever_they_move(noise_dots):
    for coh in (0.0, 100.0):
        _, _, x, y = drawn(coh=coh, ground_truth=0, noise_dots=noise_dots)
        r2 = (x**2 + y**2) / 2.5**2
        assert r2.max() <= 1 + 1e-5
        for step in (0, 15, 29):  # r^2 is uniform, of s.d. 1 / sqrt(12); so is the angle
            n = r2[:, step].size
            assert abs(r2[:, step].mean() - 0.5) < 5 / np.sqrt(12 * n)
            assert abs(x[:, step].mean()) < 5 * 1.25 / np.sqrt(n)
            assert abs(y[:, step].mean()) < 5 * 1.25 / np.sqrt(n)


def test_noise_dots_move_as_fast_in_all_directions_or_appear_anywhere():
    _, _, x, y = drawn(coh=0.0)
    dx, dy = np.diff(x, axis=1), np.diff(y, axis=1)
    is_moved = np.abs(np.hypot(dx, dy) - 0.2) < 1e-4
    assert abs(is_moved.mean() - 0.9 * (1 - 0.8 / (5 * np.pi))) < 0.01
    number = is_moved.sum() / 9  # a dot has one direction in its life of ten steps
    assert abs(np.mean(dx[is_moved] / 0.2)) < 5 / np.sqrt(2 * number)
    assert abs(np.mean(dy[is_moved] / 0.2)) < 5 / np.sqrt(2 * number)
    assert abs(np.mean((dx[is_moved] / 0.2) ** 2) - 0.5) < 5 / np.sqrt(8 * number)
    _, _, x, y = drawn(coh=0.0, noise_dots="position")
    distance = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1))
    # Of two places in a disc of radius R the mean distance is 128 R / (45 pi).
    assert abs(distance.mean() - 128 * 2.5 / (45 * np.pi)) < 0.02


def test_a_dot_lives_as_long_as_told():
    for life, steps in ((160, 10), (48, 3), (1, 1)):
        _, _, x, y = drawn(coh=100.0, ground_truth=0, dot_life=life)
        moved = np.hypot(np.diff(x, axis=1) - 0.2, np.diff(y, axis=1)) < 1e-4
        expected = (1 - 1 / steps) * (1 - 0.8 / (5 * np.pi))
        assert abs(moved.mean() - expected) < 0.01


def test_with_sets_by_turns_no_dot_is_seen_at_two_steps_in_a_row():
    _, _, x, y = drawn(coh=100.0, ground_truth=0, num_sets=3, dot_life=0, num_dots=5)
    for lag in (1, 2):
        shift = np.hypot(x[:, lag:] - x[:, :-lag] - 0.2 * lag, y[:, lag:] - y[:, :-lag])
        assert np.mean(shift < 1e-4) < 0.001
    moved = np.hypot(x[:, 3:] - x[:, :-3] - 0.6, y[:, 3:] - y[:, :-3]) < 1e-4
    assert moved.mean() > 0.8


def rightward(film):
    """Correlate each picture with the next, moved to either side: more to the right is positive."""
    film = film - film.mean(axis=1, keepdims=True)  # without what stands still
    before, after = film[:, :-1], film[:, 1:]
    right = np.sum(before[..., :-PIXELS] * after[..., PIXELS:], axis=(1, 2, 3))
    left = np.sum(before[..., PIXELS:] * after[..., :-PIXELS], axis=(1, 2, 3))
    return right - left


@pytest.mark.parametrize(("coh", "least"), [(51.2, 0.99), (25.6, 0.9), (12.8, 0.7)])
def test_the_direction_can_be_read_from_the_pixels(coh, least):
    """By the correlation of successive pictures, in half a second."""
    film, trials = films(coh=coh)
    guess = np.where(rightward(film) > 0, 0, 1)
    assert np.mean(guess == trials.conditions["ground_truth"]) > least


def test_a_coherence_of_0_says_nothing():
    film, trials = films(coh=0.0)
    evidence = rightward(film)
    truth = 1 - 2 * trials.conditions["ground_truth"]
    assert abs(evidence.mean()) < 5 * evidence.std() / 16
    assert abs(np.mean(evidence * truth)) < 5 * evidence.std() / 16
    assert abs(np.mean((evidence > 0) == (truth > 0)) - 0.5) < 5 * 0.5 / 16


def test_a_single_picture_says_nothing_at_full_coherence():
    """The mean picture of one direction is that of the other."""
    film, trials = films(coh=100.0, fixation_size=0)
    truth = trials.conditions["ground_truth"]
    left, right = (film[truth == side, 10] for side in (0, 1))
    error = np.sqrt(left.var(axis=0) / len(left) + right.var(axis=0) / len(right))
    z = (left.mean(axis=0) - right.mean(axis=0)) / np.maximum(error, 1e-3)
    assert np.max(np.abs(z)) < 5


def test_the_places_of_dots_do_not_depend_on_what_comes_before_the_stimulus():
    timing = {**TIMING, "fixation": 5 * DT}
    env, params = jgn.make(ID, **{**SMALL, "timing": timing})
    late = helpers.draw(env, params, 4)
    np.testing.assert_array_equal(late.ob[:, 3:], drawn(4)[1].ob)


def test_conditions_and_rewards_are_those_of_motion_discrimination():
    env, trials, *_ = drawn(4096)
    conditions = trials.conditions
    assert helpers.is_uniform(conditions["ground_truth"], [0, 1])
    assert helpers.is_uniform(conditions["coh"], [0, 6.4, 12.8, 25.6, 51.2])
    sign = 2 * conditions["ground_truth"] - 1
    np.testing.assert_allclose(conditions["signed_coh"], sign * conditions["coh"], atol=1e-4)
    case = helpers.Case(env, env.default_params, jax.tree.map(lambda x: x[:64], trials))
    right = case.trials.conditions["ground_truth"] + 1
    followed, wrong = case.act(decision=right), case.act(decision=3 - right)
    assert np.all(followed.returns == 1)
    assert np.all(wrong.returns == 0)
    assert np.allclose(case.act(fixation=1, decision=right).returns, 1 - 0.1 * 2)


def test_a_sweep_over_speed_moves_dots_by_as_much():
    env, params = jgn.make(ID, **SMALL, dot_life=0)
    speeds = jnp.asarray([5.0, 10.0])

    def places(speed):
        return env.new_trial(0, params.replace(speed=speed), coh=100, ground_truth=0).ob[STEPS, 2:]

    x = np.asarray(jax.vmap(places)(speeds))[..., :30]
    moved = np.median(np.diff(x, axis=1), axis=(1, 2))
    np.testing.assert_allclose(moved, [0.08, 0.16], rtol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 64}, r"size is \(height, width\) in pixels"),
        ({"size": (64, 0)}, "size"),
        ({"num_dots": 0}, "num_dots"),
        ({"num_sets": 0}, "num_sets"),
        ({"noise_dots": "walk"}, "noise_dots"),
        ({"contrast": 1.5}, "contrast"),
        ({"view": 0}, "view"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        jgn.make(ID, **arguments)
