"""Lines as told, and pictures from which the target can be found."""

import functools

import helpers
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn

ID = "VisualSearch-v0"
TIMING = {"fixation": 16, "sample": 16, "delay": 16, "decision": 32}
SAMPLE, DECISION = 1, 3
QUARTERS = {(x, y): (16 * (1 - y) // 2, 16 * (x + 1) // 2) for x in (-1, 1) for y in (-1, 1)}


@functools.cache
def drawn(num=256, **arguments):
    """Return a task, trials, and the pictures of sample and decision (N, 32, 32, 3)."""
    env, params = jgn.make(ID, size=(32, 32), timing=TIMING, **arguments)
    trials = jax.device_get(helpers.draw(env, params, num))
    films = np.asarray(jax.jit(env.frames)(trials.ob[:, [SAMPLE, DECISION]]))
    return env, trials, films[:, 0], films[:, 1]


def test_the_sample_and_the_lines_are_where_and_as_told():
    env, params = jgn.make(ID, size=(32, 32), timing=TIMING)
    red, green, blue = np.eye(3, dtype=np.float32)
    trial = env.new_trial(
        0,
        params,
        sample_angle=0.0,
        sample_color=red,
        present=True,
        set_size=3,
        angles=[0.0, np.pi / 2, 0.0, 0.0],
        colors=[red, green, blue, green],
        centers=[(0.5, 0.5), (-0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)],
    )
    fixation, sample, delay, shown, again = np.asarray(env.frames(trial.ob, params))
    assert not fixation.any()
    assert not delay.any()
    np.testing.assert_array_equal(shown, again)
    # Of 9.6 by about 1 pixels, at the height of the centre, and red.
    assert sample[..., 1:].max() == 0
    np.testing.assert_allclose(sample[15:17, 12:20, 0], 0.48, atol=0.01)
    assert not np.any(sample[:14])
    assert abs(sample.sum() - 9.6 * 0.96) < 0.1
    quarters = shown[:16, 16:], shown[:16, :16], shown[16:, 16:], shown[16:, :16]
    light = [quarter.sum(axis=(0, 1)) for quarter in quarters]
    np.testing.assert_allclose(light, 9.2 * np.eye(4, 3), atol=0.1)
    assert quarters[1].sum(axis=(1, 2)).astype(bool).sum() >= 9  # upright
    assert env.observation_space().contains(shown)


def test_lines_that_are_shown_can_be_seen():
    _, trials, sample, _ = drawn()
    assert trials.conditions["sample_color"].min() >= 0.3
    assert sample.max(axis=(1, 2, 3)).min() > 0.1


@pytest.mark.parametrize("search", ["conjunction", "angle", "color"])
def test_each_other_line_differs_from_the_target_in_one_feature(search):
    _, trials, *_ = drawn(search=search)
    conditions = trials.conditions
    turned = np.abs(conditions["angles"] - conditions["sample_angle"][:, None]) > 1e-4
    changed = np.any(
        np.abs(conditions["colors"] - conditions["sample_color"][:, None]) > 1e-4, axis=-1
    )
    assert not np.any(turned[:, 0] | changed[:, 0])
    assert np.all(turned[:, 1:] ^ changed[:, 1:])
    part = {"conjunction": 0.5, "angle": 1.0, "color": 0.0}[search]
    assert abs(turned[:, 1:].mean() - part) <= 5 * np.sqrt(part * (1 - part) / (3 * 256))
    difference = (conditions["angles"] - conditions["sample_angle"][:, None])[turned]
    np.testing.assert_allclose(np.abs(np.sin(difference)), np.sin(0.2 * np.pi), atol=1e-4)


def test_the_ground_truth_is_where_the_target_is():
    env, trials, *_ = drawn()
    np.testing.assert_array_equal(trials.conditions["ground_truth"], trials.gt[:, DECISION])
    np.testing.assert_array_equal(trials.gt[:, DECISION], trials.conditions["centers"][:, 0])
    assert not np.any(trials.gt[:, :DECISION])
    where = trials.gt[:, DECISION] @ [2, 4]
    assert helpers.is_uniform(where, [-3, -1, 1, 3])
    given = env.new_trial(0, centers=np.roll(trials.conditions["centers"][0], 1, axis=0))
    np.testing.assert_array_equal(given.gt[DECISION], trials.conditions["centers"][0, -1])


def found(sample, shown):
    """Compare what is shown in each quarter with the sample: distances (N, 4), and the places."""
    template = sample[:, 8:24, 8:24]
    places, distances = [], []
    for (x, y), (top, left) in QUARTERS.items():
        quarter = shown[:, top : top + 16, left : left + 16]
        distances.append(np.sum((quarter - template) ** 2, axis=(1, 2, 3)))
        places.append((x / 2, y / 2))
    return np.stack(distances, axis=1), np.asarray(places)


@pytest.mark.parametrize("search", ["conjunction", "angle", "color"])
def test_the_target_can_be_found_in_the_pixels(search):
    _, trials, sample, shown = drawn(search=search)
    distances, places = found(sample, shown)
    guess = places[np.argmin(distances, axis=1)]
    assert np.mean(np.all(guess == trials.gt[:, DECISION], axis=1)) > 0.98


def test_without_the_sample_the_target_of_a_conjunction_is_where_chance_says():
    """All samples are as likely: the picture of the lines alone tells little."""
    _, trials, sample, shown = drawn()
    distances, places = found(np.roll(sample, 1, axis=0), shown)
    guess = places[np.argmin(distances, axis=1)]
    assert abs(np.mean(np.all(guess == trials.gt[:, DECISION], axis=1)) - 0.25) < 5 * 0.44 / 16


def test_where_the_target_is_absent_waiting_is_right():
    env, trials, sample, shown = drawn(p_present=0.5, set_sizes=(2, 4))
    present = trials.conditions["present"]
    assert helpers.within(present.sum(), 256, 0.5)
    np.testing.assert_array_equal(np.any(trials.gt[:, DECISION] != 0, axis=1), present)
    is_there = np.min(found(sample, shown)[0], axis=1) < 0.05
    np.testing.assert_array_equal(is_there, present)
    lit = np.stack(
        [shown[:, a : a + 16, b : b + 16].any(axis=(1, 2, 3)) for a, b in QUARTERS.values()]
    )
    np.testing.assert_array_equal(lit.sum(axis=0), trials.conditions["set_size"])
    wait = np.zeros((256, env.T, 2), np.float32)
    waited = helpers.play(env, trials, wait)
    np.testing.assert_array_equal(waited.returns, np.where(present, 0, 1))
    np.testing.assert_array_equal(waited.performance, np.where(present, 0, 1))
    assert np.all(waited.steps == env.T)


def test_every_row_of_the_reward_table():
    env, trials, *_ = drawn()
    params = env.default_params.with_rewards(fail=-0.5, miss=-0.25)

    def play(actions):
        return helpers.play(env, trials, actions.astype(np.float32), params)

    followed = play(trials.gt)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == DECISION + 1)
    near = play(trials.gt * 1.1)  # 0.07 from it
    far = play(trials.gt * 0.8)  # 0.14
    opposite = play(-trials.gt)
    assert np.all(near.returns == 1)
    for wrong in (far, opposite):
        assert np.all(wrong.returns == -0.5)
        assert np.all(wrong.performance == 0)
    assert np.all(play(trials.gt * 0).returns == -0.25)
    hasty = trials.gt.copy()
    hasty[:, 0] = 0.5
    np.testing.assert_allclose(play(hasty).returns, 0.9, rtol=1e-6)
    early = trials.gt.copy()
    early[:, 1:DECISION] = 0.5  # in sample and delay nothing counts
    assert np.all(play(early).returns == 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"search": "both"}, "search"),
        ({"set_sizes": (5,)}, "at most 4"),
        ({"set_sizes": (1.5,)}, "whole number"),
        ({"target_centers": [(2, 0)]}, "from -1 to 1"),
        ({"target_centers": [(0.05, 0)]}, "which is to wait"),
        ({"target_centers": [(0.5, 0.5), (0.55, 0.5)]}, "from one another"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        jgn.make(ID, **arguments)


def test_more_lines_than_places_are_refused_in_params():
    env, params = jgn.make(ID)
    with pytest.raises(ValueError, match="at most 4"):
        env.validate(params.replace(set_sizes=jnp.asarray([5.0])))
