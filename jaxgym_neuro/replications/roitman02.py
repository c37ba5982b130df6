"""Random dots with free response: networks over the monkeys of Roitman & Shadlen (2002)."""

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
from jaxgym_neuro.training import GRU, Evaluation, Trained, evaluate, train_ppo

NAME, TASK, PRESET = "roitman02", "perceptualdecisionmaking.roitman02-v0", "monkey n"
# Of the published trials 1 is the paper's monkey b, and 2 its monkey n: doc/downloads/
# extract_roitman.py in https://github.com/mwshinn/PyDDM, which numbered them.
FITTED, OTHER = (2, "monkey n"), (1, "monkey b")
# What passes between what is seen and what is decided, and between decision and eye movement, ms;
# added to every time. Of a drift-diffusion model fitted to monkey b's trials it is 314 ms
# (https://pyddm.readthedocs.io, Quick Start).
NON_DECISION = 260.0
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
SEARCHED = {
    "sigma": (1.4, 1.6, 1.8),
    "stimulus": (1000.0, 1250.0, 1500.0),
    "fail": (-1.0, -2.0, -3.0),
}
# Sigma, and ms of stimulus and of the interval between trials, with an error's reward of -3.
TRAINED_IN_SEARCH = (
    (1.6, 1000.0, 200.0),
    (1.6, 1000.0, 400.0),
    (1.6, 1250.0, 200.0),
    (1.7, 1250.0, 200.0),
)
FEWEST = 10  # trials whose mean is drawn
STYLES = {  # colour, line and marker
    "networks": ("#0072B2", "-", "o"),
    "best policy": ("#999999", "-", ""),
    FITTED[1]: ("#000000", "--", "s"),
    OTHER[1]: ("#E69F00", ":", "^"),
}


def watching(**changed: float) -> Watching:
    """Return what the best policy of the fitted task depends on; ``changed`` is otherwise."""
    env, params = resolve(TASK, preset=PRESET)
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


def run(settings: Settings) -> Finding:
    """Train networks on the fitted task, and hold them against both monkeys."""
    trained, evaluation = _train(settings)
    subjects = {
        "networks": Behaviour.of_trials(evaluation.tables, NON_DECISION),
        "best policy": Behaviour.of_best(best_bounds(watching()), NON_DECISION),
        FITTED[1]: Behaviour.of_monkey(FITTED[0]),
        OTHER[1]: Behaviour.of_monkey(OTHER[0]),
    }
    singles = [Behaviour.of_trials([table], NON_DECISION) for table in evaluation.tables]
    unanswered = float(np.mean([np.isnan(t.reaction_time).mean() for t in evaluation.tables]))
    made_by = {"id": TASK, "args": {}, "preset": PRESET}
    return Finding(
        name=NAME,
        numbers=_numbers(subjects, singles) | {"unanswered": rounded(unanswered)},
        statement=statement(subjects, singles, unanswered),
        parts={"networks": Part(trained, evaluation, made_by)},
        draw=lambda: figure(subjects, singles),
    )


def search_policies(settings: Settings) -> dict[str, np.ndarray]:
    """Return what the best policy does in each task that was tried, the nearest one first.

    Columns are the settings; the non-decision time that suits them best; mean absolute differences
    of accuracy and reaction time from monkey n; and by how much errors are slower, ms.
    """
    del settings  # nothing is trained
    rows = []
    for values in itertools.product(*SEARCHED.values()):
        best = best_bounds(watching(**dict(zip(SEARCHED, values, strict=True))))
        rows.append((*values, *_nearness(Behaviour.of_best(best, 0.0))))
    return _nearest_first(list(SEARCHED), rows)


def search_networks(settings: Settings) -> dict[str, np.ndarray]:
    """Return what trained networks do in some of the tasks, as `search_policies` does."""
    rows = []
    for sigma, stimulus, iti in TRAINED_IN_SEARCH:
        timing = {"stimulus": stimulus, "iti": iti}
        _, evaluation = _train(settings, sigma=sigma, timing=timing)
        found = Behaviour.of_trials(evaluation.tables, 0.0)
        rows.append((sigma, stimulus, iti, *_nearness(found)))
    return _nearest_first(["sigma", "stimulus", "iti"], rows)


def _train(settings: Settings, **changed: Any) -> tuple[Trained, Evaluation]:
    """Train networks on the fitted task, of which some is changed, and let them play."""
    env, params = resolve(TASK, preset=PRESET, **changed)
    given = {**RECIPE, **({} if settings.updates is None else {"updates": settings.updates})}
    trained = train_ppo(
        env,
        params,
        GRU(hidden=settings.hidden or HIDDEN),
        **given,
        num_seeds=settings.seeds,
        key=settings.key,
        report=settings.report,
    )
    return trained, evaluate(trained, settings.trials or TRIALS, settings.key + 1)


