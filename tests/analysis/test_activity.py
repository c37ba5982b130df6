"""Analyses of activity find what units were made to show."""

import numpy as np
import pytest
from simulated import Z

import jaxgym_neuro as jgn
from jaxgym_neuro import analysis


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_activity_is_cut_around_an_event_and_nan_where_there_is_none():
    activity = np.arange(2 * 5 * 1.0).reshape(2, 5, 1)
    cut = analysis.align(activity, [1, 4], before=2, after=2, steps=[3, 5])
    nan = np.nan
    np.testing.assert_array_equal(cut[..., 0], [[nan, 0, 1, 2], [7, 8, 9, nan]])
    np.testing.assert_array_equal(analysis.align(activity, 2), activity[:, 2:])


def test_averages_are_means_of_the_trials_of_a_condition(rng):
    choice = rng.integers(1, 3, 300)
    steps = rng.integers(4, 8, 300)
    activity = choice[:, None, None] * np.array([1.0, -2]) + rng.normal(size=(300, 8, 2))
    trials = {"choice": choice, "steps": steps}
    found = analysis.condition_averages(activity, trials, event=steps - 1, before=5, after=1)
    np.testing.assert_array_equal(found.time, np.arange(-5, 1))
    np.testing.assert_array_equal(found.conditions[:, 0], [1, 2])
    last = activity[np.arange(300), steps - 1]
    for one, value in enumerate((1, 2)):
        of = last[choice == value]
        np.testing.assert_allclose(found.mean[one, -1], of.mean(axis=0))
        np.testing.assert_allclose(found.error[one, -1], of.std(axis=0, ddof=1) / len(of) ** 0.5)
        assert found.count[one, -1] == len(of)
        assert found.count[one, 0] == np.sum((choice == value) & (steps >= 6))
    off = np.abs(found.mean - np.array([[[1, -2]], [[2, -4]]]))
    assert np.all(off < Z * found.error)


def test_averages_of_a_rollout_by_two_conditions():
    def policy(key, ob, memory):
        return 1, memory, {"units": ob}

    env, params = jgn.make("PerceptualDecisionMaking-v0")
    table = jgn.rollout(
        env, params, policy, memory=0.0, num_envs=16, num_trials=320, keep=("activity",)
    )
    units = table.kept["activity"]["units"]
    found = analysis.condition_averages(units, table, ["coh", "ground_truth"])
    assert found.names == ("coh", "ground_truth")
    assert len(found.conditions) == len(found.mean) <= 12
    assert found.count.max(axis=1).sum() == 320
    assert found.mean.shape[-1] == 3


def test_selective_units_are_told_from_the_rest(rng):
    choice = rng.integers(0, 2, 200)
    activity = rng.normal(size=(200, 100))
    activity[:, :10] += choice[:, None]
    activity[:, 99] = 3  # does not vary
    found = analysis.selectivity(activity, None, choice, permutations=500)
    assert found.selective[:10].all()
    assert found.selective[10:].sum() <= 3
    assert not found.selective[99]
    np.testing.assert_array_equal(found.preferred[:10], 1)
    # One unit by hand: between conditions / in all.
    means = [activity[choice == c, 0].mean() for c in (0, 1)]
    shares = np.array([np.mean(choice == c) for c in (0, 1)])
    between = np.sum(shares * (means - activity[:, 0].mean()) ** 2)
    assert found.explained[0] == pytest.approx(between / activity[:, 0].var())


def test_a_permutation_test_errs_as_often_as_it_says(rng):
    """Of 400 units that know nothing, 5 % have a p of 0.05 at most (Z standard errors)."""
    activity = rng.normal(size=(60, 400))
    p = analysis.selectivity(activity, None, np.arange(60) % 3, permutations=199).p
    assert abs(np.mean(p <= 0.05) - 0.05) < Z * np.sqrt(0.05 * 0.95 / 400)
    assert p.min() >= 1 / 200


