import helpers
import jax
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    return helpers.case("PulseDecisionMaking-v0", num=2048)


def test_pulses_are_shown_where_they_were_drawn(case):
    trials = case.trials
    for i in range(6):
        shown = trials.ob[:, 50 + 25 * i]
        np.testing.assert_array_equal(shown[:, 0], 1)
        np.testing.assert_array_equal(shown[:, 1], trials.conditions["pulse1"][:, i])
        np.testing.assert_array_equal(shown[:, 2], trials.conditions["pulse2"][:, i])
    pulses = trials.conditions["pulse1"] + trials.conditions["pulse2"]
    np.testing.assert_array_equal(trials.ob[:, :, 1:].sum(axis=(1, 2)), pulses.sum(axis=1))
    assert np.all(trials.ob[:, 200:] == 0)


def test_counting_decides_all_but_ties_which_are_a_coin(case):
    first, second = case.trials.ob[:, :, 1].sum(axis=1), case.trials.ob[:, :, 2].sum(axis=1)
    is_tie, truth = first == second, case.trials.gt[:, -1]
    np.testing.assert_array_equal(truth[~is_tie], 1 + (second > first)[~is_tie])
    assert helpers.is_uniform(truth[is_tie], [1, 2])


def test_sides_are_rich_and_poor(case):
    pulse1, pulse2 = case.trials.conditions["pulse1"], case.trials.conditions["pulse2"]
    assert helpers.within(pulse1.sum(), pulse1.size, 0.5, z=10)  # pulses of a trial go together
    assert helpers.within(np.sum(pulse1 * pulse2), pulse1.size, 0.21)
    rich_then_poor = pulse1[:, 0] * (1 - pulse2[:, 1])
    assert helpers.within(rich_then_poor.sum(), len(pulse1), (0.49 + 0.09) / 2)


def test_pulses_can_be_given(case):
    given = {"pulse1": [1, 0, 0, 0, 0, 0], "pulse2": [0, 1, 1, 0, 0, 0]}
    trial = case.env.new_trial(jax.random.key(0), case.params, **given)
    np.testing.assert_array_equal(trial.ob[50, 1:], [1, 0])
    np.testing.assert_array_equal(trial.ob[75, 1:], [0, 1])
    assert trial.gt[-1] == 2


def test_every_row_of_the_reward_table(case):
    right = case.trials.conditions["ground_truth"] + 1
    followed = case.act(decision=right)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == 201)
    assert np.all(case.act(decision=3 - right).returns == 0)
    np.testing.assert_allclose(case.act(cue0=1, bin5=1).returns, -2.5, atol=1e-4)
    aborted = case.act(case.params.replace(abort=True), bin5=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)
    assert np.all(aborted.steps == 177)


def test_number_of_bins():
    case = helpers.case("PulseDecisionMaking-v0", num=2, n_bin=2, dt=100)
    assert case.env.periods == ("fixation", "cue0", "bin0", "cue1", "bin1", "decision")
    assert case.env.T == 5 + 2 * (1 + 2) + 5


@pytest.mark.parametrize(
    ("p_pulse", "said"),
    [((0.3,), r"\(2,\)"), ((0.3, 1.5), "at most 1"), ((-0.1, 0.5), "at least 0")],
)
def test_pulses_have_two_probabilities(p_pulse, said):
    with pytest.raises(ValueError, match=f"p_pulse.*{said}"):
        helpers.jgn.make("PulseDecisionMaking-v0", p_pulse=p_pulse)


def test_the_rich_side_can_be_chosen_and_is_told(case):
    """What is drawn follows it: 2,048 x 6 pulses, and five standard errors of a share."""
    assert helpers.is_uniform(case.trials.conditions["rich_side"], [0, 1])
    for side in (0, 1):
        conditions = helpers.draw(case.env, num=2048, rich_side=side).conditions
        rich, poor = (np.asarray(conditions[f"pulse{i}"]) for i in (side + 1, 2 - side))
        assert helpers.within(rich.sum(), rich.size, 0.7)
        assert helpers.within(poor.sum(), poor.size, 0.3)


def test_every_cue_has_one_noisy_number_for_each_side():
    case = helpers.case("PulseDecisionMaking-v0", num=2048, dt=5)
    noisy = np.asarray(helpers.draw(case.env, case.params.replace(sigma=0.5), 2048).ob)
    noise, is_cue = (noisy - case.trials.ob)[..., 1:], np.zeros(case.env.T, bool)
    for i in range(6):
        first = 100 + 50 * i
        is_cue[first : first + 2] = True
        np.testing.assert_array_equal(noisy[:, first], noisy[:, first + 1])
        # 4,096 numbers: the standard error of their s.d. is 1.1 %.
        np.testing.assert_allclose(noise[:, first].std(), 0.5, rtol=0.055)
    assert np.all(noise[:, ~is_cue] == 0)


def test_trials_may_have_fewer_bins_and_only_those_count():
    case = helpers.case("PulseDecisionMaking-v0", num=2048, n_bin=4, fewest_bins=2, dt=50)
    conditions, trials = case.trials.conditions, case.trials
    assert helpers.is_uniform(conditions["bins"], [2, 3, 4])
    np.testing.assert_array_equal(trials.length, 10 + 5 * conditions["bins"] + 10)
    counts = trials.ob[..., 1:].sum(axis=1)
    np.testing.assert_array_equal(counts[:, 0], conditions["pulse1"].sum(axis=1))
    np.testing.assert_array_equal(counts[:, 1], conditions["pulse2"].sum(axis=1))
    truth, more = conditions["ground_truth"], counts[:, 1] > counts[:, 0]
    is_tie = counts[:, 0] == counts[:, 1]
    np.testing.assert_array_equal(truth[~is_tie], more[~is_tie])
    with pytest.raises(ValueError, match="fewest_bins is at most n_bin, 4, not 5"):
        case.env.validate(case.params.replace(fewest_bins=5))
