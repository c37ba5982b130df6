"""Observers of a game against a computer: what preferences cost, and how it can be beaten."""

import abc
import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, OverTrials, rewards_of
from jaxgym_neuro.tasks.value.matching_penny import MatchingPenny

_PREFERENCE = 0.7


class Player(OverTrials):
    """Base of ways to play."""

    def left_out(self, env: Any, params: Any) -> int:
        """Leave out the first trial, in which the opponent tosses a coin."""
        return 1

    def begin(self, env: Any, known: Any) -> Any:
        """Remember nothing."""
        return ()

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return how often it wins in the long run, where that is plain."""
        exploits = env.opponent_type == "mean_action" and float(params.learning_rate) > 0
        wins = self.wins_exploited() if exploits else 0.5
        if wins is None:
            return None
        pays = rewards_of(params)
        reward = wins * pays["correct"] + (1 - wins) * pays["fail"]
        return Performance.exact(
            env.name, rule, {}, share=np.ones(1), performance=wins, reward=reward
        )

    @abc.abstractmethod
    def wins_exploited(self) -> float | None:
        """Return how often it wins in the long run against the opponent that exploits; or None."""


@dataclasses.dataclass(frozen=True)
class Mixed(Player):
    """Choose at random, whatever has been: the strategy in which nothing can be foretold.

    Args:
        p: probability of target 1. Another one than 0.5 is exploited.
    """

    p: float = 0.5

    @property
    def WORDS(self) -> str:  # noqa: N802 (a constant of other rules)
        """What is done."""
        if self.p in (0, 1):
            return "always choose the same target"
        return f"choose target 1 with probability {self.p:g}, whatever has been"

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Toss a coin."""
        is_one = random.bernoulli(key, jnp.float32(self.p))
        return is_one.astype(jnp.int32), held

    def wins_exploited(self) -> float | None:
        """Return a half, and nothing for one who never changes."""
        return {0.0: 0.0, 0.5: 0.5, 1.0: 0.0}.get(self.p)


@dataclasses.dataclass(frozen=True)
class BestResponse(Player):
    """Choose what the opponent is about to choose, by the rule that it follows.

    It chooses what the subject has chosen less of late, which the subject remembers as well. To
    choose that, too, is to alternate.
    """

    WORDS = "choose the target that was chosen less of late, as the opponent is about to"

    def known(self, env: Any, params: Any) -> Any:
        """Return how fast the opponent forgets."""
        return np.float32(params.learning_rate)

    def begin(self, env: Any, known: Any) -> Any:
        """Remember the mean of the own choices."""
        return jnp.float32(0.5)

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Choose what the mean is far from; by a coin where it is neither."""
        coin = random.integer(key, 2)
        choice = jnp.where(held == 0.5, coin, (held < 0.5).astype(jnp.int32))
        return choice, held + known * (choice.astype(jnp.float32) - held)

    def wins_exploited(self) -> float | None:
        """Return 1: all trials but the first."""
        return 1.0


@dataclasses.dataclass(frozen=True)
class WinStayLoseSwitch(Player):
    """Choose the same again after a win, and the other target after a loss.

    That is to choose what the opponent chose in the trial before, which is seen.
    """

    WORDS = "stay after a win, and switch after a loss: choose what the opponent chose last"

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Choose what is seen."""
        return jnp.argmax(ob).astype(jnp.int32), held

    def wins_exploited(self) -> float | None:
        """Return None: it depends on how fast the opponent forgets."""
        return None


RULES = {
    MatchingPenny: {
        IDEAL: BestResponse(),
        "random": Mixed(),
        "win stay, lose switch": WinStayLoseSwitch(),
        "preference": Mixed(_PREFERENCE),
        "always the same": Mixed(1.0),
    },
}
