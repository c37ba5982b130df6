"""TrialTable: what was done in each finished trial, as columns."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.core.describe import declared_conditions, short_unit
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.recording.kept import Kept
from jaxgym_neuro.support import html
from jaxgym_neuro.support.extras import needed_by
from jaxgym_neuro.support.printing import brief
from jaxgym_neuro.support.validation import check_name

_SHOWN = 10  # rows, in a notebook

# The fields of a table that are dicts of columns.
GROUPS = ("conditions", "answers", "times", "durations", "labels")


class _Outcomes(Mapping[str, np.ndarray]):
    """The column ``outcome``, written when it is asked for: words take ten times what codes take.

    Args:
        codes: (n,) which of the words each trial has.
    """

    WORDS = np.array(["hit", "false alarm", "miss", "correct rejection", "abort"])

    def __init__(self, codes: np.ndarray):
        self._codes = codes

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        return iter(("outcome",))

    def __getitem__(self, name: str) -> np.ndarray:
        if name != "outcome":
            raise KeyError(name)
        return self.WORDS[self._codes]

    def __repr__(self):
        return repr(dict(self))


@dataclasses.dataclass(frozen=True)
class TrialTable:
    """One row per finished trial, as arrays; the rows are in the order in which trials ended.

    ``choice`` and ``reaction_time`` are those of the answer of that name, or, in a task that has
    none, of the last one that it asks for.
    """

    conditions: Mapping[str, np.ndarray]  # (n, *shape of the condition)
    # Each as it was given last in the trial. None given: 0 where that is to wait, else -1 (whole
    # numbers) or NaN, and the time is NaN.
    answers: Mapping[str, np.ndarray]  # (n, *shape of the answer)
    times: Mapping[str, np.ndarray]  # (n,) float32 ms, from the event of the answer's clock
    durations: Mapping[str, np.ndarray]  # (n,) float32 ms, of each period as it was laid out
    # (n,) words: ``outcome``, where there may be nothing to act upon (`TrialEnv.has_signal`).
    labels: Mapping[str, np.ndarray]
    performance: np.ndarray  # (n,) float32, the trial's score from 0 to 1
    correct: np.ndarray  # (n,) bool, is the score 1?
    reward: np.ndarray  # (n,) float32, summed over the trial
    steps: np.ndarray  # (n,) int32, steps that the trial lasted
    env: np.ndarray  # (n,) int32, environment in which it was played
    trial: np.ndarray  # (n,) int32, number of the trial in that environment, from 0
    run: np.ndarray  # (n,) int32, the Monitor that recorded it, from 0; 0 where none did
    not_columns: tuple[str, ...] = ()  # conditions that stay whole: they give no columns
    # Of every step, aligned to trials: what `rollout` was told to ``keep``.
    kept: Kept | None = None
    # Of conditions that have one, as it stands beside a number: ``%``; pictures name it.
    units: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

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

    def _repr_html_(self) -> str:
        first = self.take(slice(_SHOWN)).columns() if len(self) else {}
        rows = zip(*(map(_cell, column) for column in first.values()), strict=True)
        more = f"{len(self) - _SHOWN:,} more" if len(self) > _SHOWN else ""
        told = repr(self).partition("; columns")[0]
        return html.table(told, rows, tuple(first), more)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return one of the `columns`, or a condition, answer or time whole: ``table["coh"]``.

        Raises:
            ValueError: for another name, with the closest one.
        """
        whole = {**self.conditions, **self._answered(), **dict(self._outcomes())}
        columns = {**whole, **self.columns()}
        check_name("column", name, columns)
        return columns[name]

    @property
    def choice(self) -> np.ndarray:
        """The answer ``choice``, or the last one that the task asks for."""
        return self.answers[self._main]

    @property
    def reaction_time(self) -> np.ndarray:
        """Time of `choice`, (n,) float32 ms; NaN where none was given."""
        return self.times[self._main]

    @property
    def _main(self):
        return _main_of(self.answers)

    def columns(self) -> dict[str, np.ndarray]:
        """Return a flat dict of columns of shape (n,): arrays give ``name_0``, ``name_1``, ...

        The time of an answer is ``<name>_time``, that of ``choice`` is ``reaction_time``; the
        duration of a period is ``<name>_duration``. A condition that the task declares with
        ``column=False`` gives none, and one that is called like another column (``steps``, say) is
        ``condition_steps``.
        """
        columns, outcomes = {}, {**self._answered(), **dict(self._outcomes())}
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
        with needed_by("a frame of trials"):
            import pandas  # arrays need no pandas

        return pandas.DataFrame(self.columns())

    def take(self, rows: Any) -> "TrialTable":
        """Return the table of some rows: a slice, indices or a mask."""
        groups = {
            group: {name: values[rows] for name, values in getattr(self, group).items()}
            for group in GROUPS
        }
        outcomes = {name: values[rows] for name, values in self._outcomes()}
        kept = None if self.kept is None else self.kept.take(rows)
        same: Any = {"not_columns": self.not_columns, "units": self.units}
        return TrialTable(**groups, **outcomes, **same, kept=kept)

    @classmethod
    def of(
        cls,
        *,
        conditions: Mapping[str, Any],
        performance: Any,
        answers: Mapping[str, Any] | None = None,
        times: Mapping[str, Any] | None = None,
        durations: Mapping[str, Any] | None = None,
        missing: Mapping[str, float] | None = None,
        has_signal: Any = None,
        not_columns: Sequence[str] = (),
        units: Mapping[str, str] | None = None,
        **columns: Any,
    ) -> "TrialTable":
        """Make a table of what was recorded, which may be lists.

        Args:
            conditions: name to values (n, ...).
            performance: (n,); a trial is correct if it is 1.
            answers: name to values (n, ...).
            times: name to values (n,) in ms; NaN or negative where no such answer was given.
            durations: name of a period to values (n,) in ms.
            missing: name to what an answer is that was not given; default 0.
            has_signal: (n,) bool, was there something to act upon, by the answer ``choice`` or, in
                a task without, the last one; None where that is no question.
            not_columns: names of conditions that give no columns.
            units: name of a condition to its unit, for pictures.
            **columns: ``reward``, ``steps``, ``env`` and ``trial``, (n, ...) each; and ``run``,
                which is 0 if it is not given.

        Returns:
            The table, with numbers as wide as a task's: float32 and int32.
        """
        score = np.asarray(performance)
        outcomes: Any = _columns({"run": np.zeros(len(score), np.int32), **columns})
        given = {name: np.asarray(time) >= 0 for name, time in (times or {}).items()}
        labels: Mapping[str, np.ndarray] = {}
        if has_signal is not None:
            main = _main_of(answers or {})
            acted = given[main] & (np.asarray((answers or {})[main]) != 0)
            labels = _Outcomes(_outcome(np.asarray(has_signal), acted, score >= 1))
        return cls(
            conditions=_columns(conditions),
            answers={
                name: _where(given[name], _column(values), (missing or {}).get(name, 0))
                for name, values in (answers or {}).items()
            },
            times={
                name: np.where(given[name], _column(time), np.float32(np.nan))
                for name, time in (times or {}).items()
            },
            durations=_columns(durations or {}),
            labels=labels,
            performance=_column(performance),
            correct=score >= 1,
            not_columns=tuple(not_columns),
            units=dict(units or {}),
            **outcomes,
        )

    @classmethod
    def concatenate(cls, tables: Sequence["TrialTable"]) -> "TrialTable":
        """Join tables of one task, one after the other.

        Raises:
            ValueError: for no table, or tables of other conditions, answers or periods.
        """
        if not tables:
            raise ValueError("give at least one table to join")
        first, join = tables[0], np.concatenate
        groups: dict[str, Any] = {}
        for group in GROUPS:
            names = list(getattr(first, group))
            for table in tables:
                if set(getattr(table, group)) != set(names):
                    raise ValueError(
                        f"tables of one task have the same {group}, not {sorted(names)} and "
                        f"{sorted(getattr(table, group))}"
                    )
            groups[group] = {
                name: join([getattr(table, group)[name] for table in tables]) for name in names
            }
        outcomes: Any = {
            name: join([getattr(t, name) for t in tables]) for name, _ in first._outcomes()
        }
        kept = [table.kept for table in tables if table.kept is not None]
        joined = Kept.concatenate(kept) if len(kept) == len(tables) else None
        same: Any = {"not_columns": first.not_columns, "units": first.units}
        return cls(**groups, **outcomes, **same, kept=joined)

    def _answered(self):
        found = {}
        for name, values in self.answers.items():
            found |= {name: values, time_of(name): self.times[name]}
        durations = {f"{name}_duration": values for name, values in self.durations.items()}
        return {**found, **durations, **self.labels}

    def _outcomes(self):
        names = (field.name for field in dataclasses.fields(self))
        others = (*GROUPS, "not_columns", "kept", "units")
        return [(name, getattr(self, name)) for name in names if name not in others]


