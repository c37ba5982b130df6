"""What analyses read: columns of a table, of a frame or of a dict, or the arrays themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.support.validation import check_name


class Columns:
    """Columns by name, and what of them is read: rows with an answer.

    Args:
        trials: a `TrialTable`, a pandas frame or a dict with the same columns, or None where all
            arguments are arrays.

    Raises:
        ValueError: for something else.
    """

    def __init__(self, trials: Any):
        is_frame = hasattr(trials, "columns") and hasattr(trials, "to_numpy")
        if not (trials is None or isinstance(trials, TrialTable | Mapping) or is_frame):
            raise ValueError(
                "trials are a TrialTable, a pandas frame, a dict of columns, or None where each "
                f"argument is an array, not a {type(trials).__name__}"
            )
        self.trials = {} if trials is None else trials
        self.length = None if trials is None or not self._names() else self._count()

    def _names(self) -> list[str]:
        if isinstance(self.trials, TrialTable):
            table = self.trials
            main = ["choice", "reaction_time"] if table.answers else []
            return [*table.columns(), *table.conditions, *table.answers, *main]
        return [
            str(name)
            for name in (self.trials if isinstance(self.trials, Mapping) else self.trials.columns)
        ]

    def _count(self) -> int:
        if isinstance(self.trials, Mapping):
            return len(next(iter(self.trials.values())))
        return len(self.trials)

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def get(self, given: Any, what: str) -> np.ndarray:
        """Return a column by its name, or an array as it is.

        Args:
            given: the name, or the array.
            what: the argument, for the sentences of errors.

        Raises:
            ValueError: for a column that is not there, or another number of rows than the others.
        """
        if given is None:
            raise ValueError(f"{what} is the name of a column or an array, and is needed here")
        values = self._column(given) if isinstance(given, str) else np.asarray(given)
        if values.ndim == 0:
            raise ValueError(f"{what} has a value for each trial; it is the single {values}")
        if self.length is None:
            self.length = len(values)
        if len(values) != self.length:
            raise ValueError(
                f"{what} has a value for each of the {self.length} trials, not {len(values)}"
            )
        return values

    def numbers(self, given: Any, what: str) -> np.ndarray:
        """Return a column of numbers (n,) as float64; other kinds are an error."""
        values = self.get(given, what)
        if values.dtype == object:
            values = values.astype(np.float64)
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            raise ValueError(
                f"{what} is a number for each trial, not of shape {values.shape[1:]} and of dtype "
                f"{values.dtype}"
            )
        return values.astype(np.float64)

    def yes_or_no(self, given: Any, what: str, where: np.ndarray | None = None) -> np.ndarray:
        """Return a column of True and False, given as such or as 1 and 0; NaN is an error.

        Args:
            given: the name, or the array.
            what: the argument, for the sentences of errors.
            where: (n,) bool, rows to return; None: all.
        """
        values = self.numbers(given, what)
        values = values if where is None else values[where]
        odd = values[(values != 0) & (values != 1)]
        if len(odd):
            raise ValueError(f"{what} is True or False (1 or 0) in each trial, not {odd[0]:g}")
        return values == 1

    def time(self, answer: Any = None) -> np.ndarray | None:
        """Return the time of an answer, or of the main one; None where there is no such column."""
        name = "reaction_time"
        if isinstance(answer, str) and (answer == "choice" or time_of(answer) in self):
            name = time_of(answer)
        if name in self:
            return self.numbers(name, name)
        return None

    def answered(self, given: Any, answer: Any, time: Any = None) -> np.ndarray:
        """Return in which trials there was an answer, (n,) bool.

        Args:
            given: the argument ``answered``: a column or an array of True and False, or None.
            answer: the answer that is analysed, whose NaN are none.
            time: its time; None: the column of the answer's time, if there is one.

        Raises:
            ValueError: if there was none in any trial.
        """
        values = self.get(answer, "answer")
        mask = np.ones(len(values), bool)
        if values.dtype.kind == "f":
            mask &= ~np.isnan(values.reshape(len(values), -1)).any(axis=1)
        if given is not None:
            mask &= self.yes_or_no(given, "answered")
        else:
            times = self.time(answer) if time is None else self.numbers(time, "time")
            if times is not None:
                mask &= ~np.isnan(times)
        if not mask.any():
            raise ValueError(
                f"none of the {len(values)} trials was answered; an analysis needs trials with an "
                "answer (and its time, where there is one)"
            )
        return mask

    def _column(self, name):
        check_name("column", name, self._names())
        if isinstance(self.trials, TrialTable):
            if name not in self.trials.columns() and name in ("choice", "reaction_time"):
                return getattr(self.trials, name)
            return self.trials[name]
        values: Any = self.trials[name]
        return np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)

    def order(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the order in which trials were played, and which of them begin a session.

        Trials are ordered by the columns ``run``, ``env`` and ``trial``, those that there are; a
        session is what has the same ``run`` and ``env``, and no number of ``trial`` left out.
        Without these columns the trials are one session, in their order.
        """
        if self.length is None:
            raise ValueError("there are no trials to put in order")
        if "trial" not in self:
            whole = [self.get(name, name) for name in ("run", "env", "session") if name in self]
            begins = np.zeros(self.length, bool)
            for column in whole:
                begins[1:] |= column[1:] != column[:-1]
            begins[:1] = True
            return np.arange(self.length), begins
        number = self.get("trial", "trial").astype(np.int64)
        groups = [self.get(name, name) for name in ("env", "run", "session") if name in self]
        order = np.lexsort((number, *groups))
        begins = np.ones(self.length, bool)
        begins[1:] = number[order][1:] != number[order][:-1] + 1
        for column in groups:
            begins[1:] |= column[order][1:] != column[order][:-1]
        return order, begins


def two_values(values: np.ndarray, between: Sequence[Any] | None, what: str) -> tuple[Any, Any]:
    """Return the two values that are told apart, the lower first.

    Raises:
        ValueError: unless there are two, or ``between`` names them.
    """
    if between is not None:
        if len(between) != 2 or between[0] == between[1]:
            raise ValueError(f"between is two values of {what}, the lower first, not {between!r}")
        return between[0], between[1]
    found = np.unique(values)
    if len(found) != 2:
        listed = ", ".join(map(str, found[:8]))
        raise ValueError(
            f"{what} takes two values where this is told apart, not {len(found)} ({listed}); "
            "between=(one, other) says which two, and leaves out the others"
        )
    return found[0], found[1]


def levels(values: np.ndarray, bins: int | None, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels of a stimulus, (k,), and which one each trial has, (n,).

    Args:
        values: (n,).
        bins: into how many bins of equally many trials to put them; a level is then the mean of a
            bin. None: each value is a level.
        what: the argument, for the sentences of errors.

    Raises:
        ValueError: for NaN, one level only, or more than 100 where no bins are given.
    """
    if not np.isfinite(values).all():
        raise ValueError(f"{what} is finite in every trial that was answered")
    if bins is None:
        found, level_of = np.unique(values, return_inverse=True)
        if len(found) > 100:
            raise ValueError(
                f"{what} takes {len(found)} values; bins=9, say, puts them into 9 bins"
            )
    else:
        if bins < 2:
            raise ValueError(f"bins is at least 2, not {bins}")
        edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
        level_of = np.searchsorted(edges, values, side="right")
        used, level_of = np.unique(level_of, return_inverse=True)
        found = np.bincount(level_of, values, len(used)) / np.bincount(level_of)
    if len(found) < 2:
        raise ValueError(f"{what} takes one value only, {found[0]:g}; a curve needs two at least")
    return found, level_of
