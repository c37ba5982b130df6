"""Ideal observers of tasks in which something is kept in mind."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import stimuli
from jaxgym_neuro.ideal import gaussian
from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.gaussian import LEAST_NOISE, match_accuracy, phi, ratio
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import (
    IDEAL,
    constant_steps,
    noise_per_step,
    rewards_of,
)
from jaxgym_neuro.tasks.memory.delay_comparison import DelayComparison
from jaxgym_neuro.tasks.memory.delay_match_category import DelayMatchCategory
from jaxgym_neuro.tasks.memory.delay_match_sample import DelayMatchSample
from jaxgym_neuro.tasks.memory.delay_paired_association import DelayPairedAssociation


def _two_truths(env: Any, params: Any, rule: str, found: float, truths: tuple[int, int]) -> Any:
    """Return performance that is the same for both ground truths."""
    pays = rewards_of(params)
    return Performance.exact(
        env.name,
        rule,
        {"ground_truth": np.asarray(truths)},
        share=np.full(2, 0.5),
        performance=found,
        reward=found * pays["correct"] + (1 - found) * pays["fail"],
    )


@dataclasses.dataclass(frozen=True)
class Compare(Cued):
    """Weigh all pairs, in either order, by how well they fit what was felt.

    This is more than to compare the two: some frequencies are always the higher one of a pair.
    """

    WORDS = "report the more probable order, over all pairs that there are"
    BY = ("ground_truth",)
    SEEN = ("stimulus1", "stimulus2")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the inputs of each pair, (n, 2), the lower one first, and the noise."""
        pairs = np.sort(np.asarray(params.vpairs, np.float32), axis=1)
        drive = (pairs - pairs.min()) / (pairs.max() - pairs.min()) * 0.5 + 0.5
        return {"drive": drive, "sigma": np.float32(noise_per_step(env, params))}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Report which was higher."""
        low, high = known["drive"].T
        first, second = self.fits(known, seen)
        first_higher = jax.nn.logsumexp(first(high) + second(low))
        second_higher = jax.nn.logsumexp(first(low) + second(high))
        return jnp.where(first_higher >= second_higher, 1, 2)

    def fits(self, known: Any, seen: Seen) -> Any:
        """Return functions: log-likelihoods of inputs, by what was felt first and second."""
        variance = jnp.maximum(known["sigma"], LEAST_NOISE) ** 2
        (first, second), (n_first, n_second) = seen.sums[:, 0], seen.steps

        def fit(total: jax.Array, steps: jax.Array) -> Any:
            return lambda drive: (drive * total - steps * drive**2 / 2) / variance

        return fit(first, n_first), fit(second, n_second)


@dataclasses.dataclass(frozen=True)
class Difference(Compare):
    """Compare the two means, without knowing the pairs."""

    WORDS = "report which had the higher mean"

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Report which was higher."""
        first, second = seen.sums[:, 0] / seen.steps
        return jnp.where(first >= second, 1, 2)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability that the noise does not turn the difference around."""
        steps = [constant_steps(env, params, name) for name in self.SEEN]
        if None in steps:
            return None
        low, high = self.knowledge(env, params)["drive"].astype(np.float64).T
        noise = noise_per_step(env, params) * math.sqrt(sum(1 / n for n in steps if n))
        found = float(np.mean(phi(ratio(high - low, noise))))
        return _two_truths(env, params, rule, found, (1, 2))


@dataclasses.dataclass(frozen=True)
class SecondAlone(Compare):
    """Judge by the second frequency alone, as if the first had not been felt."""

    WORDS = "report the more probable order, given the second frequency alone"

    def fits(self, known: Any, seen: Seen) -> Any:
        """Return functions: nothing is told by what was felt first."""
        _, second = super().fits(known, seen)
        return (lambda drive: 0.0), second


@dataclasses.dataclass(frozen=True)
class SameOrOpposite(Cued):
    """Weigh all samples by how well they fit sample and test, if the test is the same, or opposite.

    With two units this is to tell of each which unit was stronger.
    """

    WORDS = "report match if it is the more probable, over all samples that there are"
    BY = ("ground_truth",)
    SEEN = ("sample", "test")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the noise."""
        return {"sigma": np.float32(noise_per_step(env, params))}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Report match or non-match."""
        theta = np.asarray(env.theta)
        shown = theta[:, None]
        sample = self._fit(env, known, seen, 0, shown)
        same = self._fit(env, known, seen, 1, shown)
        opposite = self._fit(env, known, seen, 1, shown + np.float32(math.pi))
        match = jax.nn.logsumexp(sample + same)
        return jnp.where(match >= jax.nn.logsumexp(sample + opposite), 1, 2)

    def _fit(self, env: Any, known: Any, seen: Seen, which: int, angles: np.ndarray) -> jax.Array:
        """Return the log-likelihood of angles (m, 1), by the sums of a stimulus: (m,)."""
        mean = stimuli.positive_tuning(env.theta, jnp.asarray(angles))
        told = jnp.matmul(mean, seen.sums[which], precision="highest")
        cost = seen.steps[which] * jnp.sum(mean**2, axis=1) / 2
        return (told - cost) / jnp.maximum(known["sigma"], LEAST_NOISE) ** 2

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to be right, or wrong, about both, for two units."""
        steps = [constant_steps(env, params, name) for name in self.SEEN]
        if len(env.theta) != 2 or None in steps:
            return None
        sigma = noise_per_step(env, params)
        errors = [float(1 - phi(ratio(math.sqrt((n or 0) / 2), sigma))) for n in steps]
        return _two_truths(env, params, rule, match_accuracy(*errors), (1, 2))