def units_of(env: TrialEnv) -> dict[str, str]:
    """Return the unit of each condition that a task declares with one."""
    entries = declared_conditions(env)
    return {name: short_unit(entry.unit) for name, entry in entries.items() if entry.unit}


def missing_answers(env: TrialEnv) -> dict[str, float]:
    """Return what each answer of a task is where it was not given."""
    kinds = {name: np.dtype(env.answer_struct(name).dtype).kind for name in env.answers}
    whole = 0 if env.can_wait else -1
    return {name: whole if kind in "iub" else np.nan for name, kind in kinds.items()}


def _main_of(answers):
    """Return the name of the answer ``choice``, or of the last one."""
    if not answers:
        raise ValueError("this table is of a task that asks for no answer")
    return "choice" if "choice" in answers else list(answers)[-1]


def _outcome(has_signal, acted, correct):
    """Return codes of how trials ended in which there was something to act upon, or nothing.

    An answer of 0 is that there was nothing. A false alarm is another one that is not right: to
    nothing, before there was something, or to something else. Trials without an answer that do not
    count as waiting, as fixation was broken, are aborted.
    """
    hit, false_alarm, miss, correct_rejection, abort = np.arange(5, dtype=np.int8)
    waited = np.where(has_signal, miss, np.where(correct, correct_rejection, abort))
    return np.where(acted, np.where(correct, hit, false_alarm), waited)


def _where(is_given, values, missing):
    """Return values, or what stands for one that is missing."""
    mask = is_given.reshape(-1, *(1,) * (values.ndim - 1))
    return np.where(mask, values, np.asarray(missing).astype(values.dtype))


def _columns(named):
    return {name: _column(values) for name, values in named.items()}


def _column(values):
    """Return a column as an array; Python's numbers become as wide as a task's."""
    column = np.asarray(values)
    narrow = {"f": np.float32, "i": np.int32}.get(column.dtype.kind)
    return column if narrow is None else column.astype(narrow, copy=False)


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, str) else brief(value)
