"""The learning curve: what subjects score as trials go by."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import Curve
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class LearningCurve(Result):
    """Mean score in windows of trials, over subjects."""

    score: Curve  # x: middle of each window, in trials; intervals over subjects, or over trials
    subjects: np.ndarray  # (subjects, k) of each; NaN where one has no trial
    reached: np.ndarray  # (subjects,) trials until the criterion is met; NaN: never
    trials: int
    left_out: int  # without a score
    name: str = "score"  # what pictures say of it

    def plot(
        self,
        ax: Any = None,
        *,
        label: str | None = None,
        color: str | None = None,
        each: bool = False,
    ) -> Any:
        """Plot the mean over trials, with ``each`` every subject, too; return the Axes."""
        ax = axes_of(ax, "trial", self.name)
        color = next_color(ax) if color is None else color
        if each:
            ax.plot(self.score.x, self.subjects.T, color=color, linewidth=0.6, alpha=0.4)
        ax.fill_between(
            self.score.x, self.score.low, self.score.high, color=color, alpha=0.2, linewidth=0
        )
        ax.plot(self.score.x, self.score.y, color=color, linewidth=1.4, label=label)
        legend(ax)
        return ax


def learning_curve(
    trials: Any = None,
    score: Any = "performance",
    *,
    window: int = 100,
    subject: Any = None,
    criterion: float | None = None,
) -> LearningCurve:
    """Average a score in windows of trials, one after the other, of each subject.

    Trials are put in the order in which they were played (columns ``session`` and ``trial``, those
    that there are; sessions with names come as they do in the table).

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        score: column or array: ``performance``, ``correct``, ``reward``; NaN: none.
        window: trials in each.
        subject: column or array; None: each environment of each run (columns ``env`` and ``run``)
            is one, or all trials are one subject's.
        criterion: mean score of a window that counts as learned.

    Raises:
        ValueError: if no subject has two windows, or no trial has a score.
    """
    if window < 1:
        raise ValueError(f"window is at least 1 trial, not {window}")
    columns = Columns(trials)
    scores = columns.numbers(score, "score")
    mask = np.isfinite(scores)
    if not mask.any():
        raise ValueError("no trial has a finite score")
    if subject is not None:
        every = np.ones(len(mask), bool)
        given = columns.known(subject, "subject", every)
        who = np.unique(given, return_inverse=True)[1]
    else:
        who = np.zeros(len(mask), np.int64)
        for name in ("run", "env"):
            if name in columns:
                found, of = np.unique(columns.get(name, name), return_inverse=True)
                who = (who * len(found) + of.astype(np.int64)).astype(np.int64)
        who = np.unique(who, return_inverse=True)[1]
    order, _ = columns.order(who)
    who = who[order]
    by_subject = np.argsort(who, kind="stable")
    who, ordered, counts = who[by_subject], order[by_subject], mask[order][by_subject]
    size = np.bincount(who)
    place = np.arange(len(who)) - np.repeat(np.cumsum(size) - size, size)
    number = place // window
    width = int(size.max() // window)  # a window that is not full is left away
    if width < 2:
        raise ValueError(
            f"a curve needs two windows of {window} trials; no subject has more than {size.max()}"
        )
    used = (number < width) & (number < (size // window)[who]) & counts
    cell = who[used] * width + number[used]
    shape = len(size), width
    count = np.bincount(cell, minlength=len(size) * width).reshape(shape)
    total = np.bincount(cell, scores[ordered][used], len(size) * width).reshape(shape)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    x = (np.arange(width) + 0.5) * window
    subjects, at = np.nonzero(count)
    if len(size) > 1:
        curve = Curve.of_means(x, at, means[subjects, at])
    else:
        curve = Curve.of_means(x, number[used], scores[ordered][used])
    reached = np.full(len(size), np.nan)
    if criterion is not None:
        met = np.nan_to_num(means, nan=-np.inf) >= criterion
        reached[met.any(axis=1)] = (met.argmax(axis=1)[met.any(axis=1)] + 1) * window
    return LearningCurve(
        score=curve,
        subjects=means,
        reached=reached,
        trials=int(np.sum(mask)),
        left_out=int(np.sum(~mask)),
        name=columns.label(score, "score"),
    )
