"""Continuing a rhythm of three flashes, after Egger, Remington, Chang & Jazayeri (2019)."""

from collections.abc import Mapping
from typing import Any

from jaxgym_neuro.core.choice_task import abort_by
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Paper, Period
from jaxgym_neuro.tasks.timing._production import ProductionEnv, ProductionParams, one_step


class OneTwoThreeGo(ProductionEnv[ProductionParams]):
    """See three flashes, the same interval apart, and act when a fourth would come.

    The first two flashes give the interval; the third begins the one to produce. It is over when
    interval3 is; acting late in interval3 or early in response is within the tolerance.

    Args:
        timing: changes to the periods, a dict from name to ms or another form; interval2 and
            interval3 follow interval1. Changes T.
        abort: whether acting before interval3 ends the trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("OneTwoThreeGo-v0", dt=20)
        >>> int(env.new_trial(jax.random.key(0), params, interval=700).gt.sum())
        1
    """

    PAPER = Paper(
        "Egger, Remington, Chang & Jazayeri",
        2019,
        "Internal models of sensorimotor integration regulate cortical dynamics",
        "Nature Neuroscience 22, 1871-1882",
        "https://doi.org/10.1038/s41593-019-0500-6",
    )
    TAGS = ("timing", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(("truncated_exponential", [400, 100, 800]), "wait (action 0)", cue="on"),
        "target": Period(("truncated_exponential", [1000, 500, 1500]), "wait", cue="on"),
        "s1": Period(100, "wait", cue="on"),
        "interval1": Period(("choice", [600, 700, 800, 900, 1000]), "wait, and measure", cue="on"),
        "s2": Period(100, "wait", cue="on"),
        "interval2": Period("as interval1", "wait, and measure", cue="on"),
        "s3": Period(100, "wait", cue="on"),
        "interval3": Period("as interval1", "go in time", cue="on"),
        "response": Period(1000, "go at once", cue="on"),
    }
    CHANNELS = {
        "fixation": Channel("1 always: the subject keeps its gaze; s3 is the signal to go"),
        "stimulus": Channel("1 in s1, s2 and s3"),
        "target": Channel("1 after fixation"),
    }
    REWARDS = {**ProductionEnv.REWARDS, "abort": abort_by("an action before interval3")}
    CONDITIONS = {
        "interval": Condition(
            "the timing of interval1, in whole steps", unit="ms", at_least=0, at_most="interval1"
        )
    }
    DIFFERENCES = {
        "one step": one_step(
            "2.3.1 marks the whole response period, of which only the first step earns 1"
        ),
        "interval": Difference(
            "`interval` can be chosen, and sets the periods",
            "2.3.1 changes the reward only",
            ("test_one_two_three_go_repeats_one_interval",),
        ),
    }
    WAITING = tuple(TIMING)[:-2]
    ANSWERING = tuple(TIMING)[-2:]
    INTERVAL = "interval"
    REFERENCE = "s3"

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        prod_margin: float = ProductionParams.prod_margin,
        abort: bool = False,
    ):
        super().__init__(dt, timing, rewards, abort, numbers={"prod_margin": prod_margin})

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
            given = interval if name.startswith("interval") else None
            builder = builder.add_period(name, duration=given)
        builder = (
            builder.add_ob(1, where="fixation")
            .add_ob(1, period=("s1", "s2", "s3"), where="stimulus")
            .add_ob(1, period=self.periods[1:], where="target")
        )
        interval = builder.period_ms("interval1")
        return self.mark_go(builder, interval).set_conditions(interval=interval)
