"""Observers of games, of contexts that change unseen, of what follows, and of noisy cues."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from observing import Z, assert_agree, played

import jaxgym_neuro as jgn
from jaxgym_neuro import ideal, wrappers

PENNY, CHANGING, PRIORS = "MatchingPenny-v0", "ChangingEnvironment-v0", "priors.priors_v0-v0"


# ------------------------------------------------------------------------------ a game


@pytest.mark.parametrize("opponent", ["mean_action", "random"])
def test_who_knows_how_the_opponent_chooses_always_wins_and_who_chooses_at_random_half(opponent):
    env, params = jgn.make(PENNY, opponent_type=opponent)
    exploits = opponent == "mean_action"
    expected = {"ideal": 1.0 if exploits else 0.5, "random": 0.5}
    expected["always the same"] = 0.0 if exploits else 0.5
    for rule, wins in expected.items():
        closed = ideal.performance(env, params, rule)
        assert (closed.source, closed.mean_performance) == ("closed form", wins)
        found = ideal.performance(env, params, rule, num_trials=2_000, simulate=True)
        assert found.mean_performance == pytest.approx(
            wins, abs=Z * found.mean_performance_error + 1e-9
        )


def test_an_opponent_that_remembers_exploits_a_preference():
    env, params = jgn.make(PENNY)
    found = ideal.performance(env, params, "preference", num_trials=4_000)
    assert found.source == "simulation"
    assert found.mean_performance < 0.5 - Z * found.mean_performance_error
    forgetful = ideal.performance(env, params.replace(learning_rate=0.0), "preference")
    assert forgetful.mean_performance == 0.5


def test_to_stay_after_a_win_and_switch_after_a_loss_is_to_choose_what_the_opponent_chose():
    policy, memory = ideal.observer(PENNY, rule="win stay, lose switch")
    table = jgn.rollout(PENNY, None, policy, memory, num_envs=4, num_trials=80)
    for env in range(4):
        rows = table.env == env
        choice, right = table.choice[rows], table.correct[rows]
        np.testing.assert_array_equal(choice[1:] == choice[:-1], right[:-1])


# ------------------------------------------------------------------------------ a context


def test_a_reward_tells_the_context_and_an_error_the_more_the_surer_the_side_was():
    env, params = jgn.make(CHANGING, preset="paper")
    policy, (known, held) = ideal.observer(env, params)
    still = known["blocks"]._replace(ends=jnp.zeros_like(known["blocks"].ends))
    held = {**held, "context": jnp.int32(1)}

    def in_context_1(sure, reward):
        told = {**known, "blocks": still}
        belief = policy.rule.learned(told, {**held, "sure": jnp.float32(sure)}, reward)
        return float(belief[1].sum())

    assert in_context_1(0.8, 1.0) == pytest.approx(1)
    assert in_context_1(1.0, 0.0) == pytest.approx(0)
    assert in_context_1(0.8, 0.0) == pytest.approx(0.2 / 1.2)
    assert in_context_1(0.5, 0.0) == pytest.approx(0.5 / 1.5)


@pytest.mark.slow
def test_who_infers_the_context_is_between_who_knows_and_who_ignores_it():
    """By 4 standard errors each; and not below who blames the context for each error."""
    env, params = jgn.make(CHANGING, preset="paper", sigma=2.0)
    found = {rule: ideal.performance(env, params, rule) for rule in ideal.rules(env)}
    inferred = found["ideal"]
    for lower, upper in [("context ignored", "ideal"), ("ideal", "context known")]:
        gain = found[upper].mean_performance - found[lower].mean_performance
        assert gain > Z * inferred.mean_performance_error
    other = found["switch after an error"]
    error = np.hypot(inferred.mean_performance_error, other.mean_performance_error)
    assert inferred.mean_performance - other.mean_performance > -Z * error


def test_who_is_sure_of_the_side_errs_once_in_a_block_of_known_length():
    """And not at all where the block is known to be over, as all are as long."""
    timing = {"stimulus": 500}
    quiet = {"cohs": [51.2], "sigma": 0.1, "timing": timing}
    env, params = jgn.make(CHANGING, preset="paper", block_dur=5, **quiet)
    found = ideal.performance(env, params, num_trials=400)
    assert found.mean_performance == 1
    env, params = jgn.make(CHANGING, preset="paper", block_dur=(4, 6), **quiet)
    found = ideal.performance(env, params, num_trials=2_000)
    # Of 4 and 5 trials the end is not foretold (each a third, and half of what is left): after 4
    # it stays, with 2/3, and so errs in a third of blocks; after 5 a coin decides, of those left.
    assert found.mean_performance == pytest.approx(
        1 - (1 / 3 + 2 / 3 * 1 / 2) / 5, abs=Z * found.mean_performance_error
    )


def test_a_context_that_is_shown_or_guessed_has_a_closed_form():
    timing = {"stimulus": 1_000}
    for cue, share in ((True, 1.0), (False, 0.5)):
        env, params = jgn.make(CHANGING, sigma=3.0, cxt_cue=cue, timing=timing)
        found = ideal.performance(env, params)
        known = ideal.performance(env, params, "context known")
        assert found.source == known.source == "closed form"
        np.testing.assert_allclose(found.performance, share * known.performance)
        assert_agree(played(env, params, "ideal", found), found)


# ------------------------------------------------------------------------------ what follows


def test_ranges_of_successors_have_the_shares_that_they_are_drawn_with():
    share, successors = ideal.history._successors(4)
    assert share.sum() == pytest.approx(1)
    u = (np.arange(12_000) + 0.5) / 12_000
    where = np.searchsorted(np.cumsum(share), u)
    for number in (2, 3, 4):
        drawn = jgn.random.spread(jnp.asarray(u, jnp.float32), 0, number - 1)
        np.testing.assert_array_equal(successors[number - 2][where], drawn)


def test_contexts_are_numbered_as_they_are_met():
    env, params = jgn.make(PRIORS, num_contexts=3, ctx_dur=4)
    _, (known, held) = ideal.observer(env, params, "history inferred")
    moves = np.asarray(known["blocks"].moves)
    np.testing.assert_allclose(moves.sum(axis=1), 1)
    # After the first context comes a second; then that again, or a third; then any other.
    context = np.asarray(known["context"]).argmax(axis=1)
    met = np.array([1, 2, 2, 3, 3, 3])
    np.testing.assert_array_equal(context, [0, 0, 1, 0, 1, 2])
    np.testing.assert_allclose(moves[0], (met == 2) & (context == 1))
    np.testing.assert_allclose(moves[2], 0.5 * ((met == 2) & (context == 0) | (context == 2)))
    assert float(held["belief"][0].sum()) == pytest.approx(1)


def _beliefs(env, params, num_trials):
    """Play an environment, and return its table and what is believed of successors at its end."""
    policy, memory = ideal.observer(env, params, ideal.history.HistoryInferred())

    def act(key, ob, memory):
        action, memory = policy.act(key, ob, memory, env.action_space(params))
        return action, memory, memory[1]["maps"]

    table = jgn.rollout(
        env, params, act, memory, num_envs=8, num_trials=8 * num_trials, keep=("activity",)
    )
    return table, table.kept["activity"]


def test_a_successor_that_always_follows_is_learned():
    quiet = {"timing": {"stimulus": 300}, "sigma": 0.01, "cohs": [50.0]}
    env, params = jgn.make(PRIORS, n_ch=2, num_contexts=1, probs=1.0, **quiet)
    table, maps = _beliefs(env, params, 12)
    for env_number in range(8):
        rows = np.flatnonzero(table.env == env_number)
        truth = table.conditions["ground_truth"][rows]
        # Two in play: the successor is 0 below a half, 1 above.
        believed = maps[rows[-1], 0, 0]
        for last, after in itertools.pairwise(truth[:-1]):
            assert believed[last] @ (np.arange(2) == after) == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_who_learns_what_follows_is_between_who_knows_and_who_ignores_it():
    env, params = jgn.make(PRIORS, preset="psychometric", ctx_dur=100)
    found = {
        rule: ideal.performance(env, params, rule, num_trials=10_000) for rule in ideal.rules(env)
    }
    ignored, inferred, known = (
        found[rule] for rule in ("history ignored", "history inferred", "successor known")
    )
    gained = inferred.mean_performance - ignored.mean_performance
    gainable = known.mean_performance - ignored.mean_performance
    # What is learned in a hundred trials is nearly all that there is, and cannot be more.
    error = np.hypot(known.mean_performance_error, inferred.mean_performance_error)
    assert gained > 0.9 * gainable - Z * error
    assert gained < gainable + Z * error


def test_successors_that_depend_on_one_another_are_refused():
    with pytest.raises(ValueError, match="balanced is True"):
        ideal.observer(*jgn.make(PRIORS, balanced=True), "history inferred")


# ------------------------------------------------------------------------------ noise

NOISY = {
    "go": ("GoNogo-v0", {"p_go": 0.7, "timing": {"fixation": 200}}, 1.5, "step"),
    "go, by time": ("GoNogo-v0", {"dt": 50}, 15.0, "sqrt_ms"),
    "reach": ("AntiReach-v0", {"dim_ring": 8, "timing": {"delay": 200}}, 1.5, "step"),
    "reach, both kinds": ("AntiReach-v0", {"cue": True, "p_anti": 0.4, "dim_ring": 7}, 2.5, "step"),
    "reach, between": ("AntiReach-v0", {"timing": {"iti": 200}}, 1.0, "step"),
}


@pytest.mark.parametrize("case", NOISY)
def test_an_observer_that_counts_steps_needs_no_cue(case):
    id, arguments, std, per = NOISY[case]
    env = wrappers.Noise(jgn.make(id, **arguments)[0], std, per)
    params = env.default_params
    for rule in ideal.rules(env):
        expected = ideal.performance(env, params, rule, num_trials=4_096)
        if expected.source == "closed form":
            assert_agree(
                ideal.performance(env, params, rule, num_trials=4_096, simulate=True), expected
            )
        if rule == "ideal":
            assert_agree(played(env, params, rule, expected), expected)


def test_who_earns_the_most_goes_more_often_than_who_is_right_most_often():
    env, params = jgn.make("GoNogo-v0", preset="psychometric")
    earns, right = (ideal.performance(env, params, x) for x in ("ideal", "more probable"))
    assert right.mean_performance == pytest.approx(0.8385, abs=1e-4)
    assert earns.mean_performance < right.mean_performance
    assert earns.mean_reward > right.mean_reward
    free = params.replace(rewards={**params.rewards, "fail": 0.0})
    np.testing.assert_allclose(ideal.performance(env, free).performance, [0, 1])
    dear = params.replace(rewards={"abort": -0.1, "correct": 0.0, "fail": -0.5, "miss": 0.0})
    np.testing.assert_allclose(ideal.performance(env, dear).performance, [1, 0])


def test_the_noisy_ring_has_the_accuracy_of_its_angle():
    """For many directions, that of a Gaussian projected on the tangent: 2 Phi(x) - 1."""
    env, params = jgn.make("AntiReach-v0", preset="psychometric")
    found = ideal.performance(env, params).mean_performance
    within = np.pi / 32 * np.sqrt(5 * 16) / 0.7  # half a step on the ring, in s.d. of the angle
    assert found == pytest.approx(2 * ideal.gaussian.phi(within) - 1, abs=2e-3)


def test_what_cannot_be_counted_is_refused():
    env = wrappers.Noise(jgn.make("GoNogo-v0", timing={"delay": [100, 900]})[0], 1.0)
    with pytest.raises(ValueError, match="timing differs from trial to trial"):
        ideal.observer(env)
    env = wrappers.Noise(jgn.make("GoNogo-v0", timing={"stimulus": 0})[0], 1.0)
    with pytest.raises(ValueError, match="needs a 'stimulus' in every trial"):
        ideal.observer(env)


# ------------------------------------------------------------------------------ wrappers


def test_observers_of_a_task_in_wrappers_are_those_of_these_wrappers():
    noisy = wrappers.Noise(jgn.make("GoNogo-v0")[0], 1.0)
    assert ideal.has_rules(noisy)
    assert not ideal.has_rules("GoNogo-v0")
    assert not ideal.has_rules(wrappers.TimeOut(noisy, 200))
    with pytest.raises(ValueError, match=r"has none, and Noise\(GoNogo\), which is inside"):
        ideal.observer(wrappers.TimeOut(noisy, 200))
    with pytest.raises(ValueError, match=r"these tasks have one: .*Noise\(GoNogo\)"):
        ideal.observer("GoNogo-v0")
    with pytest.raises(ValueError, match="derives from TrialEnv"):
        ideal.register((wrappers.Noise, jax.Array), {})
