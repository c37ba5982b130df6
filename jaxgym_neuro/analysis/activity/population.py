"""Trajectories of a population: principal components, demixed or not."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.activity.aligned import Averages
from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Trajectories(Result):
    """Averages of conditions, seen along a few directions in the space of units."""

    names: tuple[str, ...]  # of what the conditions are made of
    conditions: np.ndarray  # (k, names)
    time: np.ndarray  # (T,)
    values: np.ndarray  # (k, T, components)
    axes: np.ndarray  # (components, units): read out, values = (activity - centre) @ axes.T
    centre: np.ndarray  # (units,)
    explained: np.ndarray  # (components,) share of the variance of averages
    of: tuple[str, ...]  # (components,) what each component is of: "all", or of demixed ones
    # a factor, "time" or "interaction"

    def plot(self, ax: Any = None, *, components: tuple[int, int] = (0, 1)) -> Any:
        """Plot two components against each other, a line per condition, and return the Axes."""
        first, second = components
        labels = [f"component {i + 1} ({self.of[i]}, {self.explained[i]:.0%})" for i in components]
        ax = axes_of(ax, *labels)
        for row, values in zip(self.conditions.tolist(), self.values, strict=True):
            name = ", ".join(f"{n} {v}" for n, v in zip(self.names, row, strict=True))
            color = next_color(ax)
            ax.plot(values[:, first], values[:, second], color=color, linewidth=1.2, label=name)
            ax.plot(*values[0, [first, second]], "o", color=color, markersize=4)
        legend(ax)
        return ax


def pca(averages: Averages, components: int = 3) -> Trajectories:
    """Find the directions along which averages vary most, over conditions and time.

    Args:
        averages: of `condition_averages`.
        components: how many directions.

    Raises:
        ValueError: for more components than there are units, or steps that a condition lacks.
    """
    data, centre = _centred(averages, components)
    flat = data.reshape(-1, data.shape[-1])
    _, sizes, axes = np.linalg.svd(flat, full_matrices=False)
    axes = axes[:components]
    # The sign of a direction is a convention: its largest weight is positive.
    axes *= np.sign(axes[np.arange(components), np.argmax(np.abs(axes), axis=1)])[:, None]
    explained = sizes[:components] ** 2 / np.sum(flat**2)
    return _trajectories(averages, data, axes, centre, explained, ("all",) * components)


def demixed_pca(averages: Averages, components: int = 1, *, ridge: float = 0.01) -> Trajectories:
    """Find directions that each show one factor, and as little as can be of the others.

    Averages are divided into what time, each factor and their interaction add; each part is
    reconstructed from the whole along as few directions as asked for (Kobak et al. 2016,
    https://doi.org/10.7554/eLife.10989). `explained` is the share of all variance that lies within
    the part, as reconstructed from the component.

    Args:
        averages: of `condition_averages`, by one factor or two, each value of one with each of
            the other.
        components: how many directions for each part.
        ridge: penalty on weights, as a share of the mean variance of a unit: larger where averages
            are noisy.

    Raises:
        ValueError: for more than two factors, combinations that are missing, or steps that a
            condition lacks.
    """
    data, centre = _centred(averages, components)
    parts = _parts(averages, data)
    units = data.shape[-1]
    x = data.reshape(-1, units)
    total = np.sum(x**2)
    gram = x.T @ x + ridge * total / units * np.eye(units)
    axes, explained, of = [], [], []
    for name, part in parts.items():
        target = np.broadcast_to(part, data.shape).reshape(-1, units)
        if np.sum(target**2) < 1e-12 * total:
            continue
        weights = np.linalg.solve(gram, x.T @ target)  # of all units, to the part
        _, _, directions = np.linalg.svd(x @ weights, full_matrices=False)
        for direction in directions[:components]:
            decoder = weights @ direction
            shown = x @ decoder
            rebuilt = np.outer(shown, direction)
            axes.append(decoder)
            explained.append(1 - np.sum((target - rebuilt) ** 2) / np.sum(target**2))
            explained[-1] *= np.sum(target**2) / total
            of.append(name)
    return _trajectories(averages, data, np.array(axes), centre, np.array(explained), tuple(of))


def _centred(averages, components):
    data = averages.mean
    if not np.isfinite(data).all():
        raise ValueError(
            "each condition needs a trial at each step: take fewer steps around the event"
        )
    units = data.shape[-1]
    if not 1 <= components <= min(units, data.shape[0] * data.shape[1]):
        raise ValueError(f"components is from 1 to {units}, the number of units, not {components}")
    centre = data.reshape(-1, units).mean(axis=0)
    data = data - centre
    if not np.any(np.abs(data) > 1e-12):
        raise ValueError("activity is the same in all conditions at all times")
    return data, centre


def _parts(averages, data):
    """Divide averages (k, T, units) into parts by factor, each of which broadcasts to them."""
    time = data.mean(axis=0, keepdims=True)
    rest = data - time
    if len(averages.names) == 1:
        return {"time": time, averages.names[0]: rest}
    if len(averages.names) != 2:
        raise ValueError(f"demixing takes one factor or two, not {len(averages.names)}")
    codes = [np.unique(averages.conditions[:, i], return_inverse=True)[1] for i in (0, 1)]
    sizes = [code.max() + 1 for code in codes]
    if sizes[0] * sizes[1] != len(data):
        raise ValueError(
            f"each value of {averages.names[0]} is needed with each of {averages.names[1]}: "
            f"{sizes[0] * sizes[1]} conditions, of which there are {len(data)}"
        )
    parts = {"time": time}
    for name, code, size in zip(averages.names, codes, sizes, strict=True):
        means = np.stack([rest[code == value].mean(axis=0) for value in range(size)])
        parts[name] = means[code]
    parts["interaction"] = rest - parts[averages.names[0]] - parts[averages.names[1]]
    return parts


def _trajectories(averages, data, axes, centre, explained, of):
    return Trajectories(
        averages.names,
        averages.conditions,
        averages.time,
        data @ axes.T,
        axes,
        centre,
        explained,
        of,
    )
