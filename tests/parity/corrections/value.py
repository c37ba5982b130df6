"""Corrections of the tasks of value and confidence."""

import numpy as np

from corrections.correction import Correction


def _wager(config, *, fixation, decision, correct=1.0, fail=0.0, abort=False):
    """PostDecisionWager, given the steps of the periods in which to wait and to answer.

    A random subject breaks fixation in 3 of 4 steps, and its answer is right in 1 of 3, the sure
    bet in 1 of 3, which is offered in half of the trials and pays 0.7 of ``correct``.
    """
    sure = 0.7 * correct
    begins = 4.0**-fixation if abort else 1.0
    answers = begins * (1 - 4.0**-decision)
    breaks = 1 - begins if abort else 0.75 * fixation
    score = (1 + (sure - fail) / (correct - fail) / 2) / 3
    paid = (correct + fail + (sure - 0.1) / 2) / 3
    numbers = {
        "ground_truth/performance": 1,
        "ground_truth/return": correct,
        "random/performance": answers * score,
        "random/return": answers * paid - 0.1 * breaks,
    }
    return tuple(
        Correction(
            difference="ground truth",
            comparisons=(f"policy/{name}",),
            expected=number,
            configs=(config,),
        )
        for name, number in numbers.items()
    )


def _cue_of_next_trial(row, action, t):
    return np.array([1, 0, 0]) if t == 0 and action == 0 else row


CORRECTIONS = {
    "Bandit-v0": tuple(
        Correction(
            difference="ground truth",
            comparisons=("policy/fixating/performance", "policy/random/performance")[first:],
            expected=share,
            configs=(config,),
        )
        # either of two arms that are equally good; the second of three
        for config, first, share in ((0, 0, 1), (1, 1, 1 / 3))
    ),
    "DawTwoStep-v0": (Correction(difference="start cue", step=_cue_of_next_trial),),
    "PostDecisionWager-v0": (
        Correction("noise", comparisons=("observation/stimulus/0/mean_square",), expected=1),
        Correction("noise", comparisons=("observation/stimulus/3/mean_square",), expected=0),
        *_wager(0, fixation=1, decision=1),
        *_wager(1, fixation=2, decision=2, correct=2.0, fail=-0.5),
        *_wager(2, fixation=3, decision=1, abort=True),
    ),
}
