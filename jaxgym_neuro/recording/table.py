"""TrialTable: what was done in each finished trial, as columns."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class TrialTable:
    """One row per finished trial, as arrays; the rows are in the order in which trials ended."""

    conditions: Mapping[str, np.ndarray]  # (n, *shape of the condition)
    choice: np.ndarray  # (n, *action shape), the action of the trial's last step
    performance: np.ndarray  # (n,) float32, the trial's score from 0 to 1
    correct: np.ndarray  # (n,) bool, is the score 1?
    reward: np.ndarray  # (n,) float32, summed over the trial
    reaction_time: np.ndarray  # (n,) float32 ms, NaN where the trial ended without an action
    steps: np.ndarray  # (n,) int32, steps that the trial lasted
    env: np.ndarray  # (n,) int32, environment in which it was played
    trial: np.ndarray  # (n,) int32, number of the trial in that environment, from 0
    run: np.ndarray  # (n,) int32, the Monitor that recorded it, from 0; 0 where none did
    not_columns: tuple[str, ...] = ()  # conditions that stay whole: they give no columns

    def __len__(self):
        return len(self.steps)

    def __repr__(self):
        if not len(self):
            return "TrialTable of no trials"
        played = sum(len(np.unique(self.env[self.run == run])) for run in np.unique(self.run))
        return (
            f"TrialTable of {len(self)} trials of {played} environments: "
            f"performance {np.mean(self.performance):.3g}, reward {np.mean(self.reward):.3g}, "
            f"{np.mean(self.steps):.3g} steps a trial; columns {', '.join(self.columns())}"
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Return a flat dict of columns of shape (n,): arrays give ``name_0``, ``name_1``, ...

        A condition that the task declares with ``column=False`` gives none, and one that is called
        like another column (``steps``, say) is ``condition_steps``.
        """
        columns, outcomes = {}, dict(self._outcomes())
        listed = {
            f"condition_{name}" if name in outcomes else name: values
            for name, values in self.conditions.items()
            if name not in self.not_columns
        }
        for name, values in (listed | outcomes).items():
            flat = values.reshape(len(values), -1) if values.ndim > 1 else None
            if flat is None:
                columns[name] = values
            else:
                columns |= {f"{name}_{i}": flat[:, i] for i in range(flat.shape[1])}
        return columns

    def frame(self) -> Any:
        """Return a pandas DataFrame of `columns`; needs the extra ``frames``."""
        import pandas  # an extra: arrays need no pandas

        return pandas.DataFrame(self.columns())

    def take(self, rows: Any) -> "TrialTable":
        """Return the table of some rows: a slice, indices or a mask."""
        conditions = {name: values[rows] for name, values in self.conditions.items()}
        outcomes = {name: values[rows] for name, values in self._outcomes()}
        return TrialTable(conditions=conditions, **outcomes, not_columns=self.not_columns)

    @classmethod
    def of(
        cls,
        *,
        conditions: Mapping[str, Any],
        performance: Any,
        reaction_time: Any,
        not_columns: Sequence[str] = (),
        **columns: Any,
    ) -> "TrialTable":
        """Make a table of what was recorded of n trials; the other columns follow from it.

        Args:
            conditions: (n, ...) each, by name.
            performance: (n,).
            reaction_time: (n,) ms; NaN or negative where the trial ended without an action.
            not_columns: names of conditions that give no columns.
            **columns: ``choice``, ``reward``, ``steps``, ``env`` and ``trial``, (n, ...) each; and
                ``run``, which is 0 if it is not given.

        Returns:
            The table, with numbers as wide as a task's: float32 and int32.
        """
        time = _column(reaction_time)
        columns.setdefault("run", np.zeros(len(time), np.int32))
        return cls(
            conditions={name: _column(values) for name, values in conditions.items()},
            performance=_column(performance),
            correct=np.asarray(performance) >= 1,
            reaction_time=np.where(time >= 0, time, np.float32(np.nan)),
            not_columns=tuple(not_columns),
            **{name: _column(values) for name, values in columns.items()},
        )

    @classmethod
    def concatenate(cls, tables: Sequence["TrialTable"]) -> "TrialTable":
        """Join tables of one task, one after the other.

        Raises:
            ValueError: for no table, or tables of other conditions.
        """
        if not tables:
            raise ValueError("give at least one table to join")
        first = tables[0]
        for table in tables:
            if set(table.conditions) != set(first.conditions):
                raise ValueError(
                    f"tables of one task have the same conditions, not {sorted(first.conditions)} "
                    f"and {sorted(table.conditions)}"
                )
        join = np.concatenate
        conditions = {name: join([t.conditions[name] for t in tables]) for name in first.conditions}
        outcomes = {name: join([getattr(t, name) for t in tables]) for name, _ in first._outcomes()}
        return cls(conditions=conditions, **outcomes, not_columns=first.not_columns)

    def _outcomes(self):
        names = (field.name for field in dataclasses.fields(self))
        others = ("conditions", "not_columns")
        return [(name, getattr(self, name)) for name in names if name not in others]


def reaction_time(t: Any, acted: Any, trial: Any, dt: float, xp: Any = np) -> Any:
    """Time in ms from the start of the period in which an action fell to that action.

    Args:
        t: the action's step, counted from the first of the trial.
        acted: bool; was it an action, and not to wait?
        trial: its `jaxgym_neuro.Trial`, or what else holds ``start`` and ``end`` of its periods.
        dt: step in ms.
        xp: NumPy, or ``jax.numpy``.

    Returns:
        A float32 scalar; -1 for waiting, and where no period holds the step.
    """
    start, end = xp.asarray(trial.start), xp.asarray(trial.end)
    onset = xp.max(xp.where((start <= t) & (t < end), start, -1))
    time = (t - onset).astype(xp.float32) * xp.float32(dt)
    return xp.where(acted & (onset >= 0), time, xp.float32(-1))


def _column(values):
    """Return a column as an array; Python's numbers become as wide as a task's."""
    column = np.asarray(values)
    narrow = {"f": np.float32, "i": np.int32}.get(column.dtype.kind)
    return column if narrow is None else column.astype(narrow, copy=False)
