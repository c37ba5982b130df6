"""The right answer follows upon the last one as the context says."""

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.support.validation import check_integer, check_number
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.drawing import check_choices, with_choice


class ContextHistory(TrialWrapper):
    """Draw the ground truth from that of the trial before, by a rule that changes with the context.

    A context designates a successor for each choice: with probability ``p`` the next ground truth
    is the successor of the last one, and the others share the rest. Contexts change every
    ``ctx_dur`` trials; with probability ``death_prob`` times ``ctx_dur``, all contexts are then
    replaced by new ones. The successors are drawn at random, and scaled to the number of choices in
    play, the condition ``n_ch``.

    Params: ``ctx_p``, ``ctx_dur``, ``death_prob``. Conditions: ``context``, int32.
    """

    def __init__(
        self,
        env: TrialEnv,
        p: float = 0.9,
        num_contexts: int = 3,
        ctx_dur: int = 200,
        death_prob: float = 1e-4,
    ):
        check_choices("ContextHistory", env)
        self.num_contexts = check_integer("num_contexts", num_contexts, at_least=1)
        params = {
            "ctx_p": check_number("probs", p, at_least=0, at_most=1),
            "ctx_dur": check_integer("ctx_dur (in trials)", ctx_dur, at_least=1),
            "death_prob": check_number("death_prob", death_prob, at_least=0, at_most=1),
        }
        super().__init__(env, params=params)

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
        context = random.another(key_context, self.num_contexts, own["context"])
        context = jnp.where(is_over, context, own["context"])
        duration = jnp.asarray(params.ctx_dur, jnp.int32)
        p_death = params.death_prob * duration.astype(jnp.float32)
        is_new = is_over & random.bernoulli(key_death, p_death)
        rules = jnp.where(is_new, random.uniform(key_rules, own["rules"].shape), own["rules"])

        number = conditions["n_ch"]
        rule = rules.at[context, own["last"]].get(mode="clip")
        successor = _scaled(rule, number)
        other = (successor + 1 + _scaled(random.uniform(key_other), number - 1)) % number
        follows = random.bernoulli(key_follow, jnp.asarray(params.ctx_p, jnp.float32))
        index = jnp.where(follows, successor, other)
        left = jnp.where(is_over, duration, own["left"]) - 1
        own = {"rules": rules, "context": context, "left": left, "last": index}
        return with_choice({**conditions, "context": context}, self.choices, index), own


def _scaled(unit, number):
    """Map a number in [0, 1) to a whole number from 0 to ``number`` - 1."""
    scaled = (unit * number.astype(jnp.float32)).astype(jnp.int32)
    return jnp.minimum(scaled, number - 1)
