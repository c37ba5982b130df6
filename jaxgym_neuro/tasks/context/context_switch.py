"""Two rules that take turns, unannounced."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Period, Reward
from jaxgym_neuro.support.pytrees import pytree


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_switch: Leaf = probability(0.1, "probability that the context changes before a trial")


@pytree
class Carry:
    """What lasts over trials."""

    context: Leaf  # () int32, 0 or 1


class ContextSwitch(TrialEnv[Params, Carry]):
    """Answer one of two symbols by a rule that changes now and then, without a sign.

    A trial is one step. In context 0 symbol 0 asks for action 0 and symbol 1 for action 1, in
    context 1 it is the other way round. Nothing tells the context but what answers earn: a subject
    has to see its actions and rewards, as in ``PassReward(PassAction(env))``. One that answers by
    the context of the last trial is right in 1 - ``params.p_switch`` of them.

    It follows no experiment in particular.

    Args:
        dt: step in ms.
        timing: for the signature's sake; the task has no period to change.
        p_switch: default of ``params.p_switch``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ContextSwitch-v0")
        >>> int(env.new_trial(jax.random.key(0), params, symbol=1, context=1).gt[0])
        0
    """

    TAGS = ("two-alternative", "context dependent")
    TIMING = {"decision": Period("one step", "answer the symbol", cue="none")}
    CHANNELS = {"symbol": Channel("1 for the symbol that is shown", 2)}
    ACTIONS = {"choice": Action("an answer", 2)}
    REWARDS = {
        "correct": Reward(1.0, "the answer is that of the context"),
        "fail": Reward(0.0, "it is not"),
    }
    CONDITIONS = {
        "symbol": Condition("0 or 1, equally likely", "int32", one_of=(0, 1)),
        "context": Condition(
            "0 or 1: of the trial before, or with ``params.p_switch`` the other one; at first by a "
            "coin",
            "int32",
            one_of=(0, 1),
        ),
    }
    DIFFERENCES = {
        "step": Difference(
            "it steps",
            "2.3.1 has no `step`, and what it has in its place fails",
            ("test_the_rule_of_the_context_is_what_is_paid",),
        ),
        "first context": Difference(
            "an episode begins in either context, with either symbol",
            "2.3.1 means to begin with context 0 and symbol 0",
            ("test_contexts_change_as_often_as_said",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        p_switch: float = Params.p_switch,
    ):
        super().__init__(dt, timing, rewards, numbers={"p_switch": p_switch})

    def max_steps(self) -> int:
        """Return 1: a trial is one answer."""
        return 1

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Draw the context."""
        del params
        return Carry(context=random.integer(key, 2))

    def sample_conditions(self, key, params, carry):
        """Draw the symbol, and whether the context changes."""
        key_symbol, key_switch = random.split(key)
        switches = random.bernoulli(key_switch, jnp.asarray(params.p_switch, jnp.float32))
        context = jnp.where(switches, 1 - carry.context, carry.context)
        return {"symbol": random.integer(key_symbol, 2), "context": context}, Carry(context=context)

    def build_trial(self, builder, conditions, params):
        """Show the symbol."""
        del params
        symbol, context = conditions["symbol"], conditions["context"]
        is_shown = np.arange(2, dtype=np.int32) == symbol
        return (
            builder.add_period("decision", duration=self.dt)
            .add_ob(is_shown, period="decision", where="symbol")
            .set_groundtruth(jnp.where(context == 0, symbol, 1 - symbol), period="decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay the answer that is right in the context."""
        is_right, rewards = action == self.gt_now(state), params.rewards
        return Response(
            reward=jnp.where(is_right, rewards["correct"], rewards["fail"]),
            new_trial=jnp.bool_(True),
            performance=is_right.astype(jnp.float32),
        )
