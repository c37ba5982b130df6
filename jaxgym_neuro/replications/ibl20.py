"""Gratings in blocks of a side prior: networks over mice of the International Brain Laboratory.

Networks are trained by reward on the task with the numbers of the experiment (the preset
``"paper"``). Their memory lasts from trial to trial; nothing tells them of the block.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import references
from jaxgym_neuro.analysis import (
    BlockTransitions,
    Estimate,
    Psychometric,
    block_transitions,
    psychometric,
)
from jaxgym_neuro.analysis.drawing import legend, note, panels
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.replications.finding import Finding, Part
from jaxgym_neuro.replications.replication import Replication, Settings
from jaxgym_neuro.training import evaluate

NAME, TASK, PRESET = "ibl20", "perceptualdecisionmaking.ibl20-v0", "paper"
RECIPE: Mapping[str, Any] = {
    "updates": 150,
    "num_envs": 16,
    "rollout_trials": 1,  # as long as the longest trial, 62 s: hundreds of trials
    "epochs": 2,
    "minibatches": 2,
    "learning_rate": 2e-3,
    "entropy_weight": 0.01,
    "gamma": 0.95,
    "gae_lambda": 0.9,
}
# An episode begins with 90 trials without a prior, so that each environment must play many.
HIDDEN, TRIALS = 64, 60_000
READY, TRAINED = "ready for ephys", "trained 1b"
_FIRST = 100.0  # ms, the earliest answer: a step of the task
_TO_IBL = math.sqrt(2)  # a threshold of theirs, of one of `psychometric`
_SIDES = ("left", "right")  # the side that is common in each kind of block
_NONE = 2  # the first block, in which none is
_COLORS = {"left": "#0072B2", "none": "#000000", "right": "#E69F00"}
_MARKERS = {"left": "o", "none": "s", "right": "^"}


@dataclasses.dataclass(frozen=True, eq=False)
class Choices:
    """What a subject chooses, by the side that is common."""

    curves: Mapping[str, Psychometric]  # of choosing right, by signed contrast, %
    at_zero: Estimate  # proportion right without contrast, in blocks with a common side
    at_zero_without: float  # the same, where no side is
    easy: float  # proportion right at the highest contrast
    time_at_zero: float  # ms, median
    changes: BlockTransitions | None  # choices without contrast; None where there are too few

    @classmethod
    def of(cls, tables: Sequence[Any]) -> "Choices":
        """Take the trials of several networks together."""
        names = ("coh", "ground_truth", "side_bias_block", "choice", "reaction_time")
        columns = {name: np.concatenate([table[name] for table in tables]) for name in names}
        columns["env"] = np.concatenate(
            [table["env"] + number * 1_000_000 for number, table in enumerate(tables)]
        )
        columns["trial"] = np.concatenate([table["trial"] for table in tables])
        coh, truth, block = (columns[name] for name in names[:3])
        answered = np.isfinite(columns["reaction_time"])
        correct = columns["choice"] == truth + 1
        is_common, is_zero = block != _NONE, coh == 0
        signed = np.where(truth == 1, coh, -coh)
        kinds = {**dict(zip(_SIDES, (0, 1), strict=True)), "none": _NONE}
        curves = {
            name: _curve(signed[here], columns["choice"][here])
            for name, here in ((name, answered & (block == kind)) for name, kind in kinds.items())
        }
        counted = answered & is_zero & is_common
        if not counted.any():
            raise ValueError(
                "without contrast, in blocks with a common side, nothing was answered: train "
                "longer, or play more trials"
            )
        hits, count = correct[counted].sum(), counted.sum()
        p = hits / count
        return cls(
            curves=curves,
            at_zero=Estimate.of(p, math.sqrt(p * (1 - p) / count)),
            at_zero_without=float(correct[answered & is_zero & ~is_common].mean()),
            easy=float(correct[answered & (coh == coh.max())].mean()),
            time_at_zero=float(np.median(columns["reaction_time"][answered & is_zero])),
            changes=_changes(columns, answered, is_common, is_zero),
        )

    @property
    def is_fitted(self) -> bool:
        """Could a function be fitted to every curve?"""
        return all(curve.bias is not None for curve in self.curves.values())

    @property
    def bias_shift(self) -> float:
        """How much lower the bias is where the right side is common, % contrast; NaN: no fit."""
        return self._of("left", "bias") - self._of("right", "bias")

    def measured(self) -> dict[str, float]:
        """Return what the laboratory's criteria ask for, by their names."""
        lapses = [self._of(name, f"lapse_{end}") for name in self.curves for end in ("low", "high")]
        return {
            "easy_correct": self.easy,
            "bias": abs(self._of("none", "bias")),
            "threshold": self._of("none", "threshold") * _TO_IBL,
            "lapse": max(lapses),
            "reaction_time": self.time_at_zero,
            "bias_shift": self.bias_shift,
        }

    def _of(self, name: str, parameter: str) -> float:
        found = getattr(self.curves[name], parameter)
        return float("nan") if found is None else found.value


