"""Signal detection: sensitivity and criterion."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import (
    Estimate,
    normal_density,
    normal_quantile,
    proportion,
)
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.analysis.values import is_missing
from jaxgym_neuro.support.validation import check_name

OUTCOMES = ("hit", "miss", "false alarm", "correct rejection", "abort")


@dataclasses.dataclass(frozen=True, repr=False)
class SignalDetection(Result):
    """How well signals are told from noise, and how readily one is reported."""

    d_prime: Estimate  # z(hits) - z(false alarms)
    criterion: Estimate  # -(z(hits) + z(false alarms)) / 2; above 0: rather no
    hit_rate: Estimate  # as counted
    false_alarm_rate: Estimate  # as counted
    hits: int
    misses: int
    false_alarms: int
    correct_rejections: int
    trials: int
    left_out: int  # aborted or unanswered

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot hits over false alarms, on the curve of equal d', and return the Axes."""
        from scipy.special import ndtr

        ax = axes_of(ax, "false alarms", "hits")
        color = next_color(ax) if color is None else color
        rate = np.linspace(0.001, 0.999, 400)
        ax.plot(
            rate,
            ndtr(normal_quantile(rate) + self.d_prime.value),
            color=color,
            linewidth=1.2,
            label=label or f"d' = {self.d_prime.value:.2f}",
        )
        hit, alarm = self.hit_rate, self.false_alarm_rate
        ax.plot([alarm.low, alarm.high], [hit.value] * 2, color=color, linewidth=1.0)
        ax.plot([alarm.value] * 2, [hit.low, hit.high], color=color, linewidth=1.0)
        ax.plot(alarm.value, hit.value, "o", color=color, markersize=5)
        ax.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        legend(ax)
        return ax


def signal_detection(
    trials: Any = None, outcome: Any = "outcome", *, signal: Any = None, yes: Any = None
) -> SignalDetection:
    """Compute d' and the criterion from hits and false alarms.

    The subject says in each trial whether there was a signal. Rates are corrected in the
    log-linear way, half a trial more of each outcome (Hautus 1995,
    https://doi.org/10.3758/BF03203619), so that d' is finite where there was no error. Intervals
    follow from the variances of the rates.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        outcome: column or array of words: hit, miss, false alarm, correct rejection, abort;
            NaN: no answer.
        signal: column or array, was there a signal?; with ``yes``, instead of ``outcome``.
        yes: column or array, did the subject say so? NaN: no answer.

    Raises:
        ValueError: unless there were trials with a signal and trials without.
    """
    columns = Columns(trials)
    if (signal is None) != (yes is None):
        raise ValueError("signal and yes are given together, in place of outcome")
    if signal is not None:
        said = columns.numbers(yes, "yes")
        answered = ~np.isnan(said)
        there = columns.yes_or_no(signal, "signal", answered)
        said = columns.yes_or_no(yes, "yes", answered)
        left_out = int(np.sum(~answered))
        hits, misses = int(np.sum(there & said)), int(np.sum(there & ~said))
        alarms, rejections = int(np.sum(~there & said)), int(np.sum(~there & ~said))
    else:
        words = columns.get(outcome, "outcome")
        missing = is_missing(words)
        words = words.astype(str)[~missing]
        count = {word: int(np.sum(words == word)) for word in OUTCOMES}
        for word in np.unique(words) if sum(count.values()) < len(words) else ():
            check_name("outcome", str(word), OUTCOMES)
        hits, misses, alarms, rejections, aborts = count.values()
        left_out = aborts + int(np.sum(missing))
    signals, noises = hits + misses, alarms + rejections
    if not (signals and noises):
        raise ValueError(
            "d' needs trials with a signal and trials without one that were answered; there are "
            f"{signals} and {noises}"
        )
    rates = np.array([(hits + 0.5) / (signals + 1), (alarms + 0.5) / (noises + 1)])
    z = normal_quantile(rates)
    variance = rates * (1 - rates) / np.array([signals, noises]) / normal_density(z) ** 2
    error = float(np.sqrt(variance.sum()))
    return SignalDetection(
        d_prime=Estimate.of(z[0] - z[1], error),
        criterion=Estimate.of(-z.sum() / 2, error / 2),
        hit_rate=proportion(hits, signals),
        false_alarm_rate=proportion(alarms, noises),
        hits=hits,
        misses=misses,
        false_alarms=alarms,
        correct_rejections=rejections,
        trials=signals + noises,
        left_out=left_out,
    )
