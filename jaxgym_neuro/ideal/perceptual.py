"""Ideal observers of perceptual tasks."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal import gaussian
from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import (
    IDEAL,
    Rule,
    constant_steps,
    noise_per_step,
    rewards_of,
    shortest_steps,
)
from jaxgym_neuro.tasks.perceptual.multi_sensory_integration import MultiSensoryIntegration
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making_delay_response import (
    PerceptualDecisionMakingDelayResponse,
)
from jaxgym_neuro.tasks.perceptual.tone_detection import ToneDetection
from jaxgym_neuro.timing import Choice, duration_steps


@dataclasses.dataclass(frozen=True)
class Motion(Cued):
    """Sum up the motion, and choose the direction whose tuning fits the sums best.

    With equal odds of all directions this is the most probable one, whatever the coherences are.
    """

    WORDS = "choose the direction that fits the summed evidence best"
    BY = ("coh",)

    def directions(self, env: Any) -> np.ndarray:
        """Return the directions to choose from, in radians."""
        return env.theta

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose the direction."""
        fits = gaussian.fits(self.directions(env), self.evidence(env, seen, ob))
        return jnp.argmax(fits).astype(jnp.int32) + 1

    def evidence(self, env: Any, seen: Seen, ob: Any) -> jax.Array:
        """Return the summed evidence for each direction, (d,)."""
        del env, ob
        return seen.sums[0]

    def num_sources(self, env: Any) -> int:
        """Return over how many sources the coherence is spread, each with noise of its own."""
        del env
        return 1

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability that the direction is found, by coherence."""
        steps = constant_steps(env, params, "stimulus")
        if steps is None:
            return None
        cohs, counts = np.unique(np.asarray(params.cohs), return_counts=True)
        sigma = noise_per_step(env, params) * math.sqrt(self.num_sources(env))
        found = gaussian.direction_accuracy(self.directions(env), cohs, steps, sigma)
        pays = rewards_of(params)
        return Performance.exact(
            env.name,
            rule,
            {"coh": cohs},
            share=counts / counts.sum(),
            performance=found,
            reward=found * pays["correct"] + (1 - found) * pays["fail"],
        )


@dataclasses.dataclass(frozen=True)
class TwoSides(Motion):
    """As `Motion`, where the evidence is for one of two sides."""

    WORDS = "choose the side with more summed evidence"

    def directions(self, env: Any) -> np.ndarray:
        """Return two opposite directions."""
        del env
        return np.asarray([0, math.pi], np.float32)


@dataclasses.dataclass(frozen=True)
class BothSenses(Motion):
    """Add up both modalities.

    Who also infers how they share the coherence gains nothing that can be measured.
    """

    WORDS = "choose the direction that fits the sum of both modalities best"
    EVIDENCE = ("stimulus_mod1", "stimulus_mod2")

    def evidence(self, env: Any, seen: Seen, ob: Any) -> jax.Array:
        """Add up the modalities."""
        return jnp.sum(seen.sums[0].reshape(2, -1), axis=0)

    def num_sources(self, env: Any) -> int:
        """Return 2: the noise of both modalities is added up."""
        return 2


@dataclasses.dataclass(frozen=True)
class OneSense(Motion):
    """Attend to the first modality alone."""

    WORDS = "choose by the first modality alone"
    EVIDENCE = ("stimulus_mod1",)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return None: the first modality has a share of the coherence that differs."""
        return None


@dataclasses.dataclass(frozen=True)
class LoudestTone(Rule):
    """Listen at the times at which a tone may begin, and report the most probable one."""

    WORDS = "report the time at which the input was strongest, or none if all were weak"
    BY = ("condition",)

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where the time of a step is not known."""
        if constant_steps(env, params, "stimulus") is None:
            raise ValueError(
                f"the observer of {env.name} counts steps, and timing['stimulus'] differs from "
                "trial to trial: nothing shows where one begins"
            )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return which steps belong to which tone, (n, T), and how long a trial lasts."""
        first = _onsets(env, params)
        lasts = constant_steps(env, params, "toneDur")
        step = np.arange(env.T)
        sounds = (step >= first[:, None]) & (step < first[:, None] + lasts)
        return {
            "sounds": sounds.astype(np.float32),
            "steps": np.int32(shortest_steps(env, params, "stimulus")),
        }

    def begin(self, env: Any, known: Any) -> tuple[jax.Array, jax.Array]:
        """Begin at the first step of a trial, with no evidence."""
        del env
        return jnp.int32(0), jnp.zeros(known["sounds"].shape[0], jnp.float32)

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Report the best guess at each step; the last one counts."""
        step, evidence = held
        evidence = evidence + known["sounds"][:, step] * (ob[0] - 0.5)
        ended = step + 1 >= known["steps"]
        begun = self.begin(env, known)
        held = jax.tree.map(lambda a, b: jnp.where(ended, a, b), begun, (step + 1, evidence))
        return self._report(evidence), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Report by the sums over all tones."""
        evidence = jnp.matmul(known["sounds"], trial.ob[:, 0] - 0.5, precision="highest")
        return [(trial.length - 1, self._report(evidence))]

    def _report(self, evidence: jax.Array) -> jax.Array:
        best = jnp.argmax(evidence).astype(jnp.int32)
        return jnp.where(jnp.max(evidence) > 0, best + 1, 0)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to report the right one of n times, or that there was no tone."""
        first, lasts = _onsets(env, params), constant_steps(env, params, "toneDur")
        if lasts is None or np.any(np.diff(np.sort(first)) < lasts):
            return None  # tones that overlap share noise
        n, sigma = len(first), noise_per_step(env, params)
        d = gaussian.ratio(math.sqrt(lasts), sigma)
        p_none = gaussian.phi(d / 2) ** n
        # In units of the noise: the tone's own input is d + z, and the criterion d / 2.
        d = min(float(d), 1e3)
        low = max(-d / 2, -8.0)
        nodes, weights = np.polynomial.legendre.leggauss(200)
        z = low + (8 - low) * (nodes + 1) / 2
        inside = gaussian.density(z) * gaussian.phi(z + d) ** (n - 1)
        p_tone = np.sum(weights * inside) * (8 - low) / 2
        found = np.asarray([p_none, *[p_tone] * n])
        pays = rewards_of(params)
        return Performance.exact(
            env.name,
            rule,
            {"condition": np.arange(n + 1)},
            share=np.full(n + 1, 1 / (n + 1)),
            performance=found,
            reward=found * pays["correct"] + (1 - found) * pays["fail"],
        )


def _onsets(env: Any, params: Any) -> np.ndarray:
    """Return the steps at which a tone may begin, (n,)."""
    times: Choice = params.timing["toneTiming"]
    return np.asarray(duration_steps(jnp.asarray(times.values), env.dt))


RULES = {
    PerceptualDecisionMaking: {IDEAL: Motion()},
    PerceptualDecisionMakingDelayResponse: {IDEAL: TwoSides()},
    MultiSensoryIntegration: {IDEAL: BothSenses(), "first modality alone": OneSense()},
    ToneDetection: {IDEAL: LoudestTone()},
}
