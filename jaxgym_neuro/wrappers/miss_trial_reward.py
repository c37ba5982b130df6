"""MissTrialReward: not to answer has its price."""

import dataclasses

import jax.numpy as jnp

from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Difference
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.requirements import check_inside_time_out, check_waiting


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    r_miss: Leaf = number(-0.1, "reward of a missed trial")


class MissTrialReward(TrialWrapper):
    """Pay (or charge) for a trial that runs out although an answer was asked for.

    A trial is missed if its ground truth asked for an action at some steps, the subject acted at
    none of them, and time ran out. It comes on top of what the task pays for that, ``r_tmax``
    included, and unlike ``r_tmax`` it is not paid where to wait was right.

    Args:
        env: a task in which action 0 is to wait.
        r_miss: reward of a missed trial.

    Raises:
        ValueError: for another task, or one with a time-out.
    """

    PARAMS = Params
    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no such wrapper",
            ("test_a_trial_is_missed_if_an_answer_was_asked_for_and_none_came",),
        )
    }

    draws = False

    def __init__(self, env: TrialEnv, r_miss: float = Params.r_miss):
        check_waiting("MissTrialReward", env)
        check_inside_time_out("MissTrialReward", env)
        super().__init__(env, numbers={"r_miss": check_param(Params, "r_miss", r_miss)})

    def init_memory(self, key, params):
        """In this trial, so far: was an action asked for, and was there one?"""
        return jnp.bool_(False), jnp.bool_(False)

    def change_response(self, state, action, params, response):
        """Note whether the subject acts when asked to; at the end, pay if it never did."""
        asked, acted = state.carry.own
        asks = self.gt_now(state) != 0
        asked, acted = asked | asks, acted | (asks & (action != 0))
        verdict = self.conclude(state, response, params)
        ends, is_missed = verdict.ends, asked & ~acted & verdict.ran_out
        r_miss = jnp.asarray(params.r_miss, jnp.float32)
        reward = response.reward + jnp.where(is_missed, r_miss, 0)
        return dataclasses.replace(response, reward=reward), (asked & ~ends, acted & ~ends)
