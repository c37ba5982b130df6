"""Ideal observers of timing: what to make of an interval that was shown imprecisely."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal.cued import Cued, Seen
from jaxgym_neuro.ideal.gaussian import density, phi
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, Rule, rewards_of, shortest_steps, step_odds
from jaxgym_neuro.tasks.timing.interval_discrimination import IntervalDiscrimination
from jaxgym_neuro.tasks.timing.motor_timing import MotorTiming
from jaxgym_neuro.tasks.timing.one_two_three_go import OneTwoThreeGo
from jaxgym_neuro.tasks.timing.ready_set_go import ReadySetGo
from jaxgym_neuro.timing import Choice, duration_steps

_CUT = 4.0  # standard deviations at which the tasks cut a jitter
_DRAWS = 8  # pairs of durations of which the first is taken that differs
_LONG_AGO = np.int32(2**30)


def _jitter_below(x: np.ndarray) -> np.ndarray:
    """Return the probability of a jitter below some standard deviations."""
    return np.where(x <= -_CUT, 0.0, np.where(x > _CUT, 1.0, phi(x)))


def _shown_odds(steps: np.ndarray, weber: float) -> np.ndarray:
    """Return how probable each number of steps is, from 0, for which intervals are shown: (n, s).

    Args:
        steps: that the intervals last, (n,), each at least 1.
        weber: Weber fraction.
    """
    most = int(np.ceil(steps.max() * (1 + _CUT * weber))) + 1
    shown, spread = np.arange(most + 1), np.maximum(weber, 1e-9) * steps[:, None]
    below = _jitter_below((shown + 0.5 - steps[:, None]) / spread)
    below[:, 0] = 0  # it is shown for a step at least
    below[:, -1] = 1
    return np.diff(below, axis=1, prepend=0.0)


def _steps_and_odds(odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of steps that occur, and how probable each is."""
    steps = np.flatnonzero(odds > 0)
    return steps, odds[steps]


@dataclasses.dataclass(frozen=True)
class Produce(Rule):
    """Base of rules that act a number of steps after an interval began, by what was shown of it."""

    def answer_at(self, env: Any, trial: Any, due: jax.Array, action: Any = 1) -> Any:
        """Return the answer to act so many steps after the interval began, if there is still time.

        Args:
            env: the task.
            trial: the trial.
            due: steps.
            action: by which to act.
        """
        step = trial.end[env.periods.index(env.REFERENCE)] + due
        is_over = step >= trial.end[env.periods.index(env.ANSWERING[-1])]
        return [(jnp.where(is_over, trial.length - 1, step), jnp.where(is_over, 0, action))]


