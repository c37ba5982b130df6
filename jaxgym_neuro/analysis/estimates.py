"""What results are made of: estimates with an interval, and curves of them."""

import dataclasses
import math
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, next_color, next_marker
from jaxgym_neuro.analysis.told import Result

Z95 = 1.959963984540054  # of the normal distribution, 95 % within


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number that was estimated, and its interval of 95 %."""

    value: float
    low: float
    high: float

    def __float__(self):
        return float(self.value)

    def __repr__(self):
        value, low, high = (f"{x + 0.0:.4g}" for x in (self.value, self.low, self.high))
        return f"{value} ({low} to {high})"

    def covers(self, value: float) -> bool:
        """Whether a value is within the interval."""
        return self.low <= value <= self.high

    @classmethod
    def of(cls, value: float, error: float) -> "Estimate":
        """Make one of a value and its standard error, by the normal distribution."""
        return cls(float(value), float(value - Z95 * error), float(value + Z95 * error))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Curve(Result):
    """One estimate for each value of x, with intervals of 95 %."""

    x: np.ndarray  # (k,)
    y: np.ndarray  # (k,)
    low: np.ndarray  # (k,) NaN where there is too little for an interval
    high: np.ndarray  # (k,)
    count: np.ndarray  # (k,) trials behind each

    def __len__(self):
        return len(self.x)

    def columns(self) -> dict[str, np.ndarray]:
        """Return the fields by name, (k,) each, as for a pandas frame."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def plot(
        self,
        ax: Any = None,
        *,
        label: str | None = None,
        color: str | None = None,
        line: str = "-",
        marker: str | None = None,
        xlabel: str | None = None,
        ylabel: str | None = None,
    ) -> Any:
        """Plot the points with their intervals, and return the Axes.

        Args:
            ax: of Matplotlib; None: of a new figure, ``ax.figure``.
            label: for the legend.
            color: the next of a palette that colour-blind readers can tell apart, if None.
            line: style of the line that joins points; ``""``: none.
            marker: of the points; the next one, if None, so that curves differ in grey.
            xlabel: name of the x axis.
            ylabel: name of the y axis.
        """
        ax = axes_of(ax, xlabel, ylabel)
        color = next_color(ax) if color is None else color
        marker = next_marker(ax) if marker is None else marker
        seen = self.count > 0
        x, y = self.x[seen], self.y[seen]
        has_interval = np.isfinite(self.low[seen]) & np.isfinite(self.high[seen])
        drawn = {"color": color, "markersize": 4, "linewidth": 1.2}
        ax.plot(x, y, linestyle=line or "none", marker=marker, label=label, **drawn)
        ax.vlines(
            x[has_interval],
            self.low[seen][has_interval],
            self.high[seen][has_interval],
            color=color,
            linewidth=1.0,
        )
        return ax

    @classmethod
    def of_proportions(cls, x: Any, hits: Any, count: Any) -> "Curve":
        """Make one of proportions, with the intervals of Wilson."""
        x, hits, count = (np.asarray(values, np.float64) for values in (x, hits, count))
        y, low, high = wilson(hits, count)
        return cls(x, y, low, high, count.astype(np.int64))

    @classmethod
    def of_means(cls, x: Any, group: np.ndarray, values: np.ndarray) -> "Curve":
        """Make one of means, with the intervals of Student's t.

        Args:
            x: (k,).
            group: (n,) whole numbers below k: where each value counts.
            values: (n,).
        """
        from scipy.special import stdtrit  # an extra: arrays need no SciPy

        x = np.asarray(x, np.float64)
        count = np.bincount(group, minlength=len(x))
        some = np.maximum(count, 1)
        mean = np.bincount(group, values, len(x)) / some
        spread = np.bincount(group, (values - mean[group]) ** 2, len(x))
        few = np.maximum(count - 1, 1)
        half = stdtrit(few, 0.975) * np.sqrt(spread / few / some)
        half = np.where(count > 1, half, np.nan)
        mean = np.where(count > 0, mean, np.nan)
        return cls(x, mean, mean - half, mean + half, count)


def wilson(hits: Any, count: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return proportions and the ends of their intervals; NaN of nothing."""
    hits, count = np.asarray(hits, np.float64), np.asarray(count, np.float64)
    n = np.where(count > 0, count, np.nan)
    p = hits / n
    centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * np.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2))
    # At 0 and 1 the interval ends there; rounding would put the end beside it.
    return p, np.where(p == 0, 0.0, centre - half), np.where(p == 1, 1.0, centre + half)


def proportion(hits: float, count: float) -> Estimate:
    """Return one proportion with its interval."""
    p, low, high = wilson(hits, count)
    return Estimate(float(p), float(low), float(high))


def normal_quantile(p: Any) -> np.ndarray:
    """Return where the cumulative normal distribution is p."""
    from scipy.special import ndtri  # an extra: arrays need no SciPy

    return ndtri(p)


def normal_density(z: Any) -> np.ndarray:
    """Return the density of the normal distribution."""
    return np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi)
