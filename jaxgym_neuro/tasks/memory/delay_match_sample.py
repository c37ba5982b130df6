"""Delayed match to sample, after Miller, Erickson & Desimone (1996)."""

import math

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.tasks.memory._delayed_match import DelayedMatch


class DelayMatchSample(DelayedMatch):
    """Remember a sample through a delay, and report whether the test is the same or the opposite.

    Reference: Miller, Erickson & Desimone (1996). Neural mechanisms of visual working memory in
    prefrontal cortex of the macaque. Journal of Neuroscience 16(16), 5154-5167.
    https://www.jneurosci.org/content/jneuro/16/16/5154.full.pdf

    Periods:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  300            on         wait (action 0)
    sample    500            on         wait, and watch
    delay     1000           on         wait, and remember
    test      500            on         wait, and compare
    decision  900            off        answer
    ========  =============  =========  ===================================

    Observation, float32, with d = ``dim_ring``:

    ======  ========  =======================================================================
    index   channel   meaning
    ======  ========  =======================================================================
    0       fixation  1 until the subject may answer
    1..d    stimulus  0.5 cos(theta_i - theta) + 0.5 with noise of s.d. sigma / sqrt(dt), in
                      sample and test
    ======  ========  =======================================================================

    Actions:

    ======  =========  =============================
    index   name       meaning
    ======  =========  =============================
    0       fixation   wait
    1       match      the test is the sample
    2       non-match  the test is opposite to it
    ======  =========  =============================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the answer is the ground truth        yes
    fail     0        the answer is the other               yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  =========================================================================
    name          distribution
    ============  =========================================================================
    ground_truth  1 (match) or 2 (non-match), equally likely, int32
    sample_theta  uniform over the ring's angles, float32, radians
    test_theta    derived: sample_theta, or sample_theta + pi (mod 2 pi) if they do not match,
                  float32
    ============  =========================================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        dim_ring: number of ring units, at least 2. Changes channels.
        abort: whether breaking fixation ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchSample-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (32, 3)
    """

    TIMING = {"fixation": 300, "sample": 500, "delay": 1000, "test": 500, "decision": 900}
    metadata = {
        "paper_name": "Neural Mechanisms of Visual Working Memory in Prefrontal Cortex of the "
        "Macaque",
        "paper_link": "https://www.jneurosci.org/content/jneuro/16/16/5154.full.pdf",
        "tags": ("perceptual", "working memory", "two-alternative", "supervised"),
    }

    def sample_conditions(self, key, params, carry):
        """Draw match or not, and the sample."""
        del params
        key_match, key_sample = random.split(key)
        conditions = {
            "ground_truth": random.integer(key_match, 2) + 1,
            "sample_theta": random.choice(key_sample, self.theta),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the sample, and after the delay the test."""
        sample = conditions["sample_theta"]
        turn = jnp.where(conditions["ground_truth"] == 1, 0.0, math.pi)
        test = jnp.mod(sample + turn, 2 * math.pi)
        builder = self.show(builder, conditions, params, sample=sample, test=test)
        return builder.set_conditions(test_theta=test)
