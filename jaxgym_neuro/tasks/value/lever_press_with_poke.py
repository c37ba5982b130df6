"""A lever that is to be pressed several times before a reward can be had at a port."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro.core.env import Response
from jaxgym_neuro.core.tables import Action, Channel, Difference, Period, Reward
from jaxgym_neuro.tasks.value._levers import PRESSES_LEFT, Carry, LeverAndPort


class LeverPressWithPoke(LeverAndPort):
    """Press a lever several times, and then poke into a port for the reward.

    Each step is a trial. A poke earns ``correct`` once the lever has been pressed ``n_press``
    times, and the count begins anew; before that it does nothing, and neither do further presses.
    Nothing tells how many presses are left, unless ``observe_state``: they have to be counted, by
    what was done.

    The ground truth is to press while presses are left, and else to poke; one who does so earns 1
    in n_press + 1 steps. One who presses at random, with the best probability, earns 1 in 9 steps
    at the default.

    It follows no experiment in particular.

    Args:
        dt: step in ms.
        timing: for the signature's sake; the task has no period to change.
        n_press: how many presses a reward takes.
        observe_state: whether the presses that are left are shown, in place of a constant.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("LeverPressWithPoke-v0", observe_state=True)
        >>> float(env.new_trial(jax.random.key(0), params).ob[0, 0])
        4.0
    """

    TAGS = ("operant conditioning",)
    TIMING = {"decision": Period("one step", "press, or poke", cue="none")}
    CHANNELS = {
        "state": Channel("always 1; with ``observe_state``, how many presses are left"),
    }
    ACTIONS = {"poke": Action("poke into the port"), "press": Action("press the lever")}
    REWARDS = {"correct": Reward(1.0, "a poke after the last press")}
    CONDITIONS = {"left": PRESSES_LEFT}
    DIFFERENCES = {
        "step": Difference(
            "it steps, and each step is a trial with a ground truth and a performance",
            "2.3.1 has no `step`, and no trials",
            ("test_a_poke_is_paid_after_the_presses",),
        ),
        "first step": Difference(
            "an episode begins with any number of presses left",
            "2.3.1 always begins with all presses left",
            ("test_an_episode_begins_anywhere",),
        ),
    }

    def build_trial(self, builder, conditions, params):
        """Show that there is a lever, or the presses that are left."""
        del params
        left = conditions["left"]
        seen = left.astype(jnp.float32) if self.observe_state else 1.0
        return (
            builder.add_period("decision", duration=self.dt)
            .add_ob(seen, period="decision", where="state")
            .set_groundtruth((left > 0).astype(jnp.int32), period="decision")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Count a press; pay a poke, if no press is left."""
        left = state.trial.conditions["left"]
        is_paid = (action == 0) & (left == 0)
        after = jnp.where(action == 1, self.press(left), left)
        after = jnp.where(is_paid, jnp.int32(self.n_press), after)
        return Response(
            reward=jnp.where(is_paid, params.rewards["correct"], 0),
            new_trial=jnp.bool_(True),
            performance=(action == self.gt_now(state)).astype(jnp.float32),
            carry=Carry(left=after.astype(jnp.int32)),
        )
