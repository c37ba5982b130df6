"""Random dots with free response: networks over the monkeys of Roitman & Shadlen (2002)."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import references
from jaxgym_neuro.analysis import Curve, chronometric, psychometric
from jaxgym_neuro.analysis.drawing import legend, panels
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.replications.best_bounds import BestBounds, Watching, best_bounds
from jaxgym_neuro.replications.finding import Finding, Part
from jaxgym_neuro.replications.replication import Replication, Settings
from jaxgym_neuro.training import GRU, evaluate, train_ppo

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
_COLORS = {"networks": "#0072B2", "best policy": "#999999", FITTED[1]: "#000000",
           OTHER[1]: "#E69F00"}  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Behaviour:
    """What a subject does by coherence: accuracy, and mean times in ms."""

    accuracy: Curve
    reaction_time: Curve
    correct_time: Curve
    error_time: Curve

    @classmethod
    def of_trials(cls, trials: Sequence[Any]) -> "Behaviour":
        """Take the trials of networks together; `NON_DECISION` is added to their times."""
        names = ("coh", "correct", "reaction_time")
        columns = {name: np.concatenate([table[name] for table in trials]) for name in names}
        columns["coh"] = np.round(columns["coh"].astype(np.float64), 4)
        columns["reaction_time"] = columns["reaction_time"] + NON_DECISION
        times = chronometric(columns, errors=not bool(np.all(columns["correct"])))
        every = {**columns, "correct": np.ones(len(columns["coh"]), bool)}
        return cls(
            accuracy=psychometric(columns, fit=False).points,
            reaction_time=chronometric(every, errors=False).correct,
            correct_time=times.correct,
            error_time=times.error or _curve(times.correct.x, np.full(len(times.correct), np.nan)),
        )

    @classmethod
    def of_monkey(cls, number: int) -> "Behaviour":
        """Read a monkey's published numbers."""
        table, name = references.load(NAME), f"monkey {number}"
        rows = table["monkey"] == number
        coh, right = table["coh"][rows], table["right"][rows]
        wrong = table["trials"][rows] - right
        return cls(
            accuracy=table.curves("accuracy")[name],
            reaction_time=table.curves("reaction_time")[name],
            correct_time=_curve(coh, table["correct_time"][rows], right),
            error_time=_curve(coh, table["error_time"][rows], wrong),
        )

    @classmethod
    def of_best(cls, best: BestBounds) -> "Behaviour":
        """Take what the best policy does, `NON_DECISION` later."""
        times = (best.reaction_time, best.correct_time, best.error_time)
        return cls(
            _curve(best.cohs, best.accuracy),
            *(_curve(best.cohs, time + NON_DECISION) for time in times),
        )

    def off(self, other: "Behaviour", of: str) -> float:
        """Return the mean absolute difference of a curve from another subject's."""
        return float(np.mean(np.abs(getattr(self, of).y - getattr(other, of).y)))

    def slowness_of_errors(self) -> np.ndarray:
        """Return by how much errors take longer than right answers, by coherence, ms."""
        return self.error_time.y - self.correct_time.y


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
    env, params = resolve(TASK, preset=PRESET)
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
    evaluation = evaluate(trained, settings.trials or TRIALS, settings.key + 1)
    subjects = {
        "networks": Behaviour.of_trials(evaluation.tables),
        "best policy": Behaviour.of_best(best_bounds(watching())),
        FITTED[1]: Behaviour.of_monkey(FITTED[0]),
        OTHER[1]: Behaviour.of_monkey(OTHER[0]),
    }
    singles = [Behaviour.of_trials([table]) for table in evaluation.tables]
    unanswered = float(np.mean([np.isnan(t.reaction_time).mean() for t in evaluation.tables]))
    made_by = {"id": TASK, "args": {}, "preset": PRESET}
    return Finding(
        name=NAME,
        numbers=_numbers(subjects, singles) | {"unanswered": round(unanswered, 5)},
        statement=_statement(subjects, singles, unanswered),
        parts={"networks": Part(trained, evaluation, made_by)},
        draw=lambda: _figure(subjects, singles),
    )


def search() -> dict[str, np.ndarray]:
    """Return what the best policy does in each task that was tried, the nearest one first.

    Columns are the settings; the non-decision time that suits them best; mean absolute differences
    of accuracy and reaction time from monkey n; and by how much errors are slower.
    """
    monkey = Behaviour.of_monkey(FITTED[0])
    rows = []
    for values in itertools.product(*SEARCHED.values()):
        best = best_bounds(watching(**dict(zip(SEARCHED, values, strict=True))))
        seen = Behaviour.of_best(best)
        non_decision = float(np.median(monkey.reaction_time.y - best.reaction_time))
        late = best.reaction_time + non_decision - monkey.reaction_time.y
        slow = [_at(seen.error_time, coh) - _at(seen.correct_time, coh) for coh in INTERMEDIATE]
        off = (seen.off(monkey, "accuracy"), float(np.mean(np.abs(late))))
        rows.append((*values, non_decision, *off, *slow))
    most = list(MOST_OFF.values())
    rows.sort(key=lambda row: row[-4] / most[0] + row[-3] / most[1])
    names = [*SEARCHED, "non_decision", "accuracy_off", "reaction_time_off"]
    names += [f"slow_errors_{coh:g}" for coh in INTERMEDIATE]
    return dict(zip(names, np.round(np.array(rows), 4).T, strict=True))


