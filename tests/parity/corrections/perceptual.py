"""Corrections of the perceptual tasks."""

import functools

import numpy as np
from runs import runs
from samples import Sample
from sides import recorded_arrays, recording

from corrections.correction import CUE_UNTIL_DECISION, Correction, never_paid

OPPOSITE = (1, 0, 3, 2)  # of the directions of SpatialSuppressMotion


def _annubes(config, *, p_stimulus, waiting, stimulus):
    """AnnubesEnv, given the steps in which to wait, and those of the stimulus.

    A random subject acts at some step of the stimulus, but for a share of ``misses``.
    """
    misses = 2.0**-stimulus
    score = p_stimulus * (1 - misses) + (1 - p_stimulus) * misses
    numbers = {
        "fixating/return": 1 - p_stimulus,
        "ground_truth/return": 1,
        "random/performance": score,
        "random/return": score - 0.1 * waiting / 2,
    }
    return tuple(
        Correction(
            difference="paid once",
            comparisons=(f"policy/{name}",),
            expected=number,
            configs=(config,),
        )
        for name, number in numbers.items()
    )


@functools.cache
def _limited_runs():
    """Runs of trials where v is limited to one in a row, and catch trials to two."""
    rng = np.random.default_rng(1)
    weights, limits = {"v": 0.35, "a": 0.35, "catch": 0.3}, {"v": 1, "catch": 2}
    sequence, count = ["a"], 1
    for _ in range(20_000):
        before = sequence[-1]
        is_over = count >= limits.get(before, np.inf)
        p = np.array([0 if is_over and name == before else w for name, w in weights.items()])
        sequence.append(str(rng.choice(list(weights), p=p / p.sum())))
        count = count + 1 if sequence[-1] == before else 1
    return runs({name: (np.array(sequence) == name).astype(int) for name in weights})


def _limited(side, name):
    del side
    label, _, value = name.split("/", 2)[2].partition("/length")
    lengths = _limited_runs()[label]
    return Sample.of(lengths == int(value[1:]) if value else lengths)


def _probabilities(gt):
    gt = np.maximum(gt, 0)
    return gt / gt.sum(axis=1, keepdims=True)


@functools.cache
def _reports():
    """NeuroGym's probabilities (36 frames; true, opposite, across, across) by contrast."""
    golden = recording("SpatialSuppressMotion-v0")["configs"][0]["golden"]
    tables = {}
    for trial in golden:
        true = trial["conditions"]["direction"] - 1
        order = [true, OPPOSITE[true], *(i for i in range(4) if i not in (true, OPPOSITE[true]))]
        gt = recorded_arrays("SpatialSuppressMotion-v0")[f"{trial['arrays']}_gt"]
        tables[trial["conditions"]["contrast"]] = gt[:, order]
    return tables


def _at_time(ob, gt, golden, dt):
    """Read the probabilities at the times of the steps from the recording with a step per frame."""
    frame = recording("SpatialSuppressMotion-v0")["configs"][0]["static"]["dt"]
    curves = _reports()[golden["conditions"]["contrast"]]
    steps = np.arange(len(gt)) * dt / frame
    read = [np.interp(steps, np.arange(len(curves)), curve) for curve in curves.T]
    true = golden["conditions"]["direction"] - 1
    across = [i for i in range(4) if i not in (true, OPPOSITE[true])]
    timed = np.empty_like(gt)
    timed[:, [true, OPPOSITE[true], *across]] = np.stack(read, axis=1)
    return ob, _probabilities(timed)


def _random_reports(side, name):
    """How close reports at random are to the ground truth, on average over a trial."""
    del name
    rng = np.random.default_rng(1)
    golden = side.theirs["golden"][0]
    closeness = []
    for contrast in _reports():
        like = {"conditions": {"contrast": contrast, "direction": 1}}
        gt = np.empty((golden["periods"]["stimulus"][1], 4))
        _, gt = _at_time(None, gt, like, side.env.dt)
        reports = rng.random((2000, *gt.shape))
        distance = np.abs(reports - gt).sum(axis=-1) / 2
        closeness.append(np.maximum(1 - distance, 0).mean(axis=1))
    return Sample.of(np.concatenate(closeness))


CORRECTIONS = {
    "AnnubesEnv-v0": (
        *_annubes(0, p_stimulus=0.5, waiting=5, stimulus=10),
        *_annubes(1, p_stimulus=0.8, waiting=10, stimulus=12),
        *_annubes(2, p_stimulus=0.7, waiting=7, stimulus=10),
        Correction(
            difference="action names",
            comparisons=("static/actions",),
            expected={"fixation": [0], "choice": [1]},
        ),
        Correction(
            difference="limits",
            comparisons=("session/1/*",),
            expected=_limited,
        ),
    ),
    "CVLearning-v0": (
        Correction("mistakes", ("static/rewards/fail",), expected=-1, configs=(0, 1)),
    ),
    "MultiSensoryIntegration-v0": (
        Correction("noise", comparisons=("observation/stimulus/0/mean_square",), expected=1),
    ),
    "PerceptualDecisionMaking-v0": (CUE_UNTIL_DECISION,),
    "SpatialSuppressMotion-v0": (
        Correction(
            difference="probabilities",
            rows=lambda ob, gt, golden, dt: (ob, _probabilities(gt)),
            configs=(0,),
        ),
        Correction(
            difference="time",
            rows=_at_time,
            configs=(1,),
        ),
        Correction(
            difference="frames",
            comparisons=("policy/*/steps",),
            expected=36,
            configs=(0,),
        ),
        Correction(
            difference="reports",
            comparisons=("policy/ground_truth/return", "policy/ground_truth/performance"),
            expected=1,
        ),
        Correction(
            difference="reports",
            comparisons=("policy/fixating/return", "policy/fixating/performance"),
            expected=0.5,
        ),
        Correction(
            difference="reports",
            comparisons=("policy/random/return", "policy/random/performance"),
            expected=_random_reports,
        ),
        never_paid("abort", "fail"),
    ),
    "ToneDetection-v0": (
        Correction(
            difference="last action",
            comparisons=(
                "policy/fixating/return",
                "policy/fixating/performance",
                "policy/random/return",
                "policy/random/performance",
            ),
            expected=0.25,
        ),
        Correction(
            difference="last action",
            comparisons=("policy/ground_truth/return", "policy/ground_truth/performance"),
            expected=1,
        ),
        never_paid("abort", "noresp"),
    ),
}
