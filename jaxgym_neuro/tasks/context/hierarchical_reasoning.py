"""Hierarchical reasoning about rules and intervals, after Sarafyazd & Jazayeri (2019)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.timing import Choice

DELAYS = tuple(range(530, 1171, 80))  # ms


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    mid_delay: jax.Array = 850.0  # ms, above which an interval is long
    min_block: jax.Array = 10  # trials of the shortest block with one rule
    max_block: jax.Array = 20  # trials of the longest


class HierarchicalReasoning(TrialEnv):
    """Judge an interval by a rule that is not shown and that changes without notice.

    Two flashes on one side bound an interval, short or long. Rule 0 asks for the side of the
    flashes after a short interval, and for the opposite after a long one; rule 1 asks for the
    reverse. The rule holds for a block of trials; after an error, the subject must tell whether it
    misjudged the interval or the rule has changed. It reports the rule it believes in, and then its
    choice.

    Reference: Sarafyazd & Jazayeri (2019). Hierarchical reasoning by neural circuits in the frontal
    cortex. Science 364(6441), eaav8911.
    https://science.sciencemag.org/content/364/6441/eaav8911

    Periods:

    ===========  ==============================================  ====  ========================
    name         default (ms)                                    cue   the subject should
    ===========  ==============================================  ====  ========================
    fixation     truncated exponential, mean 600, 400 to 800     on    wait (action 0)
    rule_target  1000                                            on    report the rule
    fixation2    truncated exponential, mean 600, 400 to 900     on    wait
    flash1       100                                             on    wait
    delay        one of 530, 610, ..., 1170                      on    wait, and time
    flash2       100                                             on    wait
    decision     700                                             off   choose
    ===========  ==============================================  ====  ========================

    Observation, float32:

    ======  ========  ========================================
    index   channel   meaning
    ======  ========  ========================================
    0       fixation  1 until the subject may choose
    1, 2    rule      both 1 in rule_target
    3, 4    stimulus  1 on the side of the flashes, in both
    ======  ========  ========================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1, 2    rule      rule 0, rule 1
    3, 4    choice    the first, the second side
    ======  ========  ===========================

    Rewards:

    =======  =======  ===================================================  ========================
    name     default  event                                                ends the trial?
    =======  =======  ===================================================  ========================
    abort    -0.1     an action outside rule_target and decision           only if ``params.abort``
    correct  1        the choice is the ground truth, and the last action  yes
                      in rule_target was the rule
    fail     0        another action in decision, or the wrong rule        yes
    =======  =======  ===================================================  ========================

    Conditions:

    ============  =======================================================================
    name          distribution
    ============  =======================================================================
    interval      ms, float32, from the timing of ``delay``, and the duration of that period
    rule          0 or 1, int32: that of the block; the first block has rule 1
    stimulus      0 or 1, equally likely, int32: the side of the flashes
    tie           0 or 1, equally likely, int32: is an interval of mid_delay long?
    ground_truth  derived: 0 or 1, int32, the right side
    ============  =======================================================================

    Blocks last ``params.min_block`` to ``params.max_block`` trials, all equally likely, and the
    rule alternates.

    Args:
        dt: step in ms. Changes T. Above 10 ms, some intervals last as many steps as others.
        rewards, timing: changes to the tables above. Timing changes T, and the timing of ``delay``
            sets ``params.mid_delay``: the median of a list, else the middle of the range.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the interval that is judged is the one that is shown, where 2.3.1
    draws them apart; intervals are compared with their median, 850 ms, where 2.3.1 uses their
    second value; an interval may be given to ``new_trial``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("HierarchicalReasoning-v0", dt=10)
        >>> env.new_trial(jax.random.key(0), params, rule=0, interval=1170).ob.shape
        (477, 5)
    """

    TIMING = {
        "fixation": ("truncated_exponential", [600, 400, 800]),
        "rule_target": 1000,
        "fixation2": ("truncated_exponential", [600, 400, 900]),
        "flash1": 100,
        "delay": DELAYS,
        "flash2": 100,
        "decision": 700,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Hierarchical reasoning by neural circuits in the frontal cortex",
        "paper_link": "https://science.sciencemag.org/content/364/6441/eaav8911",
        "tags": ("perceptual", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
    ):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "rule": [1, 2], "stimulus": [3, 4]}),
            action_space=spaces.Discrete(5, name={"fixation": 0, "rule": [1, 2], "choice": [3, 4]}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        delay = self.timing["delay"]
        values = delay.values if isinstance(delay, Choice) else (delay.lower(), delay.upper())
        return Params(**self.common_params, mid_delay=float(np.median(values)))

    def init_carry(self, key, params):
        """Begin the first block, with rule 1."""
        length = _block_length(key, params)
        return {"rule": jnp.int32(1), "trials_left": length, "knows_rule": jnp.bool_(False)}

    def sample_conditions(self, key, params, carry):
        """Draw interval and side; begin a new block if the last is over; forget the rule report."""
        key_interval, key_side, key_tie, key_block = random.split(key, 4)
        is_over = carry["trials_left"] <= 0
        rule = jnp.where(is_over, 1 - carry["rule"], carry["rule"])
        left = jnp.where(is_over, _block_length(key_block, params), carry["trials_left"])
        conditions = {
            "interval": params.timing["delay"].sample(key_interval),
            "rule": rule,
            "stimulus": random.integer(key_side, 2),
            "tie": random.integer(key_tie, 2),
        }
        carry = {"rule": rule, "trials_left": left - 1, "knows_rule": jnp.bool_(False)}
        return conditions, carry

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


def _block_length(key, params):
    """Draw the number of trials of a block."""
    shortest, longest = jnp.asarray(params.min_block), jnp.asarray(params.max_block)
    draw = random.uniform(key) * (longest - shortest + 1).astype(jnp.float32)
    return jnp.minimum(shortest + draw.astype(jnp.int32), longest)
