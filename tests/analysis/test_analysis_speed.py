"""A million trials take at most a second of CPU time, fits aside."""

import time

import numpy as np
import pytest

from jaxgym_neuro import analysis

N = 1_000_000


@pytest.fixture(scope="module")
def trials():
    rng = np.random.default_rng(0)
    side = rng.integers(0, 2, N)
    coh = rng.choice([0, 3.2, 6.4, 12.8, 25.6, 51.2], N).astype(np.float32)
    signed = np.where(side == 1, coh, -coh)
    choice = np.where(signed + 10 * rng.normal(size=N) > 0, 2, 1).astype(np.int32)
    outcomes = np.array(["hit", "miss", "false alarm", "correct rejection"])
    return {
        "coh": coh,
        "signed_coh": signed,
        "signed_coh_2": rng.permutation(signed),
        "ground_truth": side,
        "choice": choice,
        "state": rng.integers(1, 3, N),
        "correct": choice == side + 1,
        "reaction_time": rng.gamma(4, 100, N).astype(np.float32),
        "reward": rng.integers(0, 2, N).astype(np.float32),
        "performance": (choice == side + 1).astype(np.float32),
        "outcome": outcomes[2 * (1 - side) + rng.integers(0, 2, N)],
        "wager": rng.random(N) < 0.5,
        "with_sure": np.where(rng.random(N) < 0.3, 3, choice),
        "confidence": rng.choice(np.linspace(0.5, 1, 6), N),
        "produced": rng.normal(800, 80, N).astype(np.float32),
        "production": rng.choice([600.0, 700, 800, 900, 1000], N).astype(np.float32),
        "block": (np.arange(N) // 1_000 // 50) % 2,
        "context": rng.integers(0, 2, N),
        "env": np.tile(np.arange(1_000), N // 1_000),
        "trial": np.repeat(np.arange(N // 1_000), 1_000),
    }


CALLS = {
    "psychometric": lambda t: analysis.psychometric(t, "coh", fit=False),
    "psychometric of choices": lambda t: analysis.psychometric(
        t, "signed_coh", choice="choice", fit=False
    ),
    "psychometric in bins": lambda t: analysis.psychometric(t, "produced", bins=9, fit=False),
    "chronometric": lambda t: analysis.chronometric(t, "coh"),
    "conditional_accuracy": lambda t: analysis.conditional_accuracy(t),
    "signal_detection": lambda t: analysis.signal_detection(t),
    "stay_probabilities": lambda t: analysis.stay_probabilities(t, "choice"),
    "wager": lambda t: analysis.wager(t, choice="with_sure"),
    "confidence": lambda t: analysis.confidence(t),
    "reproduction": lambda t: analysis.reproduction(t),
    "block_transitions": lambda t: analysis.block_transitions(t),
    "learning_curve": lambda t: analysis.learning_curve(t),
}


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_million_trials_take_a_second_at_most(trials, call):
    taken = []
    for _ in range(3):
        begin = time.process_time()
        call(trials)
        taken.append(time.process_time() - begin)
    print(f"{min(taken):.2f} s")
    assert min(taken) < 1


@pytest.mark.slow
def test_a_kernel_of_a_million_trials_takes_a_second_at_most(trials):
    evidence = np.random.default_rng(1).normal(size=(N, 10)).astype(np.float32)
    test_a_million_trials_take_a_second_at_most(
        trials, lambda t: analysis.psychophysical_kernel(t, evidence, by="signed_coh")
    )


ACTIVITY = {
    "align": lambda a, t: analysis.align(a, t["choice"] % 2, before=1, after=2),
    "condition_averages": lambda a, t: analysis.condition_averages(a, t, ["coh", "choice"]),
    "task_variance": lambda a, t: analysis.task_variance({"one": a[::2], "other": a[1::2]}),
    "selectivity": lambda a, t: analysis.selectivity(a[:, 0], t, "coh", permutations=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("call", ACTIVITY.values(), ids=ACTIVITY)
def test_activity_of_a_million_trials_takes_a_second_at_most(trials, call):
    """Of 3 steps and 4 units; decoding is a fit, and a permutation as long as a test without."""
    activity = np.random.default_rng(2).normal(size=(N, 3, 4)).astype(np.float32)
    test_a_million_trials_take_a_second_at_most(trials, lambda t: call(activity, t))
