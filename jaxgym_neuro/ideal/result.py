"""Performance: what a rule scores and earns, condition by condition."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro.support.extras import needed_by


@dataclasses.dataclass(frozen=True)
class Performance:
    """What a rule scores and earns in a task; one row per condition, errors are standard errors."""

    task: str  # name of the task
    rule: str  # name of the rule
    conditions: Mapping[str, np.ndarray]  # (n,) each
    share: np.ndarray  # (n,) float64, how often the condition comes
    performance: np.ndarray  # (n,) float64, mean of the trial's score from 0 to 1
    performance_error: np.ndarray  # (n,) float64, 0 in closed form
    reward: np.ndarray  # (n,) float64, mean per trial
    reward_error: np.ndarray  # (n,) float64, 0 in closed form
    num_trials: int  # that were simulated; 0 for a closed form
    # Standard errors of the means over all trials, where those of conditions depend on one another.
    mean_errors: tuple[float, float] | None = None  # of performance, of reward

    @property
    def source(self) -> str:
        """``"closed form"`` or ``"simulation"``."""
        return "simulation" if self.num_trials else "closed form"

    @property
    def mean_performance(self) -> float:
        """Mean score of a trial, whatever its condition."""
        return float(np.sum(self.share * self.performance))

    @property
    def mean_reward(self) -> float:
        """Mean reward of a trial, whatever its condition."""
        return float(np.sum(self.share * self.reward))

    @property
    def mean_performance_error(self) -> float:
        """Standard error of `mean_performance`, given how often each condition came."""
        if self.mean_errors is not None:
            return self.mean_errors[0]
        return float(np.sqrt(np.sum((self.share * self.performance_error) ** 2)))

    @property
    def mean_reward_error(self) -> float:
        """Standard error of `mean_reward`, given how often each condition came."""
        if self.mean_errors is not None:
            return self.mean_errors[1]
        return float(np.sqrt(np.sum((self.share * self.reward_error) ** 2)))

    def __len__(self):
        return len(self.share)

    def __repr__(self):
        names = ("share", "performance", "reward")
        columns = {**self.conditions, **{name: getattr(self, name) for name in names}}
        rows = [list(columns)]
        rows += [[f"{value:.4g}" for value in row] for row in zip(*columns.values(), strict=True)]
        if len(self) > 1:
            mean = (self.mean_performance, self.mean_reward)
            rows.append(["all", *[""] * len(self.conditions), *(f"{x:.4g}" for x in mean)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        how = f"simulation of {self.num_trials} trials" if self.num_trials else "closed form"
        if self.num_trials:
            how += f", standard error of all {self.mean_performance_error:.1g}"
        lines = [f"Performance of {self.rule!r} in {self.task} ({how}):"]
        lines += [
            "    " + "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
            for row in rows
        ]
        return "\n".join(lines)

    def columns(self) -> dict[str, np.ndarray]:
        """Return a flat dict of columns of shape (n,): the conditions, and what they come to."""
        names = ("share", "performance", "performance_error", "reward", "reward_error")
        return {**self.conditions, **{name: getattr(self, name) for name in names}}

    def frame(self) -> Any:
        """Return a pandas DataFrame of `columns`; needs the extra ``frames``."""
        with needed_by("a frame"):
            import pandas  # arrays need no pandas

        return pandas.DataFrame(self.columns())

    @classmethod
    def exact(
        cls,
        task: str,
        rule: str,
        conditions: Mapping[str, Any],
        *,
        share: Any,
        performance: Any,
        reward: Any,
    ) -> "Performance":
        """Make the table of a closed form: its errors are 0."""
        share = np.asarray(share, np.float64)
        score, reward = (np.broadcast_to(x, share.shape) * 1.0 for x in (performance, reward))
        return cls(
            task=task,
            rule=rule,
            conditions={name: np.asarray(values) for name, values in conditions.items()},
            share=share,
            performance=score,
            performance_error=np.zeros_like(share),
            reward=reward,
            reward_error=np.zeros_like(share),
            num_trials=0,
        )

    @classmethod
    def of_either(cls, task: str, rule: str, *, performance: Any, reward: Any) -> "Performance":
        """Make the table of a closed form where ``ground_truth`` is 0 or 1, equally likely."""
        truths = {"ground_truth": np.arange(2)}
        share = np.full(2, 0.5)
        return cls.exact(task, rule, truths, share=share, performance=performance, reward=reward)

    @classmethod
    def of_trials(
        cls,
        task: str,
        rule: str,
        conditions: Mapping[str, np.ndarray],
        *,
        performance: np.ndarray,
        reward: np.ndarray,
        group: np.ndarray | None = None,
    ) -> "Performance":
        """Make the table of what was scored and earned in trials, (n,) each.

        Args:
            task: its name.
            rule: its name.
            conditions: by name, (n,) each.
            performance: of each trial, (n,).
            reward: of each trial, (n,).
            group: whole numbers, (n,): trials of the same one depend on one another. None: no two
                trials do.
        """
        n = len(performance)
        values = np.stack([np.asarray(x, np.float64) for x in conditions.values()] or [np.zeros(n)])
        rows, row_of, count = np.unique(values, axis=1, return_inverse=True, return_counts=True)
        row_of = row_of.reshape(-1)

        def mean_and_error(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
            x = np.asarray(x, np.float64)
            mean = np.bincount(row_of, x) / count
            off = x - mean[row_of]
            if group is None:
                return mean, np.sqrt(np.bincount(row_of, off**2) / count / count), 0.0
            groups, group_of = np.unique(group, return_inverse=True)
            size = len(groups), len(count)
            sums = np.bincount(group_of * size[1] + row_of, off, math.prod(size)).reshape(size)
            few = size[0] / max(size[0] - 1, 1)
            error = np.sqrt(few * np.sum(sums**2, axis=0)) / count
            return mean, error, float(np.sqrt(few * np.sum(sums.sum(axis=1) ** 2))) / n

        score, score_error, all_scores_error = mean_and_error(performance)
        earned, earned_error, all_earned_error = mean_and_error(reward)
        return cls(
            task=task,
            rule=rule,
            conditions=dict(zip(conditions, rows, strict=False)),
            share=count / n,
            performance=score,
            performance_error=score_error,
            reward=earned,
            reward_error=earned_error,
            num_trials=n,
            mean_errors=None if group is None else (all_scores_error, all_earned_error),
        )
