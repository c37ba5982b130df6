"""Ideal observers of tasks in which options are worth more or less."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal import gaussian
from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, noise_per_step, rewards_of
from jaxgym_neuro.tasks.value.economic_decision_making import FULL_AMOUNT, EconomicDecisionMaking
from jaxgym_neuro.tasks.value.post_decision_wager import PostDecisionWager
from jaxgym_neuro.tasks.value.probabilistic_reasoning import ProbabilisticReasoning

_NO_NOISE = 1e-3  # of an amount in a step, by which no two offers can be mistaken


@dataclasses.dataclass(frozen=True)
class Wager(Cued):
    """Infer how probable each direction is, and take the sure bet where it is worth more."""

    WORDS = "choose the direction that is most probable; the sure bet, if it is worth more"
    BY = ("wager", "coh")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return coherences, noise and what is at stake."""
        pays = rewards_of(params)
        return {
            "cohs": np.asarray(params.cohs, np.float32),
            "sigma": np.float32(noise_per_step(env, params)),
            "correct": np.float32(pays["correct"]),
            "fail": np.float32(pays["fail"]),
            "sure": np.float32(float(params.sure) * pays["correct"]),
        }

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose a direction, or the sure bet."""
        told = (seen.sums[0], seen.steps[0], known["sigma"], known["cohs"])
        p = jax.nn.softmax(gaussian.log_motion(env.theta, *told))
        worth = jnp.max(p) * known["correct"] + (1 - jnp.max(p)) * known["fail"]
        is_offered = ob[env.observation_space().name["sure"]] > 0.5
        takes = is_offered & self.prefers_sure(known, worth)
        return jnp.where(takes, len(env.theta), jnp.argmax(p).astype(jnp.int32)) + 1

    def prefers_sure(self, known: Any, worth: jax.Array) -> jax.Array:
        """Whether to take a sure bet, given what the choice is expected to earn."""
        return known["sure"] > worth


@dataclasses.dataclass(frozen=True)
class NoWager(Wager):
    """Choose as `Wager` does, and never take the sure bet."""

    WORDS = "never take the sure bet"

    def prefers_sure(self, known: Any, worth: jax.Array) -> jax.Array:
        """Leave it."""
        return jnp.zeros_like(worth, dtype=bool)


@dataclasses.dataclass(frozen=True)
class AlwaysWager(Wager):
    """Take the sure bet whenever there is one, and else guess: the motion is not watched."""

    WORDS = "take the sure bet if there is one, else guess"

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Bet, or choose the first direction."""
        is_offered = ob[env.observation_space().name["sure"]] > 0.5
        return jnp.where(is_offered, len(env.theta) + 1, 1)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return what a bet and a guess earn."""
        pays, chance = rewards_of(params), 1 / len(env.theta)
        stake = pays["correct"] - pays["fail"]
        bet = float(params.sure) * pays["correct"]
        guess = chance * pays["correct"] + (1 - chance) * pays["fail"]
        score = (bet - pays["fail"]) / stake if stake else 0.0
        cohs, counts = np.unique(np.asarray(params.cohs), return_counts=True)
        share = counts / counts.sum() / 2
        n = len(cohs)
        return Performance.exact(
            env.name,
            rule,
            {"wager": np.repeat([0, 1], n), "coh": np.tile(cohs, 2)},
            share=np.tile(share, 2),
            performance=np.repeat([chance, score], n),
            reward=np.repeat([guess, bet], n),
        )


@dataclasses.dataclass(frozen=True)
class Weights(Cued):
    """Add up the weights of the shapes at some locations.

    Args:
        locations: how many, from the first; None for all.
    """

    locations: int | None = None

    @property
    def WORDS(self) -> str:  # noqa: N802 (a constant of other rules)
        """What is done."""
        where = "all shapes" if self.locations is None else "the shape at one location"
        return f"choose by the sign of the summed weights of {where}"

    def seen_periods(self, env: Any) -> tuple[str, ...]:
        """Return the last period, in which all shapes are shown."""
        return (f"stimulus{env.n_loc - 1}",)

    def channels(self, env: Any) -> np.ndarray:
        """Return the channels of all locations."""
        return np.arange(1, 1 + env.n_loc * env.n_shape)

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the weight of each channel; 0 where it is ignored."""
        weights = np.tile(np.asarray(params.shape_weight, np.float32), (env.n_loc, 1))
        weights[self._attended(env) :] = 0
        return {"weights": weights.reshape(-1)}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose a target."""
        log_odd = jnp.sum(jnp.where(seen.sums[0] > 0, known["weights"], 0.0))
        return jnp.where(log_odd > 0, 2, 1)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return how often the choice pays, over all sequences of shapes."""
        weights, attended = params.shape_weight, self._attended(env)
        seen, p_seen = _sums(weights, attended)
        rest, p_rest = _sums(weights, env.n_loc - attended)
        p_second = 1 / (1 + 10.0 ** -(seen[:, None] + rest[None]))
        pays = np.where(seen[:, None] > 0, p_second, 1 - p_second)
        found = float(p_seen @ pays @ p_rest)
        earns = rewards_of(params)
        reward = found * earns["correct"] + (1 - found) * earns["fail"]
        return Performance.exact(
            env.name, rule, {}, share=np.ones(1), performance=found, reward=reward
        )

    def _attended(self, env: Any) -> int:
        return env.n_loc if self.locations is None else min(self.locations, env.n_loc)


