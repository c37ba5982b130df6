"""Delayed match to sample with distractors, after Miller, Erickson & Desimone (1996)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.choice_task import MISS, WAIT, ChoiceTask, abort_by
from jaxgym_neuro.core.differences import other_conditions
from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.core.params import Leaf, NoisyParams, number, probability
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.memory._delayed_match import MILLER_1996

NUM_TESTS = 3
RING = stimuli.ring(32)


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    min_distance: Leaf = number(
        0.0, "least angle of a distractor to the sample", unit="rad", at_least=0, at_most=3.1
    )
    p_repeat: Leaf = probability(0.0, "probability that all distractors of a trial are the same")


class DelayMatchSampleDistractor1D(ChoiceTask[Params]):
    """Remember a sample while up to two distractors pass, and respond to the test that matches it.

    One of the three tests always matches, so that the third needs no memory: who has not responded
    before does so there. By default a distractor may be arbitrarily close to the sample.

    Not to respond earns 0, and a wrong response -1: an agent that is right in less than half of the
    trials does best to wait, unless ``miss`` costs something.

    With ``p_repeat`` above 0 the distractors of a trial may be one and the same: the sample A, then
    B, B and A. A subject that responds to whatever comes again, and not to the sample alone, is
    found out by that (the ABBA task, see Amit, Yakovlev & Hochstein (2013), Frontiers in Human
    Neuroscience 7, 408); monkeys do respond to distractors that they have seen before (Wittig &
    Richmond (2014), Learning & Memory 21, 325-333, https://doi.org/10.1101/lm.034181.113).

    Having waited through all tests earns 0, and performance 0: one of them matched. So a table of
    trials has hits, misses and false alarms, to another test or in a delay, and a correct rejection
    is a test that passed, not a trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayMatchSampleDistractor1D-v0")
        >>> env.new_trial(jax.random.key(0), params, ground_truth=2).ob.shape
        (53, 33)
    """

    PAPER = MILLER_1996
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 6.0},
            "an ideal observer, who goes where it pays, is right in 91 % of the trials: 96, 91 "
            "and 87 % with a match in the first, second and third test",
        ),
        "ABBA": Preset(
            {"p_repeat": 0.5, "min_distance": 0.5},
            "in half of the trials a distractor comes again: to know that something was seen "
            "before is not enough",
        ),
    }
    ANSWERS = {
        "choice": Answer(
            "the first action after the sample",
            since=("delay1", "test1", "test2", "test3"),
        ),
    }
    TAGS = ("perceptual", "working memory", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "sample": Period(500, "wait, and watch", cue="on"),
        "delay1": Period(1000, "wait, and remember", cue="on"),
        "test1": Period(500, "respond to a match; else wait", cue="off"),
        "delay2": Period(1000, "wait", cue="off"),
        "test2": Period(500, "as in test1", cue="off"),
        "delay3": Period(1000, "wait", cue="off"),
        "test3": Period(500, "as in test1", cue="off"),
    }
    SEEN = "cos(theta_i - theta) with noise of s.d. sigma / sqrt(dt), in the sample and the tests"
    CHANNELS = {"fixation": Channel("1 until the first test"), "stimulus": Channel(SEEN, 32)}
    ACTIONS = {"fixation": WAIT, "match": Action("this test is the sample")}
    REWARDS = {
        "abort": abort_by("an action in fixation or sample"),
        "correct": Reward(1.0, "an action in the matching test"),
        "fail": Reward(-1.0, "an action in a delay or another test"),
        "miss": MISS,
    }
    CONDITIONS = {
        "ground_truth": Condition(
            "1, 2 or 3, equally likely: the test that matches", "int32", one_of=(1, 2, 3)
        ),
        "sample": Condition("uniform on [0, 2 pi)", unit="rad"),
        "distractors": Condition(
            "uniform on [0, 2 pi), but for ``params.min_distance`` on either side of the sample: "
            "what tests without a match show. Drawn as -1, which stands for the place that "
            "``offsets`` give it",
            shape=(NUM_TESTS,),
            unit="rad",
            at_least=-1,
        ),
        "offsets": Condition(
            "uniform on [0, 1): place of each distractor on the way around the circle, from the "
            "nearest that it may be to the sample on one side to that on the other",
            shape=(NUM_TESTS,),
            at_least=0,
            at_most=1,
        ),
        "repeat": Condition(
            "do all distractors have the place of the first? With ``params.p_repeat``", "bool"
        ),
        "tests": Condition("the angles shown", shape=(NUM_TESTS,), unit="rad", derived=True),
    }
    DIFFERENCES = {
        "conditions": other_conditions(
            "the condition `tests` has the angles of the three tests",
            "2.3.1 has them one by one, as `test1`, `test2` and `test3`",
        ),
        "sigma": Difference(
            "`sigma` has an effect", "2.3.1 adds no noise", ("test_sigma_has_an_effect",)
        ),
        "cue": Difference(
            "the fixation cue stays on until the first test",
            "2.3.1 turns it off after fixation, when acting is still penalised",
            ("test_one_test_repeats_the_sample",),
        ),
        "distractors": Difference(
            "`distractors` can be chosen",
            "2.3.1 draws them whatever is chosen",
            ("test_distractors_can_be_chosen",),
        ),
    }
    WAITING = ("fixation", "sample")
    ANSWERING = tuple(TIMING)[2:]
    choices = (1, 2, 3)
    theta = RING

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
        min_distance: float = Params.min_distance,
        p_repeat: float = Params.p_repeat,
    ):
        numbers = {"sigma": sigma, "min_distance": min_distance, "p_repeat": p_repeat}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers=numbers)

    def sample_conditions(self, key, params, carry):
        """Draw which test matches, the sample, the distractors, and whether they are the same."""
        key_match, key_angles, key_repeat = random.split(key, 3)
        places = random.uniform(key_angles, (1 + NUM_TESTS,))
        return {
            "ground_truth": random.integer(key_match, NUM_TESTS) + 1,
            "sample": places[0] * np.float32(2 * math.pi),
            "distractors": jnp.full((NUM_TESTS,), -1, jnp.float32),
            "offsets": jnp.mod(places[1:] - places[0], 1),
            "repeat": random.bernoulli(key_repeat, jnp.asarray(params.p_repeat, jnp.float32)),
        }, carry

    def has_signal(self, conditions):
        """Say that there is: one of the tests matches."""
        return np.ones(len(conditions["ground_truth"]), np.bool_)

    def build_trial(self, builder, conditions, params):
        """Cue until the first test; the sample, and the tests, one of which repeats it."""
        sample, ground_truth = conditions["sample"], conditions["ground_truth"]
        is_match = ground_truth == np.arange(1, NUM_TESTS + 1, dtype=np.int32)
        turn, nearest = 2 * math.pi, params.min_distance
        offsets = conditions["offsets"]
        first = jnp.where(is_match[0], offsets[1], offsets[0])  # of the tests that do not match
        offsets = jnp.where(conditions["repeat"], first, offsets)
        drawn = jnp.mod(sample + nearest + offsets * (turn - 2 * nearest), turn)
        given = conditions["distractors"]
        distractors = jnp.where(given < 0, drawn, given)
        tests = jnp.where(is_match, sample, distractors)
        shown = {"sample": sample} | {f"test{i + 1}": tests[i] for i in range(NUM_TESTS)}
        builder = builder.add_period(self.periods)
        builder = builder.add_ob(1, period=("fixation", "sample", "delay1"), where="fixation")
        for period, angle in shown.items():
            tuning = stimuli.cosine_tuning(RING, angle)
            builder = builder.add_ob(tuning, period=period, where="stimulus")
        sigma = params.sigma / math.sqrt(self.dt)
        builder = builder.add_randn(0, sigma, period=tuple(shown), where="stimulus")
        for i in range(NUM_TESTS):
            builder = builder.set_groundtruth(is_match[i], period=f"test{i + 1}")
        return builder.set_conditions(tests=tests, distractors=distractors)

    def is_due(self, state: EnvState) -> jax.Array:
        """Say that it is: one of the tests matched."""
        del state
        return jnp.bool_(True)
