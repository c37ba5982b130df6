"""The two-step task: networks that learn within an episode, with weights that stay, over people.

Networks are trained by reward on episodes of Wang et al.'s form of the task (2018): one choice,
after which the state that is reached pays or not. Their memory lasts over the trials of an episode,
and they see what they did and earned. Then they are frozen: whatever they learn of an episode is
in their activity. The same training on Daw et al.'s own form (2011) is beside it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro.analysis import StayProbabilities, stay_probabilities
from jaxgym_neuro.analysis.drawing import legend, panels, title
from jaxgym_neuro.recording.rollout import rollout
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.replications.finding import Finding, Part
from jaxgym_neuro.replications.replication import Replication, Settings
from jaxgym_neuro.training import Trained, evaluate
from jaxgym_neuro.wrappers import PassAction, PassReward

NAME, TASK = "two_step", "DawTwoStep-v0"
# What is one choice in the first form is two in the second, and its rewards drift.
FORMS: Mapping[str, Mapping[str, Any]] = {
    "one choice": {"simplified": True, "trials_per_episode": 100},
    "two choices": {"trials_per_episode": 201},
}
PLANNED, OTHER = FORMS
RECIPE: Mapping[str, Any] = {
    "updates": 100,
    "num_envs": 64,
    "rollout_trials": 100,
    "epochs": 2,
    "minibatches": 2,
    "learning_rate": 2e-3,
    "entropy_weight": 0.02,
    "gamma": 0.9,
    "gae_lambda": 0.9,
}
HIDDEN, TRIALS = 48, 12_000  # as many units as the networks of Wang et al. have
_SUBJECTS = 64  # environments in which a network plays, episode after episode
_COLORS = ("#0072B2", "#E69F00")  # after common and after rare transitions


@dataclasses.dataclass(frozen=True, eq=False)
class Learners:
    """Networks that were trained on a form of the task, and how they stay."""

    trained: Trained
    stays: tuple[StayProbabilities, ...]  # of each network
    earned: tuple[float, ...]  # reward per trial, of each

    def mean(self, of: str) -> float:
        """Return the mean over networks of an effect."""
        return float(np.mean(self.each(of)))

    def each(self, of: str) -> list[float]:
        """Return an effect of each network, ``"reward_effect"`` or ``"interaction"``."""
        return [getattr(stay, of).value for stay in self.stays]

    def after(self, transition: str) -> np.ndarray:
        """Return how often networks stay after a transition: (networks, 2), unrewarded first."""
        return np.array([getattr(stay, f"after_{transition}").y for stay in self.stays])


def make(form: str) -> tuple[Any, Any]:
    """Make a form of the task in which the last action and reward are seen."""
    env, _ = resolve(TASK, **FORMS[form])
    shown = PassReward(PassAction(env, one_hot=True))
    return shown, shown.default_params


def learn(form: str, settings: Settings) -> Learners:
    """Train networks on a form of the task, and let them play with frozen weights.

    They draw their actions as they did when they were trained.
    """
    env, params = make(form)
    trained = settings.train(env, params, RECIPE, HIDDEN)
    tables = [
        rollout(
            env,
            params,
            *trained.agent(run, greedy=False),
            num_envs=_SUBJECTS,
            num_trials=settings.trials or TRIALS,
            key=settings.key + 1,
        )
        for run in range(trained.num_runs)
    ]
    stays = tuple(stay_probabilities(table) for table in tables)
    return Learners(trained, stays, tuple(float(table.reward.mean()) for table in tables))


def run(settings: Settings) -> Finding:
    """Train networks on both forms, and ask how they stay."""
    found = {form: learn(form, settings) for form in FORMS}
    shown = [["PassAction", {"one_hot": True}], ["PassReward", {}]]
    parts = {}
    for form, learners in found.items():
        evaluation = evaluate(learners.trained, settings.trials or TRIALS, settings.key + 1)
        made_by = {"id": TASK, "args": dict(FORMS[form]), "wrappers": shown}
        parts[form.replace(" ", "_")] = Part(learners.trained, evaluation, made_by)
    return Finding(
        name=NAME,
        numbers=_numbers(found),
        statement=statement(found),
        parts=parts,
        draw=lambda: _figure(found),
    )


def _numbers(found: Mapping[str, Learners]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for form, learners in found.items():
        for of in ("reward_effect", "interaction"):
            numbers[f"{of}, {form}"] = learners.mean(of)
            for number, value in enumerate(learners.each(of)):
                numbers[f"{of}, {form}, network {number}"] = value
        for number, earned in enumerate(learners.earned):
            numbers[f"reward per trial, {form}, network {number}"] = earned
        for transition in ("common", "rare"):
            unrewarded, rewarded = learners.after(transition).mean(axis=0)
            numbers[f"stay after {transition}, rewarded, {form}"] = float(rewarded)
            numbers[f"stay after {transition}, unrewarded, {form}"] = float(unrewarded)
    return {name: round(value, 4) for name, value in numbers.items()}


def statement(found: Mapping[str, Learners]) -> tuple[str, ...]:
    """Say what fits, and what does not."""
    planned, other = found[PLANNED], found[OTHER]
    lows = [stay.interaction.low for stay in planned.stays]
    fits = "in every network" if min(lows) > 0 else "but not in every network"
    main = planned.each("reward_effect")
    is_main = all(stay.reward_effect.low > 0 for stay in planned.stays)
    return (
        f"with {PLANNED} whether a network stays depends on reward by transition: the interaction "
        f"is {_of_all(planned, 'interaction')}; it is above 0 {fits}, as in the networks of Wang "
        "et al.: frozen networks plan",
        f"the main effect of reward, which people have too, is {_of_all(planned, 'reward_effect')}"
        f"{'' if is_main else ', not above 0 in every network'}: people are a mixture of "
        f"model-free and model-based, networks {_kind(main, planned.each('interaction'))}",
        f"with {OTHER} and slow drifts, the form that people did, the same training comes to an "
        f"interaction of {_of_all(other, 'interaction')} and a main effect of "
        f"{_of_all(other, 'reward_effect')}: {_on_other(other)}; planning is worth 0.027 rewards "
        f"per trial there, and networks earn {np.mean(other.earned):.3f} (0.5 by chance)",
        "only signs are compared: published stay probabilities of people are a figure, not a table",
    )


def _of_all(learners: Learners, of: str) -> str:
    each = learners.each(of)
    return f"{learners.mean(of):+.2f} ({min(each):+.2f} to {max(each):+.2f} in single networks)"


def _kind(main: list[float], interaction: list[float]) -> str:
    small = max(map(abs, main)) < 0.25 * min(map(abs, interaction))
    return "almost purely model-based" if small else "a mixture of another proportion"


def _on_other(other: Learners) -> str:
    plans = all(stay.interaction.low > 0 for stay in other.stays)
    return "they plan" if plans else "not all of them plan, which does not fit people"


def _figure(found: Mapping[str, Learners]) -> Any:
    """Draw how often networks stay, by reward and transition, in both forms."""
    figure, axes = panels(len(found))
    for ax, (form, learners) in zip(axes, found.items(), strict=True):
        for side, transition, color in zip((-1, 1), ("common", "rare"), _COLORS, strict=True):
            each = learners.after(transition)[:, ::-1]  # rewarded first, as in the papers
            at = np.arange(2) + 0.19 * side
            ax.bar(at, each.mean(axis=0), width=0.36, color=color, label=transition)
            for one in each:
                ax.plot(at, one, linestyle="none", marker="o", markersize=4, color="black",
                        markerfacecolor="white")  # fmt: skip
        ax.set_xticks([0, 1], ["rewarded", "unrewarded"])
        ax.set_xlabel("trial before")
        ax.set_ylabel("probability of staying")
        ax.set_ylim(0, 1.25)
        ax.set_yticks(np.linspace(0, 1, 6))
        title(ax, form)
    legend(axes[0], loc="upper right")
    return figure


REPLICATION = Replication(
    name=NAME,
    title="Daw et al. 2011 and Wang et al. 2018: the two-step task, frozen networks and people",
    doi="10.1016/j.neuron.2011.02.027",
    trains="gated networks, by reward, on episodes of two forms of the two-step task",
    updates=RECIPE["updates"],
    run=run,
)
