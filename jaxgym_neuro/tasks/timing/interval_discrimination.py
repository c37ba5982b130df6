"""Telling which of two intervals was longer, after Genovesio, Tsujimoto & Wise (2009)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.env import Response, TrialEnv

_CANDIDATES = 8  # pairs from which the first with different durations is taken


class IntervalDiscrimination(TrialEnv):
    """See two stimuli one after the other, and say which of them lasted longer.

    Reference: Genovesio, Tsujimoto & Wise (2009). Feature- and order-based timing representations
    in the frontal cortex. Neuron 63(2), 254-266.
    https://www.sciencedirect.com/science/article/pii/S0896627309004887

    Periods:

    ========  ================  =========  ===================================
    name      default (ms)      cue        the subject should
    ========  ================  =========  ===================================
    fixation  300               on         wait (action 0)
    stim1     uniform 300-600   on         wait, and measure
    delay1    uniform 800-1500  on         wait, and remember
    stim2     uniform 300-600   on         wait, and measure
    delay2    500               on         wait, and compare
    decision  300               off        choose
    ========  ================  =========  ===================================

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 until the subject may answer
    1       stim1     1 in stim1
    2       stim2     1 in stim2
    ======  ========  ==============================================================

    Actions:

    ======  ========  =======================
    index   name      meaning
    ======  ========  =======================
    0       fixation  wait
    1       choice1   stim1 was longer
    2       choice2   stim2 was longer
    ======  ========  =======================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is another                 yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    duration1     the timing of stim1, in whole steps, ms, float32
    duration2     the timing of stim2, in whole steps, ms, float32; drawn again,
                  both, while they are equal (eight times at most)
    tie           1 or 2 with equal probability, int32; the answer if durations are equal
    ground_truth  derived: the action to choose, int32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: durations differ, and where a chosen timing makes them equal, a coin
    decides; 2.3.1 has equal durations in a quarter of its trials, with 2 as the answer. Durations
    can be chosen.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("IntervalDiscrimination-v0", dt=20)
        >>> trial = env.new_trial(jax.random.key(0), params, duration1=500, duration2=400)
        >>> int(trial.conditions["ground_truth"])
        1
    """

    TIMING = {
        "fixation": 300,
        "stim1": ("uniform", (300, 600)),
        "delay1": ("uniform", (800, 1500)),
        "stim2": ("uniform", (300, 600)),
        "delay2": 500,
        "decision": 300,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Feature- and Order-Based Timing Representations in the Frontal Cortex",
        "paper_link": "https://www.sciencedirect.com/science/article/pii/S0896627309004887",
        "tags": ("timing", "working memory", "delayed response", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
    ):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stim1": 1, "stim2": 2}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice1": 1, "choice2": 2}),
        )

    def sample_conditions(self, key, params, carry):
        """Draw two different durations, and the answer for equal ones."""
        key1, key2, key_tie = random.split(key, 3)
        first = self._sample_steps(key1, params.timing["stim1"])
        second = self._sample_steps(key2, params.timing["stim2"])
        taken = jnp.argmax(first != second)
        conditions = {
            "duration1": first[taken].astype(jnp.float32) * self.dt,
            "duration2": second[taken].astype(jnp.float32) * self.dt,
            "tie": random.integer(key_tie, 2) + 1,
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; two stimuli."""
        del params
        given = {"stim1": conditions["duration1"], "stim2": conditions["duration2"]}
        for name in self.periods:
            builder = builder.add_period(name, duration=given.get(name))
        steps1, steps2 = builder.period_steps("stim1"), builder.period_steps("stim2")
        longer = jnp.where(steps1 > steps2, jnp.int32(1), jnp.int32(2))
        ground_truth = jnp.where(steps1 == steps2, conditions["tie"], longer)
        return (
            builder.add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(1, period="stim1", where="stim1")
            .add_ob(1, period="stim2", where="stim2")
            .set_groundtruth(ground_truth, period="decision")
            .set_conditions(
                duration1=builder.period_ms("stim1"),
                duration2=builder.period_ms("stim2"),
                ground_truth=ground_truth,
            )
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)

    def _sample_steps(self, key, distribution):
        """Draw candidates for a duration, in steps."""
        drawn = jax.vmap(distribution.sample)(random.split(key, _CANDIDATES))
        return timing_module.duration_steps(drawn, self.dt)
