"""Detection of a short signal in noise, as soon as it comes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from jaxgym_neuro import random
from jaxgym_neuro.core.choice_task import ABORT, CUE, WAIT, ChoiceTask
from jaxgym_neuro.core.params import Leaf, NoisyParams, number
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.timing import duration_steps


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    delay: Leaf = number(
        -1.0, "from the start of the stimulus to the signal; negative: drawn per trial", unit="ms"
    )
    stim_dur: Leaf = number(
        100.0, "duration of the signal, of which at least one step is shown", unit="ms", above=0
    )
    amplitudes: Leaf = number((0.5,), "of the signal, equally likely", shape=("n",), at_least=0)


class Detection(ChoiceTask[Params]):
    """Respond when a signal appears in the noise; on half of the trials, it never does.

    Having waited to the end without a signal earns 0, and performance 1. The ground truth per step
    is 1 from the signal to the end of the stimulus. No signal begins in the stimulus' last two
    steps.

    Never to go earns -0.5 a trial and is right in half of them; to go at random earns less. An
    agent that has not learned yet does best to wait, unless ``miss`` costs more.

    It follows no experiment in particular. One of detection near the threshold is de Lafuente &
    Romo (2005), Neuronal correlates of subjective sensory experience, Nature Neuroscience 8,
    1698-1703.

    Args:
        delay: ms from the start of the stimulus to the signal; None draws it per trial.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Detection-v0", stim_dur=200)
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (20, 2)
    """

    PRESETS = {
        "psychometric": Preset(
            {"sigma": 2.0},
            "an ideal observer, who goes where it pays, is right in 76 % of the trials",
        ),
    }
    ANSWERS = {
        "choice": Answer(
            "going; where there has been no signal, its time counts from the stimulus",
            since=("stimulus", "signal"),
        ),
    }
    TAGS = ("perceptual", "reaction time", "go-no-go", "supervised")
    TIMING = {
        "fixation": Period(500, "wait (action 0)", cue="on"),
        "stimulus": Period(
            ("truncated_exponential", [1000, 500, 1500]), "go at the signal; else wait", cue="off"
        ),
        "signal": Period("``stim_dur``, within the stimulus", "go", cue="off"),
    }
    CHANNELS = {
        "fixation": CUE,
        "stimulus": Channel(
            "``amplitude`` in the signal; noise of s.d. sigma / sqrt(dt) in the stimulus"
        ),
    }
    ACTIONS = {"fixation": WAIT, "go": Action("report the signal")}
    REWARDS = {
        "abort": ABORT,
        "correct": Reward(1.0, "going once the signal has come"),
        "fail": Reward(-1.0, "going before the signal, or without one"),
        "miss": Reward(-1.0, "having waited to the end in spite of a signal", ends="it has ended"),
    }
    CONDITIONS = {
        "ground_truth": Condition("0 (no signal) or 1, equally likely", "int32", one_of=(0, 1)),
        "amplitude": Condition(
            "uniform over ``params.amplitudes``; without a signal it has no effect", at_least=0
        ),
        "onset": Condition(
            "uniform on [0, 1): place of the signal among the steps where it may begin; without "
            "effect unless ``params.delay`` is negative",
            at_least=0,
            below=1,
        ),
        "delay": Condition("from the start of the stimulus to the signal", unit="ms", derived=True),
    }
    DIFFERENCES = {
        "no signal": Difference(
            "the task can be made; trials without a signal have a ground truth (to wait), the same "
            "noise as the others, and performance 1 for waiting",
            "2.3.1 crashes on trials without a signal, which have twice the noise there, and does "
            "not register the task",
            (
                "test_ground_truth_is_to_go_from_the_signal_on",
                "test_noise_is_the_same_with_and_without_a_signal",
                "test_every_row_of_the_reward_table",
            ),
        ),
        "delay": Difference(
            "`delay` is in ms",
            "2.3.1 takes it for a number of steps",
            ("test_delay_is_in_ms_and_signal_stays_in_the_stimulus",),
        ),
        "short signal": Difference(
            "a signal has at least one step",
            "2.3.1 shows none if dt is above its duration",
            ("test_a_signal_is_never_lost_to_a_coarse_dt",),
        ),
    }
    ANSWERING = ("stimulus",)
    choices = (0, 1)

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = Params.sigma,
        delay: float | None = None,
        stim_dur: float = Params.stim_dur,
        abort: bool = False,
        enforce: str = "fixation",
        amplitudes: Sequence[float] = Params.amplitudes,
    ):
        if delay is None:
            delay = Params.delay
        else:
            check_number("delay (in ms)", delay, at_least=0)
        numbers = {"sigma": sigma, "delay": delay, "stim_dur": stim_dur, "amplitudes": amplitudes}
        super().__init__(dt, timing, rewards, abort, enforce=enforce, numbers=numbers)

    def max_steps(self) -> int:
        """Return T: the signal lies within the stimulus."""
        return self.longest(("fixation", "stimulus"))

    def sample_conditions(self, key, params, carry):
        """Draw whether there is a signal, when, and how strong it is."""
        key_signal, key_onset, key_amplitude = random.split(key, 3)
        return {
            "ground_truth": random.integer(key_signal, 2),
            "onset": random.uniform(key_onset),
            "amplitude": random.choice(key_amplitude, params.amplitudes),
        }, carry

    def has_signal(self, conditions):
        """Return where the subject is to act."""
        return conditions["ground_truth"] > 0

    def build_trial(self, builder, conditions, params):
        """Cue in fixation; noise in the stimulus, and the signal somewhere in it."""
        builder = builder.add_period(("fixation", "stimulus"))
        steps = builder.period_steps("stimulus")
        shown = duration_steps(jnp.asarray(params.stim_dur), self.dt)
        # A signal of one step leaves one more, so that it can be answered after it was seen.
        places = jnp.maximum(steps - jnp.maximum(shown, 2), 1)
        drawn = (conditions["onset"] * places.astype(jnp.float32)).astype(jnp.int32)
        given = duration_steps(jnp.maximum(params.delay, 0.0), self.dt)
        onset = jnp.minimum(jnp.where(params.delay < 0, drawn, given), steps - 1)
        rest = (steps - onset).astype(jnp.float32) * self.dt
        has_signal = conditions["ground_truth"] == 1
        first = builder.bounds["stimulus"][0] + onset
        has_come = jnp.arange(builder.layout.num_steps, dtype=jnp.int32) >= first
        return (
            builder.add_period(
                "signal", at=first, duration=jnp.minimum(params.stim_dur, rest), when=has_signal
            )
            .add_ob(1, period="fixation", where="fixation")
            .add_ob(conditions["amplitude"], period="signal", where="stimulus")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus", where="stimulus")
            .set_groundtruth(has_signal & has_come, period="stimulus")
            .set_conditions(delay=onset.astype(jnp.float32) * self.dt)
        )
