"""Analyses of behaviour find what is known of simulated subjects."""

import numpy as np
import pytest
from scipy.special import ndtr
from simulated import Z, assert_close, assert_covered, assert_spread

from jaxgym_neuro import analysis

N = 20_000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_conditional_accuracy_follows_the_time_of_answers(rng):
    time = rng.uniform(200, 1200, N)
    right = rng.random(N) < 0.5 + (time - 200) / 2500
    time[:100] = np.nan
    found = analysis.conditional_accuracy(None, time, right, bins=10)
    curve = found.accuracy
    error = (curve.high - curve.low) / (2 * 1.96)
    assert np.all(np.abs(curve.y - (0.5 + (curve.x - 200) / 2500)) < Z * error)
    np.testing.assert_allclose(curve.x, np.arange(250, 1200, 100), atol=10)
    assert (found.trials, found.left_out) == (N - 100, 100)


STAY = np.array([[0.6, 0.5], [0.7, 0.9]])  # after unrewarded, rewarded; rare, common


def two_step(rng, n=N, subjects=20):
    """Each stays by what the trial before was like."""
    length = n // subjects
    first = np.ones((length, subjects), int)
    common = rng.random((length, subjects)) < 0.7
    paid = rng.random((length, subjects)) < 0.5
    for t in range(1, length):
        stays = rng.random(subjects) < STAY[paid[t - 1].astype(int), common[t - 1].astype(int)]
        first[t] = np.where(stays, first[t - 1], 3 - first[t - 1])
    return {
        "first_choice": first.ravel(),
        "state": np.where(common, first, 3 - first).ravel(),
        "reward": paid.ravel() * 1.0,
        "env": np.tile(np.arange(subjects), length),
        "trial": np.repeat(np.arange(length), subjects),
    }


def test_stay_probabilities_by_reward_and_transition(rng):
    found = analysis.stay_probabilities(two_step(rng))
    for curve, truth in ((found.after_rare, STAY[:, 0]), (found.after_common, STAY[:, 1])):
        error = (curve.high - curve.low) / (2 * 1.96)
        assert np.all(np.abs(curve.y - truth) < Z * error)
    assert_close(found.reward_effect, (0.1 + 0.4) / 2)
    assert_close(found.interaction, 0.4 - 0.1)
    assert (found.trials, found.left_out) == (N - 20, 20)  # the first of each subject


def test_intervals_of_stay_effects_cover_the_truth_as_often_as_they_say(rng):
    found = [analysis.stay_probabilities(two_step(rng, 2_000, 10)) for _ in range(100)]
    assert_covered([one.reward_effect for one in found], 0.25)
    assert_covered([one.interaction for one in found], 0.3)
    assert_spread([one.reward_effect for one in found])
    assert_spread([one.interaction for one in found])


def wagers(rng, n=N):
    """A subject takes what is sure where the evidence is within 1 of nothing."""
    coh, truth = rng.choice([0.0, 0.5, 1, 2], n), rng.integers(0, 2, n)
    felt = np.where(truth == 1, coh, -coh) + rng.normal(size=n)
    offered = rng.random(n) < 0.5
    choice = np.where(offered & (np.abs(felt) < 1), 3, np.where(felt > 0, 2, 1))
    return {"coh": coh, "ground_truth": truth, "wager": offered, "choice": choice}


def test_a_wager_tells_when_subjects_are_sure(rng):
    found = analysis.wager(wagers(rng))
    x = found.sure.x
    takes = ndtr(1 - x) - ndtr(-1 - x)
    right = ndtr(x - 1) / (1 - takes)
    for curve, truth in ((found.sure, takes), (found.waived, right), (found.not_offered, ndtr(x))):
        error = (curve.high - curve.low) / (2 * 1.96)
        assert np.all(np.abs(curve.y - truth) < Z * error)
        assert np.all(error < 0.05)
    assert_close(found.p_sure, takes.mean())
    assert_close(found.advantage, np.sum(right * (1 - takes)) / np.sum(1 - takes) - ndtr(x).mean())


