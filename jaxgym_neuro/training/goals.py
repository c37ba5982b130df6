"""Goals: what a network is given of a task, and how good one is at best; of the solved tasks.

A task is solved by a network whose score is within `WITHIN` of the best. The best is the ideal
observer's score where there is one; else the ground truth's, where what is seen suffices for it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro import ideal, registry, wrappers
from jaxgym_neuro.recording.rollout import rollout

WITHIN = 0.03
PERFORMANCE, REWARD = "performance", "reward"
_FEEDBACK = ("PassAction", "PassReward")
_NUM_ENVS, _NUM_TRIALS = 100, 10_000
_OF_THE_OBSERVER, _OF_THE_TRUTH = "the ideal observer", "the ground truth"


@dataclasses.dataclass(frozen=True)
class Goal:
    """What is asked of a network.

    Attributes:
        wrappers: names of the wrappers in which it sees the task.
        args: constructor arguments of the task that are not its defaults.
        measure: what is scored, ``"performance"`` or ``"reward"`` per trial.
        rule: of the ideal observers, which one is the best that can be done.
        best: the score of the best where no observer here has it; NaN: it is computed.
        of: where ``best`` is from.
        greedy: whether the network plays its likeliest actions. Where it has to try what it does
            not know, it draws them: what it learned by drawing may never try anything else.
        supervised: why the ground truth cannot be learned from trials in which nobody acts; "": it
            can.
    """

    wrappers: tuple[str, ...] = ()
    args: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    measure: str = PERFORMANCE
    rule: str = "ideal"
    best: float = float("nan")
    of: str = ""
    greedy: bool = True
    supervised: str = ""

    def make(self, task: Any) -> tuple[Any, Any]:
        """Return the task as it is given to a network, and its params."""
        env, _ = registry.resolve(task, **self.args)
        for name in self.wrappers:
            env = getattr(wrappers, name)(env)
        return env, env.default_params

    def best_of(self, task: Any) -> tuple[float, str]:
        """Return the best score, and whose it is."""
        if not np.isnan(self.best):
            return self.best, self.of
        plain, (env, params) = registry.as_env(task, **self.args), self.make(task)
        for one in (env, plain):
            if ideal.has_rules(one):
                found = ideal.performance(one, rule=self.rule)
                mean = found.mean_performance if self.measure == PERFORMANCE else found.mean_reward
                return mean, _OF_THE_OBSERVER if self.rule == "ideal" else self.rule
        given: dict[str, Any] = {"num_envs": _NUM_ENVS, "num_trials": _NUM_TRIALS, "key": 0}
        table = rollout(env, params, "ground_truth", **given)
        share = getattr(env, "IDEAL", 1.0)
        if share is None:
            name = getattr(task, "name", task)
            raise ValueError(f"how good one can be at {name} is not known; give the goal its best=")
        said = _OF_THE_TRUTH if share == 1.0 else _OF_THE_OBSERVER
        return share * float(np.mean(getattr(table, self.measure))), said


_UNSEEN = "what is right depends on the trials before, in which nobody acts"
GOALS: Mapping[str, Goal] = {
    "Bandit-v0": Goal(
        _FEEDBACK,
        greedy=False,
        measure=REWARD,
        best=0.649,
        of="a Bayesian learner that plans ahead (docstring of the task)",
        supervised=_UNSEEN,
    ),
    # Its last stage alone, as the preset has it: what the others ask for is changed by the next.
    "CVLearning-v0": Goal(args={"stages": (4,), "sigma": 3.3}),
    "ChangingEnvironment-v0": Goal(_FEEDBACK, greedy=False, supervised=_UNSEEN),
    "ContextSwitch-v0": Goal(
        _FEEDBACK,
        best=0.9,
        of="the context of the last trial",
        greedy=False,
        supervised=_UNSEEN,
    ),
    "DawTwoStep-v0": Goal(
        _FEEDBACK, measure=REWARD, rule="probabilities known", greedy=False, supervised=_UNSEEN
    ),
    # Its choice goes with the rule that it reported, which it drew.
    "HierarchicalReasoning-v0": Goal(
        ("PassAction",),
        supervised="the rule that is to be reported is not shown, and the choice goes with it",
    ),
    "LeverPress-v0": Goal(("PassAction",), measure=REWARD, supervised=_UNSEEN),
    "LeverPressWithPoke-v0": Goal(("PassAction",), measure=REWARD, supervised=_UNSEEN),
    "LeverPressWithPokeRest-v0": Goal(("PassAction",), measure=REWARD, supervised=_UNSEEN),
    "MatchingPenny-v0": Goal(("PassAction",), supervised=_UNSEEN),
    "perceptualdecisionmaking.ibl20-v0": Goal(
        supervised="the block is told by the trials before, and a batch has trials of many subjects"
    ),
    # By default an error costs nothing but time: to answer at once earns the most per step.
    "perceptualdecisionmaking.roitman02-v0": Goal(rule="at once"),
    "priors.priors_v0-v0": Goal(rule="history inferred", greedy=False, supervised=_UNSEEN),
}
_DEFAULT = Goal()


def goal_of(task: Any) -> Goal:
    """Return what is asked of a network in a task, which is an id or an environment."""
    return GOALS.get(task, _DEFAULT) if isinstance(task, str) else _DEFAULT
