import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("Detection-v0")


def test_signal_is_shown_once_within_the_stimulus(case):
    trials = case.trials
    has_signal = trials.conditions["ground_truth"] == 1
    in_stimulus = helpers.in_period(case.env, trials, "stimulus")
    assert np.all(trials.ob[:, :, 1][~in_stimulus] == 0)
    assert np.all((trials.ob[:, :, 1] == 0.5).sum(axis=1) == has_signal)
    onset = np.argmax(trials.ob[:, :, 1] > 0, axis=1)
    np.testing.assert_array_equal(
        onset[has_signal], 5 + trials.conditions["delay"][has_signal] // 100
    )
    assert np.all(onset[has_signal] < trials.length[has_signal] - 1)


def test_ground_truth_is_to_go_from_the_signal_on(case):
    trials = case.trials
    seen = np.cumsum(trials.ob[:, :, 1], axis=1) > 0
    in_stimulus = helpers.in_period(case.env, trials, "stimulus")
    np.testing.assert_array_equal(trials.gt == 1, seen & in_stimulus)


def test_noise_is_the_same_with_and_without_a_signal(case):
    ob = np.asarray(helpers.draw(case.env, num=4096).ob)
    is_blank = case.trials.conditions["ground_truth"] == 0
    for which in (is_blank, ~is_blank):
        # The signals take up a tenth of step 5 at most; 2,000 numbers have an s.d. known to 1.6 %.
        assert np.all(ob[which, :5, 1] == 0)
        noise = (ob - case.trials.ob)[which, 6, 1]
        np.testing.assert_allclose(noise.std(), 0.1, rtol=0.08)


def test_conditions_have_their_distributions(case):
    conditions = case.trials.conditions
    assert helpers.is_uniform(conditions["ground_truth"], [0, 1])
    assert helpers.within(np.sum(conditions["onset"] < 0.25), 4096, 0.25)


def test_every_row_of_the_reward_table(case):
    trials = case.trials
    has_signal = trials.conditions["ground_truth"] == 1
    followed = helpers.play(case.env, trials, trials.gt)
    np.testing.assert_array_equal(followed.returns, has_signal)
    assert np.all(followed.performance == 1)
    waited = case.act()
    np.testing.assert_array_equal(waited.returns, np.where(has_signal, -1, 0))
    np.testing.assert_array_equal(waited.performance, ~has_signal)
    np.testing.assert_array_equal(waited.steps, trials.length)
    hasty = case.act(stimulus=1)
    comes_at_once = has_signal & (trials.conditions["delay"] == 0)
    np.testing.assert_array_equal(hasty.returns, np.where(comes_at_once, 1, -1))
    np.testing.assert_array_equal(hasty.performance, comes_at_once)
    aborted = case.act(case.params.replace(abort=True), fixation=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)


def test_delay_is_in_ms_and_signal_stays_in_the_stimulus(case):
    for delay, first in ((300.0, 8), (9000.0, None)):
        params = case.params.replace(delay=delay, stim_dur=500.0)
        trials = helpers.draw(case.env, params, num=4096)
        np.testing.assert_array_equal(trials.length, trials.end[:, 1])
        has_signal = np.asarray(trials.conditions["ground_truth"]) == 1
        onset = np.argmax(np.asarray(trials.ob)[has_signal, :, 1] > 0, axis=1)
        expected = np.asarray(trials.length)[has_signal] - 1 if first is None else first
        np.testing.assert_array_equal(onset, expected)


def test_a_signal_is_never_lost_to_a_coarse_dt():
    case = helpers.case("Detection-v0", num=64, dt=200)
    has_signal = case.trials.conditions["ground_truth"] == 1
    np.testing.assert_array_equal((case.trials.ob[..., 1] > 0).sum(axis=1), has_signal)


@pytest.mark.parametrize("argument", [{"delay": -5}, {"stim_dur": 0}, {"sigma": -1}])
def test_bad_arguments_are_errors(argument):
    with pytest.raises(ValueError, match=next(iter(argument))):
        helpers.jgn.make("Detection-v0", **argument)


def test_the_signal_has_the_amplitude_of_the_condition():
    case = helpers.case("Detection-v0", amplitudes=[0.1, 0.2, 0.4])
    conditions, peak = case.trials.conditions, case.trials.ob[:, :, 1].max(axis=1)
    assert helpers.is_uniform(conditions["amplitude"], [0.1, 0.2, 0.4])
    np.testing.assert_array_equal(peak, conditions["amplitude"] * conditions["ground_truth"])
    with pytest.raises(ValueError, match=r"amplitudes is .* of at least 0, not -1"):
        helpers.jgn.make("Detection-v0", amplitudes=[-1])


@pytest.mark.parametrize(("ground_truth", "since"), [(1, 8), (0, 5)])
def test_the_time_counts_from_the_signal_or_without_one_from_the_stimulus(
    case, ground_truth, since
):
    """Also when the signal is over; and from the stimulus where it has not come yet."""
    params = case.params.replace(delay=300.0)
    _, state = case.env.reset(0, params, ground_truth=ground_truth)
    told = [
        float(
            case.env.judge(state.replace(t=np.int32(t)), np.int32(1), params).info["reaction_time"]
        )
        for t in (6, 8, 9, 10)
    ]
    assert told == [100, *(100 * (t - since) for t in (8, 9, 10))]
