import helpers
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn


@pytest.fixture(scope="module")
def case():
    return helpers.case("DelayPairedAssociation-v0")


def test_odours_decide_the_ground_truth(case):
    trials, pair = case.trials, case.trials.conditions["pair"]
    shown = [1 + np.argmax(trials.ob[:, step, 1:], axis=1) for step in (5, 25)]
    np.testing.assert_array_equal(np.stack(shown, axis=1), pair)
    is_pair = (shown[1] - shown[0]) == 2
    np.testing.assert_array_equal(trials.gt[:, 40:], np.tile(is_pair[:, None], 5))
    np.testing.assert_array_equal(trials.conditions["ground_truth"], is_pair)
    assert np.all(trials.ob[:, :40, 0] == 1)
    assert np.all(trials.ob[:, 40:] == 0)
    assert np.all(trials.ob[:, :, 1:].sum(axis=(1, 2)) == 20)


def test_pairs_are_equally_likely(case):
    pair = case.trials.conditions["pair"]
    assert helpers.is_uniform(pair[:, 0] * 10 + pair[:, 1], [13, 14, 23, 24])


@pytest.mark.parametrize(
    ("given", "go"),
    [({"pair": (1, 3)}, 1), ({"pair": (1, 4)}, 0), ({"ground_truth": 1}, 1)],
)
def test_odours_and_ground_truth_agree_however_given(case, given, go):
    conditions = helpers.draw(case.env, num=64, **given).conditions
    first, second = np.moveaxis(np.asarray(conditions["pair"]), -1, 0)
    assert np.all((second - first == 2) == go)
    assert np.all(np.asarray(conditions["ground_truth"]) == go)


def test_every_row_of_the_reward_table(case):
    go = case.trials.conditions["ground_truth"] == 1
    followed = helpers.play(case.env, case.trials, case.trials.gt)
    np.testing.assert_array_equal(followed.returns, go)
    assert np.all(followed.performance == 1)
    np.testing.assert_array_equal(followed.steps, np.where(go, 41, 45))
    went = case.act(decision=1)
    np.testing.assert_array_equal(went.returns, np.where(go, 1, -1))
    np.testing.assert_array_equal(went.performance, go)
    waited = case.act(case.params.with_rewards(miss=-0.5))
    np.testing.assert_array_equal(waited.returns, np.where(go, -0.5, 0))
    np.testing.assert_array_equal(waited.performance, ~go)
    assert np.all(case.act(stim1=1).returns == 0)


def test_noise_lies_on_the_odours(case):
    noise = np.asarray(helpers.draw(case.env, num=4096).ob) - case.trials.ob
    np.testing.assert_allclose(noise[:, np.r_[0:10, 20:30], 1:].std(), 0.1, rtol=0.01)
    assert np.all(noise[:, np.r_[10:20, 30:45]] == 0)
    assert np.all(noise[..., 0] == 0)


# ------------------------------------------------------------------------------ the dual task


@pytest.fixture(scope="module")
def dual():
    return helpers.case("DelayPairedAssociation-v0", num=512, dual=True)


def test_the_inner_task_is_shown_cued_and_due_where_there_is_one(dual):
    ob, gt, inner = dual.trials.ob, dual.trials.gt, dual.trials.conditions["inner"]
    assert ob.shape[1:] == (45 + 25, 7)
    assert helpers.within(np.sum(inner > 0), 512, 2 / 3)
    assert helpers.is_uniform(inner[inner > 0], [1, 2])
    np.testing.assert_array_equal(ob[:, 20:25, 5].all(axis=1), inner == 1)
    np.testing.assert_array_equal(ob[:, 20:25, 6].all(axis=1), inner == 2)
    assert np.all(ob[:, np.r_[0:20, 25:70], 5:] == 0)
    np.testing.assert_array_equal(ob[:, 30:35, 0].any(axis=1), inner == 0)
    assert np.all(ob[:, np.r_[0:30, 35:65], 0] == 1)
    np.testing.assert_array_equal(gt[:, 30:35], np.repeat(inner[:, None] == 2, 5, axis=1))
    assert np.all(gt[:, np.r_[0:30, 35:65]] == 0)


def test_the_first_answer_to_the_inner_task_is_paid_and_both_are_scored(dual):
    inner, pair = dual.trials.conditions["inner"], dual.trials.conditions["ground_truth"]
    followed = helpers.play(dual.env, dual.trials, dual.trials.gt)
    np.testing.assert_array_equal(followed.returns, 1.0 * (inner == 2) + (pair == 1))
    assert np.all(followed.performance == 1)
    params = dual.params.with_rewards(miss=-0.25)
    went = dual.act(params, inner_decision=1)  # at each of its steps
    for_inner = np.select([inner == 2, inner == 1], [1.0, -1.0], 0.0)
    np.testing.assert_array_equal(went.returns, for_inner - 0.25 * (pair == 1))
    np.testing.assert_array_equal(went.performance, (pair == 0) & (inner != 1))
    assert np.all(went.steps == 70)
    waited = dual.act(params)
    np.testing.assert_array_equal(waited.performance, (pair == 0) & (inner != 2))
    np.testing.assert_array_equal(waited.returns, -0.25 * (inner == 2) - 0.25 * (pair == 1))


def test_acting_where_the_inner_task_is_not_there_is_acting_in_a_delay(dual):
    env = jgn.make("DelayPairedAssociation-v0", dual=True, enforce="until_cue", abort=True)[0]
    inner = dual.trials.conditions["inner"]
    steps = np.where(inner == 0, 31, 70)
    actions = helpers.script(env, dual.trials, inner_decision=1)
    np.testing.assert_array_equal(helpers.play(env, dual.trials, actions).steps, steps)


def test_a_table_of_the_dual_task_has_both_answers():
    def go_to_inner(key, ob, smelled):
        """Go when the cue goes off after the go odour, and not after a pair."""
        smelled = jnp.where(ob[6] > 0.5, True, smelled & (ob[1:5].max() < 0.5))
        return jnp.where(smelled & (ob[0] == 0), 1, 0), smelled

    env, params = jgn.make("DelayPairedAssociation-v0", dual=True)
    table = jgn.rollout(env, params, go_to_inner, jnp.bool_(False), num_envs=16, num_trials=64)
    np.testing.assert_array_equal(table.answers["inner_choice"], table.conditions["inner"] == 2)
    assert np.all(table.answers["choice"] == 0)
    assert "outcome" not in table.labels
    assert np.nanmax(table.times["inner_choice"]) == 0
