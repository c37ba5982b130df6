"""The right answer follows upon the last one as the context says."""

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, integer, number
from jaxgym_neuro.core.tables import Condition
from jaxgym_neuro.schedules import next_in_block
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer
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
    replaced by new ones. The successors are drawn at random, and scaled to the number of choices in
    play, the condition ``n_ch``.

    Args:
        env: a task whose choices in play are its condition ``n_ch``.
        p: probability of the successor.
        num_contexts: number of contexts.
        ctx_dur: trials in a context.
        death_prob: see the params.
    """

    PARAMS = Params
    CONDITIONS = {
        "context": Condition(
            "one of ``num_contexts``; another one every ``params.ctx_dur`` trials",
            "int32",
            at_least=0,
            below="num_contexts",
        )
    }

    def __init__(
        self,
        env: TrialEnv,
        p: float = Params.ctx_p,
        num_contexts: int = 3,
        ctx_dur: int = Params.ctx_dur,
        death_prob: float = Params.death_prob,
    ):
        check_choices("ContextHistory", env)
        self.num_contexts = check_integer("num_contexts", num_contexts, at_least=1)
        numbers = {
            "ctx_p": check_param(Params, "ctx_p", p, "probs"),
            "ctx_dur": check_param(Params, "ctx_dur", ctx_dur),
            "death_prob": check_param(Params, "death_prob", death_prob),
        }
        super().__init__(env, numbers=numbers, sizes={"num_contexts": self.num_contexts})

    def init_memory(self, key, params):
        """Draw the contexts, one of them, and a ground truth to follow upon."""
        key_rules, key_context, key_last = random.split(key, 3)
        return {
            "rules": random.uniform(key_rules, (self.num_contexts, len(self.choices))),
            "context": random.integer(key_context, self.num_contexts),
            "left": jnp.asarray(params.ctx_dur, jnp.int32),
            "last": random.integer(key_last, len(self.choices)),
        }

    def change_conditions(self, key, conditions, params, own):
        """Change the context, if its time is over; draw the ground truth."""
        key_context, key_death, key_rules, key_follow, key_other = random.split(key, 5)
        is_over = own["left"] <= 0
        other = random.another(key_context, self.num_contexts, own["context"])
        duration = jnp.asarray(params.ctx_dur, jnp.int32)
        context, (_, left) = next_in_block((own["context"], own["left"]), other, duration)
        p_death = params.death_prob * duration.astype(jnp.float32)
        is_new = is_over & random.bernoulli(key_death, p_death)
        rules = jnp.where(is_new, random.uniform(key_rules, own["rules"].shape), own["rules"])

        number = conditions["n_ch"]
        rule = rules.at[context, own["last"]].get(mode="clip")
        successor = random.spread(rule, 0, number - 1)
        other = (successor + 1 + random.between(key_other, 0, number - 2)) % number
        follows = random.bernoulli(key_follow, jnp.asarray(params.ctx_p, jnp.float32))
        index = jnp.where(follows, successor, other)
        own = {"rules": rules, "context": context, "left": left, "last": index}
        return with_choice({**conditions, "context": context}, self.choices, index), own
