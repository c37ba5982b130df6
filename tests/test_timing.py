"""Durations: what each short form means, bounds and moments, floors, and errors that help."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from jaxgym_neuro import timing

NUM_SAMPLES = 100_000
# A mean or variance is 5 standard errors off by chance for one seed in 1.7 million; the p-value of
# a test of the distribution is below 1e-6 for one in a million.
NUM_STANDARD_ERRORS = 5
ERROR_RATE = 1e-6


@jax.jit
def draw_many(distribution, key):
    return jax.vmap(distribution.sample)(jax.random.split(key, NUM_SAMPLES))


def samples(distribution, seed=0):
    drawn = draw_many(distribution, jax.random.key(seed))
    assert drawn.dtype == jnp.float32
    return np.asarray(drawn, np.float64)


SHORT_FORMS = [
    (500, timing.Constant(ms=500)),
    (12.5, timing.Constant(ms=12.5)),
    (np.float32(500), timing.Constant(ms=500)),
    (0, timing.Constant(ms=0)),
    ([300, 500, 700], timing.Choice(values=[300, 500, 700])),
    ((300, 500), timing.Choice(values=[300, 500])),
    (np.array([300, 500]), timing.Choice(values=[300, 500])),
    (("constant", 500), timing.Constant(ms=500)),
    (("constant", [500]), timing.Constant(ms=500)),
    (("uniform", (300, 500)), timing.Uniform(low=300, high=500)),
    (("uniform", 300, 500), timing.Uniform(low=300, high=500)),
    (["uniform", [300, 500]], timing.Uniform(low=300, high=500)),
    (("choice", [300, 500]), timing.Choice(values=[300, 500])),
    (("choice", np.array([300, 500])), timing.Choice(values=[300, 500])),
    (
        ("truncated_exponential", [600, 300, 3000]),
        timing.TruncatedExponential(mean=600, min=300, max=3000),
    ),
    (("until", 1500), timing.Until(ms=1500)),
    (timing.Uniform(low=1, high=2), timing.Uniform(low=1, high=2)),
]


@pytest.mark.parametrize(("short", "expected"), SHORT_FORMS, ids=lambda value: str(value)[:40])
def test_short_form_means_its_distribution(short, expected):
    parsed = timing.parse("delay", short)
    assert type(parsed) is type(expected)
    jax.tree.map(np.testing.assert_array_equal, parsed, expected)
    assert {leaf.dtype for leaf in jax.tree.leaves(parsed)} == {np.dtype(np.float32)}


def test_parse_all_keeps_the_order_of_the_periods():
    parsed = timing.parse_all({"b": 1, "a": [1, 2]})
    assert list(parsed) == ["b", "a"]
    assert isinstance(parsed["a"], timing.Choice)


DISTRIBUTIONS = {
    "constant": (timing.Constant(ms=350), 350, 350),
    "uniform": (timing.Uniform(low=300, high=700), 300, 700),
    "choice": (timing.Choice(values=[700, 200, 300]), 200, 700),
    "truncated_exponential": (
        timing.TruncatedExponential(mean=600, min=300, max=3000),
        300,
        3000,
    ),
    "truncated_exponential_tight": (
        timing.TruncatedExponential(mean=5000, min=300, max=400),
        300,
        400,
    ),
    "until": (timing.Until(ms=900), 0, 900),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_bounds_are_stated_and_kept(name):
    distribution, lower, upper = DISTRIBUTIONS[name]
    assert (distribution.lower(), distribution.upper()) == (lower, upper)
    drawn = samples(distribution)
    assert drawn.min() >= lower
    assert drawn.max() <= upper


REFERENCES = {
    "uniform": stats.uniform(300, 400),
    "truncated_exponential": stats.truncexpon(b=2700 / 600, loc=300, scale=600),
    "truncated_exponential_tight": stats.truncexpon(b=100 / 5000, loc=300, scale=5000),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_continuous_distribution_and_moments(name):
    drawn, reference = samples(DISTRIBUTIONS[name][0], seed=1), REFERENCES[name]
    mean, variance, kurtosis = (float(m) for m in reference.stats("mvk"))
    mean_error = np.sqrt(variance / NUM_SAMPLES)
    assert abs(drawn.mean() - mean) < NUM_STANDARD_ERRORS * mean_error
    variance_error = variance * np.sqrt((kurtosis + 2) / NUM_SAMPLES)
    assert abs(drawn.var() - variance) < NUM_STANDARD_ERRORS * variance_error
    assert stats.kstest(drawn, reference.cdf).pvalue > ERROR_RATE


def test_truncated_exponential_mean_has_its_closed_form():
    mean, low, high = 600, 300, 1200
    width = high - low
    expected = low + mean - width / np.expm1(width / mean)
    drawn = samples(timing.TruncatedExponential(mean=mean, min=low, max=high), seed=2)
    error = drawn.std() / np.sqrt(NUM_SAMPLES)
    assert abs(drawn.mean() - expected) < NUM_STANDARD_ERRORS * error


def test_words_of_a_truncated_exponential_tell_its_time_constant_from_its_mean():
    words = timing.TruncatedExponential(mean=180, min=100, max=900).words()
    assert words == "exponential, time constant 180 from 100, cut at 900 (mean 270)"


@pytest.mark.parametrize(
    ("mean", "low", "high"), [(600, 300, 3000), (5000, 300, 400), (1e-3, 100, 900), (50, 200, 200)]
)
def test_true_mean_is_that_of_what_is_drawn(mean, low, high):
    distribution = timing.TruncatedExponential(mean=mean, min=low, max=high)
    drawn = samples(distribution, seed=3)
    error = np.std(drawn, dtype=np.float64) / np.sqrt(NUM_SAMPLES)
    rounding = 1e-6 * high
    expected = distribution.true_mean()
    assert abs(np.mean(drawn, dtype=np.float64) - expected) < NUM_STANDARD_ERRORS * error + rounding


def test_truncated_exponential_without_room_is_constant():
    drawn = samples(timing.TruncatedExponential(mean=600, min=500, max=500))
    assert np.all(drawn == 500)


def test_truncated_exponential_never_exceeds_its_max_whatever_is_swept():
    def draw(least):
        return timing.TruncatedExponential(mean=600, min=least, max=500).sample(jax.random.key(0))

    drawn = jax.vmap(draw)(jnp.array([100.0, 500.0, 900.0]))
    assert drawn[0] < 500
    np.testing.assert_array_equal(drawn[1:], 500)


def test_choice_takes_each_value_equally_often():
    values, counts = np.unique(samples(DISTRIBUTIONS["choice"][0], seed=3), return_counts=True)
    np.testing.assert_array_equal(values, [200, 300, 700])
    assert stats.chisquare(counts).pvalue > ERROR_RATE


@pytest.mark.parametrize("name", ["constant", "until"])
def test_constants_are_constant(name):
    distribution, _, upper = DISTRIBUTIONS[name]
    assert np.all(samples(distribution) == upper)


def test_distributions_are_swept_with_vmap_and_not_compiled_anew():
    traces = []

    @jax.jit
    def sample(distribution, key):
        traces.append(1)
        return distribution.sample(key)

    for high in (400, 700.0):
        sample(timing.Uniform(low=300, high=high), jax.random.key(0))
    assert len(traces) == 1
    swept = timing.Uniform(low=np.zeros(3), high=np.array([0, 10, 20]))
    drawn = jax.vmap(timing.Uniform.sample)(swept, jax.random.split(jax.random.key(0), 3))
    assert drawn[0] == 0
    assert np.all(drawn <= jnp.array([0.0, 10.0, 20.0]))
    assert swept.upper() == 20


# ------------------------------------------------------------------------------------- steps


@pytest.mark.parametrize(
    ("ms", "dt", "steps"),
    [
        (0, 100, 0),
        (100, 100, 1),
        (199, 100, 1),
        (200, 100, 2),
        (50, 100, 1),  # positive: at least one step
        (1e-3, 100, 1),
        (300, 0.3, 1000),  # below 1,000 in float32
        (0.3, 0.1, 3),
        (700, 0.7, 1000),
        (2000, 20, 100),
        (99.0, 100, 1),
        (199.8, 100, 1),  # two thousandths of a step are missing: floored
    ],
)
def test_durations_are_floored_to_steps(ms, dt, steps):
    assert timing.duration_steps(ms, dt) == steps
    traced = jax.jit(lambda ms: timing.duration_steps(ms, dt))(np.float32(ms))
    assert traced == steps
    assert traced.dtype == jnp.int32


@settings(deadline=None, max_examples=300)
@given(st.floats(0, 1e4, width=32), st.floats(0.125, 1e3, width=16))
def test_steps_fill_the_duration_and_no_more(ms, dt):
    steps = int(timing.duration_steps(ms, dt))
    if ms == 0:
        assert steps == 0
    else:
        ratio = float(np.float32(ms)) / float(np.float32(dt))
        tolerance = 2e-3 + 1e-6 * ratio
        assert steps >= 1
        assert steps >= ratio - 1 - tolerance
        assert steps == 1 or steps <= ratio + tolerance


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2000), st.integers(1, 500))
def test_whole_milliseconds_are_floored_as_whole_numbers(ms, dt):
    expected = max(ms // dt, 1) if ms else 0
    assert timing.duration_steps(ms, dt) == expected


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1e5, width=32), min_size=2, max_size=2).map(sorted))
def test_any_bounds_are_kept(bounds):
    low, high = bounds
    for distribution in (
        timing.parse("p", ("uniform", bounds)),
        timing.parse("p", ("truncated_exponential", [max(high, 1), low, high])),
        timing.parse("p", ("choice", bounds)),
    ):
        drawn = SAMPLE_FEW(distribution, jax.random.key(0))
        rounding = 1e-6 * high
        assert np.all((drawn >= low - rounding) & (drawn <= high + rounding))


SAMPLE_FEW = jax.jit(lambda distribution, key: jax.vmap(distribution.sample)(_few_keys(key)))


def _few_keys(key):
    return jax.random.split(key, 64)


# ------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (-1, ["'delay'", "0 ms or more", "-1"]),
        ([300, -5], ["'delay'", "0 ms or more", "-5"]),
        (float("inf"), ["'delay'", "inf", "finite bound", "truncated_exponential"]),
        (float("nan"), ["'delay'", "nan", "finite"]),
        (("uniform", (500, 300)), ["'delay'", "low <= high", "500", "300"]),
        (("uniform", (-500, 300)), ["'delay'", "0 ms or more", "-500"]),
        (("uniform", (300,)), ["'delay'", "(300,)", "('uniform', (low, high))"]),
        (("uniform", (1, 2, 3)), ["'delay'", "(1, 2, 3)", "('uniform', (low, high))"]),
        (("unifrom", (1, 2)), ["'delay'", "'unifrom'", "did you mean 'uniform'?", "Allowed"]),
        (("zzzz", 1), ["'delay'", "'zzzz'", "Allowed", "'truncated_exponential'"]),
        (("truncated_exponential", [600]), ["'delay'", "upper bound", "mean, min, max", "600"]),
        (("truncated_exponential", 600), ["'delay'", "upper bound", "mean, min, max", "600"]),
        (
            ("truncated_exponential", [600, 300]),
            ["'delay'", "upper bound", "mean, min, max", "[600, 300]"],
        ),
        (
            ("truncated_exponential", [600, 300, float("inf")]),
            ["'delay'", "inf", "finite bound"],
        ),
        (
            ("truncated_exponential", [600, 300, 3000, 1]),
            ["'delay'", "3000, 1", "[mean, min, max]"],
        ),
        (
            ("truncated_exponential", [600, 3000, 300]),
            ["'delay'", "min <= max", "3000", "300"],
        ),
        (("truncated_exponential", [0, 300, 3000]), ["'delay'", "above 0", "0"]),
        (("constant", "soon"), ["'delay'", "soon", "('constant', ms)"]),
        (("constant",), ["'delay'", "constant", "('constant', ms)"]),
        (("choice", []), ["'delay'", "Choice", "at least one"]),
        (("choice", ["a"]), ["'delay'", "'a'", "('choice', [...])"]),
        (("until", (1, 2)), ["'delay'", "until", "('until', ms)"]),
        (("until", -1), ["'delay'", "0 ms or more", "-1"]),
        ([], ["'delay'", "[]", "allowed"]),
        ("soon", ["'delay'", "'soon'", "allowed"]),
        (None, ["'delay'", "None", "allowed"]),
        (True, ["'delay'", "True", "allowed"]),
        ({"a": 1}, ["'delay'", "{'a': 1}", "allowed"]),
        ([300, "a"], ["'delay'", "'a'", "allowed"]),
        (lambda: 300, ["'delay'", "function", "Uniform"]),
        (timing.Uniform(low=2, high=1), ["'delay'", "low <= high"]),
        (timing.Choice(values=[]), ["'delay'", "at least one"]),
    ],
    ids=lambda value: str(value)[:40] if not callable(value) else "function",
)
def test_bad_timing_says_what_was_given_and_what_is_allowed(spec, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the words are checked below)
        timing.parse("delay", spec)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda ms: ms,
        lambda ms: timing.Constant(ms=ms),
        lambda ms: timing.Uniform(low=0, high=ms),
        lambda ms: timing.Uniform(low=ms, high=ms),
        lambda ms: timing.Choice(values=ms[None]),
        lambda ms: timing.TruncatedExponential(mean=ms, min=0, max=100),
        lambda ms: timing.TruncatedExponential(mean=50, min=ms, max=ms),
        lambda ms: timing.Until(ms=ms),
    ],
)
def test_what_is_traced_passes_unchecked(build):
    def steps(ms):
        distribution = timing.parse("delay", build(ms))
        return timing.duration_steps(distribution.sample(jax.random.key(0)), 10)

    assert 0 <= jax.jit(steps)(jnp.float32(80)) <= 10


def test_weighted_choices_are_as_frequent_as_their_weights():
    spec = timing.WeightedChoice(values=[300, 100, 700], weights=[1, 3, 4]).checked("delay")
    keys = jax.random.split(jax.random.key(0), 20_000)
    drawn = np.asarray(jax.jit(jax.vmap(spec.sample))(keys))
    for value, p in ((300, 1 / 8), (100, 3 / 8), (700, 1 / 2)):
        assert abs(np.mean(drawn == value) - p) <= 5 * np.sqrt(p * (1 - p) / 20_000)
    assert (spec.lower(), spec.upper()) == (100, 700)
    assert str(spec) == "one of 300, 100, 700 with probabilities 0.125, 0.375, 0.5 ms"


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1, 2], "a weight for each of 3"), ([1, -1, 2], "0 or more"), ([0, 0, 0], "not all 0")],
)
def test_weights_that_are_none_are_refused(weights, message):
    with pytest.raises(ValueError, match=f"timing.'delay'.: .*{message}"):
        timing.parse("delay", timing.WeightedChoice(values=[1, 2, 3], weights=weights))
