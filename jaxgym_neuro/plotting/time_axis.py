"""The axis of time that all panels of a picture share, with the trials and periods on it."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxgym_neuro.plotting.record import Record
from jaxgym_neuro.plotting.style import Style

_IN_SECONDS = 20_000  # ms, from which time is written in seconds
_NARROWEST_TRIAL = 0.07  # inches; lines between narrower ones would hide what they separate
_MARGIN = 1.002  # by which the axis is longer, so that the last line is not cut in half


class MarkedTrial(NamedTuple):
    """A trial that has room for marks."""

    number: int  # from 1, among all trials of the record
    begin: int  # first step
    end: int  # first step after it
    periods: Sequence[tuple[int, int, str]]  # first step, first step after, and name of each


@dataclasses.dataclass(frozen=True)
class TimeAxis:
    """The axis of time below all panels; time is in ms or s where there are trials, else in steps.

    Attributes:
        num_steps: steps of the record.
        span: steps for which there is room.
        dt: time that a step takes.
        unit: of time.
        width: of the panels in inches.
        trials: those that are marked.
    """

    num_steps: int
    span: int
    dt: float
    unit: str
    width: float
    trials: Sequence[MarkedTrial] = ()

    @classmethod
    def of(cls, record: Record, env: Any, look: Style, width: float) -> "TimeAxis":
        """Return the axis of a record.

        Args:
            record: what happened.
            env: the environment in which it did.
            look: how it is plotted.
            width: of the panels in inches.
        """
        num_steps = len(record.reward)
        span = num_steps if look.span is None else look.span
        dt, unit = (float(env.dt), "ms") if hasattr(env, "new_trial") else (1.0, "steps")
        if unit == "ms" and span * dt > _IN_SECONDS:
            dt, unit = dt / 1000, "s"
        axis = cls(num_steps, span, dt, unit, width)
        names, trials = getattr(env, "periods", ()), record.trials()
        marked = [
            MarkedTrial(
                number,
                begin,
                end,
                record.periods(names, begin, end if look.span is None else max(end, begin + span)),
            )
            for number, (begin, end) in enumerate(trials, start=1)
            if look.is_small or len(trials) == 1 or (end - begin) * axis.per_step > _NARROWEST_TRIAL
        ]
        return dataclasses.replace(axis, trials=marked)

    @property
    def edges(self) -> np.ndarray:
        """Times at which steps begin, and at which the last one ends."""
        return np.arange(self.num_steps + 1) * self.dt

    @property
    def end(self) -> float:
        """Time at the right end."""
        return _MARGIN * self.span * self.dt

    @property
    def per_step(self) -> float:
        """Inches of a step."""
        return self.width / (_MARGIN * self.span)

    @property
    def per_inch(self) -> float:
        """Time that an inch shows."""
        return self.end / self.width

    @property
    def filled(self) -> float:
        """Inches of the steps that there are."""
        return self.width * self.num_steps / (_MARGIN * self.span)
