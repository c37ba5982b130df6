"""Cued: sum up what is seen in each stimulus, and answer when a cue says so."""

import abc
import dataclasses
import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal.rule import Rule, shortest_steps


class Seen(NamedTuple):
    """What was seen in the stimuli of a trial, in their order."""

    sums: jax.Array  # (k, c) float32, input of each channel summed over each stimulus
    steps: jax.Array  # (k,) float32, steps that each stimulus was seen


@dataclasses.dataclass(frozen=True)
class Cued(Rule):
    """Base of rules for tasks with a fixation cue: it goes off when the answer is due.

    The cue's coming on begins a trial. What is not exactly 0 is a stimulus: outside of it, channels
    are silent. Several stimuli are told apart by the silence between them.

    Attributes:
        EVIDENCE: names of the channels with the evidence.
        SEEN: periods of the stimuli, in their order.
        ASKED: the period in which to answer.
        TO_THE_END: whether to watch on to the last step of it (of its shortest duration).
    """

    EVIDENCE = ("stimulus",)
    SEEN = ("stimulus",)
    ASKED = "decision"
    TO_THE_END = False

    @abc.abstractmethod
    def decide(self, env: Any, known: Any, seen: Seen, ob: jax.Array, key: jax.Array) -> jax.Array:
        """Return the action.

        Args:
            env: the task.
            known: what the subject knows: ``known["wait"]`` and what `knowledge` returned.
            seen: what was seen in each stimulus, up to now.
            ob: what is seen now.
            key: for random numbers.
        """

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what the subject knows of the task's numbers."""
        del env, params
        return {}

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError if a stimulus may be skipped, or follows at once upon another."""
        seen = self.seen_periods(env)
        for name in seen:
            if shortest_steps(env, params, name) == 0:
                raise ValueError(
                    f"the observer of {env.name} needs a {name!r} in every trial, and "
                    f"timing[{name!r}] may be 0"
                )
        order = list(env.periods)
        for first, second in itertools.pairwise(seen):
            between = order[order.index(first) + 1 : order.index(second)]
            if shortest_steps(env, params, *between) == 0:
                raise ValueError(
                    f"the observer of {env.name} tells {first!r} and {second!r} apart by the "
                    f"silence between them, and timing of {', '.join(between) or 'what is'} "
                    "between may be 0"
                )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what the subject knows."""
        last = shortest_steps(env, params, self.ASKED) - 1 if self.TO_THE_END else 0
        return {"wait": np.int32(max(last, 0)), **self.knowledge(env, params)}

    def seen_periods(self, env: Any) -> tuple[str, ...]:
        """Return the periods of the stimuli, in their order; default is ``SEEN``."""
        del env
        return self.SEEN

    def channels(self, env: Any) -> np.ndarray:
        """Return the indices of the channels with the evidence, (c,)."""
        names = env.observation_space().name
        return np.concatenate([np.atleast_1d(np.asarray(names[name])) for name in self.EVIDENCE])

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Wait for the first cue."""
        del known
        size = (len(self.seen_periods(env)), len(self.channels(env)))
        return {
            "cue": jnp.bool_(False),
            "begun": jnp.bool_(False),
            "off": jnp.int32(0),  # steps since the cue went off, this one included
            "shown": jnp.bool_(False),
            "stimulus": jnp.int32(-1),
            "sums": jnp.zeros(size, jnp.float32),
            "steps": jnp.zeros(size[:1], jnp.float32),
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Add up what is seen, and decide when it is time."""
        held = self.watch(env, held, self.begin(env, known), ob)
        seen = Seen(held["sums"], held["steps"])
        is_due = self.is_due(env, known, seen, held)
        action = jnp.where(is_due, self.decide(env, known, seen, ob, key), 0)
        return action.astype(jnp.int32), held

    def is_due(self, env: Any, known: Any, seen: Seen, held: Any) -> jax.Array:
        """Whether to answer now; ``held["off"]`` counts the steps since the cue went off."""
        del env, seen
        return held["off"] == known["wait"] + 1

    def watch(self, env: Any, held: Any, first: Any, ob: jax.Array) -> dict[str, jax.Array]:
        """Return what is remembered after an observation; ``first`` is where a trial begins."""
        cue = ob[env.observation_space().name["fixation"]] > 0.5
        evidence = ob[self.channels(env)]
        is_new = cue & ~held["cue"]
        held = jax.tree.map(lambda new, old: jnp.where(is_new, new, old), first, held)
        begun = held["begun"] | cue
        shown = jnp.any(evidence != 0)
        last = len(self.seen_periods(env)) - 1
        is_next = shown & ~held["shown"]
        stimulus = jnp.minimum(held["stimulus"] + is_next.astype(jnp.int32), last)
        at = (jnp.arange(last + 1, dtype=jnp.int32) == jnp.maximum(stimulus, 0)) & shown & begun
        return {
            "cue": cue,
            "begun": begun,
            "off": jnp.where(begun & ~cue, held["off"] + 1, 0),
            "shown": shown,
            "stimulus": stimulus,
            "sums": held["sums"] + jnp.where(at[:, None], evidence, 0.0),
            "steps": held["steps"] + at.astype(jnp.float32),
        }

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Decide by the sums over the periods themselves."""
        step = trial.start[env.periods.index(self.ASKED)] + known["wait"]
        action = self.decide(env, known, self.seen_until(env, trial, step), trial.ob[step], key)
        return [(jnp.where(action == 0, trial.length - 1, step), action)]

    def seen_until(self, env: Any, trial: Any, step: jax.Array) -> Seen:
        """Return what was seen in the stimuli up to a step."""
        index = np.asarray([env.periods.index(name) for name in self.seen_periods(env)])
        t = jnp.arange(trial.ob.shape[0], dtype=jnp.int32)
        inside = (trial.start[index][:, None] <= t) & (t < trial.end[index][:, None]) & (t <= step)
        inside = inside.astype(jnp.float32)
        sums = jnp.matmul(inside, trial.ob[:, self.channels(env)], precision="highest")
        return Seen(sums, jnp.sum(inside, axis=1))