def _payoffs(
    env: Any, params: Any, acts: np.ndarray, due: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return score and reward of acting at each step (a,) for each interval to produce: (n, a).

    Args:
        env: the task.
        params: its params.
        acts: steps from the beginning of the interval.
        due: the intervals in ms, (n,).
        last: steps from the beginning of the interval to the end of the trial, (n,).
    """
    in_time, pay = env.worth(
        jnp.asarray(acts, jnp.float32)[None], jnp.asarray(due, jnp.float32)[:, None], params
    )
    is_over = acts[None] >= last[:, None]
    score = np.asarray(in_time, np.float64) * ~is_over
    pays = rewards_of(params)
    reward = np.where(np.asarray(in_time), np.asarray(pay, np.float64), pays["fail"])
    return score, np.where(is_over, pays["miss"], reward)


@dataclasses.dataclass(frozen=True)
class Reproduce(Produce):
    """Act where that earns most, by what was measured and by what is usual.

    What it tells that the trial is not over yet is left out: it ends long after the interval does.
    """

    WORDS = "act when that earns most, by the interval shown and all those that there are"

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError if there may be nothing to measure."""
        for name in ("ready", "measure", "set"):
            if shortest_steps(env, params, name) == 0:
                raise ValueError(
                    f"the observer of {env.name} needs a {name!r} in every trial, and "
                    f"timing[{name!r}] may be 0"
                )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return how long to wait after set, by block, gain and steps shown: (p, g, s)."""
        tables = [[self._one(env, params, *case)[0] for case in row] for row in _cases(env, params)]
        longest = max(len(one) for row in tables for one in row)
        wait = [[np.pad(one, (0, longest - len(one)), "edge") for one in row] for row in tables]
        return {
            "wait": np.asarray(wait, np.int32),
            "gain": np.asarray(params.gain, np.float32).reshape(-1),
        }

    def wait(self, shown: np.ndarray, gain: float, first: int, value: np.ndarray) -> np.ndarray:
        """Return after how many steps to act, by the steps that were shown, (s,).

        Args:
            shown: steps, (s,).
            gain: by which an interval is multiplied.
            first: the first step at which one may act.
            value: what is earned by acting so many steps after that, (s, a).
        """
        del shown, gain
        return first + np.argmax(value, axis=1)

    def _one(self, env: Any, params: Any, odds: np.ndarray, gain: float) -> Any:
        """Return when to act, and score and reward of each interval, by its steps: (n,) each."""
        steps, share = _steps_and_odds(odds)
        shown = _shown_odds(steps, float(params.weber))
        first = shortest_steps(env, params, "set")
        due = (steps * np.float32(env.dt) * np.float32(gain)).astype(np.float32)
        last = first + np.asarray(duration_steps(2 * due, env.dt))
        acts = np.arange(first, last.max() + 1)
        score, reward = _payoffs(env, params, acts, due, last)
        value = (shown * share[:, None]).T @ reward
        wait = self.wait(np.arange(shown.shape[1]), gain, first, value)
        at = np.clip(wait - first, 0, len(acts) - 1)
        return wait, steps, share, *(np.sum(shown * x[:, at], axis=1) for x in (score, reward))

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for ready."""
        return {
            "ready": jnp.bool_(False),
            "set": jnp.bool_(False),
            "measured": jnp.int32(0),  # steps since ready came on
            "since": jnp.int32(_LONG_AGO),  # steps since set came on
            "wait": jnp.int32(0),  # of them until it acts
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Measure from ready to set, and act."""
        names = env.observation_space().name
        ready, is_set = ob[names["ready"]] > 0.5, ob[names["set"]] > 0.5
        measured = jnp.where(ready & ~held["ready"], 0, held["measured"] + 1)
        comes = is_set & ~held["set"]
        since = jnp.where(comes, 0, jnp.minimum(held["since"] + 1, _LONG_AGO))
        prior, gain = jnp.int32(0), jnp.int32(0)
        if env.sizes["blocks"]:
            cues = np.asarray([names[f"prior{i + 1}"] for i in range(env.sizes["priors"])])
            prior = jnp.argmax(ob[cues]).astype(jnp.int32)
        if env.sizes["gains"]:
            gain = self._gain(known, ob[names["gain"]])
        due = known["wait"].at[prior, gain, measured].get(mode="clip")
        wait = jnp.where(comes, due, held["wait"])
        held = {"ready": ready, "set": is_set, "measured": measured, "since": since, "wait": wait}
        return (since == wait).astype(jnp.int32), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Act so long after set as the length of measure says."""
        index = env.periods.index("measure")
        shown = trial.end[index] - trial.start[index]
        at = (trial.conditions["prior"], self._gain(known, trial.conditions["gain"]), shown)
        return self.answer_at(env, trial, known["wait"].at[at].get(mode="clip"))

    def _gain(self, known: Any, gain: jax.Array) -> jax.Array:
        return jnp.argmin(jnp.abs(known["gain"] - gain)).astype(jnp.int32)

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the interval, and block and gain where there are several."""
        names = {"prior": env.sizes["blocks"], "gain": env.sizes["gains"], "measure": True}
        return {name: conditions[name] for name, is_told in names.items() if is_told}

    def exact(self, env: Any, params: Any, rule: str) -> Performance:
        """Return sums over all intervals, and all ways to be shown."""
        rows = []
        cases = _cases(env, params)
        for prior, row in enumerate(cases):
            for odds, gain in row:
                _, steps, share, score, reward = self._one(env, params, odds, gain)
                part = share / (len(cases) * len(row))
                n = len(steps)
                columns = (np.full(n, prior), np.full(n, np.float32(gain)), steps * env.dt)
                rows.append(np.stack([*columns, part, score, reward]))
        prior, gain, measure, share, score, reward = np.concatenate(rows, axis=1)
        conditions = self.by(env, {"prior": prior, "gain": gain, "measure": measure})
        return Performance.exact(
            env.name, rule, conditions, share=share, performance=score, reward=reward
        )


@dataclasses.dataclass(frozen=True)
class ReproduceShown(Reproduce):
    """Reproduce the interval that was shown, whatever is usual."""

    WORDS = "act when the interval that was shown is over, times the gain"

    def wait(self, shown: np.ndarray, gain: float, first: int, value: np.ndarray) -> np.ndarray:
        """Return what was shown."""
        return np.maximum(np.round(shown * gain).astype(int), first)


def _cases(env: Any, params: Any) -> list[list[tuple[np.ndarray, float]]]:
    """Return the odds of the steps to measure, and the gain, by block and gain."""
    gains = [float(gain) for gain in np.asarray(params.gain).reshape(-1)]
    if env.sizes["blocks"]:
        blocks = [step_odds(Choice(tuple(row)), env.dt) for row in np.asarray(params.priors)]
    else:
        blocks = [step_odds(params.timing["measure"], env.dt)]
    return [[(odds, gain) for gain in gains] for odds in blocks]


@dataclasses.dataclass(frozen=True)
class ReproduceTwo(Produce):
    """Act where that earns most, by what was shown twice, and by what is usual."""

    WORDS = "act when that earns most, by both intervals shown and all those that there are"
    BY = ("interval",)

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError without flashes, or an interval between them."""
        for name in ("s1", "s2", "s3", "interval1", "response"):
            if shortest_steps(env, params, name) == 0:
                raise ValueError(
                    f"the observer of {env.name} needs a {name!r} in every trial, and "
                    f"timing[{name!r}] may be 0"
                )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return how probable it is to be shown so, (n, s), and what acting earns, (n, a)."""
        steps, share = _steps_and_odds(step_odds(params.timing["interval1"], env.dt))
        _, reward = self._payoffs(env, params, steps)
        return {
            "shown": _shown_odds(steps, float(params.weber)).astype(np.float32),
            "reward": (share[:, None] * reward).astype(np.float32),
        }

    def wait(self, known: Any, first: jax.Array, second: jax.Array) -> jax.Array:
        """Return after how many steps from the third flash to act, by those that were shown."""
        both = known["shown"].at[:, first].get(mode="clip")
        both = both * known["shown"].at[:, second].get(mode="clip")
        value = jnp.tensordot(both, known["reward"], axes=(0, 0), precision="highest")
        return jnp.argmax(value, axis=-1).astype(jnp.int32)

    def _payoffs(self, env: Any, params: Any, steps: np.ndarray) -> Any:
        """Return score and reward of acting at each step, for each interval: (n, a)."""
        last = steps + shortest_steps(env, params, "response")
        due = (steps * np.float32(env.dt)).astype(np.float32)
        return _payoffs(env, params, np.arange(last.max() + 1), due, last)

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for the target."""
        return {
            "flash": jnp.bool_(False),
            "number": jnp.int32(0),  # of flashes
            "gaps": jnp.zeros(4, jnp.int32),  # steps after so many flashes
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Measure between flashes, and act after the third."""
        names = env.observation_space().name
        flash, target = ob[names["stimulus"]] > 0.5, ob[names["target"]] > 0.5
        number = jnp.minimum(held["number"] + (flash & ~held["flash"]).astype(jnp.int32), 3)
        is_now = (jnp.arange(4, dtype=jnp.int32) == number) & ~flash
        gaps = held["gaps"] + is_now.astype(jnp.int32)
        wait = self.wait(known, gaps[1], gaps[2])
        goes = target & (number == 3) & ~flash & (gaps[3] == wait + 1)
        held = {"flash": flash, "number": number, "gaps": gaps}
        begun = self.begin(env, known)
        return goes.astype(jnp.int32), jax.tree.map(
            lambda new, old: jnp.where(target & ~goes, old, new), begun, held
        )

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Act so long after the third flash as the first two intervals say."""
        index = np.asarray([env.periods.index(f"interval{i}") for i in (1, 2)])
        first, second = trial.end[index] - trial.start[index]
        return self.answer_at(env, trial, self.wait(known, first, second))

    def exact(self, env: Any, params: Any, rule: str) -> Performance:
        """Return sums over all intervals, and all ways to be shown."""
        steps, share = _steps_and_odds(step_odds(params.timing["interval1"], env.dt))
        shown = _shown_odds(steps, float(params.weber))
        each = jnp.arange(shown.shape[1], dtype=jnp.int32)
        known = jax.tree.map(jnp.asarray, self.known(env, params))
        wait = np.asarray(self.wait(known, each[:, None], each[None]))
        both = shown[:, :, None] * shown[:, None]
        score, reward = (
            np.sum(both * x[:, np.minimum(wait, x.shape[1] - 1)], axis=(1, 2))
            for x in self._payoffs(env, params, steps)
        )
        return Performance.exact(
            env.name,
            rule,
            {"interval": steps * float(env.dt)},
            share=share,
            performance=score,
            reward=reward,
        )


@dataclasses.dataclass(frozen=True)
class ReproduceMean(ReproduceTwo):
    """Reproduce the mean of both intervals, whatever is usual."""

    WORDS = "act when the mean of both intervals shown is over"

    def wait(self, known: Any, first: jax.Array, second: jax.Array) -> jax.Array:
        """Return the mean."""
        return (first + second + 1) // 2


@dataclasses.dataclass(frozen=True)
class Count(Produce):
    """Act where that earns most, by a clock that is too fast or too slow, nobody knows by how much.

    A long interval is judged less precisely than a short one, and so it is best to act a little
    earlier than when it is over.
    """

    WORDS = "act when that earns most, by a clock whose pace differs from trial to trial"

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError without a cue that goes off."""
        if shortest_steps(env, params, "cue") == 0:
            raise ValueError(
                f"the observer of {env.name} needs a 'cue' in every trial, and timing['cue'] may "
                "be 0"
            )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return how many steps to wait for each interval, (n,)."""
        return {"wait": self._table(env, params)[0].astype(np.int32)}

    def wait(self, env: Any, intervals: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Return after how many steps to act, (n,).

        Args:
            env: the task.
            intervals: to produce, ms, (n,).
            value: what is earned by acting after so many steps, (n, a).
        """
        del env, intervals
        return np.argmax(value, axis=1)

    def _table(self, env: Any, params: Any) -> Any:
        """Return when to act, and what that scores and earns."""
        intervals = np.asarray(params.intervals, np.float32).reshape(-1)
        last = np.asarray(duration_steps(2 * intervals, env.dt))
        acts = np.arange(last.max())
        jitter = np.linspace(-_CUT, _CUT, 4001)
        weight = density(jitter)
        weight = weight / weight.sum()
        pace = (1 + float(params.weber) * jitter).astype(np.float32)
        score, reward = [], []
        for interval, end in zip(intervals, last, strict=True):
            judged = (acts[:, None] * pace).reshape(-1)
            s, r = _payoffs(env, params, judged, np.asarray([interval]), np.asarray([np.inf]))
            is_over = acts >= end
            score.append(np.where(is_over, 0, s.reshape(len(acts), -1) @ weight))
            missed = rewards_of(params)["miss"]
            reward.append(np.where(is_over, missed, r.reshape(len(acts), -1) @ weight))
        score, reward = np.stack(score), np.stack(reward)
        wait = self.wait(env, intervals, reward)
        each = np.arange(len(intervals)), wait
        return wait, intervals, score[each], reward[each]

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for a cue."""
        return {
            "index": jnp.int32(0),
            "movement": jnp.int32(0),
            "since": jnp.int32(_LONG_AGO),
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Remember the cue, and count when all cues are off."""
        names = env.observation_space().name
        cues = jnp.atleast_1d(ob[np.atleast_1d(np.asarray(names["interval"]))])
        index = jnp.where(jnp.any(cues > 0.5), jnp.argmax(cues), held["index"]).astype(jnp.int32)
        waits = ob[names["fixation"]] > 0.5
        since = jnp.where(waits, -1, jnp.minimum(held["since"] + 1, _LONG_AGO))
        movement = held["movement"]
        if env.two_movements:
            shown = ob[np.asarray(names["movement"])]
            movement = jnp.where(jnp.any(shown > 0.5), jnp.argmax(shown), movement)
        movement = movement.astype(jnp.int32)
        goes = since == known["wait"].at[index].get(mode="clip")
        action = jnp.where(goes, 1 + movement, 0)
        return action, {"index": index, "movement": movement, "since": since}

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Act after so many steps."""
        index = trial.conditions["production_ind"]
        wait = known["wait"].at[index].get(mode="clip")
        return self.answer_at(env, trial, wait, env.action_due(trial.conditions))

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the interval."""
        return {"interval": conditions["production"]}

    def exact(self, env: Any, params: Any, rule: str) -> Performance:
        """Return sums over the pace of the clock."""
        _, interval, score, reward = self._table(env, params)
        interval, row, count = np.unique(interval, return_index=True, return_counts=True)
        return Performance.exact(
            env.name,
            rule,
            {"interval": interval.astype(np.float64)},
            share=count / count.sum(),
            performance=score[row],
            reward=reward[row],
        )


@dataclasses.dataclass(frozen=True)
class CountAll(Count):
    """Act when the interval is over, by a clock that is taken to be right."""

    WORDS = "act when as many steps have passed as the interval has"

    def wait(self, env: Any, intervals: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Return the steps of the interval."""
        return np.asarray(env.steps_of(jnp.asarray(intervals)))


@dataclasses.dataclass(frozen=True)
class Longer(Cued):
    """Report the more probable order, over all pairs of durations that there are."""

    WORDS = "report the more probable order, over all pairs of durations that there are"
    BY = ("ground_truth",)
    EVIDENCE = ("stim1", "stim2")
    SEEN = ("stim1", "stim2")

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return up to which steps of the second the first is reported, by its steps: (s1,)."""
        return {"most": self.most(*self._odds(env, params)).astype(np.int32)}

    def most(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return up to which steps of the second to report the first, by its steps: (s1,).

        Args:
            first: probability that the first is longer and they are shown so, (s1, s2).
            second: that the second is.
        """
        return np.argmax(np.cumsum(first - second, axis=1), axis=1)

    def _odds(self, env: Any, params: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of each answer together with what is shown, (s1, s2) each."""
        odds = [step_odds(params.timing[name], env.dt) for name in self.SEEN]
        (steps1, share1), (steps2, share2) = (_steps_and_odds(x) for x in odds)
        pairs = share1[:, None] * share2
        is_equal = steps1[:, None] == steps2
        equal = float(np.sum(pairs[is_equal]))
        again = 1.0 if equal == 1 else (1 - equal**_DRAWS) / (1 - equal)
        pairs = np.where(is_equal, pairs * equal ** (_DRAWS - 1), pairs * again)
        first = np.where(is_equal, 0.5, steps1[:, None] > steps2) * pairs
        shown1, shown2 = (_shown_odds(x, float(params.weber)) for x in (steps1, steps2))
        return shown1.T @ first @ shown2, shown1.T @ (pairs - first) @ shown2

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Report which was longer."""
        first, second = jnp.round(seen.steps).astype(jnp.int32)
        return jnp.where(second <= known["most"].at[first].get(mode="clip"), 1, 2)

    def exact(self, env: Any, params: Any, rule: str) -> Performance:
        """Return sums over all pairs, and all ways to be shown."""
        first, second = self._odds(env, params)
        reports = np.arange(second.shape[1]) <= self.most(first, second)[:, None]
        share = np.asarray([first.sum(), second.sum()])
        found = np.asarray([first[reports].sum(), second[~reports].sum()])
        score = np.divide(found, share, out=np.zeros(2), where=share > 0)
        pays = rewards_of(params)
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": np.asarray([1, 2])},
            share=share,
            performance=score,
            reward=score * pays["correct"] + (1 - score) * pays["fail"],
        )


@dataclasses.dataclass(frozen=True)
class ShownLonger(Longer):
    """Report which was shown for longer."""

    WORDS = "report which was shown for longer"

    def most(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the steps of the first."""
        return np.arange(first.shape[0])


@dataclasses.dataclass(frozen=True)
class FirstAlone(Longer):
    """Judge by the first duration alone, as if the second had not been seen."""

    WORDS = "report the more probable order, given the first duration alone"

    def most(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return all or none, as the first is usually longer when it is shown so."""
        is_more = first.sum(axis=1) >= second.sum(axis=1)
        return np.where(is_more, second.shape[1], -1)


RULES = {
    ReadySetGo: {IDEAL: Reproduce(), "as shown": ReproduceShown()},
    OneTwoThreeGo: {IDEAL: ReproduceTwo(), "mean": ReproduceMean()},
    MotorTiming: {IDEAL: Count(), "counter": CountAll()},
    IntervalDiscrimination: {
        IDEAL: Longer(),
        "as shown": ShownLonger(),
        "first alone": FirstAlone(),
    },
}
