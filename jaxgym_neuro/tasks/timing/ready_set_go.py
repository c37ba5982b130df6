"""Measuring an interval and reproducing it, after Remington, Narain, Hosseini & Jazayeri (2018)."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.choice_task import CUE
from jaxgym_neuro.core.params import Leaf, number
from jaxgym_neuro.core.tables import Channel, Condition, Difference, Paper, Period
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.tasks.timing._production import ProductionEnv, ProductionParams, one_step


@pytree
class Params(ProductionParams):
    """Numbers of the task that may be swept."""

    gain: Leaf = number(1.0, "interval to produce, as a multiple of the one measured", above=0)


class ReadySetGo(ProductionEnv[Params]):
    """Measure the interval between two flashes, ready and set, and act when it has passed again.

    With a ``gain`` other than 1, the interval to produce is that multiple of the one measured. It
    counts from the beginning of set, as the one measured counts from the beginning of ready.

    Args:
        gain: interval to produce, as a multiple of the one measured. Changes T; a trial made with a
            greater gain is cut at T.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ReadySetGo-v0", dt=20)
        >>> int(env.new_trial(jax.random.key(0), params, measure=900).conditions["production"])
        900
    """

    PAPER = Paper(
        "Remington, Narain, Hosseini & Jazayeri",
        2018,
        "Flexible Sensorimotor Computations through Rapid Reconfiguration of Cortical Dynamics",
        "Neuron 98(5), 1005-1019",
        "https://doi.org/10.1016/j.neuron.2018.05.020",
    )
    TAGS = ("timing", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(100, "wait (action 0)", cue="on"),
        "ready": Period(83, "wait; it is the beginning of measure", cue="on"),
        "measure": Period(("uniform", (800, 1500)), "wait, and measure", cue="on"),
        "set": Period(83, "wait; the interval to produce begins", cue="on"),
        "production": Period(
            "twice the interval to produce", "go when the interval is over", cue="off"
        ),
    }
    CHANNELS = {"fixation": CUE, "ready": Channel("1 in ready"), "set": Channel("1 in set")}
    CONDITIONS = {
        "measure": Condition(
            "the timing of measure, in whole steps", unit="ms", at_least=0, at_most="measure"
        ),
        "gain": Condition("``params.gain``", at_least=0, at_most="gain"),
        "production": Condition("measure * gain", unit="ms", derived=True),
    }
    DIFFERENCES = {
        "one step": one_step(
            "2.3.1's counts from the offset of `set`, where the reward counts from its onset, and "
            "following it earns 0.55"
        ),
        "measure": Difference(
            "`measure` can be chosen",
            "it has no effect in 2.3.1",
            ("test_ready_set_go_takes_a_chosen_interval_and_refuses_a_gain_that_does_not_fit",),
        ),
        "flashes": Difference(
            "`ready` and `set` last a step at least",
            "at a coarse dt 2.3.1 drops them",
            ("test_durations_are_floored_to_steps",),
        ),
    }
    REFERENCE = "measure"

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        gain: float = Params.gain,
        prod_margin: float = Params.prod_margin,
        abort: bool = False,
    ):
        numbers = {"gain": gain, "prod_margin": prod_margin}
        super().__init__(dt, timing, rewards, abort, numbers=numbers)

    def max_steps(self) -> int:
        """Return T; ready runs beside measure, production lasts twice gain times measure."""
        longest_ms = self.longest(("measure",)) * self.dt * self.numbers["gain"]
        production = int(timing_module.duration_steps(2 * longest_ms, self.dt))
        until_set = self.longest(("fixation", "measure", "set"))
        return max(until_set + production, self.longest(("fixation", "ready")))

    def validate(self, params: Params) -> None:
        """Check params, and that the gain is not greater than the constructor's."""
        super().validate(params)
        self.check_room("gain", params.gain, self.numbers["gain"])

    def sample_conditions(self, key, params, carry):
        """Draw the interval to measure."""
        measure = params.timing["measure"].sample(key)
        return {"measure": measure, "gain": jnp.asarray(params.gain, jnp.float32)}, carry

    def build_trial(self, builder, conditions, params):
        """Fixation cue until the production; two flashes."""
        del params
        builder = (
            builder.add_period("fixation")
            .add_period("ready")
            .add_period("measure", duration=conditions["measure"], after="fixation")
        )
        measure = builder.period_ms("measure")
        production = measure * conditions["gain"]
        builder = (
            builder.add_period("set")
            .add_period("production", duration=2 * production)
            .add_ob(1, period=("fixation", "ready", "measure", "set"), where="fixation")
            .add_ob(1, period="ready", where="ready")
            .add_ob(1, period="set", where="set")
        )
        return self.mark_go(builder, production).set_conditions(
            measure=measure, production=production
        )
