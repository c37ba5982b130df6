"""Schedules: which index comes next."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgym_neuro import schedules, timing

NUM_ENVS, NUM_TRIALS = 500, 60


def indices(schedule, performances=None, num_envs=1, num_trials=NUM_TRIALS, seed=0):
    """Indices of each environment, (num_envs, num_trials), told the performances likewise."""
    if performances is None:
        performances = np.ones((num_envs, num_trials), np.float32)

    def one(key, performances):
        def trial(carry, inputs):
            key, performance = inputs
            index, carry = schedule.next(key, carry)
            return schedule.record(carry, performance), index

        key_init, key_trials = jax.random.split(key)
        inputs = jax.random.split(key_trials, performances.shape[0]), performances
        return jax.lax.scan(trial, schedule.init(key_init), inputs)[1]

    keys = jax.random.split(jax.random.key(seed), num_envs)
    return np.asarray(jax.jit(jax.vmap(one))(keys, jnp.asarray(performances)))


def runs(sequence):
    """Values and lengths of the runs in a sequence."""
    starts = np.flatnonzero(np.diff(sequence, prepend=-1))
    return sequence[starts], np.diff(starts, append=len(sequence))


def assert_frequencies(drawn, probs):
    """An error in one of a million tests: 4.9 standard errors."""
    found = np.bincount(drawn.ravel(), minlength=len(probs)) / drawn.size
    probs = np.asarray(probs)
    assert np.all(np.abs(found - probs) <= 4.9 * np.sqrt(probs * (1 - probs) / drawn.size))


def test_sequential_takes_turns_from_any_or_the_given_index():
    np.testing.assert_array_equal(
        indices(schedules.Sequential(3, start=2), num_trials=7)[0], [2, 0, 1] * 2 + [2]
    )
    drawn = indices(schedules.Sequential(3), num_envs=NUM_ENVS)
    assert np.all(np.diff(drawn) % 3 == 1)
    assert_frequencies(drawn[:, 0], (1 / 3,) * 3)


@pytest.mark.parametrize("probs", [None, (0.5, 0.3, 0.2, 0.0)])
def test_random_draws_each_index_with_its_probability_and_independently(probs):
    drawn = indices(schedules.Random(4, probs), num_envs=NUM_ENVS)
    expected = probs or (0.25,) * 4
    assert_frequencies(drawn, expected)
    pairs = drawn[:, :-1:2] * 4 + drawn[:, 1::2]
    assert_frequencies(pairs, np.outer(expected, expected).ravel())


@pytest.mark.parametrize("probs", [None, (0.5, 0.3, 0.2)])
def test_random_without_repeats_draws_in_proportion_from_the_others(probs):
    # So many that a first trial drawn by the weights themselves is told from one by the shares.
    drawn = indices(schedules.Random(3, probs, repeat=False), num_envs=8 * NUM_ENVS)
    weights = np.asarray(probs or (1 / 3,) * 3)
    shares = weights * (1 - weights)
    assert_frequencies(drawn[:, 0], shares / shares.sum())
    for last in range(3):
        others = np.where(np.arange(3) == last, 0, weights)
        assert_frequencies(drawn[:, 1:][drawn[:, :-1] == last], others / others.sum())


def test_sequential_blocks_last_what_they_are_given():
    drawn = indices(schedules.SequentialBlock([2, 3, 1], start=0), num_trials=12)[0]
    np.testing.assert_array_equal(drawn, [0, 0, 1, 1, 1, 2] * 2)
    begun = indices(schedules.SequentialBlock([2, 3, 1], start=(1, 5)), num_trials=12)[0]
    np.testing.assert_array_equal(begun, [1] * 5 + [2, 0, 0, 1, 1, 1, 2])


def test_random_blocks_last_what_they_are_given_and_lead_to_any_other():
    lens = np.array([2, 3, 1])
    drawn = indices(schedules.RandomBlock(lens.tolist()), num_envs=NUM_ENVS)
    assert_frequencies(drawn[:, 0], lens / 6)
    pairs = []
    for row in drawn:
        values, lengths = runs(row)
        np.testing.assert_array_equal(lengths[1:-1], lens[values[1:-1]])
        # How many blocks fit in depends on their lengths; the first ten always do.
        pairs.extend(itertools.pairwise(values[:10]))
    pairs = np.array(pairs)
    for last in range(3):
        after = pairs[pairs[:, 0] == last, 1]
        expected = np.where(np.arange(3) == last, 0, 0.5)
        assert_frequencies(after, expected)


def test_blocks_of_random_lengths_have_those_of_their_condition():
    exponential = timing.TruncatedExponential(mean=2, min=2, max=5)
    schedule = schedules.SequentialBlock([exponential, 3], start=0)
    drawn = indices(schedule, num_envs=NUM_ENVS)
    blocks = [runs(row) for row in drawn]
    first = np.array([lengths[0] for _, lengths in blocks])
    weights = np.exp(-np.arange(4) / 2)
    assert_frequencies(first - 2, weights / weights.sum())
    assert {lengths[1] for _, lengths in blocks} == {3}
    assert schedule == schedules.SequentialBlock([("truncated_exponential", [2, 2, 5]), 3], start=0)


def test_one_condition_stays():
    assert not indices(schedules.RandomBlock([2]), num_trials=5).any()


def curriculum_by_hand(schedule, performances):
    """The same rule, written with lists."""
    stage, seen, average, said = 0, 0, 0.0, []
    for performance in performances:
        said.append(stage)
        seen += 1
        average += (performance - average) / min(seen, schedule.window)
        passes = average > schedule.threshold and seen >= schedule.min_trials
        if passes and stage < schedule.n - 1:
            stage, seen, average = stage + 1, 0, 0.0
    return said


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.Curriculum(3, threshold=0.6, window=5),
        schedules.Curriculum(4, threshold=0.4, window=3, min_trials=1),
    ],
)
def test_curriculum_advances_when_the_average_exceeds_the_threshold(schedule):
    # Quarters keep both averages clear of rounding at the threshold.
    drawn = np.random.default_rng(0).integers(0, 5, (NUM_ENVS, NUM_TRIALS)) / 4
    stages = indices(schedule, drawn.astype(np.float32), NUM_ENVS)
    expected = np.array([curriculum_by_hand(schedule, row) for row in drawn])
    assert np.mean(stages == expected) > 0.995
    assert stages.max() == schedule.n - 1
    assert np.all(np.diff(stages) >= 0)


def test_curriculum_stays_where_performance_is_at_the_threshold_and_lasts_min_trials():
    at = np.full((1, 20), 0.5, np.float32)
    assert not indices(schedules.Curriculum(2, threshold=0.5, window=4), at).any()
    passed = indices(schedules.Curriculum(2, threshold=0.5, window=2, min_trials=7), num_trials=20)
    assert np.argmax(passed[0]) == 7


@pytest.mark.parametrize("schedule", [schedules.Curriculum, schedules.Staircase])
def test_what_follows_performance_begins_with_the_first_or_the_given_index(schedule):
    assert not indices(schedule(3), num_envs=20)[:, 0].any()
    assert np.all(indices(schedule(3, start=2), num_envs=20)[:, 0] == 2)
    assert_frequencies(indices(schedule(3, start=None), num_envs=NUM_ENVS)[:, 0], (1 / 3,) * 3)


def staircase_by_hand(schedule, performances):
    """The same rule, written with lists."""
    level, successes, failures, said = schedule.start, 0, 0, []
    for performance in performances:
        said.append(level)
        if performance > schedule.threshold:
            successes, failures = successes + 1, 0
        else:
            successes, failures = 0, failures + 1
        if successes == schedule.down:
            level, successes = min(level + 1, schedule.n - 1), 0
        if failures == schedule.up:
            level, failures = max(level - 1, 0), 0
    return said


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.Staircase(4),
        schedules.Staircase(5, up=2, down=3, threshold=0.25, start=4),
    ],
)
def test_staircase_goes_on_after_successes_and_back_after_failures(schedule):
    drawn = np.random.default_rng(0).integers(0, 5, (NUM_ENVS, NUM_TRIALS)) / 4
    levels = indices(schedule, drawn.astype(np.float32), NUM_ENVS)
    expected = [staircase_by_hand(schedule, row) for row in drawn]
    np.testing.assert_array_equal(levels, expected)
    assert set(np.unique(levels)) == set(range(schedule.n))


@pytest.mark.parametrize(("down", "expected"), [(1, 0.5), (2, 0.5 ** (1 / 2)), (3, 0.5 ** (1 / 3))])
def test_a_staircase_comes_to_the_level_at_which_on_and_back_are_equally_likely(down, expected):
    """Accuracy falls with the level from 1 to 0; 300 subjects, a bias of a level at most."""
    schedule = schedules.Staircase(61, down=down, start=30)
    accuracy = jnp.linspace(1, 0, 61)

    def subject(key):
        def trial(carry, key):
            level, carry = schedule.next(key, carry)
            right = jax.random.bernoulli(key, accuracy[level])
            return schedule.record(carry, right.astype(jnp.float32)), accuracy[level]

        carry = schedule.init(key)
        return jax.lax.scan(trial, carry, jax.random.split(key, 600))[1]

    keys = jax.random.split(jax.random.key(0), 300)
    reached = np.asarray(jax.jit(jax.vmap(subject))(keys))[:, 300:]
    assert abs(reached.mean() - expected) < 1 / 60


def test_equal_schedules_are_equal_and_hashable():
    assert schedules.Random(2, [0.5, 0.5]) == schedules.Random(2, np.array([0.5, 0.5]))
    assert len({schedules.RandomBlock([2, 3]), schedules.RandomBlock((2, 3))}) == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: schedules.Sequential(0), "at least 1, not 0"),
        (lambda: schedules.Random(2, [0.5, 0.6]), "2 probabilities that sum to 1"),
        (lambda: schedules.Random(2, [1.5, -0.5]), "2 probabilities that sum to 1"),
        (lambda: schedules.Random(3, [0.5, 0.5]), "3 probabilities"),
        (lambda: schedules.Random(2, [1, 0], repeat=False), "at least two conditions"),
        (lambda: schedules.SequentialBlock([]), "number of trials of each condition"),
        (lambda: schedules.RandomBlock(90), "number of trials of each condition"),
        (lambda: schedules.RandomBlock([90, 0]), "at least 1, not 0"),
        (lambda: schedules.RandomBlock([(9, 3), 5]), "ascending order"),
        (lambda: schedules.RandomBlock([("truncated_exponential", [9, 2, 5]), (3, 4)]), "none is"),
        (lambda: schedules.SequentialBlock([2, 3], start=2), "an index from 0 to 1, not 2"),
        (lambda: schedules.Sequential(2, start=-1), "at least 0, not -1"),
        (lambda: schedules.Staircase(0), "number of levels"),
        (lambda: schedules.Staircase(2, up=0), "failures in a row"),
        (lambda: schedules.Staircase(2, down=0), "successes in a row"),
        (lambda: schedules.Staircase(2, threshold=1), "below 1"),
        (lambda: schedules.Staircase(2, start=2), "from 0 to 1"),
        (lambda: schedules.Curriculum(2, start=2), "from 0 to 1"),
        (lambda: schedules.Curriculum(2, threshold=1), "below 1"),
        (lambda: schedules.Curriculum(2, threshold=-0.1), "at least 0"),
        (lambda: schedules.Curriculum(2, window=0), "window"),
        (lambda: schedules.Curriculum(2, min_trials=0), "min_trials"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(build, message):
    with pytest.raises(ValueError, match=message):
        build()
