"""What analyses read: columns of a table, of a frame or of a dict, or the arrays themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.values import (
    as_array,
    check_rows,
    is_missing,
    named,
    numbered,
    two_values,
)
from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.support.validation import check_name

_SHORTEST_TIMES = 10.0  # ms: nothing that moves answers all trials faster


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

    def label(self, given: Any, what: str) -> str:
        """Return what an axis says of a column: its name, with the unit that its task declares."""
        name = given if isinstance(given, str) else getattr(given, "name", None)
        if not isinstance(name, str):
            return what
        unit = self.trials.units.get(name) if isinstance(self.trials, TrialTable) else None
        return f"{name} ({unit})" if unit else name

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
        values = self._column(given) if isinstance(given, str) else as_array(given)
        if values.ndim == 0:
            raise ValueError(f"{what} has a value for each trial; it is the single {values}")
        if self.length is None:
            self.length = len(values)
        if len(values) != self.length:
            raise ValueError(
                f"{what} has a value for each of the {self.length} trials, not {len(values)}"
            )
        return values

    def numbers(self, given: Any, what: str, rule: str = "a number for each trial") -> np.ndarray:
        """Return a column of numbers (n,) as float64, NaN where one is missing.

        Args:
            given: the name, or the array.
            what: the argument, for the sentences of errors.
            rule: what it is, for the same.

        Raises:
            ValueError: for a word among them, with its row, or another shape.
        """
        values = self.get(given, what)
        name = named(given, what)
        if values.ndim == 1 and values.dtype.kind in "OUS":
            missing = is_missing(values)
            odd = [
                row
                for row in np.flatnonzero(~missing)
                if isinstance(values[row], str | bytes) or not hasattr(values[row], "__float__")
            ]
            if odd:
                first = str(values[odd[0]])
                raise ValueError(f"{name} is {rule}; row {odd[0]} (from 0) has {first!r}")
            values = np.where(missing, np.float64("nan"), values).astype(np.float64)
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} is {rule}, not of shape {values.shape[1:]} and of dtype {values.dtype}"
            )
        return values.astype(np.float64)

    def yes_or_no(self, given: Any, what: str, where: np.ndarray | None = None) -> np.ndarray:
        """Return a column of True and False, given as such or as 1 and 0; others are an error.

        Args:
            given: the name, or the array.
            what: the argument, for the sentences of errors.
            where: (n,) bool, rows to return; None: all.
        """
        rule = "True or False (1 or 0) in each trial"
        values = self.numbers(given, what, rule)
        where = np.ones(len(values), bool) if where is None else where
        odd = np.flatnonzero(where & (values != 0) & (values != 1))
        if len(odd):
            first = values[odd[0]]
            told = "it is missing in" if np.isnan(first) else f"it is {first:g} in"
            raise ValueError(f"{named(given, what)} is {rule}; {told} row {odd[0]} (from 0)")
        return values[where] == 1

    def known(self, given: Any, what: str, where: np.ndarray) -> np.ndarray:
        """Return the values of rows, which may be of any kind; one that is missing is an error."""
        values = self.get(given, what)
        check_rows(is_missing(values), where, f"{named(given, what)} is known")
        return values[where]

    def finite(self, given: Any, what: str, where: np.ndarray) -> np.ndarray:
        """Return the numbers of rows (k,) as float64; one that is missing is an error."""
        values = self.numbers(given, what)
        check_rows(~np.isfinite(values), where, f"{named(given, what)} is finite")
        return values[where]

    def times(self, given: Any, what: str, where: np.ndarray) -> np.ndarray:
        """Return the times of rows (k,) in ms.

        Raises:
            ValueError: for a time that is missing, infinite or below 0, and for an animal's that
                are all shorter than 10 ms: those are seconds.
        """
        values, name = self.numbers(given, what), named(given, what)
        check_rows(
            ~(np.isfinite(values) & (values >= 0)),
            where,
            f"{name} is finite and at least 0 ms (NaN: no answer)",
        )
        values = values[where]
        longest = values.max(initial=0.0)
        if 0 < longest < _SHORTEST_TIMES and not isinstance(self.trials, TrialTable):
            raise ValueError(
                f"{name} is in ms; these look like seconds, as none is longer than {longest:.3g}: "
                "multiply them by 1000"
            )
        return values

    def two_choices(
        self, given: Any, between: Sequence[Any] | None, mask: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, tuple[Any, Any]]:
        """Return in which rows one of two choices was made, where it was the higher, and both.

        Args:
            given: the name, or the array.
            between: the two, the lower first; None: those that there are. Of words the higher is
                the later one in the alphabet.
            mask: (n,) bool, rows that were answered.

        Raises:
            ValueError: unless there are two, or ``between`` names two of which one was made.
        """
        chosen = self.get(given, "choice")
        low, high = two_values(chosen[mask], between, named(given, "choice"))
        is_high = np.asarray(chosen == high)
        mask = mask & (np.asarray(chosen == low) | is_high)
        if not mask.any():
            raise ValueError(f"no choice is {low!s} or {high!s}")
        return mask, is_high & mask, (low, high)

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
            answer: the answer that is analysed; where it is missing there was none.
            time: its time; None: the column of the answer's time, if there is one.

        Raises:
            ValueError: if there was none in any trial.
        """
        values = self.get(answer, "answer")
        mask = ~is_missing(values)
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
        return as_array(self.trials[name])

    def order(self, *more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the order in which trials were played, and which of them begin a session.

        Trials are ordered by the columns ``session``, ``run``, ``env`` and ``trial``, those that
        there are; a session is what has the same of the first three, and no number of ``trial``
        left out. Without ``trial`` they are in their order, and without the others one session.

        Args:
            *more: (n,) each, whole numbers of what are sessions of their own, too: of subjects.

        Raises:
            ValueError: if a number of ``trial`` comes twice in a session.
        """
        if self.length is None:
            raise ValueError("there are no trials to put in order")
        every = np.ones(self.length, bool)
        groups = [
            *more,
            *(
                numbered(self.known(name, name, every))
                for name in ("env", "run", "session")
                if name in self
            ),
        ]
        begins = np.ones(self.length, bool)
        if "trial" not in self:
            begins[1:] = False
            for column in groups:
                begins[1:] |= column[1:] != column[:-1]
            return np.arange(self.length), begins
        number = self.finite("trial", "trial", every).astype(np.int64)
        order = np.lexsort((number, *groups))
        step = np.diff(number[order])
        same = np.ones(len(step), bool)
        for column in groups:
            same &= np.diff(column[order]) == 0
        twice = np.flatnonzero(same & (step == 0))
        if len(twice):
            rows = sorted(order[twice[0] : twice[0] + 2].tolist())
            raise ValueError(
                f"trial is {number[rows[0]]} in row {rows[0]} and in row {rows[1]} (from 0), which "
                "are of one session: if there are several, name the column of sessions `session`"
            )
        begins[1:] = ~same | (step != 1)
        return order, begins
