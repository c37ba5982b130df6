"""Delayed match to category, after Freedman & Assad (2006)."""

import math

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.tasks.memory._delayed_match import DelayedMatch


class DelayMatchCategory(DelayedMatch):
    """Report whether two directions, a delay apart, belong to the same half of the circle.

    Category 0 is the half around the preferred direction of the first ring unit, from -pi/2 to
    pi/2; category 1 is the other half. Directions of a category differ, so what must be remembered
    is not what was seen.

    Reference: Freedman & Assad (2006). Experience-dependent representation of visual categories in
    parietal cortex. Nature 443, 85-88. https://www.nature.com/articles/nature05078

    Periods:

    ===========  =============  =========  ===================================
    name         default (ms)   cue        the subject should
    ===========  =============  =========  ===================================
    fixation     500            on         wait (action 0)
    sample       650            on         wait, and classify
    first_delay  1000           on         wait, and remember
    test         650            off        classify, and answer
    ===========  =============  =========  ===================================

    Observation, float32, with d = ``dim_ring``:

    ======  ========  =======================================================================
    index   channel   meaning
    ======  ========  =======================================================================
    0       fixation  1 until the subject may answer
    1..d    stimulus  0.5 cos(theta_i - theta) + 0.5 with noise of s.d. sigma / sqrt(dt), in
                      sample and test
    ======  ========  =======================================================================

    Actions:

    ======  =========  ====================
    index   name       meaning
    ======  =========  ====================
    0       fixation   wait
    1       match      the same category
    2       non-match  different categories
    ======  =========  ====================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the answer is the ground truth        yes
    fail     0        the answer is the other               yes
    =======  =======  ====================================  ===========================

    Conditions:

    ===============  ==========================================================
    name             distribution
    ===============  ==========================================================
    ground_truth     1 (match) or 2 (non-match), equally likely, int32
    sample_category  0 or 1, equally likely, int32
    sample_place     uniform on [0, 1), float32: where in its category
    test_place       uniform on [0, 1), float32
    test_category    derived: that of the sample or the other, int32
    sample_theta     derived: (sample_category + sample_place - 1/2) pi, float32
    test_theta       derived likewise, float32
    ===============  ==========================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        dim_ring: number of ring units, at least 2. Changes channels.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the boundary between the categories is turned by 90 degrees. In 2.3.1
    it runs through 0 and pi, and the default ring of two units, at 0 and pi, sees no difference
    between the two sides of that line, so the task cannot be solved.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchCategory-v0", dim_ring=16)
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (27, 17)
    """

    TIMING = {"fixation": 500, "sample": 650, "first_delay": 1000, "test": 650}
    metadata = {
        "paper_name": "Experience-dependent representation of visual categories in parietal cortex",
        "paper_link": "https://www.nature.com/articles/nature05078",
        "tags": ("perceptual", "working memory", "two-alternative", "supervised"),
    }

    def sample_conditions(self, key, params, carry):
        """Draw match or not, the category of the sample, and a place in each category."""
        del params
        key_match, key_category, key_places = random.split(key, 3)
        sample_place, test_place = random.uniform(key_places, (2,))
        conditions = {
            "ground_truth": random.integer(key_match, 2) + 1,
            "sample_category": random.integer(key_category, 2),
            "sample_place": sample_place,
            "test_place": test_place,
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the test; a direction in the sample, another in the test."""
        category = conditions["sample_category"]
        test_category = jnp.where(conditions["ground_truth"] == 1, category, 1 - category)
        sample = _angle(category, conditions["sample_place"])
        test = _angle(test_category, conditions["test_place"])
        return self.show(builder, conditions, params, sample=sample, test=test).set_conditions(
            test_category=test_category, sample_theta=sample, test_theta=test
        )


def _angle(category, place):
    """Angle at a place (0 to 1) in a category, in radians."""
    return (category.astype(jnp.float32) + place - 0.5) * math.pi