def test_confidence_of_a_subject_that_knows(rng):
    p = rng.choice([0.5, 0.6, 0.7, 0.8, 0.9], N)
    right = rng.random(N) < p
    found = analysis.confidence(None, p, right)
    error = (found.accuracy.high - found.accuracy.low) / (2 * 1.96)
    assert np.all(np.abs(found.accuracy.y - found.accuracy.x) < Z * error)
    assert_close(found.overconfidence, 0)
    levels = np.unique(p)
    above, ties = levels[:, None] > levels, levels[:, None] == levels
    pairs = np.outer(levels, 1 - levels)
    assert_close(found.auroc, np.sum(pairs * (above + ties / 2)) / pairs.sum())


ASKED = np.array([500.0, 600, 700, 800, 900])


def test_reproduction_of_a_subject_that_regresses_to_the_mean(rng):
    asked = rng.choice(ASKED, N)
    mean = 20 + 700 + 0.6 * (asked - 700)
    produced = mean * (1 + 0.1 * rng.normal(size=N))
    produced[:200] = np.nan
    found = analysis.reproduction(None, asked, produced)
    means = 20 + 700 + 0.6 * (ASKED - 700)
    assert_close(found.slope, 0.6)
    assert_close(found.regression, 0.4)
    assert_close(found.bias, 20)
    np.testing.assert_allclose(found.cv, 0.1, atol=Z * 0.1 / np.sqrt(2 * N / 5) * 1.1)
    assert found.indifference == pytest.approx(750, abs=15)
    assert found.root_mean_bias == pytest.approx(np.sqrt(np.mean((means - ASKED) ** 2)), abs=3)
    assert found.root_mean_variance == pytest.approx(0.1 * np.sqrt(np.mean(means**2)), rel=0.05)
    assert (found.trials, found.left_out) == (N - 200, 200)


WEIGHTS = np.array([1.0, 0.5, 0, 0.25])


def weighed(rng, n=N):
    evidence = rng.normal(size=(n, 6))
    evidence[:, 4:] = 99  # behind the end of the trial
    decision = evidence[:, :4] @ WEIGHTS + rng.normal(size=n)
    return evidence, np.where(decision > 0, 2, 1)


def test_psychophysical_kernel_is_proportional_to_the_weights(rng):
    evidence, choice = weighed(rng)
    trials = {"choice": choice, "steps": np.full(N, 4)}
    kernel = analysis.psychophysical_kernel(trials, evidence).kernel
    norm = np.sqrt(np.sum(WEIGHTS**2) + 1)
    truth = 2 * WEIGHTS / norm * np.sqrt(2 / np.pi)
    np.testing.assert_array_equal(kernel.x, np.arange(4))
    error = (kernel.high - kernel.low) / (2 * 1.96)
    assert np.all(np.abs(kernel.y - truth) < Z * error)
    at_end = analysis.psychophysical_kernel(trials, evidence, align="end").kernel
    np.testing.assert_array_equal(at_end.x, np.arange(-3, 1))
    np.testing.assert_allclose(at_end.y, kernel.y)


def test_trials_of_other_lengths_are_aligned_to_their_start_or_end(rng):
    """The first step of evidence counts, and the last one, whenever these are."""
    start, length = rng.integers(0, 4, N), rng.integers(3, 6, N)
    evidence = rng.normal(size=(N, 9))
    rows = np.arange(N)
    decision = evidence[rows, start] + evidence[rows, start + length - 1]
    outside = (np.arange(9) < start[:, None]) | (np.arange(9) >= (start + length)[:, None])
    evidence[outside] = np.nan
    given = {"choice": decision > 0, "steps": start + length, "start": start}
    first, last = (
        analysis.psychophysical_kernel(None, evidence, align=align, **given).kernel
        for align in ("start", "end")
    )
    for kernel, at in ((first, 0), (last, 4)):
        np.testing.assert_array_equal(kernel.x, np.arange(5) - at)
        assert kernel.count[at] == N
        error = (kernel.high - kernel.low) / (2 * 1.96)
        assert abs(kernel.y[at] - 2 / np.sqrt(np.pi)) < Z * error[at]
    assert abs(first.y[1]) < Z * (first.high[1] - first.low[1]) / (2 * 1.96)


