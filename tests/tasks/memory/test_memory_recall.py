import jax
import numpy as np
import pytest
from helpers import draw, is_uniform, play

import jaxgym_neuro as jgn

ID = "MemoryRecall-v0"
NUM = 600


@pytest.fixture(scope="module")
def env():
    return jgn.make(ID)[0]


@pytest.fixture(scope="module")
def trials(env):
    return jax.device_get(draw(env, num=NUM))


def in_recall(trials, num_steps=25):
    step = np.arange(num_steps)
    return (step >= trials.start[:, 1, None]) & (step < trials.end[:, 1, None])


def test_trials_are_as_long_as_said_and_a_tenth_is_recall(trials):
    assert is_uniform(trials.length, range(15, 26))
    asked = trials.conditions["num_recall"]
    np.testing.assert_array_equal(asked, np.where(trials.length < 20, 1, 2))
    np.testing.assert_array_equal(trials.end[:, 1] - trials.start[:, 1], asked)
    np.testing.assert_array_equal(trials.start[:, 1], trials.length - asked)


def test_what_is_asked_for_is_what_was_marked_in_any_order(trials):
    recall = in_recall(trials)
    marked = trials.ob[..., 10] == 1
    np.testing.assert_array_equal(marked.sum(1), trials.conditions["num_recall"])
    assert not (marked & recall).any()
    swapped = []
    for ob, gt, is_marked, is_recall in zip(trials.ob, trials.gt, marked, recall, strict=True):
        shown, asked = ob[is_marked, :10], gt[is_recall]
        assert sorted(map(tuple, shown)) == sorted(map(tuple, asked))
        swapped.append(len(shown) == 2 and (shown[0] != asked[0]).any())
    assert 0.35 < np.mean(np.array(swapped)[trials.length >= 20]) < 0.65
    assert not trials.gt[~recall].any()


@pytest.mark.parametrize(("balanced", "part"), [(True, 0.6), (False, 0.3)])
def test_parts_are_missing_or_wrong_as_often_as_chance_says(balanced, part):
    env = jgn.make(ID, balanced=balanced)[0]
    trials = jax.device_get(draw(env, num=NUM))
    recall = in_recall(trials)
    seen, asked = trials.ob[recall][:, :10], trials.gt[recall]
    low = -1 if balanced else 0
    assert set(np.unique(asked)) == {low, 1}
    assert 0.45 < (asked == 1).mean() < 0.55
    changed = seen != asked
    np.testing.assert_array_equal(seen[changed], 0 if balanced else 1 - asked[changed])
    assert changed.mean() == pytest.approx(part, abs=4 * 0.5 / np.sqrt(changed.size))


def test_what_is_recalled_earns_by_its_distance(env, trials):
    asked = trials.conditions["num_recall"]
    for share, performance in ((1.0, 1), (0.5, 1), (0.0, 0), (-1.0, 0)):
        played = play(env, trials, trials.gt * share)
        np.testing.assert_allclose(played.returns, asked * (1 + share) / 2, rtol=1e-5)
        np.testing.assert_allclose(played.performance, performance, atol=1e-5)
        np.testing.assert_array_equal(played.steps, trials.length)
    far = play(env, trials, trials.gt * -9)
    np.testing.assert_array_equal(far.returns, 0)


def test_who_keeps_nothing_performs_at_chance(env, trials):
    guess = np.random.default_rng(0).choice([-1.0, 1.0], trials.gt.shape).astype(np.float32)
    seen = trials.ob[..., :10]
    played = play(env, trials, np.where(seen == 0, guess, seen))
    assert played.performance.mean() == pytest.approx(0.7, abs=0.02)


def test_patterns_that_are_given_are_shown_and_asked_for(env):
    patterns = np.random.default_rng(1).integers(2, size=(25, 10)).astype(bool)
    trial = jax.device_get(env.new_trial(2, num_steps=20, patterns=patterns))
    np.testing.assert_array_equal(trial.ob[:18, :10], 2.0 * patterns[:18] - 1)
    assert env.new_trial(2, num_steps=3).conditions["num_recall"] == 1  # at least


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"store_signal_dim": 2}, "store_signal_dim is 1, not 2"),
        ({"t_min": 30}, r"t_min is at most t_max \(25\), not 30"),
        ({"t_min": 5}, "nothing to recall in 5 steps: have a t_min of at least 10"),
        ({"t_distribution": "normal"}, "normal"),
        ({"p_recall": 0.6}, "p_recall"),
        ({"chance": 0.3}, "chance is from 0.5 to 1"),
    ],
)
def test_what_cannot_be_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        jgn.make(ID, **kwargs)


def test_a_trial_has_one_length_without_a_longest_one():
    assert jgn.make(ID, t_max=None)[0].T == 15
