"""Delayed match with two remembered items, after Rose et al. (2016)."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import WAIT, ChoiceTask, abort_by
from jaxgym_neuro.core.differences import quiet_cues
from jaxgym_neuro.core.env import Response
from jaxgym_neuro.core.params import Leaf, NoisyParams, probability
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree

ITEMS = ("stimulus1", "stimulus2")
# Drawn for all channels; the cues carry none.
_NOISY = np.array([0, 1, 1, 1, 1, 0, 0], np.float32)


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    p_switch: Leaf = probability(1.0, "probability that the second cue names the other item")


class DualDelayMatchSample(ChoiceTask[Params]):
    """Remember two items, be cued to one of them twice, and report whether the tests match it.

    By default the second cue names the other item: while one item is cued, the other is not needed,
    but it will be, and both must be kept to the end. In the experiment the second cue names either
    item (``p_switch`` 0.5), so that after the first the other item may be needed, and after the
    second one of them no longer is. Here an item is one of two values.

    Noise of s.d. sigma / sqrt(dt) lies on the stimuli in sample, test1 and test2. Performance is
    the share of the two tests that were answered right.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DualDelayMatchSample-v0")
        >>> env.new_trial(jax.random.key(0), params, test_order=1).ob.shape
        (40, 7)
    """

    PAPER = Paper(
        "Rose et al.",
        2016,
        "Reactivation of latent working memories with transcranial magnetic stimulation",
        "Science 354(6316), 1136-1139",
        "https://doi.org/10.1126/science.aah7011",
        species=("human",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 10.0},
            "an ideal observer is right in 89 % of its answers",
        ),
        "paper": Preset(
            {"p_switch": 0.5},
            "the second cue names the same item again, or the other one",
            differs=("an item is one of two values"),
        ),
    }
    ANSWERS = {
        "first_choice": Answer(
            "the first action in test1",
            since="test1",
        ),
        "second_choice": Answer(
            "the action in test2",
            since="test2",
        ),
    }
    TAGS = ("perceptual", "working memory", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "sample": Period(500, "wait, and watch both items", cue="on"),
        "delay1": Period(500, "wait, and remember", cue="on"),
        "cue1": Period(500, "wait, and recall the item that is cued", cue="on"),
        "test1": Period(500, "answer", cue="off"),
        "delay2": Period(500, "wait, and remember", cue="on"),
        "cue2": Period(500, "wait, and recall the item that is cued", cue="on"),
        "test2": Period(500, "answer", cue="off"),
    }
    CHANNELS = {
        "fixation": Channel("1 while the subject must wait"),
        "stimulus{i}": Channel("cos(pi v), sin(pi v) of item i, in sample and its test", 2, each=2),
        "cue{i}": Channel("1 in the cue before a test of item i", each=2),
    }
    ACTIONS = {
        "fixation": WAIT,
        "match": Action("the test is the item"),
        "non-match": Action("it is not"),
    }
    REWARDS = {
        "abort": abort_by("an action outside the tests"),
        "correct": Reward(1.0, "the first answer in a test is right", ends="in test2"),
        "fail": Reward(0.0, "the first answer in a test is wrong", ends="in test2"),
        "miss": Reward(0.0, "no answer in a test", ends="in test2, it has ended"),
    }
    CONDITIONS = {
        "ground_truth1": Condition(
            "1 (match) or 2 (non-match), equally likely: the test of item 1. Without a switch, the "
            "item that is not cued lends its own to the second test",
            "int32",
            one_of=(1, 2),
        ),
        "ground_truth2": Condition("likewise: of item 2", "int32", one_of=(1, 2)),
        "sample1": Condition("0 or 0.5, equally likely: value of item 1", one_of=(0, 0.5)),
        "sample2": Condition("likewise: value of item 2", one_of=(0, 0.5)),
        "test_order": Condition(
            "0 or 1, equally likely: item 1, 2 is cued first", "int32", one_of=(0, 1)
        ),
        "switch": Condition(
            "whether the second cue names the other item; with ``params.p_switch``", "bool"
        ),
        "test1": Condition("value at the test to which ground_truth1 belongs", derived=True),
        "test2": Condition("value at that of ground_truth2", derived=True),
    }
    DIFFERENCES = {
        "first answer": Difference(
            "only the first answer in `test1` is paid",
            "2.3.1 pays each of its steps",
            (
                "test_first_answers_are_paid_and_both_are_graded",
                "test_statistics_agree_with_neurogym",
            ),
        ),
        "performance": Difference(
            "performance is the share of right answers, the mean of both tests",
            "in 2.3.1 either answer is enough",
            (
                "test_first_answers_are_paid_and_both_are_graded",
                "test_statistics_agree_with_neurogym",
            ),
        ),
        "cue": Difference(
            "the fixation cue goes off in the tests",
            "its going off is the signal to answer; in 2.3.1 it never does",
            ("test_cue_goes_off_in_the_tests",),
        ),
        "noise": quiet_cues("test_noise_lies_on_the_stimuli_alone"),
    }
    WAITING = ("fixation", "sample", "delay1", "cue1", "delay2", "cue2")
    ANSWERING = ("test1", "test2")

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
        p_switch: float = Params.p_switch,
    ):
        numbers = {"sigma": sigma, "p_switch": p_switch}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers=numbers)

    def init_carry(self, key, params):
        """Begin with neither an answer nor a score in the first test."""
        del key, params
        return {"has_answered": jnp.bool_(False), "score": jnp.float32(0)}

    def sample_conditions(self, key, params, carry):
        """Draw both items, whether their tests match, and their order; forget the last answer."""
        key_items, key_switch = random.split(key)
        draws = random.integer(key_items, 2, (5,))
        return {
            "ground_truth1": draws[0] + 1,
            "ground_truth2": draws[1] + 1,
            "sample1": draws[2].astype(jnp.float32) * 0.5,
            "sample2": draws[3].astype(jnp.float32) * 0.5,
            "test_order": draws[4],
            "switch": random.bernoulli(key_switch, params.p_switch),
        }, jax.tree.map(jnp.zeros_like, carry)

    def build_trial(self, builder, conditions, params):
        """Show both items together, then cue and test one after the other."""
        truths = jnp.stack([conditions["ground_truth1"], conditions["ground_truth2"]])
        samples = jnp.stack([conditions["sample1"], conditions["sample2"]])
        # The item that each ground truth is about: that of the other one, where it is cued twice.
        is_first = np.arange(2, dtype=np.int32) == conditions["test_order"]  # (2,) items
        is_about = is_first | conditions["switch"]
        samples_tested = jnp.where(is_about, samples, samples[::-1])
        tests = jnp.where(truths == 1, samples_tested, 0.5 - samples_tested)
        sigma = params.sigma / math.sqrt(self.dt)
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=self.WAITING, where="fixation")
            .add_ob(_encode(samples).reshape(-1), period="sample", where=ITEMS)
            .add_randn(0, sigma * _NOISY, period=("sample", "test1", "test2"))
        )
        is_second = jnp.where(conditions["switch"], ~is_first, is_first)
        for number, is_due, is_cued in ((1, is_first, is_first), (2, ~is_first, is_second)):
            value = jnp.sum(jnp.where(is_due, tests, 0))
            test = jnp.where(is_cued[:, None], _encode(value[None]), 0.0)
            builder = (
                builder.add_ob(is_cued, period=f"cue{number}", where=("cue1", "cue2"))
                .add_ob(test.reshape(-1), period=f"test{number}", where=ITEMS)
                .set_groundtruth(jnp.max(jnp.where(is_due, truths, 0)), period=f"test{number}")
            )
        return builder.set_conditions(test1=tests[0], test2=tests[1])

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the first answer in each test; the one in test2 ends the trial."""
        in_test1, has_answered = self.in_period(state, "test1"), state.carry["has_answered"]
        action = jnp.where(in_test1 & has_answered, 0, action)
        response = super().respond(state, action, params)
        given = (action != 0) & self.in_period(state, self.ANSWERING)
        is_last = state.t + 1 == state.trial.end[self.periods.index("test1")]
        missed = in_test1 & is_last & ~has_answered & (action == 0)
        has_answered = has_answered | (in_test1 & (action != 0))
        score = state.carry["score"] + response.performance / 2
        return dataclasses.replace(
            response,
            reward=response.reward + jnp.where(missed, params.rewards["miss"], 0),
            new_trial=response.new_trial & ~in_test1,
            performance=score,
            carry={"has_answered": has_answered, "score": score},
            answers={
                "first_choice": Given(given & in_test1),
                "second_choice": Given(given & ~in_test1),
            },
        )


def _encode(values):
    """Encode values, (n,) to (n, 2)."""
    return jnp.stack([jnp.cos(math.pi * values), jnp.sin(math.pi * values)], axis=-1)
