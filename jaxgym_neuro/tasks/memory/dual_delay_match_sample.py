"""Delayed match with two remembered items, after Rose et al. (2016)."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.validation import check_number

ITEMS = ("stimulus1", "stimulus2")
WAITING = ("fixation", "sample", "delay1", "cue1", "delay2", "cue2")
TESTS = ("test1", "test2")


class DualDelayMatchSample(TrialEnv):
    """Remember two items, be cued to either in turn, and report whether each test matches its item.

    While one item is cued, the other is not needed, but it will be: an unattended memory.

    Reference: Rose et al. (2016). Reactivation of latent working memories with transcranial
    magnetic stimulation. Science 354(6316), 1136-1139.
    https://science.sciencemag.org/content/354/6316/1136

    Periods:

    ========  =============  =========  =====================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  =====================================
    fixation  500            on         wait (action 0)
    sample    500            on         wait, and watch both items
    delay1    500            on         wait, and remember
    cue1      500            on         wait, and recall the item that is cued
    test1     500            off        answer
    delay2    500            on         wait, and remember
    cue2      500            on         wait, and recall the other item
    test2     500            off        answer
    ========  =============  =========  =====================================

    Observation, float32; noise of s.d. sigma / sqrt(dt) lies on all channels in sample, test1 and
    test2:

    ======  ============  =================================================================
    index   channel       meaning
    ======  ============  =================================================================
    0       fixation      1 while the subject must wait
    1, 2    stimulus1     (cos(pi v), sin(pi v)) of the first item, in the sample and its test
    3, 4    stimulus2     likewise for the second item
    5       cue1          1 in the cue before the test of the first item
    6       cue2          1 in the cue before the test of the second item
    ======  ============  =================================================================

    Actions:

    ======  =========  ====================
    index   name       meaning
    ======  =========  ====================
    0       fixation   wait
    1       match      the test is the item
    2       non-match  it is not
    ======  =========  ====================

    Rewards:

    =======  =======  ==========================================  ===========================
    name     default  event                                       ends the trial?
    =======  =======  ==========================================  ===========================
    abort    -0.1     an action outside the tests                 only if ``params.abort``
    correct  1        the first answer in a test is right         in test2
    fail     0        the first answer in a test is wrong         in test2
    =======  =======  ==========================================  ===========================

    Performance is the share of the two tests that were answered right.

    Conditions:

    =============  ==================================================================
    name           distribution
    =============  ==================================================================
    ground_truth1  1 (match) or 2 (non-match) for the first item, equally likely, int32
    ground_truth2  likewise for the second item, int32
    sample1        value of the first item, 0 or 0.5, equally likely, float32
    sample2        value of the second item, likewise, float32
    test_order     0: the first item is tested in test1; 1: in test2; equally likely, int32
    test1, test2   derived: values at the tests of the first and of the second item, float32
    =============  ==================================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: only the first answer in test1 is paid, where 2.3.1 pays each of its
    steps; performance grades both answers, where either was enough; the fixation cue goes off in
    the tests, as the signal to answer, where it never did.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DualDelayMatchSample-v0")
        >>> env.new_trial(jax.random.key(0), params, test_order=1).ob.shape
        (40, 7)
    """

    TIMING = dict.fromkeys(
        ("fixation", "sample", "delay1", "cue1", "test1", "delay2", "cue2", "test2"), 500
    )
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Reactivation of latent working memories with transcranial magnetic "
        "stimulation",
        "paper_link": "https://science.sciencemag.org/content/354/6316/1136",
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
        self.sigma = check_number("sigma", sigma, at_least=0)
        channels = {"fixation": 0, "stimulus1": [1, 2], "stimulus2": [3, 4], "cue1": 5, "cue2": 6}
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded(channels),
            action_space=spaces.Discrete(3, name={"fixation": 0, "match": 1, "non-match": 2}),
        )

    @property
    def default_params(self) -> NoisyParams:
        """Params with the constructor's numbers."""
        return NoisyParams(**self.common_params, sigma=self.sigma)

    def init_carry(self, key, params):
        """Begin with neither an answer nor a score in the first test."""
        del key, params
        return {"has_answered": jnp.bool_(False), "score": jnp.float32(0)}

    def sample_conditions(self, key, params, carry):
        """Draw both items, whether their tests match, and their order; forget the last answer."""
        del params
        draws = random.integer(key, 2, (5,))
        conditions = {
            "ground_truth1": draws[0] + 1,
            "ground_truth2": draws[1] + 1,
            "sample1": draws[2].astype(jnp.float32) * 0.5,
            "sample2": draws[3].astype(jnp.float32) * 0.5,
            "test_order": draws[4],
        }
        return conditions, jax.tree.map(jnp.zeros_like, carry)

    def build_trial(self, builder, conditions, params):
        """Show both items together, then cue and test one after the other."""
        truths = jnp.stack([conditions["ground_truth1"], conditions["ground_truth2"]])
        samples = jnp.stack([conditions["sample1"], conditions["sample2"]])
        tests = jnp.where(truths == 1, samples, 0.5 - samples)
        sigma = params.sigma / math.sqrt(self.dt)
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=WAITING, where="fixation")
            .add_ob(_encode(samples).reshape(-1), period="sample", where=ITEMS)
            .add_randn(0, sigma, period=("sample", "test1", "test2"))
        )
        is_first = np.arange(2, dtype=np.int32) == conditions["test_order"]  # (2,) items
        for number, is_due in ((1, is_first), (2, ~is_first)):
            test = jnp.where(is_due[:, None], _encode(tests), 0.0)
            builder = (
                builder.add_ob(is_due, period=f"cue{number}", where=("cue1", "cue2"))
                .add_ob(test.reshape(-1), period=f"test{number}", where=ITEMS)
                .set_groundtruth(jnp.max(jnp.where(is_due, truths, 0)), period=f"test{number}")
            )
        return builder.set_conditions(test1=tests[0], test2=tests[1])

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the first answer in each test; the one in test2 ends the trial."""
        in_test1, has_answered = self.in_period(state, "test1"), state.carry["has_answered"]
        action = jnp.where(in_test1 & has_answered, 0, action)
        response = self.choice_response(state, action, params, fixation=WAITING, decision=TESTS)
        has_answered = has_answered | (in_test1 & (action != 0))
        score = state.carry["score"] + response.performance / 2
        return dataclasses.replace(
            response,
            new_trial=response.new_trial & ~in_test1,
            performance=score,
            carry={"has_answered": has_answered, "score": score},
        )


def _encode(values):
    """Encode the values of the items, (2,) to (2, 2)."""
    return jnp.stack([jnp.cos(math.pi * values), jnp.sin(math.pi * values)], axis=-1)
