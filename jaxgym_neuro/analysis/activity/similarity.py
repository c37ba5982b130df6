"""Representational similarity: which conditions look alike to a population."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, heat_map
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.support.validation import check_name

METRICS = ("correlation", "euclidean", "cosine")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dissimilarity(Result):
    """How far the patterns of conditions lie apart, each from each."""

    matrix: np.ndarray  # (k, k), 0 on the diagonal
    labels: tuple[str, ...]
    metric: str

    def plot(self, ax: Any = None) -> Any:
        """Plot the matrix, and return the Axes."""
        ax = axes_of(ax)
        heat_map(ax, self.matrix, f"dissimilarity ({self.metric})")
        ax.set_xticks(range(len(self.labels)), self.labels, rotation=90)
        ax.set_yticks(range(len(self.labels)), self.labels)
        return ax

    def agreement(self, other: "Dissimilarity") -> float:
        """Return the rank correlation (Spearman) with another matrix of the same conditions.

        Raises:
            ValueError: for another number of conditions, or distances that are all the same.
        """
        from scipy.stats import rankdata

        if self.matrix.shape != other.matrix.shape or len(self.matrix) < 3:
            raise ValueError(
                f"two matrices of the same conditions, at least 3, are compared, not of "
                f"{len(self.matrix)} and {len(other.matrix)}"
            )
        pairs = np.triu_indices(len(self.matrix), 1)
        ranks = [rankdata(one.matrix[pairs]) for one in (self, other)]
        if min(np.ptp(rank) for rank in ranks) == 0:
            raise ValueError("all distances are the same; there is no order to agree upon")
        return float(np.corrcoef(*ranks)[0, 1])


def dissimilarity(
    patterns: Any, labels: Any = None, *, metric: str = "correlation"
) -> Dissimilarity:
    """Compare the patterns of activity of conditions.

    Representational similarity (Kriegeskorte et al. 2008,
    https://doi.org/10.3389/neuro.06.004.2008) is what such matrices have in common, see
    `Dissimilarity.agreement`.

    Args:
        patterns: (k, units) or (k, T, units), whose steps lie beside each other.
        labels: (k,) names of the conditions.
        metric: ``"correlation"`` (1 - r), ``"euclidean"`` or ``"cosine"``.

    Raises:
        ValueError: for another metric, fewer than 2 patterns, NaN, or a pattern that has no
            correlation, as it does not vary.
    """
    check_name("metric", metric, METRICS)
    values = np.asarray(patterns, np.float64)
    if values.ndim < 2 or len(values) < 2:
        raise ValueError(f"patterns is (conditions, units), two at least, not {values.shape}")
    values = values.reshape(len(values), -1)
    if not np.isfinite(values).all():
        raise ValueError("patterns are finite")
    if metric == "euclidean":
        square = np.sum(values**2, axis=1)
        matrix = np.sqrt(np.maximum(square[:, None] + square - 2 * values @ values.T, 0))
    else:
        if metric == "correlation":
            values = values - values.mean(axis=1, keepdims=True)
        size = np.linalg.norm(values, axis=1)
        if size.min() < 1e-12:
            raise ValueError(f"pattern {int(size.argmin())} does not vary: it has no {metric}")
        matrix = 1 - (values / size[:, None]) @ (values / size[:, None]).T
    np.fill_diagonal(matrix, 0)
    matrix = np.maximum((matrix + matrix.T) / 2, 0)
    names = tuple(str(one) for one in (range(len(values)) if labels is None else labels))
    if len(names) != len(values):
        raise ValueError(f"labels has a name for each of {len(values)} patterns, not {len(names)}")
    return Dissimilarity(matrix, names, metric)
