"""What the ground truth, random actions and waiting earn."""

import numpy as np

from jaxgym_neuro.testing.demands import demand, promise
from jaxgym_neuro.testing.task_under_test import sum_per_trial


@promise("build_trial", "respond")
def _ground_truth_performs(tested):
    """Following the ground truth has performance 1 in every trial."""
    if not tested.has_ground_truth:
        return
    info = tested.play("ground truth")["info"]
    score = info["performance"][info["new_trial"]]
    demand(score.size > 0, "no trial ended")
    demand(score == 1, f"it has performance {score.min():g} in {np.mean(score != 1):.1%} of trials")


@promise("respond")
def _ground_truth_earns_most(tested):
    """Following the ground truth earns more than random actions, and no less than waiting."""
    if not tested.has_ground_truth:
        return
    earned = {}
    for policy in ("ground truth", "random", "waiting"):
        played = tested.play(policy)
        earned[policy] = sum_per_trial(played, played["reward"])[0][0].mean()
    best = earned.pop("ground truth")
    text = ", ".join(f"{policy} {amount:g}" for policy, amount in earned.items())
    is_best = best > earned["random"] and best >= earned["waiting"] - 1e-5
    demand(is_best, f"it earns {best:g} per trial, against {text}")


@promise("respond")
def _random_does_not_perform(tested):
    """Random actions do not have performance 1 in every trial."""
    if not tested.has_ground_truth:
        return
    info = tested.play("random")["info"]
    demand(np.any(info["performance"][info["new_trial"]] < 1), "they do")


@promise("respond")
def _waiting_earns_no_choice(tested):
    """Where the ground truth asks for a choice, waiting is neither rewarded nor scored as one."""
    if not tested.has_ground_truth or not tested.env.can_wait:
        return
    played = tested.play("waiting")
    asked, completed = sum_per_trial(played, played["gt"] != 0)
    is_asked = (asked > 0) & completed
    scores = sum_per_trial(played, played["info"]["performance"])[0]
    demand(scores[is_asked] == 0, "waiting has a performance above 0")
    correct = float(tested.params.rewards.get("correct", 0))
    if correct > 0:
        earned = sum_per_trial(played, played["reward"])[0]
        demand(earned[is_asked] < correct, f"waiting earns the {correct:g} of a correct choice")
