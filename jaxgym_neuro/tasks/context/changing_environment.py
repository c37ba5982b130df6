"""Choices in an environment that changes unseen, after Purcell & Kiani (2016)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.blocks import (
    Blocks,
    InBlock,
    block_scale,
    longest_block,
    shortest_block,
    switch_probability,
)
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.differences import cue_until_decision
from jaxgym_neuro.core.params import Leaf, NoisyParams, check_param
from jaxgym_neuro.core.ring_choice import COHERENCE, coherences, signed_coherence
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag, check_number

_THETA = stimuli.ring(2)


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: Leaf = coherences(0.0, 6.4, 12.8, 25.6, 51.2)
    context_block_least: Leaf = shortest_block(2)
    context_block_most: Leaf = longest_block(15)
    context_block_scale: Leaf = block_scale(6.0)
    context_switch: Leaf = switch_probability(0.001)


class ChangingEnvironment(ChoiceTask[Params]):
    """Report the direction of motion with the pair of targets that counts, which changes unseen.

    There are four targets: left and right in either of two contexts. Only those of the present
    context are rewarded. The context stays for many trials, and then changes without a sign, so
    that an error may have two causes: weak evidence, or another context. A subject that is sure of
    the direction it saw should blame the context, and one that is not should not.

    Nothing in a trial depends on its context, unless ``cxt_cue`` shows it: the subject can infer it
    from nothing but how its choices turn out, and so it needs to see what it did and earned. Wrap
    the task in `PassAction` and `PassReward`, as ``preset="paper"`` does. Where nobody acts, in the
    batches of a `Dataset`, the context can only be guessed.

    By default the context changes before a trial with the probability ``params.context_switch``, so
    that it lasts a thousand trials on average. In the experiment it lasts 2 to 15. An episode
    begins anywhere in a block of either context.

    One who knows the context is right with the probability Phi(coh / 100 * sqrt(D / 2) / sigma),
    where D is the duration of the stimulus in ms; one who guesses it, in half as many trials.

    Args:
        cohs: coherences in percent; their number is static.
        stim_scale: multiplies the coherences.
        cxt_ch_prob: default of ``params.context_switch``.
        cxt_cue: whether the context is shown. Changes channels.
        block_dur: trials in a block of one context, in place of ``cxt_ch_prob``: a number, a pair
            (least, most) of them, all equally likely, or ``TruncatedExponential(mean, min, max)``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ChangingEnvironment-v0", block_dur=(2, 15))
        >>> trial = env.new_trial(jax.random.key(0), params, side=2, context=1)
        >>> int(trial.conditions["ground_truth"])
        4
    """

    PAPER = Paper(
        "Purcell & Kiani",
        2016,
        "Hierarchical decision processes that operate over distinct timescales underlie choice and "
        "changes in strategy",
        "PNAS 113(31), E4531-E4540",
        "https://doi.org/10.1073/pnas.1524685113",
        species=("human",),
    )
    TAGS = ("perceptual", "two-alternative", "supervised", "context dependent")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus": Period(
            ("truncated_exponential", [1000, 500, 1500]), "wait, and watch", cue="on"
        ),
        "decision": Period(500, "choose", cue="off"),
    }
    CHANNELS = {
        "context": Channel("0 or 1 throughout the trial: the context", option="cxt_cue"),
        "fixation": CUE,
        "stimulus": Channel(
            "left, right: (1 + coh / 100) / 2 on the side of the motion, (1 - coh / 100) / 2 on "
            "the other, with noise of s.d. sigma / sqrt(dt)",
            2,
        ),
    }
    ACTIONS = {
        "fixation": WAIT,
        "choice": Action("left, right where context 0 counts; left, right where 1 does", 4),
    }
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "side": Condition(
            "1 (left) or 2 (right), equally likely: direction of the motion",
            "int32",
            one_of=(1, 2),
        ),
        "coh": COHERENCE,
        "context": Condition("0 or 1, equally likely; that of the block", "int32", one_of=(0, 1)),
        "trial_in_block": Condition(
            "number of the trial in its block, from 0", "int32", at_least=0
        ),
        "switch": Condition("is the trial the first of its block?", "bool", derived=True),
        "signed_coh": Condition(
            "coh where the motion is to the right, else -coh", unit="percent", derived=True
        ),
        "ground_truth": Condition("side + 2 context: the right action", "int32", derived=True),
    }
    PRESETS = {
        "psychometric": Preset(
            {"sigma": 3.0, "cxt_cue": True},
            "the context is shown; an observer that heeds it is right in 79 % of trials: in 50, "
            "67, 81, 95 and 100 %, by coherence",
        ),
        "paper": Preset(
            {"block_dur": ("truncated_exponential", (6, 2, 15))},
            "the context changes after 2 to 15 trials, the longer the rarer; what was done and "
            "earned is seen",
            differs="motion is a number for each side with noise; how much rarer, and durations, "
            "are ours and NeuroGym's; feedback is the reward of the last step",
            wrappers=(("PassAction", {"one_hot": True}), ("PassReward", {})),
        ),
    }
    DIFFERENCES = {
        "cue": cue_until_decision("test_cues_are_on_where_they_should"),
        "context channel": Difference(
            "with `cxt_cue` the context is shown throughout, and the evidence is in the channels "
            "of its side",
            "2.3.1 clears the context in fixation, and writes the evidence one channel off, so "
            "that of the right side lies on the left channel",
            ("test_cues_are_on_where_they_should", "test_evidence_is_on_its_side"),
        ),
        "ground truth": Difference(
            "the ground truth follows from `side` and `context`, which can be given",
            "in 2.3.1 it can be given, and then does not agree with the side that is shown",
            ("test_the_ground_truth_is_the_side_in_the_context",),
        ),
        "blocks": Difference(
            "a context may last a number of trials, drawn anew for each block: `block_dur`",
            "2.3.1 changes it by chance alone; in the paper it lasts 2 to 15 trials",
            ("test_contexts_last_as_many_trials_as_the_paper_says",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        stim_scale: float = 1.0,
        sigma: float = Params.sigma,
        cxt_ch_prob: float = Params.context_switch,
        cxt_cue: bool = False,
        cohs: Sequence[float] = Params.cohs,
        block_dur: Any = None,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        self.cxt_cue = check_flag("cxt_cue", cxt_cue)
        scale = check_number("stim_scale", stim_scale, at_least=0)
        cohs = tuple(coh * scale for coh in check_param(Params, "cohs", cohs))
        switch = check_param(Params, "context_switch", cxt_ch_prob, "cxt_ch_prob")
        is_by_chance = block_dur is None
        self.blocks = Blocks(2, Params.context_switch if is_by_chance else block_dur, "context")
        numbers = {"cohs": cohs, "sigma": sigma, **self.blocks.params}
        if is_by_chance:  # 0 and 1, never and always, are probabilities too
            numbers["context_switch"] = switch
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"cxt_cue": self.cxt_cue},
            numbers=numbers,
        )

    def validate(self, params: Any) -> None:
        """Check params, and that the shortest block is no longer than the longest."""
        super().validate(params)
        self.blocks.check(params)

    def init_carry(self, key: jax.Array, params: Any) -> InBlock:
        """Find a place in a block of either context."""
        return self.blocks.init(key, params)

    def sample_conditions(self, key, params, carry):
        """Draw side and coherence; change the context if its block is over."""
        key_side, key_coh, key_block = random.split(key, 3)
        block = self.blocks.next(key_block, carry, params)
        return {
            "side": random.integer(key_side, 2) + 1,
            "coh": random.choice(key_coh, params.cohs),
            "context": block.kind,
            "trial_in_block": block.trial,
        }, block

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy evidence in the stimulus; the context if it is shown."""
        side, coh, context = (conditions[name] for name in ("side", "coh", "context"))
        direction = stimuli.pick(_THETA, side - 1)
        truth = side + 2 * context
        evidence = stimuli.coherent_motion(_THETA, direction, coh)
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(evidence, period="stimulus", where="stimulus")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus", where="stimulus")
            .set_groundtruth(truth, period="decision")
        )
        if self.cxt_cue:
            builder = builder.add_ob(context, period=self.periods, where="context")
        return builder.set_conditions(
            switch=conditions["trial_in_block"] == 0,
            signed_coh=signed_coherence(direction, coh),
            ground_truth=truth,
        )
