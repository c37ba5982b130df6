"""Corrections of the tasks of Yang et al."""

import numpy as np

from corrections.correction import Correction, cue_rows


def _cue_on(*periods):
    """Correct a cue that NeuroGym turns off after fixation."""
    return Correction(
        difference="cue",
        comparisons=tuple(f"observation/{period}/0/*" for period in periods),
        expected=1,
        rows=cue_rows(1, *periods),
    )


def _rings(config, d):
    """Correct the names of channels, which are those of one modality at a time there."""
    return Correction(
        difference="modality",
        comparisons=("static/channels",),
        expected={
            "fixation": [0],
            "stimulus_mod1": list(range(1, d + 1)),
            "stimulus_mod2": list(range(d + 1, 2 * d + 1)),
        },
        configs=(config,),
    )


WITHHOLDING = (
    Correction("withholding", comparisons=("policy/fixating/performance",), expected=0.5),
    Correction("withholding", comparisons=("policy/fixating/return",), expected=0.5),
    Correction("withholding", comparisons=("policy/ground_truth/performance",), expected=1),
    Correction("withholding", comparisons=("policy/ground_truth/return",), expected=1),
)


def _of_the_other_half(ob, gt, golden, dt):
    """Turn the test to the other half of the ring where the sample is the first of the second."""
    del dt
    num = (ob.shape[1] - 1) // 2
    if round(golden["conditions"]["sample_theta"] / (2 * np.pi / num)) != num // 2:
        return ob, gt
    start, end = golden["periods"]["test"]
    rings = ob[start:end, 1:].reshape(end - start, 2, num)
    ob[start:end, 1:] = np.roll(rings, num // 2, axis=-1).reshape(end - start, -1)
    return ob, np.where(gt > 0, (gt - 1 + num // 2) % num + 1, 0)


CORRECTIONS = {
    "yang19.ctxdlydm2-v0": (_cue_on("stim1", "delay", "stim2"),),
    "yang19.dlyanti-v0": (_rings(0, 16), _rings(1, 6)),
    "yang19.dm1-v0": (_cue_on("stimulus"),),
    "yang19.dms-v0": (_rings(0, 16), _cue_on("sample", "delay", "test"), *WITHHOLDING),
    "yang19.dnmc-v0": (
        _rings(0, 16),
        _rings(1, 6),
        _cue_on("sample", "delay", "test"),
        *WITHHOLDING,
        Correction("boundary", rows=_of_the_other_half),
    ),
    "yang19.rtgo-v0": (_rings(0, 8),),
}
