"""Fitted functions are those of observers whose function is known."""

import numpy as np
import pytest
from scipy.special import ndtr
from simulated import assert_close, assert_covered, choices, correct_answers

from jaxgym_neuro.analysis import psychometric


@pytest.fixture(scope="module")
def of_choices():
    return psychometric(choices(np.random.default_rng(0), 8_000), "signed_coh", choice="choice")


@pytest.fixture(scope="module")
def of_correct():
    return psychometric(correct_answers(np.random.default_rng(1), 8_000), "coh")


def test_bias_threshold_slope_and_lapses_of_choices(of_choices):
    fit = of_choices
    assert_close(fit.bias, 2.0)
    assert_close(fit.threshold, 10.0)
    assert_close(fit.slope, 0.91 / np.sqrt(2 * np.pi) / 10)
    assert_close(fit.lapse_low, 0.03)
    assert_close(fit.lapse_high, 0.06)
    assert (fit.trials, fit.left_out) == (8_000, 0)


def test_prediction_is_the_function_of_its_parameters(of_choices, of_correct):
    fit = of_choices
    low, high = fit.lapse_low.value, fit.lapse_high.value
    x = np.array([-60.0, 0, fit.bias.value, 60])
    expected = low + (1 - low - high) * ndtr((x - fit.bias.value) / fit.threshold.value)
    np.testing.assert_allclose(fit.predict(x), expected)
    step = 1e-4
    steepest = np.diff(fit.predict(fit.bias.value + np.array([-step, step])))[0] / (2 * step)
    assert steepest == pytest.approx(fit.slope.value, rel=1e-4)
    rise = of_correct.predict(of_correct.threshold.value)  # at alpha, 1 - 1/e of it is done
    done = 1 - np.exp(-1)
    assert rise == pytest.approx(0.5 + (0.5 - of_correct.lapse_high.value) * done)


def test_threshold_slope_and_lapse_of_correct_answers(of_correct):
    assert_close(of_correct.threshold, 7.4)
    assert_close(of_correct.slope, 1.3)
    assert_close(of_correct.lapse_high, 0.02)
    assert of_correct.bias is None
    assert of_correct.guess == 0.5


def test_many_trials_give_narrow_intervals_around_the_truth():
    """The grid of parameters is made finer where it is coarse beside the intervals."""
    fit = psychometric(correct_answers(np.random.default_rng(2), 1_000_000), "coh")
    assert_close(fit.threshold, 7.4)
    assert_close(fit.slope, 1.3)
    assert 0.02 < fit.threshold.high - fit.threshold.low < 0.2


def test_points_are_proportions_with_wilsons_intervals(of_choices):
    points = of_choices.points
    trials = choices(np.random.default_rng(0), 8_000)
    for i, x in enumerate(points.x):
        of_x = trials["choice"][trials["signed_coh"] == x] == 2
        assert points.y[i] == pytest.approx(of_x.mean())
        assert points.count[i] == len(of_x)
    assert np.all((points.low < points.y) & (points.y < points.high))


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(3)
    fits = [psychometric(correct_answers(rng, 1_500), "coh") for _ in range(40)]
    for name, truth in (("threshold", 7.4), ("slope", 1.3), ("lapse_high", 0.02)):
        assert_covered([getattr(fit, name) for fit in fits], truth)
    fits = [psychometric(choices(rng, 3_000), "signed_coh", choice="choice") for _ in range(10)]
    for name, truth in (("bias", 2.0), ("threshold", 10.0)):
        assert_covered([getattr(fit, name) for fit in fits], truth)


@pytest.mark.slow
def test_overdispersion_widens_intervals():
    trials = correct_answers(np.random.default_rng(4), 600)
    plain = psychometric(trials, "coh")
    spread = psychometric(trials, "coh", overdispersion=True)
    wide = [fit.threshold.high - fit.threshold.low for fit in (plain, spread)]
    assert wide[1] > wide[0]


def test_more_choices_are_left_out_and_counted():
    trials = choices(np.random.default_rng(5), 2_000)
    trials["choice"][:100] = 3
    with pytest.raises(ValueError, match=r"between=\(one, other\)"):
        psychometric(trials, "signed_coh", choice="choice", fit=False)
    curve = psychometric(trials, "signed_coh", choice="choice", between=(1, 2), fit=False)
    assert (curve.trials, curve.left_out) == (1_900, 100)


def test_bins_hold_equally_many_trials():
    rng = np.random.default_rng(6)
    x = rng.normal(size=10_000)
    curve = psychometric(None, x, choice=(x + rng.normal(size=10_000) > 0), bins=8, fit=False)
    assert len(curve.points) == 8
    np.testing.assert_allclose(curve.points.count, 1_250, atol=1)
    assert np.all(np.diff(curve.points.y) > 0)


def test_picture_has_points_intervals_and_function(of_choices):
    ax = of_choices.plot(label="animal")
    again = of_choices.plot(ax, label="again")
    assert again is ax
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == ["animal", "equally often", "again"]
    points, function = ax.get_lines()[:2]
    np.testing.assert_allclose(points.get_ydata(), of_choices.points.y)
    assert points.get_linestyle() == "None"  # the function joins them
    np.testing.assert_allclose(function.get_ydata(), of_choices.predict(function.get_xdata()))
    colors = {line.get_color() for line in ax.get_lines() if line.get_color() != "0.8"}
    assert len(colors) == 2


N = 400
RNG = np.random.default_rng(7)
LEVELS = RNG.choice([1.0, 2, 4, 8, 16], N)
BAD = {
    "one stimulus": ({"stimulus": np.ones(N), "correct": RNG.random(N) < 0.5}, "one value only"),
    "too few": ({"stimulus": LEVELS[:30], "correct": RNG.random(30) < 0.7}, "40 answered trials"),
    "two stimuli": ({"stimulus": LEVELS > 2, "correct": RNG.random(N) < 0.7}, "3 stimuli"),
    "no errors": ({"stimulus": LEVELS, "correct": np.ones(N)}, "all answers are the same"),
    "at chance": ({"stimulus": LEVELS, "correct": np.arange(N) % 2}, "do not depend"),
    "unanswered": ({"stimulus": LEVELS, "correct": np.full(N, np.nan)}, "none of the 400"),
    "NaN stimulus": ({"stimulus": LEVELS * np.nan, "correct": RNG.random(N) < 0.5}, "finite"),
    "signed": ({"stimulus": LEVELS - 5, "correct": RNG.random(N) < LEVELS / 16}, "choice="),
    "no answers": ({"stimulus": LEVELS, "correct": LEVELS}, "True or False"),
    "continuous": ({"stimulus": RNG.random(N), "correct": RNG.random(N) < 0.5}, "bins=9"),
    "steeper than its steps": (
        {"stimulus": LEVELS - 5, "choice": LEVELS > 4},
        "less than the step between two stimuli",
    ),
    "beyond the stimuli": (
        {"stimulus": LEVELS, "choice": RNG.random(N) < 0.55 + LEVELS / 40},
        "beyond the stimuli",
    ),
    "lengths": ({"stimulus": LEVELS, "correct": np.ones(3)}, "each of the 400 trials, not 3"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_fitted_says_what_is_needed(given, said):
    with pytest.raises(ValueError, match=said):
        psychometric(None, **given)


def test_without_a_function_points_remain_and_there_is_nothing_to_predict():
    curve = psychometric(None, LEVELS, correct=np.ones(N), fit=False)
    assert np.all(curve.points.y == 1)
    assert np.all(curve.points.low < 1)
    with pytest.raises(ValueError, match="fit=False"):
        curve.predict(3)
