"""Delayed match to category, after Freedman & Assad (2006)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.pytrees import pytree
from jaxgym_neuro.validation import check_number


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    sigma: jax.Array = 1.0  # input noise; its s.d. per step is sigma / sqrt(dt)


class DelayMatchCategory(TrialEnv):
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
    test_category    derived, int32
    sample_theta     derived: (sample_category + sample_place - 1/2) pi, float32
    test_theta       derived likewise
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
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Experience-dependent representation of visual categories in parietal cortex",
        "paper_link": "https://www.nature.com/articles/nature05078",
        "tags": ("perceptual", "working memory", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        dim_ring: int = 2,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.sigma = check_number("sigma", sigma, at_least=0)
        self.abort = bool(abort)
        channels = {"fixation": 0, "stimulus": range(1, dim_ring + 1)}
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            observation_space=spaces.Box(-np.inf, np.inf, (1 + dim_ring,), name=channels),
            action_space=spaces.Discrete(3, name={"fixation": 0, "match": 1, "non-match": 2}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, sigma=self.sigma, abort=self.abort)

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
        is_match = conditions["ground_truth"] == 1
        sample_category = conditions["sample_category"]
        test_category = jnp.where(is_match, sample_category, 1 - sample_category)
        sample_theta = _place(sample_category, conditions["sample_place"])
        test_theta = _place(test_category, conditions["test_place"])
        sample = stimuli.positive_tuning(self.theta, sample_theta)
        test = stimuli.positive_tuning(self.theta, test_theta)
        sigma = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "sample", "first_delay"), where="fixation")
            .add_ob(sample, period="sample", where="stimulus")
            .add_ob(test, period="test", where="stimulus")
            .add_randn(0, sigma, period=("sample", "test"), where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="test")
            .set_conditions(
                test_category=test_category, sample_theta=sample_theta, test_theta=test_theta
            )
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge an answer during the test; penalise one in fixation."""
        return self.choice_response(state, action, params, decision="test")


def _place(category, place):
    """Angle at a place (0 to 1) in a category, in radians."""
    return (category.astype(jnp.float32) + place - 0.5) * math.pi
