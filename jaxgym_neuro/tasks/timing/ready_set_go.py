"""Measuring an interval and reproducing it, after Remington, Narain, Hosseini & Jazayeri (2018)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.tasks.timing._production import ProductionEnv, ProductionParams


@pytree
class Params(ProductionParams):
    """Numbers of the task that may be swept."""

    gain: jax.Array = 1.0  # interval to produce, as a multiple of the one measured


class ReadySetGo(ProductionEnv):
    """Measure the interval between two flashes, ready and set, and act when it has passed again.

    With a ``gain`` other than 1, the interval to produce is that multiple of the one measured.

    Reference: Remington, Narain, Hosseini & Jazayeri (2018). Flexible sensorimotor computations
    through rapid reconfiguration of cortical dynamics. Neuron 98(5), 1005-1019.
    https://www.sciencedirect.com/science/article/pii/S0896627318304185

    Periods:

    ==========  =======================  =========  ==========================================
    name        default (ms)             cue        the subject should
    ==========  =======================  =========  ==========================================
    fixation    100                      on         wait (action 0)
    ready       83                       on         wait; it is the beginning of measure
    measure     uniform 800-1500         on         wait, and measure
    set         83                       on         wait; the interval to produce begins
    production  twice the interval to    off        go when the interval is over
                produce
    ==========  =======================  =========  ==========================================

    Observation, float32:

    ======  ========  ==============================================================
    index   channel   meaning
    ======  ========  ==============================================================
    0       fixation  1 until the subject may answer
    1       ready     1 in ready
    2       set       1 in set
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

    The interval to produce counts from the beginning of set, as the one measured counts from the
    beginning of ready.

    Conditions:

    ==========  ==============================================================
    name        distribution
    ==========  ==============================================================
    measure     the timing of measure, in whole steps, ms, float32
    gain        ``params.gain``, float32
    production  derived: measure * gain, ms, float32
    ==========  ==============================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        gain: interval to produce, as a multiple of the one measured. Changes T; a trial made with a
            greater gain is cut at T.
        prod_margin: error that is tolerated, as a fraction of the interval.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the ground truth is where the reward is best; in 2.3.1 it is one set
    cue late. ``measure`` can be chosen. ready and set last a step at least.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ReadySetGo-v0", dt=20)
        >>> int(env.new_trial(jax.random.key(0), params, measure=900).conditions["production"])
        900
    """

    TIMING = {"fixation": 100, "ready": 83, "measure": ("uniform", (800, 1500)), "set": 83}
    REFERENCE = "measure"
    metadata = {
        "paper_name": "Flexible Sensorimotor Computations through Rapid Reconfiguration of "
        "Cortical Dynamics",
        "paper_link": "https://www.sciencedirect.com/science/article/pii/S0896627318304185",
        "tags": ("timing", "go-no-go", "supervised"),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        gain: float = 1.0,
        prod_margin: float = 0.2,
        abort: bool = False,
    ):
        self.gain = check_number("gain", gain, above=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            prod_margin=prod_margin,
            periods=("fixation", "ready", "measure", "set", "production"),
            observation_space=spaces.unbounded({"fixation": 0, "ready": 1, "set": 2}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, gain=self.gain, prod_margin=self.prod_margin)

    def max_steps(self) -> int:
        """Return T; ready runs beside measure, production lasts twice gain times measure."""
        longest_ms = self.longest(("measure",)) * self.dt * self.gain
        production = int(timing_module.duration_steps(2 * longest_ms, self.dt))
        until_set = self.longest(("fixation", "measure", "set"))
        return max(until_set + production, self.longest(("fixation", "ready")))

    def validate(self, params: Params) -> None:
        """Check concrete params; the gain must not be greater than the constructor's.

        Raises:
            ValueError: naming what is too long, and how to allow more.
        """
        super().validate(params)
        self.check_room("gain", params.gain, self.gain)

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
