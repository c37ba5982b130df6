"""Ideal observers of tasks that depend on a context."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.ideal import gaussian, in_blocks
from jaxgym_neuro.ideal.cued import Seen
from jaxgym_neuro.ideal.perceptual import Motion
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, OverTrials, Rule, rewards_of, shortest_steps
from jaxgym_neuro.tasks.context.context_decision_making import ContextDecisionMaking
from jaxgym_neuro.tasks.context.hierarchical_reasoning import HierarchicalReasoning
from jaxgym_neuro.timing import Choice, duration_steps


@dataclasses.dataclass(frozen=True)
class Attended(Motion):
    """Choose by the modality that counts, and ignore the other one."""

    WORDS = "choose the direction that fits the modality that counts best"

    def channels(self, env: Any) -> np.ndarray:
        """Return the channels of both modalities, those of the first one first."""
        return np.arange(1, 1 + 2 * len(env.theta))

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the modality that counts where no cue tells."""
        return {"modality": np.int32(params.impl_context_modality)}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose the direction."""
        modalities = seen.sums[0].reshape(2, -1)
        second = known["modality"] == 1
        if env.use_expl_context:
            second = ob[env.observation_space().name["context2"]] > 0.5
        counts = jnp.where(second, modalities[1], modalities[0])
        return super().decide(env, known, Seen(counts[None], seen.steps), ob, key)

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the coherence of the modality that counts."""
        is_second = conditions["context"] == 1
        return {"coh": np.where(is_second, conditions["coh_2"], conditions["coh_1"])}


@dataclasses.dataclass(frozen=True)
class RuleKnown(Rule):
    """Report the rule, which it is told, and judge the interval by what was seen of it."""

    WORDS = "judge the interval by how long it was shown, knowing the rule"
    TOLD = ("rule",)

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError if what is seen may be skipped."""
        seen = ("rule_target", "flash1", "delay", "flash2", "decision")
        for name in (*seen, "fixation") if env.shows_feedback else seen:
            if shortest_steps(env, params, name) == 0:
                raise ValueError(
                    f"the observer of {env.name} needs a {name!r} in every trial, and "
                    f"timing[{name!r}] may be 0"
                )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the probability that an interval is long, by the steps that it is shown."""
        shown, share, is_long = _intervals(env, params)
        each = np.sum(shown * share[:, None], axis=0)
        long = np.sum(shown * (share * is_long)[:, None], axis=0)
        odds = np.where(each > 0, long / np.where(each > 0, each, 1), 0.5)
        return {"p_long": odds.astype(np.float32)}

    def begin(self, env: Any, known: Any) -> Any:
        """Remember nothing: this is no policy."""
        return ()

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Wait: what is seen does not tell the rule."""
        return jnp.int32(0), held

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Report the rule, and choose."""
        start = dict(zip(env.periods, trial.start, strict=True))
        end = dict(zip(env.periods, trial.end, strict=True))
        rule = trial.conditions["rule"]
        shown = end["delay"] - start["delay"]
        choice, _ = _judged(known, rule, trial.conditions["stimulus"], shown)
        return [(start["rule_target"], rule + 1), (start["decision"], choice)]

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the interval, if there are only some."""
        several = isinstance(env.timing["delay"], Choice)
        return {"interval": conditions["interval"]} if several else {}

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return how often the interval is judged rightly, by interval."""
        return self._exact(env, params, rule, 1.0)

    def _exact(self, env: Any, params: Any, rule: str, known: float) -> Performance:
        """Return the performance of one who reports the rule rightly in a share of trials."""
        shown, share, is_long = _intervals(env, params)
        p_long = self.known(env, params)["p_long"]
        says_long = shown @ (p_long >= 0.5)
        found = known * (says_long * is_long + (1 - says_long) * (1 - is_long))
        pays = rewards_of(params)
        conditions = {}
        if isinstance(env.timing["delay"], Choice):
            values = np.asarray(params.timing["delay"].values, np.float64)
            conditions["interval"], row_of = np.unique(values, return_inverse=True)
            count = np.bincount(row_of, share)
            found, share = np.bincount(row_of, found * share) / count, count
        else:
            found, share = np.sum(found * share, keepdims=True), np.ones(1)
        return Performance.exact(
            env.name,
            rule,
            conditions,
            share=share,
            performance=found,
            reward=found * pays["correct"] + (1 - found) * pays["fail"],
        )


