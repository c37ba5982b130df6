"""Hierarchical reasoning about rules and intervals, after Sarafyazd & Jazayeri (2019)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.blocks import InBlock, Lengths, followed, found
from jaxgym_neuro.core.choice_task import WAIT, abort_by
from jaxgym_neuro.core.differences import other_conditions
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, integer, number
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
from jaxgym_neuro.core.weber import (
    check_room,
    draw_jitter,
    jitter_of,
    longest_shown,
    stretch,
    weber_fraction,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag, check_order
from jaxgym_neuro.timing import Choice, duration_steps


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    mid_delay: Leaf = number(850.0, "an interval above it is long", unit="ms", at_least=0)
    min_block: Leaf = integer(10, "trials of the shortest block with one rule", at_least=1)
    max_block: Leaf = integer(20, "trials of the longest block", at_least=1)
    weber: Leaf = weber_fraction("the interval that is shown")


@pytree
class Carry:
    """What lasts: the block over trials, what was done within one, and how the last one went."""

    block: InBlock  # whose kind is the rule
    report: jax.Array  # () int32, the last action in rule_target of this trial
    outcome: Any  # () float32, how the last trial went: 1, -1, 0 before any; () if it is not shown


class HierarchicalReasoning(TrialEnv[Params, Carry]):
    """Judge an interval by a rule that is not shown and that changes without notice.

    Two flashes on one side bound an interval, short or long. Rule 0 asks for the side of the
    flashes after a short interval, and for the opposite after a long one; rule 1 asks for the
    reverse. The rule holds for a block of trials; after an error, the subject must tell whether it
    misjudged the interval or the rule has changed. It reports the rule it believes in, and then its
    choice.

    Blocks last ``params.min_block`` to ``params.max_block`` trials, all equally likely, and the
    rule alternates. An episode begins anywhere in a block of either rule.

    Nothing in a trial depends on its rule: the subject can infer it from nothing but how its
    choices turn out. That is shown to it with ``feedback``, in the fixation of the next trial, or
    by `jaxgym_neuro.wrappers.PassReward`. Without either it can only guess the rule, and so it can
    where nobody acts, in the batches of a `Dataset`.

    An error is ambiguous where the interval may have been misjudged: with ``params.weber`` above 0,
    the interval is shown with a jitter in proportion to it (Weber's law), and the right choice is
    that by the interval itself. By default what is shown is exact, and every error off the median
    tells of a change of the rule; with ``feedback``, an observer that infers it is right in 88 % of
    trials, and one that knows it in 94 % (`jaxgym_neuro.ideal`).

    Args:
        dt: step in ms. Changes T. Above 10 ms, some intervals last as many steps as others.
        timing: changes to the periods. Changes T, and the timing of ``delay`` sets
            ``params.mid_delay``: the median of a list, else the middle of the range.
        feedback: whether a channel shows how the last trial went. Changes channels.
        weber: Weber fraction of the interval that is shown. Changes T; params may have a smaller
            one.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("HierarchicalReasoning-v0", dt=10)
        >>> env.new_trial(jax.random.key(0), params, rule=0, interval=1170).ob.shape
        (477, 5)
    """

    PAPER = Paper(
        "Sarafyazd & Jazayeri",
        2019,
        "Hierarchical reasoning by neural circuits in the frontal cortex",
        "Science 364(6441), eaav8911",
        "https://doi.org/10.1126/science.aav8911",
        species=("monkey",),
    )
    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(("truncated_exponential", [600, 400, 800]), "wait (action 0)", cue="on"),
        "rule_target": Period(1000, "report the rule", cue="on"),
        "fixation2": Period(("truncated_exponential", [600, 400, 900]), "wait", cue="on"),
        "flash1": Period(100, "wait", cue="on"),
        "delay": Period(tuple(range(530, 1171, 80)), "wait, and time", cue="on"),
        "flash2": Period(100, "wait", cue="on"),
        "decision": Period(700, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": Channel("1 until the subject may choose"),
        "rule": Channel("both 1 in rule_target", 2),
        "stimulus": Channel("1 on the side of the flashes, in both", 2),
        "feedback": Channel(
            "in fixation, 1 if the last trial was right, -1 if it was not; 0 in the first",
            option="feedback",
        ),
    }
    ACTIONS = {
        "fixation": WAIT,
        "rule": Action("rule 0, rule 1", 2),
        "choice": Action("the first, the second side", 2),
    }
    ANSWERS = {
        "rule_report": Answer(
            "rule 0 or 1, by the last action in rule_target; -1 if that is none of the two",
            since="rule_target",
        ),
        "choice": Answer("the action in decision", since="decision"),
    }
    REWARDS = {
        "abort": abort_by("an action outside rule_target and decision"),
        "correct": Reward(1.0, "the right choice, if the last action in rule_target was the rule"),
        "fail": Reward(0.0, "another action in decision, or the wrong rule"),
    }
    CONDITIONS = {
        "interval": Condition(
            "the timing of delay: what is judged, before noise, and before it is whole steps",
            unit="ms",
            at_least=0,
            at_most="delay",
        ),
        "rule": Condition("0 or 1, equally likely; that of the block", "int32", one_of=(0, 1)),
        "trial_in_block": Condition(
            "number of the trial in its block, from 0", "int32", at_least=0
        ),
        "stimulus": Condition(
            "0 or 1, equally likely: the side of the flashes", "int32", one_of=(0, 1)
        ),
        "tie": Condition(
            "0 or 1, equally likely: is an interval of mid_delay long?", "int32", one_of=(0, 1)
        ),
        "last_outcome": Condition(
            "of the trial before: 1 right, -1 not, 0 there was none, or no ``feedback``",
            one_of=(-1, 0, 1),
        ),
        "jitter": jitter_of("interval"),
        "shown_interval": Condition("the duration of the period delay", unit="ms", derived=True),
        "switch": Condition("is the trial the first of its block?", "bool", derived=True),
        "ground_truth": Condition("0 or 1, the right side", "int32", derived=True),
    }
    PRESETS = {
        "psychometric": Preset(
            {"feedback": True, "weber": 0.2},
            "who knows the rule is right in 81 % of trials: in 50 % at 850 ms, 67 to 70 % next to "
            "it, in 91 to 99.9 % at the longest and shortest interval",
        ),
        "paper": Preset(
            {"feedback": True, "dt": 10},
            "the subject learns how each trial turned out, and must infer the rule from that; all "
            "intervals differ",
            differs="feedback is a channel in the next fixation; durations are NeuroGym's; a "
            "subject's noise is its own, unless there is a ``weber``",
        ),
    }
    DIFFERENCES = {
        "conditions": other_conditions(
            "there are no conditions `long_interval` and `pro_choice`",
            "2.3.1 has them; they follow from the others: `pro_choice` is ground_truth == "
            "stimulus, and `long_interval` is whether that agrees with rule 1",
        ),
        "interval": Difference(
            "the interval that is judged is the one that is shown, and can be given to `new_trial`",
            "2.3.1 draws them apart, so the task cannot be learned",
            (
                "test_the_right_side_follows_from_what_is_shown_and_the_rule",
                "test_interval_can_be_given_and_is_shown",
            ),
        ),
        "median": Difference(
            "intervals are compared with their median, 850 ms, and a coin decides at it",
            "2.3.1 compares with the second shortest",
            ("test_conditions_have_their_distributions",),
        ),
        "first block": Difference(
            "a session begins anywhere in a block of either rule",
            "2.3.1 begins with a whole block of rule 1, in which there is no rule to infer",
            ("test_the_first_trial_is_as_one_at_a_random_moment",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
        feedback: bool = False,
        weber: float = Params.weber,
    ):
        self.shows_feedback = check_flag("feedback", feedback)
        sizes, numbers = {"feedback": self.shows_feedback}, {"weber": weber}
        super().__init__(dt, timing, rewards, abort, sizes=sizes, numbers=numbers)
        delay = self.timing["delay"]
        values = delay.values if isinstance(delay, Choice) else (delay.lower(), delay.upper())
        self.numbers["mid_delay"] = check_param(Params, "mid_delay", np.median(values))

    def max_steps(self) -> int:
        """Return the steps of all periods, with room for the longest interval and its noise."""
        longest = int(duration_steps(self.timing["delay"].upper(), self.dt))
        return super().max_steps() + longest_shown(longest, self.numbers["weber"]) - longest

    def validate(self, params: Any) -> None:
        """Check params: blocks in order, and no more noise than there is room for."""
        super().validate(params)
        check_order(min_block=params.min_block, max_block=params.max_block)
        check_room(self.name, "weber", params.weber, self.numbers["weber"])

    def init_carry(self, key, params):
        """Find a place in a block of either rule."""
        key_rule, key_place = random.split(key)
        lengths = Lengths(least=params.min_block, most=params.max_block)
        block = found(key_place, random.integer(key_rule, 2), lengths)
        return Carry(
            block=block,
            report=jnp.int32(0),
            outcome=jnp.float32(0) if self.shows_feedback else (),
        )

    def sample_conditions(self, key, params, carry):
        """Draw interval and side; begin a new block if the last is over; forget the rule report."""
        key_interval, key_side, key_tie, key_jitter, key_block = random.split(key, 5)
        length = random.between(key_block, params.min_block, params.max_block)
        block = followed(carry.block, 1 - carry.block.kind, length)
        conditions = {
            "interval": params.timing["delay"].sample(key_interval),
            "rule": block.kind,
            "trial_in_block": block.trial,
            "stimulus": random.integer(key_side, 2),
            "tie": random.integer(key_tie, 2),
            "jitter": draw_jitter(key_jitter),
            "last_outcome": carry.outcome if self.shows_feedback else jnp.float32(0),
        }
        return conditions, carry.replace(block=block, report=jnp.int32(0))

    def build_trial(self, builder, conditions, params):
        """Ask for the rule; then two flashes on one side, an interval apart; then the choice."""
        interval, rule, side = (conditions[name] for name in ("interval", "rule", "stimulus"))
        is_tie = interval == params.mid_delay
        is_long = jnp.where(is_tie, conditions["tie"] == 1, interval > params.mid_delay)
        ground_truth = jnp.where(is_long == (rule == 1), side, 1 - side)
        flash = np.arange(2, dtype=np.int32) == side
        shown = interval * stretch(params, conditions["jitter"])
        builder = (
            builder.add_period(("fixation", "rule_target", "fixation2", "flash1"))
            .add_period("delay", duration=shown)
            .add_period(("flash2", "decision"))
            .add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(1, period="rule_target", where="rule")
            .add_ob(flash, period=("flash1", "flash2"), where="stimulus")
            .set_groundtruth(rule, period="rule_target", where="rule")
            .set_groundtruth(ground_truth, period="decision", where="choice")
        )
        if self.shows_feedback:
            last = conditions["last_outcome"]
            builder = builder.add_ob(last, period="fixation", where="feedback")
        return builder.set_conditions(
            ground_truth=ground_truth,
            shown_interval=builder.period_ms("delay"),
            switch=conditions["trial_in_block"] == 0,
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Note the rule that is reported, and judge the choice together with it."""
        in_rule_target = self.in_period(state, "rule_target")
        in_decision = self.in_period(state, "decision")
        is_right, acted = action == self.gt_now(state), action != 0
        told = jnp.where((action == 1) | (action == 2), action, 0)  # any other tells no rule
        report = jnp.where(in_rule_target, told, state.carry.report).astype(jnp.int32)
        knows_rule = report == state.trial.conditions["rule"] + 1
        rule = report - 1
        chose = acted & in_decision
        broke = acted & ~(in_rule_target | in_decision)
        correct, rewards = chose & is_right & knows_rule, params.rewards
        earned = jnp.where(correct, rewards["correct"], rewards["fail"])
        ends = chose | (broke & params.abort)
        outcome = state.carry.outcome
        if self.shows_feedback:
            came = jnp.where(correct, jnp.float32(1), jnp.float32(-1))
            outcome = jnp.where(ends | self.is_last_step(state), came, outcome)
        return Response(
            reward=jnp.where(chose, earned, 0.0) + jnp.where(broke, rewards["abort"], 0.0),
            new_trial=ends,
            performance=correct.astype(jnp.float32),
            carry=state.carry.replace(report=report, outcome=outcome),
            answers={
                "rule_report": Given(report != state.carry.report, rule),
                "choice": Given(chose),
            },
        )
