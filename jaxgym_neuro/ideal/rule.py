"""Rule: how to decide in a task from what is seen of it; which rules there are for which task."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import policies, random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.trial import Trial
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.recording.rollout import rollout
from jaxgym_neuro.registry import resolve
from jaxgym_neuro.support.caches import jit_for_few
from jaxgym_neuro.support.validation import check_integer, check_name
from jaxgym_neuro.timing import Choice, Constant, Uniform, duration_steps
from jaxgym_neuro.wrappers.base import TrialWrapper

IDEAL = "ideal"
_CHUNK = 4096  # trials that are simulated at once


class Rule(abc.ABC):
    """A way to decide in a task: step by step from what is seen, and on whole trials.

    Derive from it as a frozen dataclass: equal rules share compiled code. The two ways to decide
    are written apart, so that each checks the other: `act` sees one observation after the other,
    as a subject does; `answers` reads a whole trial, with the bounds of its periods.

    Attributes:
        WORDS: what is done, in a sentence.
        BY: conditions by which performance differs.
        TOLD: conditions that it is told, and a subject does not see: it is no policy then.
    """

    WORDS = ""
    BY: tuple[str, ...] = ()
    TOLD: tuple[str, ...] = ()

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where the rule does not apply: another timing, say."""
        del env, params

    def known(self, env: Any, params: Any) -> Any:
        """Return what a subject that follows the rule knows of the task: a pytree of arrays."""
        del env, params
        return ()

    @abc.abstractmethod
    def begin(self, env: Any, known: Any) -> Any:
        """Return what is remembered before the first observation: a pytree of arrays."""

    @abc.abstractmethod
    def act(
        self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, Any]:
        """Return the action upon an observation, and what is remembered after it.

        Args:
            env: the task; only what never changes may be used: its spaces, its dt.
            known: as `known` returned it.
            held: what was remembered.
            ob: the observation, float32.
            key: for random numbers.
        """

    @abc.abstractmethod
    def answers(
        self, env: Any, known: Any, trial: Trial, key: jax.Array
    ) -> list[tuple[jax.Array, jax.Array]]:
        """Return the same decisions from a whole trial: pairs (step, action), the last one ends it.

        Where the last action is to wait, the step is the trial's last.
        """

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the conditions by which performance differs, from a trial's (or many trials')."""
        del env
        return {name: conditions[name] for name in self.BY}

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return performance in closed form, or None where there is none."""
        del env, params, rule
        return None


class OverTrials(Rule):
    """A rule that learns: what it does in a trial depends on those before.

    Trials that are drawn one by one teach it nothing, so its performance is that of trials in a
    row: many environments are played, the first trials of each are left out, and standard errors
    are by environment, as trials of the same one depend on one another.

    Attributes:
        TRIALS: how many of an environment count.
    """

    TRIALS = 200

    def left_out(self, env: Any, params: Any) -> int:
        """Return how many first trials of an environment do not count; default is none."""
        del env, params
        return 0

    def answers(self, env: Any, known: Any, trial: Trial, key: jax.Array) -> Any:
        """Raise an error: a trial alone does not tell."""
        raise NotImplementedError(f"{self!r} learns over trials, and is played in rows of them")


class Observer(NamedTuple):
    """A policy and what it remembers first: ``rollout(env, params, *observer(env, params), ...)``.

    What the observer knows of the task's params is part of its memory, so that a sweep over them
    compiles once.
    """

    policy: policies.Policy
    memory: Any


@dataclasses.dataclass(frozen=True)
class _Following(policies.Policy):
    rule: Rule
    env: TrialEnv

    def check(self, env: Any, params: Any) -> None:
        if env != self.env:
            raise ValueError(f"this is an observer of {self.env!r}; make one of {env!r}")

    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, Any]:
        known, held = memory
        action, held = self.rule.act(self.env, known, held, ob, key)
        return action, (known, held)


# By the classes of a task, from its outermost wrapper inwards.
_rules: dict[tuple[type, ...], dict[str, Rule]] = {}


def register(task: type[TrialEnv] | tuple[type[TrialEnv], ...], rules: Mapping[str, Rule]) -> None:
    """Add observers of a task of your own, or more of them.

    Args:
        task: the task's class; classes derived from it have observers of their own. For a task in
            wrappers, their classes from the outermost inwards, and the task's: ``(Noise, GoNogo)``.
        rules: by name. The best one is called ``"ideal"``, and others by what they do.

    Raises:
        ValueError: for what is no task, or no rule.
    """
    classes = task if isinstance(task, tuple) else (task,)
    for each in classes or (task,):
        if not (isinstance(each, type) and issubclass(each, TrialEnv)):
            raise ValueError(f"a task is a class that derives from TrialEnv, not {each!r}")
    for name, rule in rules.items():
        if not isinstance(rule, Rule):
            raise ValueError(f"rule {name!r} is a jaxgym_neuro.ideal.Rule, not {rule!r}")
    _rules[classes] = {**_rules.get(classes, {}), **rules}


