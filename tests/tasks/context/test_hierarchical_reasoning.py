import helpers
import jax
import numpy as np
import pytest

DELAYS = np.arange(530, 1171, 80)


@pytest.fixture(scope="module")
def case():
    return helpers.case("HierarchicalReasoning-v0")


def test_the_right_side_follows_from_what_is_shown_and_the_rule(case):
    # A subject that knows the rule sees the flashes and counts the steps between them.
    trials, rule = case.trials, case.trials.conditions["rule"]
    flashes = trials.ob[..., 3:]
    side = np.argmax(flashes.any(axis=1), axis=1)
    seen = flashes.any(axis=-1)
    first = np.argmax(seen, axis=1)
    last = flashes.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    steps = last - first - 1
    is_long = steps > 8
    choice = np.where(is_long == (rule == 1), side, 1 - side)
    is_clear = steps != 8
    truth = trials.conditions["ground_truth"]
    np.testing.assert_array_equal(choice[is_clear], truth[is_clear])
    assert helpers.within(np.sum((choice == truth)[~is_clear]), np.sum(~is_clear), 0.5)


def test_cues_of_each_period(case):
    env, trials = case.env, case.trials
    for period, row in (
        ("fixation", [1, 0, 0]),
        ("rule_target", [1, 1, 1]),
        ("delay", [1, 0, 0]),
        ("decision", [0, 0, 0]),
    ):
        assert np.all(trials.ob[helpers.in_period(env, trials, period)][:, :3] == row), period


def test_conditions_have_their_distributions(case):
    conditions = case.trials.conditions
    assert helpers.is_uniform(conditions["interval"], DELAYS)
    assert helpers.is_uniform(conditions["stimulus"], [0, 1])
    is_long = conditions["interval"] > 850
    assert helpers.within(is_long.sum(), 4096, 4 / 9)
    assert case.params.mid_delay == 850


def test_every_row_of_the_reward_table(case):
    rule = case.trials.conditions["rule"] + 1
    choice = case.trials.conditions["ground_truth"] + 3
    followed = helpers.play(case.env, case.trials, case.trials.gt)
    assert np.all(followed.returns == 1)
    assert np.all(followed.performance == 1)
    for actions in (
        {"decision": choice},
        {"rule_target": 3 - rule, "decision": choice},
        {"rule_target": rule, "decision": 7 - choice},
    ):
        failed = case.act(**actions)
        assert np.all(failed.returns == 0)
        assert np.all(failed.performance == 0)
    np.testing.assert_allclose(case.act(flash1=1, flash2=2).returns, -0.2, atol=1e-6)
    aborted = case.act(case.params.replace(abort=True), fixation=1)
    np.testing.assert_allclose(aborted.returns, -0.1, atol=1e-6)
    assert np.all(aborted.steps == 1)


def test_the_last_report_of_the_rule_counts(case):
    rule = case.trials.conditions["rule"] + 1
    actions = case.trials.gt.copy()
    in_target = helpers.in_period(case.env, case.trials, "rule_target")
    is_last = in_target & ~np.roll(in_target, -1, axis=1)
    actions = np.where(is_last, 3 - rule[:, None], actions)
    assert np.all(helpers.play(case.env, case.trials, actions).returns == 0)
    actions = np.where(in_target & ~is_last, 3 - rule[:, None], case.trials.gt)
    assert np.all(helpers.play(case.env, case.trials, actions).returns == 1)


def test_rule_alternates_in_blocks_of_10_to_20_trials(case):
    env, params = case.env, case.params

    @jax.jit
    def rules(key):
        def next_trial(carry, key):
            conditions, carry = env.sample_conditions(key, params, carry)
            return carry, conditions["rule"]

        carry = env.init_carry(key, params)
        return jax.lax.scan(next_trial, carry, jax.random.split(key, 30_000))[1]

    rule = np.asarray(rules(jax.random.key(0)))
    assert rule[0] == 1
    lengths = np.diff(np.flatnonzero(np.diff(rule)))
    assert helpers.is_uniform(lengths, range(10, 21))


def test_interval_can_be_given_and_is_shown(case):
    trials = helpers.draw(case.env, num=64, interval=1170)
    assert np.all(trials.conditions["interval"] == 1170)
    i = case.env.periods.index("delay")
    assert np.all((trials.end - trials.start)[:, i] == 11)


def test_a_shortest_block_longer_than_the_longest_is_refused(case):
    with pytest.raises(ValueError, match=r"min_block is at most max_block \(20\), not 21"):
        case.env.validate(case.params.replace(min_block=21))
