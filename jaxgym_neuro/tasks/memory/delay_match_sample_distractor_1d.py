"""Delayed match to sample with distractors, after Miller, Erickson & Desimone (1996)."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.validation import check_number

NUM_TESTS = 3


class DelayMatchSampleDistractor1D(TrialEnv):
    """Remember a sample while up to two distractors pass, and respond to the test that matches it.

    Reference: Miller, Erickson & Desimone (1996). Neural mechanisms of visual working memory in
    prefrontal cortex of the macaque. Journal of Neuroscience 16(16), 5154-5167.
    https://www.jneurosci.org/content/jneuro/16/16/5154.full.pdf

    Periods:

    ========  =============  =========  ===================================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================================
    fixation  300            on         wait (action 0)
    sample    500            on         wait, and watch
    delay1    1000           on         wait, and remember
    test1     500            off        respond to a match; else wait
    delay2    1000           off        wait
    test2     500            off        as in test1
    delay3    1000           off        wait
    test3     500            off        as in test1
    ========  =============  =========  ===================================================

    Observation, float32:

    ======  ========  =====================================================================
    index   channel   meaning
    ======  ========  =====================================================================
    0       fixation  1 until the first test
    1..32   stimulus  cos(theta_i - theta) with noise of s.d. sigma / sqrt(dt), in the sample
                      and the tests
    ======  ========  =====================================================================

    Actions:

    ======  ========  =======================
    index   name      meaning
    ======  ========  =======================
    0       fixation  wait
    1       match     this test is the sample
    ======  ========  =======================

    Rewards:

    =======  =======  ==========================================  ===========================
    name     default  event                                       ends the trial?
    =======  =======  ==========================================  ===========================
    abort    -0.1     an action in fixation or sample             only if ``params.abort``
    correct  1        an action in the matching test              yes
    fail     -1       an action in a delay or another test        yes
    =======  =======  ==========================================  ===========================

    Having waited through all tests earns 0, and performance 0: one of them matched.

    Conditions:

    ============  ===============================================================
    name          distribution
    ============  ===============================================================
    ground_truth  1, 2 or 3, equally likely, int32: the test that matches
    sample        uniform on [0, 2 pi), float32
    distractors   (3,) float32, uniform on [0, 2 pi): what tests without a match show
    tests         derived: (3,) float32, the three angles that are shown
    ============  ===============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: ``sigma`` has its effect, where 2.3.1 adds no noise; the fixation cue
    stays on until the first test, where 2.3.1 turns it off after fixation, with the penalty on.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchSampleDistractor1D-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=2).ob.shape
        (53, 33)
    """

    TIMING = {
        "fixation": 300,
        "sample": 500,
        "delay1": 1000,
        "test1": 500,
        "delay2": 1000,
        "test2": 500,
        "delay3": 1000,
        "test3": 500,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": -1.0}
    choices = (1, 2, 3)
    metadata = {
        "paper_name": "Neural Mechanisms of Visual Working Memory in Prefrontal Cortex of the "
        "Macaque",
        "paper_link": "https://www.jneurosci.org/content/jneuro/16/16/5154.full.pdf",
        "tags": ("perceptual", "working memory", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(32)
        self.sigma = check_number("sigma", sigma, at_least=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": range(1, 33)}),
            action_space=spaces.Discrete(2, name={"fixation": 0, "match": 1}),
        )

    @property
    def default_params(self) -> NoisyParams:
        """Params with the constructor's numbers."""
        return NoisyParams(**self.common_params, sigma=self.sigma)

    def sample_conditions(self, key, params, carry):
        """Draw which test matches, the sample, and the distractors."""
        del params
        key_match, key_angles = random.split(key)
        angles = random.uniform(key_angles, (1 + NUM_TESTS,)) * np.float32(2 * math.pi)
        conditions = {
            "ground_truth": random.integer(key_match, NUM_TESTS) + 1,
            "sample": angles[0],
            "distractors": angles[1:],
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the first test; the sample, and the tests, one of which repeats it."""
        sample, ground_truth = conditions["sample"], conditions["ground_truth"]
        is_match = ground_truth == np.arange(1, NUM_TESTS + 1, dtype=np.int32)
        tests = jnp.where(is_match, sample, conditions["distractors"])
        shown = {"sample": sample} | {f"test{i + 1}": tests[i] for i in range(NUM_TESTS)}
        builder = builder.add_period(self.periods)
        builder = builder.add_ob(1, period=("fixation", "sample", "delay1"), where="fixation")
        for period, angle in shown.items():
            tuning = stimuli.cosine_tuning(self.theta, angle)
            builder = builder.add_ob(tuning, period=period, where="stimulus")
        sigma = params.sigma / math.sqrt(self.dt)
        builder = builder.add_randn(0, sigma, period=tuple(shown), where="stimulus")
        for i in range(NUM_TESTS):
            builder = builder.set_groundtruth(is_match[i], period=f"test{i + 1}")
        return builder.set_conditions(tests=tests)

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the first action after the sample; penalise one before."""
        response = self.choice_response(
            state, action, params, fixation=("fixation", "sample"), decision=self.periods[2:]
        )
        # A trial always has a match, so waiting through its last step is never right.
        return dataclasses.replace(
            response, performance=jnp.where(action != 0, response.performance, 0.0)
        )