def tasks() -> list[type]:
    """List the classes of tasks that have observers as they are, in no wrappers."""
    alone = [classes[0] for classes in _rules if len(classes) == 1]
    return sorted(alone, key=lambda task: task.__name__)


def has_rules(env: TrialEnv | str) -> bool:
    """Whether there are observers of a task, in its wrappers if it has any."""
    task, _ = resolve(env, made_of_trials=True)
    return _classes_with_rules(task) is not None


def rules(env: TrialEnv | str) -> dict[str, str]:
    """Return the rules that there are for a task: name to what is done.

    Raises:
        ValueError: for a task without observers, naming those that have some.
    """
    task, _ = resolve(env, made_of_trials=True)
    return {name: rule.WORDS for name, rule in _rules_of(task).items()}


def observer(env: TrialEnv | str, params: Any = None, rule: str | Rule = IDEAL) -> Observer:
    """Return an ideal observer, or another rule, as a policy that sees what a subject sees.

    Args:
        env: a task, or its id.
        params: what the observer knows of the task; default are the task's.
        rule: one of `rules`, or a `Rule` itself.

    Returns:
        The policy and its first memory, as `rollout`, `plot_env` and others take them.

    Raises:
        ValueError: for a task without observers, naming those that have some; for an unknown rule,
            with the closest match; for params (a timing, say) where the rule does not apply.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchSample-v0", sigma=10)
        >>> table = jgn.rollout(env, params, *jgn.ideal.observer(env, params), num_trials=2000)
        >>> 0.86 < table.performance.mean() < 0.92
        True
    """
    task, params, found = _found(env, params, rule)
    if found.TOLD:
        raise ValueError(
            f"rule {rule!r} is told {', '.join(found.TOLD)}, which nobody sees: its performance "
            "can be computed, and it is no policy"
        )
    known = jax.tree.map(jnp.asarray, found.known(task, params))
    return Observer(_Following(found, task), (known, found.begin(task, known)))


def performance(
    env: TrialEnv | str,
    params: Any = None,
    rule: str | Rule = IDEAL,
    *,
    num_trials: int = 20_000,
    key: int | jax.Array = 0,
    simulate: bool = False,
) -> Performance:
    """Return what an ideal observer, or another rule, scores and earns by condition.

    In closed form where there is one, else by simulation: trials are drawn as ``env.new_trial``
    draws them, and decided as a whole. A rule that learns over trials (`OverTrials`) is played in
    rows of them instead, of which the first are left out.

    Args:
        env: a task, or its id.
        params: default are the task's.
        rule: one of `rules`, or a `Rule` itself.
        num_trials: how many to simulate; rows of trials are whole, so they may be some more.
        key: a seed or a key, for the simulation.
        simulate: whether to simulate even where there is a closed form.

    Raises:
        ValueError: as `observer`.

    Example:
        >>> import jaxgym_neuro as jgn
        >>> print(jgn.ideal.performance("PerceptualDecisionMaking-v0"))
        Performance of 'ideal' in PerceptualDecisionMaking (closed form):
             coh  share  performance  reward
               0    0.2          0.5     0.5
             6.4    0.2       0.9785  0.9785
            12.8    0.2            1       1
            25.6    0.2            1       1
            51.2    0.2            1       1
             all              0.8957  0.8957
    """
    task, params, found = _found(env, params, rule)
    num_trials = check_integer("num_trials", num_trials, at_least=1)
    name = rule if isinstance(rule, str) else repr(rule)
    exact = None if simulate else found.exact(task, params, name)
    if exact is not None:
        return exact
    if isinstance(found, OverTrials):
        return _in_rows(found, task, params, name, num_trials, key)
    known = jax.tree.map(jnp.asarray, found.known(task, params))
    keys = random.split(random.as_key(key), num_trials)
    parts = [
        jax.device_get(_simulated(found, task, keys[i : i + _CHUNK], params, known))
        for i in range(0, num_trials, _CHUNK)
    ]
    joined = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
    conditions, score, reward = joined
    conditions = found.by(task, conditions)
    return Performance.of_trials(task.name, name, conditions, performance=score, reward=reward)