def _curve(signed: np.ndarray, choice: np.ndarray) -> Psychometric:
    """Fit a curve of choosing right; of a subject that cannot be fitted make the points."""
    trials: dict[str, Any] = {"between": (1, 2), "answered": np.ones(len(signed), bool)}
    try:
        return psychometric(None, signed, choice=choice, **trials)
    except ValueError:
        return psychometric(None, signed, choice=choice, **trials, fit=False)


def _changes(
    columns: Mapping[str, np.ndarray],
    answered: np.ndarray,
    is_common: np.ndarray,
    is_zero: np.ndarray,
) -> BlockTransitions | None:
    """Align choices without contrast to changes between blocks with a common side."""
    # What follows upon the first block is no change from one side to the other.
    kept = {name: column[is_common] for name, column in columns.items()}
    try:
        return block_transitions(
            kept,
            "side_bias_block",
            "choice",
            between=(1, 2),
            where=is_zero[is_common],
            before=15,
            after=40,
            answered=answered[is_common],
        )
    except ValueError:
        return None


def run(settings: Settings) -> Finding:
    """Train networks, and hold them against what is published of mice."""
    env, params = resolve(TASK, preset=PRESET)
    trained = settings.train(env, params, RECIPE, HIDDEN)
    evaluation = evaluate(trained, settings.trials or TRIALS, settings.key + 1)
    together = Choices.of(evaluation.tables)
    singles = [Choices.of([table]) for table in evaluation.tables]
    best = _best_at_zero(evaluation)
    made_by = {"id": TASK, "args": {}, "preset": PRESET}
    return Finding(
        name=NAME,
        numbers=_numbers(together, singles, best),
        statement=_statement(together, singles, best),
        parts={"networks": Part(trained, evaluation, made_by)},
        draw=lambda: _figure(together, singles, best),
    )


def _best_at_zero(evaluation: Any) -> float:
    """Return how often who infers the block is right without contrast; NaN: not known."""
    best = evaluation.ideal
    if best is None:
        return float("nan")
    rows = best.conditions["coh"] == 0
    return float(np.sum((best.share * best.performance)[rows]) / np.sum(best.share[rows]))


def criteria() -> dict[str, tuple[float, bool]]:
    """Return the laboratory's criteria: a number, and whether more than it is asked for."""
    table = references.load("ibl21")
    row = {status: i for i, status in enumerate(table["status"])}
    of = {"easy_correct": READY, "bias": TRAINED, "threshold": TRAINED, "lapse": READY,
          "reaction_time": READY, "bias_shift": READY}  # fmt: skip
    return {
        name: (float(table[name][row[status]]), name in ("easy_correct", "bias_shift"))
        for name, status in of.items()
    }


def criteria_met(choices: Choices) -> dict[str, bool]:
    """Return which criteria a subject meets."""
    measured = choices.measured()
    return {
        name: bool(measured[name] > least if is_more else measured[name] < least)
        for name, (least, is_more) in criteria().items()
    }


def _mice() -> tuple[float, float]:
    """Return how often mice are right without contrast, and the standard error over them."""
    table = references.load("ibl25")
    return float(table["accuracy"][0]), float(table["accuracy_error"][0])


def _numbers(together: Choices, singles: Sequence[Choices], best: float) -> dict[str, Any]:
    found: dict[str, float] = {
        "accuracy at 0": together.at_zero.value,
        "accuracy at 0, mice": _mice()[0],
        "accuracy at 0, observer that infers the block": best,
        "accuracy at 0, without a common side": together.at_zero_without,
        "accuracy at 0 off mice": float(
            np.mean([abs(one.at_zero.value - _mice()[0]) for one in singles])
        ),
    }
    found |= {f"{name}, together": value for name, value in together.measured().items()}
    for number, one in enumerate(singles):
        found[f"accuracy at 0, network {number}"] = one.at_zero.value
        found |= {f"{name}, network {number}": x for name, x in one.measured().items()}
    found |= {f"{name}, criterion": least for name, (least, _) in criteria().items()}
    for side, curve in together.curves.items():
        for x, y in zip(curve.points.x, curve.points.y, strict=True):
            found[f"chose right at {x:g}, common side {side}"] = float(y)
    return {
        name: float(f"{value:.5g}") if np.isfinite(value) else None for name, value in found.items()
    }