def mixed(rng, units=30):
    """Units that each mix a ramp over time, a stimulus and a choice."""
    time = np.linspace(0, 1, 12)
    weights = np.linalg.qr(rng.normal(size=(units, 3)))[0].T
    stimulus, choice = np.repeat([-1.0, 0, 1], 2), np.tile([-1.0, 1], 3)
    trials = 40
    rows = np.repeat(np.arange(6), trials)
    signal = (
        3 * (time - 0.5)[None, :, None] * weights[0]
        + 2 * (stimulus[rows, None] * np.ones(12))[..., None] * weights[1]
        + (choice[rows, None] * time)[..., None] * weights[2]
    )
    activity = signal + 0.3 * rng.normal(size=signal.shape)
    averages = analysis.condition_averages(
        activity, {"stimulus": stimulus[rows], "choice": choice[rows]}, ["stimulus", "choice"]
    )
    return averages, weights


def test_principal_components_span_what_units_mix(rng):
    averages, weights = mixed(rng)
    found = analysis.pca(averages, 3)
    assert found.explained.sum() > 0.98
    assert np.all(np.diff(found.explained) < 0)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(3), atol=1e-10)
    overlap = np.linalg.svd(found.axes @ weights.T, compute_uv=False)
    assert overlap.min() > 0.97
    centred = averages.mean - found.centre
    np.testing.assert_allclose(found.values, centred @ found.axes.T)


def test_demixed_components_each_show_one_factor(rng):
    averages, weights = mixed(rng)
    found = analysis.demixed_pca(averages)
    assert found.of == ("time", "stimulus", "choice", "interaction")
    for component, weight in enumerate(weights):
        axis = found.axes[component] / np.linalg.norm(found.axes[component])
        assert abs(axis @ weight) > 0.9
    stimulus = found.values[:, :, 1]
    of_stimulus = stimulus.reshape(3, 2, 12)
    between = of_stimulus.mean(axis=(1, 2)).var()
    assert between > 100 * (of_stimulus - of_stimulus.mean(axis=(1, 2), keepdims=True)).var()
    assert found.explained[:3].sum() > 0.95
    assert found.explained[3] < 0.02


def test_decoding_tells_when_a_choice_is_there(rng):
    choice = rng.integers(0, 2, 400)
    activity = rng.normal(size=(400, 6, 10))
    direction = rng.normal(size=10) / np.sqrt(10)
    activity[:, 3:] += 2.0 * (2 * choice - 1)[:, None, None] * direction
    found = analysis.decode(activity, None, choice)
    error = (found.accuracy.high - found.accuracy.low) / (2 * 1.96)
    assert np.all(np.abs(found.accuracy.y - 0.5)[:3] < Z * error[:3])
    assert np.all(found.accuracy.y[3:] > 0.9)
    assert np.all(found.accuracy.count == 400)
    assert found.chance == pytest.approx(max(choice.mean(), 1 - choice.mean()))


def test_decoding_of_noise_stays_at_chance(rng):
    """With as many units as trials, what is fitted is perfect, and what is held out is not."""
    accuracy = analysis.decode(rng.normal(size=(100, 10, 100)), None, np.arange(100) % 2).accuracy.y
    assert abs(accuracy.mean() - 0.5) < Z * 0.5 / np.sqrt(1_000)


def test_tasks_group_units(rng):
    """Thirty units in three groups, each of which varies in two of four tasks."""
    groups = np.repeat([0, 1, 2], 10)
    scale = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 1], [0, 1, 0.0]])[:, groups] + 0.02
    scale = scale * rng.uniform(1, 3, 30)
    activity = {
        f"task {i}": 7 * i + scale[i] * rng.normal(size=(400, 5, 1)) + np.arange(5)[:, None]
        for i in range(4)
    }
    silent = {name: np.pad(one, ((0, 0), (0, 0), (0, 2))) for name, one in activity.items()}
    found = analysis.task_variance(silent)
    np.testing.assert_array_equal(found.units, np.arange(30))
    assert len(np.unique(found.cluster)) == 3
    assert all(len(np.unique(found.cluster[groups == g])) == 1 for g in range(3))
    np.testing.assert_allclose(found.variance[:, :30], scale**2, rtol=0.2)
    assert found.silhouette > 0.8
    assert found.normalized.max(axis=0) == pytest.approx(1)


def test_variances_from_elsewhere_are_clustered_alike(rng):
    groups = np.repeat([0, 1, 2], (5, 8, 4))
    variances = np.array([[1, 0, 0.1], [0.9, 0.1, 0], [0, 1, 0.1], [0, 0.1, 1]])[:, groups]
    variances = (variances + 0.05 * rng.random(variances.shape)) * rng.uniform(1, 9, len(groups))
    found = analysis.TaskVariance.of("abcd", np.pad(variances, ((0, 0), (3, 0))))
    np.testing.assert_array_equal(found.units, 3 + np.arange(len(groups)))
    assert found.cluster.max() == 3
    assert all(len(set(found.cluster[groups == group])) == 1 for group in range(3))
    with pytest.raises(ValueError, match=r"4 tasks, and variances of shape \(3, 17\)"):
        analysis.TaskVariance.of("abcd", variances[:3])


