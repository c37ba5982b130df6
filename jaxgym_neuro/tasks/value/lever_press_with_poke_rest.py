"""A lever, a port and thirst: presses and pokes take effort, and the reward is worth the thirst."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro.core.env import Response
from jaxgym_neuro.core.params import Leaf
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Period, Reward
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.value._levers import PRESSES_LEFT, LeverAndPort

_QUENCHED = -8.0  # where thirst is counted from after a drink
_POKE, _PRESS, _REST = range(3)


@pytree
class Carry:
    """What lasts over trials."""

    left: Leaf  # () int32, presses
    since: Leaf  # () float32, steps of thirst since the last drink, from _QUENCHED


class LeverPressWithPokeRest(LeverAndPort):
    """Press a lever several times, and poke for the reward when thirst makes it worth the effort.

    Each step is a trial. After ``n_press`` presses a poke is rewarded, and the count begins anew. A
    reward is worth the thirst of the step: none for about eight steps after a drink, and within
    about another it grows to 1. A press and a poke take effort each, a rest takes none. Thirst is
    seen, and presses that are left are not, unless ``observe_state``: then they are, and thirst is
    not.

    The ground truth is to press while presses are left, to rest until thirst is 1, and to poke
    then. Who does so earns 0.157 in a step at the defaults. It is a good way, and nearly the best:
    to poke a little earlier, at a thirst of 0.9, earns the same within a hundredth of it.

    It follows no experiment in particular.

    Args:
        dt: step in ms; thirst grows by the step.
        timing: for the signature's sake; the task has no period to change.
        n_press: how many presses a reward takes.
        observe_state: whether the presses that are left are shown, in place of thirst.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("LeverPressWithPokeRest-v0")
        >>> [int(env.new_trial(0, params, left=0, since=x).gt[0]) for x in (-3.0, 1.0)]
        [2, 0]
    """

    TAGS = ("operant conditioning",)
    TIMING = {"decision": Period("one step", "press, poke or rest", cue="thirst")}
    CHANNELS = {
        "state": Channel("thirst, 0 to 1; with ``observe_state``, how many presses are left"),
    }
    ACTIONS = {
        "poke": Action("poke into the port"),
        "press": Action("press the lever"),
        "rest": Action("do nothing"),
    }
    REWARDS = {
        "correct": Reward(2.0, "a poke after the last press: times thirst"),
        "effort": Reward(-0.1, "a press or a poke"),
    }
    CONDITIONS = {
        "left": PRESSES_LEFT,
        "since": Condition(
            "-8 after a drink, and more by ``growth`` with each step, up to 1; at first 1",
            at_least=_QUENCHED,
        ),
        "growth": Condition("uniform from 0.8 to 1.2", at_least=0),
        "thirst": Condition("``since``, within 0 and 1", derived=True),
    }
    DIFFERENCES = {
        "step": Difference(
            "it steps, and each step is a trial with a ground truth and a performance",
            "2.3.1 has no `step`, no trials, and does not say what is best",
            ("test_a_drink_is_worth_the_thirst",),
        ),
        "first step": Difference(
            "an episode begins with any number of presses left",
            "2.3.1 always begins with all presses left",
            ("test_an_episode_begins_anywhere",),
        ),
    }

    def init_carry(self, key: jax.Array, params: Any) -> Any:
        """Draw how far a sequence is; the subject is thirsty."""
        return Carry(left=super().init_carry(key, params).left, since=jnp.float32(1))

    def sample_conditions(self, key, params, carry):
        """Draw how much thirst grows."""
        del params
        growth = np.float32(0.8) + np.float32(0.4) * random.uniform(key)
        return {"left": carry.left, "since": carry.since, "growth": growth}, carry

    def build_trial(self, builder, conditions, params):
        """Show thirst, or the presses that are left."""
        del params
        left, thirst = conditions["left"], jnp.clip(conditions["since"], 0, 1)
        seen = left.astype(jnp.float32) if self.observe_state else thirst
        due = jnp.where(left > 0, _PRESS, jnp.where(thirst >= 1, _POKE, _REST))
        return (
            builder.add_period("decision", duration=self.dt)
            .add_ob(seen, period="decision", where="state")
            .set_groundtruth(due, period="decision")
            .set_conditions(thirst=thirst)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Count a press; pay a poke by thirst, if no press is left; thirst grows."""
        drawn, rewards = state.trial.conditions, params.rewards
        left = drawn["left"]
        presses, pokes = action == _PRESS, action == _POKE
        drinks = pokes & (left == 0)
        after = jnp.where(presses, self.press(left), left)
        since = jnp.where(drinks, np.float32(_QUENCHED), drawn["since"]) + drawn["growth"]
        reward = jnp.where(presses | pokes, rewards["effort"], 0)
        reward = reward + jnp.where(drinks, rewards["correct"] * drawn["thirst"], 0)
        return Response(
            reward=reward,
            new_trial=jnp.bool_(True),
            performance=(action == self.gt_now(state)).astype(jnp.float32),
            carry=Carry(
                left=jnp.where(drinks, jnp.int32(self.n_press), after).astype(jnp.int32),
                since=jnp.minimum(since, np.float32(1)),
            ),
        )
