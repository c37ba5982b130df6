"""A task in which nothing happens."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import Response, TrialEnv


class Null(TrialEnv):
    """Wait: nothing is shown, nothing can be done, nothing is earned.

    A placeholder for code that expects a task.

    Periods:

    ========  =============  ===================
    name      default (ms)   the subject should
    ========  =============  ===================
    wait      10000          wait
    ========  =============  ===================

    Observation, float32: one channel, always 0.

    Actions: only action 0. There are no rewards and no conditions. Performance is 1: there is no
    way to be wrong.

    Args:
        dt: step in ms. Changes T.
        timing: changes to the table above. Changes T.

    Differences from NeuroGym: the observation is an array of shape (1,), not a bare number.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Null-v0")
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (100, 1)
    """

    TIMING = {"wait": 10000}
    metadata = {"paper_name": None, "paper_link": None, "tags": ()}

    def __init__(self, dt: float = 100, timing: Mapping[str, Any] | None = None):
        super().__init__(
            dt=dt,
            timing=timing,
            observation_space=spaces.Box(-np.inf, np.inf, (1,)),
            action_space=spaces.Discrete(1),
        )

    def build_trial(self, builder, conditions, params):
        """Show nothing."""
        del conditions, params
        return builder.add_period("wait")

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay nothing; waiting is right."""
        del state, params
        return Response(reward=0.0, performance=action == 0)
