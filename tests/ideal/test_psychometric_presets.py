"""The preset ``psychometric``: an ideal observer makes errors, and is far from chance."""

import inspect

import numpy as np
import pytest
from observing import Z, assert_agree, played
from task_ids import IDS

import jaxgym_neuro as jgn
from jaxgym_neuro import ideal
from jaxgym_neuro.registry import factory_of

# What the tasks say of it, to a percent; those in closed form, the others take a simulation.
TOLD = [
    ("CVLearning-v0", "ideal", 0.79),
    ("ContextDecisionMaking-v0", "ideal", 0.82),
    ("DelayMatchCategory-v0", "ideal", 0.89),
    ("DelayMatchSample-v0", "ideal", 0.89),
    ("AntiReach-v0", "ideal", 0.79),
    ("DelayPairedAssociation-v0", "ideal", 0.87),
    ("GoNogo-v0", "ideal", 0.80),
    ("GoNogo-v0", "more probable", 0.84),
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
    """List the ids that have an observer of the task with the preset."""
    for id in IDS:
        factory = factory_of(id)
        has_preset = inspect.isclass(factory) and "psychometric" in factory.PRESETS
        if has_preset and ideal.has_rules(jgn.make(id, preset="psychometric")[0]):
            yield id


def assert_all_agree(id, num_trials):
    """Of all rules, the ideal one earns most, and as much in each way; all to 4 standard errors.

    Closed forms of shortcuts are not simulated: `test_closed_forms_have_the_known_values` has them.
    """
    env, params = jgn.make(id, preset="psychometric")
    found = {
        rule: ideal.performance(
            env, params, rule, num_trials=num_trials if rule == "ideal" else num_trials // 8
        )
        for rule in ideal.rules(env)
    }
    best = found.get("ideal")
    if best is None:
        return
    for rule, expected in found.items():
        if not rule.endswith("known"):
            error = np.hypot(best.mean_reward_error, expected.mean_reward_error)
            assert best.mean_reward >= expected.mean_reward - Z * error - 1e-6
    if best.source == "closed form":
        few = {"num_trials": num_trials, "key": 8}
        assert_agree(ideal.performance(env, params, simulate=True, **few), best)
    if not isinstance(ideal.observer(env, params).policy.rule, ideal.OverTrials):
        # Others are played already.
        assert_agree(played(env, params, "ideal", best, num_trials=num_trials), best)
    if env.has_ground_truth_action:
        table = jgn.rollout(env, params, "ground_truth", num_envs=64, num_trials=512)
        error = table.reward.std() / np.sqrt(len(table))
        assert table.reward.mean() >= best.mean_reward - Z * np.hypot(error, best.mean_reward_error)


@pytest.mark.parametrize("id", ["PerceptualDecisionMaking-v0", "GoNogo-v0"])
def test_what_is_computed_simulated_and_played_agrees(id):
    assert_all_agree(id, 2_048)


@pytest.mark.slow
@pytest.mark.parametrize("id", list(observed()))
def test_closed_forms_whole_trials_and_policies_agree_and_the_ground_truth_earns_most(id):
    """In each condition of 20,000 trials."""
    assert_all_agree(id, 20_000)
