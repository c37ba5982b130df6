"""Corrections of the tasks of working memory."""

import numpy as np

from corrections.correction import WITHHOLDING_SCORES, Correction, cue_rows


def _noise(sigma, dt):
    """Variance of the input noise."""
    return sigma**2 / dt


def _first_answers(config, *, waiting, test, fail, sigma, dt):
    """DualDelayMatchSample, given the steps in which to wait, and those of each test."""
    answers = 1 - 3**-test  # share of the tests in which a random subject answers at all
    only_first = "only the first answer of a test is paid; NeuroGym pays every step of test1"
    return (
        Correction(
            reason=only_first,
            comparisons=("policy/random/return",),
            expected=-0.1 * 2 / 3 * waiting + 2 * answers * (1 + fail) / 2,
            configs=(config,),
        ),
        Correction(
            reason="performance is the mean of both answers; in NeuroGym either is enough",
            comparisons=("policy/random/performance",),
            expected=answers / 2,
            configs=(config,),
        ),
        Correction(
            reason="the cue goes off in the tests; NeuroGym's never does",
            comparisons=("observation/test[12]/0/mean_square",),
            expected=_noise(sigma, dt),
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


_NOISE = "sigma has its effect; NeuroGym ignores it"

CORRECTIONS = {
    "DelayMatchCategory-v0": (
        Correction(
            reason="the boundary between the categories is turned by 90 degrees; NeuroGym's runs "
            "through 0 and pi, where a ring of two units cannot tell its sides apart",
            rows=_turned_by_90_degrees,
        ),
    ),
    "DelayMatchSampleDistractor1D-v0": (
        Correction(
            reason="the fixation cue stays on until the first test, as its penalty does",
            comparisons=("observation/sample/0/*", "observation/delay1/0/*"),
            expected=1,
            rows=cue_rows(1, "sample", "delay1"),
        ),
        *(
            Correction(
                reason=_NOISE,
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
            reason=_NOISE,
            comparisons=(
                "observation/stim1/[34]/mean_square",
                "observation/stim2/[12]/mean_square",
            ),
            expected=_noise(1.0, 100),
        ),
        Correction(
            reason=_NOISE,
            comparisons=(
                "observation/stim1/[12]/mean_square",
                "observation/stim2/[34]/mean_square",
            ),
            expected=0.5 + _noise(1.0, 100),
        ),
    ),
    "DualDelayMatchSample-v0": (
        Correction(
            reason="the cue goes off in the tests; NeuroGym's never does",
            comparisons=("observation/test[12]/0/mean",),
            expected=0,
            rows=cue_rows(0, "test1", "test2"),
        ),
        Correction(
            reason="only the first answer of a test is paid; NeuroGym pays every step of test1",
            comparisons=("policy/ground_truth/return",),
            expected=2,
        ),
        *_first_answers(0, waiting=30, test=5, fail=0, sigma=1.0, dt=100),
        *_first_answers(1, waiting=58, test=10, fail=-1.0, sigma=0.4, dt=50),
    ),
}
