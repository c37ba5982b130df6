"""A task in which nothing happens."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.core.tables import Difference, Period


class Null(TrialEnv[TrialParams]):
    """Wait: nothing is shown, nothing can be done, nothing is earned.

    A placeholder for code that expects a task. The observation, float32, has one channel, always 0,
    and there is only action 0. There are no rewards and no conditions. Performance is 1: there is
    no way to be wrong.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Null-v0")
        >>> env.new_trial(jax.random.key(0), params).ob.shape
        (100, 1)
    """

    TAGS = ()
    TIMING = {"wait": Period(10000, "wait")}
    DIFFERENCES = {
        "observation": Difference(
            "the observation is an array of shape (1,)",
            "2.3.1's is a bare number, which is no observation",
            ("test_nothing_happens_for_ten_seconds",),
        ),
        "performance": Difference(
            "having waited has performance 1",
            "there is no way to be wrong; 2.3.1 never scores",
            ("test_nothing_happens_for_ten_seconds", "test_statistics_agree_with_neurogym"),
        ),
    }

    def __init__(self, dt: float = 100, timing: Mapping[str, Any] | None = None):
        unbounded, only_wait = spaces.Box(-np.inf, np.inf, (1,)), spaces.Discrete(1)
        super().__init__(dt, timing, observation_space=unbounded, action_space=only_wait)

    def build_trial(self, builder, conditions, params):
        """Show nothing."""
        del conditions, params
        return builder.add_period("wait")

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Pay nothing; waiting is right."""
        del state, params
        return Response(reward=0.0, performance=action == 0)
