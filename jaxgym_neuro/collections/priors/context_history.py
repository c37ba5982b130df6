"""The right answer follows upon the last one as the context says."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.blocks import Lengths, followed, found
from jaxgym_neuro.core.chains import in_the_long_run
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, integer, number
from jaxgym_neuro.core.tables import Condition
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag, check_integer
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_choices, with_choice


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    ctx_p: Leaf = number(0.9, "probability of the successor", at_least=0, at_most=1)
    ctx_dur: Leaf = integer(200, "trials in a context", at_least=1)
    death_prob: Leaf = number(
        1e-4,
        "times ``ctx_dur``, the probability that new contexts replace all when one ends",
        at_least=0,
        at_most=1,
    )


class ContextHistory(TrialWrapper):
    """Draw the ground truth from that of the trial before, by a rule that changes with the context.

    A context designates a successor for each choice: with probability ``p`` the next ground truth
    is the successor of the last one, and the others share the rest. Contexts change every
    ``ctx_dur`` trials; with probability ``death_prob`` times ``ctx_dur``, all contexts are then
    replaced by new ones. The successors are drawn at random among the choices in play, whose number
    is the condition ``n_ch``: each by itself, so that several choices may have the same, which then
    is right more often; or, if ``balanced``, each of another, so that all are right equally often.

    An episode begins anywhere in a context, and after a ground truth that is as frequent as it
    would be if all choices had been in play until then.

    Args:
        env: a task whose choices in play are its condition ``n_ch``.
        p: probability of the successor.
        num_contexts: number of contexts.
        ctx_dur: trials in a context.
        death_prob: see the params.
        balanced: whether no two choices have the same successor.
    """

    PARAMS = Params
    CONDITIONS = {
        "context": Condition(
            "one of ``num_contexts``; another one every ``params.ctx_dur`` trials",
            "int32",
            at_least=0,
            below="num_contexts",
        ),
        "trial_in_context": Condition(
            "number of the trial since the context began, from 0", "int32", at_least=0
        ),
    }

    def __init__(
        self,
        env: TrialEnv,
        p: float = Params.ctx_p,
        num_contexts: int = 3,
        ctx_dur: int = Params.ctx_dur,
        death_prob: float = Params.death_prob,
        balanced: bool = False,
    ):
        check_choices("ContextHistory", env)
        self.balanced = check_flag("balanced", balanced)
        self.num_contexts = check_integer("num_contexts", num_contexts, at_least=1)
        numbers = {
            "ctx_p": check_param(Params, "ctx_p", p, "probs"),
            "ctx_dur": check_param(Params, "ctx_dur", ctx_dur),
            "death_prob": check_param(Params, "death_prob", death_prob),
        }
        super().__init__(env, numbers=numbers, sizes={"num_contexts": self.num_contexts})

    def init_memory(self, key, params):
        """Draw the contexts, a place in one of them, and a ground truth to follow upon."""
        key_rules, key_context, key_place, key_last = random.split(key, 4)
        number = len(self.choices)
        rules = random.uniform(key_rules, (self.num_contexts, number))
        context = random.integer(key_context, self.num_contexts)
        rule = rules.at[context].get(mode="clip")
        successors = jax.vmap(lambda last: self._successor(rule, last, number))(
            jnp.arange(number, dtype=jnp.int32)
        )
        p = jnp.asarray(params.ctx_p, jnp.float32)
        is_successor = successors[:, None] == jnp.arange(number, dtype=jnp.int32)[None]
        matrix = jnp.where(is_successor, p, (1 - p) / np.float32(max(number - 1, 1)))
        return {
            "rules": rules,
            "at": found(key_place, context, self._lengths(params)),
            "last": random.weighted(key_last, in_the_long_run(matrix)),
        }

    def change_conditions(self, key, conditions, params, own):
        """Change the context, if its time is over; draw the ground truth."""
        key_context, key_death, key_rules, key_follow, key_other = random.split(key, 5)
        other = random.another(key_context, self.num_contexts, own["at"].kind)
        duration = jnp.asarray(params.ctx_dur, jnp.int32)
        at = followed(own["at"], other, duration)
        p_death = params.death_prob * duration.astype(jnp.float32)
        is_new = (at.trial == 0) & random.bernoulli(key_death, p_death)
        rules = jnp.where(is_new, random.uniform(key_rules, own["rules"].shape), own["rules"])

        number = conditions["n_ch"]
        successor = self._successor(rules.at[at.kind].get(mode="clip"), own["last"], number)
        other = (successor + 1 + random.between(key_other, 0, number - 2)) % number
        follows = random.bernoulli(key_follow, jnp.asarray(params.ctx_p, jnp.float32))
        index = jnp.where(follows, successor, other)
        told = {"context": at.kind, "trial_in_context": at.trial}
        own = {"rules": rules, "at": at, "last": index}
        return with_choice({**conditions, **told}, self.choices, index), own

    def _successor(self, rule, last, number):
        """Return the successor of a choice among the ``number`` in play, by the rule (n,)."""
        own = rule.at[last].get(mode="clip")
        if not self.balanced:
            return random.spread(own, 0, number - 1)
        in_play = jnp.arange(len(self.choices), dtype=jnp.int32) < number
        rank = jnp.sum((rule < own) & in_play, dtype=jnp.int32)
        return jnp.minimum(rank, jnp.asarray(number, jnp.int32) - 1)

    def _lengths(self, params):
        return Lengths(least=params.ctx_dur, most=params.ctx_dur)
