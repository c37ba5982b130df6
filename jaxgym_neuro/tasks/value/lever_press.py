"""A lever that is to be pressed several times after a signal."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.env import Response
from jaxgym_neuro.core.params import Leaf, TrialParams, probability
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Period, Reward
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.value._levers import PRESSES_LEFT, Carry, Lever


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    signal_prob: Leaf = probability(0.5, "probability that a signal follows upon a step of waiting")


class LeverPress(Lever[Params]):
    """Wait for a signal, and then press a lever several times without a pause.

    Each step is a trial. While nothing is under way, to press costs ``early``, and after a step of
    waiting there is a signal with the probability ``params.signal_prob``. The signal lasts a step.
    From it on, each press counts, and the last of ``n_press`` earns ``correct``; to pause on the
    way loses the sequence. Presses that are left are not shown: they have to be counted.

    The ground truth is to wait without a signal and to press in a sequence; one who does so earns
    10 in n_press + 1 / p steps, p being the probability of the signal, and has performance 1 in
    each.

    It follows no experiment in particular.

    Args:
        dt: step in ms.
        timing: for the signature's sake; the task has no period to change.
        n_press: how many presses there are to a sequence.
        signal_prob: default of ``params.signal_prob``.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("LeverPress-v0")
        >>> trial = env.new_trial(jax.random.key(0), params, left=4)
        >>> float(trial.ob[0, 0]), int(trial.gt[0])
        (1.0, 1)
    """

    TAGS = ("operant conditioning",)
    TIMING = {"decision": Period("one step", "wait, or press", cue="the signal")}
    CHANNELS = {"signal": Channel("1 as a sequence begins")}
    ACTIONS = {"fixation": Action("wait"), "press": Action("press the lever")}
    REWARDS = {
        "correct": Reward(10.0, "the last press of a sequence"),
        "early": Reward(-1.0, "a press while no sequence is under way"),
    }
    CONDITIONS = {
        "left": PRESSES_LEFT,
        "signal": Condition(
            "would waiting be followed by a signal? with ``params.signal_prob``", "bool"
        ),
    }
    DIFFERENCES = {
        "step": Difference(
            "it steps, and each step is a trial with a ground truth and a performance",
            "2.3.1 has no `step`, and no trials",
            ("test_a_sequence_is_paid_at_its_end",),
        ),
        "first step": Difference(
            "an episode begins anywhere in a sequence, or where none is under way",
            "2.3.1 always begins where none is",
            ("test_an_episode_begins_anywhere",),
        ),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        n_press: int = 4,
        signal_prob: float = Params.signal_prob,
    ):
        super().__init__(dt, timing, rewards, n_press, {"signal_prob": signal_prob})

    def sample_conditions(self, key, params, carry):
        """Draw whether a signal would follow."""
        conditions, carry = super().sample_conditions(key, params, carry)
        p = jnp.asarray(params.signal_prob, jnp.float32)
        return {**conditions, "signal": random.bernoulli(key, p)}, carry

    def build_trial(self, builder, conditions, params):
        """Show the signal, if a sequence begins."""
        del params
        begins = (conditions["left"] == self.n_press).astype(jnp.float32)
        is_due = (conditions["left"] > 0).astype(jnp.int32)
        return (
            builder.add_period("decision", duration=self.dt)
            .add_ob(begins, period="decision", where="signal")
            .set_groundtruth(is_due, period="decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Count a press, or let the signal come."""
        drawn, rewards = state.trial.conditions, params.rewards
        left, presses, waits = drawn["left"], action == 1, action == 0
        is_idle = left == 0
        signalled = jnp.where(waits & drawn["signal"], jnp.int32(self.n_press), 0)
        after = jnp.where(is_idle, signalled, jnp.where(presses, self.press(left), 0))
        reward = jnp.where(presses & is_idle, rewards["early"], 0)
        reward = reward + jnp.where(presses & (left == 1), rewards["correct"], 0)
        return Response(
            reward=reward,
            new_trial=jnp.bool_(True),
            performance=(action == self.gt_now(state)).astype(jnp.float32),
            carry=Carry(left=after.astype(jnp.int32)),
        )
