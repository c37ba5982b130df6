"""Continuing a rhythm of three flashes, after Egger, Remington, Chang & Jazayeri (2019)."""

from collections.abc import Mapping
from typing import Any

from jaxgym_neuro import spaces
from jaxgym_neuro.tasks.timing._production import ProductionEnv

PERIODS = (
    *("fixation", "target", "s1", "interval1", "s2", "interval2", "s3"),
    *("interval3", "response"),
)


class OneTwoThreeGo(ProductionEnv):
    """See three flashes, the same interval apart, and act when a fourth would come.

    The first two flashes give the interval; the third begins the one to produce.

    Reference: Egger, Remington, Chang & Jazayeri (2019). Internal models of sensorimotor
    integration regulate cortical dynamics. Nature Neuroscience 22, 1871-1882.
    https://www.nature.com/articles/s41593-019-0500-6

    Periods:

    =========  ============================================  ====  ========================
    name       default (ms)                                  cue   the subject should
    =========  ============================================  ====  ========================
    fixation   truncated exponential, mean 400, 100 to 800   on    wait (action 0)
    target     truncated exponential, mean 1000, 500 to      on    wait
               1500
    s1         100                                           on    wait
    interval1  one of 600, 700, 800, 900, 1000               on    wait, and measure
    s2         100                                           on    wait
    interval2  as interval1                                  on    wait, and measure
    s3         100                                           on    wait
    interval3  as interval1                                  on    go in time
    response   1000                                          on    go at once
    =========  ============================================  ====  ========================

    The interval to produce is over when interval3 is; acting late in interval3 or early in response
    is within the tolerance.

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 always: the subject keeps its gaze; s3 is the signal to go
    1       stimulus  1 in s1, s2 and s3
    2       target    1 after fixation
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
    abort    -0.1     an action before interval3               only if ``params.abort``
    correct  1        acting within the tolerance; less,       yes
                      the greater the error (`ProductionEnv`)
    fail     0        acting outside the tolerance             yes
    =======  =======  =======================================  ===========================

    Conditions:

    ========  ==============================================================
    name      distribution
    ========  ==============================================================
    interval  the timing of interval1, in whole steps, ms, float32
    ========  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above; interval2 and interval3 follow interval1.
            Timing changes T.
        prod_margin: error that is tolerated, as a fraction of the interval.
        abort: whether acting before interval3 ends the trial.

    Differences from NeuroGym: the ground truth is the one step at which the interval is over, where
    the reward is best; in 2.3.1 it is the whole response period. ``interval`` can be chosen.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("OneTwoThreeGo-v0", dt=20)
        >>> int(env.new_trial(jax.random.key(0), params, interval=700).gt.sum())
        1
    """

    TIMING = {
        "fixation": ("truncated_exponential", [400, 100, 800]),
        "target": ("truncated_exponential", [1000, 500, 1500]),
        "s1": 100,
        "interval1": ("choice", [600, 700, 800, 900, 1000]),
        "s2": 100,
        "s3": 100,
        "response": 1000,
    }
    INTERVAL = "interval"
    REFERENCE = "s3"
    RESPONSE = PERIODS[-2:]
    NO_RESPONSE = PERIODS[:-2]
    metadata = {
        "paper_name": "Internal models of sensorimotor integration regulate cortical dynamics",
        "paper_link": "https://www.nature.com/articles/s41593-019-0500-6",
        "tags": ("timing", "go-no-go", "supervised"),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        prod_margin: float = 0.2,
        abort: bool = False,
    ):
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            prod_margin=prod_margin,
            periods=PERIODS,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": 1, "target": 2}),
        )

    def max_steps(self) -> int:
        """Return T; all three intervals are as long as the first."""
        return self.longest(tuple(self.timing)) + 2 * self.longest(("interval1",))

    def sample_conditions(self, key, params, carry):
        """Draw the interval."""
        return {"interval": params.timing["interval1"].sample(key)}, carry

    def build_trial(self, builder, conditions, params):
        """Three flashes, an interval apart, and time to respond."""
        del params
        interval = conditions["interval"]
        for name in self.periods:
            builder = builder.add_period(
                name, duration=interval if name.startswith("interval") else None
            )
        builder = (
            builder.add_ob(1, where="fixation")
            .add_ob(1, period=("s1", "s2", "s3"), where="stimulus")
            .add_ob(1, period=PERIODS[1:], where="target")
        )
        interval = builder.period_ms("interval1")
        return self.mark_go(builder, interval).set_conditions(interval=interval)
