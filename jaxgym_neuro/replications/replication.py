"""Replication: an experiment, what is trained on it, and how it is compared with the animals."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxgym_neuro.replications.finding import Finding
from jaxgym_neuro.support.validation import check_integer
from jaxgym_neuro.training import GRU, Trained, train_ppo


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much is trained and played; None: as the replication has it."""

    seeds: int = 3
    key: int = 0  # of which all seeds are
    updates: int | None = None
    hidden: int | None = None  # units of a network
    trials: int | None = None  # that each network plays when it is trained
    report: Callable[[int, Mapping[str, Any]], None] | None = None  # as in `train_ppo`

    def __post_init__(self):
        check_integer("seeds", self.seeds, at_least=1)
        for name in ("updates", "hidden", "trials"):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), at_least=1)

    def train(self, env: Any, params: Any, recipe: Mapping[str, Any], hidden: int) -> Trained:
        """Train gated networks by PPO, with so many units and as the recipe says, unless told."""
        given = {**recipe, **({} if self.updates is None else {"updates": self.updates})}
        return train_ppo(
            env,
            params,
            GRU(hidden=self.hidden or hidden),
            **given,
            num_seeds=self.seeds,
            key=self.key,
            report=self.report,
        )


@dataclasses.dataclass(frozen=True)
class Replication:
    """An experiment on animals or people that networks repeat."""

    name: str
    title: str
    doi: str
    trains: str  # what is trained, on what, in a sentence
    updates: int  # of a training, unless settings say otherwise
    run: Callable[[Settings], Finding]
    # How its numbers were found, by name: columns (n,) of all that was tried, and what it came to.
    searches: Mapping[str, Callable[[Settings], Mapping[str, np.ndarray]]] = dataclasses.field(
        default_factory=dict
    )
