import helpers
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def case():
    return helpers.case("PerceptualDecisionMaking-v0")


def test_cue_is_on_until_the_decision(case):
    waiting = np.arange(case.env.T) < case.env.T - 1
    assert np.all(case.trials.ob[..., 0] == waiting)


def test_motion_is_shown_in_the_stimulus_alone(case):
    trials = case.trials
    is_second = (trials.conditions["ground_truth"] == 1) & np.isclose(
        trials.conditions["coh"], 51.2
    )
    np.testing.assert_allclose(
        trials.ob[is_second][:, 1:21, 1:],
        np.broadcast_to([0.244, 0.756], (np.sum(is_second), 20, 2)),
        atol=1e-6,
    )
    assert np.all(trials.ob[:, [0, 21], 1:] == 0)


def test_noise_has_the_sd_sigma_over_sqrt_dt_on_the_stimulus_alone(case):
    for dt in (20, 100):
        env, params = jgn.make("PerceptualDecisionMaking-v0", dt=dt)
        noisy = np.asarray(helpers.draw(env, params, 1024).ob)
        clean = np.asarray(helpers.draw(env, params.replace(sigma=0.0), 1024).ob)
        noise = (noisy - clean)[:, :, 1:]
        first = 100 // dt
        shown = noise[:, first : first + 2000 // dt]
        # The s.d. of n normal numbers has the standard error sd / sqrt(2 n); five of them.
        sd = 1 / np.sqrt(dt)
        assert abs(np.std(shown) - sd) < 5 * sd / np.sqrt(2 * shown.size)
        assert np.all(noise[:, :first] == 0)
        assert np.all(noisy[:, :, 0] == clean[:, :, 0])


def test_conditions_have_their_distributions(case):
    assert helpers.is_uniform(case.trials.conditions["ground_truth"], [0, 1])
    assert helpers.is_uniform(case.trials.conditions["coh"], [0, 6.4, 12.8, 25.6, 51.2])


def test_every_row_of_the_reward_table(case):
    right = case.trials.conditions["ground_truth"] + 1
    followed = case.act(decision=right)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    wrong = case.act(decision=3 - right)
    assert np.all(wrong.returns == 0)
    assert np.all(wrong.performance == 0)
    hasty = case.act(fixation=1, decision=right)
    np.testing.assert_allclose(hasty.returns, 0.9, atol=1e-6)
    assert np.all(case.act(stimulus=2).returns == 0)
    stopped = case.act(case.params.replace(abort=True), fixation=1)
    assert np.all(stopped.steps == 1)


def test_arguments_scale_coherences_and_set_the_ring():
    env, params = jgn.make("PerceptualDecisionMaking-v0", cohs=[10, 20], stim_scale=2, dim_ring=4)
    np.testing.assert_allclose(params.cohs, [20, 40])
    assert env.observation_space().shape == (5,)
    assert env.num_actions == 5
    trial = env.new_trial(jax.random.key(0), params.replace(sigma=0.0), ground_truth=1, coh=40)
    np.testing.assert_allclose(trial.ob[5], [1, 0.5, 0.7, 0.5, 0.3], atol=1e-6)
    assert int(trial.gt[-1]) == 2


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ({"dim_ring": 1}, "at least 2"),
        ({"cohs": []}, "at least one"),
        ({"cohs": [-1]}, "at least 0"),
        ({"sigma": float("nan")}, "finite"),
        ({"stim_scale": -1}, "at least 0"),
    ],
)
def test_bad_arguments_say_what_is_allowed(argument, said):
    with pytest.raises(ValueError, match=said):
        jgn.make("PerceptualDecisionMaking-v0", **argument)


def test_signed_coherence_is_positive_where_the_second_direction_is_right(case):
    conditions = case.trials.conditions
    sign = np.where(conditions["ground_truth"] == 1, 1, -1)
    np.testing.assert_array_equal(conditions["signed_coh"], sign * conditions["coh"])


def test_on_a_ring_signed_coherence_is_what_is_told_of_the_axis_of_the_first_direction():
    conditions = helpers.case("PerceptualDecisionMaking-v0", num=64, dim_ring=8).trials.conditions
    told = -conditions["coh"] * np.cos(conditions["ground_truth"] * np.pi / 4)
    np.testing.assert_allclose(conditions["signed_coh"], told, atol=1e-4)


def test_where_the_experimenter_decides_how_long_there_is_to_see_longer_is_better():
    env, params = jgn.make("PerceptualDecisionMaking-v0", preset="variable duration")
    observer = jgn.ideal.observer(env, params)
    table = jgn.rollout(env, params, *observer, num_envs=128, num_trials=4_096)
    seen, is_motion = table.durations["stimulus"], table.conditions["coh"] > 0
    assert 80 <= seen.min() < 100
    assert 1300 < seen.max() <= 1500
    assert abs(seen.mean() - 391) < 5 * 330 / 64  # of the exponential, cut; 5 standard errors
    short, long = (table.correct[is_motion & when] for when in (seen < 200, seen > 600))
    spread = 0.5 / np.sqrt(min(len(short), len(long)))
    assert long.mean() - short.mean() > 5 * spread