@dataclasses.dataclass(frozen=True)
class SameCategory(Cued):
    """Tell the half of the circle of sample and test by the sign of their cosine.

    The test is watched to its end, as a trial is paid whenever it is answered.
    """

    WORDS = "watch the whole test; report match if both directions fit the same half of the circle"
    BY = ("ground_truth",)
    SEEN = ("sample", "test")
    ASKED = "test"
    TO_THE_END = True

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Report match or non-match."""
        cosine = jnp.matmul(seen.sums, jnp.cos(jnp.asarray(env.theta)), precision="highest")
        return jnp.where((cosine[0] >= 0) == (cosine[1] >= 0), 1, 2)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to be right, or wrong, about both, over all directions."""
        n_sample = constant_steps(env, params, "sample")
        n_test = constant_steps(env, params, "test")
        if n_sample is None or n_test is None:
            return None
        sigma = noise_per_step(env, params)
        places = (np.arange(20_000) + 0.5) / 20_000  # from one boundary of a category to the other
        cosines = np.sin(places * math.pi)

        def error(steps: int) -> float:
            signal = 0.5 * math.sqrt(steps * gaussian.power(env.theta)) * cosines
            return float(np.mean(1 - phi(ratio(signal, sigma))))

        last = n_test if self.TO_THE_END else 1
        return _two_truths(env, params, rule, match_accuracy(error(n_sample), error(last)), (1, 2))


@dataclasses.dataclass(frozen=True)
class SameCategoryAtOnce(SameCategory):
    """As `SameCategory`, after one step of the test: more trials in the same time."""

    WORDS = "as ideal, by the first step of the test"
    TO_THE_END = False


@dataclasses.dataclass(frozen=True)
class Pair(Cued):
    """Go if going is worth more than waiting, by the odds that the two odours are a pair."""

    WORDS = "go if that is worth more than to wait, by the odds that the odours are a pair"
    BY = ("ground_truth",)
    SEEN = ("stim1", "stim2")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the noise, and what is at stake."""
        pays = {name: np.float32(amount) for name, amount in rewards_of(params).items()}
        return {"sigma": np.float32(noise_per_step(env, params)), "pays": pays}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Go, or wait."""
        variance = jnp.maximum(known["sigma"], LEAST_NOISE) ** 2
        first = jax.nn.sigmoid((seen.sums[0, 0] - seen.sums[0, 1]) / variance)
        second = jax.nn.sigmoid((seen.sums[1, 2] - seen.sums[1, 3]) / variance)
        p_pair = first * second + (1 - first) * (1 - second)
        pays = known["pays"]
        gain = p_pair * (pays["correct"] - pays["miss"]) + (1 - p_pair) * pays["fail"]
        return (gain > 0).astype(jnp.int32)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to be right, or wrong, about both, where errors cost the same."""
        steps = [constant_steps(env, params, name) for name in self.SEEN]
        pays = rewards_of(params)
        if None in steps or not math.isclose(pays["correct"] - pays["miss"], -pays["fail"]):
            return None
        sigma = noise_per_step(env, params)
        errors = [float(1 - phi(ratio(math.sqrt((n or 0) / 2), sigma))) for n in steps]
        found = float(match_accuracy(*errors))
        go = found * pays["correct"] + (1 - found) * pays["miss"]
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": np.arange(2)},
            share=np.full(2, 0.5),
            performance=found,
            reward=np.asarray([(1 - found) * pays["fail"], go]),
        )


@dataclasses.dataclass(frozen=True)
class AlwaysGo(Pair):
    """Go in every trial."""

    WORDS = "go in every trial"

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Go."""
        return jnp.int32(1)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return what going earns with and without a pair."""
        pays = rewards_of(params)
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": np.arange(2)},
            share=np.full(2, 0.5),
            performance=np.asarray([0, 1]),
            reward=np.asarray([pays["fail"], pays["correct"]]),
        )


RULES = {
    DelayComparison: {IDEAL: Compare(), "difference": Difference(), "f2 alone": SecondAlone()},
    DelayMatchSample: {IDEAL: SameOrOpposite()},
    DelayMatchCategory: {IDEAL: SameCategory(), "at once": SameCategoryAtOnce()},
    DelayPairedAssociation: {IDEAL: Pair(), "always go": AlwaysGo()},
}
