"""What tasks share in which a direction is compared with one seen before a delay."""

import math
from collections.abc import Mapping
from typing import Any

import jax

from jaxgym_neuro import spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.support.validation import check_number


class DelayedMatch(TrialEnv):
    """Base of tasks with a sample and a test on a ring; the answer is due in the last period.

    ``conditions["ground_truth"]`` is 1 for a match and 2 for none.
    """

    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    choices = (1, 2)

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        dim_ring: int = 2,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.sigma = check_number("sigma", sigma, at_least=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": range(1, dim_ring + 1)}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "match": 1, "non-match": 2}),
        )

    @property
    def default_params(self) -> NoisyParams:
        """Params with the constructor's numbers."""
        return NoisyParams(**self.common_params, sigma=self.sigma)

    def show(
        self,
        builder: TrialBuilder,
        conditions: Mapping[str, jax.Array],
        params: Any,
        *,
        sample: jax.Array,
        test: jax.Array,
    ) -> TrialBuilder:
        """Cue until the answer is due; the angles of sample and test (rad) in their periods."""
        sigma = params.sigma / math.sqrt(self.dt)
        *waiting, answer = self.periods
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=waiting, where="fixation")
            .add_ob(stimuli.positive_tuning(self.theta, sample), period="sample", where="stimulus")
            .add_ob(stimuli.positive_tuning(self.theta, test), period="test", where="stimulus")
            .add_randn(0, sigma, period=("sample", "test"), where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period=answer)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge an answer in the last period; penalise one in fixation."""
        return self.choice_response(state, action, params, decision=self.periods[-1])
