"""The psychometric curve, and the function that is fitted to it."""

import dataclasses
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, guide, legend, next_color
from jaxgym_neuro.analysis.estimates import Curve, Estimate
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result
from jaxgym_neuro.analysis.values import levels
from jaxgym_neuro.support.extras import needed_by

# The width of a function is from 5 to 95 % of its rise.
_NORMAL_WIDTH = 2 * 1.6448536269514722  # of standard deviations
_WEIBULL_WIDTH = math.log(-math.log(0.05)) - math.log(-math.log(0.95))  # of 1 / slope
_FEWEST_TRIALS = 40
_STEPS_PER_INTERVAL = 8  # steps of the grid of parameters


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Psychometric(Result):
    """Proportions by stimulus, and the function fitted to them.

    Of choices the function is ``lapse_low + (1 - lapse_low - lapse_high) Phi((x - bias) /
    threshold)``: the threshold is the standard deviation, and `slope` the steepest rise. Of correct
    answers it is Weibull's, ``1 - lapse_high - (1 - lapse_high - 1 / choices) exp(-(x / threshold)
    ** slope)``: there is no bias, and the slope is the exponent.
    """

    points: Curve  # by stimulus
    of_choices: bool  # else of correct answers
    bias: Estimate | None  # where both choices are equally likely but for lapses
    threshold: Estimate | None  # None where nothing was fitted, as below
    slope: Estimate | None
    lapse_low: Estimate | None  # where the other choice is right; None of correct answers
    lapse_high: Estimate | None
    guess: float  # proportion correct without a stimulus: 1 / choices; 0 of choices
    trials: int
    left_out: int  # unanswered, or another choice than the two
    # What pictures say: the stimulus with its unit, and which choice the curve is of.
    stimulus: str = "stimulus"
    chosen: str = "correct"

    def predict(self, x: Any) -> np.ndarray:
        """Return the fitted function at x.

        Raises:
            ValueError: if nothing was fitted.
        """
        from scipy.special import ndtr

        if self.threshold is None or self.slope is None or self.lapse_high is None:
            raise ValueError("there is no function: the curve was made with fit=False")
        x, high = np.asarray(x, np.float64), self.lapse_high.value
        if self.bias is None or self.lapse_low is None:
            rise = -np.expm1(-((np.maximum(x, 0) / self.threshold.value) ** self.slope.value))
            return self.guess + (1 - high - self.guess) * rise
        low = self.lapse_low.value
        return low + (1 - low - high) * ndtr((x - self.bias.value) / self.threshold.value)

    def plot(self, ax: Any = None, *, label: str | None = None, color: str | None = None) -> Any:
        """Plot points with intervals, and the function where there is one; return the Axes."""
        ax = axes_of(ax, self.stimulus, self.chosen)
        color = next_color(ax) if color is None else color
        is_fitted = self.threshold is not None
        self.points.plot(ax, label=label, color=color, line="" if is_fitted else "-")
        if is_fitted:
            fine = np.linspace(self.points.x.min(), self.points.x.max(), 500)
            ax.plot(fine, self.predict(fine), color=color, linewidth=1.2)
        at_random = 0.5 if self.of_choices else self.guess
        guide(ax, at_random, "equally often" if self.of_choices else "guessing")
        ax.set_ylim(-0.03 if self.of_choices else min(0.9 * self.guess, ax.get_ylim()[0]), 1.03)
        legend(ax)
        return ax


