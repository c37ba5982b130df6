"""The preset ``psychometric``: an ideal observer makes errors, and is far from chance."""

import inspect

import numpy as np
import pytest
from observing import NUM_TRIALS, Z, assert_agree, played
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import ideal
from jaxgym_neuro.registry import factory_of

# What the tasks say of it, to a percent; those in closed form, the others take a simulation.
TOLD = [
    ("ContextDecisionMaking-v0", "ideal", 0.82),
    ("DelayMatchCategory-v0", "ideal", 0.89),
    ("DelayMatchSample-v0", "ideal", 0.89),
    ("DelayPairedAssociation-v0", "ideal", 0.87),
    ("HierarchicalReasoning-v0", "rule known", 0.81),
    ("IntervalDiscrimination-v0", "as shown", 0.82),
    ("MotorTiming-v0", "counter", 0.86),
    ("MultiSensoryIntegration-v0", "ideal", 0.77),
    ("OneTwoThreeGo-v0", "mean", 0.91),
    ("OneTwoThreeGo-v0", "ideal", 0.95),
    ("PerceptualDecisionMaking-v0", "ideal", 0.79),
    ("PerceptualDecisionMakingDelayResponse-v0", "ideal", 0.79),
    ("ReadySetGo-v0", "as shown", 0.86),
    ("ReadySetGo-v0", "ideal", 0.94),
    ("ToneDetection-v0", "ideal", 0.81),
]


@pytest.mark.parametrize(("id", "rule", "told"), TOLD)
def test_an_ideal_observer_is_right_as_often_as_the_preset_says(id, rule, told):
    found = ideal.performance(*jgn.make(id, preset="psychometric"), rule)
    assert abs(found.mean_performance - told) < 0.0061


def observed():
    """List the ids that have both an observer and the preset."""
    for id in IDS:
        factory = factory_of(id)
        has_observer = inspect.isclass(factory) and factory in ideal.tasks()
        if has_observer and "psychometric" in factory.PRESETS:
            yield id


def _num_trials(rule):
    return NUM_TRIALS if rule == "ideal" else 2048


@pytest.mark.slow
@pytest.mark.parametrize("id", list(observed()))
def test_closed_forms_whole_trials_and_policies_agree_and_the_ground_truth_earns_most(id):
    """Of all rules, the ideal one earns most; all to 4 standard errors.

    Closed forms of shortcuts are not simulated: `test_closed_forms_have_the_known_values` has them.
    """
    env, params = jgn.make(id, preset="psychometric")
    found = {
        rule: ideal.performance(env, params, rule, num_trials=_num_trials(rule))
        for rule in ideal.rules(env)
    }
    best = found.get("ideal")
    for rule, expected in found.items():
        if expected.source == "closed form" and (best is None or expected is best):
            few = {"num_trials": _num_trials(rule), "key": 8}
            assert_agree(ideal.performance(env, params, rule, simulate=True, **few), expected)
        if best is not None and not rule.endswith("known"):
            error = np.hypot(best.mean_reward_error, expected.mean_reward_error)
            assert best.mean_reward >= expected.mean_reward - Z * error - 1e-6
    if best is None:
        return
    if not isinstance(ideal.observer(env, params).policy.rule, ideal.OverTrials):
        assert_agree(played(env, params, "ideal", best), best)  # others are played already
    if env.has_ground_truth_action:
        table = jgn.rollout(env, params, "ground_truth", num_envs=64, num_trials=512)
        error = table.reward.std() / np.sqrt(len(table))
        assert table.reward.mean() >= best.mean_reward - Z * np.hypot(error, best.mean_reward_error)
