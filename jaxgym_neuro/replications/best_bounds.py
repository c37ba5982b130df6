"""The best bounds on evidence where coherences are mixed: dynamic programming.

An observer of random dots sums up the differences between the two directions. How many samples
there were and their sum are all that is to be known of the evidence, so that the best policy is a
bound on the sum for each number of samples, found backwards from the last one. It earns the most
reward with a discount, over trials without end: what `jaxgym_neuro.training.train_ppo` looks for.
With mixed coherences the bound falls while time goes by, since a trial in which the sum is still
small is likely to be a hard one: Drugowitsch et al. 2012, Journal of Neuroscience 32, 3612-3628,
https://doi.org/10.1523/JNEUROSCI.4010-11.2012.
"""

import dataclasses
import math

import numpy as np

_FIRST = 2  # samples that have been seen when an answer is possible
_HALF = 80  # cells of the grid of sums on either side of 0
_REACH = 40.0  # of the grid, in units of a sample's variance: where little is left to be known
_SWEEPS = 30
_TOLERANCE = 1e-7


@dataclasses.dataclass(frozen=True)
class Watching:
    """Random dots with free response, as far as the best policy depends on it."""

    cohs: tuple[float, ...]  # %, each as likely as the others
    sigma: float  # of the task: a sample's difference has a variance of 2 sigma**2 / dt
    dt: float  # ms
    stimulus: float  # ms, after which an answer is due
    between: float  # ms from an answer to the next onset, the step of the answer not included
    fail: float  # reward of an error; that of a right answer is 1
    time_out: float  # ms more after an error
    gamma: float  # discount of rewards by a step


@dataclasses.dataclass(frozen=True, eq=False)
class BestBounds:
    """The best policy, and what it does by coherence."""

    cohs: np.ndarray  # (k,) %
    bound: np.ndarray  # (n,) of the summed difference, by the number of samples; inf: no answer yet
    accuracy: np.ndarray  # (k,)
    reaction_time: np.ndarray  # (k,) ms
    correct_time: np.ndarray  # (k,) ms
    error_time: np.ndarray  # (k,) ms; NaN where there are no errors
    spread: np.ndarray  # (k,) ms, standard deviation of times
    value: float  # of the first step of a trial


def best_bounds(task: Watching) -> BestBounds:
    """Return the best policy of a task, and what it does."""
    evidence = _Evidence.of(task)
    value, is_due = _solve(task, evidence)
    return _played(task, evidence, value, is_due)


@dataclasses.dataclass(frozen=True, eq=False)
class _Evidence:
    """Sums of evidence on a grid of m cells, their changes by a sample, and what they tell."""

    sums: np.ndarray  # (m,)
    change: np.ndarray  # (2 k, m, m), by signed coherence: probability of the next sum
    belief: np.ndarray  # (2 k, n, m): probability of each signed coherence after n samples
    certainty: np.ndarray  # (n, m): of the better answer

    @classmethod
    def of(cls, task: Watching) -> "_Evidence":
        variance = 2 * task.sigma**2 / task.dt
        sums = np.linspace(-1, 1, 2 * _HALF + 1) * _REACH * variance
        right = np.asarray(task.cohs) / 100
        means = np.concatenate([right, -right])
        samples = np.arange(1, round(task.stimulus / task.dt) + 1)
        log_odds = means[:, None, None] * sums / variance
        log_odds = log_odds - samples[:, None] * means[:, None, None] ** 2 / (2 * variance)
        belief = np.exp(log_odds - log_odds.max(axis=0))
        belief /= belief.sum(axis=0)
        is_right = belief[: len(right)].sum(axis=0)
        change = np.stack([_changes(sums, mean, math.sqrt(variance)) for mean in means])
        return cls(sums, change, belief, np.maximum(is_right, 1 - is_right))


def _changes(sums, mean, sd):
    """Return the probability of each cell after each, (m, m); what is beyond is in the last."""
    width, m = sums[1] - sums[0], len(sums)
    edges = (np.arange(-m, m + 1) + 0.5) * width - mean  # of the cells, from that of the last sum
    below = 0.5 * (1 + np.array([math.erf(edge / (sd * math.sqrt(2))) for edge in edges]))
    upper = np.arange(m)[None, :] - np.arange(m)[:, None] + m
    cumulative = below[upper]
    cumulative[:, -1] = 1.0
    return np.diff(cumulative, axis=1, prepend=0.0)


def _solve(task, evidence):
    """Return the value of a trial's first step, and where answers are due, (n, m) bool."""
    between = round(task.between / task.dt)
    gained = evidence.certainty + (1 - evidence.certainty) * task.fail
    held = task.gamma ** round(task.time_out / task.dt)
    kept = evidence.certainty + (1 - evidence.certainty) * held
    flat = evidence.change.reshape(-1, len(evidence.sums))

    def sweep(value):
        at_answer = gained + task.gamma * value * kept
        now, is_due = at_answer[-1], np.ones(at_answer.shape, bool)
        for row in range(len(at_answer) - 2, -1, -1):
            expected = (flat @ now).reshape(len(evidence.change), -1)
            watching = task.gamma * np.sum(evidence.belief[:, row] * expected, axis=0)
            is_due[row] = (at_answer[row] >= watching) & (row + 1 >= _FIRST)
            now = np.where(is_due[row], at_answer[row], watching)
        first = np.mean(evidence.change[:, _HALF] @ now)
        return task.gamma**between * first, is_due

    # The value of a trial is what it is worth with itself as the value of the next one: a fixed
    # point, met by the secant of how far off two guesses are.
    last, off_last = 0.0, sweep(0.0)[0]
    value = off_last / (1 - task.gamma ** (between + _FIRST)) or 1.0
    for _ in range(_SWEEPS):
        off = sweep(value)[0] - value
        if abs(off) < _TOLERANCE or off == off_last:
            break
        last, off_last, value = value, off, value - off * (value - last) / (off - off_last)
    return value, sweep(value)[1]


def _played(task, evidence, value, is_due):
    """Follow the distribution of sums through trials of each coherence."""
    times = np.arange(len(is_due)) * task.dt
    is_right = (evidence.sums > 0) + 0.5 * (evidence.sums == 0)
    rows = []
    for change in evidence.change[: len(task.cohs)]:
        share, right, wrong = change[_HALF], np.zeros(len(times)), np.zeros(len(times))
        for row, due in enumerate(is_due):
            right[row] = np.sum(share[due] * is_right[due])
            wrong[row] = np.sum(share[due] * (1 - is_right[due]))
            share = np.where(due, 0.0, share) @ change
        every = right + wrong
        sums = (right.sum(), every @ times, every @ times**2, right @ times, wrong @ times)
        rows.append(sums)
    accuracy, mean, square, correct, error = np.array(rows).T
    is_wrong = accuracy < 1 - 1e-4
    positive = evidence.sums >= 0
    bound = [evidence.sums[due & positive].min() if due.any() else np.inf for due in is_due]
    return BestBounds(
        cohs=np.asarray(task.cohs),
        bound=np.array(bound),
        accuracy=accuracy,
        reaction_time=mean,
        correct_time=correct / accuracy,
        error_time=np.where(is_wrong, error / np.where(is_wrong, 1 - accuracy, 1.0), np.nan),
        spread=np.sqrt(np.maximum(square - mean**2, 0)),
        value=float(value),
    )
