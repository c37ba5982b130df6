"""What tasks share in which something is compared with one seen before a delay."""

import math
from collections.abc import Mapping
from typing import Any

import jax

from jaxgym_neuro import stimuli
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, ChoiceTask
from jaxgym_neuro.core.env import ParamsT
from jaxgym_neuro.core.tables import Channel, Condition, Paper
from jaxgym_neuro.core.trial import TrialBuilder

MILLER_1996 = Paper(
    "Miller, Erickson & Desimone",
    1996,
    "Neural mechanisms of visual working memory in prefrontal cortex of the macaque",
    "Journal of Neuroscience 16(16), 5154-5167",
    "https://doi.org/10.1523/JNEUROSCI.16-16-05154.1996",
    species=("monkey",),
)
IS_MATCH = Condition("1 (match) or 2 (non-match), equally likely", "int32", one_of=(1, 2))


class DelayedMatch(ChoiceTask[ParamsT]):
    """Base of tasks with a sample and a test on a ring.

    Attributes:
        ASKED: the period in which the answer is due; None is the last one.
    """

    ASKED: str | None = None

    SEEN = "0.5 cos(theta_i - theta) + 0.5 with noise of s.d. sigma / sqrt(dt), in sample and test"
    CHANNELS = {"fixation": CUE, "stimulus": Channel(SEEN, "d")}
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    choices = (1, 2)

    def __init__(
        self,
        dt: float,
        rewards: Mapping[str, float] | None,
        timing: Mapping[str, Any] | None,
        numbers: Mapping[str, Any],
        dim_ring: int,
        abort: bool,
        enforce: str,
        options: Mapping[str, bool] | None = None,
    ):
        self.theta = stimuli.ring(dim_ring)
        sizes = {"d": dim_ring, **(options or {})}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)

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
        asked = len(self.periods) - 1 if self.ASKED is None else self.periods.index(self.ASKED)
        waiting, answer = self.periods[:asked], self.periods[asked]
        return (
            self.add_periods(builder, conditions)
            .add_ob(1, period=waiting, where="fixation")
            .add_ob(stimuli.positive_tuning(self.theta, sample), period="sample", where="stimulus")
            .add_ob(stimuli.positive_tuning(self.theta, test), period="test", where="stimulus")
            .add_randn(0, sigma, period=("sample", "test"), where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period=answer)
        )

    def add_periods(
        self, builder: TrialBuilder, conditions: Mapping[str, jax.Array]
    ) -> TrialBuilder:
        """Add all periods, one after the other."""
        del conditions
        return builder.add_period(self.periods)
