"""Ready-Set-Go with priors: networks that measure badly, over people of Jazayeri & Shadlen (2010).

What is noisy is the interval that is shown (the task's Weber fraction), and nothing else: networks
act without noise, and nobody tells them of the prior but a cue, and what is rewarded. One more
network, trained on intervals without noise, is the control.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import ideal, references
from jaxgym_neuro.analysis import Curve, Estimate, Reproduction, reproduction
from jaxgym_neuro.analysis.drawing import legend, panels
from jaxgym_neuro.recording.rollout import rollout
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.replications.finding import Finding, Part
from jaxgym_neuro.replications.replication import Replication, Settings
from jaxgym_neuro.training import Trained, evaluate

NAME, TASK, PEOPLE = "ready_set_go", "ReadySetGo-v0", "jazayeri10"
DT, WEBER = 40.0, 0.1
RECIPE: Mapping[str, Any] = {
    "updates": 400,
    "num_envs": 64,
    "rollout_trials": 1,
    "epochs": 3,
    "minibatches": 2,
    "learning_rate": 3e-3,
    "entropy_weight": 0.003,
    "gamma": 0.99,
    "gae_lambda": 0.95,
}
HIDDEN, TRIALS = 64, 12_000
NOISY, EXACT, BEST = "networks", "network without noise", "ideal observer"
_COLORS = ("#000000", "#0072B2", "#E69F00")
_MARKERS = ("o", "s", "^")


@dataclasses.dataclass(frozen=True, eq=False)
class Timing:
    """What a subject produces, by prior."""

    priors: tuple[Reproduction, ...]
    shared: tuple[float, ...]  # ms, its mean production of an interval that all priors have

    @classmethod
    def of(cls, tables: Sequence[Any]) -> "Timing":
        """Take the trials of several networks together."""
        names = ("prior", "production", "produced")
        columns = {name: np.concatenate([table[name] for table in tables]) for name in names}
        prior, asked = columns["prior"], columns["production"]
        found = tuple(
            _reproduced({name: column[prior == number] for name, column in columns.items()})
            for number in range(len(intervals()))
        )
        common = shared_interval()
        at_common = np.isclose(asked, common)
        produced = columns["produced"]
        there = at_common & np.isfinite(produced)
        means = [produced[there & (prior == number)] for number in range(len(found))]
        return cls(found, tuple(float(x.mean()) if len(x) else math.nan for x in means))

    @property
    def regression(self) -> np.ndarray:
        """1 less the slope of produced over asked, by prior."""
        return np.array([one.regression.value for one in self.priors])


def _reproduced(trials: Mapping[str, np.ndarray]) -> Reproduction:
    """Compare produced with asked intervals; NaN where too little was produced."""
    try:
        return reproduction(trials)
    except ValueError:
        x = np.unique(trials["production"]).astype(np.float64)
        none = np.full(len(x), np.nan)
        unknown = Estimate(math.nan, math.nan, math.nan)
        return Reproduction(
            produced=Curve(x, none, none, none, np.zeros(len(x), np.int64)),
            spread=none,
            cv=none,
            slope=unknown,
            regression=unknown,
            bias=unknown,
            indifference=math.nan,
            root_mean_bias=math.nan,
            root_mean_variance=math.nan,
            trials=0,
            left_out=len(trials["production"]),
        )


def intervals() -> list[list[float]]:
    """Return the intervals of each prior, ms: the published ranges in whole steps."""
    table = references.load(PEOPLE)
    ends = [np.round(table[end] / DT) * DT for end in ("low", "high")]
    return [np.arange(low, high + DT / 2, DT).tolist() for low, high in zip(*ends, strict=True)]


def shared_interval() -> float:
    """Return the interval that all priors have, ms."""
    first, *others = map(set, intervals())
    return max(first.intersection(*others))


def learn(weber: float, settings: Settings) -> Trained:
    """Train networks on intervals that are shown with some noise."""
    env, params = resolve(TASK, dt=DT, weber=WEBER, priors=intervals())
    return settings.train(env, params.replace(weber=weber), RECIPE, HIDDEN)


def run(settings: Settings) -> Finding:
    """Train networks with noise and without, and hold them against the best that can be done."""
    trials, key = settings.trials or TRIALS, settings.key + 1
    parts, subjects, singles = {}, {}, {}
    one = dataclasses.replace(settings, seeds=1)
    for name, weber, these in ((NOISY, WEBER, settings), (EXACT, 0.0, one)):
        trained = learn(weber, these)
        evaluation = evaluate(trained, trials, key)
        made_by = {"id": TASK, "args": {"dt": DT, "weber": WEBER, "priors": intervals()},
                   "params": {"weber": weber}}  # fmt: skip
        parts[name.replace(" ", "_")] = Part(trained, evaluation, made_by)
        subjects[name] = Timing.of(evaluation.tables)
        singles[name] = [Timing.of([table]) for table in evaluation.tables]
    noisy = parts[NOISY].trained
    observer = ideal.observer(noisy.env, noisy.params)
    table = rollout(noisy.env, noisy.params, *observer, num_envs=256, num_trials=trials, key=key)
    subjects[BEST] = Timing.of([table])
    return Finding(
        name=NAME,
        numbers=_numbers(subjects, singles),
        statement=statement(subjects, singles),
        parts=parts,
        draw=lambda: _figure(subjects, singles),
    )


def _numbers(
    subjects: Mapping[str, Timing], singles: Mapping[str, Sequence[Timing]]
) -> dict[str, float | None]:
    names = references.load(PEOPLE)["prior"]
    numbers: dict[str, float] = {}
    for who, timing in subjects.items():
        for prior, one, shared in zip(names, timing.priors, timing.shared, strict=True):
            numbers |= {
                f"regression of {who}, {prior} prior": one.regression.value,
                f"BIAS of {who}, {prior} prior": one.root_mean_bias,
                f"VAR^1/2 of {who}, {prior} prior": one.root_mean_variance,
                f"CV of {who}, {prior} prior": float(np.mean(one.cv)),
                f"{shared_interval():g} ms of {who}, {prior} prior": shared,
            }
    for who, each in singles.items():
        for number, timing in enumerate(each):
            for prior, value in zip(names, timing.regression, strict=True):
                numbers[f"regression of {who}, {prior} prior, network {number}"] = float(value)
    return {
        name: float(f"{value:.5g}") if math.isfinite(value) else None
        for name, value in numbers.items()
    }


def statement(
    subjects: Mapping[str, Timing], singles: Mapping[str, Sequence[Timing]]
) -> tuple[str, ...]:
    """Say what fits, by how much, and what does not."""
    networks, best, exact = (subjects[name] for name in (NOISY, BEST, EXACT))
    if not np.all(np.isfinite(np.concatenate([networks.regression, exact.regression]))):
        return ("nothing fits: networks have not learned to act with every prior",)
    each = [one.regression for one in singles[NOISY]]
    regress = all(np.all(one > 0) for one in each)
    grows = all(np.all(np.diff(one) > 0) for one in each)
    told = "in every network" if regress and grows else "but not in every network"
    shift = np.diff(networks.shared)
    orders = "as those of people do" if np.all(shift > 0) else "which does not fit people"
    off = float(np.mean(np.abs(networks.regression - best.regression)))
    more = "more" if np.mean(networks.regression - best.regression) > 0 else "less"
    spread = [one.spread[[0, -1]] for one in networks.priors]
    is_scalar = all(last > first for first, last in spread)
    return (
        f"productions regress to the mean, by {_listed(networks.regression)} of the way with the "
        f"short, intermediate and long prior, the more the longer the intervals, {told}",
        f"{shared_interval():g} ms, which all priors have, are produced as "
        f"{_listed(networks.shared, '.0f')} ms: productions depend on the prior, {orders}",
        f"the mean absolute difference from the ideal observer's regression "
        f"({_listed(best.regression)}) is {off:.3f}; networks regress {more}",
        f"trained on intervals without noise, a network regresses by {_listed(exact.regression)}: "
        "what draws productions to the mean is what they learned of noise and prior",
        f"BIAS is {_listed([one.root_mean_bias for one in networks.priors], '.0f')} ms and "
        f"VAR^1/2 {_listed([one.root_mean_variance for one in networks.priors], '.0f')} ms",
        "within a prior the s.d. from the shortest to the longest interval is "
        + ", ".join(f"{first:.0f} to {last:.0f} ms" for first, last in spread)
        + (
            ": it grows, as in people"
            if is_scalar
            else ": it does not grow with every prior, as it does in people; productions have no "
            "noise of their own here, and who regresses varies less"
        ),
        "only directions are compared with people: their numbers by interval are figures, not a "
        "table",
    )


def _listed(values: Any, form: str = ".2f") -> str:
    return ", ".join(format(float(value), form) for value in values)


def _figure(subjects: Mapping[str, Timing], singles: Mapping[str, Sequence[Timing]]) -> Any:
    """Draw productions by prior, regression, and bias against spread."""
    figure, (left, middle, right) = panels(3)
    names = references.load(PEOPLE)["prior"].tolist()
    networks, best = subjects[NOISY], subjects[BEST]
    for row, (name, color, marker) in enumerate(zip(names, _COLORS, _MARKERS, strict=True)):
        mine, ideals = networks.priors[row], best.priors[row].produced
        mine.produced.plot(
            left, label=f"{name} prior", color=color, marker=marker,
            xlabel="asked (ms)", ylabel="produced (ms)",
        )  # fmt: skip
        left.plot(ideals.x, ideals.y, color=color, linestyle=":", linewidth=1.2)
        for one in singles[NOISY]:
            own = one.priors[row]
            right.plot(own.root_mean_bias, own.root_mean_variance, color=color, marker=marker,
                       markersize=5, alpha=0.5, linestyle="none")  # fmt: skip
        other = best.priors[row]
        right.plot(mine.root_mean_bias, mine.root_mean_variance, color=color, marker=marker,
                   markersize=8, linestyle="none", label=f"{name} prior")  # fmt: skip
        right.plot(other.root_mean_bias, other.root_mean_variance, color=color, marker=marker,
                   markersize=8, markerfacecolor="white", linestyle="none")  # fmt: skip
    ends = [min(map(min, intervals())), max(map(max, intervals()))]
    left.plot(ends, ends, color="0.7", linewidth=0.8, zorder=0)
    left.plot([], [], color="0.4", linestyle=":", label=BEST)
    styles = {NOISY: ("-", "o", "#000000"), BEST: (":", "D", "#666666"),
              EXACT: ("--", "x", "#D55E00")}  # fmt: skip
    for who, (line, marker, color) in styles.items():
        middle.plot(names, subjects[who].regression, linestyle=line, marker=marker, color=color,
                    label=who)  # fmt: skip
        for one in singles.get(who, ()):
            middle.plot(names, one.regression, color=color, linewidth=0.6, alpha=0.5)
    middle.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    middle.set_xlabel("prior")
    middle.set_ylabel("regression to the mean (1 - slope)")
    right.plot([], [], marker="D", color="0.4", markerfacecolor="white", linestyle="none",
               label=BEST)  # fmt: skip
    right.set_xlim(left=0)
    right.set_ylim(bottom=0)
    right.set_xlabel("BIAS (ms)")
    right.set_ylabel("VAR$^{1/2}$ (ms)")
    for ax in (left, middle, right):
        legend(ax)
    return figure


REPLICATION = Replication(
    name=NAME,
    title="Jazayeri & Shadlen 2010: intervals of three priors are produced, people",
    doi="10.1038/nn.2590",
    trains="gated networks, by reward, on Ready-Set-Go with three priors, with Weber noise and not",
    updates=RECIPE["updates"],
    run=run,
)