def _numbers(subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour]) -> dict[str, Any]:
    """Return everything that the figure shows, and the differences, as a flat dict."""
    found: dict[str, Any] = {}
    for of in MOST_OFF:
        for _, monkey in (FITTED, OTHER):
            found[f"{of} off {monkey}"] = subjects["networks"].off(subjects[monkey], of)
            for number, one in enumerate(singles):
                found[f"{of} off {monkey}, network {number}"] = one.off(subjects[monkey], of)
    for name, subject in subjects.items():
        for of in ("accuracy", "reaction_time", "correct_time", "error_time"):
            curve = getattr(subject, of)
            for coh, value in zip(curve.x, curve.y, strict=True):
                found[f"{of} of {name} at {coh:g}"] = float(value) if np.isfinite(value) else None
    return {name: None if value is None else float(f"{value:.5g}") for name, value in found.items()}


def _statement(
    subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour], unanswered: float
) -> tuple[str, ...]:
    """Say what fits, by how much, and what does not."""
    networks, monkey = subjects["networks"], subjects[FITTED[1]]
    formats = {"accuracy": "{:.3f}", "reaction_time": "{:.0f} ms"}
    lines = []
    for of, most in MOST_OFF.items():
        each, form = [one.off(monkey, of) for one in singles], formats[of].format
        fits = "fits" if max(each) <= most else "does not fit"
        lines.append(
            f"{of.replace('_', ' ')} {fits} {FITTED[1]}: over the coherences the mean absolute "
            f"difference is {form(networks.off(monkey, of))} ({form(min(each))} to "
            f"{form(max(each))} in single networks; asked for: {form(most)} at most)"
        )
    lines.append(_on_errors(networks, singles, monkey))
    gap = networks.reaction_time.y - monkey.reaction_time.y
    worst = int(np.argmax(np.abs(gap)))
    coh = networks.reaction_time.x[worst]
    lines.append(
        f"the mean time is furthest off at {coh:g} %, where networks take {gap[worst]:+.0f} ms "
        f"more; {100 * unanswered:.1f} % of their trials end without an answer"
    )
    off = {of: formats[of].format(networks.off(subjects[OTHER[1]], of)) for of in MOST_OFF}
    lines.append(
        f"{OTHER[1]} is another subject: the same networks are off by {off['accuracy']} and "
        f"{off['reaction_time']}, since it is less accurate, and its times depend less on coherence"
    )
    lines.append(f"{NON_DECISION:.0f} ms of non-decision time are added to every answer")
    return tuple(lines)


def _on_errors(networks: Behaviour, singles: Sequence[Behaviour], monkey: Behaviour) -> str:
    """Say by how much errors are slower than right answers."""
    each = [
        _at(one.error_time, coh) - _at(one.correct_time, coh)
        for one in singles
        for coh in INTERMEDIATE
    ]
    fits = "in every network" if min(each) > 0 else "but not in every network"
    told = ", ".join(
        f"{_at(networks.error_time, coh) - _at(networks.correct_time, coh):+.0f} ms at {coh:g} % "
        f"({FITTED[1]}: {_at(monkey.error_time, coh) - _at(monkey.correct_time, coh):+.0f})"
        for coh in INTERMEDIATE
    )
    return f"errors against right answers take {told}; they are slower {fits}"


def _figure(subjects: Mapping[str, Behaviour], singles: Sequence[Behaviour]) -> Any:
    """Draw accuracy, and times of right answers and of errors, of all subjects."""
    figure, axes = panels(3)
    curves = ("accuracy", "correct_time", "error_time")
    labels = ("correct", "time of right answers (ms)", "time of errors (ms)")
    styles = {"networks": ("-", "o"), "best policy": ("-", ""), FITTED[1]: ("--", "s"),
              OTHER[1]: (":", "^")}  # fmt: skip
    for ax, of, label in zip(axes, curves, labels, strict=True):
        for one in singles:
            curve = getattr(one, of)
            ax.plot(curve.x, curve.y, color=_COLORS["networks"], linewidth=0.7, alpha=0.5)
        for name, subject in subjects.items():
            line, marker = styles[name]
            getattr(subject, of).plot(
                ax, label=name, color=_COLORS[name], line=line, marker=marker,
                xlabel="motion coherence (%)", ylabel=label,
            )  # fmt: skip
        ax.set_xscale("symlog", linthresh=3.2, linscale=0.5)
        ax.set_xticks(subjects[FITTED[1]].accuracy.x, ["0", "3.2", "6.4", "12.8", "25.6", "51.2"])
        ax.minorticks_off()
    low, high = (end(ax.get_ylim()[i] for ax in axes[1:]) for i, end in enumerate((min, max)))
    for ax in axes[1:]:
        ax.set_ylim(low, high)
    legend(axes[0], loc="lower right")
    return figure


def _curve(x: np.ndarray, y: np.ndarray, count: np.ndarray | None = None) -> Curve:
    """Make a curve without intervals."""
    unknown = np.full(len(x), np.nan)
    seen = np.isfinite(y).astype(np.int64) if count is None else count
    return Curve(np.asarray(x, np.float64), np.asarray(y), unknown, unknown, seen)


def _at(curve: Curve, x: float) -> float:
    """Return a curve's value at an x; NaN where it has none."""
    found = curve.y[np.isclose(curve.x, x)]
    return float(found[0]) if len(found) else float("nan")


REPLICATION = Replication(
    name=NAME,
    title="Roitman & Shadlen 2002: random dots, answered when the subject likes",
    doi="10.1523/JNEUROSCI.22-21-09475.2002",
    trains="gated networks, by reward, on random-dot motion with free response",
    updates=RECIPE["updates"],
    run=run,
    search=search,
)
