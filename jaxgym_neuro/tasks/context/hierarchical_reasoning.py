"""Hierarchical reasoning about rules and intervals, after Sarafyazd & Jazayeri (2019)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import WAIT, abort_by
from jaxgym_neuro.core.differences import other_conditions
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, integer, number
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, Reward
from jaxgym_neuro.schedules import next_in_block
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_order
from jaxgym_neuro.timing import Choice


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    mid_delay: Leaf = number(850.0, "an interval above it is long", unit="ms", at_least=0)
    min_block: Leaf = integer(10, "trials of the shortest block with one rule", at_least=1)
    max_block: Leaf = integer(20, "trials of the longest block", at_least=1)


class HierarchicalReasoning(TrialEnv[Params]):
    """Judge an interval by a rule that is not shown and that changes without notice.

    Two flashes on one side bound an interval, short or long. Rule 0 asks for the side of the
    flashes after a short interval, and for the opposite after a long one; rule 1 asks for the
    reverse. The rule holds for a block of trials; after an error, the subject must tell whether it
    misjudged the interval or the rule has changed. It reports the rule it believes in, and then its
    choice.

    Blocks last ``params.min_block`` to ``params.max_block`` trials, all equally likely, and the
    rule alternates.

    Args:
        dt: step in ms. Changes T. Above 10 ms, some intervals last as many steps as others.
        timing: changes to the periods. Changes T, and the timing of ``delay`` sets
            ``params.mid_delay``: the median of a list, else the middle of the range.

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
    }
    ACTIONS = {
        "fixation": WAIT,
        "rule": Action("rule 0, rule 1", 2),
        "choice": Action("the first, the second side", 2),
    }
    REWARDS = {
        "abort": abort_by("an action outside rule_target and decision"),
        "correct": Reward(1.0, "the right choice, if the last action in rule_target was the rule"),
        "fail": Reward(0.0, "another action in decision, or the wrong rule"),
    }
    CONDITIONS = {
        "interval": Condition(
            "the timing of delay, and the duration of that period",
            unit="ms",
            at_least=0,
            at_most="delay",
        ),
        "rule": Condition(
            "0 or 1: that of the block; the first block has rule 1", "int32", one_of=(0, 1)
        ),
        "stimulus": Condition(
            "0 or 1, equally likely: the side of the flashes", "int32", one_of=(0, 1)
        ),
        "tie": Condition(
            "0 or 1, equally likely: is an interval of mid_delay long?", "int32", one_of=(0, 1)
        ),
        "ground_truth": Condition("0 or 1, the right side", "int32", derived=True),
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
            "a trial drawn by `new_trial` is the first of a session, where the rule is 1",
            "in 2.3.1 it follows upon the trials before",
            ("test_statistics_agree_with_neurogym",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
    ):
        super().__init__(dt, timing, rewards, abort)
        delay = self.timing["delay"]
        values = delay.values if isinstance(delay, Choice) else (delay.lower(), delay.upper())
        self.numbers["mid_delay"] = check_param(Params, "mid_delay", np.median(values))

    def validate(self, params: Any) -> None:
        """Check params, and that the shortest block is no longer than the longest."""
        super().validate(params)
        check_order(min_block=params.min_block, max_block=params.max_block)

    def init_carry(self, key, params):
        """Begin the first block, with rule 1."""
        length = random.between(key, params.min_block, params.max_block)
        return {"rule": jnp.int32(1), "trials_left": length, "knows_rule": jnp.bool_(False)}

    def sample_conditions(self, key, params, carry):
        """Draw interval and side; begin a new block if the last is over; forget the rule report."""
        key_interval, key_side, key_tie, key_block = random.split(key, 4)
        block = carry["rule"], carry["trials_left"]
        rule, (_, left) = next_in_block(
            block, 1 - carry["rule"], random.between(key_block, params.min_block, params.max_block)
        )
        carry = {"rule": rule, "trials_left": left, "knows_rule": jnp.bool_(False)}
        return {
            "interval": params.timing["delay"].sample(key_interval),
            "rule": rule,
            "stimulus": random.integer(key_side, 2),
            "tie": random.integer(key_tie, 2),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Ask for the rule; then two flashes on one side, an interval apart; then the choice."""
        interval, rule, side = (conditions[name] for name in ("interval", "rule", "stimulus"))
        is_tie = interval == params.mid_delay
        is_long = jnp.where(is_tie, conditions["tie"] == 1, interval > params.mid_delay)
        ground_truth = jnp.where(is_long == (rule == 1), side, 1 - side)
        flash = np.arange(2, dtype=np.int32) == side
        return (
            builder.add_period(("fixation", "rule_target", "fixation2", "flash1"))
            .add_period("delay", duration=interval)
            .add_period(("flash2", "decision"))
            .add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(1, period="rule_target", where="rule")
            .add_ob(flash, period=("flash1", "flash2"), where="stimulus")
            .set_groundtruth(rule, period="rule_target", where="rule")
            .set_groundtruth(ground_truth, period="decision", where="choice")
            .set_conditions(ground_truth=ground_truth)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Note the rule that is reported, and judge the choice together with it."""
        in_rule_target = self.in_period(state, "rule_target")
        in_decision = self.in_period(state, "decision")
        is_right, acted = action == self.gt_now(state), action != 0
        knows_rule = jnp.where(in_rule_target, is_right, state.carry["knows_rule"])
        chose = acted & in_decision
        broke = acted & ~(in_rule_target | in_decision)
        correct, rewards = chose & is_right & knows_rule, params.rewards
        earned = jnp.where(correct, rewards["correct"], rewards["fail"])
        return Response(
            reward=jnp.where(chose, earned, 0.0) + jnp.where(broke, rewards["abort"], 0.0),
            new_trial=chose | (broke & params.abort),
            performance=correct.astype(jnp.float32),
            carry={**state.carry, "knows_rule": knows_rule},
        )
