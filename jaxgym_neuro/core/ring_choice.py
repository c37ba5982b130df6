"""Rows that tasks share in which a direction on a ring is chosen, or motion is seen."""

from typing import Any

from jaxgym_neuro.core.params import number
from jaxgym_neuro.core.tables import Action, Condition

RING_CHOICE = Action("the direction of ring unit i", "d")
RING_TRUTH = Condition(
    "uniform over the directions; choice i is action i + 1", "int32", at_least=0, below="d"
)
COHERENCE = Condition("uniform over ``params.cohs``", unit="percent", at_least=0)


def coherences(*percent: float) -> Any:
    """Declare a field of params: the coherences of motion, from which each trial draws one."""
    return number(percent, "coherences", unit="percent", shape=("n",), at_least=0)
