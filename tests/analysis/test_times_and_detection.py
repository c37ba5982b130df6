"""Times of answers, d' and history kernels of observers that are known."""

import numpy as np
import pytest
from scipy.special import ndtr
from simulated import Z, assert_close, assert_covered, assert_spread, sessions

from jaxgym_neuro.analysis import chronometric, history, signal_detection

N = 20_000
LEVELS = np.array([0.0, 5, 10, 20])
MEANS = np.array([800.0, 700, 600, 450])


@pytest.fixture(scope="module")
def timed():
    """Times that are 100 ms longer where the answer is wrong."""
    rng = np.random.default_rng(0)
    level = rng.integers(0, 4, N)
    right = rng.random(N) < 0.5 + level / 8
    time = rng.gamma(16, (MEANS[level] + np.where(right, 0, 100)) / 16)
    time[:500] = np.nan
    return {"coh": LEVELS[level], "correct": right, "reaction_time": time}


def test_mean_times_of_right_and_wrong_answers(timed):
    curves = chronometric(timed, "coh")
    for curve, truth in ((curves.correct, MEANS), (curves.error, MEANS + 100)):
        error = (curve.high - curve.low) / (2 * 1.96)
        assert np.all(np.abs(curve.y - truth) < Z * error)
        assert np.all(error < 15)
    of_first = timed["correct"] & (timed["coh"] == 0) & ~np.isnan(timed["reaction_time"])
    assert curves.median_correct[0] == np.median(timed["reaction_time"][of_first])
    assert (curves.trials, curves.left_out) == (N - 500, 500)
    assert curves.correct.count.sum() + curves.error.count.sum() == N - 500


def test_a_strength_without_errors_has_no_mean_and_one_error_has_no_interval():
    coh = np.repeat([1.0, 2.0, 3.0], 10)
    right = np.ones(30)
    right[0] = right[10] = right[11] = 0
    curves = chronometric(None, coh, time=np.arange(30.0), correct=right)
    np.testing.assert_array_equal(curves.error.count, [1, 2, 0])
    assert np.isnan(curves.error.y[2])
    assert np.isnan(curves.error.low[0])
    assert curves.error.low[1] < curves.error.y[1] == 10.5
    ax = curves.plot()
    assert len(ax.get_lines()[1].get_xdata()) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"correct": np.ones(N)}, "errors=False"),
        ({"correct": np.zeros(N)}, "no answer is right"),
        ({"time": np.full(N, np.nan)}, "none of the 20000 trials was answered"),
        ({"time": np.full(N, -1.0)}, "at least 0 ms"),
        ({"time": np.full(N, np.inf)}, "finite"),
        ({"answered": np.ones(N)}, "finite"),
        ({"time": "latency"}, "unknown column 'latency'"),
        ({"stimulus": np.ones(N)}, "one value only"),
    ],
)
def test_times_that_cannot_be_averaged_say_what_is_needed(timed, change, said):
    with pytest.raises(ValueError, match=said):
        chronometric(timed, **change)


def detect(rng, n, d_prime=1.5, criterion=0.3):
    signal = rng.random(n) < 0.5
    felt = rng.normal(size=n) + np.where(signal, d_prime, -d_prime) / 2
    return {"signal": signal, "yes": felt > criterion}


def test_sensitivity_and_criterion_of_a_known_observer():
    result = signal_detection(**detect(np.random.default_rng(1), 4_000))
    assert_close(result.d_prime, 1.5)
    assert_close(result.criterion, 0.3)
    assert_close(result.hit_rate, 1 - ndtr(0.3 - 0.75))
    assert_close(result.false_alarm_rate, 1 - ndtr(0.3 + 0.75))
    assert result.trials == 4_000


def test_intervals_of_sensitivity_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(2)
    results = [signal_detection(**detect(rng, 400)) for _ in range(400)]
    assert_covered([result.d_prime for result in results], 1.5)
    assert_covered([result.criterion for result in results], 0.3)
    assert_spread([result.d_prime for result in results])
    assert_spread([result.criterion for result in results])


