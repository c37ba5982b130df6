import helpers
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("ToneDetection-v0")


def test_tone_sounds_at_its_time(case):
    condition, ob = case.trials.conditions["condition"], case.trials.ob[..., 0]
    for i, step in enumerate((None, 10, 20, 30)):
        expected = np.arange(40) == (-1 if step is None else step)
        assert np.all(ob[condition == i] == expected)
    np.testing.assert_array_equal(case.trials.gt, np.broadcast_to(condition[:, None], ob.shape))
    assert np.all(case.trials.length == 40)


def test_condition_is_uniform_and_noise_is_scaled(case):
    assert helpers.is_uniform(case.trials.conditions["condition"], range(4))
    noise = np.asarray(helpers.draw(case.env, num=4096).ob) - case.trials.ob
    np.testing.assert_allclose(noise.std(), 0.2 / np.sqrt(50), rtol=0.01)


def test_only_the_last_action_counts(case):
    trials, condition = case.trials, case.trials.conditions["condition"]
    followed = helpers.play(case.env, trials, trials.gt)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == 40)
    is_last = np.arange(40) == 39
    late = helpers.play(case.env, trials, np.where(is_last, condition[:, None], 0))
    assert np.all(late.returns == 1)
    early = helpers.play(case.env, trials, np.where(is_last, 0, condition[:, None]))
    np.testing.assert_array_equal(early.returns, condition == 0)
    np.testing.assert_array_equal(early.performance, condition == 0)


def test_a_tone_is_never_lost_to_a_coarse_dt():
    case = helpers.case("ToneDetection-v0", num=64, dt=100, timing={"toneTiming": [300, 900]})
    condition = case.trials.conditions["condition"]
    assert set(np.unique(condition)) == {0, 1, 2}
    np.testing.assert_array_equal(case.trials.ob.sum(axis=(1, 2)), condition > 0)


@pytest.mark.parametrize(
    "timing", [{"stimulus": 1000}, {"toneTiming": [500, 2000]}, {"stimulus": [1000, 2000]}]
)
def test_every_tone_sounds_before_the_stimulus_ends(timing):
    with pytest.raises(ValueError, match="does not end within a stimulus of"):
        helpers.jgn.make("ToneDetection-v0", timing=timing)
    env, params = helpers.jgn.make("ToneDetection-v0")
    with pytest.raises(ValueError, match="does not end within a stimulus of"):
        env.validate(params.with_timing(stimulus=1200))


def test_times_of_the_tones_are_a_list():
    with pytest.raises(ValueError, match=r"toneTiming.*list"):
        helpers.jgn.make("ToneDetection-v0", timing={"toneTiming": 500})


def test_the_tone_has_the_amplitude_of_the_condition():
    case = helpers.case("ToneDetection-v0", amplitudes=[0.25, 0.5])
    conditions, peak = case.trials.conditions, case.trials.ob[:, :, 0].max(axis=1)
    assert helpers.is_uniform(conditions["amplitude"], [0.25, 0.5])
    is_tone = conditions["condition"] > 0
    np.testing.assert_array_equal(peak, conditions["amplitude"] * is_tone)


def test_the_report_of_the_last_step_is_the_choice_also_that_there_was_none(case):
    _, state = case.env.reset(0, case.params)
    for t, time in ((10, -1), (39, 1950)):
        info = case.env.judge(state.replace(t=np.int32(t)), np.int32(0), case.params).info
        assert (float(info["reaction_time"]), int(info["choice"])) == (time, 0)
