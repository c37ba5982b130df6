"""Random dots with free response: networks over the monkeys of Roitman & Shadlen (2002).

The monkeys differ, and there is a fit to each: `roitman02` is that to monkey b, `roitman02_n` that
to monkey n.
"""

import dataclasses
import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis import Curve
from jaxgym_neuro.analysis.drawing import legend, panels
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.replications.behaviour import COHS, Behaviour, rounded
from jaxgym_neuro.replications.best_bounds import Watching, best_bounds
from jaxgym_neuro.replications.finding import Finding, Part
from jaxgym_neuro.replications.replication import Replication, Settings
from jaxgym_neuro.training import Evaluation, Trained, evaluate

TASK = "perceptualdecisionmaking.roitman02-v0"


@dataclasses.dataclass(frozen=True)
class Fit:
    """A replication that is fitted to one of the monkeys."""

    name: str  # of the replication
    subject: int  # of the published trials
    monkey: str  # what the paper calls it, and the task's preset
    # What passes between what is seen and what is decided, and between decision and eye movement,
    # ms; added to every time.
    non_decision: float


# Of the published trials 1 is the paper's monkey b, and 2 its monkey n: doc/downloads/
# extract_roitman.py in https://github.com/mwshinn/PyDDM, which numbered them. A drift-diffusion
# model of monkey b's trials has a non-decision time of 314 ms (https://pyddm.readthedocs.io,
# Quick Start).
MONKEY_B = Fit("roitman02", subject=1, monkey="monkey b", non_decision=340.0)
MONKEY_N = Fit("roitman02_n", subject=2, monkey="monkey n", non_decision=260.0)
FITS = (MONKEY_B, MONKEY_N)
# What `train_ppo` is given. The discount is part of the fit: it makes time costly.
RECIPE: Mapping[str, Any] = {
    "updates": 200,
    "num_envs": 128,
    "rollout_trials": 2,
    "epochs": 3,
    "minibatches": 4,
    "learning_rate": 3e-3,
    "entropy_weight": 0.01,
    "gamma": 0.99,
    "gae_lambda": 0.95,
}
HIDDEN, TRIALS = 64, 12_000
MOST_OFF = {"accuracy": 0.04, "reaction_time": 60.0}  # that are asked for, on average
INTERMEDIATE = (6.4, 12.8)  # %, where there are errors enough to time
SEARCHED = {  # "fail" is the reward of an error, and of no answer
    "sigma": (1.6, 1.8, 2.0),
    "stimulus": (800.0, 1000.0, 1250.0),
    "fail": (-2.0, -2.5, -3.0),
}
TRAINED_IN_SEARCH = (
    (1.6, 1000.0, -3.0),
    (1.6, 1250.0, -3.0),
    (1.7, 1250.0, -3.0),
    (1.8, 1000.0, -2.5),
)
FEWEST = 10  # trials whose mean is drawn
STYLES = {  # colour, line and marker
    "networks": ("#0072B2", "-", "o"),
    "best policy": ("#999999", "-", ""),
    MONKEY_B.monkey: ("#000000", "--", "s"),
    MONKEY_N.monkey: ("#E69F00", ":", "^"),
}


def watching(fit: Fit, **changed: float) -> Watching:
    """Return what the best policy of the fitted task depends on; ``changed`` is otherwise."""
    env, params = resolve(TASK, preset=fit.monkey)
    timing = {name: float(env.timing[name].lower()) for name in ("iti", "fixation", "stimulus")}
    own = {
        "cohs": tuple(float(coh) for coh in params.cohs),
        "sigma": float(params.sigma),
        "dt": float(env.dt),
        "stimulus": timing["stimulus"],
        "between": timing["iti"] + timing["fixation"],
        "fail": float(params.rewards["fail"]),
        "time_out": 0.0,
        "gamma": RECIPE["gamma"],
    }
    return Watching(**{**own, **changed})


def run(fit: Fit, settings: Settings) -> Finding:
    """Train networks on the fitted task, and hold them against both monkeys."""
    trained, evaluation = _train(fit, settings)
    subjects = {
        "networks": Behaviour.of_trials(evaluation.tables, fit.non_decision),
        "best policy": Behaviour.of_best(best_bounds(watching(fit)), fit.non_decision),
        **{one.monkey: Behaviour.of_monkey(one.subject) for one in FITS},
    }
    singles = [Behaviour.of_trials([table], fit.non_decision) for table in evaluation.tables]
    unanswered = float(np.mean([np.isnan(t.reaction_time).mean() for t in evaluation.tables]))
    made_by = {"id": TASK, "args": {}, "preset": fit.monkey}
    return Finding(
        name=fit.name,
        numbers=_numbers(subjects, singles) | {"unanswered": rounded(unanswered)},
        statement=statement(fit, subjects, singles, unanswered),
        parts={"networks": Part(trained, evaluation, made_by)},
        draw=lambda: figure(subjects, singles),
    )


