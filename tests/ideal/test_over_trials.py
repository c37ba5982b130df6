"""Observers that learn over trials: what they believe, and what it earns them."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from observing import Z

import jaxgym_neuro as jgn
from jaxgym_neuro import ideal
from jaxgym_neuro.ideal import in_blocks
from jaxgym_neuro.ideal.result import Performance

IBL20 = "perceptualdecisionmaking.ibl20-v0"
LEAST, MOST, SCALE = np.array([1, 2]), np.array([3, 2]), np.array([1.5, 1.0])


def _histories(num_trials):
    """List the kinds of trials in a row from the beginning of a block, with their probabilities."""
    lengths = [
        (kind, length, np.exp(-length / SCALE[kind]))
        for kind in (0, 1)
        for length in range(LEAST[kind], MOST[kind] + 1)
    ]
    total = [sum(p for kind, _, p in lengths if kind == k) for k in (0, 1)]

    def follow(kind, trials, p):
        if len(trials) >= num_trials:
            yield trials[:num_trials], p
            return
        for _, length, weight in [x for x in lengths if x[0] == kind]:
            yield from follow(1 - kind, trials + [kind] * length, p * weight / total[kind])

    return list(itertools.chain(follow(0, [], 0.5), follow(1, [], 0.5)))


def test_a_belief_in_blocks_is_the_sum_over_all_that_may_have_been():
    ends = in_blocks.ends_of(LEAST, MOST, SCALE)
    first = np.zeros_like(ends)
    first[:, 0] = 0.5
    known = in_blocks.known(ends, in_blocks.others(2), first)
    likelihood = np.array([[0.9, 0.2], [0.3, 0.6], [0.7, 0.4], [0.1, 0.5], [0.8, 0.3]])
    belief = jnp.asarray(known.first)
    for trial, each in enumerate(likelihood):
        if trial:
            belief = in_blocks.moved(belief, known)
        belief = in_blocks.weighed(belief, jnp.asarray(each, jnp.float32))
        joint = np.zeros(2)
        for kinds, p in _histories(trial + 1):
            joint[kinds[-1]] += p * np.prod(likelihood[np.arange(trial + 1), kinds])
        np.testing.assert_allclose(belief.sum(axis=1), joint / joint.sum(), atol=1e-5)


@pytest.mark.parametrize("by_chance", [False, True])
def test_who_looks_at_a_random_moment_believes_what_stays(by_chance):
    ends = np.array([[0.1], [0.3]]) if by_chance else in_blocks.ends_of(LEAST, MOST, SCALE)
    first = in_blocks.anywhere(ends)
    known = in_blocks.known(ends, in_blocks.others(2), first)
    np.testing.assert_allclose(in_blocks.moved(jnp.asarray(known.first), known), first, atol=1e-6)


def test_trials_of_a_group_count_as_one_where_they_are_alike():
    scores = np.repeat([0.0, 1.0, 1.0, 0.0, 1.0, 1.0], 10)
    alike = Performance.of_trials(
        "", "", {}, performance=scores, reward=scores, group=np.repeat(np.arange(6), 10)
    )
    assert alike.mean_performance_error == pytest.approx(np.std(scores[::10], ddof=1) / np.sqrt(6))
    assert alike.mean_performance_error == pytest.approx(alike.performance_error[0])
    apart = Performance.of_trials("", "", {}, performance=scores, reward=scores)
    assert apart.mean_performance_error == pytest.approx(np.std(scores) / np.sqrt(60))


def test_an_observer_of_blocks_knows_how_they_begin_and_end():
    def known(**arguments):
        _, memory = ideal.observer(*jgn.make(IBL20, **arguments))
        return memory[0]["blocks"]

    by_chance = known(block_dur=[0.1, 0.3])
    np.testing.assert_allclose(by_chance.ends, [[0.1], [0.3]], rtol=1e-6)
    np.testing.assert_allclose(by_chance.first, [[0.75], [0.25]], rtol=1e-6)
    whole = known(block_dur=(2, 3), start="block")
    np.testing.assert_allclose(whole.first, [[0.5, 0, 0], [0.5, 0, 0]])
    np.testing.assert_allclose(whole.ends, [[0, 0.5, 1], [0, 0.5, 1]])
    special = known(block_dur=(2, 3), first_block=((0.5, 0.5), 5))
    np.testing.assert_allclose(special.moves, [[0, 1, 0], [1, 0, 0], [0.5, 0.5, 0]])
    np.testing.assert_allclose(special.ends[2], [0, 0, 0, 0, 1])
    assert special.first[2, 0] == special.first.sum() == 1
    later = known(block_dur=(2, 3), first_block=((0.5, 0.5), 5), start="anywhere")
    np.testing.assert_allclose(later.first.sum(axis=1), [0.5, 0.5, 0], rtol=1e-6)


@pytest.mark.slow
def test_who_infers_the_block_is_between_who_knows_and_who_ignores_it():
    """By 4 standard errors each, in all, and where there is no evidence."""
    lengths = ("truncated_exponential", (20, 10, 40))
    env, params = jgn.make(IBL20, preset="psychometric", block_dur=lengths)
    found = {rule: ideal.performance(env, params, rule) for rule in ideal.rules(env)}
    inferred = found["ideal"]
    assert inferred.source == "simulation"
    for lower, upper in [("prior ignored", "ideal"), ("ideal", "block known")]:
        gain = found[upper].mean_performance - found[lower].mean_performance
        assert gain > Z * inferred.mean_performance_error
        gain = found[upper].performance[0] - found[lower].performance[0]
        assert gain > Z * inferred.performance_error[0]


@pytest.mark.slow
def test_the_blocks_of_the_paper_can_be_inferred_to_a_degree():
    """Without contrast, who knows the block is right in 80 % of trials, and who guesses in 50 %."""
    env, params = jgn.make(IBL20, preset="paper", timing={"stimulus": 1_000})
    found = ideal.performance(env, params, num_trials=8_000)
    assert found.conditions["coh"][0] == 0
    error = Z * found.performance_error[0]
    assert 0.5 + error < found.performance[0] < 0.8 - error


def test_who_sees_how_trials_turn_out_finds_the_rule_again_after_one_error():
    """One in a block of 15, unless it has 20 trials: then the subject knows that it is over."""
    brief = dict.fromkeys(("fixation", "rule_target", "fixation2", "flash1", "flash2"), 100)
    timing = {**brief, "decision": 100, "delay": [530, 1170]}
    env, params = jgn.make("HierarchicalReasoning-v0", feedback=True, timing=timing)
    found = ideal.performance(env, params, num_trials=8_000)
    expected = 1 - (10 / 11) / 15
    assert found.mean_performance == pytest.approx(expected, abs=Z * found.mean_performance_error)
    assert found.mean_performance_error < 2e-3


@pytest.mark.slow
def test_an_error_tells_less_of_the_rule_where_the_interval_may_have_been_misjudged():
    """At the median it may; who infers the rule so is right in 88.2 % of trials."""
    env, params = jgn.make("HierarchicalReasoning-v0", feedback=True)
    found = ideal.performance(env, params)
    other = ideal.performance(env, params, "switch after an error")
    error = np.hypot(found.mean_performance_error, other.mean_performance_error)
    assert found.mean_performance == pytest.approx(0.882, abs=Z * found.mean_performance_error)
    assert found.mean_performance - other.mean_performance > Z * error


def test_who_sees_no_outcome_guesses_the_rule():
    found = ideal.performance("HierarchicalReasoning-v0")
    known = ideal.performance("HierarchicalReasoning-v0", rule="rule known")
    assert found.source == known.source == "closed form"
    np.testing.assert_allclose(found.performance, known.performance / 2)
    assert known.mean_performance == pytest.approx(1 - 1 / 18)


def test_an_outcome_that_is_never_shown_is_refused():
    env, params = jgn.make("HierarchicalReasoning-v0", feedback=True, timing={"fixation": 0})
    with pytest.raises(ValueError, match="needs a 'fixation' in every trial"):
        ideal.observer(env, params)


def test_a_rule_that_learns_has_no_answer_to_a_trial_alone():
    env, params = jgn.make(IBL20)
    policy, _ = ideal.observer(env, params)
    with pytest.raises(NotImplementedError, match="learns over trials"):
        policy.rule.answers(env, {}, None, None)