def _nearness(subject: Behaviour) -> tuple[float, ...]:
    """Return the best non-decision time, differences from the monkey, and slowness of errors."""
    monkey = Behaviour.of_monkey(FITTED[0])
    early = monkey.reaction_time.y - subject.reaction_time.y
    non_decision = float(np.median(early))
    off = float(np.mean(np.abs(early - non_decision)))
    slow = (subject.slowness_of_errors(coh) for coh in INTERMEDIATE)
    return non_decision, subject.off(monkey, "accuracy"), off, *slow


def _nearest_first(names: list[str], rows: list[tuple[float, ...]]) -> dict[str, np.ndarray]:
    """Return rows as columns, in order of how far off they are in terms of what is asked for."""
    most_accuracy, most_time = MOST_OFF.values()
    at = len(names) + 1
    rows = sorted(rows, key=lambda row: row[at] / most_accuracy + row[at + 1] / most_time)
    names = [*names, "non-decision", "accuracy off", "time off"]
    names += [f"errors later at {coh:g}" for coh in INTERMEDIATE]
    return dict(
        zip(names, np.array([[float(f"{x:.3g}") for x in row] for row in rows]).T, strict=True)
    )


def _numbers(subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour]) -> dict[str, Any]:
    """Return the differences, and everything that the figure shows, as a flat dict."""
    found: dict[str, Any] = {}
    for of, (_, monkey) in itertools.product(MOST_OFF, (FITTED, OTHER)):
        found[f"{of} off {monkey}"] = rounded(subjects["networks"].off(subjects[monkey], of))
        for number, one in enumerate(singles):
            found[f"{of} off {monkey}, network {number}"] = rounded(one.off(subjects[monkey], of))
    for name, subject in subjects.items():
        found |= subject.numbers(name)
    return found


def statement(
    subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour], unanswered: float
) -> tuple[str, ...]:
    """Say what fits, by how much, and what does not."""
    networks, monkey, other = (subjects[name] for name in ("networks", FITTED[1], OTHER[1]))
    gap = networks.reaction_time.y - monkey.reaction_time.y
    worst = int(np.argmax(np.nan_to_num(np.abs(gap))))
    accuracy, times = (networks.off(other, of) for of in MOST_OFF)
    return (
        *(_on_fit(networks, singles, monkey, of) for of in MOST_OFF),
        _on_errors(networks, singles, monkey),
        f"the mean time is furthest off at {COHS[worst]:g} %: {gap[worst]:+.0f} ms; "
        f"{100 * unanswered:.1f} % of the networks' trials end without an answer",
        f"times vary otherwise: their standard deviation is {networks.spread[0]:.0f} ms at 0 % and "
        f"{networks.spread[-1]:.0f} ms at 51.2 % ({FITTED[1]}: {monkey.spread[0]:.0f} and "
        f"{monkey.spread[-1]:.0f} ms); {NON_DECISION:.0f} ms of non-decision time are added to "
        "every answer, and do not vary",
        f"{OTHER[1]} is another subject: from it the same networks are off by {accuracy:.3f} and "
        f"{times:.0f} ms",
    )


def _on_fit(networks: Behaviour, singles: Sequence[Behaviour], monkey: Behaviour, of: str) -> str:
    """Say how far off networks are, on average over coherences."""
    form = {"accuracy": "{:.3f}", "reaction_time": "{:.0f} ms"}[of].format
    each, most = np.array([one.off(monkey, of) for one in singles]), MOST_OFF[of]
    fits = "fits" if bool(np.all(each <= most)) else "does not fit"
    return (
        f"{of.replace('_', ' ')} {fits} {FITTED[1]}: the mean absolute difference over coherences "
        f"is {form(networks.off(monkey, of))} ({form(each.min())} to {form(each.max())} in single "
        f"networks; asked for: at most {form(most)})"
    )


def _on_errors(networks: Behaviour, singles: Sequence[Behaviour], monkey: Behaviour) -> str:
    """Say by how much errors are slower than right answers."""
    each = [one.slowness_of_errors(coh) for one in singles for coh in INTERMEDIATE]
    told = ", ".join(
        f"{networks.slowness_of_errors(coh):+.0f} ms at {coh:g} % "
        f"({FITTED[1]}: {monkey.slowness_of_errors(coh):+.0f} ms)"
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


REPLICATION = Replication(
    name=NAME,
    title="Roitman & Shadlen 2002: random dots, answered when the subject likes",
    doi="10.1523/JNEUROSCI.22-21-09475.2002",
    trains="gated networks, by reward, on random-dot motion with free response",
    updates=RECIPE["updates"],
    run=run,
    searches={"policies": search_policies, "networks": search_networks},
)