def _in_rows(rule, env, params, name, num_trials, key):
    """Play trials in a row in many environments."""
    num_envs = max(2, -(-num_trials // rule.TRIALS))
    first = rule.left_out(env, params)
    each = first + -(-num_trials // num_envs)
    policy, memory = observer(env, params, rule)
    table = rollout(
        env, params, policy, memory, num_envs=num_envs, num_trials=num_envs * each, key=key
    )
    counts = table.trial >= first
    conditions = {k: v[counts] for k, v in rule.by(env, table.conditions).items()}
    return Performance.of_trials(
        env.name,
        name,
        conditions,
        performance=table.performance[counts],
        reward=table.reward[counts],
        group=table.env[counts],
    )


@jit_for_few(2)
def _simulated(rule, env, keys, params, known):
    """Draw trials, decide each, and judge the answers."""

    def one(key):
        key_trial, key_rule = random.split(key)
        _, state = env.reset(key_trial, params)
        conditions = state.trial.conditions
        reward, score = jnp.float32(0), jnp.float32(0)
        for step, action in rule.answers(env, known, state.trial, key_rule):
            state = dataclasses.replace(state, t=jnp.asarray(step, jnp.int32))
            verdict = env.judge(state, jnp.asarray(action, jnp.int32), params)
            state = dataclasses.replace(state, carry=verdict.carry)
            reward, score = reward + verdict.reward, verdict.performance
        return conditions, score, reward

    return jax.vmap(one)(keys)


def shortest_steps(env: Any, params: Any, *periods: str) -> int:
    """Return the steps that periods in a row last at least."""
    return sum(int(duration_steps(params.timing[name].lower(), env.dt)) for name in periods)


def constant_steps(env: Any, params: Any, *periods: str) -> int | None:
    """Return the steps that periods in a row last, or None if they differ from trial to trial."""
    steps = shortest_steps(env, params, *periods)
    longest = sum(int(duration_steps(params.timing[name].upper(), env.dt)) for name in periods)
    return steps if steps == longest else None


def step_odds(distribution: Any, dt: float) -> np.ndarray:
    """Return how probable each number of steps is that a duration may last, from 0: (n,).

    From many draws, with a key that is always the same, if it is none of the simple distributions.
    """
    if type(distribution) in (Constant, Choice):
        values = distribution.lower() if type(distribution) is Constant else distribution.values
        steps = np.atleast_1d(np.asarray(duration_steps(jnp.asarray(values), dt)))
    elif type(distribution) is Uniform and distribution.lower() < distribution.upper():
        low, high = distribution.lower(), distribution.upper()
        ms = low + (high - low) * (np.arange(100_000) + 0.5) / 100_000
        steps = np.asarray(duration_steps(ms, dt))
    else:
        draws = jax.vmap(distribution.sample)(random.split(jax.random.key(0), 100_000))
        steps = np.asarray(duration_steps(draws, dt))
    return np.bincount(steps) / len(steps)


def noise_per_step(env: Any, params: Any) -> float:
    """Return the standard deviation of the input noise of one step."""
    return float(params.sigma) / float(np.sqrt(env.dt))


def rewards_of(params: Any) -> dict[str, float]:
    """Return the rewards as numbers; ``fail`` and ``miss`` are 0 where a task has none."""
    given = {name: float(amount) for name, amount in params.rewards.items()}
    return {"fail": 0.0, "miss": 0.0, **given}


def _found(env: Any, params: Any, rule: str | Rule) -> tuple[Any, Any, Rule]:
    task, params = resolve(env, params, made_of_trials=True)
    if isinstance(rule, Rule):
        found = rule
    else:
        known = _rules_of(task)
        check_name("rule", rule, known)
        found = known[rule]
    found.check(task, params)
    return task, params, found


def _rules_of(task: Any) -> dict[str, Rule]:
    classes = _classes_with_rules(task)
    if classes is None:
        inner = task
        while isinstance(inner, TrialWrapper) and _classes_with_rules(inner) is None:
            inner = inner.env
        if _classes_with_rules(inner) is not None:
            raise ValueError(
                f"an observer belongs to a task as it is, not in wrappers that it does not know: "
                f"{task.name} has none, and {inner.name}, which is inside, has one"
            )
        names = ", ".join(sorted(map(_written, _rules)))
        raise ValueError(
            f"{task.name} has no ideal observer; these tasks have one: {names}. For a task of "
            "your own, jaxgym_neuro.ideal.register(...) adds one"
        )
    return _rules[classes]


def _classes_with_rules(task: Any) -> tuple[type, ...] | None:
    """Return the outermost classes of a task for which there are rules, as many as there are."""
    classes: tuple[type, ...] = (type(task),)
    while isinstance(task, TrialWrapper):
        task = task.env
        classes = (*classes, type(task))
    known = (classes[:n] for n in range(len(classes), 0, -1))
    return next((each for each in known if each in _rules), None)


def _written(classes: tuple[type, ...]) -> str:
    """Write the classes of a task as its name: Noise(GoNogo)."""
    return "(".join(each.__name__ for each in classes) + ")" * (len(classes) - 1)