def _sums(weights: Any, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums that a number of shapes can have, and the probability of each."""
    sums, p = np.zeros(1), np.ones(1)
    weights = np.asarray(weights, np.float64)
    for _ in range(number):
        every = np.round(sums[:, None] + weights[None], 6).reshape(-1)
        each = np.repeat(p / len(weights), len(weights))
        sums, which = np.unique(every, return_inverse=True)
        p = np.bincount(which.reshape(-1), each)
    return sums, p


@dataclasses.dataclass(frozen=True)
class Worth(Cued):
    """Take the option that is worth more, by the offers that may have looked like what was seen."""

    WORDS = "take the option that is worth more, given what was seen of the amounts"
    BY = ("b", "a")
    SEEN = ("offer_on",)
    EVIDENCE = ("a1", "b1", "a2", "b2", "n1", "n2")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the worth of a unit of B in units of A, the offers, and the noise of a step."""
        noise = FULL_AMOUNT * noise_per_step(env, params)
        return {
            "b_to_a": np.float32(params.b_to_a),
            "offers": np.asarray(params.offers, np.float32),
            "noise": np.float32(max(noise, _NO_NOISE)),
        }

    def takes_b(self, b: Any, a: Any, b_to_a: Any) -> Any:
        """Whether to take the units of B, rather than those of A."""
        return b * b_to_a > a

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose an option."""
        _, b_first, _, _, first, second = seen.sums[0] / seen.steps[0]
        b_is_first = b_first > 0.5
        shown = jnp.where(b_is_first, jnp.stack([first, second]), jnp.stack([second, first]))
        distances = jnp.sum((FULL_AMOUNT * shown - known["offers"]) ** 2, axis=1)
        likely = jax.nn.softmax(-distances * seen.steps[0] / (2 * known["noise"] ** 2))
        b, a = jnp.sum(likely[:, None] * known["offers"], axis=0)
        takes_b = self.takes_b(b, a, known["b_to_a"])
        return jnp.where(takes_b == b_is_first, 1, 2)

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the units of B and of A."""
        offer = np.asarray(conditions["offer"])
        return {"b": offer[:, 0], "a": offer[:, 1]}

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return what each offer earns, if amounts are seen without noise."""
        if float(params.sigma) > 0:
            return None
        offers, counts = np.unique(np.asarray(params.offers), axis=0, return_counts=True)
        b, a = offers.T.astype(np.float64)
        b_to_a = float(params.b_to_a)
        worth_b = b * b_to_a
        taken = np.where(self.takes_b(b, a, b_to_a), worth_b, a)
        return Performance.exact(
            env.name,
            rule,
            {"b": b, "a": a},
            share=counts / counts.sum(),
            performance=taken >= np.maximum(worth_b, a),
            reward=taken * float(params.rewards["correct"]),
        )


@dataclasses.dataclass(frozen=True)
class MoreDrops(Worth):
    """Take the larger amount, of whatever juice; A if they are equal."""

    WORDS = "take more drops of whatever juice; A if there are as many"

    def takes_b(self, b: Any, a: Any, b_to_a: Any) -> Any:
        """Whether there is more of B."""
        return b > a


@dataclasses.dataclass(frozen=True)
class AlwaysA(Worth):
    """Take A, whatever the amounts are."""

    WORDS = "take juice A, however little there is"

    def takes_b(self, b: Any, a: Any, b_to_a: Any) -> Any:
        """Never."""
        return b < -1


RULES = {
    PostDecisionWager: {IDEAL: Wager(), "never sure": NoWager(), "sure or guess": AlwaysWager()},
    ProbabilisticReasoning: {IDEAL: Weights(), "one location": Weights(locations=1)},
    EconomicDecisionMaking: {IDEAL: Worth(), "more drops": MoreDrops(), "always A": AlwaysA()},
}
