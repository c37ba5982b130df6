"""Ideal observers of perceptual tasks."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
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
    step_odds,
)
from jaxgym_neuro.tasks.perceptual.detection import Detection
from jaxgym_neuro.tasks.perceptual.multi_sensory_integration import MultiSensoryIntegration
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making_delay_response import (
    PerceptualDecisionMakingDelayResponse,
)
from jaxgym_neuro.tasks.perceptual.pulse_decision_making import PulseDecisionMaking
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


@dataclasses.dataclass(frozen=True)
class CountPulses(Rule):
    """Count the pulses of both sides; choose at random if there are as many."""

    WORDS = "choose the side with more pulses, either if there are as many"

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where the time of a step is not known."""
        before = env.periods[:-1]
        if constant_steps(env, params, *before) is None:
            raise ValueError(
                f"the observer of {env.name} counts the steps since the cue came on, and timing "
                "of what is before the decision differs from trial to trial"
            )

    def known(self, env: Any, params: Any) -> Any:
        """Return how much a step counts: pulses of several steps are one, (T,)."""
        weights = []
        for name in env.periods:
            steps = shortest_steps(env, params, name)
            weights += [1 / steps if name.startswith("cue") else 0.0] * steps
        return np.asarray(weights[: env.T] + [0.0] * (env.T - len(weights)), np.float32)

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for the first cue."""
        return {
            "cue": jnp.bool_(False),
            "begun": jnp.bool_(False),
            "step": jnp.int32(0),
            "count": jnp.zeros(2, jnp.float32),
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Count, and choose when the cue goes off."""
        cue = ob[env.observation_space().name["fixation"]] > 0.5
        is_new = cue & ~held["cue"]
        begun = self.begin(env, known)
        held = jax.tree.map(lambda a, b: jnp.where(is_new, a, b), begun, held)
        # The first cue that is seen belongs to the first step of a trial that the cue begins.
        weight = known.at[held["step"]].get(mode="fill", fill_value=0)
        count = held["count"] + weight * ob[self._sides(env)]
        is_due = held["cue"] & ~cue
        held = {"cue": cue, "begun": held["begun"] | cue, "step": held["step"] + 1, "count": count}
        return jnp.where(is_due, self._choice(count, key), 0), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose by the pulses at the first step of each cue."""
        cues = [i for i, name in enumerate(env.periods) if name.startswith("cue")]
        first = trial.start[np.asarray(cues)]
        count = jnp.sum(trial.ob[first][:, self._sides(env)], axis=0)
        return [(trial.start[env.periods.index("decision")], self._choice(count, key))]

    def _sides(self, env: Any) -> np.ndarray:
        return np.asarray(env.observation_space().name["stimulus"])

    def _choice(self, count: jax.Array, key: jax.Array) -> jax.Array:
        lead = jnp.round(count[0] - count[1])
        tie = random.integer(key, 2) + 1
        return jnp.where(lead == 0, tie, jnp.where(lead > 0, 1, 2)).astype(jnp.int32)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return 1, less half the probability of equal counts."""
        n = env.n_bin
        first, second = (
            np.asarray([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
            for p in np.asarray(params.p_pulse, np.float64)
        )
        found = 1 - float(first @ second) / 2
        pays = rewards_of(params)
        reward = found * pays["correct"] + (1 - found) * pays["fail"]
        return Performance.exact(
            env.name, rule, {}, share=np.ones(1), performance=found, reward=reward
        )


@dataclasses.dataclass(frozen=True)
class SignalHasCome(Rule):
    """Go once the signal has probably come.

    How probable that is follows from the input at each step at which it may have begun, and from
    how long the stimulus may last. From which probability on to go is worked out backward from the
    end; for a signal of several steps, as if all of it were seen in its first one, which is a
    little less than the best. While the stimulus cannot end yet, waiting costs nothing.
    """

    WORDS = "go when the signal has come with a probability at which waiting is worth less"
    BY = ("ground_truth",)

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError without a fixation, whose end shows where the stimulus begins."""
        if shortest_steps(env, params, "fixation") == 0:
            raise ValueError(
                f"the observer of {env.name} sees by the cue where the stimulus begins, and "
                "timing['fixation'] may be 0"
            )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return odds of what may have happened at each step of the stimulus, and what to do."""
        odds = step_odds(params.timing["stimulus"], env.dt)
        n, lasts = len(odds) - 1, int(duration_steps(float(params.stim_dur), env.dt))
        step, length = np.arange(n), np.arange(n + 1)
        if float(params.delay) < 0:
            places = np.maximum(length - max(lasts, 2), 1)
            begins = (step < places[:, None]) / places[:, None]  # (n + 1, n): at a step
        else:
            given = int(duration_steps(float(params.delay), env.dt))
            begins = step == np.minimum(given, np.maximum(length - 1, 0))[:, None]
        alive = length[:, None] > step  # (n + 1, n): is there a step?
        # Probabilities, up to each step: that it came at an earlier one, or not yet, or never.
        came = 0.5 * np.einsum("l,lt,lo->to", odds, alive, begins) * (step <= step[:, None])
        later = 0.5 * np.einsum("l,lt,lo->to", odds, alive, begins) * (step > step[:, None])
        rest = later.sum(axis=1) + 0.5 * odds @ alive
        sigma = max(noise_per_step(env, params), gaussian.LEAST_NOISE)
        return {
            "came": came.astype(np.float32),
            "rest": rest.astype(np.float32),
            "least": _least_belief(came, rest, lasts, sigma, rewards_of(params)),
            "lasts": np.int32(max(lasts, 1)),
            "variance": np.float32(sigma**2),
        }

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for a fixation."""
        return {
            "step": jnp.int32(-1),  # of the stimulus; -1 before
            "waits": jnp.bool_(False),  # has a fixation been seen, and no answer given?
            "fits": jnp.zeros(known["came"].shape[0], jnp.float32),
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Weigh all onsets, and go if it is time."""
        names = env.observation_space().name
        fixates, x = ob[names["fixation"]] > 0.5, ob[names["stimulus"]]
        begun = {**self.begin(env, known), "waits": jnp.bool_(True)}
        held = jax.tree.map(lambda a, b: jnp.where(fixates, a, b), begun, held)
        watches = held["waits"] & ~fixates & (held["step"] + 1 < known["came"].shape[0])
        step = held["step"] + watches.astype(jnp.int32)
        onset = jnp.arange(known["came"].shape[0], dtype=jnp.int32)
        sounds = (onset <= step) & (step < onset + known["lasts"]) & watches
        fits = held["fits"] + jnp.where(sounds, _fit(x, known["variance"]), 0.0)
        goes = watches & self.goes(known, step, fits)
        return goes.astype(jnp.int32), {"step": step, "waits": held["waits"] & ~goes, "fits": fits}

    def goes(self, known: Any, step: jax.Array, fits: jax.Array) -> jax.Array:
        """Whether to go, by the log-likelihood ratios of all onsets."""
        at = jnp.maximum(step, 0)
        came = known["came"].at[at].get(mode="clip")
        log_came = jax.nn.logsumexp(jnp.where(came > 0, fits, -jnp.inf), b=jnp.maximum(came, 1e-30))
        log_odds = log_came - jnp.log(known["rest"].at[at].get(mode="clip") + 1e-30)
        return log_odds > known["least"].at[at].get(mode="clip")

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Go at the first step at which it is time, by sums over each possible signal."""
        stimulus = env.periods.index("stimulus")
        n = known["came"].shape[0]
        x = trial.ob[:, env.observation_space().name["stimulus"]]
        step = jnp.arange(n, dtype=jnp.int32)
        x = x.at[trial.start[stimulus] + step].get(mode="fill", fill_value=0)
        before = jnp.concatenate([jnp.zeros(1), jnp.cumsum(_fit(x, known["variance"]))])
        last = jnp.minimum(step[:, None] + 1, step[None] + known["lasts"])
        fits = before[last] - before[jnp.minimum(step[None], last)]  # (step, onset)
        goes = jax.vmap(self.goes, in_axes=(None, 0, 0))(known, step, fits)
        goes = goes & (trial.start[stimulus] + step < trial.end[stimulus])
        first = trial.start[stimulus] + jnp.argmax(goes).astype(jnp.int32)
        action = jnp.any(goes).astype(jnp.int32)
        return [(jnp.where(action == 1, first, trial.length - 1), action)]


@dataclasses.dataclass(frozen=True)
class NeverGo(SignalHasCome):
    """Wait in every trial."""

    WORDS = "never go"

    def goes(self, known: Any, step: jax.Array, fits: jax.Array) -> jax.Array:
        """Never."""
        return jnp.bool_(False)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return what waiting earns."""
        pays = rewards_of(params)
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": np.arange(2)},
            share=np.full(2, 0.5),
            performance=np.asarray([1, 0]),
            reward=np.asarray([0, pays["miss"]]),
        )


_SIGNAL = 0.5  # what Detection adds to the input


def _fit(x: jax.Array, variance: jax.Array) -> jax.Array:
    """Return the log-likelihood ratio of a signal in an input."""
    return _SIGNAL * (x - _SIGNAL / 2) / variance


def _least_belief(
    came: np.ndarray, rest: np.ndarray, lasts: int, sigma: float, pays: dict[str, float]
) -> np.ndarray:
    """Return the least log-odds that the signal has come at which to go, at each step: (n,).

    Args:
        came: probability that a trial has this step, and the signal came at an onset, (n, n).
        rest: that it has this step, and the signal did not come so far, (n,).
        lasts: steps of the signal.
        sigma: noise of one step.
        pays: rewards.
    """
    n = len(rest)
    at = np.linspace(-20, 20, 401)  # log-odds
    belief = 1 / (1 + np.exp(-at))
    go = belief * pays["correct"] + (1 - belief) * pays["fail"]
    d = _SIGNAL * math.sqrt(max(lasts, 1)) / sigma
    z, weight = np.polynomial.hermite_e.hermegauss(41)
    weight = weight / weight.sum()
    value, least = belief * pays["miss"], np.zeros(n)  # after the last step
    for t in range(n - 1, -1, -1):
        if t == n - 1:
            wait = belief * pays["miss"]
        else:
            total = max(came[t].sum(), 1e-300)
            stays = came[t + 1, : t + 1].sum() / total if came[t].sum() > 0 else 1.0
            new = came[t + 1, t + 1] / max(rest[t], 1e-300)
            none = rest[t + 1] / max(rest[t], 1e-300)
            wait = belief * (1 - stays) * pays["miss"]
            silent = belief * stays + (1 - belief) * none
            for signal, mass in ((0.0, silent), (d, (1 - belief) * new)):
                fit = d * (z + signal) - d**2 / 2  # log-likelihood ratio that it comes now
                with np.errstate(divide="ignore"):
                    odds = (
                        np.logaddexp(
                            np.log(belief * stays)[:, None],
                            np.log((1 - belief) * new)[:, None] + fit,
                        )
                        - np.log((1 - belief) * none)[:, None]
                    )
                wait = wait + mass * (np.interp(np.clip(odds, -20, 20), at, value) @ weight)
        better = go > wait
        least[t] = at[np.argmax(better)] if better.any() else np.inf
        value = np.maximum(go, wait)
    return least.astype(np.float32)


RULES = {
    PerceptualDecisionMaking: {IDEAL: Motion()},
    PerceptualDecisionMakingDelayResponse: {IDEAL: TwoSides()},
    MultiSensoryIntegration: {IDEAL: BothSenses(), "first modality alone": OneSense()},
    PulseDecisionMaking: {IDEAL: CountPulses()},
    Detection: {IDEAL: SignalHasCome(), "never go": NeverGo()},
    ToneDetection: {IDEAL: LoudestTone()},
}
