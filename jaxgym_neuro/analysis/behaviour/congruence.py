"""Congruence by context: whether what should not count does."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxgym_neuro.analysis.drawing import axes_of, legend, next_color
from jaxgym_neuro.analysis.estimates import Curve, Estimate, proportion
from jaxgym_neuro.analysis.logistic import fit_logistic
from jaxgym_neuro.analysis.reading import Columns
from jaxgym_neuro.analysis.told import Result


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class OfContext(Result):
    """What choices depend on in one context."""

    by_evidence: tuple[Curve, ...]  # proportion of the higher choice, by each evidence
    weights: tuple[Estimate, ...]  # of each evidence in the log-odds, per its unit
    bias: Estimate  # log-odds
    congruent: Estimate  # accuracy where both say the same
    incongruent: Estimate  # accuracy where they do not


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Congruence(Result):
    """Choices by two kinds of evidence, of which the context says which counts."""

    contexts: Mapping[Any, OfContext]
    trials: int
    left_out: int  # unanswered, or another choice than the two
    evidence: tuple[str, str] = ("evidence 1", "evidence 2")  # what pictures call them
    context: str = "context"

    def plot(self, ax: Any = None, *, label: str | None = None) -> Any:
        """Plot the weights of both kinds of evidence in each context, and return the Axes."""
        ax = axes_of(ax, self.context, "weight (log-odds per unit)")
        prefix = "" if label is None else f"{label}, "
        colors = [next_color(ax, ahead) for ahead in (0, 1)]
        for number, name in enumerate(self.evidence):
            weights = [one.weights[number] for one in self.contexts.values()]
            at = np.arange(len(weights)) + 0.16 * (number - 0.5)
            ax.plot(
                at, [w.value for w in weights], "o", color=colors[number], label=f"{prefix}{name}"
            )
            ax.vlines(at, [w.low for w in weights], [w.high for w in weights], colors[number])
        ax.set_xticks(range(len(self.contexts)), [str(name) for name in self.contexts])
        ax.set_xlim(-0.6, len(self.contexts) - 0.4)
        ax.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        legend(ax, "upper center")
        return ax


def congruence(
    trials: Any = None,
    evidence: Sequence[Any] = ("signed_coh_1", "signed_coh_2"),
    context: Any = "context",
    *,
    choice: Any = "choice",
    correct: Any = "correct",
    between: Sequence[Any] | None = None,
    answered: Any = None,
) -> Congruence:
    """Compute what each of two kinds of evidence weighs in each context, and what conflict costs.

    A subject that selects has a steep curve for what counts, and a flat one for what does not
    (Mante et al. 2013, https://doi.org/10.1038/nature12742).

    Args:
        trials: a `TrialTable`, a frame or a dict of columns, or None.
        evidence: two columns or arrays, with a sign: above 0 it is for the higher choice.
        context: column or array.
        choice: column or array of choices.
        correct: column or array, was it right?
        between: the two choices, the lower first, if there are more.
        answered: column or array, which trials count; None: those in which the choice has a time.

    Raises:
        ValueError: for evidence of one strength, choices all the same or told apart without error
            in a context, or unless both kinds were congruent and incongruent there.
    """
    if len(evidence) != 2:
        raise ValueError(f"evidence is two columns or arrays, not {len(evidence)}")
    columns = Columns(trials)
    mask = columns.answered(answered, choice)
    mask, is_high, _ = columns.two_choices(choice, between, mask)
    shown = np.stack([columns.finite(one, "evidence", mask) for one in evidence], axis=1)
    is_high, right = is_high[mask], columns.yes_or_no(correct, "correct", mask)
    names, of = np.unique(columns.known(context, "context", mask), return_inverse=True)
    contexts = {
        name.item(): _of_context(name, shown[of == i], is_high[of == i], right[of == i])
        for i, name in enumerate(names)
    }
    first, second = (
        columns.label(one, f"evidence {number}") for number, one in enumerate(evidence, 1)
    )
    return Congruence(
        contexts=contexts,
        trials=int(np.sum(mask)),
        left_out=int(np.sum(~mask)),
        evidence=(first, second),
        context=columns.label(context, "context"),
    )


def _of_context(name, shown, is_high, right):
    features = np.column_stack([np.ones(len(shown)), shown])
    try:
        fitted = fit_logistic(features, is_high, ("bias", "evidence 1", "evidence 2"))
    except ValueError as error:
        raise ValueError(f"in context {name}: {error}") from None
    agree = np.sign(shown[:, 0]) * np.sign(shown[:, 1])
    counts = [int(np.sum(agree == sign)) for sign in (1, -1)]
    if not all(counts):
        raise ValueError(
            f"in context {name} both kinds of evidence are to be for the same choice in some "
            f"trials, and not in others; there are {counts[0]} and {counts[1]}"
        )
    accuracy = [
        proportion(right[agree == sign].sum(), count)
        for sign, count in zip((1, -1), counts, strict=True)
    ]
    curves = []
    for column in shown.T:
        x, level_of = np.unique(column, return_inverse=True)
        count = np.bincount(level_of)
        curves.append(Curve.of_proportions(x, np.bincount(level_of, is_high), count))
    weights = (fitted["evidence 1"], fitted["evidence 2"])
    return OfContext(tuple(curves), weights, fitted["bias"], *accuracy)