def psychometric(
    trials: Any = None,
    stimulus: Any = "coh",
    *,
    choice: Any = None,
    correct: Any = "correct",
    between: Sequence[Any] | None = None,
    choices: int = 2,
    answered: Any = None,
    bins: int | None = None,
    fit: bool = True,
    overdispersion: bool = False,
) -> Psychometric:
    """Fit a psychometric function, with intervals, by psignifit.

    Of correct answers by the strength of a stimulus, or, with ``choice``, of choices by a stimulus
    with a sign. Parameters are those of the highest posterior density, their intervals are
    credible (Schütt et al. 2016, https://doi.org/10.1016/j.visres.2016.02.002).

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        stimulus: column or array, (n,): of strengths, or signed with ``choice``.
        choice: column or array of choices; the curve is of the higher of two.
        correct: column or array, was the answer right? It counts without ``choice``.
        between: the two choices, the lower first, if there are more; others are left out.
        choices: among how many the subject chooses; 1 / choices are right by guessing.
        answered: column or array, which trials count; None: those in which the answer has a time,
            and is not NaN.
        bins: put the stimuli into so many bins of equally many trials.
        fit: fit a function; else only the points are made.
        overdispersion: let answers vary more than independent ones do; fitting takes 20 times
            as long.

    Raises:
        ValueError: if nothing was answered or all stimuli are the same; to fit, also for fewer
            than 40 trials or 3 stimuli, answers that are all the same or do not depend on the
            stimulus, and curves that lie beyond the stimuli, or rise between two of them.
    """
    columns = Columns(trials)
    columns.get(stimulus, "stimulus")  # its length is the one that the others are held to
    mask = columns.answered(answered, correct if choice is None else choice)
    if choices < 2:
        raise ValueError(f"choices is at least 2, not {choices}")
    if choice is None:
        yes, chosen = columns.yes_or_no(correct, "correct", mask), "correct"
    else:
        mask, is_high, (_, high) = columns.two_choices(choice, between, mask)
        yes = is_high[mask]
        name = "" if isinstance(high, str) else f"{columns.label(choice, 'choice')} "
        chosen = f"chose {name}{high}"
    found, level_of = levels(columns.finite(stimulus, "stimulus", mask), bins, "stimulus")
    hits = np.bincount(level_of, yes, len(found))
    points = Curve.of_proportions(found, hits, np.bincount(level_of))
    guess = 0.0 if choice is not None else 1 / choices
    fitted: dict[str, Any] = dict.fromkeys(
        ("bias", "threshold", "slope", "lapse_low", "lapse_high")
    )
    if fit and choice is not None:
        fitted |= _fit_normal(found, hits, points.count, overdispersion)
    elif fit:
        fitted |= _fit_weibull(found, hits, points.count, choices, overdispersion)
    return Psychometric(
        points=points,
        of_choices=choice is not None,
        guess=guess,
        trials=int(np.sum(mask)),
        left_out=int(np.sum(~mask)),
        stimulus=columns.label(stimulus, "stimulus"),
        chosen=chosen,
        **fitted,
    )


def _fit_normal(x, hits, count, overdispersion):
    _check_can_be_fitted(x, hits, count)
    found = _posterior(x, hits, count, "norm", "yes/no", overdispersion)
    if not x.min() <= found["threshold"].value <= x.max():
        raise ValueError(
            f"both choices would be equally likely at {found['threshold'].value:.3g}, beyond the "
            f"stimuli ({x.min():.3g} to {x.max():.3g}); show some there (or fit=False)"
        )
    sigma = _scaled(found["width"], 1 / _NORMAL_WIDTH)
    low, high = found["gamma"], found["lambda"]
    rise = 1 - low.value - high.value
    steepest = rise / math.sqrt(2 * math.pi)
    return {
        "bias": found["threshold"],
        "threshold": sigma,
        "slope": Estimate(steepest / sigma.value, steepest / sigma.high, steepest / sigma.low),
        "lapse_low": low,
        "lapse_high": high,
    }


def _fit_weibull(x, hits, count, choices, overdispersion):
    if x.min() < 0:
        raise ValueError(
            f"the strength of a stimulus is at least 0, not {x.min():.3g}: a stimulus with a sign "
            "goes with choice="
        )
    # Without a stimulus answers are right by guessing, whatever the parameters: nothing to fit.
    shown = x > 0
    x, hits, count = x[shown], hits[shown], count[shown]
    _check_can_be_fitted(x, hits, count, "stimuli above 0")
    found = _posterior(np.log(x), hits, count, "weibull", f"{choices}AFC", overdispersion)
    half, width = found["threshold"], found["width"]
    slope = Estimate(*(_WEIBULL_WIDTH / w for w in (width.value, width.high, width.low)))
    # psignifit's threshold is where half of the rise is done, Weibull's where 1 - 1/e is.
    beyond = math.log(2) ** (1 / slope.value)
    if not x.min() / 2 <= math.exp(half.value) <= x.max():
        raise ValueError(
            f"half of the rise is at {math.exp(half.value):.3g}, beyond the stimuli "
            f"({x.min():.3g} to {x.max():.3g}); show some there (or fit=False)"
        )
    return {
        "threshold": Estimate(*(math.exp(at) / beyond for at in (half.value, half.low, half.high))),
        "slope": slope,
        "lapse_high": found["lambda"],
    }


