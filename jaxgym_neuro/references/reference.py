"""Reference: a small table of published numbers, with its source."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxgym_neuro.analysis import Curve
from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.support.extras import needed_by
from jaxgym_neuro.support.validation import check_name

NAN = float("nan")


@dataclasses.dataclass(frozen=True)
class Quantity:
    """Which columns of a table make a curve."""

    x: str
    xlabel: str
    ylabel: str
    # A proportion: right answers among trials. Else a mean, and its standard error or the standard
    # deviation of single trials.
    hits: str | None = None
    mean: str | None = None
    spread: str | None = None
    error: str | None = None
    count: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Reference:
    """Published numbers: columns (n,) by name, with their meaning and their source."""

    name: str
    title: str
    doi: str
    source: str  # where the numbers were taken from
    columns: Mapping[str, np.ndarray]  # (n,) each
    meanings: Mapping[str, str]  # of each column, with its unit
    quantities: Mapping[str, Quantity] = dataclasses.field(default_factory=dict)
    by: str | None = None  # the column of the subject, where there are several

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, column: str) -> np.ndarray:
        """Return a column."""
        check_name("column", column, self.columns)
        return self.columns[column]

    def frame(self) -> Any:
        """Return a pandas DataFrame of the columns; needs the extra ``frames``."""
        with needed_by("a frame"):
            import pandas  # arrays need no pandas

        return pandas.DataFrame(dict(self.columns))

    def curves(self, of: str = "accuracy") -> dict[str, Curve]:
        """Return the curve of each subject, by name.

        Args:
            of: a quantity: ``"accuracy"``, ``"reaction_time"``.

        Raises:
            ValueError: for a quantity that there is not.
        """
        check_name(f"quantity of {self.name}", of, self.quantities)
        quantity = self.quantities[of]
        if self.by is None:
            groups = {"": np.ones(len(self), bool)}
        else:
            who = self.columns[self.by]
            groups = {f"{self.by} {name}": who == name for name in np.unique(who)}
        return {name: self._curve(quantity, rows) for name, rows in groups.items()}

    def trials(self) -> dict[str, np.ndarray]:
        """Return a row per trial, with the columns ``correct``, the stimulus and the subject.

        What was counted is counted out again, for `jgn.analysis.psychometric`, say; when trials
        were played, and with which times, is not known.

        Raises:
            ValueError: where answers were not counted.
        """
        counted = [q for q in self.quantities.values() if q.hits is not None]
        if not counted:
            raise ValueError(f"{self.name} has no numbers of trials")
        quantity = counted[0]
        trials, hits = self.columns[str(quantity.count)], self.columns[str(quantity.hits)]
        names = [quantity.x] if self.by is None else [quantity.x, self.by]
        out = {name: np.repeat(self.columns[name], trials) for name in names}
        out["correct"] = np.concatenate(
            [np.arange(n) < k for n, k in zip(trials, hits, strict=True)]
        )
        return out

    def plot(
        self,
        ax: Any = None,
        *,
        of: str = "accuracy",
        label: str | None = None,
        color: str | None = None,
    ) -> Any:
        """Plot a quantity of each subject, and return the Axes.

        Args:
            ax: of Matplotlib; None: of a new figure.
            of: the quantity, see `curves`.
            label: for the legend; None: the name.
            color: of all curves; None: the next ones of the palette.

        Raises:
            ValueError: for a quantity that there is not.
        """
        curves, label = self.curves(of), self.name if label is None else label
        quantity = self.quantities[of]
        ax = axes_of(ax, quantity.xlabel, quantity.ylabel)
        for name, curve in curves.items():
            curve.plot(
                ax,
                label=f"{label}, {name}" if name else label,
                color=next_color(ax) if color is None else color,
                line="--",
                marker="s",
            )
        legend(ax)
        return ax

    def _curve(self, quantity, rows):
        x = self.columns[quantity.x][rows]
        n = np.ones(len(x), np.int64)
        if quantity.count is not None:
            n = self.columns[quantity.count][rows]
        if quantity.hits is not None:
            return Curve.of_proportions(x, self.columns[quantity.hits][rows], n)
        mean = self.columns[str(quantity.mean)][rows]
        if quantity.spread is not None:
            error = self.columns[quantity.spread][rows] / np.sqrt(n)
        else:
            error = self.columns[str(quantity.error)][rows]
        return Curve(x, mean, mean - 1.96 * error, mean + 1.96 * error, n)


def table(names: str, rows: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
    """Return columns, from their names, divided by spaces, and rows."""
    return {
        name: np.array(values)
        for name, values in zip(names.split(), zip(*rows, strict=True), strict=True)
    }
