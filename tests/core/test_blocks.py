"""Blocks of trials: their lengths, where in one an episode begins, and chains over trials."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro import schedules, wrappers
from jaxgym_neuro.core import blocks, chains

NUM = 40_000
NUM_ENVS, NUM_TRIALS = 4_000, 40  # 160,000 trials
CHANCE = 5.0  # standard errors: an error in one of two million comparisons


def weights_of(least, most, scale):
    lengths = np.arange(least, most + 1)
    return lengths, np.exp(-(lengths - least) / scale) if scale else np.ones(len(lengths))


@pytest.mark.parametrize(
    ("least", "most", "scale"), [(3, 9, None), (7, 7, None), (20, 100, 60.0), (1, 4, 1.5)]
)
def test_lengths_are_drawn_and_found_as_often_as_they_should_be(least, most, scale):
    law = blocks.Lengths(least=least, most=most, scale=scale)
    keys = jax.random.split(jax.random.key(0), (2, NUM))
    drawn = np.asarray(jax.jit(jax.vmap(law.draw))(keys[0]))
    found = np.asarray(jax.jit(jax.vmap(law.draw_found))(keys[1]))
    lengths, weights = weights_of(least, most, scale)
    np.testing.assert_allclose(law.mean(), np.average(lengths, weights=weights), rtol=1e-5)
    for sample, each in ((drawn, weights), (found, weights * lengths)):
        p = each / each.sum()
        shares = np.mean(sample[:, None] == lengths, axis=0)
        assert np.all(np.abs(shares - p) <= CHANCE * np.sqrt(p * (1 - p) / NUM) + 5 / NUM)
        assert sample.min() >= least
        assert sample.max() <= most


def test_a_block_is_found_at_any_of_its_trials():
    law = blocks.Lengths(least=5, most=5)
    keys = jax.random.split(jax.random.key(0), NUM)
    at = jax.jit(jax.vmap(lambda key: blocks.found(key, jnp.int32(3), law)))(keys)
    np.testing.assert_array_equal(at.trial + at.left, 4)
    np.testing.assert_array_equal(at.kind, 3)
    shares = np.bincount(np.asarray(at.trial), minlength=5) / NUM
    assert np.all(np.abs(shares - 0.2) <= CHANCE * np.sqrt(0.16 / NUM))


def test_a_block_goes_on_until_no_trial_of_it_is_left():
    at = blocks.InBlock(kind=jnp.int32(4), trial=jnp.int32(7), left=jnp.int32(2))
    seen = []
    for number in range(6):
        at = blocks.followed(at, jnp.int32(10 + number), jnp.int32(3))
        seen.append((int(at.kind), int(at.trial), int(at.left)))
    assert seen == [(4, 8, 1), (4, 9, 0), (12, 0, 2), (12, 1, 1), (12, 2, 0), (15, 0, 2)]


@pytest.mark.parametrize("trials", [0, 1, 5, 40])
def test_a_chain_is_where_its_matrix_to_that_power_leads(trials):
    matrix = np.array([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.0, 0.25, 0.75]], np.float32)
    start = np.array([1, 0, 0], np.float32)
    expected = start @ np.linalg.matrix_power(matrix.astype(np.float64), trials)
    np.testing.assert_allclose(chains.after(start, matrix, trials), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[0.9, 0.1], [0.4, 0.6]], [0.8, 0.2]),
        ([[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]], [0.25, 0.5, 0.25]),  # periodic
        ([[1, 0], [0, 1]], [0.5, 0.5]),  # both are for ever, and begin equally often
        ([[1, 0, 0], [0, 1, 0], [0.75, 0.25, 0]], [7 / 12, 5 / 12, 0]),
        ([[0.999, 0.001], [0.003, 0.997]], [0.75, 0.25]),
    ],
)
def test_the_long_run_of_a_chain(matrix, expected):
    found = chains.in_the_long_run(jnp.asarray(matrix, jnp.float32))
    np.testing.assert_allclose(found, expected, atol=2e-4)


# ------------------------------------------------------------------ starts at a random moment

TASK = jgn.make("GoNogo-v0")[0]
PROBS = [[0.8, 0.2], [0.3, 0.7]]
SLOW = [[0.9, 0.1], [0.4, 0.6]]
FAST = [[0.2, 0.8], [0.7, 0.3]]


def of_task(make, *names, **params):
    """How a task begins and goes on, and which conditions to look at."""

    def prepare():
        env = make()
        numbers = env.default_params.replace(**params)

        def init(key):
            return env.init_carry(key, numbers)

        def draw(key, carry):
            conditions, carry = env.sample_conditions(key, numbers, carry)
            return [jnp.ravel(conditions[name])[0] for name in names], carry

        return init, draw

    return prepare


def of_schedule(schedule):
    def draw(key, carry):
        index, carry = schedule.next(key, carry)
        return [index], carry

    return lambda: (schedule.init, draw)


def side_bias(*args, **kwargs):
    told = ("side_bias_block", "side_bias_trial_in_block", "ground_truth")
    return of_task(lambda: wrappers.SideBias(TASK, PROBS, *args, **kwargs), *told)


def history(*args):
    told = ("history_block", "history_trial_in_block", "ground_truth")
    told = told if len(args) > 1 else told[2:]
    return of_task(lambda: wrappers.TrialHistory(TASK, *args), *told)


def priors(**kwargs):
    told = ("n_ch", "context", "trial_in_context", "ground_truth")
    kwargs = {"ctx_dur": 4, "block_nch": 3, "death_prob": 0.05, **kwargs}
    return of_task(lambda: jgn.make("priors.priors_v0-v0", **kwargs)[0], *told)


EXPONENTIAL = ("truncated_exponential", [3, 2, 9])
CASES = {
    "SideBias": side_bias(7),
    "SideBias of random lengths": side_bias((3, 6)),
    "SideBias of exponential lengths": side_bias(EXPONENTIAL),
    "SideBias of a length per row": side_bias([(2, 2), (3, 8)]),
    "SideBias of exponential lengths per row": side_bias([EXPONENTIAL, 6]),
    "SideBias by chance": side_bias(0.3),
    "SideBias by a chance per row": side_bias([0.5, 0.2]),
    "SideBias anywhere": side_bias(5, first_block=([0.5, 0.5], 90), start="anywhere"),
    "TrialHistory": history(SLOW),
    "TrialHistory in blocks": history([SLOW, FAST], (9, 12)),
    "TrialHistory in blocks by chance": history([SLOW, FAST], 0.3),
    "Sequential": of_schedule(schedules.Sequential(3)),
    "Random without repeats": of_schedule(schedules.Random(3, probs=[0.6, 0.3, 0.1], repeat=False)),
    "SequentialBlock": of_schedule(schedules.SequentialBlock([2, (1, 5)])),
    "RandomBlock": of_schedule(schedules.RandomBlock([2, 3, 7])),
    "RandomBlock of exponential lengths": of_schedule(schedules.RandomBlock([EXPONENTIAL, 4])),
    "HierarchicalReasoning": of_task(
        lambda: jgn.make("HierarchicalReasoning-v0")[0],
        *("rule", "trial_in_block"),
        **{"min_block": 3, "max_block": 7},
    ),
    "DawTwoStep, drift": of_task(lambda: jgn.make("DawTwoStep-v0")[0], "reward_prob", drift=0.15),
    "DawTwoStep, switch": of_task(
        lambda: jgn.make("DawTwoStep-v0", reward_schedule="switch")[0],
        "reward_prob",
        p_switch=0.2,
    ),
    "priors_v0": priors(),
    "priors_v0, balanced": priors(balanced=True),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_trial_is_as_one_at_a_random_moment(case):
    """What is so in the first trials of episodes is so as often in the long run.

    Each trial is looked at together with the next. A label is the rounded numbers of both; its
    share of first trials is compared with that of later ones in the same episodes.
    """
    init, draw = CASES[case]()

    def episode(key):
        def trial(carry, key):
            numbers, carry = draw(key, carry)
            return carry, jnp.stack([jnp.round(10 * x).astype(jnp.int32) for x in numbers])

        key_init, key_trials = jax.random.split(key)
        return jax.lax.scan(trial, init(key_init), jax.random.split(key_trials, NUM_TRIALS))[1]

    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    labels = 0
    for numbers in np.moveaxis(np.asarray(jax.jit(jax.vmap(episode))(keys)), -1, 0):
        labels = labels * (numbers.max() + 1) + numbers
    pairs = labels[:, :-1] * (labels.max() + 1) + labels[:, 1:]
    later = pairs[:, NUM_TRIALS // 2 :]
    label, count = np.unique(later, return_counts=True)
    frequent = label[count > 30 * later.shape[1]]
    assert len(frequent) > 1
    for label in frequent:
        differs = (pairs[:, 0] == label) - np.mean(later == label, axis=1)
        error = np.std(differs) / np.sqrt(NUM_ENVS)
        assert abs(np.mean(differs)) <= CHANCE * error, (label, np.mean(differs) / error)
