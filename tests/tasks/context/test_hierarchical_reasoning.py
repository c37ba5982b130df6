import helpers
import jax
import numpy as np
import pytest

import jaxgym_neuro as jgn

DELAYS = np.arange(530, 1171, 80)
BRIEF = dict.fromkeys(("fixation", "rule_target", "fixation2", "flash1", "flash2", "decision"), 10)


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
            return carry, (conditions["rule"], conditions["trial_in_block"])

        carry = env.init_carry(key, params)
        return jax.lax.scan(next_trial, carry, jax.random.split(key, 30_000))[1]

    rule, trial = np.asarray(rules(jax.random.key(0)))
    begins = np.flatnonzero(np.diff(rule)) + 1
    assert helpers.is_uniform(np.diff(begins), range(10, 21))
    np.testing.assert_array_equal(np.flatnonzero(trial[1:] == 0) + 1, begins)
    assert np.all(np.diff(trial)[np.diff(rule) == 0] == 1)


def test_a_switch_is_the_first_trial_of_a_block(case):
    conditions = case.trials.conditions
    np.testing.assert_array_equal(conditions["switch"], conditions["trial_in_block"] == 0)
    assert helpers.within(np.sum(conditions["switch"]), 4096, 1 / 15)
    assert helpers.within(np.sum(conditions["rule"]), 4096, 1 / 2)


def test_interval_can_be_given_and_is_shown(case):
    trials = helpers.draw(case.env, num=64, interval=1170)
    assert np.all(trials.conditions["interval"] == 1170)
    i = case.env.periods.index("delay")
    assert np.all((trials.end - trials.start)[:, i] == 11)


def test_a_shortest_block_longer_than_the_longest_is_refused(case):
    with pytest.raises(ValueError, match=r"min_block is at most max_block \(20\), not 21"):
        case.env.validate(case.params.replace(min_block=21))


@pytest.mark.parametrize("dt", [10, 100])
def test_the_shown_interval_is_that_between_the_flashes(dt):
    env = jgn.make("HierarchicalReasoning-v0", dt=dt)[0]
    trials = helpers.draw(env, num=64)
    seen = np.asarray(trials.ob)[..., 3:].any(axis=-1)
    first, last = np.argmax(seen, axis=1), seen.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    gap = last - first + 1 - 2 * (100 // dt)
    np.testing.assert_array_equal(trials.conditions["shown_interval"], gap * dt)
    interval = np.asarray(trials.conditions["interval"])
    np.testing.assert_array_equal(trials.conditions["shown_interval"], interval // dt * dt)


def test_what_is_shown_of_an_interval_varies_in_proportion_to_it():
    env = jgn.make("HierarchicalReasoning-v0", dt=1, weber=0.1, timing=BRIEF)[0]
    for interval in (530.0, 1170.0):
        drawn = helpers.draw(env, num=2048, interval=interval).conditions
        shown = np.asarray(drawn["shown_interval"])
        assert np.all(drawn["interval"] == interval)
        np.testing.assert_allclose(shown.mean(), interval, atol=5 * 0.1 * interval / 2048**0.5)
        np.testing.assert_allclose(shown.std(), 0.1 * interval, rtol=5 / 4096**0.5)
        jitter = np.asarray(drawn["jitter"])
        np.testing.assert_allclose(shown, interval * (1 + 0.1 * jitter), atol=1)
    without = jgn.make("HierarchicalReasoning-v0", dt=1, timing=BRIEF)[0]
    assert env.T - without.T == 468  # 0.4 of the longest


def test_noise_makes_errors_of_who_knows_the_rule():
    """Who takes what is shown for the interval errs with Phi(-|t - 850| / (weber * t))."""
    env = jgn.make("HierarchicalReasoning-v0", dt=10, weber=0.2, timing=BRIEF)[0]
    for interval, expected in ((770.0, 0.698), (1010.0, 0.786), (530.0, 0.997)):
        drawn = helpers.draw(env, num=2048, interval=interval).conditions
        is_long = np.asarray(drawn["shown_interval"]) > 850 - 5  # of 840 to 850, half are shorter
        assert helpers.within(np.sum(is_long == (interval > 850)), 2048, expected, z=6)


def test_more_noise_than_there_is_room_for_is_refused():
    env, params = jgn.make("HierarchicalReasoning-v0", weber=0.1)
    env.validate(params.replace(weber=0.05))
    with pytest.raises(ValueError, match=r"weber goes up to 0\.2, .* room for 0\.1"):
        env.validate(params.replace(weber=0.2))


def test_feedback_shows_in_fixation_how_the_last_trial_went():
    env, params = jgn.make("HierarchicalReasoning-v0", feedback=True)
    follow, wait = jax.jit(env.ground_truth_action), jax.numpy.int32(0)
    step = jax.jit(env.step)
    ob, state = env.reset(jax.random.key(0), params)
    index = env.observation_space().name["feedback"]
    seen = []
    for trial, act in enumerate((follow, None, follow)):
        shown = np.asarray(state.trial.ob[:, index])
        in_fixation = np.arange(env.T) < int(state.trial.end[0])
        np.testing.assert_array_equal(shown, np.where(in_fixation, shown[0], 0))
        seen.append((float(ob[index]), float(state.trial.conditions["last_outcome"])))
        new_trial = False
        while not new_trial:
            action = wait if act is None else act(state, params)
            ob, state, *_, info = step(jax.random.key(trial), state, action, params)
            new_trial = bool(info["new_trial"])
    assert seen == [(0, 0), (1, 1), (-1, -1)]
    assert "feedback" not in jgn.make("HierarchicalReasoning-v0")[0].observation_space().name


def test_the_rule_that_is_reported_is_an_answer():
    env, params = jgn.make("HierarchicalReasoning-v0")
    step = jax.jit(env.step)
    told = []
    for actions in ([2], [1, 2], [2, 0], [0] * 4 + [1], [3]):
        _, state = env.reset(jax.random.key(0), params)
        begin, end = (int(x[1]) for x in (state.trial.start, state.trial.end))
        last = (None, None)
        for t in range(end):
            now = min(max(t - begin, 0), len(actions) - 1)
            action = actions[now] if t >= begin else 0
            _, state, *_, info = step(jax.random.key(1), state, action, params)
            if info["rule_report_time"] >= 0:
                last = int(info["rule_report"]), float(info["rule_report_time"])
        told.append(last)
    assert told == [(1, 0), (1, 100), (-1, 100), (0, 400), (None, None)]  # 3 is a choice


def test_who_knows_the_rule_has_a_psychometric_curve_under_the_preset():
    env, params = jgn.make("HierarchicalReasoning-v0", preset="psychometric", timing=BRIEF, dt=10)
    conditions = jax.device_get(helpers.draw(env, params, num=16_384).conditions)
    is_long = conditions["shown_interval"] > 850 - 5
    follows = is_long == (conditions["rule"] == 1)
    choice = np.where(follows, conditions["stimulus"], 1 - conditions["stimulus"])
    is_right = choice == conditions["ground_truth"]
    for interval, expected in ((530, 0.9987), (770, 0.698), (930, 0.666), (1170, 0.914)):
        found = is_right[conditions["interval"] == interval]
        assert helpers.within(found.sum(), len(found), expected, z=6)
    assert helpers.within(is_right.sum(), len(is_right), 0.809, z=6)
