"""What tests of ideal observers share: to play one, and to compare two performances."""

import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro import ideal
from jaxgym_neuro.ideal.result import Performance

NUM_TRIALS = 8192  # at most, that an observer plays
NUM_STEPS = 60_000  # likewise, of trials as long as they may be
MOST_ENVS = 2048  # in which it plays them
Z = 4.0  # standard errors; two-sided, 6e-5 for each of about 300 conditions


def assert_agree(found, expected):
    """Compare in each condition, within standard errors of a score between 0 and 1."""
    seen = [name for name in expected.conditions if len(expected) > 1]
    rows = np.stack([expected.conditions[name] for name in seen]).T if seen else np.zeros((1, 0))
    found_rows = np.stack([found.conditions[name] for name in seen]).T if seen else rows
    at = np.argmin(np.abs(rows[None] - found_rows[:, None]).sum(axis=2), axis=1)
    np.testing.assert_allclose(found_rows, rows[at], rtol=1e-6)
    missing = np.setdiff1d(np.arange(len(rows)), at)  # of conditions that hardly ever come
    assert expected.share[missing].sum() * found.num_trials < 10
    count = found.share * found.num_trials
    for what in ("performance", "reward"):
        a, b = getattr(found, what), getattr(expected, what)[at]
        errors = getattr(found, f"{what}_error"), getattr(expected, f"{what}_error")[at]
        # Where almost all trials were right, the spread that was seen says little.
        p = np.clip(expected.performance[at], 0, 1)
        spread = np.maximum(np.hypot(*errors), np.maximum(1 / count, np.sqrt(p * (1 - p) / count)))
        assert np.all(np.abs(a - b) <= Z * spread), (what, found, expected)


def played(env, params, rule, of, key=3, num_trials=None):
    """What an observer does in `rollout`, by the conditions of ``of``."""
    policy, memory = ideal.observer(env, params, rule)
    num_trials = num_trials or min(NUM_TRIALS, NUM_STEPS // env.T)
    num_envs = min(max(1, num_trials * env.T // 128), MOST_ENVS)
    table = jgn.rollout(
        env, params, policy, memory, num_envs=num_envs, num_trials=num_trials, key=key
    )
    conditions = policy.rule.by(env, table.conditions)
    return Performance.of_trials(
        env.name, of.rule, conditions, performance=table.performance, reward=table.reward
    )
