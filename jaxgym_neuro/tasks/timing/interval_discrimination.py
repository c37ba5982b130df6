"""Telling which of two intervals was longer, after Genovesio, Tsujimoto & Wise (2009)."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.choice_task import ABORT, CORRECT, CUE, FAIL, MISS, WAIT, ChoiceTask
from jaxgym_neuro.core.params import Leaf, TrialParams
from jaxgym_neuro.core.tables import Action, Channel, Condition, Difference, Paper, Period, Preset
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

_CANDIDATES = 8  # pairs from which the first with different durations is taken


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    weber: Leaf = weber_fraction("how long each stimulus is shown")


class IntervalDiscrimination(ChoiceTask[Params]):
    """See two stimuli one after the other, and say which of them lasted longer.

    At the default ``weber`` of 0 nothing is noisy: an observer with a counter is always right.
    Above 0 each stimulus is shown for longer or shorter than it counts for, by a Gaussian of s.d.
    weber times its duration, as if the subject's clock ran unevenly; the answer is that of the
    durations before that.

    One duration alone tells a lot: whoever knows their mean is right in 0.81 of the trials at a dt
    of 80 ms, and in 0.76 at 10 ms, without having compared anything.

    In the paper the stimuli differ in shape and color, last 200 to 1200 ms in steps of 200 and come
    in either order, and the subject chooses the one that lasted longer by its color, where it
    reappears; here the durations are shorter and closer, and the answer is an order, the first or
    the second.

    Args:
        weber: Weber fraction. Changes T; params may have a smaller one.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("IntervalDiscrimination-v0", dt=20)
        >>> trial = env.new_trial(jax.random.key(0), params, duration1=500, duration2=400)
        >>> int(trial.conditions["ground_truth"])
        1
    """

    PAPER = Paper(
        "Genovesio, Tsujimoto & Wise",
        2009,
        "Feature- and Order-Based Timing Representations in the Frontal Cortex",
        "Neuron 63(2), 254-266",
        "https://doi.org/10.1016/j.neuron.2009.06.018",
        species=("monkey",),
    )
    TAGS = ("timing", "working memory", "delayed response", "two-alternative", "supervised")
    TIMING = {
        "fixation": Period(300, "wait (action 0)", cue="on"),
        "stim1": Period(("uniform", (300, 600)), "wait, and measure", cue="on"),
        "delay1": Period(("uniform", (800, 1500)), "wait, and remember", cue="on"),
        "stim2": Period(("uniform", (300, 600)), "wait, and measure", cue="on"),
        "delay2": Period(500, "wait, and compare", cue="on"),
        "decision": Period(300, "choose", cue="off"),
    }
    CHANNELS = {"fixation": CUE, "stim1": Channel("1 in stim1"), "stim2": Channel("1 in stim2")}
    ACTIONS = {
        "fixation": WAIT,
        "choice1": Action("stim1 was longer"),
        "choice2": Action("stim2 was longer"),
    }
    REWARDS = {"abort": ABORT, "correct": CORRECT, "fail": FAIL, "miss": MISS}
    CONDITIONS = {
        "duration1": Condition(
            "the timing of stim1, in whole steps", unit="ms", at_least=0, at_most="stim1"
        ),
        "duration2": Condition(
            "the timing of stim2, in whole steps; drawn again, both, while they are equal (eight "
            "draws at most)",
            unit="ms",
            at_least=0,
            at_most="stim2",
        ),
        "tie": Condition(
            "1 or 2, equally likely: the answer if durations are equal", "int32", one_of=(1, 2)
        ),
        "jitter1": jitter_of("how long stim1 is shown"),
        "jitter2": jitter_of("how long stim2 is shown"),
        "ground_truth": Condition("the action to choose", "int32", derived=True),
    }
    DIFFERENCES = {
        "ties": Difference(
            "durations are drawn again while they are equal; where a chosen timing makes them "
            "equal, a coin decides; both can be chosen",
            "2.3.1 has 23.5 % ties, with the answer always 2",
            ("test_either_stimulus_is_longer_equally_often_and_never_neither",),
        ),
    }

    PRESETS = {
        "psychometric": Preset(
            {"weber": 0.15, "dt": 20},
            "who compares what is shown is right in 0.82 of trials",
        ),
        "paper": Preset(
            {
                "timing": {
                    "fixation": ("uniform", (400, 800)),
                    "stim1": [200, 400, 600, 800, 1000, 1200],
                    "delay1": [400, 800],
                    "stim2": [200, 400, 600, 800, 1000, 1200],
                    "delay2": [0, 400, 800],
                },
                "dt": 50,
            },
            "durations and delays as published",
            differs="the answer is an order, where in the paper it is a color, shown on a side "
            "at the end; some sessions of the paper have a first delay of 1200 ms",
        ),
    }

    def __init__(
        self,
        dt: float = 80,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        abort: bool = False,
        weber: float = Params.weber,
        enforce: str = "fixation",
    ):
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers={"weber": weber})

    def max_steps(self) -> int:
        """Return T; a stimulus may be shown for longer than it counts for."""
        stimuli = ("stim1", "stim2")
        others = tuple(name for name in self.periods if name not in stimuli)
        weber = self.numbers["weber"]
        shown = sum(longest_shown(self.longest((name,)), weber) for name in stimuli)
        return self.longest(others) + shown

    def validate(self, params: Params) -> None:
        """Check params, and that the Weber fraction is not greater than the constructor's."""
        super().validate(params)
        check_room(self.name, "weber", params.weber, self.numbers["weber"])

    def sample_conditions(self, key, params, carry):
        """Draw two different durations, and the answer for equal ones."""
        key1, key2, key_tie, key_jitter1, key_jitter2 = random.split(key, 5)
        first = self._sample_steps(key1, params.timing["stim1"])
        second = self._sample_steps(key2, params.timing["stim2"])
        taken = jnp.argmax(first != second)
        return {
            "duration1": first[taken].astype(jnp.float32) * self.dt,
            "duration2": second[taken].astype(jnp.float32) * self.dt,
            "tie": random.integer(key_tie, 2) + 1,
            "jitter1": draw_jitter(key_jitter1),
            "jitter2": draw_jitter(key_jitter2),
        }, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; two stimuli, shown with a jitter."""
        steps = {i: self._steps(conditions[f"duration{i}"]) for i in (1, 2)}
        for name in self.periods:
            shown = None
            if name in ("stim1", "stim2"):
                i = int(name[-1])
                factor = stretch(params, conditions[f"jitter{i}"])
                shown = shown_ms(steps[i], factor, self.dt)
            builder = builder.add_period(name, duration=shown)
        longer = jnp.where(steps[1] > steps[2], jnp.int32(1), jnp.int32(2))
        ground_truth = jnp.where(steps[1] == steps[2], conditions["tie"], longer)
        return (
            builder.add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(1, period="stim1", where="stim1")
            .add_ob(1, period="stim2", where="stim2")
            .set_groundtruth(ground_truth, period="decision")
            .set_conditions(
                duration1=steps[1].astype(jnp.float32) * self.dt,
                duration2=steps[2].astype(jnp.float32) * self.dt,
                ground_truth=ground_truth,
            )
        )

    def _steps(self, duration):
        return timing_module.duration_steps(jnp.asarray(duration), self.dt)

    def _sample_steps(self, key, distribution):
        """Draw candidates for a duration, in steps."""
        drawn = jax.vmap(distribution.sample)(random.split(key, _CANDIDATES))
        return timing_module.duration_steps(drawn, self.dt)