def _statement(together: Choices, singles: Sequence[Choices], best: float) -> tuple[str, ...]:
    """Say what fits, by how much, and what does not."""
    asked, each = criteria(), [one.measured() for one in singles]
    lines = []
    for name, (least, is_more) in asked.items():
        values = [measured[name] for measured in each]
        met = sum(criteria_met(one)[name] for one in singles)
        lines.append(
            f"{name.replace('_', ' ')} is {min(values):.3g} to {max(values):.3g} (asked of mice: "
            f"{'more' if is_more else 'less'} than {least:g}); {met} of {len(singles)} networks "
            "meet it"
        )
    mice, error = _mice()
    off = [one.at_zero.value - mice for one in singles]
    fits = "fits" if max(map(abs, off)) < 0.02 else "does not fit"
    lines.append(
        f"accuracy without contrast {fits} mice: {together.at_zero.value:.3f} where a side is "
        f"common (mice: {mice:.3f}, standard error {error:.3f}; 0.8 would be knowing the block, "
        f"{best:.3f} is to infer it); the mean absolute difference is {np.mean(np.abs(off)):.3f}, "
        f"and networks use the block {'more' if np.mean(off) > 0 else 'less'} than mice"
    )
    is_first = together.time_at_zero <= _FIRST
    lines.append(
        f"answers without contrast come after {together.time_at_zero:.0f} ms"
        + (", the first moment that there is: times are no replication" if is_first else "")
    )
    if together.changes is not None:
        before, after = together.changes.before.value, together.changes.after.value
        lines.append(
            f"when blocks change, the side that the new one favours is chosen in {before:.2f} of "
            f"trials without contrast before, and in {after:.2f} from 27 trials on"
        )
    return tuple(lines)


def _figure(together: Choices, singles: Sequence[Choices], best: float) -> Any:
    """Draw psychometric curves by block, accuracy without contrast, and changes of block."""
    figure, (left, middle, right) = panels(3)
    names = {"left": "left is common", "none": "neither", "right": "right is common"}
    for side, name in names.items():
        curve, color = together.curves[side], _COLORS[side]
        fitted = curve.threshold is not None
        curve.points.plot(left, label=name, color=color, marker=_MARKERS[side],
                          line="" if fitted else "-")  # fmt: skip
        if fitted:
            x = np.linspace(-100, 100, 800)
            left.plot(x, curve.predict(x), color=color, linewidth=1.2)
    left.set_xlabel("contrast (%), right above 0")
    left.set_ylabel("chose right")
    left.set_xscale("symlog", linthresh=6.25, linscale=0.6)
    ticks = [-100, -25, -6.25, 0, 6.25, 25, 100]
    left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    left.minorticks_off()
    mice, error = _mice()
    each = [one.at_zero.value for one in singles]
    middle.errorbar([0], [mice], yerr=[1.96 * error], color="#000000", marker="s", capsize=3)
    middle.plot(1 + np.linspace(-0.1, 0.1, len(each)), each, color="#0072B2", marker="o",
                linestyle="none")  # fmt: skip
    lines = {"knows the block": 0.8, "infers it": best, "ignores it": 0.5}
    for (name, level), style in zip(lines.items(), ("-", "--", ":"), strict=True):
        middle.axhline(level, color="0.6", linewidth=0.9, linestyle=style, zorder=0)
        note(middle, 1.55, level + 0.005, name, ha="right", va="bottom")
    middle.set_xlim(-0.5, 1.6)
    middle.set_ylim(0.45, 0.85)
    middle.set_xticks([0, 1], ["mice", "networks"])
    middle.set_ylabel("right without contrast")
    if together.changes is not None:
        together.changes.plot(right, color="#0072B2")
        right.axhline(0.5, color="0.8", linewidth=0.8, zorder=0)
        right.set_ylabel("chose what the new block favours\n(without contrast)")
    legend(left, loc="upper left")
    return figure


REPLICATION = Replication(
    name=NAME,
    title="International Brain Laboratory 2021 and 2025: gratings in blocks of a prior, mice",
    doi="10.7554/eLife.63711",
    trains="gated networks, by reward, on gratings with a side that is common for a while",
    updates=RECIPE["updates"],
    run=run,
)
