"""Corrections of the tasks with rules and contexts."""

from conditions import shown_interval

from corrections.correction import CUE_UNTIL_DECISION, Correction, cue_rows


def _choice_by_shown_interval(ob, gt, golden, dt):
    drawn, (start, end) = golden["conditions"], golden["periods"]["decision"]
    is_long = shown_interval(golden, dt) > 850
    follows = is_long == drawn["rule"]
    gt[start:end] = 3 + (drawn["stimulus"] if follows else 1 - drawn["stimulus"])
    return ob, gt


CORRECTIONS = {
    "ChangingEnvironment-v0": (
        Correction(
            difference="cue",
            comparisons=("observation/stimulus/0/*",),
            expected=1,
            rows=cue_rows(1, "stimulus"),
        ),
    ),
    "ContextDecisionMaking-v0": (CUE_UNTIL_DECISION,),
    "HierarchicalReasoning-v0": (
        Correction(
            difference="median",
            comparisons=("condition/long_interval=*", "condition/pro_choice=*"),
            expected=0.5,
        ),
        Correction(difference="interval", rows=_choice_by_shown_interval),
    ),
}