def test_steps_behind_the_end_of_a_trial_do_not_vary(rng):
    activity = rng.normal(size=(300, 4, 3))
    activity[:, 2:] = 100 * rng.normal(size=(300, 2, 3))
    given = {"one": activity, "other": activity}
    variance = analysis.task_variance(given, {name: np.full(300, 2) for name in given}).variance
    np.testing.assert_allclose(variance, 1, rtol=0.25)


def test_dissimilarity_of_known_patterns(rng):
    patterns = np.array([[1.0, 2, 3, 4], [2, 4, 6, 8], [4, 3, 2, 1]])
    found = analysis.dissimilarity(patterns, ["a", "b", "c"])
    np.testing.assert_allclose(found.matrix, [[0, 0, 2], [0, 0, 2], [2, 2, 0]], atol=1e-12)
    far = analysis.dissimilarity(patterns, metric="euclidean").matrix
    np.testing.assert_allclose(far[0, 1], np.sqrt(30))
    many = rng.normal(size=(8, 20))
    one, other = analysis.dissimilarity(many), analysis.dissimilarity(3 * many + 5)
    assert one.agreement(other) == pytest.approx(1)
    unrelated = analysis.dissimilarity(rng.normal(size=(8, 20)))
    assert abs(one.agreement(unrelated)) < Z / np.sqrt(27)


def test_pictures_of_activity(rng):
    averages, _ = mixed(rng, 5)
    activity = {name: rng.normal(size=(20, 3, 5)) * (i + 1) for i, name in enumerate("abc")}
    for result in (
        averages,
        analysis.pca(averages),
        analysis.demixed_pca(averages),
        analysis.selectivity(rng.normal(size=(40, 5)), None, np.arange(40) % 2, permutations=9),
        analysis.decode(rng.normal(size=(40, 3, 5)), None, np.arange(40) % 2),
        analysis.task_variance(activity),
        analysis.dissimilarity(averages.mean),
    ):
        ax = result.plot()
        assert ax.has_data()


FLAT = np.zeros((20, 5))
CUBE = np.zeros((20, 3, 5))
HALF = np.arange(20) % 2
BAD = {
    "flat": (lambda: analysis.align(FLAT, 0), r"\(trials, steps, units\)"),
    "event outside": (lambda: analysis.align(CUBE, 40, after=2), "no trial has a step"),
    "event missing": (lambda: analysis.align(CUBE, np.nan), "a step in every trial"),
    "rows": (lambda: analysis.condition_averages(CUBE, None, np.zeros(3)), "20 trials, not 3"),
    "none kept": (
        lambda: analysis.condition_averages(CUBE, None, HALF, keep=HALF * 0),
        "no trial is left",
    ),
    "one condition": (lambda: analysis.selectivity(FLAT, None, HALF * 0), "two conditions"),
    "NaN": (lambda: analysis.selectivity(FLAT * np.nan, None, HALF), "finite"),
    "nothing varies": (
        lambda: analysis.pca(analysis.condition_averages(CUBE, None, HALF)),
        "the same in all conditions",
    ),
    "too many components": (
        lambda: analysis.pca(analysis.condition_averages(CUBE, None, HALF), 6),
        "from 1 to 5",
    ),
    "too few to hold out": (lambda: analysis.decode(CUBE, None, np.arange(20)), "two conditions"),
    "one task": (lambda: analysis.task_variance({"a": CUBE}), "two tasks"),
    "silent": (lambda: analysis.task_variance({"a": CUBE, "b": CUBE}), "three units"),
    "no pattern": (lambda: analysis.dissimilarity(FLAT), "does not vary"),
    "metric": (lambda: analysis.dissimilarity(FLAT, metric="l1"), "unknown metric"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "said"), BAD.values(), ids=BAD)
def test_activity_that_cannot_be_analysed_says_what_is_needed(call, said):
    with pytest.raises(ValueError, match=said):
        call()
