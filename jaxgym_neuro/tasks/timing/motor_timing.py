"""Producing one of two intervals on cue, after Wang, Narain, Hosseini & Jazayeri (2018)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.choice_task import CUE, WAIT
from jaxgym_neuro.core.env import Response
from jaxgym_neuro.core.params import Leaf, check_param, number
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Paper,
    Period,
    Preset,
)
from jaxgym_neuro.core.weber import (
    check_room,
    draw_jitter,
    jitter_of,
    stretch,
    weber_fraction,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_flag
from jaxgym_neuro.tasks.timing._production import (
    ProductionEnv,
    ProductionParams,
    one_step,
    produced,
)


@pytree
class Params(ProductionParams):
    """Numbers of the task that may be swept."""

    intervals: Leaf = number(
        (800.0, 1500.0), "intervals to produce", unit="ms", shape=("n",), at_least=0
    )
    weber: Leaf = weber_fraction("the interval produced")


class MotorTiming(ProductionEnv[Params]):
    """Learn which interval a cue stands for, and act when it is over.

    A cue says which of two intervals is due. The interval begins when all cues go off; the subject
    acts when it thinks that it is over.

    At the default ``weber`` of 0 nothing is noisy: an observer with a counter is perfect. Above 0
    the time since the cues went off is judged with an error, the same throughout a trial: a
    Gaussian of s.d. weber times that time, as if the subject's clock ran too fast or too slow in
    this trial. The ground truth is then to act when the judged interval is over, which nobody can
    see.

    In the paper, too, one of two intervals is cued, and so is one of two movements. As Wang,
    Hosseini, Meirhaeghe, Akkad & Jazayeri (2020), eLife 9, e55872,
    https://doi.org/10.7554/eLife.55872, have it, the intervals are 800 and 1500 ms, the movements a
    saccade and the press of a button, and the tolerance follows the errors, so that half of the
    trials are rewarded. Here there is one movement, or two with ``two_movements``, of which the
    cued one has to be made; reward and tolerance are NeuroGym's.

    Args:
        intervals: intervals in ms. Their number n changes channels, the longest changes T.
        weber: Weber fraction of the interval produced.
        two_movements: whether one of two movements is cued, too. Changes channels and actions.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("MotorTiming-v0")
        >>> int(env.new_trial(jax.random.key(0), params, production_ind=1).conditions["production"])
        1500
    """

    PAPER = Paper(
        "Wang, Narain, Hosseini & Jazayeri",
        2018,
        "Flexible timing by temporal scaling of cortical responses",
        "Nature Neuroscience 21, 102-110",
        "https://doi.org/10.1038/s41593-017-0028-6",
        species=("monkey",),
    )
    TAGS = ("timing", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "cue": Period(("uniform", (1000, 3000)), "wait, and watch", cue="on"),
        "set": Period(50, "wait", cue="on"),
        "production": Period("twice the interval", "go when the interval is over", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "interval": Channel("1 for the interval that is due, in cue and set", "n"),
        "set": Channel("1 in set"),
        "movement": Channel(
            "1 for the movement that is due, in cue and set", 2, option="two_movements"
        ),
    }
    ACTIONS = {
        "fixation": WAIT,
        "go": Action("act; of two movements, make the first"),
        "go2": Action("make the second movement", option="two_movements"),
    }
    ANSWERS = {
        "produced": produced("production"),
        "choice": Answer("only with ``two_movements``: the movement", since="production"),
    }
    CONDITIONS = {
        "movement": Condition(
            "0 or 1, equally likely: the movement that is due; 0 without ``two_movements``",
            "int32",
            one_of=(0, 1),
        ),
        "production_ind": Condition("uniform over the intervals", "int32", at_least=0, below="n"),
        "jitter": jitter_of("the time since set"),
        "production": Condition("the interval", unit="ms", derived=True),
    }
    DIFFERENCES = {
        "set": Difference(
            "`set` lasts a step at least",
            "2.3.1 floors its 50 ms to none at its default dt of 80 ms",
            ("test_motor_timing_shows_which_interval_is_due_and_when_to_begin",),
        ),
        "one step": one_step("2.3.1 rounds the interval down, and following it earns 0.87"),
    }
    REFERENCE = "set"
    PRESETS = {
        "psychometric": Preset(
            {"weber": 0.15, "dt": 20},
            "an observer with a counter is within the tolerance in 0.86 of the trials",
        ),
        "paper": Preset(
            {"dt": 20, "two_movements": True},
            "two cued intervals, of 800 and 1500 ms, and two cued movements",
            differs="NeuroGym's rule of the reward, and its tolerance, which stays what it is",
        ),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        prod_margin: float = Params.prod_margin,
        intervals: Sequence[float] = Params.intervals,
        abort: bool = False,
        weber: float = Params.weber,
        enforce: str = "fixation",
        two_movements: bool = False,
    ):
        self.two_movements = check_flag("two_movements", two_movements)
        intervals = check_param(Params, "intervals", intervals)
        numbers = {"prod_margin": prod_margin, "intervals": intervals, "weber": weber}
        super().__init__(
            dt,
            timing,
            rewards,
            abort,
            enforce=enforce,
            sizes={"n": len(intervals), "two_movements": self.two_movements},
            numbers=numbers,
        )

    @property
    def answers(self) -> dict[str, Answer]:
        """What is asked of the subject; a choice only where there are two movements."""
        both = super().answers
        return both if self.two_movements else {"produced": both["produced"]}

    def max_steps(self) -> int:
        """Return T; the production period lasts twice the longest interval."""
        production = timing_module.duration_steps(2 * max(self.numbers["intervals"]), self.dt)
        return self.longest(("fixation", "cue", "set")) + int(production)

    def validate(self, params: Params) -> None:
        """Check params, and that no interval is longer than the constructor's longest."""
        super().validate(params)
        longest = max(self.numbers["intervals"])
        check_room(self.name, "intervals", params.intervals, longest, " ms")

    def sample_conditions(self, key, params, carry):
        """Draw which interval is due, and how fast the clock runs."""
        del params
        key_interval, key_jitter, key_movement = random.split(key, 3)
        return {
            "movement": random.integer(key_movement, 2) if self.two_movements else jnp.int32(0),
            "production_ind": random.integer(key_interval, self.sizes["n"]),
            "jitter": draw_jitter(key_jitter),
        }, carry

    def action_due(self, conditions):
        """Return the movement that is due."""
        return 1 + conditions["movement"]

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge when the subject acts, and by which of two movements."""
        response = super().respond(state, action, params)
        if not self.two_movements:
            return response
        judged = (response.answers or {})["produced"]
        answers = {"produced": judged, "choice": Given(judged.is_given)}
        return dataclasses.replace(response, answers=answers)

    def pace(self, conditions, params):
        """Return how fast the clock runs in this trial."""
        return stretch(params, conditions["jitter"])

    def build_trial(self, builder, conditions, params):
        """All cues until the production; which interval is due in cue and set."""
        index = conditions["production_ind"]
        production = stimuli.pick(params.intervals, index)
        is_due = np.arange(self.sizes["n"], dtype=np.int32) == index
        builder = (
            builder.add_period(("fixation", "cue", "set"))
            .add_period("production", duration=2 * production)
            .add_ob(1, period=("fixation", "cue", "set"), where="fixation")
            .add_ob(is_due, period=("cue", "set"), where="interval")
            .add_ob(1, period="set", where="set")
        )
        if self.two_movements:
            is_made = np.arange(2, dtype=np.int32) == conditions["movement"]
            builder = builder.add_ob(is_made, period=("cue", "set"), where="movement")
        pace, action = self.pace(conditions, params), self.action_due(conditions)
        builder = self.mark_go(builder, production, pace, action)
        return builder.set_conditions(production=production)