def test_what_a_condition_shows_is_no_kernel(rng):
    """Motion to the right raises evidence and choices alike; its mean is taken away."""
    side = rng.choice([-1.0, 1.0], N)
    evidence = side[:, None] + rng.normal(size=(N, 3))
    choice = np.where(evidence[:, 0] + rng.normal(size=N) > 0, 1, 0)
    kernels = [
        analysis.psychophysical_kernel(None, evidence, choice=choice, by=by).kernel
        for by in (None, side)
    ]
    assert kernels[0].low[1] > 0.3
    assert abs(kernels[1].y[1]) < Z * (kernels[1].high[1] - kernels[1].low[1]) / (2 * 1.96)
    assert kernels[1].low[0] > 0.3


def blocks(rng, subjects=40, length=500, size=50):
    """The bias goes over to the new side with a half-life of 5 trials."""
    block = (np.arange(length) // size) % 2
    since = np.arange(length) % size
    settled = np.where(block == 1, 0.8, 0.2)
    p = settled + np.where(np.arange(length) < size, 0, (1 - 2 * settled) * 0.5 ** (since / 5))
    choice = 1 + (rng.random((length, subjects)) < p[:, None])
    return {
        "block": np.repeat(np.where(block == 1, 0.8, 0.2), subjects),
        "choice": choice.ravel(),
        "env": np.tile(np.arange(subjects), length),
        "trial": np.repeat(np.arange(length), subjects),
    }


def test_choices_follow_a_change_of_block(rng):
    found = analysis.block_transitions(blocks(rng), before=10, after=30)
    curve = found.toward
    truth = np.where(curve.x < 0, 0.2, 0.8 - 0.6 * 0.5 ** (np.maximum(curve.x, 0) / 5))
    error = (curve.high - curve.low) / (2 * 1.96)
    settled = np.where(curve.x < 0, np.abs(curve.y - 0.2) < 0.03, True)
    assert settled.all()
    late = curve.x >= 0
    assert np.all(np.abs(curve.y - truth)[late] < Z * error[late])
    assert found.changes == 40 * 9
    assert np.all(curve.count == 40 * 9)
    assert found.shift.value == pytest.approx(0.6, abs=0.04)


def test_learning_curve_of_many_subjects(rng):
    subjects, length = 50, 1_000
    p = 0.5 + 0.4 * (1 - np.exp(-np.arange(length) / 300))
    score = rng.random((length, subjects)) < p[:, None]
    trials = {
        "performance": score.ravel(),
        "env": np.tile(np.arange(subjects), length),
        "trial": np.repeat(np.arange(length), subjects),
    }
    found = analysis.learning_curve(trials, window=100, criterion=0.75)
    truth = p.reshape(10, 100).mean(axis=1)
    error = (found.score.high - found.score.low) / (2 * 1.96)
    assert np.all(np.abs(found.score.y - truth) < Z * error)
    np.testing.assert_array_equal(found.score.x, np.arange(50, 1_000, 100))
    assert found.subjects.shape == (50, 10)
    np.testing.assert_allclose(found.subjects[3, 2], score[200:300, 3].mean())
    met = np.argmax(found.subjects >= 0.75, axis=1)
    np.testing.assert_array_equal(found.reached, 100 * (met + 1))
    alone = analysis.learning_curve(None, score[:, 0], window=100)
    np.testing.assert_allclose(alone.score.y, found.subjects[0])
    assert np.isnan(alone.reached).all()


def in_contexts(rng, n=N):
    shown = rng.choice([-50.0, -15, -5, 5, 15, 50], (n, 2))
    context = rng.integers(0, 2, n)
    weights = np.array([[0.08, 0.01], [0.0, 0.06]])[context]
    choice = 1 + (rng.random(n) < 1 / (1 + np.exp(-np.sum(weights * shown, axis=1) - 0.2)))
    right = np.where(shown[np.arange(n), context] > 0, 2, 1)
    return {
        "signed_coh_1": shown[:, 0],
        "signed_coh_2": shown[:, 1],
        "context": context,
        "choice": choice,
        "correct": choice == right,
    }


def test_what_counts_in_each_context(rng):
    found = analysis.congruence(in_contexts(rng))
    for context, weights in ((0, (0.08, 0.01)), (1, (0.0, 0.06))):
        of = found.contexts[context]
        for estimate, truth in zip(of.weights, weights, strict=True):
            assert_close(estimate, truth)
        assert_close(of.bias, 0.2)
    assert found.contexts[0].congruent.value > found.contexts[0].incongruent.value
    steep, flat = found.contexts[1].by_evidence[::-1]
    assert steep.y[-1] - steep.y[0] > 0.8
    assert abs(flat.y[-1] - flat.y[0]) < 0.1


def test_pictures_of_all(rng):
    evidence, choice = weighed(rng, 500)
    results = [
        analysis.conditional_accuracy(None, 600 * rng.random(500), rng.random(500) < 0.7),
        analysis.stay_probabilities(two_step(rng, 1_000)),
        analysis.wager(wagers(rng, 1_000)),
        analysis.confidence(None, rng.choice([0.5, 0.7], 500), rng.random(500) < 0.7),
        analysis.reproduction(None, rng.choice(ASKED, 500), rng.choice(ASKED, 500)),
        analysis.psychophysical_kernel(None, evidence, choice=choice),
        analysis.block_transitions(blocks(rng, 3)),
        analysis.learning_curve(None, rng.random(500), window=50),
        analysis.congruence(in_contexts(rng, 2_000)),
    ]
    for result in results:
        ax = result.plot(label="subject")
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels
        assert all(label.startswith("subject") for label in labels)
        assert ax.get_xlabel()
        assert ax.get_ylabel()


NAN = np.full(60, np.nan)
HALF = np.arange(60) % 2
LONG = 500 * HALF  # ms
BAD = {
    "no times": (lambda: analysis.conditional_accuracy(None, NAN, HALF), "none of the 60"),
    "few in a bin": (
        lambda: analysis.conditional_accuracy(None, LONG, HALF, bins=9),
        "90 answers",
    ),
    "one time": (lambda: analysis.conditional_accuracy(None, HALF * 0, HALF), "one value only"),
    "one kind of trial": (
        lambda: analysis.stay_probabilities(None, HALF, common=HALF, rewarded=HALF * 0),
        "each kind of trial before",
    ),
    "no rewards": (lambda: analysis.stay_probabilities({"c": HALF}, "c", HALF), "column 'reward'"),
    "never offered": (
        lambda: analysis.wager(None, HALF, choice=HALF, offered=HALF * 0, correct=HALF),
        "there are 0, 0 and 60",
    ),
    "no errors": (lambda: analysis.confidence(None, HALF, HALF * 0 + 1), "one kind only"),
    "one confidence": (lambda: analysis.confidence(None, HALF * 0, HALF), "one value only"),
    "one interval": (lambda: analysis.reproduction(None, HALF * 0 + 500, LONG), "one value only"),
    "few productions": (
        lambda: analysis.reproduction(None, np.arange(60), LONG),
        "3 productions at least",
    ),
    "nothing produced": (lambda: analysis.reproduction(None, HALF, NAN), "none of the 60"),
    "negative": (lambda: analysis.reproduction(None, LONG, LONG - 500), "at least 0 ms"),
    "flat evidence": (
        lambda: analysis.psychophysical_kernel(None, HALF, choice=HALF),
        r"\(trials, steps\)",
    ),
    "few of a choice": (
        lambda: analysis.psychophysical_kernel(
            None, np.zeros((60, 3)), choice=np.arange(60) == 0
        ),
        "each choice needs 20 trials",
    ),
    "NaN evidence": (
        lambda: analysis.psychophysical_kernel(None, NAN[:, None], choice=HALF),
        "finite at every step",
    ),
    "no change": (lambda: analysis.block_transitions(None, HALF * 0, HALF), "0 in all 60 trials"),
    "short": (lambda: analysis.learning_curve(None, HALF, window=50), "two windows"),
    "no score": (lambda: analysis.learning_curve(None, NAN, window=5), "finite score"),
    "one evidence": (lambda: analysis.congruence(None, [HALF]), "two columns or arrays"),
    "unanswered": (
        lambda: analysis.congruence(None, [HALF, HALF], HALF, choice=NAN, correct=HALF),
        "none of the 60",
    ),
    "never in conflict": (
        lambda: analysis.congruence(
            None,
            [np.tile([1, 2, 1, -1, -2, -1], 10), np.tile([1, 1, 2, -1, -1, -3], 10)],
            HALF * 0,
            choice=np.arange(60) % 5 > 1,
            correct=HALF,
        ),
        "in context 0 both kinds",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_computed_says_what_is_needed(call, said):
    with pytest.raises(ValueError, match=said):
        call()
