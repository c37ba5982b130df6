"""Decoding over time: when activity tells a condition."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.activity.aligned import check_activity, columns_of
from jaxgym_neuro.analysis.drawing import axes_of, legend
from jaxgym_neuro.analysis.estimates import Curve
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.support.extras import needed_by


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Decoding(Result):
    """How often held-out trials are told right, at each step."""

    accuracy: Curve  # x: step
    chance: float  # of always naming the most frequent
    folds: int

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot accuracy over steps, with chance as a line, and return the Axes."""
        ax = axes_of(ax, "step", "decoded right", counted=True)
        self.accuracy.plot(ax, label=label, color=color, marker=".")
        ax.axhline(self.chance, color="0.8", linewidth=0.8, zorder=0)
        legend(ax)
        return ax


def decode(
    activity: Any,
    trials: Any = None,
    target: Any = "choice",
    *,
    folds: int = 5,
    first_step: int = 0,
    seed: int = 0,
) -> Decoding:
    """Tell a condition from activity at each step, by linear discriminants, cross-validated.

    Discriminants have a covariance that is shrunk (Ledoit & Wolf); they are fitted to all folds but
    one and told by that one. Intervals are Wilson's, as if trials were independent.

    Args:
        activity: (n, T, units); steps at which an entry is NaN are told from the trials that have
            them.
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        target: column or array of the condition.
        folds: how many parts of the trials.
        first_step: number of the first step on the x axis.
        seed: of the division into folds.

    Raises:
        ValueError: for one condition only, or fewer trials of one than folds.
    """
    with needed_by("decoding"):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.model_selection import StratifiedKFold

    values = check_activity(activity)
    condition = columns_of(trials, values).get(target, "target")
    found, which = np.unique(condition, return_inverse=True)
    count = np.bincount(which)
    if folds < 2 or len(found) < 2 or count.min() < folds:
        raise ValueError(
            f"decoding in {folds} folds (at least 2) needs two conditions with {folds} trials "
            f"each; there are {len(found)}, the rarest with {count.min()}"
        )
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    hits = np.zeros(values.shape[1])
    seen = np.zeros(values.shape[1], np.int64)
    divisions = list(split.split(np.zeros(len(which)), which))
    for step in range(values.shape[1]):
        now = values[:, step].astype(np.float64)
        there = np.isfinite(now.sum(axis=1))
        for train, test in divisions:
            train, test = train[there[train]], test[there[test]]
            if len(test) == 0 or len(np.unique(which[train])) < 2:
                continue
            spread = now[train].std(axis=0)
            varies = spread > 1e-9 * max(float(np.abs(now[train]).max()), 1e-9)
            if not varies.any():
                told = np.full(len(test), np.bincount(which[train]).argmax())
            else:
                model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
                model.fit(now[train][:, varies], which[train])
                told = model.predict(now[test][:, varies])
            hits[step] += np.sum(told == which[test])
            seen[step] += len(test)
    if not seen.any():
        raise ValueError("no step has finite activity in enough trials")
    x = np.arange(values.shape[1]) + first_step
    return Decoding(Curve.of_proportions(x, hits, seen), float(count.max() / len(which)), folds)
