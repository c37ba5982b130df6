"""Ideal observers of choices in a context that changes unseen."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import stimuli
from jaxgym_neuro.ideal import gaussian, in_blocks
from jaxgym_neuro.ideal.cued import Seen
from jaxgym_neuro.ideal.perceptual import TwoSides
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, OverTrials, noise_per_step, rewards_of
from jaxgym_neuro.tasks.context.changing_environment import ChangingEnvironment
from jaxgym_neuro.wrappers.feedback import PassAction, PassReward

_THETA = stimuli.ring(2)


@dataclasses.dataclass(frozen=True)
class ContextShown(TwoSides):
    """Choose the side with more evidence, of the context that is shown; the first, if none is."""

    WORDS = "choose the side with more summed evidence, of the context that is shown, or of either"

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose a target."""
        side = super().decide(env, known, seen, ob, key)
        if not env.cxt_cue:
            return side
        is_second = ob[env.observation_space().name["context"]] > 0.5
        return side + 2 * is_second.astype(jnp.int32)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return that of the side; half of it, if the context is guessed."""
        return self._exact(env, params, rule, 1.0 if env.cxt_cue else 0.5)

    def _exact(self, env: Any, params: Any, rule: str, known: float) -> Performance | None:
        """Return the performance of one who is right about the context in a share of trials."""
        of_side = super().exact(env, params, rule)
        if of_side is None:
            return None
        pays, found = rewards_of(params), known * of_side.performance
        return Performance.exact(
            env.name,
            rule,
            of_side.conditions,
            share=of_side.share,
            performance=found,
            reward=found * pays["correct"] + (1 - found) * pays["fail"],
        )


@dataclasses.dataclass(frozen=True)
class ContextKnown(ContextShown):
    """Choose the side with more evidence, of the context, which it is told."""

    WORDS = "choose the side with more summed evidence, knowing the context"
    TOLD = ("context",)

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose by evidence and context."""
        step = trial.start[env.periods.index(self.ASKED)]
        seen = self.seen_until(env, trial, step)
        side = TwoSides.decide(self, env, known, seen, trial.ob[step], key)
        return [(step, side + 2 * trial.conditions["context"])]

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return that of the side."""
        return self._exact(env, params, rule, 1.0)


@dataclasses.dataclass(frozen=True)
class ContextInferred(OverTrials, ContextShown):
    """Infer the context from how trials turn out, and the reward that is seen to follow.

    A Bayesian filter over the context and the place in its block. A reward tells the context; an
    error tells of another one the more, the surer the subject was of the side. It earns the most in
    each trial, and tries nothing for the sake of what it would learn.
    """

    WORDS = (
        "choose the side with more summed evidence, of the context that is more probable by how "
        "earlier trials turned out"
    )

    def left_out(self, env: Any, params: Any) -> int:
        """Leave out as many trials as a block has; of blocks that end by chance, twenty.

        By then a reward has told the context, and what was believed at first does not matter.
        """
        if env.blocks.is_by_chance:
            return 20
        return int(np.max(np.asarray(params.context_block_most)))

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return coherences, noise, blocks, and which reward is that of an error."""
        pays = rewards_of(params)
        return {
            "cohs": np.asarray(params.cohs, np.float32),
            "sigma": np.float32(noise_per_step(env, params)),
            "blocks": in_blocks.of(env.blocks, params),
            "middle": np.float32((pays["correct"] + pays["fail"]) / 2),
            "sign": np.float32(np.sign(pays["correct"] - pays["fail"])),
        }

    def begin(self, env: Any, known: Any) -> dict[str, Any]:
        """Believe in either context."""
        return {
            "trial": super().begin(env, known),
            "belief": jnp.asarray(known["blocks"].first),
            "answered": jnp.bool_(False),  # in the step before
            "context": jnp.int32(0),  # that was chosen
            "sure": jnp.float32(0),  # probability that the side was right
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Learn from the reward of the step before; decide when the cue goes off."""
        reward = ob[env.observation_space().name["reward"]]
        belief = jnp.where(held["answered"], self.learned(known, held, reward), held["belief"])
        trial = self.watch(env, held["trial"], super().begin(env, known), ob)
        seen = Seen(trial["sums"], trial["steps"])
        told = (seen.sums[0], seen.steps[0], known["sigma"], known["cohs"])
        sides = jax.nn.softmax(gaussian.log_motion(_THETA, *told))
        context = jnp.argmax(jnp.sum(belief, axis=1)).astype(jnp.int32)
        action = TwoSides.decide(self, env, known, seen, ob, key) + 2 * context
        if env.cxt_cue:
            action = self.decide(env, known, seen, ob, key)
        is_due = self.is_due(env, known, seen, trial)
        return jnp.where(is_due, action, 0), {
            "trial": trial,
            "belief": belief,
            "answered": is_due,
            "context": context,
            "sure": jnp.max(sides),
        }

    def learned(self, known: Any, held: Any, reward: jax.Array) -> jax.Array:
        """Return the belief in the next trial, after a reward."""
        is_chosen = jnp.arange(2, dtype=jnp.int32) == held["context"]
        right = jnp.where(is_chosen, held["sure"], 0.0)
        above = (reward - known["middle"]) * known["sign"]
        likelihood = jnp.where(above > 0, right, jnp.where(above < 0, 1 - right, 1.0))
        return in_blocks.moved(in_blocks.weighed(held["belief"], likelihood), known["blocks"])

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return that of the side, where the context is shown."""
        return super().exact(env, params, rule) if env.cxt_cue else None


@dataclasses.dataclass(frozen=True)
class SwitchAfterError(ContextInferred):
    """Choose the other context after each error, however sure the subject was of the side."""

    WORDS = "as ideal, but take any error for a change of the context"

    def learned(self, known: Any, held: Any, reward: jax.Array) -> jax.Array:
        """Believe in the context that was chosen, or after an error in the other one."""
        is_error = (reward - known["middle"]) * known["sign"] < 0
        context = jnp.where(is_error, 1 - held["context"], held["context"])
        belief = jnp.zeros_like(held["belief"])
        return belief.at[:, 0].set((jnp.arange(2, dtype=jnp.int32) == context).astype(jnp.float32))


_ALONE = {"context known": ContextKnown()}
_REWARDED = {
    IDEAL: ContextInferred(),
    "switch after an error": SwitchAfterError(),
    "context ignored": ContextShown(),
    **_ALONE,
}
RULES = {
    ChangingEnvironment: {IDEAL: ContextShown(), **_ALONE},
    (PassReward, ChangingEnvironment): _REWARDED,
    (PassReward, PassAction, ChangingEnvironment): _REWARDED,
}
