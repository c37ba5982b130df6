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
    Rule,
    constant_steps,
    noise_per_step,
    rewards_of,
    shortest_steps,
)
from jaxgym_neuro.tasks.memory.delay_comparison import DelayComparison
from jaxgym_neuro.tasks.memory.delay_match_category import DelayMatchCategory
from jaxgym_neuro.tasks.memory.delay_match_sample import DelayMatchSample
from jaxgym_neuro.tasks.memory.delay_match_sample_distractor_1d import DelayMatchSampleDistractor1D
from jaxgym_neuro.tasks.memory.delay_paired_association import DelayPairedAssociation
from jaxgym_neuro.tasks.memory.dual_delay_match_sample import DualDelayMatchSample


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
class SameOrOther(Cued):
    """Weigh all samples by how well they fit sample and test, if the test is the same, or another.

    With two units this is to tell of each which unit was stronger.
    """

    WORDS = "report match if it is the more probable, over all samples that there are"
    BY = ("ground_truth",)
    SEEN = ("sample", "test")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the noise, and how far a non-match is from the sample."""
        return {
            "sigma": np.float32(noise_per_step(env, params)),
            "distance": np.float32(params.distance),
        }

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Report match or non-match."""
        theta = np.asarray(env.theta)
        shown = theta[:, None]
        sample = self._fit(env, known, seen, 0, shown)
        same = self._fit(env, known, seen, 1, shown)
        others = [
            self._fit(env, known, seen, 1, shown + side * known["distance"]) for side in (1, -1)
        ]
        match = jax.nn.logsumexp(sample + same)
        other = jax.nn.logsumexp(sample + jnp.logaddexp(*others)) - np.float32(math.log(2))
        return jnp.where(match >= other, 1, 2)

    def _fit(self, env: Any, known: Any, seen: Seen, which: int, angles: Any) -> jax.Array:
        """Return the log-likelihood of angles (m, 1), by the sums of a stimulus: (m,)."""
        mean = stimuli.positive_tuning(env.theta, jnp.asarray(angles))
        told = jnp.matmul(mean, seen.sums[which], precision="highest")
        cost = seen.steps[which] * jnp.sum(mean**2, axis=1) / 2
        return (told - cost) / jnp.maximum(known["sigma"], LEAST_NOISE) ** 2

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to be right, or wrong, about both, for two units."""
        is_opposite = math.isclose(float(params.distance), math.pi, rel_tol=1e-5)
        steps = [constant_steps(env, params, name) for name in self.SEEN]
        if len(env.theta) != 2 or not is_opposite or None in steps:
            return None
        sigma = noise_per_step(env, params)
        errors = [float(1 - phi(ratio(math.sqrt((n or 0) / 2), sigma))) for n in steps]
        return _two_truths(env, params, rule, match_accuracy(*errors), (1, 2))


@dataclasses.dataclass(frozen=True)
class SameCategory(Cued):
    """Tell the half of the circle of sample and test by the sign of their cosine.

    The test is watched to its end, as a trial is paid whenever it is answered. Where a non-match
    is followed by a last test, that is reported at once, as it always matches.
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

    def begin(self, env: Any, known: Any) -> dict[str, Any]:
        """Wait for the first cue; no test has been passed over."""
        return {"trial": super().begin(env, known), "passed": jnp.bool_(False)}

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Decide at the test; if it is passed over, report the last one."""
        before, passed = held["trial"], held["passed"]
        trial = self.watch(env, before, super().begin(env, known), ob)
        seen = Seen(trial["sums"], trial["steps"])
        is_due = self.is_due(env, known, seen, trial)
        action = jnp.where(is_due, self.decide(env, known, seen, ob, key), 0).astype(jnp.int32)
        if env.second_test:
            is_last = passed & trial["shown"] & ~before["shown"]
            passed = (passed | (action == 2)) & ~is_last & (trial["off"] > 0)
            action = jnp.where((action == 1) | is_last, 1, 0).astype(jnp.int32)
        return action, {"trial": trial, "passed": passed}

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Decide at the test, and where it is passed over and another one comes, report that."""
        [(step, action)] = super().answers(env, known, trial, key)
        if not env.second_test:
            return [(step, action)]
        last = env.periods.index("last_test")
        comes = trial.end[last] > trial.start[last]
        later = jnp.where(comes, trial.start[last], trial.length - 1)
        is_match = action == 1
        return [(jnp.where(is_match, step, later), jnp.where(is_match | comes, 1, 0))]

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to be right, or wrong, about both, over all directions."""
        n_sample = constant_steps(env, params, "sample")
        n_test = constant_steps(env, params, "test")
        if n_sample is None or n_test is None:
            return None
        sigma = noise_per_step(env, params)
        number = int(params.num_directions) or 20_000
        places = (np.arange(number) + 0.5) / number  # from one boundary of a category to the other
        cosines = np.sin(places * math.pi)

        def error(steps: int) -> float:
            signal = 0.5 * math.sqrt(steps * gaussian.power(env.theta)) * cosines
            return float(np.mean(1 - phi(ratio(signal, sigma))))

        last = n_test if self.TO_THE_END else 1
        found = match_accuracy(error(n_sample), error(last))
        if not env.second_test:
            return _two_truths(env, params, rule, found, (1, 2))
        pays = rewards_of(params)
        wrong = np.asarray([pays["miss"], pays["fail"]])  # to pass a match over, or to report one
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": np.asarray([1, 2])},
            share=np.full(2, 0.5),
            performance=found,
            reward=found * pays["correct"] + (1 - found) * wrong,
        )


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

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError, too, for the dual task."""
        super().check(env, params)
        if env.dual:
            raise ValueError(f"the observer of {env.name} knows no inner task, and dual is True")

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
        return Performance.of_either(
            env.name,
            rule,
            performance=found,
            reward=[(1 - found) * pays["fail"], go],
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
        return Performance.of_either(
            env.name,
            rule,
            performance=[0, 1],
            reward=[pays["fail"], pays["correct"]],
        )


@dataclasses.dataclass(frozen=True)
class FirstMatch(Cued):
    """Go at the end of a test if that is worth more than to wait for those that may come.

    That a test shows the sample has a likelihood ratio, by how much longer the sum of both
    responses of the ring is than if they pointed to different angles. What is to be expected of
    the tests to come is worked out for responses of their usual length.
    """

    WORDS = "go at the end of a test if that is worth more than what the next ones promise"
    BY = ("ground_truth",)
    SEEN = ("sample", "test1", "test2", "test3")

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError, too, where distractors keep a distance to the sample, or repeat."""
        super().check(env, params)
        if float(params.min_distance) > 0:
            raise ValueError(
                f"the observer of {env.name} expects distractors at any angle, and "
                f"min_distance is {float(params.min_distance):g}, not 0"
            )
        if float(params.p_repeat) > 0:
            raise ValueError(
                f"the observer of {env.name} expects each distractor at an angle of its own, and "
                f"p_repeat is {float(params.p_repeat):g}, not 0"
            )

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return how long tests are, the noise, and what waiting is worth."""
        pays = rewards_of(params)
        sigma = max(noise_per_step(env, params), LEAST_NOISE)
        lasts = np.asarray([shortest_steps(env, params, name) for name in self.SEEN], np.float32)
        at = np.linspace(-30, 30, 481)  # log of a likelihood ratio
        tests = [_ratios(*(lasts[[0, i]] * gaussian.power(_RING) / sigma**2)) for i in (2, 3)]
        (ratio2, weight2), (ratio3, weight3) = tests
        past = np.exp(at)[:, None]
        go = pays["correct"] * ratio3 + pays["fail"] * past
        last = np.maximum(go, pays["miss"] * (ratio3 + past)) @ weight3
        go = pays["correct"] * ratio2 + pays["fail"] * (past + 1)
        wait = np.interp(np.log(ratio2 + past), at, last)
        return {
            "lasts": lasts,
            "variance": np.float32(sigma**2),
            "pays": {name: np.float32(amount) for name, amount in pays.items()},
            "at": at.astype(np.float32),
            "wait2": last.astype(np.float32),
            "wait1": (np.maximum(go, wait) @ weight2).astype(np.float32),
        }

    def is_due(self, env: Any, known: Any, seen: Seen, held: Any) -> jax.Array:
        """Whether this is the last step of a test."""
        is_now = jnp.arange(len(self.SEEN), dtype=jnp.int32) == held["stimulus"]
        is_last = jnp.any(is_now & (seen.steps == known["lasts"]))
        return held["shown"] & (held["stimulus"] > 0) & is_last

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Go, or wait."""
        plane = jnp.asarray(np.stack([np.cos(_RING), np.sin(_RING)], axis=1))
        told = jnp.matmul(seen.sums, plane, precision="highest") / known["variance"]
        length = jnp.sqrt(jnp.sum(told**2, axis=1))
        both = jnp.sqrt(jnp.sum((told[0] + told[1:]) ** 2, axis=1))
        log_ratio = _log_i0(both) - _log_i0(length[0]) - _log_i0(length[1:])
        ratio = jnp.exp(log_ratio)  # (3,) that each test shows the sample; 1 if it was not seen
        number = jnp.sum((seen.steps[1:] > 0).astype(jnp.int32))  # of the test that is shown
        is_now = jnp.arange(3, dtype=jnp.int32) == number - 1
        is_past = jnp.arange(3, dtype=jnp.int32) < number - 1
        now = jnp.sum(jnp.where(is_now, ratio, 0.0))
        past = jnp.sum(jnp.where(is_past, ratio, 0.0))
        to_come = jnp.maximum(3 - number, 0).astype(jnp.float32)
        pays = known["pays"]
        go = pays["correct"] * now + pays["fail"] * (past + to_come)
        reached = jnp.log(jnp.maximum(now + past, 1e-30))
        wait = jnp.select(
            [number == 1, number == 2],
            [_between(reached, known["at"], known[name]) for name in ("wait1", "wait2")],
            pays["miss"] * (now + past),
        )
        return (go > wait).astype(jnp.int32)

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Go in the first test in which it is worth more."""
        step, action = trial.length - 1, jnp.int32(0)
        for i in (3, 2, 1):
            end = trial.start[env.periods.index(self.SEEN[i])] + known["lasts"][i].astype(jnp.int32)
            seen = self.seen_until(env, trial, end - 1)
            goes = self.decide(env, known, seen, trial.ob[end - 1], key) == 1
            step, action = jnp.where(goes, end - 1, step), jnp.where(goes, 1, action)
        return [(step, action)]


@dataclasses.dataclass(frozen=True)
class ThirdTest(FirstMatch):
    """Wait for the third test, and go: a match one time in three."""

    WORDS = "go in the third test of every trial"

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Go in the last test."""
        return (seen.steps[3] > 0).astype(jnp.int32)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return what going in the third test earns."""
        pays = rewards_of(params)
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": np.arange(1, 4)},
            share=np.full(3, 1 / 3),
            performance=[0, 0, 1],
            reward=[pays["fail"], pays["fail"], pays["correct"]],
        )


