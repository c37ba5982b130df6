"""Recall of patterns from parts of them."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Period,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import (
    check_flag,
    check_integer,
    check_name,
    check_number,
    check_order,
)

_DISTRIBUTIONS = ("uniform",)


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    chance: Leaf = probability(
        0.7, "part of a pattern that is right by what is seen at recall and guessing, from 0.5"
    )


@pytree
class Carry:
    """What was recalled so far in the trial."""

    right: Leaf  # () float32, numbers of patterns on the right side of their middle


class MemoryRecall(TrialEnv[Params, Carry]):
    """See a sequence of patterns, some of which are marked, and complete the marked ones.

    A trial has from ``t_min`` to ``t_max`` steps. In all but the last ones a random pattern is
    shown in each; those that are to be kept in mind are marked. In the last ones, as many as there
    were marks, the marked patterns come again, in any order and in parts, and at each of these
    steps the action is to be the whole pattern.

    Numbers of a pattern are -1 or 1, and what is missing of it at recall is 0; with
    ``balanced=False`` they are 0 or 1, and some are wrong at recall. So who has kept nothing, takes
    what is seen and guesses the rest, has ``params.chance`` of the numbers right.

    A step of recall earns by the mean distance between the numbers of the action and of the
    pattern. Performance is how many of them, over all steps of recall, are on the right side of the
    middle.

    Args:
        dt: step in ms; the task has no other time than its steps.
        timing: for the signature's sake; the task has no period to change.
        stim_dim: number d of numbers of a pattern. Changes channels and actions.
        store_signal_dim: number of channels of the mark: 1.
        t_min, t_max: the least and the greatest number of steps of a trial; without a ``t_max``
            it is ``t_min``.
        t_distribution: ``"uniform"``: all numbers of steps are equally likely.
        p_recall: which part of the steps is recall, rounded down to whole steps; above 0, at most
            0.5.
        chance: default of ``params.chance``, from 0.5 to 1.
        balanced: whether numbers are -1 and 1, and missing at recall, or else 0 and 1, and wrong.

    Raises:
        ValueError: for bounds the wrong way round, a ``p_recall`` with which there is nothing to
            recall in the shortest trial, and arguments that are none of what they may be.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MemoryRecall-v0")
        >>> trial = env.new_trial(jax.random.key(0), params, num_steps=20)
        >>> float(trial.ob[:18, 10].sum()), float(abs(trial.gt[18:20]).sum())
        (2.0, 20.0)
    """

    TAGS = ("working memory", "continuous action space", "multidimensional action space")
    TIMING = {
        "store": Period("what recall leaves", "keep the marked patterns in mind", cue="none"),
        "recall": Period(
            "``p_recall`` of the trial", "complete the pattern", cue="the last of the trial"
        ),
    }
    CHANNELS = {
        "stimulus": Channel("the pattern, or what is left of it at recall", "d"),
        "store_signal": Channel("1 with a pattern that will be asked for"),
    }
    ACTIONS = {"pattern": Action("the pattern", "d")}
    REWARDS = {
        "correct": Reward(
            1.0,
            "minus the mean distance to the numbers of the pattern, of which one is the distance "
            "of the two numbers that there are; at each step of recall",
            ends="no",
        ),
        "fail": Reward(0.0, "the least that a step of recall can earn", ends="no"),
    }
    ANSWERS = {
        "recalled": Answer(
            "the last pattern that it gives", since="recall", dtype="float32", shape=("d",)
        )
    }
    CONDITIONS = {
        "num_steps": Condition(
            "of the trial: ``t_min`` to ``t_max``, equally likely",
            "int32",
            at_least=2,
            at_most="t_max",
        ),
        "patterns": Condition(
            "does each step show the greater number? a coin for each; counts in store",
            "bool",
            shape=("t_max", "d"),
            column=False,
        ),
        "num_recall": Condition("how many patterns are asked for", "int32", derived=True),
    }
    DIFFERENCES = {
        "reward": Difference(
            "a pattern that is recalled earns 1",
            "2.3.1 cannot be constructed; it means to pay the error",
            ("test_what_is_recalled_earns_by_its_distance",),
        ),
        "performance": Difference(
            "performance is the part of all numbers that is recalled",
            "2.3.1 has none",
            ("test_who_keeps_nothing_performs_at_chance",),
        ),
        "conditions": Difference(
            "a trial has conditions: its number of steps, and its patterns",
            "2.3.1 returns arrays in place of a trial",
            ("test_patterns_that_are_given_are_shown_and_asked_for",),
        ),
    }

    def __init__(
        self,
        dt: float = 1,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        stim_dim: int = 10,
        store_signal_dim: int = 1,
        t_min: int = 15,
        t_max: int | None = 25,
        t_distribution: str = "uniform",
        p_recall: float = 0.1,
        chance: float = Params.chance,
        balanced: bool = True,
    ):
        self.stim_dim = check_integer("stim_dim", stim_dim, at_least=1)
        if store_signal_dim != 1:
            raise ValueError(f"store_signal_dim is 1, not {store_signal_dim!r}")
        check_name("t_distribution", t_distribution, _DISTRIBUTIONS)
        self.t_min = check_integer("t_min", t_min, at_least=2)
        self.t_max = self.t_min if t_max is None else check_integer("t_max", t_max, at_least=2)
        check_order(t_min=self.t_min, t_max=self.t_max)
        self.p_recall = check_number("p_recall", p_recall, above=0, at_most=0.5)
        if self._num_recall(self.t_min) == 0:
            raise ValueError(
                f"with p_recall={self.p_recall:g} there is nothing to recall in {self.t_min} "
                f"steps: have a t_min of at least {int(np.ceil(1 / self.p_recall))}"
            )
        self.balanced = check_flag("balanced", balanced)
        self.low = -1.0 if self.balanced else 0.0
        names = {"pattern": 0 if stim_dim == 1 else range(self.stim_dim)}
        super().__init__(
            dt,
            timing,
            rewards,
            sizes={"d": self.stim_dim, "t_max": self.t_max},
            numbers={"chance": chance},
            action_space=spaces.Box(self.low, 1, (self.stim_dim,), name=names),
        )
        _check_chance(self.numbers["chance"])

    def validate(self, params: Params) -> None:
        """Check params, and that chance is no less than a coin."""
        super().validate(params)
        _check_chance(params.chance)

    def max_steps(self) -> int:
        """Return the greatest number of steps of a trial."""
        return self.t_max

    def _num_recall(self, num_steps: Any) -> Any:
        """Return how many steps of a trial are recall; of a number, or of an array of them."""
        return np.floor(np.asarray(num_steps) * self.p_recall + 1e-6).astype(np.int32)

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Return that nothing was recalled yet."""
        del key, params
        return Carry(right=jnp.float32(0))

    def sample_conditions(self, key, params, carry):
        """Draw how long the trial is, and the patterns."""
        del carry
        key_steps, key_patterns, key_carry = random.split(key, 3)
        shape = (self.t_max, self.stim_dim)
        return {
            "num_steps": random.between(key_steps, self.t_min, self.t_max),
            "patterns": random.uniform(key_patterns, shape) < 0.5,
        }, self.init_carry(key_carry, params)

    def build_trial(self, builder, conditions, params):
        """Show patterns, and mark some; show parts of these again."""
        steps = conditions["num_steps"]
        table = jnp.asarray(np.maximum(self._num_recall(np.arange(self.t_max + 1)), 1))
        num_recall = table.at[steps].get(mode="clip")
        num_store = steps - num_recall
        patterns = jnp.where(conditions["patterns"], jnp.float32(1), jnp.float32(self.low))
        t = jnp.arange(self.t_max, dtype=jnp.int32)

        builder, key = builder.with_key()
        key_order, key_parts = random.split(key)
        # The steps of store in random order: the first of them are marked, and come in this order.
        rank = jnp.where(t < num_store, random.uniform(key_order, (self.t_max,)), 2)
        order = jnp.argsort(rank).astype(jnp.int32)
        which = jnp.clip(t - num_store, 0, self.t_max - 1)
        asked = patterns.at[order.at[which].get()].get()
        is_marked = jnp.zeros((self.t_max,), jnp.bool_).at[order].set(t < num_recall)

        unit = random.uniform(key_parts, asked.shape)
        chance = jnp.asarray(params.chance, jnp.float32)
        if self.balanced:
            parts = jnp.where(unit < 2 * (1 - chance), 0, asked)
        else:
            parts = jnp.where(unit < 1 - chance, 1 - asked, asked)
        # Rows of the trial, which may begin with an interval.
        row = jnp.arange(builder.layout.num_steps, dtype=jnp.int32) - builder.onset
        row = jnp.clip(row, 0, self.t_max - 1)
        patterns, marks, parts, asked = (
            x.at[row].get()
            for x in (patterns, is_marked[:, None].astype(jnp.float32), parts, asked)
        )
        dt = jnp.float32(self.dt)
        return (
            builder.add_period("store", duration=num_store.astype(jnp.float32) * dt)
            .add_period("recall", duration=num_recall.astype(jnp.float32) * dt)
            .add_ob(patterns, period="store", where="stimulus")
            .add_ob(marks, period="store", where="store_signal")
            .add_ob(parts, period="recall", where="stimulus")
            .set_groundtruth(asked, period="recall")
            .set_conditions(num_recall=num_recall)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay by the distance from the pattern; count the numbers that are right."""
        rewards, truth = params.rewards, self.gt_now(state)
        is_recall = self.in_period(state, "recall")
        distance = jnp.mean(jnp.abs(truth - action)) / (1 - self.low)
        earned = rewards["correct"] - distance
        earned = jnp.where(earned > rewards["fail"], earned, rewards["fail"])  # also a NaN
        middle = (1 + self.low) / 2
        is_right = (action - middle) * (truth - middle) > 0
        right = state.carry.right + jnp.where(is_recall, jnp.mean(is_right.astype(jnp.float32)), 0)
        asked = jnp.maximum(state.trial.conditions["num_recall"], 1).astype(jnp.float32)
        return Response(
            reward=jnp.where(is_recall, earned, 0),
            performance=jnp.minimum(right / asked, 1),
            carry=Carry(right=right),
            answers={"recalled": Given(is_recall & self.is_last_step(state))},
        )


def _check_chance(chance: float) -> None:
    if chance < 0.5:
        raise ValueError(f"chance is from 0.5 to 1, as guessing is right in half, not {chance:g}")