def test_rates_are_corrected_by_half_a_trial():
    words = ["hit"] * 9 + ["correct rejection"] * 4 + ["abort"] * 3
    result = signal_detection(None, words)
    from scipy.stats import norm

    assert result.d_prime.value == pytest.approx(norm.ppf(9.5 / 10) - norm.ppf(0.5 / 5))
    assert (result.hit_rate.value, result.false_alarm_rate.value) == (1, 0)
    assert (result.hits, result.correct_rejections, result.left_out) == (9, 4, 3)
    ax = result.plot()
    assert ax.get_lines()[3].get_xydata().tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"outcome": ["hit", "miss"]}, "there are 2 and 0"),
        ({"outcome": ["abort"] * 3}, "there are 0 and 0"),
        ({"outcome": ["hit", "false"]}, "unknown outcome 'false'"),
        ({"signal": [1, 0]}, "given together"),
        ({"signal": [1, 0], "yes": [np.nan, np.nan]}, "there are 0 and 0"),
        ({"signal": [1, 2], "yes": [1, 1]}, "it is 2 in row 1"),
        ({"outcome": "outcome"}, "unknown column"),
    ],
)
def test_detection_that_cannot_be_judged_says_what_is_needed(given, said):
    with pytest.raises(ValueError, match=said):
        signal_detection(None, **given)


BY_CHOICE, BY_OUTCOME = (0.8, 0.4, 0.2), (0.5, 0.25, 0.1)


@pytest.fixture(scope="module")
def played():
    return sessions(np.random.default_rng(3), 40_000, BY_CHOICE, BY_OUTCOME)


def test_kernel_of_choices_and_outcomes(played):
    found = history(played, stimulus="signed_coh", back=4)
    for curve, truth in ((found.choice, (*BY_CHOICE, 0)), (found.outcome, (*BY_OUTCOME, 0))):
        error = (curve.high - curve.low) / (2 * 1.96)
        assert np.all(np.abs(curve.y - truth) < Z * error)
        assert np.all(error < 0.05)
    assert_close(found.bias, 0.3)
    assert_close(found.stimulus, 0.15)
    assert (found.trials, found.left_out) == (40_000 - 400, 400)  # four in each of 100 sessions


def test_order_of_the_rows_does_not_matter(played):
    mixed = np.random.default_rng(4).permutation(40_000)
    shuffled = {name: values[mixed] for name, values in played.items()}
    first, second = (history(trials, back=2) for trials in (played, shuffled))
    np.testing.assert_allclose(second.choice.y, first.choice.y, rtol=1e-9)


def test_trials_that_follow_upon_an_unanswered_one_are_left_out(played):
    answered = (played["trial"] != 100).astype(float)
    found = history(played, back=3, answered=answered)
    # Three at the start of each session; the one unanswered, and three that follow upon it.
    assert found.left_out == 100 * (3 + 1 + 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"choice": np.ones(40_000)}, "takes two values"),
        ({"outcome": np.ones(40_000)}, "cannot be told apart"),
        ({"outcome": np.full(40_000, 0.5)}, "True or False"),
        ({"back": 0}, "at least 1"),
        ({"back": 399}, "need at least"),
        ({"stimulus": np.zeros(40_000)}, "cannot be told apart"),
        ({"choice": np.full(40_000, np.nan)}, "none of the 40000 trials"),
    ],
)
def test_history_that_cannot_be_fitted_says_what_is_needed(played, change, said):
    with pytest.raises(ValueError, match=said):
        history(played, **change)


def test_choices_that_follow_the_stimulus_without_error_have_no_finite_weights(played):
    x = played["signed_coh"] + 1
    with pytest.raises(ValueError, match="without error"):
        history({**played, "choice": np.sign(x)}, stimulus=x)


def test_picture_of_a_kernel_has_both_lines(played):
    ax = history(played, stimulus="signed_coh", back=3).plot(label="mouse")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["mouse, choice", "mouse, choice x outcome"]
