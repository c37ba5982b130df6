"""Observers whose answer is known, and bounds with a stated error rate.

Seeds are fixed. A bound of Z standard errors is passed by a right estimate but for 1 of 16,000
draws of the seed; intervals of 95 % are held to cover the truth about so often over many draws.
"""

import numpy as np
from scipy.special import ndtr
from scipy.stats import binom

Z = 4.0
SIGNED = np.array([-51.2, -25.6, -12.8, -6.4, -3.2, 0, 3.2, 6.4, 12.8, 25.6, 51.2])
STRENGTHS = np.array([0, 3.2, 6.4, 12.8, 25.6, 51.2])


def choices(rng, n, bias=2.0, sigma=10.0, lapse_low=0.03, lapse_high=0.06):
    """Choices 1 and 2 of an observer by a cumulative normal, and the signed stimuli."""
    x = rng.choice(SIGNED, n)
    p = lapse_low + (1 - lapse_low - lapse_high) * ndtr((x - bias) / sigma)
    return {"signed_coh": x, "choice": 1 + (rng.random(n) < p)}


def correct_answers(rng, n, threshold=7.4, slope=1.3, lapse=0.02):
    """Right and wrong answers of an observer by a Weibull function, and the strengths."""
    x = rng.choice(STRENGTHS, n)
    p = 1 - lapse - (0.5 - lapse) * np.exp(-((x / threshold) ** slope))
    return {"coh": x, "correct": rng.random(n) < p}


def sessions(rng, n, by_choice, by_outcome, bias=0.3, weight=0.15, subjects=100):
    """Choices -1 and 1 that depend on those before, over the trials of many subjects."""
    length, lags = n // subjects, len(by_choice)
    x = rng.choice([-20.0, -10, -5, 0, 5, 10, 20], (length, subjects))
    choice, outcome = np.zeros_like(x), np.zeros_like(x)
    for t in range(length):
        odds = bias + weight * x[t]
        for lag in range(1, min(lags, t) + 1):
            odds = odds + by_choice[lag - 1] * choice[t - lag]
            odds = odds + by_outcome[lag - 1] * choice[t - lag] * outcome[t - lag]
        choice[t] = np.where(rng.random(subjects) < 1 / (1 + np.exp(-odds)), 1, -1)
        right = np.where(x[t] == 0, rng.random(subjects) < 0.5, np.sign(x[t]) == choice[t])
        outcome[t] = np.where(right, 1, -1)
    return {
        "signed_coh": x.ravel(),
        "choice": choice.ravel(),
        "correct": outcome.ravel() > 0,
        "env": np.tile(np.arange(subjects), length),
        "trial": np.repeat(np.arange(length), subjects),
    }


def assert_close(estimate, truth):
    """An estimate lies within Z standard errors of the truth, and says something about it."""
    error = (estimate.high - estimate.low) / (2 * 1.96)
    assert np.isfinite(error)
    assert error > 0
    assert abs(estimate.value - truth) < Z * error, f"{estimate}, not {truth}"


def assert_covered(estimates, truth):
    """Intervals of 95 % cover the truth so often, but for 1 of 1,000 draws of the seed."""
    covered, n = sum(estimate.covers(truth) for estimate in estimates), len(estimates)
    low, high = binom.ppf([0.0005, 0.9995], n, 0.95)
    assert low <= covered <= high, f"{covered} of {n}"


def assert_spread(estimates):
    """Estimates of many draws spread by the standard error that each says, within Z of its own."""
    values = np.array([estimate.value for estimate in estimates])
    said = np.mean([(estimate.high - estimate.low) / (2 * 1.96) for estimate in estimates])
    assert abs(values.std(ddof=1) / said - 1) < Z / np.sqrt(2 * len(estimates))