def search_policies(fit: Fit, settings: Settings) -> dict[str, np.ndarray]:
    """Return what the best policy does in each task that was tried, the nearest one first.

    Columns are the settings; the non-decision time that suits them best; mean absolute differences
    of accuracy and reaction time from the monkey; and by how much errors are slower, ms.
    """
    del settings  # nothing is trained
    rows = []
    for values in itertools.product(*SEARCHED.values()):
        best = best_bounds(watching(fit, **dict(zip(SEARCHED, values, strict=True))))
        rows.append((*values, *_nearness(fit, Behaviour.of_best(best, 0.0))))
    return _nearest_first(rows)


def search_networks(fit: Fit, settings: Settings) -> dict[str, np.ndarray]:
    """Return what trained networks do in some of the tasks, as `search_policies` does."""
    rows = []
    for sigma, stimulus, fail in TRAINED_IN_SEARCH:
        _, evaluation = _train(
            fit,
            settings,
            sigma=sigma,
            timing={"stimulus": stimulus},
            rewards={"fail": fail, "miss": fail},
        )
        found = Behaviour.of_trials(evaluation.tables, 0.0)
        rows.append((sigma, stimulus, fail, *_nearness(fit, found)))
    return _nearest_first(rows)


def _train(fit: Fit, settings: Settings, **changed: Any) -> tuple[Trained, Evaluation]:
    """Train networks on the fitted task, of which some is changed, and let them play."""
    env, params = resolve(TASK, preset=fit.monkey, **changed)
    trained = settings.train(env, params, RECIPE, HIDDEN)
    return trained, evaluate(trained, settings.trials or TRIALS, settings.key + 1)


def _nearness(fit: Fit, subject: Behaviour) -> tuple[float, ...]:
    """Return the best non-decision time, differences from the monkey, and slowness of errors."""
    monkey = Behaviour.of_monkey(fit.subject)
    early = monkey.reaction_time.y - subject.reaction_time.y
    non_decision = float(np.median(early))
    off = float(np.mean(np.abs(early - non_decision)))
    slow = (subject.slowness_of_errors(coh) for coh in INTERMEDIATE)
    return non_decision, subject.off(monkey, "accuracy"), off, *slow


def _nearest_first(rows: list[tuple[float, ...]]) -> dict[str, np.ndarray]:
    """Return rows as columns, in order of how far off they are in terms of what is asked for."""
    most_accuracy, most_time = MOST_OFF.values()
    at = len(SEARCHED) + 1
    rows = sorted(rows, key=lambda row: row[at] / most_accuracy + row[at + 1] / most_time)
    names = [*SEARCHED, "non-decision", "accuracy off", "time off"]
    names += [f"errors later at {coh:g}" for coh in INTERMEDIATE]
    return dict(
        zip(names, np.array([[float(f"{x:.3g}") for x in row] for row in rows]).T, strict=True)
    )


def _numbers(subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour]) -> dict[str, Any]:
    """Return the differences, and everything that the figure shows, as a flat dict."""
    found: dict[str, Any] = {}
    for of, monkey in itertools.product(MOST_OFF, (fit.monkey for fit in FITS)):
        found[f"{of} off {monkey}"] = rounded(subjects["networks"].off(subjects[monkey], of))
        for number, one in enumerate(singles):
            found[f"{of} off {monkey}, network {number}"] = rounded(one.off(subjects[monkey], of))
    for name, subject in subjects.items():
        found |= subject.numbers(name)
    return found


