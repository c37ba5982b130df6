"""The weather prediction task, after Yang & Shadlen (2007)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask, abort_by
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import (
    Action,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
    expanded,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer

_ROUNDING = 1e-5  # weights that cancel may add up to so much


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    shape_weight: Leaf = number(
        (-10.0, -0.9, -0.7, -0.5, -0.3, 0.3, 0.5, 0.7, 0.9, 10.0),
        "log10 of the odds that a shape adds",
        shape=("s",),
    )


class ProbabilisticReasoning(ChoiceTask[Params]):
    """See shapes appear one after the other, and choose the target that they make more likely.

    Each shape stands for a weight. The weights of the shapes shown add up to the logarithm (base
    10) of the odds that the second target pays. The subject learns what each shape is worth.

    Which target pays is decided by luck, at these odds, so that the best choice (the condition
    ``better``) is often not the one that pays. The ground truth is the one that pays: following it
    is right in all trials, as no subject can be. One who adds up all weights is right in 0.915 of
    them, one who knows three of the shapes shown in 0.821, two 0.729, one 0.651.

    Stimulus periods i and locations j are counted from 0 to ``n_loc`` - 1; each location has a
    channel for each of s shapes.

    Args:
        shape_weight: weight of each shape. Their number s changes the channels.
        n_loc: number of locations, and of shapes per trial. Changes periods and channels.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ProbabilisticReasoning-v0")
        >>> env.new_trial(jax.random.key(0), params, shapes=[9, 9, 9, 9]).ob.shape
        (35, 41)
    """

    PAPER = Paper(
        "Yang & Shadlen",
        2007,
        "Probabilistic reasoning by neurons",
        "Nature 447, 1075-1080",
        "https://doi.org/10.1038/nature05852",
        species=("monkey",),
    )
    TAGS = ("perceptual", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus{i}": Period(
            500, "wait, and watch: one more shape appears", cue="on", each="n_loc", first=0
        ),
        "delay": Period(("uniform", (450, 550)), "wait, and remember", cue="on"),
        "decision": Period(500, "choose", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "loc{j}": Channel(
            "1 for the shape there, from its appearance to the end of the last stimulus period",
            "s",
            each="n_loc",
            first=0,
        ),
    }
    ACTIONS = {"fixation": WAIT, "choice": Action("the target", 2)}
    REWARDS = {
        "abort": abort_by("an action before decision"),
        "correct": CORRECT,
        "fail": FAIL,
        "miss": MISS,
    }
    CONDITIONS = {
        "locs": Condition(
            "random order of the locations",
            "int32",
            shape=("n_loc",),
            at_least=0,
            below="n_loc",
            distinct=True,
        ),
        "shapes": Condition(
            "uniform over the shapes, with replacement",
            "int32",
            shape=("n_loc",),
            at_least=0,
            below="s",
        ),
        "luck": Condition("uniform on [0, 1)", at_least=0, below=1),
        "log_odd": Condition("sum of the weights of the shapes", derived=True),
        "better": Condition(
            "target that is more likely to pay: 1 if log_odd > 0, else 0", "int32", derived=True
        ),
        "ground_truth": Condition(
            "1 if luck < 1 / (1 + 10**-log_odd), else 0; choice i is action i + 1",
            "int32",
            derived=True,
        ),
    }
    PRESETS = {
        "psychometric": Preset(
            {},
            "as it is by default: an ideal observer is right in 0.915 of the trials, and in 0.826 "
            "of those without a shape that decides them",
        ),
        "paper": Preset(
            {},
            "ten shapes of these weights, of which four appear in turn",
            differs="Shapes are channels, not pictures, and are seen without noise. Trials follow "
            "without an interval, unless ``timing`` has an ``iti``.",
        ),
    }
    DIFFERENCES = {
        "luck": Difference(
            "the condition `luck` decides the trial, so that `ground_truth` follows from chosen "
            "`shapes`",
            "chance is drawn with the conditions",
            ("test_shapes_add_up_to_the_log_odds_of_the_second_target",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        shape_weight: Sequence[float] = Params.shape_weight,
        n_loc: int = 4,
        abort: bool = False,
        enforce: str = "fixation",
    ):
        weights = check_param(Params, "shape_weight", shape_weight)
        self.n_shape = len(weights)
        self.n_loc = check_integer("n_loc (the number of locations)", n_loc, at_least=1)
        sizes = {"n_loc": self.n_loc, "s": self.n_shape}
        numbers = {"shape_weight": weights}
        self.WAITING = tuple(expanded(self.TIMING, sizes))[:-1]
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)

    def sample_conditions(self, key, params, carry):
        """Draw the order of the locations, the shapes, and the luck of the trial."""
        del params
        key_locs, key_shapes, key_luck = random.split(key, 3)
        return {
            "locs": jnp.argsort(random.uniform(key_locs, (self.n_loc,))).astype(jnp.int32),
            "shapes": random.integer(key_shapes, self.n_shape, (self.n_loc,)),
            "luck": random.uniform(key_luck),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; shapes pile up over the stimulus periods."""
        locs, shapes = conditions["locs"], conditions["shapes"]
        weights = jnp.asarray(params.shape_weight, jnp.float32)
        log_odd = jnp.sum(weights.at[shapes].get(mode="clip"))
        p_second = jax.nn.sigmoid(log_odd * math.log(10))
        ground_truth = (conditions["luck"] < p_second).astype(jnp.int32)

        all_locs = jnp.arange(self.n_loc, dtype=jnp.int32)[:, None]
        all_shapes = jnp.arange(self.n_shape, dtype=jnp.int32)[None]
        where = [f"loc{j}" for j in range(self.n_loc)]
        builder = builder.add_period(self.periods)
        builder = builder.add_ob(1, period=self.periods[:-1], where="fixation")
        for i in range(self.n_loc):
            is_shape = (all_locs == locs[i]) & (all_shapes == shapes[i])
            since = self.periods[i - 2 - self.n_loc : -2]
            builder = builder.add_ob(is_shape.reshape(-1), period=since, where=where)
        builder = builder.set_groundtruth(ground_truth, period="decision", where="choice")
        better = (log_odd > _ROUNDING).astype(jnp.int32)
        return builder.set_conditions(log_odd=log_odd, better=better, ground_truth=ground_truth)
