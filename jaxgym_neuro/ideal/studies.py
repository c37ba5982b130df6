"""Ideal observers of the tasks from studies: when to stop watching, and what to expect."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.collections.ibl20 import IBL20, Gratings
from jaxgym_neuro.collections.priors.n_alternatives import factor
from jaxgym_neuro.collections.priors.priors_v0 import PriorsV0
from jaxgym_neuro.collections.roitman02 import Roitman02
from jaxgym_neuro.ideal import gaussian, in_blocks
from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.perceptual import Motion
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import (
    IDEAL,
    OverTrials,
    constant_steps,
    noise_per_step,
    rewards_of,
    shortest_steps,
)
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.caches import jit_for_few
from jaxgym_neuro.support.validation import check_integer, check_number, check_numbers
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking
from jaxgym_neuro.timing import duration_steps
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.reaction_time import ReactionTime
from jaxgym_neuro.wrappers.time_out import TimeOut


@dataclasses.dataclass(frozen=True)
class Bound(Motion):
    """Watch until the summed evidence for one direction is ahead of the others by a bound.

    With two directions, what is compared with the bound is the summed difference of the two units.

    Args:
        bound: at which to answer; infinity is to watch to the end.
    """

    bound: float = math.inf

    @property
    def WORDS(self) -> str:  # noqa: N802 (a constant of other rules)
        """What is done."""
        if self.bound == math.inf:
            return "watch to the end; choose the direction that fits the summed evidence best"
        if self.bound == 0:
            return "as ideal, at the first step at which an answer is taken"
        return f"as ideal, as soon as it is ahead by {self.bound:g}"

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the bound, and how many steps there are to be seen."""
        return {
            "bound": np.float32(self.bound),
            "most": np.float32(shortest_steps(env, params, "stimulus")),
        }

    def is_due(self, env: Any, known: Any, seen: Seen, held: Any) -> jax.Array:
        """Whether the evidence is ahead enough, or all that there is."""
        is_ahead = _lead(env, seen.sums[0]) >= known["bound"]
        return (held["off"] > 0) & (is_ahead | (seen.steps[0] >= known["most"]))

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Answer at the first step of the decision at which it is due."""
        step = _first_at(env, known["most"], trial, known["bound"])
        action = self.decide(env, known, self.seen_until(env, trial, step), trial.ob[step], key)
        return [(step, action)]

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return that of watching all that there is, or two steps."""
        return super().exact(env, params, rule) if self.bound == math.inf else None


