"""Corrections of the tasks of reaching."""

import functools
import math

import numpy as np
from samples import Sample

from corrections.correction import R_TMAX, Correction

STEP = 0.05  # rad
NUM_HANDS = 20_000


def _angles(ob, gt, golden, dt):
    del dt
    start, end = golden["periods"]["reach"]
    gt = np.full_like(gt, np.pi)
    gt[start:end] = golden["conditions"]["ground_truth"]
    return ob, gt


def _distance(angle, target):
    """Distance on the circle."""
    return np.abs((angle - target + np.pi) % (2 * np.pi) - np.pi)


@functools.cache
def _moved_hands(policy, fixation, reach, correct, fail):
    """Move hands that rest at pi in fixation and reach; return their returns and scores.

    The yardsticks of the score are a hand that goes straight to the target, and one that rests. A
    hand at less than half a step from its target stays.
    """
    rng = np.random.default_rng(1)
    target = 2 * np.pi * rng.random(NUM_HANDS)
    ways = {
        "fixating": lambda hand: np.zeros(NUM_HANDS),
        "random": lambda hand: rng.integers(-1, 2, NUM_HANDS),
        "ground_truth": lambda hand: _towards(hand, target),
    }
    hand = np.full(NUM_HANDS, np.pi)
    for _ in range(fixation):
        if policy == "random":
            hand = hand + STEP * ways[policy](hand)
    best, rest = np.full(NUM_HANDS, np.pi), _distance(np.pi, target)
    paid, beyond, possible = np.zeros((3, NUM_HANDS))
    for _ in range(reach):
        hand = hand + STEP * ways[policy](hand)
        best = best + STEP * _towards(best, target)
        paid += np.maximum(correct - _distance(hand, target), fail)
        beyond += _distance(hand, target) - _distance(best, target)
        possible += rest - _distance(best, target)
    return paid, np.clip(1 - beyond / np.maximum(possible, STEP), 0, 1)


def _towards(hand, target):
    away = (target - hand + np.pi) % (2 * np.pi) - np.pi
    return np.sign(away) * (np.abs(away) > STEP / 2)


def _expected(side, name):
    """What hands get that are moved according to the task's description."""
    _, policy, label = name.split("/")
    periods = side.theirs["stats"]["periods"]
    steps = (int(periods[period]["steps"]["mean"]) for period in ("fixation", "reach"))
    rewards = side.theirs["static"]["rewards"]
    hands = _moved_hands(policy, *steps, rewards["correct"], rewards["fail"])
    return Sample.of(hands[("return", "performance").index(label)])


_REACHING = (
    Correction(
        difference="whole angles",
        comparisons=("ground_truth/*",),
        expected=math.pi,  # the mean of a uniform angle is that of rest
        rows=_angles,
    ),
    Correction(
        difference="performance",
        comparisons=("policy/*/return", "policy/*/performance"),
        expected=_expected,
    ),
)

CORRECTIONS = {
    "Reaching1D-v0": _REACHING,
    "Reaching1DWithSelfDistraction-v0": _REACHING,
    "ReachingDelayResponse-v0": (R_TMAX,),
}