_RING = stimuli.ring(32)


def _between(x: jax.Array, at: jax.Array, values: jax.Array) -> jax.Array:
    """Interpolate between values at places that are equally far apart."""
    place = (jnp.clip(x, at[0], at[-1]) - at[0]) / (at[1] - at[0])
    first = jnp.floor(place).astype(jnp.int32)
    part = place - first.astype(jnp.float32)
    low, high = (values.at[i].get(mode="clip") for i in (first, first + 1))
    return low + part * (high - low)


def _log_i0(x: Any) -> Any:
    return jnp.log(jax.scipy.special.i0e(x)) + x


def _ratios(sample: Any, test: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return likelihood ratios that a test shows the sample, for angles between them: (n,).

    Args:
        sample: length of the response to the sample, over the variance of the noise.
        test: likewise, to the test.

    Returns:
        The ratios, and the share of each in angles that are uniform.
    """
    u = (np.arange(1000) + 0.5) / 1000
    angle, share = math.pi * u**3, 3 * u**2 / 1000  # most of them near 0
    both = np.sqrt(sample**2 + test**2 + 2 * sample * test * np.cos(angle))
    log_i0 = [np.asarray(_log_i0(jnp.asarray(x, jnp.float32)), float) for x in (both, sample, test)]
    return np.exp(log_i0[0] - log_i0[1] - log_i0[2]), share / share.sum()


@dataclasses.dataclass(frozen=True)
class BothItems(Rule):
    """Tell the value of each item by its stronger channel; at the end of a test, compare."""

    WORDS = "at the end of each test, report match if the cued item and the test look the same"

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError if the sample or a test may be skipped."""
        for name in ("sample", "test1", "test2"):
            if shortest_steps(env, params, name) == 0:
                raise ValueError(
                    f"the observer of {env.name} needs a {name!r} in every trial, and "
                    f"timing[{name!r}] may be 0"
                )

    def known(self, env: Any, params: Any) -> Any:
        """Return the steps of each test."""
        return np.asarray([shortest_steps(env, params, f"test{i}") for i in (1, 2)], np.int32)

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Begin a trial."""
        return {
            "sample": jnp.zeros(2, jnp.float32),  # of each item: one channel minus the other
            "test": jnp.zeros(2, jnp.float32),
            "item": jnp.int32(0),  # that was cued last
            "step": jnp.int32(0),  # of the test
            "number": jnp.int32(0),  # of tests that were answered
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Watch, and answer in the last step of a test."""
        names = env.observation_space().name
        must_wait = ob[names["fixation"]] > 0.5
        told = self._told(env, ob)
        cues = ob[np.asarray([names["cue1"], names["cue2"]])] > 0.5
        in_test = ~must_wait & jnp.any(told != 0)
        step = jnp.where(in_test, held["step"] + 1, 0)
        held = {
            **held,
            "sample": held["sample"] + jnp.where(must_wait, told, 0.0),
            "test": jnp.where(in_test, held["test"] + told, 0.0),
            "item": jnp.where(jnp.any(cues), jnp.argmax(cues).astype(jnp.int32), held["item"]),
            "step": step,
        }
        is_due = in_test & (step == known.at[held["number"]].get(mode="clip"))
        action = jnp.where(is_due, self._answer(held["sample"], held["test"], held["item"]), 0)
        number = held["number"] + is_due.astype(jnp.int32)
        held = {**held, "number": number}
        begun = self.begin(env, known)
        return action, jax.tree.map(lambda a, b: jnp.where(number == 2, a, b), begun, held)

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Answer both tests."""
        t = jnp.arange(trial.ob.shape[0], dtype=jnp.int32)
        told = jax.vmap(lambda ob: self._told(env, ob))(trial.ob)
        names = env.observation_space().name
        cues = trial.ob[:, np.asarray([names["cue1"], names["cue2"]])]

        def total(x: jax.Array, name: str, most: Any) -> jax.Array:
            first = trial.start[env.periods.index(name)]
            last = jnp.minimum(trial.end[env.periods.index(name)], first + most)
            return jnp.sum(jnp.where(((t >= first) & (t < last))[:, None], x, 0.0), axis=0)

        sample, found = total(told, "sample", env.T), []
        for i in range(2):
            item = jnp.argmax(total(cues, f"cue{i + 1}", env.T)).astype(jnp.int32)
            test = total(told, f"test{i + 1}", known[i])
            step = trial.start[env.periods.index(f"test{i + 1}")] + known[i] - 1
            found.append((step, self._answer(sample, test, item)))
        return found

    def _told(self, env: Any, ob: jax.Array) -> jax.Array:
        """Return the difference of the channels of each item, (2,)."""
        names = env.observation_space().name
        pairs = np.asarray([list(names[f"stimulus{i}"]) for i in (1, 2)])
        return ob[pairs[:, 0]] - ob[pairs[:, 1]]

    def _answer(self, sample: jax.Array, test: jax.Array, item: jax.Array) -> jax.Array:
        is_same = (sample > 0) == (test > 0)
        return jnp.where(is_same.at[item].get(mode="clip"), 1, 2).astype(jnp.int32)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability to be right, or wrong, about both item and test."""
        steps = [constant_steps(env, params, name) for name in ("sample", "test1", "test2")]
        if None in steps:
            return None
        sigma = noise_per_step(env, params)
        sample, *tests = (float(1 - phi(ratio(math.sqrt((n or 0) / 2), sigma))) for n in steps)
        found = float(np.mean([match_accuracy(sample, error) for error in tests]))
        pays = rewards_of(params)
        reward = 2 * (found * pays["correct"] + (1 - found) * pays["fail"])
        return Performance.exact(
            env.name, rule, {}, share=np.ones(1), performance=found, reward=reward
        )


RULES = {
    DelayComparison: {IDEAL: Compare(), "difference": Difference(), "f2 alone": SecondAlone()},
    DelayMatchSample: {IDEAL: SameOrOther()},
    DelayMatchCategory: {IDEAL: SameCategory(), "at once": SameCategoryAtOnce()},
    DelayMatchSampleDistractor1D: {IDEAL: FirstMatch(), "third test": ThirdTest()},
    DualDelayMatchSample: {IDEAL: BothItems()},
    DelayPairedAssociation: {IDEAL: Pair(), "always go": AlwaysGo()},
}
