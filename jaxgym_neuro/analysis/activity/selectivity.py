"""Selectivity: which units tell conditions apart."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.activity.aligned import columns_of
from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Selectivity(Result):
    """How much of a unit's variance conditions explain, and whether by chance."""

    explained: np.ndarray  # (units,) share of the variance over trials, eta squared
    p: np.ndarray  # (units,) of a permutation test
    selective: np.ndarray  # (units,) bool: so that of all that are, a share of at most `rate` errs
    preferred: np.ndarray  # (units,) the condition with the highest mean
    rate: float
    permutations: int
    trials: int

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot the explained share of units, highest first, and return the Axes."""
        ax = axes_of(ax, "unit, most selective first", "variance explained", counted=True)
        color = next_color(ax) if color is None else color
        order = np.argsort(-self.explained, kind="stable")
        x, is_one = np.arange(len(order)), self.selective[order]
        name = "selective" if label is None else f"{label}, selective"
        ax.plot(x[is_one], self.explained[order][is_one], "o", color=color, label=name)
        ax.plot(x[~is_one], self.explained[order][~is_one], "o", color="0.75", label="not")
        legend(ax)
        return ax


def selectivity(
    activity: Any,
    trials: Any = None,
    by: Any = "choice",
    *,
    permutations: int = 1000,
    rate: float = 0.05,
    seed: int = 0,
) -> Selectivity:
    """Test for each unit whether its activity depends on a condition, by permuting trials.

    Args:
        activity: (n, units), the mean of each trial over a window, say.
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        by: column or array of the condition.
        permutations: how often the conditions of trials are exchanged; p is at least
            1 / (permutations + 1).
        rate: false discoveries among the units that are called selective (Benjamini & Hochberg
            1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x).
        seed: of the permutations.

    Raises:
        ValueError: for one condition, fewer than 2 trials in one, NaN, or another shape.
    """
    values = np.asarray(activity)
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise ValueError(f"activity is numbers (trials, units), not of shape {values.shape}")
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("activity is finite in every trial")
    condition = columns_of(trials, values).get(by, "by")
    found, which = np.unique(condition, return_inverse=True)
    count = np.bincount(which)
    if len(found) < 2 or count.min() < 2:
        raise ValueError(
            f"selectivity needs two conditions with two trials each; there are {len(found)}, the "
            f"rarest with {count.min()}"
        )
    if permutations < 1 or not 0 < rate < 1:
        raise ValueError("permutations is at least 1, and rate between 0 and 1")
    centred = values - values.mean(axis=0)
    total = np.sum(centred**2, axis=0)
    varies = total > 1e-12 * max(float(np.max(np.abs(values))), 1.0) ** 2 * len(values)
    is_in = np.eye(len(found))[:, which]  # (conditions, n)

    def between(indicator: np.ndarray) -> np.ndarray:
        return np.sum((indicator @ centred) ** 2 / count[:, None], axis=0)

    explained = np.where(varies, between(is_in) / np.where(varies, total, 1), 0)
    rng = np.random.default_rng(seed)
    above = np.zeros(values.shape[1])
    for _ in range(permutations):
        shuffled = between(is_in[:, rng.permutation(len(which))])
        above += shuffled >= _a_little_less(explained * total)
    p = np.where(varies, (1 + above) / (1 + permutations), 1.0)
    order = np.argsort(p, kind="stable")
    passes = p[order] <= rate * np.arange(1, len(p) + 1) / len(p)
    selective = np.zeros(len(p), bool)
    if passes.any():
        selective[order[: np.flatnonzero(passes)[-1] + 1]] = True
    preferred = found[np.argmax((is_in @ centred) / count[:, None], axis=0)]
    return Selectivity(explained, p, selective, preferred, rate, permutations, len(values))


def _a_little_less(sums: np.ndarray) -> np.ndarray:
    """Return sums of squares less what rounding may take from an equal one."""
    return sums * (1 - 1e-12)