def _check_can_be_fitted(x, hits, count, needed="stimuli"):
    """Raise a ValueError unless answers can say something about a function."""
    from scipy.special import gammaincc

    otherwise = " (or fit=False, for the points alone)"
    if len(x) < 3 or count.sum() < _FEWEST_TRIALS:
        raise ValueError(
            f"a function needs 3 {needed} and {_FEWEST_TRIALS} answered trials of them at least, "
            f"not {len(x)} and {count.sum()}{otherwise}"
        )
    p = hits.sum() / count.sum()
    if p in (0, 1):
        raise ValueError(f"all answers are the same; show other stimuli{otherwise}")
    statistic = np.sum((hits - p * count) ** 2 / (count * p * (1 - p)))
    if gammaincc((len(x) - 1) / 2, statistic / 2) > 0.01:
        raise ValueError(
            f"the answers do not depend on the stimulus (chi-squared {statistic:.3g} of "
            f"{len(x) - 1} degrees of freedom): a function needs stimuli that make a "
            f"difference, or more trials{otherwise}"
        )


def _posterior(x, hits, count, sigmoid, experiment, overdispersion):
    """Return parameters by psignifit's names, with their intervals."""
    with needed_by("fitting a psychometric function"):
        import psignifit

    data = np.stack([x, hits, count.astype(np.float64)], axis=1)
    span = float(x.max() - x.min())
    narrowest = min(float(np.diff(x).min()), span / 20)
    options: Any = {
        "sigmoid": sigmoid,
        "experiment_type": experiment,
        "stimulus_range": (float(x.min()), float(x.max())),
        "width_min": narrowest,
        "fixed_parameters": None if overdispersion else {"eta": 0.0},
        "verbose": False,
    }
    bounds: dict[str, tuple[float, float]] | None = None
    result: Any = None
    for _ in range(6):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of rounding, far from where the function fits
            result = psignifit.psignifit(data, bounds=bounds, **options)
        narrower = _narrower(result, narrowest)
        if not narrower:
            break
        bounds = {**(bounds or {}), **narrower}
    best = result.parameter_estimate_MAP
    right = int(np.clip(np.searchsorted(x, best["threshold"]), 1, len(x) - 1))
    if best["width"] < x[right] - x[right - 1]:
        raise ValueError(
            "the answers turn from one to the other within less than the step between two "
            "stimuli; show some in between (or fit=False)"
        )
    return {
        name: Estimate(float(best[name]), *map(float, intervals["0.95"]))
        for name, intervals in result.confidence_intervals.items()
    }


def _narrower(result, narrowest):
    """Return bounds for a finer grid, where the grid is coarse beside the intervals.

    With many trials the posterior lies within few steps of the grid, and the intervals are as wide
    as those.
    """
    least = {"lambda": 0.0, "gamma": 0.0, "width": narrowest}
    bounds = {}
    for name, intervals in result.confidence_intervals.items():
        grid = result.parameter_values[name]
        if len(grid) < 2 or name == "eta":
            continue
        low, high = intervals["0.95"]
        step, best = grid[1] - grid[0], result.parameter_estimate_MAP[name]
        if high - low < _STEPS_PER_INTERVAL * step:
            reach = max(high - low, 1.5 * step)
            bounds[name] = (max(best - reach, least.get(name, -math.inf)), best + reach)
    return bounds


def _scaled(estimate, factor):
    return Estimate(estimate.value * factor, estimate.low * factor, estimate.high * factor)
