"""Delayed paired association, after Zhang et al. (2019)."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import ABORT, CUE, WAIT, ChoiceTask, first_action
from jaxgym_neuro.core.differences import missing, withholding
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
from jaxgym_neuro.support.validation import check_flag

NO_GO, GO = 1, 2  # of the inner task; 0 is that there is none


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    p_inner: Leaf = probability(2 / 3, "dual task: probability that there is an inner one")


class DelayPairedAssociation(ChoiceTask[Params]):
    """Smell two odours, a delay apart, and go if they belong together.

    Odours 1 and 3 are a pair, and so are 2 and 4; 1 and 4, and 2 and 3, are not. Having waited to
    the end without a pair earns 0, and performance 1. Always to go and never to go both earn 0 on
    average.

    There is no fixation by default: what comes before the decision is free to lick in, unless
    ``enforce`` is ``"until_cue"``.

    With ``dual`` another task is to be done within the delay, in some trials, while the first odour
    is remembered: after one of two further odours to go, after the other not. The cue goes off when
    it is to be answered. Its first answer earns what that to the pair does, and the trial goes on.
    Performance is 1 if both were right; the paper counts them apart, as the two answers of a table
    of trials can be.

    In the paper the delay is 13 s, and so is the interval between trials; a hit is rewarded, and
    nothing punished.

    Args:
        dual: whether there is an inner task. Changes channels, periods and T.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayPairedAssociation-v0")
        >>> env.new_trial(jax.random.key(0), params, pair=(2, 4)).ob.shape
        (45, 5)
    """

    PAPER = Paper(
        "Zhang et al.",
        2019,
        "Active information maintenance in working memory by a sensory cortex",
        "eLife 8, e43191",
        "https://doi.org/10.7554/eLife.43191",
        species=("mouse",),
    )
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 15.0},
            "an ideal observer is right in 87 % of the trials",
        ),
        "paper": Preset(
            {"timing": {"delay_btw_stim": 13_000, "iti": 13_000}, "rewards": {"fail": 0.0}},
            "the delay and the interval between trials as published; no error costs anything",
            differs="a channel tells when to answer; sessions do not end for want of licks",
        ),
        "dual": Preset(
            {
                "dual": True,
                "timing": {"delay_btw_stim": 3_000, "delay_aft_inner": 8_500, "iti": 13_000},
                "rewards": {"fail": 0.0},
            },
            "the dual task of the paper: the inner one begins 3 s into a delay of 13 s, in two of "
            "three trials",
            differs="as ``paper``",
        ),
    }
    ANSWERS = {
        "choice": first_action("decision"),
        "inner_choice": Answer(
            "only with ``dual``: the first action, if the inner task asks",
            since="inner_decision",
        ),
    }
    TAGS = ("perceptual", "working memory", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(0, "wait (action 0)", cue="on"),
        "stim1": Period(1000, "wait, and smell", cue="on"),
        "delay_btw_stim": Period(1000, "wait, and remember", cue="on"),
        "inner_stim": Period(500, "wait, and smell", cue="on", option="dual"),
        "inner_delay": Period(500, "wait, and remember", cue="on", option="dual"),
        "inner_decision": Period(
            500, "go, or wait", cue="off, if there is an inner task", option="dual"
        ),
        "delay_aft_inner": Period(1000, "wait, and remember", cue="on", option="dual"),
        "stim2": Period(1000, "wait, and associate", cue="on"),
        "delay_aft_stim": Period(1000, "wait, and remember", cue="on"),
        "decision": Period(500, "go, or wait", cue="off"),
    }
    ODOUR = "1 for the odour in stim1 and in stim2, with noise of s.d. sigma / sqrt(dt)"
    INNER = "1 for the no-go, for the go odour in inner_stim, with noise of s.d. sigma / sqrt(dt)"
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(ODOUR, 4),
        "inner": Channel(INNER, 2, option="dual"),
    }
    ACTIONS = {"fixation": WAIT, "go": Action("it is a pair; or it is the go odour")}
    REWARDS = {
        "abort": ABORT,
        "correct": Reward(
            1.0, "going after a pair; in the inner task after the go odour", ends="in decision"
        ),
        "fail": Reward(
            -1.0, "going without a pair; in the inner task after the other", ends="in decision"
        ),
        "miss": Reward(
            0.0, "not to have gone after a pair, or the go odour", ends="in decision, it has ended"
        ),
    }
    CONDITIONS = {
        "ground_truth": Condition("0 (wait) or 1 (go), equally likely", "int32", one_of=(0, 1)),
        "pair": Condition(
            "the odours, the first 1 or 2 and equally likely. The second is drawn as 0, which "
            "stands for the one that the ground truth asks for; a pair that is given whole "
            "determines the ground truth",
            "int32",
            shape=(2,),
            one_of=tuple((first, second) for first in (1, 2) for second in (0, 3, 4)),
        ),
        "inner": Condition(
            "the inner task: 1 (no-go) or 2 (go), equally likely, with ``params.p_inner``, else 0 "
            "(none); without ``dual`` it is 0, and has no effect",
            "int32",
            one_of=(0, NO_GO, GO),
        ),
    }
    DIFFERENCES = {
        "sigma": Difference(
            "`sigma` has an effect", "2.3.1 adds no noise", ("test_noise_lies_on_the_odours",)
        ),
        "withholding": withholding("test_every_row_of_the_reward_table"),
        "miss": missing("test_every_row_of_the_reward_table"),
        "agreement": Difference(
            "odours and ground truth agree, whichever is chosen",
            "2.3.1 computes the ground truth from the pair that was not chosen",
            ("test_odours_and_ground_truth_agree_however_given",),
        ),
    }
    choices = (0, 1)

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        abort: bool = False,
        enforce: str = "fixation",
        dual: bool = False,
    ):
        self.dual = check_flag("dual", dual)
        sizes, numbers = {"dual": self.dual}, {"sigma": sigma}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)

    @property
    def answers(self) -> dict[str, Answer]:
        """What is asked of the subject; the inner task is part of the dual one alone."""
        both = super().answers
        return both if self.dual else {"choice": both["choice"]}

    @property
    def waiting(self) -> tuple[str, ...]:
        """The periods in which acting costs ``abort``, whatever the inner task."""
        return tuple(name for name in super().waiting if name != "inner_decision")

    def init_carry(self, key, params):
        """Begin without an answer to the inner task, if there is one."""
        del key, params
        if not self.dual:
            return ()
        return {"has_answered": jnp.bool_(False), "was_right": jnp.bool_(False)}

    def sample_conditions(self, key, params, carry):
        """Draw pair or not, the first odour, and the inner task; forget the answer to the last."""
        key_go, key_first, key_inner, key_which = random.split(key, 4)
        first = random.integer(key_first, 2) + 1
        inner = jnp.int32(0)
        if self.dual:
            is_there = random.bernoulli(key_inner, jnp.asarray(params.p_inner, jnp.float32))
            inner = jnp.where(is_there, random.integer(key_which, 2) + NO_GO, 0)
        return {
            "ground_truth": random.integer(key_go, 2),
            "pair": jnp.stack([first, jnp.zeros_like(first)]),
            "inner": inner,
        }, jax.tree.map(jnp.zeros_like, carry)

    def has_signal(self, conditions):
        """Return where the subject is to act; of the dual task no one outcome would be told."""
        return None if self.dual else conditions["ground_truth"] > 0

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; one odour in each stimulus; the inner task, if there is one."""
        first, second = conditions["pair"]
        partner = jnp.where(conditions["ground_truth"] == 1, first + 2, 5 - first)
        second = jnp.where(second == 0, partner, second)
        ground_truth = ((second - first) % 2 == 0).astype(jnp.int32)
        odours = np.arange(1, 5, dtype=np.int32)
        sigma = params.sigma / math.sqrt(self.dt)
        cued = [name for name in self.periods if name not in ("decision", "inner_decision")]
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=cued, where="fixation")
            .add_ob(odours == first, period="stim1", where="stimulus")
            .add_ob(odours == second, period="stim2", where="stimulus")
            .add_randn(0, sigma, period=("stim1", "stim2"), where="stimulus")
            .set_groundtruth(ground_truth, period="decision")
            .set_conditions(ground_truth=ground_truth, pair=jnp.stack([first, second]))
        )
        if not self.dual:
            return builder
        inner, odours = conditions["inner"], np.asarray([NO_GO, GO], np.int32)
        return (
            builder.add_ob(inner == 0, period="inner_decision", where="fixation")
            .add_ob(odours == inner, period="inner_stim", where="inner")
            .add_randn(0, sigma, period="inner_stim", where="inner")
            .set_groundtruth(inner == GO, period="inner_decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the answer to the pair, and before it the first to the inner task."""
        response = super().respond(state, action, params)
        if not self.dual:
            return response
        has_answered, was_right = state.carry["has_answered"], state.carry["was_right"]
        inner = state.trial.conditions["inner"]
        acted, rewards = action != 0, params.rewards
        in_window = self.in_period(state, "inner_decision")
        answered = acted & in_window & (inner > 0) & ~has_answered
        is_last = state.t + 1 == state.trial.end[self.periods.index("inner_decision")]
        missed = in_window & is_last & (inner == GO) & ~acted & ~has_answered
        broke = acted & in_window & (inner == 0) & (self.enforce == "until_cue")
        right = action == self.gt_now(state)
        held_back = (inner != GO) & ~has_answered
        reward = jnp.where(answered, jnp.where(right, rewards["correct"], rewards["fail"]), 0)
        reward = reward + jnp.where(missed, rewards["miss"], 0)
        reward = reward + jnp.where(broke, rewards["abort"], 0)
        return dataclasses.replace(
            response,
            reward=response.reward + reward,
            new_trial=response.new_trial | (broke & params.abort),
            performance=jnp.where(held_back | was_right, response.performance, 0),
            carry={
                "has_answered": has_answered | answered,
                "was_right": was_right | (answered & right),
            },
            answers={**(response.answers or {}), "inner_choice": Given(answered)},
        )
