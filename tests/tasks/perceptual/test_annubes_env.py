import helpers
import jax
import numpy as np
import pytest


@pytest.fixture(scope="module")
def case():
    case = helpers.case("AnnubesEnv-v0")
    return case._replace(params=case.params.replace(noise_std=0.0))


def sequence(env, params, num_trials, seed=0):
    """Conditions of consecutive trials, (num_trials, ...), of a subject that never acts."""

    @jax.jit
    def run(key):
        _, state = env.reset(key, params)

        def next_trial(carry, key):
            conditions, new = env.sample_conditions(key, params, carry)
            return new, conditions

        return jax.lax.scan(next_trial, state.carry, jax.random.split(key, num_trials))[1]

    return jax.tree.map(np.asarray, run(jax.random.key(seed)))


def test_what_is_presented_is_shown(case):
    trials, (audio, visual) = case.trials, np.moveaxis(case.trials.ob[:, 5:, 2:], -1, 0)
    is_shown = trials.conditions["stim_types"] & ~trials.conditions["catch"][:, None]
    np.testing.assert_array_equal(trials.ob[:, 5:, 1], 1)
    np.testing.assert_array_equal(trials.ob[:, :5], 0)
    for i, channel in enumerate((audio, visual)):
        noise = channel - trials.conditions["stim_values"][:, i, None] * is_shown[:, i, None]
        for which in (is_shown[:, i], ~is_shown[:, i]):
            np.testing.assert_allclose(noise[which].std(), 0.01 * np.sqrt(2), rtol=0.05)
    np.testing.assert_array_equal(trials.gt[:, 5:] == 1, np.tile(is_shown.any(axis=1)[:, None], 10))
    assert np.all(trials.gt[:, :5] == 0)


def test_conditions_have_their_distributions(case):
    conditions = case.trials.conditions
    catch, shown = conditions["catch"], conditions["stim_types"]
    count = np.concatenate([shown & ~catch[:, None], catch[:, None]], axis=1)
    np.testing.assert_array_equal(conditions["sequential_count"], count)
    assert helpers.within(catch.sum(), 4096, 0.5)
    assert np.all(shown.sum(axis=1) == 1)
    assert helpers.within(shown[~catch, 0].sum(), (~catch).sum(), 0.5)
    assert helpers.is_uniform(conditions["stim_values"][shown], [0.8, 0.9, 1.0])


def test_a_trial_pays_once_for_its_decision(case):
    trials, catch = case.trials, case.trials.conditions["catch"]
    followed = helpers.play(case.env, trials, trials.gt)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    assert np.all(followed.steps == 15)
    for played, is_right in ((case.act(), catch), (case.act(stimulus=1), ~catch)):
        np.testing.assert_array_equal(played.returns, is_right)
        np.testing.assert_array_equal(played.performance, is_right)
    changed_mind = np.where(np.arange(15) == 9, 1, 0) * np.ones((4096, 1), np.int32)
    np.testing.assert_array_equal(helpers.play(case.env, trials, changed_mind).returns, ~catch)
    broken = case.act(fixation=1)
    np.testing.assert_allclose(broken.returns, catch - 0.5, atol=1e-6)
    aborted = case.act(case.params.replace(abort=True), fixation=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)
    assert np.all(aborted.steps == 1)


def test_limits_on_repetition_hold_across_trials():
    env, params = helpers.jgn.make(
        "AnnubesEnv-v0", catch_prob=0.2, max_sequential={"v": 2, "catch": 1}
    )
    drawn = sequence(env, params, 2000)
    count = drawn["sequential_count"]  # audio, visual, catch
    assert count[:, 0].max() > 3
    assert count[:, 1].max() == 2
    assert count[:, 2].max() == 1
    for i, present in enumerate(
        (drawn["stim_types"][:, 0] & ~drawn["catch"], None, drawn["catch"])
    ):
        if present is not None:
            np.testing.assert_array_equal(count[:, i] > 0, present)


def test_limits_that_leave_nothing_are_lifted():
    env, params = helpers.jgn.make(
        "AnnubesEnv-v0", session={"v": 1}, catch_prob=0, max_sequential=1
    )
    assert not sequence(env, params, 20)["catch"].any()


def test_combined_stimuli_and_certain_catch_trials():
    env, params = helpers.jgn.make("AnnubesEnv-v0", session={"v": 1, ("a", "v"): 3}, catch_prob=0)
    shown = sequence(env, params, 4000)["stim_types"]
    assert shown[:, 1].all()
    assert helpers.within(shown[:, 0].sum(), 4000, 0.75)
    assert sequence(env, params.replace(catch_prob=1.0), 100)["catch"].all()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"session": {}}, "session"),
        ({"session": {"start": 1}}, "start"),
        ({"catch_prob": 1.5}, "catch_prob"),
        ({"intensities": {"x": [1]}}, "unknown modality 'x'"),
        ({"max_sequential": {"w": 1}}, "unknown modality 'w'"),
        ({"output_behavior": [0]}, "output_behavior"),
    ],
)
def test_bad_arguments_are_errors(argument, message):
    with pytest.raises(ValueError, match=message):
        helpers.jgn.make("AnnubesEnv-v0", **argument)


def test_noise_hides_whether_there_was_a_stimulus():
    """A faint stimulus is told from none as well as its intensity allows, and no better."""
    faint = {"intensities": [0.1], "noise_std": 0.2}
    for noise_on in ("all", "presented"):
        env = helpers.jgn.make("AnnubesEnv-v0", noise_on=noise_on, **faint)[0]
        trials = helpers.draw(env, num=4096)
        is_catch = np.asarray(trials.conditions["catch"])
        energy = np.square(np.asarray(trials.ob)[:, 5:, 2:]).sum(axis=(1, 2))
        if noise_on == "presented":
            assert np.all(energy[is_catch] == 0)
            assert np.all(energy[~is_catch] > 0)
        else:
            # Of 20 numbers of s.d. 0.283 their squares sum to 1.6; ten of them gain 0.01 each.
            assert abs(energy[is_catch].mean() - 1.6) < 5 * energy.std() / np.sqrt(is_catch.sum())
            assert energy[is_catch].max() > energy[~is_catch].min()


def test_noise_lies_on_all_modalities_or_on_those_presented():
    with pytest.raises(ValueError, match="unknown noise_on 'present'; did you mean 'presented'"):
        helpers.jgn.make("AnnubesEnv-v0", noise_on="present")


def test_the_first_response_of_the_stimulus_is_the_choice(case):
    _, state = case.env.reset(0, case.params, catch=False)

    def told(t, carry):
        state_then = state.replace(t=np.int32(t), carry=carry)
        verdict = case.env.judge(state_then, np.int32(1), case.params)
        return float(verdict.info["reaction_time"]), verdict.carry

    time, carry = told(7, state.carry)
    assert time == 200
    assert told(9, carry)[0] == -1
    assert told(2, state.carry)[0] == -1
