"""Measuring an interval and reproducing it, after Remington, Narain, Hosseini & Jazayeri (2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.choice_task import CUE
from jaxgym_neuro.core.params import Leaf, check_param, number, probability
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


@pytree
class Params(ProductionParams):
    """Numbers of the task that may be swept."""

    gain: Leaf = number(
        (1.0,),
        "interval to produce, as a multiple of the one measured; each trial draws one",
        shape=("gains",),
        above=0,
    )
    priors: Leaf = number(
        ((480.0, 560.0, 640.0, 720.0, 800.0), (800.0, 900.0, 1000.0, 1100.0, 1200.0)),
        "intervals to measure in each kind of block, if there are blocks",
        unit="ms",
        shape=("priors", "m"),
        above=0,
    )
    prior_switch: Leaf = probability(0.02, "probability that a block ends before a trial")
    weber: Leaf = weber_fraction("the interval that is shown")


class ReadySetGo(ProductionEnv[Params]):
    """Measure the interval between two flashes, ready and set, and act when it has passed again.

    With a ``gain`` other than 1, the interval to produce is that multiple of the one measured. It
    counts from the beginning of set, as the one measured counts from the beginning of ready. With
    several gains each trial draws one, and a channel shows it.

    With ``priors`` the trials come in blocks, each of which has intervals of its own, and a cue
    that tells which: what is usual in the block says something about an interval that was measured
    badly. A block ends before each trial with probability ``params.prior_switch``, so that the
    first one begins as any other does.

    At the default ``weber`` of 0 nothing is noisy: an observer with a counter is perfect. Above 0
    the interval is shown longer or shorter than it counts for, by a Gaussian of s.d. weber times
    the interval, as if the subject had measured it badly. The interval to produce is the one
    without jitter; whoever knows the prior does best to shrink what was measured towards its mean.

    In the paper intervals are measured and produced in two contexts; a context is here a gain, and
    the default is one of them, with intervals of 800 to 1500 ms. Blocks of short and long intervals
    are those of Sohn, Narain, Meirhaeghe & Jazayeri (2019), Neuron 103, 934-947,
    https://doi.org/10.1016/j.neuron.2019.06.012.

    Args:
        gain: interval to produce, as a multiple of the one measured; or several, which are drawn
            and shown: they change channels. The greatest changes T; a trial made with a greater
            gain is cut at T.
        priors: for each kind of block its intervals in ms, all equally likely; as many in each.
            Changes channels and T, and takes the place of ``timing={"measure": ...}``.
        prior_switch: probability that a block ends before a trial.
        weber: Weber fraction of the interval shown. Changes T; params may have a smaller one.

    Raises:
        ValueError: for both priors and a timing of measure.

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
        species=("monkey",),
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
    CHANNELS = {
        "fixation": CUE,
        "ready": Channel("1 in ready"),
        "set": Channel("1 in set"),
        "gain": Channel("the gain, throughout the trial", option="gains"),
        "prior{i}": Channel(
            "1 throughout the trial in a block of kind i", each="priors", option="blocks"
        ),
    }
    CONDITIONS = {
        "measure": Condition(
            "the timing of measure, or one of the block's intervals; in whole steps: t_s of the "
            "papers",
            unit="ms",
            at_least=0,
            at_most="measure",
        ),
        "gain": Condition("uniform over ``params.gain``", at_least=0, at_most="gain"),
        "jitter": jitter_of("how long measure is shown"),
        "prior": Condition(
            "kind of block, with ``priors``, else 0 (to fix it changes the cue, not the interval)",
            "int32",
            at_least=0,
            below="priors",
        ),
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
    ANSWERS = {"produced": produced("set")}
    PRESETS = {
        "psychometric": Preset(
            {"weber": 0.15, "dt": 20},
            "who reproduces what was shown is within the tolerance in 0.86 of the trials, an ideal "
            "observer in 0.94",
        ),
        "two gains": Preset(
            {"gain": (1.0, 1.5), "dt": 20},
            "two contexts, cued in each trial: the interval is reproduced, or one that is half as "
            "long again is produced",
        ),
        "priors": Preset(
            {
                "priors": ((480, 560, 640, 720, 800), (800, 900, 1000, 1100, 1200)),
                "weber": 0.1,
                "dt": 20,
            },
            "blocks of short and of long intervals, after Sohn et al. (2019)",
            differs="one response; blocks end by chance, after 50 trials on average",
        ),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        gain: float | Sequence[float] = Params.gain,
        prod_margin: float = Params.prod_margin,
        abort: bool = False,
        priors: Sequence[Sequence[float]] | None = None,
        prior_switch: float = Params.prior_switch,
        weber: float = Params.weber,
        enforce: str = "fixation",
    ):
        gains = check_param(Params, "gain", gain if np.ndim(gain) else (gain,))
        numbers = {"gain": gains, "prod_margin": prod_margin, "prior_switch": prior_switch}
        numbers |= {"weber": weber}
        sizes = {"gains": len(gains) > 1, "blocks": priors is not None, "priors": 1}
        if priors is not None:
            if timing is not None and "measure" in timing:
                raise ValueError(
                    "the intervals to measure are those of priors or of timing['measure']: give one"
                )
            numbers["priors"] = check_param(Params, "priors", priors)
            sizes["priors"] = len(numbers["priors"])
            timing = {**(timing or {}), "measure": np.unique(numbers["priors"]).tolist()}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, sizes=sizes, numbers=numbers)

    def max_steps(self) -> int:
        """Return T; ready runs beside measure, production lasts twice gain times measure."""
        longest = self.longest(("measure",))
        to_produce = longest * self.dt * max(self.numbers["gain"])
        production = int(timing_module.duration_steps(2 * to_produce, self.dt))
        shown = longest_shown(longest, self.numbers["weber"])
        until_set = self.longest(("fixation", "set")) + shown
        return max(until_set + production, self.longest(("fixation", "ready")))

    def validate(self, params: Params) -> None:
        """Check params, and that nothing is longer than the constructor's longest."""
        super().validate(params)
        for name in ("gain", "weber", "priors"):
            if name in self.numbers:
                check_room(self.name, name, getattr(params, name), np.max(self.numbers[name]))

    def init_carry(self, key, params):
        """Draw the kind of the first block, if there are blocks."""
        return random.integer(key, self.sizes["priors"]) if self.sizes["blocks"] else ()

    def sample_conditions(self, key, params, carry):
        """Draw the interval to measure, the gain, and whether another block begins."""
        key_measure, key_gain, key_jitter, key_switch, key_prior = random.split(key, 5)
        conditions = {
            "gain": random.choice(key_gain, params.gain),
            "jitter": draw_jitter(key_jitter),
        }
        if not self.sizes["blocks"]:
            measure = params.timing["measure"].sample(key_measure)
            return {"measure": measure, **conditions, "prior": jnp.int32(0)}, carry
        is_over = random.bernoulli(key_switch, params.prior_switch)
        other = random.another(key_prior, self.sizes["priors"], carry)
        prior = jnp.where(is_over, other, carry)
        usual = jnp.asarray(params.priors).at[prior].get(mode="clip")
        measure = random.choice(key_measure, usual)
        return {"measure": measure, **conditions, "prior": prior}, prior

    def build_trial(self, builder, conditions, params):
        """Fixation cue until the production; two flashes; cues of gain and block throughout."""
        steps = timing_module.duration_steps(jnp.asarray(conditions["measure"]), self.dt)
        factor = stretch(params, conditions["jitter"])
        builder = (
            builder.add_period("fixation")
            .add_period("ready")
            .add_period("measure", duration=shown_ms(steps, factor, self.dt), after="fixation")
        )
        measure = steps.astype(jnp.float32) * self.dt
        production = measure * conditions["gain"]
        builder = (
            builder.add_period("set")
            .add_period("production", duration=2 * production)
            .add_ob(1, period=("fixation", "ready", "measure", "set"), where="fixation")
            .add_ob(1, period="ready", where="ready")
            .add_ob(1, period="set", where="set")
        )
        if self.sizes["gains"]:
            builder = builder.add_ob(conditions["gain"], period=self.periods, where="gain")
        if self.sizes["blocks"]:
            cues = [f"prior{i + 1}" for i in range(self.sizes["priors"])]
            is_block = np.arange(self.sizes["priors"], dtype=np.int32) == conditions["prior"]
            builder = builder.add_ob(is_block, period=self.periods, where=cues)
        return self.mark_go(builder, production).set_conditions(
            measure=measure, production=production
        )
