"""What subjects do with random dots and free response: accuracy and times by coherence."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro import references
from jaxgym_neuro.analysis import Curve
from jaxgym_neuro.replications.best_bounds import BestBounds

COHS = np.array([0.0, 3.2, 6.4, 12.8, 25.6, 51.2])  # %
_OF_BEST = 10_000  # trials of each coherence that the best policy counts as, where errors are few


@dataclasses.dataclass(frozen=True, eq=False)
class Behaviour:
    """What a subject does, (6,) by coherence, of the trials that it answered; times in ms."""

    accuracy: Curve
    reaction_time: Curve
    correct_time: Curve
    error_time: Curve
    spread: np.ndarray  # (6,) ms, standard deviation of times

    @classmethod
    def of_trials(cls, tables: Sequence[Any], non_decision: float) -> "Behaviour":
        """Take the trials of networks together.

        Args:
            tables: tables of trials, or dicts of columns, with ``coh``, ``correct`` and
                ``reaction_time``.
            non_decision: ms, added to every time.
        """
        coh, right, times = (
            np.concatenate([np.asarray(table[name]) for table in tables])
            for name in ("coh", "correct", "reaction_time")
        )
        answered = np.isfinite(times)
        level = np.argmin(np.abs(coh[answered, None] - COHS), axis=1)
        right, times = right[answered].astype(bool), times[answered].astype(np.float64)
        times = times + non_decision
        count = np.bincount(level, minlength=len(COHS))
        mean = Curve.of_means(COHS, level, times)
        squares = np.bincount(level, (times - mean.y[level]) ** 2, len(COHS))
        return cls(
            accuracy=Curve.of_proportions(COHS, np.bincount(level, right, len(COHS)), count),
            reaction_time=mean,
            correct_time=Curve.of_means(COHS, level[right], times[right]),
            error_time=Curve.of_means(COHS, level[~right], times[~right]),
            spread=np.sqrt(squares / np.where(count > 0, count, np.nan)),
        )

    @classmethod
    def of_monkey(cls, number: int) -> "Behaviour":
        """Read a monkey's published numbers."""
        table, name = references.load("roitman02"), f"monkey {number}"
        rows = table["monkey"] == number
        right, trials = table["right"][rows], table["trials"][rows]
        return cls(
            accuracy=table.curves("accuracy")[name],
            reaction_time=table.curves("reaction_time")[name],
            correct_time=_without_interval(table["correct_time"][rows], right),
            error_time=_without_interval(table["error_time"][rows], trials - right),
            spread=table["reaction_time_sd"][rows],
        )

    @classmethod
    def of_best(cls, best: BestBounds, non_decision: float) -> "Behaviour":
        """Take what the best policy does, so much later."""
        every = np.full(len(COHS), _OF_BEST)
        wrong = np.round(_OF_BEST * (1 - best.accuracy)).astype(np.int64)
        return cls(
            accuracy=_without_interval(best.accuracy, every),
            reaction_time=_without_interval(best.reaction_time + non_decision, every),
            correct_time=_without_interval(best.correct_time + non_decision, every - wrong),
            error_time=_without_interval(best.error_time + non_decision, wrong),
            spread=best.spread,
        )

    def off(self, other: "Behaviour", of: str) -> float:
        """Return the mean absolute difference of a curve from another subject's."""
        return float(np.mean(np.abs(getattr(self, of).y - getattr(other, of).y)))

    def slowness_of_errors(self, coh: float) -> float:
        """Return by how much errors take longer than right answers at a coherence, ms."""
        at = int(np.argmin(np.abs(COHS - coh)))
        return float(self.error_time.y[at] - self.correct_time.y[at])

    def numbers(self, name: str) -> Mapping[str, float | None]:
        """Return all curves as a flat dict; None where there is nothing."""
        curves = ("accuracy", "reaction_time", "correct_time", "error_time")
        columns = {**{of: getattr(self, of).y for of in curves}, "spread": self.spread}
        return {
            f"{of} of {name} at {coh:g}": rounded(value)
            for of, values in columns.items()
            for coh, value in zip(COHS, values, strict=True)
        }


def rounded(value: float) -> float | None:
    """Return a number with five digits, or None for what is none."""
    return float(f"{value:.5g}") if np.isfinite(value) else None


def _without_interval(y: np.ndarray, count: np.ndarray) -> Curve:
    unknown = np.full(len(COHS), np.nan)
    return Curve(COHS, np.asarray(y), unknown, unknown, np.asarray(count))
