"""Producing one of two intervals on cue, after Wang, Narain, Hosseini & Jazayeri (2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_numbers
from jaxgym_neuro.tasks.timing._production import ProductionEnv, ProductionParams

INTERVALS = (800.0, 1500.0)  # ms


@pytree
class Params(ProductionParams):
    """Numbers of the task that may be swept."""

    intervals: jax.Array = INTERVALS  # (n,) ms


class MotorTiming(ProductionEnv):
    """Learn which interval a cue stands for, and act when it is over.

    A cue says which of two intervals is due. The interval begins when all cues go off; the subject
    acts when it thinks that it is over.

    Reference: Wang, Narain, Hosseini & Jazayeri (2018). Flexible timing by temporal scaling of
    cortical responses. Nature Neuroscience 21, 102-110.
    https://www.nature.com/articles/s41593-017-0028-6

    Periods:

    ==========  ======================  =========  ===================================
    name        default (ms)            cue        the subject should
    ==========  ======================  =========  ===================================
    fixation    500                     on         wait (action 0)
    cue         uniform 1000-3000       on         wait, and watch
    set         50                      on         wait
    production  twice the interval      off        go when the interval is over
    ==========  ======================  =========  ===================================

    Observation, float32, with n intervals:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 until the subject may answer
    1..n    interval  1 for the interval that is due, in cue and set
    n+1     set       1 in set
    ======  ========  ==============================================================

    Actions:

    ======  ========  =======
    index   name      meaning
    ======  ========  =======
    0       fixation  wait
    1       go        act
    ======  ========  =======

    Rewards:

    =======  =======  =======================================  ===========================
    name     default  event                                    ends the trial?
    =======  =======  =======================================  ===========================
    abort    -0.1     an action in fixation                    only if ``params.abort``
    correct  1        acting within the tolerance; less,       yes
                      the greater the error (`ProductionEnv`)
    fail     0        acting outside the tolerance             yes
    =======  =======  =======================================  ===========================

    Conditions:

    ==============  ==============================================================
    name            distribution
    ==============  ==============================================================
    production_ind  uniform over the intervals, int32
    production      derived: the interval, ms, float32
    ==============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        prod_margin: error that is tolerated, as a fraction of the interval.
        intervals: intervals in ms. Their number changes channels, the longest changes T.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: ``set`` lasts a step at least, where 2.3.1 drops it at its default dt
    of 80 ms; an interval is compared in whole steps, so that acting at the ground truth is perfect.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MotorTiming-v0")
        >>> int(env.new_trial(jax.random.key(0), params, production_ind=1).conditions["production"])
        1500
    """

    TIMING = {"fixation": 500, "cue": ("uniform", (1000, 3000)), "set": 50}
    REFERENCE = "set"
    metadata = {
        "paper_name": "Flexible timing by temporal scaling of cortical responses",
        "paper_link": "https://www.nature.com/articles/s41593-017-0028-6",
        "tags": ("timing", "go-no-go", "supervised"),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        prod_margin: float = 0.2,
        intervals: Sequence[float] = INTERVALS,
        abort: bool = False,
    ):
        self.intervals = check_numbers("intervals (ms)", intervals, at_least=0)
        n = len(self.intervals)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            prod_margin=prod_margin,
            periods=("fixation", "cue", "set", "production"),
            observation_space=spaces.unbounded(
                {"fixation": 0, "interval": range(1, n + 1), "set": n + 1}
            ),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, intervals=self.intervals, prod_margin=self.prod_margin)

    def max_steps(self) -> int:
        """Return T; the production period lasts twice the longest interval."""
        production = timing_module.duration_steps(2 * max(self.intervals), self.dt)
        return self.longest(("fixation", "cue", "set")) + int(production)

    def validate(self, params: Params) -> None:
        """Check concrete params; the intervals must not be longer than the constructor's longest.

        Raises:
            ValueError: naming what is too long, and how to allow more.
        """
        super().validate(params)
        self.check_room("intervals", params.intervals, max(self.intervals), " ms")

    def sample_conditions(self, key, params, carry):
        """Draw which interval is due."""
        del params
        return {"production_ind": random.integer(key, len(self.intervals))}, carry

    def build_trial(self, builder, conditions, params):
        """All cues until the production; which interval is due in cue and set."""
        index = conditions["production_ind"]
        production = stimuli.pick(params.intervals, index)
        is_due = np.arange(len(self.intervals), dtype=np.int32) == index
        builder = (
            builder.add_period(("fixation", "cue", "set"))
            .add_period("production", duration=2 * production)
            .add_ob(1, period=("fixation", "cue", "set"), where="fixation")
            .add_ob(is_due, period=("cue", "set"), where="interval")
            .add_ob(1, period="set", where="set")
        )
        return self.mark_go(builder, production).set_conditions(production=production)
