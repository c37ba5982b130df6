"""Where a task is deliberately not what NeuroGym 2.3.1 does, and what it must be instead.

A comparison whose name matches a correction's pattern is not made with the recording; the corrected
number is checked. A pattern that matches no comparison of a task fails the test: it is out of date.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Correction:
    """One deviation.

    Attributes:
        reason: what NeuroGym does, and what is done here.
        comparisons: patterns of comparison names (see test_parity.py), as in `fnmatch`.
        expected: what the mean over trials must be: a number, or (lowest, highest). None where
            the golden rows, or another correction, check what is corrected.
        rows: turns NeuroGym's ``(ob, gt, golden, dt)`` into the corrected ``(ob, gt)``, or None
            where the rows need none.
        configs: configurations in which it shows; default all.
    """

    reason: str
    comparisons: tuple[str, ...] = ()
    expected: float | tuple[float, float] | None = None
    rows: Callable[..., Any] | None = None
    configs: tuple[int, ...] | None = None


def _cue(value, *periods):
    """Return rows in which the fixation channel has ``value`` in the given periods too."""

    def rows(ob, gt, golden, dt):
        del dt
        for name in periods:
            start, end = golden["periods"][name]
            ob[start:end, 0] = value
        return ob, gt

    return rows


def _act_only_at(step):
    """Return rows whose one action is at ``step(periods, conditions, dt)``."""

    def rows(ob, gt, golden, dt):
        at = step(golden["periods"], golden["conditions"], dt)
        return ob, (np.arange(len(gt)) == at).astype(gt.dtype)

    return rows


def _angles(ob, gt, golden, dt):
    del dt
    start, end = golden["periods"]["reach"]
    gt = np.full_like(gt, np.pi)
    gt[start:end] = golden["conditions"]["ground_truth"]
    return ob, gt


def _probability_sums(ob, gt, golden, dt):
    del golden, dt
    gt = np.maximum(gt, 0)
    return ob, gt / gt.sum(axis=1, keepdims=True)


def _hierarchical_choice(ob, gt, golden, dt):
    drawn, (start, end) = golden["conditions"], golden["periods"]["decision"]
    is_long = _shown_interval(golden, ob, dt)["interval"] > 850
    follows = is_long == drawn["rule"]
    gt[start:end] = 3 + (drawn["stimulus"] if follows else 1 - drawn["stimulus"])
    return ob, gt


def _shown_interval(golden, ob, dt):
    del ob
    start, end = golden["periods"]["delay"]
    return {"interval": (end - start) * dt, "tie": 0}


def _places_in_category(golden, ob, dt):
    """Read the angles, which NeuroGym does not record, from what is seen."""
    del dt
    ring = 2 * np.pi * np.arange(ob.shape[1] - 1) / (ob.shape[1] - 1)
    category = golden["conditions"]["sample_category"]
    is_match = golden["conditions"]["ground_truth"] == "match"
    places = {}
    for name, side in (("sample", category), ("test", category if is_match else 1 - category)):
        seen = ob[golden["periods"][name][0], 1:].astype(float)
        angle = np.arctan2(seen @ np.sin(ring), seen @ np.cos(ring))
        places[f"{name}_place"] = angle / np.pi + 0.5 - side
    return places


def _about(value):
    """A mean over some thousand trials, given the exact one."""
    return (value - 0.04, value + 0.04)


_WITHHOLDING = (
    "having rightly waited scores 1; NeuroGym means it to, and clears the score while it draws the "
    "next trial"
)

_R_TMAX = Correction(
    reason="what a missed response costs is paid as the reward ``miss``, not through r_tmax",
    comparisons=("static/r_tmax",),
)
_WITHHOLDING_SCORES = (
    Correction(
        reason=_WITHHOLDING, comparisons=("policy/fixating/performance",), expected=_about(0.5)
    ),
    Correction(reason=_WITHHOLDING, comparisons=("policy/ground_truth/performance",), expected=1),
    _R_TMAX,
)
_REACHING = (
    Correction(
        reason="angles are not cut to whole numbers",
        comparisons=("ground_truth/*",),
        rows=_angles,
    ),
    Correction(
        reason="performance is relative to the best that can be done; a hand that stays where it "
        "is has hardly any",
        comparisons=("policy/fixating/performance",),
        expected=(0, 0.05),
    ),
    Correction(
        reason="an angle is no action, so there is no policy that follows it",
        comparisons=("policy/ground_truth/*",),
    ),
)

_NEVER_PAID = Correction(
    reason="NeuroGym lists rewards that it never gives",
    comparisons=("static/rewards/abort", "static/rewards/noresp", "static/rewards/fail"),
)
_CUE_UNTIL_DECISION = Correction(
    reason="the fixation cue stays on until the subject may answer; NeuroGym turns it off after "
    "fixation, and an agent cannot know when to act",
    comparisons=("observation/stimulus/0/*", "observation/delay/0/*"),
    expected=1,
    rows=_cue(1, "stimulus", "delay"),
)


def _annubes(config, p_stimulus, random_return):
    reason = "a trial is paid and scored once; NeuroGym pays every step, and scores any right one"
    return tuple(
        Correction(
            reason=reason,
            comparisons=(f"policy/{policy}/{label}",),
            expected=expected,
            configs=(config,),
        )
        for policy, label, expected in (
            ("fixating", "return", _about(1 - p_stimulus)),
            ("ground_truth", "return", 1),
            ("random", "performance", _about(p_stimulus)),
            ("random", "return", _about(random_return)),
        )
    )


CORRECTIONS: Mapping[str, tuple[Correction, ...]] = {
    "AnnubesEnv-v0": (
        *_annubes(0, 0.5, 0.25),
        *_annubes(1, 0.8, 0.3),
        *_annubes(2, 0.7, 0.35),
        Correction(
            reason="every trial draws a stimulus and all intensities, and shows what is due; that "
            "is compared as observation",
            comparisons=("condition/stim_types=*", "condition/stim_values=*"),
        ),
        Correction(
            reason="names point to actions, where NeuroGym's hold intensities",
            comparisons=("static/actions",),
        ),
    ),
    "Bandit-v0": (
        Correction(
            reason="performance is 1 for the best arm; NeuroGym never scores",
            comparisons=("policy/fixating/performance", "policy/random/performance"),
            expected=1,
            configs=(0,),
        ),
        Correction(
            reason="performance is 1 for the best arm, the second of three",
            comparisons=("policy/random/performance",),
            expected=_about(1 / 3),
            configs=(1,),
        ),
    ),
    "ContextDecisionMaking-v0": (_CUE_UNTIL_DECISION,),
    "DelayMatchSampleDistractor1D-v0": (
        Correction(
            reason="the fixation cue stays on until the first test, as its penalty does",
            comparisons=("observation/sample/0/*", "observation/delay1/0/*"),
            expected=1,
            rows=_cue(1, "sample", "delay1"),
        ),
    ),
    "DelayPairedAssociation-v0": (
        *_WITHHOLDING_SCORES,
        Correction(
            reason="sigma has its effect; NeuroGym ignores it",
            comparisons=(
                "observation/stim1/[34]/mean_square",
                "observation/stim2/[12]/mean_square",
            ),
            expected=(0.009, 0.011),
        ),
    ),
    "DualDelayMatchSample-v0": (
        Correction(
            reason="the cue goes off in the tests; NeuroGym's never does",
            comparisons=("observation/test[12]/0/*",),
            expected=(-0.02, 0.02),
            rows=_cue(0, "test1", "test2"),
        ),
        Correction(
            reason="only the first answer of a test is paid; NeuroGym pays every step of test1",
            comparisons=("policy/ground_truth/return",),
            expected=2,
        ),
        Correction(
            reason="only the first answer of a test is paid: two halves less 30 steps at 2/3 * 0.1",
            comparisons=("policy/random/return",),
            expected=(-1.1, -0.9),
            configs=(0,),
        ),
        Correction(
            reason="performance is the mean of both answers; in NeuroGym either is enough",
            comparisons=("policy/random/performance",),
            expected=_about(0.5),
        ),
    ),
    "GoNogo-v0": _WITHHOLDING_SCORES,
    "HierarchicalReasoning-v0": (
        Correction(
            reason="the interval that is judged is the one that is shown, against the median",
            rows=_hierarchical_choice,
        ),
        Correction(
            reason="intervals are in ms as listed, where NeuroGym floors them to steps; the steps "
            "of the delay are compared",
            comparisons=("condition/interval=*",),
            configs=(0,),
        ),
        Correction(
            reason="trials drawn apart are each the first of a session, where the rule is 1",
            comparisons=("condition/rule=1.0", "ground_truth/rule_target/2"),
            expected=1,
        ),
        Correction(
            reason="trials drawn apart are each the first of a session, where the rule is 1",
            comparisons=("condition/rule=0.0", "ground_truth/rule_target/1"),
            expected=0,
        ),
    ),
    "IntervalDiscrimination-v0": (
        Correction(
            reason="two intervals differ; in NeuroGym a quarter are equal, with 2 as the answer",
            comparisons=("condition/ground_truth=*", "ground_truth/decision/[12]"),
            expected=_about(0.5),
            configs=(0,),
        ),
    ),
    "MotorTiming-v0": (
        Correction(
            reason="set has at least one step; NeuroGym floors its 50 ms to none",
            comparisons=("period/set/steps", "observation/set/[03]/*"),
            expected=1,
            configs=(0,),
        ),
        Correction(
            reason="what is seen in a set that NeuroGym has not",
            comparisons=("period/set/*", "observation/set/*", "ground_truth/set/*"),
            configs=(0,),
        ),
        Correction(
            reason="the ground truth is the step nearest to the interval; NeuroGym rounds down",
            comparisons=("policy/ground_truth/return",),
            expected=1,
            rows=_act_only_at(
                lambda periods, drawn, dt: (
                    periods["production"][0] + round(drawn["production"] / dt)
                )
            ),
            configs=(0,),
        ),
    ),
    "Null-v0": (
        Correction(
            reason="having waited scores 1; NeuroGym never scores",
            comparisons=("policy/*/performance",),
            expected=1,
        ),
    ),
    "OneTwoThreeGo-v0": tuple(
        Correction(
            reason="the ground truth is the first step of response, where the reward is best; "
            "NeuroGym marks the whole period",
            comparisons=(f"ground_truth/response/{action}",),
            expected=share,
            rows=_act_only_at(lambda periods, drawn, dt: periods["response"][0]),
            configs=(config,),
        )
        for config, steps in ((0, 12), (1, 50))
        for action, share in ((0, 1 - 1 / steps), (1, 1 / steps))
    ),
    "PerceptualDecisionMaking-v0": (_CUE_UNTIL_DECISION,),
    "PostDecisionWager-v0": (
        Correction(
            reason="sure is a share of correct, not a reward of its own",
            comparisons=("static/rewards/sure",),
        ),
        *(
            Correction(
                reason="a choice is compared with the ground truth that is announced; NeuroGym "
                "compares it with the number of the direction, one less",
                comparisons=(f"policy/{policy}/{label}",),
                expected=expected,
                configs=configs,
            )
            for policy, label, expected, configs in (
                ("ground_truth", "performance", 1, None),
                ("ground_truth", "return", 1, (0, 2)),
                ("ground_truth", "return", 2, (1,)),
                ("random", "performance", _about(0.3375), (0,)),
                ("random", "performance", _about(0.43125), (1,)),
                ("random", "return", _about(0.25), (0,)),
                ("random", "return", (0.44, 0.60), (1,)),
            )
        ),
    ),
    "Reaching1D-v0": _REACHING,
    "Reaching1DWithSelfDistraction-v0": _REACHING,
    "ReachingDelayResponse-v0": (_R_TMAX,),
    "ReadySetGo-v0": (
        Correction(
            reason="the ground truth counts from the onset of set, as the reward does; NeuroGym's "
            "counts from its offset",
            comparisons=("policy/ground_truth/return",),
            expected=1,
            rows=_act_only_at(
                lambda periods, drawn, dt: periods["measure"][1] + round(drawn["production"] / dt)
            ),
        ),
    ),
    "SpatialSuppressMotion-v0": (
        Correction(
            reason="probabilities are not negative, and sum to 1",
            rows=_probability_sums,
            configs=(0,),
        ),
        Correction(
            reason="the ground truth follows the time since onset, whatever dt; NeuroGym's follows "
            "the number of the step",
            rows=lambda ob, gt, golden, dt: (ob, None),
            configs=(1,),
        ),
        Correction(
            reason="all 36 frames are stepped through; NeuroGym loses one to rounding",
            comparisons=("policy/*/steps",),
            expected=36,
            configs=(0,),
        ),
        Correction(
            reason="reports are paid and scored; NeuroGym never does",
            comparisons=("policy/ground_truth/return", "policy/ground_truth/performance"),
            expected=1,
        ),
        Correction(
            reason="reports are paid and scored, between nothing and all",
            comparisons=("policy/*/return", "policy/*/performance"),
            expected=(0.2, 0.55),
        ),
        _NEVER_PAID,
    ),
    "ToneDetection-v0": (
        Correction(
            reason="the last action is paid and scored; NeuroGym never pays or scores",
            comparisons=(
                "policy/fixating/return",
                "policy/fixating/performance",
                "policy/random/return",
                "policy/random/performance",
            ),
            expected=_about(0.25),
        ),
        Correction(
            reason="the last action is paid and scored",
            comparisons=("policy/ground_truth/return", "policy/ground_truth/performance"),
            expected=1,
        ),
        _NEVER_PAID,
    ),
}

# Entries of NeuroGym's trial dict that are no conditions here, and why.
NOT_CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "AnnubesEnv-v0": {"sequential_count": "trials drawn apart are each the first of a session"},
    "DawTwoStep-v0": {"hi_state": "reward_prob says which state pays"},
    "DelayMatchSampleDistractor1D-v0": dict.fromkeys(
        ("test1", "test2", "test3"), "distractors are what tests without a match show"
    ),
    "HierarchicalReasoning-v0": {
        "long_interval": "follows from the interval that is shown",
        "pro_choice": "follows from the interval and the rule",
    },
    "SpatialSuppressMotion-v0": {
        "ground_truth": "it is what trial.gt has",
        "diameter": "0 stands for the one that goes with the contrast",
    },
    "ToneDetection-v0": {"ground_truth": "it is the condition"},
}

# How a value of NeuroGym's trial dict reads here, where it is not the same number.
AS_HERE: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "AnnubesEnv-v0": {
        "stim_types": lambda shown: ["a" in shown, "v" in shown],
        "stim_values": lambda values: [values.get("a", 0), values.get("v", 0)],
    },
    "DelayMatchCategory-v0": {"ground_truth": {"match": 1, "non-match": 2}.__getitem__},
    "EconomicDecisionMaking-v0": {"juice": lambda letters: letters.index("a")},
}

# Conditions that NeuroGym draws without recording them, chosen so that its trial results: from a
# golden trial, its observation, and dt.
GIVEN: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "DelayMatchCategory-v0": _places_in_category,
    "DelayMatchSampleDistractor1D-v0": lambda golden, ob, dt: {
        "distractors": [golden["conditions"][f"test{i}"] for i in (1, 2, 3)]
    },
    "HierarchicalReasoning-v0": _shown_interval,
    "IntervalDiscrimination-v0": lambda golden, ob, dt: {
        "tie": golden["conditions"]["ground_truth"]
    },
    "ProbabilisticReasoning-v0": lambda golden, ob, dt: {
        "luck": 0.0 if golden["conditions"]["ground_truth"] else 1 - 1e-6
    },
    "PulseDecisionMaking-v0": lambda golden, ob, dt: {"tie": golden["conditions"]["ground_truth"]},
    "ToneDetection-v0": lambda golden, ob, dt: {"condition": golden["conditions"]["ground_truth"]},
}
