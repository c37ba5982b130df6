"""Produced against asked intervals: bias, spread, and regression to the mean."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend
from jaxgym_neuro.analysis.estimates import Curve, Estimate
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.analysis.values import levels


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Reproduction(Result):
    """What was produced for each interval that was asked for."""

    produced: Curve  # ms; x: asked for
    spread: np.ndarray  # (k,) ms, standard deviation of what was produced
    cv: np.ndarray  # (k,) spread / mean
    slope: Estimate  # of produced over asked; 1: no regression to the mean
    regression: Estimate  # 1 - slope: 0 none; 1 the same for all
    bias: Estimate  # ms, mean of produced - asked
    indifference: float  # ms, the asked interval that is neither over- nor underproduced
    root_mean_bias: float  # ms, BIAS of Jazayeri & Shadlen: over intervals
    root_mean_variance: float  # ms, their VAR^1/2
    trials: int
    left_out: int  # nothing was produced

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot produced over asked intervals with the identity, and return the Axes."""
        ax = axes_of(ax, "asked (ms)", "produced (ms)")
        self.produced.plot(ax, label=label, color=color)
        ends = [self.produced.x.min(), self.produced.x.max()]
        ax.plot(ends, ends, color="0.8", linewidth=0.8, zorder=0)
        legend(ax)
        return ax


def reproduction(
    trials: Any = None,
    asked: Any = "production",
    produced: Any = "produced",
    *,
    answered: Any = None,
    bins: int | None = None,
) -> Reproduction:
    """Compare produced with asked intervals.

    A subject that knows which intervals are common, and how imprecisely it measures, draws its
    productions towards the mean of what it is asked; BIAS and VAR are those of Jazayeri & Shadlen
    2010 (https://doi.org/10.1038/nn.2590). The slope has the interval of a regression whose
    spread may depend on the interval (White's).

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        asked: column or array, ms.
        produced: column or array, ms; NaN: nothing was produced.
        answered: column or array, which trials count; None: those in which something was produced.
        bins: put the asked intervals into so many bins of equally many trials.

    Raises:
        ValueError: for one interval only, fewer than 3 productions of one, or negative ones.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, produced)
    x, y = columns.times(asked, "asked", mask), columns.times(produced, "produced", mask)
    found, level_of = levels(x, bins, "asked")
    curve = Curve.of_means(found, level_of, y)
    if curve.count.min() < 3:
        raise ValueError(
            f"each interval needs 3 productions at least; {found[curve.count.argmin()]:g} ms has "
            f"{curve.count.min()}"
        )
    off = y - curve.y[level_of]
    spread = np.sqrt(np.bincount(level_of, off**2) / (curve.count - 1))
    centred = x - x.mean()
    sxx = np.sum(centred**2)
    slope = float(np.sum(centred * y) / sxx)
    residual = y - y.mean() - slope * centred
    error = float(np.sqrt(np.sum((centred * residual) ** 2)) / sxx)
    error_of_bias = np.std(y - x, ddof=1) / np.sqrt(len(x))
    intercept = y.mean() - slope * x.mean()
    return Reproduction(
        produced=curve,
        spread=spread,
        cv=spread / curve.y,
        slope=Estimate.of(slope, error),
        regression=Estimate.of(1 - slope, error),
        bias=Estimate.of(float(np.mean(y - x)), float(error_of_bias)),
        indifference=float(intercept / (1 - slope)) if slope != 1 else float("nan"),
        root_mean_bias=float(np.sqrt(np.mean((curve.y - found) ** 2))),
        root_mean_variance=float(np.sqrt(np.mean(spread**2))),
        trials=len(x),
        left_out=int(np.sum(~mask)),
    )
