"""Task variance, and clusters of units by the tasks in which they vary."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.activity.aligned import check_activity
from jaxgym_neuro.analysis.drawing import axes_of, heat_map
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.support.extras import needed_by


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class TaskVariance(Result):
    """How much each unit varies over the trials of each task, and clusters of alike units."""

    tasks: tuple[str, ...]
    variance: np.ndarray  # (tasks, units), mean over time of the variance over trials
    units: np.ndarray  # (m,) units that are not silent
    cluster: np.ndarray  # (m,) of each of them, from 1
    silhouette: float  # how much closer units are to their own cluster than to the next, at most 1

    @classmethod
    def of(
        cls, tasks: Sequence[str], variance: Any, *, silent: float = 1e-3, most_clusters: int = 30
    ) -> "TaskVariance":
        """Cluster units by variances that were computed elsewhere, on a device, say.

        Args:
            tasks: their names.
            variance: (tasks, units).
            silent: see `task_variance`.
            most_clusters: see `task_variance`.

        Raises:
            ValueError: for one task, another shape, or fewer than 3 units that vary.
        """
        variance = np.asarray(variance, np.float64)
        if len(tasks) < 2 or variance.ndim != 2 or len(variance) != len(tasks):
            raise ValueError(
                f"clusters need two tasks at least, with a row of variances each: {len(tasks)} "
                f"tasks, and variances of shape {variance.shape}"
            )
        units = np.flatnonzero(variance.sum(axis=0) > silent)
        if len(units) < 3:
            raise ValueError(
                f"clusters need three units at least that vary by more than {silent:g}; there are "
                f"{len(units)}"
            )
        profiles = variance[:, units].T
        profiles = profiles / profiles.max(axis=1, keepdims=True)
        cluster, score = _clusters(profiles, min(most_clusters, len(units) - 1))
        return cls(tuple(tasks), variance, units, cluster, score)

    @property
    def normalized(self) -> np.ndarray:
        """Variance of the units that are not silent, (tasks, m), 1 in the task of most."""
        variance = self.variance[:, self.units]
        return variance / variance.max(axis=0)

    def plot(self, ax: Any = None) -> Any:
        """Plot the normalised variance of units, cluster by cluster, and return the Axes."""
        ax = axes_of(ax, "units, by cluster", counted=True)
        order = np.argsort(self.cluster, kind="stable")
        shown = self.normalized[:, order]
        heat_map(ax, shown, "normalised task variance", aspect="auto", vmin=0, vmax=1)
        ax.set_yticks(range(len(self.tasks)), self.tasks)
        for edge in np.flatnonzero(np.diff(self.cluster[order])):
            ax.axvline(edge + 0.5, color="0.4", linewidth=0.8)
        return ax


def task_variance(
    activity: Mapping[str, Any],
    steps: Mapping[str, Any] | None = None,
    *,
    silent: float = 1e-3,
    most_clusters: int = 30,
) -> TaskVariance:
    """Compute how units vary over the trials of each task, and cluster them by it.

    Variance is taken over trials at each step, and averaged over steps, so that what all trials of
    a task have in common counts for nothing (Yang et al. 2019,
    https://doi.org/10.1038/s41593-018-0310-2). Units are clustered by their normalised variances
    (Ward's method), into the number of clusters with the best silhouette.

    Args:
        activity: task to (n, T, units), with the same units.
        steps: task to how many steps each trial has, (n,); None: all T.
        silent: units with no more than this variance, summed over tasks, are left out.
        most_clusters: that are tried.

    Raises:
        ValueError: for one task, fewer than 2 trials of one, or fewer than 3 units that vary.
    """
    last = steps or {}
    variance = [_variance(name, one, last.get(name)) for name, one in activity.items()]
    shapes = {len(one) for one in variance}
    if len(shapes) > 1:
        raise ValueError(f"all tasks have the same units, not {sorted(shapes)} of them")
    return TaskVariance.of(
        list(activity), np.array(variance), silent=silent, most_clusters=most_clusters
    )


def _variance(name, activity, steps):
    values = check_activity(activity).astype(np.float64)
    n, width, _ = values.shape
    if n < 2:
        raise ValueError(f"the variance over trials of {name} needs two trials at least")
    last = np.broadcast_to(np.asarray(width if steps is None else steps), n)
    there = (np.arange(width) < last[:, None]).astype(np.float64)[..., None]
    count = np.maximum(there.sum(axis=0), 1)
    mean = (there * values).sum(axis=0) / count
    variance = (there * (values - mean) ** 2).sum(axis=0) / count
    share = count / count.max()  # steps that few trials have tell little
    return (share * variance).sum(axis=0) / share.sum()


def _clusters(profiles, most):
    """Return the cluster of each unit, from 1, and the silhouette; of few alike units, one."""
    with needed_by("clustering"):
        from scipy.cluster import hierarchy
        from sklearn.metrics import silhouette_score

    tree = hierarchy.linkage(profiles, "ward")
    best = np.ones(len(profiles), np.int64), 0.0
    for number in range(2, most + 1):
        labels = hierarchy.fcluster(tree, number, "maxclust")
        if not 2 <= len(np.unique(labels)) < len(profiles):
            continue
        score = float(silhouette_score(profiles, labels))
        if score > best[1]:
            best = labels, score
    return best