@dataclasses.dataclass(frozen=True)
class PriorIgnored(Motion):
    """Choose by the evidence, whatever was right of late."""

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError for another form of the task than motion and a delayed answer."""
        super().check(env, params)
        if type(env.env) is not PerceptualDecisionMaking:
            raise ValueError(
                f"the observers of {env.name} are those of motion with a delayed answer, and not "
                "of gratings, free_response or time_out"
            )


@dataclasses.dataclass(frozen=True)
class BlockKnown(PriorIgnored):
    """Weigh the evidence with the probabilities of the block, which it is told."""

    WORDS = "choose the direction that is most probable, by the evidence and the block"
    TOLD = ("side_bias_block",)

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return coherences, noise, and the probabilities in each block."""
        return {
            "cohs": np.asarray(params.cohs, np.float32),
            "sigma": np.float32(noise_per_step(env, params)),
            "log_prior": np.log(np.maximum(np.asarray(params.side_bias_probs), 1e-30)),
        }

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose by evidence and block."""
        step = trial.start[env.periods.index(self.ASKED)]
        seen = self.seen_until(env, trial, step)
        told = (seen.sums[0], seen.steps[0], known["sigma"], known["cohs"])
        prior = known["log_prior"].at[trial.conditions["side_bias_block"]].get(mode="clip")
        log_p = gaussian.log_motion(env.theta, *told) + prior
        return [(step, jnp.argmax(log_p).astype(jnp.int32) + 1)]

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return the probability that the evidence does not overrule the block, or does."""
        steps = constant_steps(env, params, "stimulus")
        sigma = noise_per_step(env, params)
        rows = np.max(np.asarray(params.side_bias_probs), axis=1)
        if steps is None or sigma == 0 or np.ptp(rows) > 1e-6:
            return None  # how often rows come that differ depends on the lengths of blocks
        all_cohs = np.asarray(params.cohs, np.float64)
        cohs, counts = np.unique(all_cohs, return_counts=True)
        noise = math.sqrt(2 * steps) * sigma
        p = np.clip(np.asarray(params.side_bias_probs, np.float64)[:, 0], 1e-12, 1 - 1e-12)
        criterion = np.asarray([_criterion(x, all_cohs / 100 * steps, noise) for x in p])
        mean = cohs[:, None] / 100 * steps
        first = gaussian.phi((mean + criterion) / noise)
        second = gaussian.phi((mean - criterion) / noise)
        found = np.mean(p * first + (1 - p) * second, axis=1)
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
class StrongestInput(Cued):
    """Choose the strongest of the inputs in play, whatever was right before."""

    WORDS = "choose the input with most summed evidence, whatever was right before"
    BY = ("n_ch",)

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return coherences for two in play, noise, and the probability of the successor."""
        return {
            "cohs": np.asarray(params.cohs, np.float32) / 100,
            "variance": np.float32(max(noise_per_step(env, params), gaussian.LEAST_NOISE) ** 2),
            "p": np.float32(params.ctx_p),
        }

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose the strongest input; those that are not in play are silent."""
        sums = jnp.where(seen.sums[0] == 0, -jnp.inf, seen.sums[0])
        return jnp.argmax(sums).astype(jnp.int32) + 1

    def log_likelihood(self, env: Any, known: Any, seen: Seen, number: jax.Array) -> jax.Array:
        """Return that of each input to be the right one, up to a constant; -inf if not in play.

        Inputs are (1 + coh) / 2 for the right one, and (1 - coh) / 2 for the others: what tells
        them apart is coh times its sum; the rest is the same for all, and depends on coh.
        """
        factors = np.asarray([factor(n) for n in range(2, len(env.choices) + 1)], np.float32)
        cohs = known["cohs"] * stimuli.pick(factors, number - 2)
        others = jnp.maximum(number - 1, 1).astype(jnp.float32)
        in_play = jnp.arange(len(env.choices), dtype=jnp.int32) < number
        total = jnp.sum(jnp.where(in_play, seen.sums[0], 0.0))
        high, low, steps = (1 + cohs) / 2, (1 - cohs) / 2, seen.steps[0]
        cost = steps * (high**2 + others * low**2) / 2
        fit = seen.sums[0][:, None] * cohs + total * low - cost
        return jnp.where(in_play, jax.nn.logsumexp(fit / known["variance"], axis=1), -jnp.inf)


