"""Draws: the numbers of jax.random bit for bit, and the frequencies that the helpers promise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jaxgym_neuro import random

# A chi-square test at a fixed seed fails by chance for one seed in a million.
ERROR_RATE = 1e-6


def key_words(key):
    return jax.random.key_data(key)


PAIRS = {
    "split": (
        lambda key: key_words(random.split(key, 5)),
        lambda key: key_words(jax.random.split(key, 5)),
    ),
    "fold_in": (
        lambda key: key_words(random.fold_in(key, 7)),
        lambda key: key_words(jax.random.fold_in(key, 7)),
    ),
    "uniform_scalar": (
        random.uniform,
        lambda key: jax.random.uniform(key, (), jnp.float32),
    ),
    "uniform_of_each": (
        lambda key: random.uniform_of_each(random.split(key, 3)),
        lambda key: jnp.stack(
            [jax.random.uniform(one, (), jnp.float32) for one in jax.random.split(key, 3)]
        ),
    ),
    "uniform": (
        lambda key: random.uniform(key, (4, 3)),
        lambda key: jax.random.uniform(key, (4, 3), jnp.float32),
    ),
    "standard_normal": (
        lambda key: random.standard_normal(key, (11, 3)),
        lambda key: jax.random.normal(key, (11, 3), jnp.float32),
    ),
    "standard_normal_scalar": (
        lambda key: random.standard_normal(key, ()),
        lambda key: jax.random.normal(key, (), jnp.float32),
    ),
}
FORMS = {
    "eager": (lambda f: f, ()),
    "jit": (jax.jit, ()),
    "vmap": (lambda f: jax.jit(jax.vmap(f)), (65,)),
    "nested vmap": (lambda f: jax.jit(jax.vmap(jax.vmap(f))), (3, 17)),
}


def keys(shape, seed=0, impl="threefry2x32"):
    key = jax.random.key(seed, impl=impl)
    return jax.random.split(key, shape) if shape else key


def assert_same_draws(name, form, impl="threefry2x32"):
    ours, theirs = PAIRS[name]
    transform, shape = FORMS[form]
    actual = transform(ours)(keys(shape, impl=impl))
    expected = transform(theirs)(keys(shape, impl=impl))
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PAIRS)
def test_draws_equal_jax_random_bit_for_bit(name, form):
    assert_same_draws(name, form)


@pytest.mark.parametrize("name", PAIRS)
def test_draws_with_x64_equal_jax_random_and_stay_32_bit(name):
    with jax.enable_x64(True):
        assert_same_draws(name, "vmap")
        assert PAIRS[name][0](keys(())).dtype.itemsize == 4


@pytest.mark.parametrize("form", ["jit", "vmap"])
@pytest.mark.parametrize("name", PAIRS)
def test_keys_of_another_kind_are_drawn_by_jax_random(name, form):
    assert_same_draws(name, form, impl="rbg")


@pytest.mark.parametrize("name", PAIRS)
def test_the_unpartitionable_threefry_is_drawn_by_jax_random(name):
    with jax.threefry_partitionable(False):
        assert_same_draws(name, "jit")


def test_normal_numbers_pass_unchanged_through_what_is_fused_with_them():
    """The draw stands apart from the masks of a trial, so its bits do not depend on them."""
    mask = jnp.arange(33).reshape(11, 3) % 2 == 0

    def masked(normal):
        return jax.jit(jax.vmap(lambda key: jnp.where(mask, normal(key, (11, 3)), 0)))

    actual = masked(random.standard_normal)(keys((8,)))
    np.testing.assert_array_equal(actual, masked(jax.random.normal)(keys((8,))))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_normal_numbers_of_the_rows_that_are_needed_are_those_of_all_rows(form, share):
    transform, shape = FORMS[form]
    needed = np.random.default_rng(0).random((*shape, 11)) < share

    def both(key, needed):
        some = random.standard_normal_where(key, (11, 2, 3), needed)
        return some, jax.random.normal(key, (11, 2, 3), jnp.float32)

    some, every = transform(both)(keys(shape), needed)
    np.testing.assert_array_equal(some, np.where(needed[..., None, None], every, 0))


def test_rows_that_are_needed_of_one_key_by_many_are_drawn_for_each():
    needed = np.eye(5, dtype=bool)
    draw = jax.vmap(lambda needed: random.standard_normal_where(keys(()), (5, 8), needed))
    every = jax.random.normal(keys(()), (5, 8), jnp.float32)
    np.testing.assert_array_equal(draw(needed), np.where(needed[..., None], every, 0))


def test_normal_numbers_are_normal():
    drawn = np.asarray(random.standard_normal(keys((), seed=1), (100_000,)))
    assert stats.kstest(drawn, "norm").pvalue > ERROR_RATE


def assert_frequencies(drawn, expected):
    counts = np.bincount(np.asarray(drawn), minlength=len(expected))
    assert len(counts) == len(expected)
    total = np.asarray(expected) / np.sum(expected) * counts.sum()
    assert stats.chisquare(counts, total).pvalue > ERROR_RATE


@pytest.mark.parametrize("num", [1, 2, 3, 7, 32])
def test_integers_are_equally_frequent(num):
    drawn = random.integer(keys((), seed=num), num, (50_000,))
    assert drawn.dtype == jnp.int32
    if num == 1:
        assert not np.any(drawn)
    else:
        assert_frequencies(drawn, np.ones(num))


def test_choice_takes_each_row_equally_often():
    options = np.asarray([[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]], np.float32)
    drawn = jax.vmap(lambda key: random.choice(key, options))(keys((50_000,), seed=2))
    assert drawn.dtype == jnp.float32
    np.testing.assert_array_equal(drawn[:, 1], drawn[:, 0] + 10)
    assert_frequencies(drawn[:, 0].astype(jnp.int32), np.ones(3))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_bernoulli_is_true_with_its_probability(p):
    drawn = jax.vmap(lambda key: random.bernoulli(key, p))(keys((50_000,), seed=3))
    assert drawn.dtype == jnp.bool_
    assert_frequencies(drawn.astype(jnp.int32), [1 - p, p])


def test_bernoulli_is_certain_at_0_and_1():
    drawn = random.bernoulli(keys((), seed=4), jnp.repeat(jnp.float32([0, 1]), 1000))
    np.testing.assert_array_equal(drawn, np.repeat([False, True], 1000))


@pytest.mark.parametrize("num", [1, 2, 5])
def test_another_number_is_any_but_the_one_that_was(num):
    index = jnp.int32(num // 2)
    draw = jax.vmap(lambda key: random.another(key, num, index))
    counts = np.bincount(draw(keys((20_000,), seed=5)), minlength=num)
    assert len(counts) == num
    if num == 1:
        assert counts[0] == 20_000
    else:
        others = np.delete(counts, index) / 20_000
        p = 1 / (num - 1)
        assert counts[index] == 0
        assert np.all(np.abs(others - p) <= 4.9 * np.sqrt(p * (1 - p) / 20_000))


@pytest.mark.parametrize(("least", "most"), [(0, 0), (3, 3), (2, 5), (-1, 1)])
def test_whole_numbers_between_two_are_all_equally_likely(least, most):
    keys = jax.random.split(jax.random.key(0), 20_000)
    given = jnp.int32(least), jnp.int32(most)
    draw = jax.jit(jax.vmap(random.between, in_axes=(0, None, None)))
    drawn = np.asarray(draw(keys, *given))
    assert drawn.dtype == np.int32
    counts = np.bincount(drawn - least, minlength=most - least + 1) / len(drawn)
    p = 1 / (most - least + 1)
    assert len(counts) == most - least + 1
    assert np.all(np.abs(counts - p) <= 4.9 * np.sqrt(p * (1 - p) / len(drawn)))


def test_the_ends_of_the_unit_interval_become_the_ends_of_a_range():
    below_1 = np.nextafter(np.float32(1), np.float32(0))
    for unit, expected in ((0.0, 5), (0.999, 9), (below_1, 9)):
        assert random.spread(jnp.float32(unit), 5, 9) == expected


def test_walks_stay_between_their_bounds_and_are_anywhere_in_the_long_run():
    start = 0.25 + 0.5 * jax.random.uniform(jax.random.key(0), (20_000,))
    steps = jax.random.split(jax.random.key(1), 3)
    walk = jax.jit(lambda x, key: random.walk(key, x, 0.1, 0.25, 0.75))
    for key in steps:
        start = walk(start, key)
        # errs for one seed in a million
        assert stats.kstest(np.asarray(start), stats.uniform(0.25, 0.5).cdf).pvalue > 1e-6
    assert np.asarray(random.walk(steps[0], jnp.zeros(8), 0.0, 0.0, 0.0)).tolist() == [0] * 8


def test_a_gradient_passes_beside_a_normal_draw():
    def loss(sigma, key):
        return jnp.sum(sigma * random.standard_normal(key, (5,)))

    gradient = jax.grad(loss)(jnp.float32(2), keys(()))
    np.testing.assert_allclose(gradient, np.sum(jax.random.normal(keys(()), (5,))), rtol=1e-6)
