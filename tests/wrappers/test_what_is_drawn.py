"""Wrappers that change what is drawn: frequencies, transitions, blocks, schedules."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sequences import (
    answer,
    assert_frequencies,
    block_lengths,
    conditions_of,
    err,
    play,
    task,
    trials_of,
)

import jaxgym_neuro as jgn
from jaxgym_neuro import schedules
from jaxgym_neuro.wrappers import (
    MultiTask,
    PassReward,
    RandomGroundTruth,
    ScheduleAttr,
    SideBias,
    TrialHistory,
)

NUM_ENVS, NUM_TRIALS = 200, 120  # 24,000 trials
PROBS = [[0.8, 0.2], [0.3, 0.7]]
MATRIX = np.array([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.0, 0.25, 0.75]])


def pairs_of(drawn):
    """Ground truths and those that follow."""
    return drawn[:, :-1].ravel(), drawn[:, 1:].ravel()


def test_ground_truth_is_drawn_with_its_probabilities():
    env = RandomGroundTruth(task(dim_ring=3), [0.5, 0.3, 0.2])
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)
    assert_frequencies(drawn["ground_truth"], [0.5, 0.3, 0.2])
    assert_frequencies(drawn["coh"], [0.2] * 5, env.default_params.cohs)


def test_ground_truth_takes_the_values_of_the_tasks_choices():
    context = jgn.make("ContextDecisionMaking-v0", dim_ring=3)[0]
    drawn = conditions_of(RandomGroundTruth(context), NUM_ENVS, NUM_TRIALS)["ground_truth"]
    assert_frequencies(drawn, [1 / 3] * 3, context.choices)
    assert context.choices == (1, 2, 3)


def test_probabilities_can_be_swept():
    env = RandomGroundTruth(task())
    p = np.stack([np.linspace(0, 1, 5), np.linspace(1, 0, 5)], axis=1).astype(np.float32)
    keys = jax.random.split(jax.random.key(0), 4000)

    def right(key, p):
        params = env.default_params.replace(ground_truth_p=p)
        return env.sample_conditions(key, params, env.init_carry(key, params))[0]["ground_truth"]

    drawn = jax.jit(jax.vmap(jax.vmap(right, (0, None)), (None, 0)))(keys, p)
    for found, row in zip(np.asarray(drawn), p, strict=True):
        assert_frequencies(found, row)


def test_history_follows_the_matrix():
    env = TrialHistory(task(dim_ring=3), MATRIX)
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)["ground_truth"]
    last, following = pairs_of(drawn)
    for index, row in enumerate(MATRIX):
        assert_frequencies(following[last == index], row)
    shares = np.linalg.matrix_power(MATRIX, 200)[0]  # of the long run
    assert_frequencies(drawn[:, 0], shares)


@pytest.mark.parametrize(
    ("build", "p_repeat"), [(TrialHistory.repeating, 0.9), (TrialHistory.alternating, 0.1)]
)
def test_history_that_repeats_or_alternates(build, p_repeat):
    drawn = conditions_of(build(task(dim_ring=3), 0.9), NUM_ENVS, NUM_TRIALS)["ground_truth"]
    last, following = pairs_of(drawn)
    assert_frequencies(last == following, [1 - p_repeat, p_repeat])
    assert_frequencies((following - last)[last != following] % 3, [0.5, 0.5], [1, 2])


def test_history_in_blocks_repeats_in_one_and_alternates_in_the_other():
    env = TrialHistory.repeating_and_alternating(task(), 0.8, block_dur=(3, 5))
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)
    block = drawn["history_block"]
    repeats = drawn["ground_truth"][:, 1:] == drawn["ground_truth"][:, :-1]
    assert_frequencies(repeats[block[:, 1:] == 0], [0.2, 0.8])
    assert_frequencies(repeats[block[:, 1:] == 1], [0.8, 0.2])
    lengths = np.concatenate([block_lengths(row)[1][1:-1] for row in block])
    assert set(lengths) == {3, 4, 5}
    begins = np.diff(block, axis=1) != 0
    np.testing.assert_array_equal(drawn["history_trial_in_block"][:, 1:] == 0, begins)


def test_side_bias_has_the_probabilities_of_its_block():
    env = SideBias(task(), PROBS, block_dur=7)
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)
    for block, row in enumerate(PROBS):
        assert_frequencies(drawn["ground_truth"][drawn["side_bias_block"] == block], row)


def test_side_bias_tells_the_place_in_the_block_and_its_probabilities():
    env = SideBias(task(), PROBS, block_dur=(3, 6))
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)
    begins = np.diff(drawn["side_bias_block"], axis=1) != 0
    trial = drawn["side_bias_trial_in_block"]
    np.testing.assert_array_equal(trial[:, 1:] == 0, begins)
    assert np.all(np.diff(trial, axis=1)[~begins] == 1)
    told = trials_of(env, 64).conditions
    np.testing.assert_array_equal(told["side_bias_p"], np.float32(PROBS)[told["side_bias_block"]])


def test_side_bias_begins_as_at_a_random_moment():
    drawn = conditions_of(SideBias(task(), PROBS, block_dur=7), 4_000, 2)
    assert_frequencies(drawn["side_bias_block"][:, 0], [0.5, 0.5])
    assert_frequencies(drawn["side_bias_trial_in_block"][:, 0], [1 / 7] * 7)
    of_two = SideBias(task(), PROBS, block_dur=[(30, 30), (10, 10)])
    assert_frequencies(conditions_of(of_two, 4_000, 2)["side_bias_block"][:, 0], [0.75, 0.25])


def test_side_bias_can_begin_with_a_whole_block():
    env = SideBias(task(), PROBS, block_dur=7, start="block")
    blocks = conditions_of(env, NUM_ENVS, NUM_TRIALS)["side_bias_block"]
    assert_frequencies(blocks[:, 0], [0.5, 0.5])
    for row in blocks:
        kinds, lengths = block_lengths(row)
        assert set(lengths[:-1]) == {7}
        assert np.all(np.diff(kinds) != 0)


def test_a_special_first_block_comes_once_and_with_its_own_probabilities():
    env = SideBias(task(), PROBS, block_dur=(3, 6), first_block=([0.5, 0.5], 20))
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)
    block = drawn["side_bias_block"]
    assert np.all((block == 2) == (np.arange(NUM_TRIALS) < 20))
    assert_frequencies(block[:, 20], [0.5, 0.5])
    assert_frequencies(drawn["ground_truth"][block == 2], [0.5, 0.5])
    assert_frequencies(drawn["ground_truth"][block == 0], PROBS[0])
    np.testing.assert_array_equal(env.default_params.side_bias_probs[2], [0.5, 0.5])
    later = SideBias(task(), PROBS, 5, first_block=([0.5, 0.5], 20), start="anywhere")
    assert np.all(conditions_of(later, NUM_ENVS, 2)["side_bias_block"] < 2)


def test_side_bias_blocks_of_exponential_length_are_the_rarer_the_longer():
    lengths = jgn.timing.TruncatedExponential(mean=2, min=3, max=6)
    blocks = conditions_of(SideBias(task(), PROBS, lengths), NUM_ENVS, NUM_TRIALS)
    # The first 15 blocks of a row end within it, whatever their lengths; one begins before it.
    rows = [block_lengths(row)[1][1:16] for row in blocks["side_bias_block"]]
    weights = np.exp(-np.arange(4) / 2)
    assert_frequencies(np.stack(rows), weights / weights.sum(), range(3, 7))


def test_side_bias_blocks_of_each_row_have_their_own_length():
    env = SideBias(task(), PROBS, block_dur=[(4, 4), (2, 3)])
    np.testing.assert_array_equal(env.default_params.side_bias_block_least, [4, 2])
    for row in conditions_of(env, NUM_ENVS, NUM_TRIALS)["side_bias_block"]:
        kinds, lengths = block_lengths(row)
        assert set(lengths[1:-1][kinds[1:-1] == 0]) == {4}
        assert set(lengths[1:-1][kinds[1:-1] == 1]) <= {2, 3}


def test_side_bias_blocks_of_random_length_are_equally_likely():
    probs = [[0.8, 0.2], [0.3, 0.7], [0.5, 0.5]]
    blocks = conditions_of(SideBias(task(), probs, block_dur=(3, 6)), NUM_ENVS, NUM_TRIALS)
    # The first 15 blocks of a row end within it, whatever their lengths; one begins before it.
    rows = [block_lengths(row) for row in blocks["side_bias_block"]]
    assert_frequencies(np.stack([lengths[1:16] for _, lengths in rows]), [0.25] * 4, range(3, 7))
    kinds = np.stack([kinds[:15] for kinds, _ in rows])
    assert_frequencies(np.diff(kinds) % 3, [0.5, 0.5], [1, 2])


def test_side_bias_switches_with_its_probability():
    blocks = conditions_of(SideBias(task(), PROBS, block_dur=0.15), NUM_ENVS, NUM_TRIALS)
    blocks = blocks["side_bias_block"]
    assert_frequencies(np.diff(blocks) != 0, [0.85, 0.15])
    # A constant hazard: the second trial is no less likely to switch than any other.
    assert_frequencies(np.diff(blocks)[:, :12] != 0, [0.85, 0.15])


def test_scheduled_conditions_are_set_and_the_others_drawn_as_before():
    entries = [{"coh": 25.6}, {"ground_truth": 1}, {}]
    env = ScheduleAttr(task(), schedules.Sequential(3, start=0), entries)
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)
    assert np.all(drawn["schedule_index"] == np.arange(NUM_TRIALS) % 3)
    first, second, third = (drawn["schedule_index"] == i for i in range(3))
    assert np.all(drawn["coh"][first] == np.float32(25.6))
    assert np.all(drawn["ground_truth"][second] == 1)
    assert_frequencies(drawn["ground_truth"][first | third], [0.5, 0.5])
    assert_frequencies(drawn["coh"][second | third], [0.2] * 5, env.default_params.cohs)


def test_the_task_of_a_trial_is_not_for_a_wrapper_to_set():
    inner = MultiTask(["GoNogo-v0", "GoNogo-v0"])
    env = MultiTask([inner, "GoNogo-v0"], pad=True)
    for name in ("task", "MultiTask_task"):
        with pytest.raises(ValueError, match="give the schedule to MultiTask"):
            ScheduleAttr(PassReward(env), schedules.Sequential(1), [{name: 1}])


def test_a_curriculum_advances_with_performance_inside_jit():
    curriculum = schedules.Curriculum(3, threshold=0.9, window=4)
    env = ScheduleAttr(task(cohs=[0.0]), curriculum, [{"coh": 51.2}, {"coh": 25.6}, {"coh": 6.4}])

    def act(state, drawn, row):
        return jnp.where(row == 0, answer(state, drawn, row), err(state, drawn, row))

    played = play(env, act, num_envs=2, num_steps=80)
    stage = played["conditions"]["schedule_index"]
    passed = np.cumsum(played["new_trial"], axis=1) - played["new_trial"]
    assert np.all(stage[0] == np.minimum(passed[0] // 4, 2))
    assert np.all(stage[1] == 0)
    cohs = np.array([51.2, 25.6, 6.4], np.float32)
    np.testing.assert_array_equal(played["conditions"]["coh"], cohs[stage])


def test_the_outer_of_two_wrappers_sets_the_ground_truth():
    env = SideBias(TrialHistory.repeating(task(), 1.0), [[0.8, 0.2]])
    drawn = conditions_of(env, NUM_ENVS, NUM_TRIALS)["ground_truth"]
    assert_frequencies(drawn, [0.8, 0.2])
    last, following = pairs_of(drawn)
    assert_frequencies(following[last == 0], [0.8, 0.2])


def test_what_is_fixed_in_new_trial_wins_and_nothing_else_is_lost():
    env = RandomGroundTruth(SideBias(task(), PROBS), [1, 0])
    trials = trials_of(env, 64, ground_truth=1, coh=6.4)
    assert np.all(trials.conditions["ground_truth"] == 1)
    assert np.all(trials.conditions["coh"] == np.float32(6.4))
    assert np.all(trials.gt[:, -1] == 2)
    told = {"ground_truth", "coh", "signed_coh", *SideBias.CONDITIONS}
    assert set(trials.conditions) == told


NO_CHOICES = ("Bandit-v0", "ReachingDelayResponse-v0", "Null-v0")


@pytest.mark.parametrize("id", NO_CHOICES)
@pytest.mark.parametrize(
    "wrap", [RandomGroundTruth, TrialHistory, lambda env: SideBias(env, [[1.0]])]
)
def test_tasks_without_choices_are_rejected(wrap, id):
    with pytest.raises(ValueError, match="`choices` are empty"):
        wrap(jgn.make(id)[0])


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda env: RandomGroundTruth(env, [0.5, 0.6]), "2 probabilities that sum to 1"),
        (lambda env: RandomGroundTruth(env, [1.0]), "2 probabilities that sum to 1"),
        (lambda env: TrialHistory(env, [[0.5, 0.5], [0.5, 0.6]]), "2 x 2 .* rows that sum to 1"),
        (lambda env: TrialHistory(env, MATRIX), "2 x 2 probabilities"),
        (lambda env: TrialHistory(env, [PROBS, PROBS]), "2 x 2 probabilities"),
        (lambda env: TrialHistory(env, PROBS, block_dur=5), "any number x 2 x 2"),
        (lambda env: TrialHistory.repeating(env, 1.5), "at most 1, not 1.5"),
        (lambda env: SideBias(env, [[0.5, 0.6]]), "any number x 2 .* rows that sum to 1"),
        (lambda env: SideBias(env, [0.5, 0.5]), "any number x 2"),
        (lambda env: SideBias(env, []), "any number x 2"),
        (lambda env: SideBias(env, PROBS, 0), "at least 1, not 0"),
        (lambda env: SideBias(env, PROBS, (5, 3)), "ascending"),
        (lambda env: SideBias(env, PROBS, 1.5), "number of trials, a pair"),
        (lambda env: SideBias(env, PROBS, "long"), "number of trials, a pair"),
        (lambda env: SideBias(env, PROBS, True), "number of trials, a pair"),
        (lambda env: SideBias(env, PROBS, [3, 4, 5]), "a list for each of 2"),
        (lambda env: SideBias(env, PROBS, [0.5, (3, 4)]), "trials, or probabilities to switch"),
        (lambda env: SideBias(env, PROBS, ("truncated_exponential", [9, 2.5, 5])), "min of block"),
        (lambda env: SideBias(env, PROBS, start="begin"), "unknown start 'begin'"),
        (lambda env: SideBias(env, PROBS, first_block=90), "pair of 2 probabilities"),
        (lambda env: SideBias(env, PROBS, first_block=([0.5], 90)), "sum to 1"),
        (lambda env: SideBias(env, PROBS, first_block=([0.5, 0.5], 0)), "at least 1, not 0"),
        (lambda env: SideBias(SideBias(env, PROBS), PROBS), "wrap a task once"),
        (lambda env: ScheduleAttr(env, 3, []), "jaxgym_neuro.schedules"),
        (lambda env: ScheduleAttr(env, schedules.Sequential(2), [{}]), "list of 2 dicts"),
        (lambda env: ScheduleAttr(env, schedules.Sequential(1), {"coh": 1}), "list of 1 dicts"),
        (
            lambda env: ScheduleAttr(env, schedules.Sequential(1), [{"cohs": 1}]),
            "unknown condition 'cohs'; did you mean 'coh'",
        ),
        (lambda env: ScheduleAttr(env, schedules.Sequential(1), [{"coh": [1, 2]}]), r"not \[1, 2"),
        (lambda env: ScheduleAttr(env, schedules.Sequential(1), [{"coh": "x"}]), "not 'x'"),
        (
            lambda env: ScheduleAttr(env, schedules.Sequential(1), [{"ground_truth": 2}]),
            "a whole number of at least 0 and below 2, not 2",
        ),
        (lambda env: RandomGroundTruth("PerceptualDecisionMaking-v0"), "made of trials"),
        (lambda env: ScheduleAttr(None, schedules.Sequential(1), [{}]), "made of trials"),
    ],
)
def test_bad_input_is_an_error_that_says_what_is_allowed(wrap, message):
    with pytest.raises(ValueError, match=message):
        wrap(task())


@pytest.mark.parametrize(
    ("wrap", "changes", "message"),
    [
        (RandomGroundTruth, {"ground_truth_p": [0.5, 0.6]}, "ground_truth_p are 2"),
        (TrialHistory, {"history_probs": [[1, 1], [0, 1]]}, "history_probs are 2 x 2"),
        (lambda env: SideBias(env, PROBS), {"side_bias_probs": [[1, 1], [0, 1]]}, "2 x 2"),
        (lambda env: SideBias(env, PROBS), {"side_bias_block_least": 300}, "shortest block"),
        (lambda env: SideBias(env, PROBS, 0.5), {"side_bias_switch": 1.5}, "at most 1"),
    ],
)
def test_bad_params_are_rejected(wrap, changes, message):
    env = wrap(task())
    with pytest.raises(ValueError, match=message):
        env.validate(env.default_params.replace(**changes))
