"""Ideal observers of perceptual tasks."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.ideal import gaussian
from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.gaussian import LEAST_NOISE
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
from jaxgym_neuro.tasks.perceptual.annubes_env import UNLIMITED, AnnubesEnv
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
        fits = gaussian.fits(self.directions(env), seen.sums[0])
        return jnp.argmax(fits).astype(jnp.int32) + 1

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
    """Add up both modalities, each as far as it can be relied upon.

    Who also infers how they share the coherence gains nothing that can be measured.
    """

    WORDS = "choose the direction that fits the sum of both modalities best, weighed by their noise"
    EVIDENCE = ("stimulus_mod1", "stimulus_mod2")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the weights of the modalities, (2,): inverse to the variance of their noise."""
        noise = np.maximum(np.asarray(params.unreliability, np.float64), LEAST_NOISE)
        weights = np.min(noise) ** 2 / noise**2
        return {"weights": weights.astype(np.float32)}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose the direction."""
        senses = known["weights"][:, None] * seen.sums[0].reshape(2, -1)
        weighed = Seen(jnp.sum(senses, axis=0)[None], seen.steps)
        return super().decide(env, known, weighed, ob, key)

    def num_sources(self, env: Any) -> int:
        """Return 2: the noise of both modalities is added up."""
        return 2

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return that of two modalities of the same noise that are always shown, and agree."""
        same = np.ptp(np.asarray(params.unreliability)) == 0
        both = np.asarray(params.modalities)[0] == 1
        agree = not np.any(np.asarray(params.conflicts))
        if not (same and both and agree and np.asarray(params.unreliability)[0] == 1):
            return None
        return super().exact(env, params, rule)


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
        lasts = shortest_steps(env, params, "toneDur")
        step = np.arange(env.T)
        sounds = (step >= first[:, None]) & (step < first[:, None] + lasts)
        return {
            "sounds": sounds.astype(np.float32),
            "steps": np.int32(shortest_steps(env, params, "stimulus")),
            "lasts": np.float32(lasts),
            "amplitudes": np.asarray(params.amplitudes, np.float32),
            "sigma": np.float32(noise_per_step(env, params)),
        }

    def begin(self, env: Any, known: Any) -> tuple[jax.Array, jax.Array]:
        """Begin at the first step of a trial, with no evidence."""
        del env
        return jnp.int32(0), jnp.zeros(known["sounds"].shape[0], jnp.float32)

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Report the best guess at each step; the last one counts."""
        step, evidence = held
        evidence = evidence + known["sounds"][:, step] * ob[0]
        ended = step + 1 >= known["steps"]
        begun = self.begin(env, known)
        held = jax.tree.map(lambda a, b: jnp.where(ended, a, b), begun, (step + 1, evidence))
        return self._report(known, evidence), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Report by the sums over all tones."""
        evidence = jnp.matmul(known["sounds"], trial.ob[:, 0], precision="highest")
        return [(trial.length - 1, self._report(known, evidence))]

    def _report(self, known: Any, sums: jax.Array) -> jax.Array:
        """Return the most probable tone, or none, by the sums of the input at each, (n,)."""
        amplitudes, variance = known["amplitudes"], jnp.maximum(known["sigma"], LEAST_NOISE) ** 2
        fits = (amplitudes * sums[:, None] - known["lasts"] * amplitudes**2 / 2) / variance
        log_ratio = jax.nn.logsumexp(fits, axis=1) - np.float32(math.log(len(amplitudes)))
        best = jnp.argmax(log_ratio).astype(jnp.int32)
        return jnp.where(jnp.max(log_ratio) > 0, best + 1, 0)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to report the right one of n times, or that there was no tone."""
        first, lasts = _onsets(env, params), constant_steps(env, params, "toneDur")
        amplitudes = np.unique(np.asarray(params.amplitudes, np.float64))
        if lasts is None or len(amplitudes) > 1 or np.any(np.diff(np.sort(first)) < lasts):
            return None  # tones that overlap share noise
        n, sigma = len(first), noise_per_step(env, params)
        d = gaussian.ratio(amplitudes[0] * math.sqrt(lasts), sigma)
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

    WORDS = "choose the side that had more pulses with the higher probability, at par either"

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where the time of a step is not known."""
        if constant_steps(env, params, *env.periods[:-1]) is None:
            raise ValueError(
                f"the observer of {env.name} counts the steps since the cue came on, and timing "
                "of what is before the decision differs from trial to trial"
            )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return at which step each cue begins, (n_bin,), and the odds and noise of pulses."""
        first, begins = 0, []
        for name in env.periods:
            if name.startswith("cue"):
                begins.append(first)
            first += shortest_steps(env, params, name)
        p = np.clip(np.asarray(params.p_pulse, np.float64), 1e-6, 1 - 1e-6)
        return {
            "begins": np.asarray(begins, np.int32),
            "p": p.astype(np.float32),
            "variance": np.float32(max(float(params.sigma), LEAST_NOISE) ** 2),
        }

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for the first cue."""
        return {
            "cue": jnp.bool_(False),
            "step": jnp.int32(0),
            "seen": jnp.zeros((env.n_bin, 2), jnp.float32),
            "shown": jnp.zeros(env.n_bin, bool),
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Take in each cue, and choose when the fixation cue goes off."""
        cue = ob[env.observation_space().name["fixation"]] > 0.5
        begun, is_new = self.begin(env, known), cue & ~held["cue"]
        held = jax.tree.map(lambda a, b: jnp.where(is_new, a, b), begun, held)
        is_now = (known["begins"] == held["step"]) & cue
        seen = jnp.where(is_now[:, None], ob[self._sides(env)], held["seen"])
        shown = held["shown"] | is_now
        action = jnp.where(held["cue"] & ~cue, self._choice(known, seen, shown, key), 0)
        return action, {"cue": cue, "step": held["step"] + 1, "seen": seen, "shown": shown}

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose by what is seen at the first step of each cue."""
        cues = np.asarray([i for i, name in enumerate(env.periods) if name.startswith("cue")])
        seen = trial.ob[trial.start[cues]][:, self._sides(env)]
        shown = trial.end[cues] > trial.start[cues]
        step = trial.start[env.periods.index("decision")]
        return [(step, self._choice(known, seen, shown, key))]

    def _sides(self, env: Any) -> np.ndarray:
        return np.asarray(env.observation_space().name["stimulus"])

    def _choice(self, known: Any, seen: jax.Array, shown: jax.Array, key: jax.Array) -> jax.Array:
        """Return the side with more pulses, by what is seen of each bin and side, (n_bin, 2)."""
        n = seen.shape[0]
        log_ratio = (seen - 0.5) / known["variance"]
        leads = []
        for p in (known["p"], known["p"][::-1]):  # either side may be the richer one
            log_pulse = jnp.log(p) + log_ratio
            log_either = jnp.logaddexp(log_pulse, jnp.log1p(-p))
            weight = jnp.sum(jnp.where(shown[:, None], log_either, 0.0))
            has_pulse = jnp.where(shown[:, None], jnp.exp(log_pulse - log_either), 0.0)
            counts = jnp.zeros((n + 1, 2)).at[0].set(1.0)
            for i in range(n):
                more = jnp.concatenate([jnp.zeros((1, 2)), counts[:-1]])
                counts = has_pulse[i] * more + (1 - has_pulse[i]) * counts
            joint = counts[:, :1] * counts[None, :, 1]
            leads.append((weight, jnp.sum(jnp.tril(joint, -1)) - jnp.sum(jnp.triu(joint, 1))))
        weights = jax.nn.softmax(jnp.stack([weight for weight, _ in leads]))
        lead = jnp.sum(weights * jnp.stack([lead for _, lead in leads]))
        tie = random.integer(key, 2) + 1
        is_tie = jnp.abs(lead) < 1e-5
        return jnp.where(is_tie, tie, jnp.where(lead > 0, 1, 2)).astype(jnp.int32)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return 1, less half the probability of equal counts, where pulses are seen clearly."""
        if float(params.sigma) > 0:
            return None
        fewest = int(params.fewest_bins) or env.n_bin
        found = float(np.mean([self._clear(n, params) for n in range(fewest, env.n_bin + 1)]))
        pays = rewards_of(params)
        reward = found * pays["correct"] + (1 - found) * pays["fail"]
        return Performance.exact(
            env.name, rule, {}, share=np.ones(1), performance=found, reward=reward
        )

    def _clear(self, n: int, params: Any) -> float:
        first, second = (
            np.asarray([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
            for p in np.asarray(params.p_pulse, np.float64)
        )
        return 1 - float(first @ second) / 2


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
        sigma = max(noise_per_step(env, params), LEAST_NOISE)
        amplitudes, pays = np.asarray(params.amplitudes, np.float64), rewards_of(params)
        return {
            "came": came.astype(np.float32),
            "rest": rest.astype(np.float32),
            "least": _least_belief(came, rest, lasts, float(np.mean(amplitudes)) / sigma, pays),
            "amplitudes": amplitudes.astype(np.float32),
            "lasts": np.int32(max(lasts, 1)),
            "variance": np.float32(sigma**2),
        }

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for a fixation."""
        return {
            "step": jnp.int32(-1),  # of the stimulus; -1 before
            "waits": jnp.bool_(False),  # has a fixation been seen, and no answer given?
            "fits": jnp.zeros((len(known["amplitudes"]), known["came"].shape[0]), jnp.float32),
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
        fits = held["fits"] + jnp.where(sounds, _fit(known, x)[:, None], 0.0)
        goes = watches & self.goes(known, step, fits)
        return goes.astype(jnp.int32), {"step": step, "waits": held["waits"] & ~goes, "fits": fits}

    def goes(self, known: Any, step: jax.Array, fits: jax.Array) -> jax.Array:
        """Whether to go, by the log-likelihood ratios of all onsets."""
        at = jnp.maximum(step, 0)
        came = known["came"].at[at].get(mode="clip")
        fits = jax.nn.logsumexp(fits, axis=0) - np.float32(math.log(len(fits)))
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
        before = jnp.cumsum(_fit(known, x), axis=1)
        before = jnp.concatenate([jnp.zeros((before.shape[0], 1)), before], axis=1)
        last = jnp.minimum(step[:, None] + 1, step[None] + known["lasts"])
        fits = before[:, last] - before[:, jnp.minimum(step[None], last)]
        fits = jnp.moveaxis(fits, 1, 0)  # (step, amplitude, onset)
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
        return Performance.of_either(
            env.name,
            rule,
            performance=[1, 0],
            reward=[0, pays["miss"]],
        )


def _fit(known: Any, x: jax.Array) -> jax.Array:
    """Return the log-likelihood ratio of a signal of each amplitude in an input: (k, ...)."""
    amplitude = known["amplitudes"].reshape(-1, *[1] * x.ndim)
    return amplitude * (x - amplitude / 2) / known["variance"]


def _least_belief(
    came: np.ndarray, rest: np.ndarray, lasts: int, d: float, pays: dict[str, float]
) -> np.ndarray:
    """Return the least log-odds that the signal has come at which to go, at each step: (n,).

    Args:
        came: probability that a trial has this step, and the signal came at an onset, (n, n).
        rest: that it has this step, and the signal did not come so far, (n,).
        lasts: steps of the signal.
        d: amplitude of the signal, over the noise of one step.
        pays: rewards.
    """
    n = len(rest)
    at = np.linspace(-20, 20, 401)  # log-odds
    belief = 1 / (1 + np.exp(-at))
    go = belief * pays["correct"] + (1 - belief) * pays["fail"]
    d = d * math.sqrt(max(lasts, 1))
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


@dataclasses.dataclass(frozen=True)
class AnySense(Rule):
    """Watch the whole stimulus, and report one if that is worth more than not to.

    How probable a stimulus is follows from the sums of all modalities, over all that may be
    presented together and all their intensities.
    """

    WORDS = "at the end, report a stimulus if one is probable enough, over all that there may be"

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where the end is not known, or what comes depends on what came."""
        if constant_steps(env, params, "stimulus") is None:
            raise ValueError(
                f"the observer of {env.name} answers in the last step, and timing['stimulus'] "
                "differs from trial to trial"
            )
        if shortest_steps(env, params, "fixation", "iti") == 0:
            raise ValueError(
                f"the observer of {env.name} sees by the start signal where a stimulus begins, "
                "and timing of 'fixation' and 'iti' may be 0"
            )
        if np.min(np.asarray(params.max_sequential)) < UNLIMITED:
            raise ValueError(
                f"the observer of {env.name} expects the same in every trial, and there is a limit "
                "max_sequential"
            )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the steps of a stimulus, its odds, the noise, and what is at stake."""
        pays, p_catch = rewards_of(params), float(params.catch_prob)
        each = [np.asarray(params.intensities[name], np.float32) for name in env.modalities]
        most = max(len(values) for values in each)
        noise = float(params.noise_std) * math.sqrt(2 * float(params.tau) / env.dt)
        session = np.asarray(params.session, np.float64)
        with np.errstate(divide="ignore"):
            log_session = np.log(session / session.sum()) + np.log(1 - p_catch) - np.log(p_catch)
        return {
            "steps": np.int32(shortest_steps(env, params, "stimulus")),
            "log_odds": np.maximum(log_session, -1e30).astype(np.float32),
            "intensities": np.stack([np.pad(x, (0, most - len(x))) for x in each]),
            "is_one": np.stack([np.arange(most) < len(x) for x in each]),
            "variance": np.float32(max(noise, LEAST_NOISE) ** 2),
            "sign": np.float32(np.sign(pays["correct"] - pays["fail"])),
        }

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for the start signal."""
        return {"step": jnp.int32(0), "sums": jnp.zeros(len(env.modalities), jnp.float32)}

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Sum up all modalities, and decide in the last step."""
        is_on = ob[env.observation_space().name["start"]] > 0.5
        step = jnp.where(is_on, held["step"] + 1, 0)
        sums = jnp.where(is_on, held["sums"] + ob[self._channels(env)], 0.0)
        reports = (step == known["steps"]) & self.reports(env, known, sums)
        return reports.astype(jnp.int32), {"step": step, "sums": sums}

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Decide by the sums over the whole stimulus."""
        index = env.periods.index("stimulus")
        t = jnp.arange(trial.ob.shape[0], dtype=jnp.int32)
        inside = ((trial.start[index] <= t) & (t < trial.end[index])).astype(jnp.float32)
        sums = jnp.matmul(inside, trial.ob[:, self._channels(env)], precision="highest")
        return [(trial.end[index] - 1, self.reports(env, known, sums).astype(jnp.int32))]

    def reports(self, env: Any, known: Any, sums: jax.Array) -> jax.Array:
        """Whether to report a stimulus, by the sums of all modalities, (m,)."""
        values, n = known["intensities"], known["steps"].astype(jnp.float32)
        fits = (values * sums[:, None] - n * values**2 / 2) / known["variance"]
        number = jnp.sum(known["is_one"], axis=1).astype(jnp.float32)
        fits = jax.nn.logsumexp(jnp.where(known["is_one"], fits, -jnp.inf), axis=1)
        fits = fits - jnp.log(number)
        parts = np.asarray([np.isin(env.modalities, names) for names in env.stimuli])
        of_each = jnp.sum(jnp.where(parts, fits[None], 0.0), axis=1)
        return known["sign"] * jax.nn.logsumexp(of_each + known["log_odds"]) > 0

    def _channels(self, env: Any) -> np.ndarray:
        names = env.observation_space().name
        return np.asarray([names[name] for name in env.modalities]).reshape(-1)

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the strongest intensity that is presented, 0 in a catch trial."""
        is_shown = conditions["stim_types"] & ~np.asarray(conditions["catch"])[..., None]
        return {"intensity": np.where(is_shown, conditions["stim_values"], 0).max(axis=-1)}


RULES = {
    PerceptualDecisionMaking: {IDEAL: Motion()},
    PerceptualDecisionMakingDelayResponse: {IDEAL: TwoSides()},
    MultiSensoryIntegration: {IDEAL: BothSenses(), "first modality alone": OneSense()},
    PulseDecisionMaking: {IDEAL: CountPulses()},
    Detection: {IDEAL: SignalHasCome(), "never go": NeverGo()},
    ToneDetection: {IDEAL: LoudestTone()},
    AnnubesEnv: {IDEAL: AnySense()},
}
