"""Stay probabilities in the two-step task: model-free and model-based learning."""

import dataclasses
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import Curve, Estimate
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class StayProbabilities(Result):
    """How often the first choice is repeated, by what the trial before was like."""

    after_rare: Curve  # x: 0 unrewarded, 1 rewarded
    after_common: Curve
    # Of reward, whatever the transition: what a model-free subject shows.
    reward_effect: Estimate
    # Of reward after common transitions, less that after rare ones: what a model-based one shows.
    interaction: Estimate
    trials: int
    left_out: int  # unanswered, after one that was, or the first of a session

    def plot(self, ax: Any = None, *, label: str | None = None) -> Any:
        """Plot bars for the four kinds of trials before, and return the Axes."""
        ax = axes_of(ax, "trial before", "probability of staying")
        prefix = "" if label is None else f"{label}, "
        for number, (name, curve) in enumerate(
            (("common", self.after_common), ("rare", self.after_rare))
        ):
            at = 1 - curve.x + 0.36 * (number - 0.5)
            color = next_color(ax, ahead=number)
            ax.bar(at, curve.y, width=0.34, color=color, alpha=0.85, label=f"{prefix}{name}")
            ax.vlines(at, curve.low, curve.high, color="black", linewidth=1.0)
        ax.set_xticks([0, 1], ["rewarded", "unrewarded"])
        ax.set_ylim(0, 1)
        legend(ax)
        return ax


def stay_probabilities(
    trials: Any = None,
    choice: Any = "first_choice",
    common: Any = None,
    rewarded: Any = None,
    *,
    answered: Any = None,
) -> StayProbabilities:
    """Compute how often a choice is repeated, by reward and transition of the trial before.

    A model-free subject repeats what was rewarded. A model-based one does so after a common
    transition, and changes after a rare one (Daw et al. 2011,
    https://doi.org/10.1016/j.neuron.2011.02.027). Effects are differences of probabilities, with
    the intervals of independent trials.

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        choice: column or array of the first choice.
        common: column or array, did it lead where it commonly does? None: whether the column
            ``state`` has the number of the choice, as in ``DawTwoStep-v0``.
        rewarded: column or array; None: whether the column ``reward`` is above 0.
        answered: column or array, which trials count; None: those in which the choice has a time.

    Raises:
        ValueError: unless each of the four kinds of trials was followed by another.
    """
    columns = Columns(trials)
    mask = columns.answered(answered, choice)
    chosen = columns.get(choice, "choice")
    if common is None:
        usual = columns.known("state", "state", mask) == chosen[mask]
    else:
        usual = columns.yes_or_no(common, "common", mask)
    if rewarded is None:
        paid = columns.finite("reward", "reward", mask) > 0
    else:
        paid = columns.yes_or_no(rewarded, "rewarded", mask)
    kind = np.full(len(mask), -1)
    kind[mask] = 2 * paid + usual
    order, begins = columns.order()
    chosen, kind = chosen[order], kind[order]
    follows = ~begins[1:] & (kind[1:] >= 0) & (kind[:-1] >= 0)
    stayed, kind = (chosen[1:] == chosen[:-1])[follows], kind[:-1][follows]
    count = np.bincount(kind, minlength=4).reshape(2, 2)  # by reward, by transition
    if not count.all():
        raise ValueError(
            "each kind of trial before is needed; the numbers of those that were unrewarded after "
            f"rare and common, and rewarded after rare and common transitions are {count.ravel()}"
        )
    hits = np.bincount(kind, stayed, 4).reshape(2, 2)
    p = hits / count
    # Half a trial of each kind keeps the error of a proportion of 0 or 1 above 0.
    smooth = (hits + 0.5) / (count + 1)
    error = np.sqrt(np.sum(smooth * (1 - smooth) / count))
    by_transition = p[1] - p[0]
    rare, common_curve = (
        Curve.of_proportions(np.arange(2), hits[:, column], count[:, column]) for column in (0, 1)
    )
    return StayProbabilities(
        after_rare=rare,
        after_common=common_curve,
        reward_effect=Estimate.of(by_transition.mean(), error / 2),
        interaction=Estimate.of(by_transition[1] - by_transition[0], error),
        trials=len(stayed),
        left_out=len(mask) - len(stayed),
    )
