"""Corrections of the tasks of working memory."""

import numpy as np

from corrections.correction import WITHHOLDING_SCORES, Correction, cue_rows


def _noise(sigma, dt):
    """Variance of the input noise."""
    return sigma**2 / dt


def _first_answers(config, *, waiting, test, fail):
    """DualDelayMatchSample, given the steps in which to wait, and those of each test."""
    answers = 1 - 3**-test  # share of the tests in which a random subject answers at all
    return (
        Correction(
            difference="first answer",
            comparisons=("policy/random/return",),
            expected=-0.1 * 2 / 3 * waiting + 2 * answers * (1 + fail) / 2,
            configs=(config,),
        ),
        Correction(
            difference="performance",
            comparisons=("policy/random/performance",),
            expected=answers / 2,
            configs=(config,),
        ),
        Correction(
            difference="cue",
            comparisons=("observation/test[12]/0/mean_square",),
            expected=0,
            configs=(config,),
        ),
    )


def _turned_by_90_degrees(ob, gt, golden, dt):
    del dt
    for name in ("sample", "test"):
        start, end = golden["periods"][name]
        quarter = (ob.shape[1] - 1) // 4
        ob[start:end, 1:] = np.roll(ob[start:end, 1:], -quarter, axis=1)
    return ob, gt


CORRECTIONS = {
    "DelayComparison-v0": (
        Correction("noise", comparisons=("observation/stimulus[12]/0/mean_square",), expected=1),
    ),
    "DelayMatchCategory-v0": (Correction(difference="boundary", rows=_turned_by_90_degrees),),
    "DelayMatchSampleDistractor1D-v0": (
        Correction(
            difference="cue",
            comparisons=("observation/sample/0/*", "observation/delay1/0/*"),
            expected=1,
            rows=cue_rows(1, "sample", "delay1"),
        ),
        *(
            Correction(
                difference="sigma",
                comparisons=tuple(
                    f"observation/{period}/{channels}/mean_square"
                    for period in ("sample", "test[123]")
                    for channels in ("[1-9]", "[123][0-9]")
                ),
                expected=0.5 + _noise(1.0, dt),
                configs=(config,),
            )
            for config, dt in ((0, 100), (1, 50))
        ),
    ),
    "DelayPairedAssociation-v0": (
        *WITHHOLDING_SCORES,
        Correction(
            difference="sigma",
            comparisons=(
                "observation/stim1/[34]/mean_square",
                "observation/stim2/[12]/mean_square",
            ),
            expected=_noise(1.0, 100),
        ),
        Correction(
            difference="sigma",
            comparisons=(
                "observation/stim1/[12]/mean_square",
                "observation/stim2/[34]/mean_square",
            ),
            expected=0.5 + _noise(1.0, 100),
        ),
    ),
    "DualDelayMatchSample-v0": (
        Correction(
            difference="cue",
            comparisons=("observation/test[12]/0/mean",),
            expected=0,
            rows=cue_rows(0, "test1", "test2"),
        ),
        Correction(
            difference="first answer",
            comparisons=("policy/ground_truth/return",),
            expected=2,
        ),
        Correction("noise", comparisons=("observation/sample/0/mean_square",), expected=1),
        Correction(
            "noise",
            comparisons=tuple(
                f"observation/{period}/[56]/mean_square" for period in ("sample", "test[12]")
            ),
            expected=0,
        ),
        *_first_answers(0, waiting=30, test=5, fail=0),
        *_first_answers(1, waiting=58, test=10, fail=-1.0),
    ),
}
