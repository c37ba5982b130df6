"""Ideal observers of tasks under `Noise`, where nothing that is seen is certain, cues included."""

import abc
import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal import gaussian
from jaxgym_neuro.ideal.gaussian import LEAST_NOISE
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, Rule, constant_steps, rewards_of, shortest_steps
from jaxgym_neuro.tasks.inhibition.anti_reach import AntiReach
from jaxgym_neuro.tasks.inhibition.go_nogo import GoNogo
from jaxgym_neuro.wrappers.noise import Noise

_LEAST_ODDS = 1e-6  # of what never comes: its logarithm stays finite


@dataclasses.dataclass(frozen=True)
class Counted(Rule):
    """Base of rules that know by counting steps when something is shown, and when to answer.

    Under noise no cue tells. The first step of an episode is that of a trial, and a trial is over
    when it has been answered, or after all of its steps.
    """

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError where the time of a step is not known, or nothing is shown."""
        if constant_steps(env, params, *env.periods) is None:
            raise ValueError(
                f"the observer of {env.name} counts steps, and its timing differs from trial to "
                "trial: under noise nothing shows where a period begins"
            )
        for name in ("stimulus", "decision"):
            if shortest_steps(env, params, name) == 0:
                raise ValueError(
                    f"the observer of {env.name} needs a {name!r} in every trial, and "
                    f"timing[{name!r}] is 0"
                )

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what the subject knows of the task's numbers."""
        del env, params
        return {}

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return when the stimulus is shown, when to answer, and when a trial is over."""
        order = list(env.periods)
        ends = {name: shortest_steps(env, params, *order[: i + 1]) for i, name in enumerate(order)}
        lasts = shortest_steps(env, params, "stimulus")
        return {
            "onset": np.int32(ends["stimulus"] - lasts),
            "offset": np.int32(ends["stimulus"]),
            "due": np.int32(ends["decision"] - shortest_steps(env, params, "decision")),
            "last": np.int32(ends[order[-1]] - 1),
            "variance": np.float32(max(_noise(env, params), LEAST_NOISE) ** 2),
            **self.knowledge(env, params),
        }

    @abc.abstractmethod
    def decide(self, env: Any, known: Any, shown: jax.Array, always: jax.Array) -> jax.Array:
        """Return the action.

        Args:
            env: the task.
            known: what the subject knows.
            shown: input of each channel summed over the stimulus.
            always: the same, summed over all steps until now.
        """

    def begin(self, env: Any, known: Any) -> dict[str, jax.Array]:
        """Begin at the first step of a trial, with no evidence."""
        nothing = jnp.zeros(env.observation_space().shape, jnp.float32)
        return {"step": jnp.int32(0), "shown": nothing, "always": nothing}

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Add up what is seen, and decide when it is time."""
        step = held["step"]
        inside = (step >= known["onset"]) & (step < known["offset"])
        shown = held["shown"] + jnp.where(inside, ob, 0.0)
        always = held["always"] + ob
        decided = self.decide(env, known, shown, always).astype(jnp.int32)
        action = jnp.where(step == known["due"], decided, 0)
        is_over = (action > 0) | (step >= known["last"])
        held = {"step": step + 1, "shown": shown, "always": always}
        begun = self.begin(env, known)
        return action, jax.tree.map(lambda a, b: jnp.where(is_over, a, b), begun, held)

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Decide by the sums over the periods themselves."""
        order = list(env.periods)
        stimulus, step = order.index("stimulus"), trial.start[order.index("decision")]
        t = jnp.arange(trial.ob.shape[0], dtype=jnp.int32)
        inside = (t >= trial.start[stimulus]) & (t < trial.end[stimulus])
        over = jnp.stack([inside, t <= step]).astype(jnp.float32)
        shown, always = jnp.matmul(over, trial.ob, precision="highest")
        action = self.decide(env, known, shown, always).astype(jnp.int32)
        return [(jnp.where(action == 0, trial.length - 1, step), action)]


@dataclasses.dataclass(frozen=True)
class GoIfWorth(Counted):
    """Go where going is worth more than not, by the evidence, the odds and the rewards.

    Args:
        by_rewards: whether rewards count; if not, it is right most often.
    """

    by_rewards: bool = True

    BY = ("ground_truth",)

    @property
    def WORDS(self) -> str:  # noqa: N802 (a constant of other rules)
        """What is done."""
        return (
            "go if it is expected to earn more than to wait, counting steps"
            if self.by_rewards
            else "go if a go trial is more probable, whatever errors cost"
        )

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return by how much the evidence has to speak for going, in units of its logarithm."""
        return {"criterion": np.float32(self._criterion(params))}

    def decide(self, env: Any, known: Any, shown: jax.Array, always: jax.Array) -> jax.Array:
        """Go, or wait."""
        channel = env.observation_space().name
        evidence = shown[channel["go"]] - shown[channel["nogo"]]
        return evidence / known["variance"] > known["criterion"]

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return how often the evidence exceeds the criterion."""
        n, std = shortest_steps(env, params, "stimulus"), max(_noise(env, params), LEAST_NOISE)
        criterion, spread = self._criterion(params) * std**2, math.sqrt(2 * n) * std
        goes = gaussian.phi(np.asarray([-n - criterion, n - criterion]) / spread)
        pays, p_go = rewards_of(params), float(params.p_go)
        right, wrong = [0.0, pays["correct"]], [pays["fail"], pays["miss"]]
        found = np.asarray([1 - goes[0], goes[1]])
        kinds = np.flatnonzero([1 - p_go, p_go])
        return Performance.exact(
            env.name,
            rule,
            {"ground_truth": kinds},
            share=np.asarray([1 - p_go, p_go])[kinds],
            performance=found[kinds],
            reward=(found * right + (1 - found) * wrong)[kinds],
        )

    def _criterion(self, params: Any) -> float:
        """Return the log-odds of the evidence at which going and waiting are worth the same."""
        p_go = min(max(float(params.p_go), _LEAST_ODDS), 1 - _LEAST_ODDS)
        prior = math.log(p_go / (1 - p_go))
        if not self.by_rewards:
            return -prior
        pays = rewards_of(params)
        gain, loss = pays["correct"] - pays["miss"], -pays["fail"]
        if gain <= 0 or loss <= 0:
            return math.copysign(math.inf, loss if gain <= 0 < loss else -1.0)
        return math.log(loss / gain) - prior


@dataclasses.dataclass(frozen=True)
class Reach(Counted):
    """Choose the direction that is most probable, by the ring and what is seen of the kind."""

    WORDS = "choose the direction that fits the summed input best, counting steps"

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the odds of an anti trial."""
        p_anti = min(max(float(params.p_anti), _LEAST_ODDS), 1 - _LEAST_ODDS)
        return {"log_odds": np.float32(math.log(p_anti / (1 - p_anti)))}

    def decide(self, env: Any, known: Any, shown: jax.Array, always: jax.Array) -> jax.Array:
        """Choose a direction."""
        channel = env.observation_space().name
        ring = shown[np.asarray(channel["stimulus"])]
        fits = gaussian.fits(env.theta, ring) / known["variance"]
        log_odds = known["log_odds"]
        if env.cue:
            cue = always[channel["anti"]] - always[channel["pro"]]
            log_odds = log_odds + cue / known["variance"]
        # A stimulus opposite to the response fits it as badly as one at it fits it well.
        log_p = jnp.logaddexp(fits, log_odds - fits)
        return jnp.argmax(log_p).astype(jnp.int32) + 1

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the kind of trial."""
        return {"anti": np.asarray(conditions["anti"], np.int32)}

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return how often the direction is found, where all trials are of one kind."""
        p_anti = float(params.p_anti)
        if p_anti not in (0, 1):
            return None
        n, pays = shortest_steps(env, params, "stimulus"), rewards_of(params)
        found = gaussian.direction_accuracy(env.theta, 200, n, _noise(env, params))
        return Performance.exact(
            env.name,
            rule,
            {"anti": np.asarray([int(p_anti)])},
            share=np.ones(1),
            performance=found,
            reward=found * pays["correct"] + (1 - found) * pays["fail"],
        )


def _noise(env: Any, params: Any) -> float:
    """Return the standard deviation of the noise of a step."""
    return float(params.added_noise) / (1 if env.per == "step" else math.sqrt(env.dt))


RULES = {
    (Noise, GoNogo): {IDEAL: GoIfWorth(), "more probable": GoIfWorth(by_rewards=False)},
    (Noise, AntiReach): {IDEAL: Reach()},
}
