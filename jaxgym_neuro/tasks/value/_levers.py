"""What tasks share in which a lever is pressed a number of times: presses that are left."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.env import ParamsT, TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams
from jaxgym_neuro.core.tables import Condition
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag, check_integer

PRESSES_LEFT = Condition("as the steps before have left it", "int32", at_least=0, at_most="n_press")


@pytree
class Carry:
    """What lasts over trials."""

    left: Leaf  # () int32, presses


class Lever(TrialEnv[ParamsT, Carry]):
    """Base of tasks of which each step is a trial, and presses count over steps.

    Args:
        dt: step in ms.
        timing: for the signature's sake.
        rewards: changes to ``REWARDS``.
        n_press: how many presses there are to a sequence.
        numbers: values of params.
    """

    def __init__(
        self,
        dt: float,
        timing: Mapping[str, Any] | None,
        rewards: Mapping[str, float] | None,
        n_press: int,
        numbers: Mapping[str, Any],
    ):
        self.n_press = check_integer("n_press", n_press, at_least=1)
        sizes = {"n_press": self.n_press}
        super().__init__(dt, timing, rewards, sizes=sizes, numbers=numbers)

    def max_steps(self) -> int:
        """Return 1: a trial is a step."""
        return 1

    def init_carry(self, key: jax.Array, params: Any) -> Carry:
        """Draw how far a sequence is."""
        del params
        return Carry(left=random.integer(key, self.n_press + 1))

    def sample_conditions(self, key, params, carry):
        """Tell how many presses are left."""
        del key, params
        return {"left": carry.left}, carry

    def press(self, left: Any) -> jax.Array:
        """Return how many presses are left after one."""
        return jnp.maximum(left - 1, 0).astype(jnp.int32)


class LeverAndPort(Lever[TrialParams]):
    """Base of tasks in which presses are rewarded at a port, with the arguments that these share.

    Args:
        dt: step in ms.
        rewards: changes to ``REWARDS``.
        timing: for the signature's sake.
        n_press: how many presses a reward takes.
        observe_state: whether the presses that are left are shown.
    """

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        n_press: int = 4,
        observe_state: bool = False,
    ):
        self.observe_state = check_flag("observe_state", observe_state)
        super().__init__(dt, timing, rewards, n_press, {})
