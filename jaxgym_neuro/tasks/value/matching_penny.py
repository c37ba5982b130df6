"""Matching pennies against a computer, after Barraclough, Conroy & Lee (2004)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.tables import (
    Action,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_name

OPPONENTS = ("mean_action", "random")


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    learning_rate: Leaf = probability(0.2, "weight of the last choice in the opponent's mean")


@pytree
class Carry:
    """What lasts over trials."""

    mean: Leaf  # () float32, of the subject's choices, as the opponent remembers it
    opponent: Leaf  # () int32, what the opponent chose last


class MatchingPenny(TrialEnv[Params, Carry]):
    """Choose one of two targets, and win if a computer chooses the same.

    The computer wins if the choices differ. Against a good opponent it is best to choose at random,
    as whatever can be foretold is exploited; a subject that does so wins half of the trials,
    against any opponent.

    The opponent ``"mean_action"`` keeps a running mean of the subject's choices, 0 and 1, in which
    the last one has the weight ``params.learning_rate``, and chooses what the subject chose less.
    So who prefers a target loses, and who always chooses the same one never wins. But the opponent
    leaves nothing to chance, and can itself be foretold: who always chooses what it has chosen less
    of late wins every trial. The opponent ``"random"`` tosses a coin.

    A trial is one step. It shows what the opponent chose in the trial before, in the first one of
    an episode by a coin; the opponent's mean is 0.5 then, and where it is, a coin decides. The
    ground truth is the opponent's choice: an oracle, which knows what the subject has to foretell.
    Where nobody acts, in the batches of a `Dataset`, the mean stays as it is.

    Args:
        dt: step in ms.
        timing: for the signature's sake; the task has no period to change.
        opponent_type: ``"mean_action"`` or ``"random"``.
        learning_rate: default of ``params.learning_rate``.

    Raises:
        ValueError: for another opponent.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MatchingPenny-v0")
        >>> env.new_trial(jax.random.key(0), params, last_opponent_action=1).ob.tolist()
        [[0.0, 1.0]]
    """

    PAPER = Paper(
        "Barraclough, Conroy & Lee",
        2004,
        "Prefrontal cortex and decision making in a mixed-strategy game",
        "Nature Neuroscience 7(4), 404-410",
        "https://doi.org/10.1038/nn1209",
        species=("monkey",),
    )
    TAGS = ("two-alternative",)
    TIMING = {"decision": Period("one step", "choose a target", cue="none")}
    CHANNELS = {"opponent": Channel("1 for the target that the opponent chose last", 2)}
    ACTIONS = {"choice": Action("the target", 2)}
    REWARDS = {
        "correct": Reward(1.0, "the opponent chooses the same"),
        "fail": Reward(0.0, "it does not"),
    }
    CONDITIONS = {
        "opponent_action": Condition("0 or 1: by the opponent's rule", "int32", one_of=(0, 1)),
        "last_opponent_action": Condition(
            "0 or 1: of the trial before; in the first one by a coin", "int32", one_of=(0, 1)
        ),
    }
    DIFFERENCES = {
        "observation": Difference(
            "the opponent's choice is seen in the trial that follows",
            "2.3.1 shows it a trial late; and it cannot be constructed",
            ("test_what_the_opponent_chose_is_seen_in_the_next_trial",),
        ),
        "first choice": Difference(
            "at first the opponent's mean is 0.5, and a coin decides where it is",
            "2.3.1's is 0, so that its first choices are always target 1",
            ("test_the_first_choice_of_either_opponent_is_a_coin",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        opponent_type: str = "mean_action",
        learning_rate: float = Params.learning_rate,
    ):
        check_name("opponent_type", opponent_type, OPPONENTS)
        self.opponent_type = opponent_type
        super().__init__(dt, timing, rewards, numbers={"learning_rate": learning_rate})

    def max_steps(self) -> int:
        """Return 1: a trial is one choice."""
        return 1

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Return an opponent that knows nothing of the subject."""
        del params
        return Carry(mean=jnp.float32(0.5), opponent=random.integer(key, 2))

    def sample_conditions(self, key, params, carry):
        """Have the opponent choose, by what it remembers of the subject."""
        del params
        choice = random.integer(key, 2)
        if self.opponent_type == "mean_action":
            opposite = (carry.mean < np.float32(0.5)).astype(jnp.int32)
            choice = jnp.where(carry.mean == np.float32(0.5), choice, opposite)
        return {"opponent_action": choice, "last_opponent_action": carry.opponent}, carry

    def build_trial(self, builder, conditions, params):
        """Show what the opponent chose in the trial before."""
        del params
        is_chosen = np.arange(2, dtype=np.int32) == conditions["last_opponent_action"]
        return (
            builder.add_period("decision", duration=self.dt)
            .add_ob(is_chosen, period="decision", where="opponent")
            .set_groundtruth(conditions["opponent_action"], period="decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay if the choices are the same; the opponent remembers the subject's."""
        opponent, carry = state.trial.conditions["opponent_action"], state.carry
        is_same, rewards = action == opponent, params.rewards
        is_choice = (action == 0) | (action == 1)
        rate = jnp.asarray(params.learning_rate, jnp.float32)
        moved = carry.mean + rate * ((action == 1).astype(jnp.float32) - carry.mean)
        return Response(
            reward=jnp.where(is_same, rewards["correct"], rewards["fail"]),
            new_trial=jnp.bool_(True),
            performance=is_same.astype(jnp.float32),
            carry=Carry(mean=jnp.where(is_choice, moved, carry.mean), opponent=opponent),
        )