def statement(
    fit: Fit, subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour], unanswered: float
) -> tuple[str, ...]:
    """Say what fits, by how much, and what does not."""
    (other_name,) = (one.monkey for one in FITS if one != fit)
    networks, monkey, other = (subjects[name] for name in ("networks", fit.monkey, other_name))
    gap = networks.reaction_time.y - monkey.reaction_time.y
    worst = int(np.argmax(np.nan_to_num(np.abs(gap))))
    accuracy, times = (networks.off(other, of) for of in MOST_OFF)
    return (
        *(_on_fit(fit, subjects, singles, of) for of in MOST_OFF),
        _on_errors(fit, subjects, singles),
        f"the mean time is furthest off at {COHS[worst]:g} %: {gap[worst]:+.0f} ms; "
        f"{100 * unanswered:.1f} % of the networks' trials end without an answer",
        f"times vary otherwise: their standard deviation is {networks.spread[0]:.0f} ms at 0 % and "
        f"{networks.spread[-1]:.0f} ms at 51.2 % ({fit.monkey}: {monkey.spread[0]:.0f} and "
        f"{monkey.spread[-1]:.0f} ms); {fit.non_decision:.0f} ms of non-decision time are added to "
        "every answer, and do not vary",
        f"{other_name} is another subject: from it the same networks are off by {accuracy:.3f} and "
        f"{times:.0f} ms",
    )


def _on_fit(
    fit: Fit, subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour], of: str
) -> str:
    """Say how far off networks are, on average over coherences."""
    networks, monkey = subjects["networks"], subjects[fit.monkey]
    form = {"accuracy": "{:.3f}", "reaction_time": "{:.0f} ms"}[of].format
    each, most = np.array([one.off(monkey, of) for one in singles]), MOST_OFF[of]
    fits = "fits" if bool(np.all(each <= most)) else "does not fit"
    return (
        f"{of.replace('_', ' ')} {fits} {fit.monkey}: the mean absolute difference over coherences "
        f"is {form(networks.off(monkey, of))} ({form(each.min())} to {form(each.max())} in single "
        f"networks; asked for: at most {form(most)})"
    )


def _on_errors(fit: Fit, subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour]) -> str:
    """Say by how much errors are slower than right answers."""
    networks, monkey = subjects["networks"], subjects[fit.monkey]
    each = [one.slowness_of_errors(coh) for one in singles for coh in INTERMEDIATE]
    told = ", ".join(
        f"{networks.slowness_of_errors(coh):+.0f} ms at {coh:g} % "
        f"({fit.monkey}: {monkey.slowness_of_errors(coh):+.0f} ms)"
        for coh in INTERMEDIATE
    )
    number = sum(slow > 0 for slow in each)
    return (
        f"errors come later than right answers by {told}; they are slower in {number} of "
        f"{len(each)} cases, a network and a coherence each"
    )


def figure(subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour]) -> Any:
    """Draw accuracy, and times of right answers and of errors, of all subjects."""
    whole, axes = panels(3)
    curves = ("accuracy", "correct_time", "error_time")
    labels = ("correct", "time of right answers (ms)", "time of errors (ms)")
    for ax, of, label in zip(axes, curves, labels, strict=True):
        for one in singles:
            curve = _enough(getattr(one, of))
            ax.plot(curve.x, curve.y, color=STYLES["networks"][0], linewidth=0.7, alpha=0.5)
        for name, subject in subjects.items():
            color, line, marker = STYLES[name]
            curve = _enough(getattr(subject, of))
            curve.plot(
                ax, label=name, color=color, line=line, marker=marker,
                xlabel="motion coherence (%)", ylabel=label,
            )  # fmt: skip
        ax.set_xscale("symlog", linthresh=3.2, linscale=0.5)
        ax.set_xticks(COHS, [f"{coh:g}" for coh in COHS])
        ax.set_xlim(-0.3, 60)
        ax.minorticks_off()
    for ax in axes[1:]:
        ax.set_ylim(300, 1100)
    legend(axes[0], loc="lower right")
    return whole


def _enough(curve: Curve) -> Curve:
    """Return the points of a curve that rest on trials enough for a mean."""
    rows = curve.count >= FEWEST
    return Curve(**{name: values[rows] for name, values in curve.columns().items()})


def replication(fit: Fit) -> Replication:
    """Return the replication of a fit."""
    return Replication(
        name=fit.name,
        title="Roitman & Shadlen 2002: random dots, answered when the subject likes "
        f"({fit.monkey})",
        doi="10.1523/JNEUROSCI.22-21-09475.2002",
        trains="gated networks, by reward, on random-dot motion with free response",
        updates=RECIPE["updates"],
        run=functools.partial(run, fit),
        searches={
            "policies": functools.partial(search_policies, fit),
            "networks": functools.partial(search_networks, fit),
        },
    )


REPLICATION = replication(MONKEY_B)
