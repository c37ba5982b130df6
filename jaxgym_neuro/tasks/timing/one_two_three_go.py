"""Continuing a rhythm of three flashes, after Egger, Remington, Chang & Jazayeri (2019)."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import abort_by
from jaxgym_neuro.core.params import Leaf
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Paper, Period, Preset
from jaxgym_neuro.core.weber import (
    check_room,
    draw_jitter,
    jitter_of,
    longest_shown,
    shown_ms,
    stretch,
    weber_fraction,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.timing._production import (
    ProductionEnv,
    ProductionParams,
    one_step,
    produced,
)
from jaxgym_neuro.timing import duration_steps


@pytree
class Params(ProductionParams):
    """Numbers of the task that may be swept."""

    weber: Leaf = weber_fraction("each interval that is shown")


class OneTwoThreeGo(ProductionEnv[Params]):
    """See three flashes, the same interval apart, and act when a fourth would come.

    The first two flashes give the interval; the third begins the one to produce. An interval is the
    gap between flashes, from the offset of one to the onset of the next; from onset to onset it is
    one flash more. The subject acts when such a gap after the third flash is over, with the end of
    interval3, so that its response continues the rhythm; acting late in interval3 or early in
    response is within the tolerance.

    At the default ``weber`` of 0 nothing is noisy: an observer with a counter is perfect. Above 0
    the first two intervals are shown longer or shorter than they count for, each by a Gaussian of
    its own of s.d. weber times the interval; the interval to produce is the one without jitter, and
    the mean of the two that were seen is a better guess at it than either.

    Durations are floored to steps: at the default dt of 80 ms the five intervals are 560, 640, 800,
    880 and 960 ms; a dt of 20 or 50 ms keeps them equally spaced.

    Args:
        timing: changes to the periods, a dict from name to ms or another form; interval2 and
            interval3 follow interval1. Changes T.
        weber: Weber fraction of the intervals shown. Changes T; params may have a smaller one.
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
        species=("monkey",),
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
            "the timing of interval1, in whole steps: from the offset of a flash to the next",
            unit="ms",
            at_least=0,
            at_most="interval1",
        ),
        "jitter1": jitter_of("interval1"),
        "jitter2": jitter_of("interval2"),
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
    ANSWERS = {"produced": produced("interval3")}
    PRESETS = {
        "psychometric": Preset(
            {"weber": 0.2, "dt": 20},
            "who averages both intervals is within the tolerance in 0.91 of the trials, an ideal "
            "observer in 0.95",
        ),
        "equally spaced": Preset({"dt": 20}, "five intervals, of 600 to 1000 ms in steps of 100"),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        prod_margin: float = Params.prod_margin,
        abort: bool = False,
        weber: float = Params.weber,
        enforce: str = "fixation",
    ):
        numbers = {"prod_margin": prod_margin, "weber": weber}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers=numbers)

    def max_steps(self) -> int:
        """Return T; all three intervals are as long as the first, the two shown with a jitter."""
        interval = self.longest(("interval1",))
        shown = longest_shown(interval, self.numbers["weber"])
        return self.longest(tuple(self.timing)) + 2 * shown

    def validate(self, params: Params) -> None:
        """Check params, and that the Weber fraction is not greater than the constructor's."""
        super().validate(params)
        check_room(self.name, "weber", params.weber, self.numbers["weber"])

    def sample_conditions(self, key, params, carry):
        """Draw the interval, and how it is shown."""
        key_interval, key1, key2 = random.split(key, 3)
        return {
            "interval": params.timing["interval1"].sample(key_interval),
            "jitter1": draw_jitter(key1),
            "jitter2": draw_jitter(key2),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Three flashes, an interval apart, and time to respond."""
        steps = duration_steps(jnp.asarray(conditions["interval"]), self.dt)
        factors = {
            "interval1": stretch(params, conditions["jitter1"]),
            "interval2": stretch(params, conditions["jitter2"]),
            "interval3": 1,
        }
        for name in self.periods:
            shown = shown_ms(steps, factors[name], self.dt) if name in factors else None
            builder = builder.add_period(name, duration=shown)
        builder = (
            builder.add_ob(1, where="fixation")
            .add_ob(1, period=("s1", "s2", "s3"), where="stimulus")
            .add_ob(1, period=tuple(self.TIMING)[1:], where="target")
        )
        interval = builder.period_ms("interval3")
        return self.mark_go(builder, interval).set_conditions(interval=interval)
