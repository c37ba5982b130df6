"""What those earn who are told the probabilities: bounds for tasks that are learned over trials."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.ideal.rule import Rule
from jaxgym_neuro.tasks.value.bandit import Bandit
from jaxgym_neuro.tasks.value.daw_two_step import DawTwoStep


@dataclasses.dataclass(frozen=True)
class BestArm(Rule):
    """Choose the arm of the highest expected payoff, which nobody sees."""

    WORDS = "choose the arm that is best, knowing all probabilities"
    TOLD = ("best",)

    def begin(self, env: Any, known: Any) -> Any:
        """Remember nothing: this is no policy."""
        return ()

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Choose at random: what is seen tells nothing."""
        return random.integer(key, env.num_actions), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose the best arm."""
        return [(jnp.int32(0), trial.conditions["best"])]


@dataclasses.dataclass(frozen=True)
class AnyArm(BestArm):
    """Choose at random."""

    WORDS = "choose at random"
    TOLD = ()

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose any arm."""
        return [(jnp.int32(0), random.integer(key, env.num_actions))]


@dataclasses.dataclass(frozen=True)
class TwoStages(Rule):
    """Choose the best or any action in each stage, knowing all probabilities, which nobody sees.

    Args:
        first: whether the first choice is the best one.
        second: whether the second one is.
    """

    first: bool = True
    second: bool = True

    TOLD = ("reward_prob",)

    @property
    def WORDS(self) -> str:  # noqa: N802 (a constant of other rules)
        """What is done."""
        how = {True: "best, knowing all probabilities", False: "at random"}
        return f"choose {how[self.first]}; in the second stage {how[self.second]}"

    def begin(self, env: Any, known: Any) -> Any:
        """Remember nothing: this is no policy."""
        return ()

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Choose at random: what is seen tells nothing."""
        return 1 + random.integer(key, 2), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose twice; in the simplified form, wait in the second stage."""
        drawn = trial.conditions
        any_first, any_second = 1 + random.integer(key, 2, (2,))
        first = drawn["best_first"] if self.first else any_first
        if env.simplified:
            return [(jnp.int32(0), first), (jnp.int32(1), jnp.int32(0))]
        own = jnp.where(drawn["start"] == 2, 3 - first, first)
        is_common = drawn["common"].at[first - 1].get(mode="clip")
        reached = jnp.where(is_common, own, 3 - own)
        best = drawn["best_second"].at[reached - 1].get(mode="clip")
        return [(jnp.int32(0), first), (jnp.int32(1), best if self.second else any_second)]


RULES = {
    Bandit: {"probabilities known": BestArm(), "random": AnyArm()},
    DawTwoStep: {
        "probabilities known": TwoStages(),
        "random first choice": TwoStages(first=False),
        "random": TwoStages(first=False, second=False),
    },
}