@dataclasses.dataclass(frozen=True)
class SuccessorKnown(StrongestInput):
    """Weigh the inputs with the probabilities of this trial, which it is told.

    No subject can do better, as it must infer what was right last, and the context. The successors
    are drawn at random, and so the one that is told is drawn here given what is right: it is that
    with the probability of the successor, or any other.
    """

    WORDS = "choose the input that is most probable, knowing which one is likely to follow"
    TOLD = ("ground_truth",)

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose by evidence and successor."""
        key_follows, key_other = random.split(key)
        step = trial.start[env.periods.index(self.ASKED)]
        seen = self.seen_until(env, trial, step)
        number, truth = trial.conditions["n_ch"], trial.conditions["ground_truth"]
        other = (truth + 1 + random.between(key_other, 0, number - 2)) % number
        successor = jnp.where(random.bernoulli(key_follows, known["p"]), truth, other)
        choice = jnp.arange(len(env.choices), dtype=jnp.int32)
        others = jnp.maximum(number - 1, 1).astype(jnp.float32)
        p = jnp.where(choice == successor, known["p"], (1 - known["p"]) / others)
        log_p = self.log_likelihood(env, known, seen, number) + jnp.log(p)
        return [(step, jnp.argmax(log_p).astype(jnp.int32) + 1)]


@dataclasses.dataclass(frozen=True)
class BlockInferred(OverTrials, Motion):
    """Infer the block from all that was seen, and weigh the evidence with what is likely in it.

    A Bayesian filter over the block and the place in it. Each trial tells what its evidence is
    worth, and where an error is followed by a time-out, as `TimeOut` shows it, the side. With free
    response it watches to the end of the (shortest) stimulus, as the ideal observer of `Roitman02`
    does: what it scores is the most that can be scored, and not the best reward per second.
    """

    WORDS = "choose the direction that is most probable, inferring the block from earlier trials"

    def left_out(self, env: Any, params: Any) -> int:
        """Leave out a special first block, and as many trials as a long block has."""
        blocks = in_blocks.of(env.blocks, params)
        is_special = blocks.moves.shape[0] > env.blocks.n and env.blocks.start == "block"
        first = int(params.side_bias_first_block) if is_special else 0
        if env.blocks.is_by_chance:
            return first + math.ceil(3 / float(np.min(blocks.ends[: env.blocks.n, 0])))
        return first + int(np.max(np.asarray(params.side_bias_block_most)))

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what the subject knows, and for how long to watch where it may answer early."""
        steps = shortest_steps(env, params, "stimulus")
        is_free = _has(env, ReactionTime)
        wait = max(steps - 2, 0) if is_free else 0
        return {**super().known(env, params), "wait": np.int32(wait)}

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what each side and coherence looks like, noise, blocks, and what errors cost."""
        cohs = np.asarray(params.cohs, np.float64) / 100
        shown, log_share = np.stack([cohs / 2, -cohs / 2]) + 0.5, np.zeros(len(cohs))
        if _has(env, Gratings):
            shown = np.stack([cohs, np.zeros_like(cohs)])
            log_share = np.log(np.maximum(np.asarray(params.coh_probs, np.float64), 1e-30))
        pauses = _has(env, TimeOut) and int(duration_steps(float(params.timeout), env.dt)) > 0
        return {
            "means": np.stack([shown, shown[::-1]]).astype(np.float32),  # (side, channel, coh)
            "log_share": log_share.astype(np.float32),
            "variance": np.float32(max(noise_per_step(env, params), gaussian.LEAST_NOISE) ** 2),
            "probs": np.asarray(params.side_bias_probs, np.float32),
            "blocks": in_blocks.of(env.blocks, params),
            "pauses": np.bool_(pauses),
        }

    def begin(self, env: Any, known: Any) -> dict[str, Any]:
        """Believe what holds at the beginning of an episode."""
        return {
            "trial": super().begin(env, known),
            "belief": jnp.asarray(known["blocks"].first),
            "begun": jnp.bool_(False),  # has there been a trial?
            "answer": jnp.int32(0),  # that was given in this trial
            "erred": jnp.bool_(False),  # has a time-out followed upon it?
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Learn from a trial when the next one begins; decide when it is time."""
        before = held["trial"]
        cue = ob[env.observation_space().name["fixation"]] > 0.5
        is_new = cue & ~before["cue"]
        learned = in_blocks.moved(self._learned(known, held), known["blocks"])
        belief = jnp.where(is_new & held["begun"], learned, held["belief"])
        trial = self.watch(env, before, super().begin(env, known), ob)
        answer = jnp.where(is_new, 0, held["answer"])
        erred = (held["erred"] | (held["answer"] > 0)) & ~cue
        prior = jnp.sum(belief, axis=1) @ known["probs"]
        log_p = self._log_sides(known, trial) + jnp.log(prior)
        best = jnp.argmax(log_p).astype(jnp.int32) + 1
        is_due = trial["off"] == known["wait"] + 1
        action = jnp.where(is_due, best, 0)
        return action, {
            "trial": trial,
            "belief": belief,
            "begun": held["begun"] | cue,
            "answer": jnp.where(is_due, action, answer),
            "erred": erred,
        }

    def _log_sides(self, known: Any, trial: Any) -> jax.Array:
        """Return the log-likelihood of each side, (2,), up to a constant."""
        means, sums = known["means"], trial["sums"][0]
        fit = jnp.sum(means * sums[None, :, None] - trial["steps"][0] * means**2 / 2, axis=1)
        return jax.nn.logsumexp(fit / known["variance"] + known["log_share"], axis=1)

    def _learned(self, known: Any, held: Any) -> jax.Array:
        """Return the belief after a trial."""
        sides = jax.nn.softmax(self._log_sides(known, held["trial"]))
        is_answer = jnp.arange(2, dtype=jnp.int32) == held["answer"] - 1
        told = (is_answer != held["erred"]).astype(jnp.float32)
        sides = jnp.where(known["pauses"] & (held["answer"] > 0), told, sides)
        return in_blocks.weighed(held["belief"], known["probs"] @ sides)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return None: what is learned depends on all trials before."""
        return None


def _has(env: Any, part: type) -> bool:
    """Whether a task is made of a class, inside its wrappers."""
    while isinstance(env, TrialWrapper):
        env = env.env
        if isinstance(env, part):
            return True
    return False


def _criterion(p: float, means: np.ndarray, noise: float) -> float:
    """Return the summed difference against the first direction up to which it is chosen.

    Args:
        p: prior of the first direction.
        means: of the summed difference, one of which the trial has, (n,).
        noise: its standard deviation.
    """

    def log_odds(x: float) -> float:  # of the first direction, the difference being -x
        log_first = np.logaddexp.reduce((-x * means - means**2 / 2) / noise**2)
        log_second = np.logaddexp.reduce((x * means - means**2 / 2) / noise**2)
        return math.log(p / (1 - p)) + log_first - log_second

    if not means.any():
        return math.copysign(math.inf, p - 0.5) if p != 0.5 else 0.0
    low, high = -1.0, 1.0
    while log_odds(low) < 0:
        low *= 2
    while log_odds(high) > 0:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if log_odds(middle) > 0 else (low, middle)
    return low


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What constant bounds earn; one row per bound, errors are standard errors."""

    bound: np.ndarray  # (n,), of the summed difference
    performance: np.ndarray  # (n,), mean score from 0 to 1
    performance_error: np.ndarray  # (n,)
    watched: np.ndarray  # (n,) ms, mean duration of the evidence that was seen
    reward: np.ndarray  # (n,), mean per trial
    duration: np.ndarray  # (n,) ms, mean of a trial with all that follows
    rate: np.ndarray  # (n,), reward per second
    rate_error: np.ndarray  # (n,)

    @property
    def best(self) -> int:
        """Row of the bound with the highest rate."""
        return int(np.argmax(self.rate))

    def columns(self) -> dict[str, np.ndarray]:
        """Return a dict of the columns, (n,) each."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __repr__(self):
        i = self.best
        return (
            f"Bounds of {len(self.bound)}: best is {self.bound[i]:g}, performance "
            f"{self.performance[i]:.3f}, {self.watched[i]:.0f} ms watched, {self.rate[i]:.4g} "
            "reward per second"
        )


def bounds(
    env: Any = "perceptualdecisionmaking.roitman02-v0",
    params: Any = None,
    bounds: Any = None,
    *,
    iti: float = 0.0,
    time_out: float = 0.0,
    num_trials: int = 20_000,
    key: int | jax.Array = 0,
) -> Bounds:
    """Return the reward rate of constant bounds on the evidence, where watching takes time.

    All bounds are tried on the same trials.

    Args:
        env: `Roitman02`, or its id.
        params: default are the task's.
        bounds: of the summed difference, at each of which an observer answers. Default are thirteen
            from 0 on, 0.05 apart for a ``sigma`` of 1 and a ``dt`` of 100 ms, and as far apart as
            the sum is larger: in proportion to ``sigma / dt``.
        iti: ms from the end of each trial to the next, beside those in the task's own timing.
        time_out: ms more after a trial with a performance below 1.
        num_trials: how many to simulate.
        key: a seed or a key.

    Raises:
        ValueError: for another task, negative bounds or durations.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> jgn.ideal.bounds(iti=2000, time_out=2000).best > jgn.ideal.bounds().best
        True
    """
    task, params = resolve(env, params, made_of_trials=True)
    if not isinstance(task, Roitman02):
        raise ValueError(f"bounds are those of Roitman02, not of {task.name}")
    if bounds is None:
        spread = max(float(params.sigma), gaussian.LEAST_NOISE) * 100 / task.dt
        bounds = [0.05 * i * spread for i in range(13)]
    given = np.asarray(check_numbers("bounds", bounds, at_least=0), np.float32)
    iti = check_number("iti (ms)", iti, at_least=0)
    time_out = check_number("time_out (ms)", time_out, at_least=0)
    num_trials = check_integer("num_trials", num_trials, at_least=2)
    rule = Bound()
    rule.check(task, params)
    known = jax.tree.map(jnp.asarray, rule.known(task, params))
    keys = random.split(random.as_key(key), num_trials)
    found = jax.device_get(_bounded(rule, task, keys, params, known, given))
    score, reward, watched, duration = (np.asarray(x, np.float64) for x in found)  # (trials, n)
    duration = duration + iti + np.where(score < 1, time_out, 0)
    rate = reward.mean(axis=0) / duration.mean(axis=0)
    spread = np.std(reward - rate * duration, axis=0)
    root = math.sqrt(num_trials)
    return Bounds(
        bound=given.astype(np.float64),
        performance=score.mean(axis=0),
        performance_error=score.std(axis=0) / root,
        watched=watched.mean(axis=0),
        reward=reward.mean(axis=0),
        duration=duration.mean(axis=0),
        rate=rate * 1000,
        rate_error=spread / duration.mean(axis=0) / root * 1000,
    )


@jit_for_few(2)
def _bounded(rule, env, keys, params, known, bounds):
    """Play trials with each bound: score, reward, ms watched and ms that the trial lasted."""

    def one(key):
        _, state = env.reset(key, params)
        trial = state.trial
        onset = trial.start[env.periods.index("stimulus")]

        def at(bound):
            step = _first_at(env, known["most"], trial, bound)
            seen = rule.seen_until(env, trial, step)
            action = rule.decide(env, known, seen, trial.ob[step], key)
            verdict = env.judge(dataclasses.replace(state, t=step), action, params)
            lasted = (step + 1).astype(jnp.float32) * env.dt
            watched = (step + 1 - onset).astype(jnp.float32) * env.dt
            return verdict.performance, verdict.reward, watched, lasted

        return jax.vmap(at)(bounds)

    return jax.vmap(one)(keys)


def _lead(env: Any, sums: jax.Array) -> jax.Array:
    """Return by how much the best direction is ahead of the next best, by the sums (..., d)."""
    fits = jnp.matmul(sums, jnp.asarray(gaussian.tuning(env.theta)), precision="highest")
    second, first = jnp.moveaxis(jnp.sort(fits, axis=-1)[..., -2:], -1, 0)
    return (first - second) / 2


def _first_at(env: Any, most: jax.Array, trial: Any, bound: jax.Array) -> jax.Array:
    """Return the first step of the decision with a lead of ``bound``, or with all evidence seen."""
    stimulus, decision = (env.periods.index(name) for name in ("stimulus", "decision"))
    step = jnp.arange(trial.ob.shape[0], dtype=jnp.int32)
    inside = (step >= trial.start[stimulus]) & (step < trial.end[stimulus])
    units = np.atleast_1d(np.asarray(env.observation_space().name["stimulus"]))
    sums = jnp.cumsum(jnp.where(inside[:, None], trial.ob[:, units], 0.0), axis=0)
    seen = jnp.cumsum(inside.astype(jnp.float32))
    is_open = (step >= trial.start[decision]) & (step < trial.end[decision])
    is_due = is_open & ((_lead(env, sums) >= bound) | (seen >= most))
    return jnp.argmax(is_due).astype(jnp.int32)


RULES = {
    Roitman02: {IDEAL: Bound(), "at once": Bound(0.0)},
    PriorsV0: {"history ignored": StrongestInput(), "successor known": SuccessorKnown()},
    IBL20: {
        IDEAL: BlockInferred(),
        "prior ignored": PriorIgnored(),
        "block known": BlockKnown(),
    },
}