@dataclasses.dataclass(frozen=True)
class RuleInferred(OverTrials, RuleKnown):
    """Infer the rule from how trials turn out, and report the one that is more probable.

    A Bayesian filter over the rule and the place in the block. An error tells of another rule the
    more, the surer the interval was judged. It earns the most in each trial, and tries nothing for
    the sake of what it would learn. Without ``feedback`` it can only guess the rule.
    """

    WORDS = (
        "report the rule that is more probable, by how earlier trials turned out, and judge by it"
    )
    TOLD = ()

    def left_out(self, env: Any, params: Any) -> int:
        """Leave out as many trials as the longest block has."""
        return int(params.max_block)

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what intervals look like, and the lengths of blocks."""
        ends = in_blocks.ends_of(
            *(np.full(2, int(x)) for x in (params.min_block, params.max_block))
        )
        blocks = in_blocks.known(ends, in_blocks.others(2), in_blocks.anywhere(ends))
        return {**super().known(env, params), "blocks": blocks}

    def begin(self, env: Any, known: Any) -> dict[str, Any]:
        """Believe in both rules alike."""
        return {
            "belief": jnp.asarray(known["blocks"].first),
            "cue": jnp.bool_(False),
            "begun": jnp.bool_(False),  # has there been a trial?
            "flash": jnp.bool_(False),
            "flashes": jnp.int32(0),
            "side": jnp.int32(0),
            "steps": jnp.int32(0),  # between the flashes
            "rule": jnp.int32(0),  # that is reported in this trial
            "sure": jnp.float32(0),  # probability that the choice was right, if the rule was
        }

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Learn when the next trial begins; count the steps between flashes, report, and choose."""
        channel = env.observation_space().name
        cue = ob[channel["fixation"]] > 0.5
        asks_rule = jnp.any(ob[np.asarray(channel["rule"])] > 0.5)
        is_new = cue & ~held["cue"]
        outcome = ob[channel["feedback"]] if env.shows_feedback else jnp.float32(0)
        belief = jnp.where(
            is_new & held["begun"], self.learned(known, held, outcome), held["belief"]
        )
        rule = jnp.argmax(jnp.sum(belief, axis=1)).astype(jnp.int32)
        sides = ob[np.asarray(channel["stimulus"])]
        flash = jnp.any(sides > 0.5)
        flashes = jnp.where(is_new, 0, held["flashes"])
        flashes = flashes + (flash & ~held["flash"]).astype(jnp.int32)
        side = jnp.where(flash, jnp.argmax(sides), held["side"])
        between = cue & (flashes == 1) & ~flash
        steps = jnp.where(is_new, 0, held["steps"]) + between.astype(jnp.int32)
        choice, sure = _judged(known, rule, side, steps)
        chooses = ~cue & held["cue"]
        action = jnp.where(asks_rule, rule + 1, jnp.where(chooses, choice, 0))
        return action.astype(jnp.int32), {
            "belief": belief,
            "cue": cue,
            "begun": held["begun"] | cue,
            "flash": flash,
            "flashes": flashes,
            "side": side.astype(jnp.int32),
            "steps": steps,
            "rule": rule,
            "sure": jnp.where(chooses, sure, held["sure"]),
        }

    def learned(self, known: Any, held: Any, outcome: jax.Array) -> jax.Array:
        """Return the belief in the next trial, after an outcome of 1 or -1, or 0 if unknown."""
        right = jnp.where(jnp.arange(2, dtype=jnp.int32) == held["rule"], held["sure"], 0.0)
        likelihood = jnp.where(outcome > 0, right, jnp.where(outcome < 0, 1 - right, 1.0))
        return in_blocks.moved(in_blocks.weighed(held["belief"], likelihood), known["blocks"])

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return that of guessing the rule, without feedback."""
        return None if env.shows_feedback else self._exact(env, params, rule, 0.5)


@dataclasses.dataclass(frozen=True)
class SwitchAfterError(RuleInferred):
    """Report the other rule after each error, however sure the interval was judged."""

    WORDS = "as ideal, but take any error for a change of the rule"

    def learned(self, known: Any, held: Any, outcome: jax.Array) -> jax.Array:
        """Believe in the rule that was reported, or after an error in the other one."""
        rule = jnp.where(outcome < 0, 1 - held["rule"], held["rule"])
        belief = jnp.zeros_like(held["belief"])
        return belief.at[:, 0].set((jnp.arange(2, dtype=jnp.int32) == rule).astype(jnp.float32))


def _judged(known: Any, rule: Any, side: Any, steps: Any) -> tuple[jax.Array, jax.Array]:
    """Return the choice under a rule, and how probably it is right if the rule is."""
    p_long = known["p_long"].at[steps].get(mode="clip")
    is_long = p_long >= 0.5
    choice = jnp.where(is_long == (rule == 1), side, 1 - side).astype(jnp.int32)
    return 3 + choice, jnp.maximum(p_long, 1 - p_long)


def _intervals(env: Any, params: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what intervals look like: odds of steps (n, s), share (n,), is it long? (n,)."""
    timing = params.timing["delay"]
    if isinstance(env.timing["delay"], Choice):
        values = np.asarray(timing.values, np.float32)
    else:
        values = np.asarray(jax.vmap(timing.sample)(random.split(jax.random.key(0), 2_000)))
    jitter = np.linspace(-4, 4, 4001)
    weight = gaussian.density(jitter) / np.sum(gaussian.density(jitter))
    pace = (1 + float(params.weber) * jitter).astype(np.float32)
    shown = np.asarray(duration_steps(values[:, None] * pace, env.dt))
    odds = np.stack([np.bincount(x, weight, shown.max() + 1) for x in shown])
    is_long = np.where(values == params.mid_delay, 0.5, values > params.mid_delay)
    return odds, np.full(len(values), 1 / len(values)), is_long


RULES = {
    ContextDecisionMaking: {IDEAL: Attended()},
    HierarchicalReasoning: {
        IDEAL: RuleInferred(),
        "switch after an error": SwitchAfterError(),
        "rule known": RuleKnown(),
    },
}
