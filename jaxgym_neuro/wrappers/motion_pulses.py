"""MotionPulses: the motion is stronger or weaker for a moment."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, stimuli
from jaxgym_neuro.core.env import TrialEnv
from jaxgym_neuro.core.params import Leaf, TrialParams, check_param, number
from jaxgym_neuro.core.tables import Condition, Difference
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.timing import duration_steps
from jaxgym_neuro.wrappers.base import TrialWrapper, check_env


@pytree
class Params(TrialParams):
    """Numbers of the wrapper that may be swept."""

    pulse_cohs: Leaf = number(
        (-10.0, 10.0), "pulses, of which each trial has one", unit="percent", shape=("k",)
    )
    pulse_ms: Leaf = number(
        100.0, "duration of a pulse, of which at least one step is shown", unit="ms", above=0
    )


class MotionPulses(TrialWrapper):
    """Add a pulse to the motion of each trial, somewhere in its stimulus.

    For a moment the signed coherence is what it is plus the ``pulse``: above 0 it speaks for the
    second of two directions, below for the first. It says nothing about the right answer, which
    stays what it was. How much it changes the choice, or the time of it, by when it came, tells
    from which of the evidence the subject decides, and whether it stops to look before the end.

    The pulse is as likely to come at any step at which it still fits into the stimulus. One that is
    longer than the stimulus is cut. Where the subject answers when it likes, a pulse may come after
    the answer.

    Brief pulses were used so by Huk & Shadlen (2005), Neural activity in macaque parietal cortex
    reflects temporal integration of visual motion signals during perceptual decision making,
    Journal of Neuroscience 25, 10420-10436, https://doi.org/10.1523/JNEUROSCI.4684-04.2005. The
    strengths and the duration of the default are ours.

    Args:
        env: a task with motion to either of two sides: a condition ``signed_coh``, and the channels
            and the period ``stimulus``.
        pulses: their strengths, in percent. Their number is static; 0 is a trial without.
        ms: duration of a pulse.

    Raises:
        ValueError: for another task, one that has pulses already, no pulses, or a duration of 0 or
            less.
    """

    PARAMS = Params
    CONDITIONS = {
        "pulse": Condition(
            "uniform over ``params.pulse_cohs``: added to ``signed_coh`` for a moment",
            unit="percent",
        ),
        "pulse_place": Condition(
            "uniform on [0, 1): place of the pulse among the steps at which it may begin",
            at_least=0,
            below=1,
        ),
        "pulse_onset": Condition(
            "from the start of the stimulus to the pulse", unit="ms", derived=True
        ),
    }
    DIFFERENCES = {
        "new": Difference(
            "it is new",
            "2.3.1 has no such wrapper",
            ("test_a_pulse_adds_to_the_motion_of_a_moment",),
        )
    }

    def __init__(
        self,
        env: TrialEnv,
        pulses: Sequence[float] = Params.pulse_cohs,
        ms: float = Params.pulse_ms,
    ):
        check_env("MotionPulses", env)
        where = env.observation_space().name.get("stimulus")
        if not isinstance(where, range) or not _declares(env, "signed_coh"):
            raise ValueError(
                "MotionPulses needs a task with a condition 'signed_coh', and several channels "
                f"'stimulus'; {env.name} has the channels "
                f"{', '.join(env.observation_space().name) or 'none'}"
            )
        numbers = {
            "pulse_cohs": check_param(Params, "pulse_cohs", pulses, "pulses"),
            "pulse_ms": check_param(Params, "pulse_ms", ms, "ms"),
        }
        self.across = -np.cos(stimuli.ring(len(where))) / 200
        super().__init__(env, numbers=numbers)

    def change_conditions(self, key, conditions, params, own):
        """Draw the pulse, and where it comes."""
        key_pulse, key_place = random.split(key)
        drawn = {
            "pulse": random.choice(key_pulse, params.pulse_cohs),
            "pulse_place": random.uniform(key_place),
        }
        return {**conditions, **drawn}, own

    def change_trial(self, builder, conditions, params):
        """Add the pulse to the stimulus."""
        start, end = builder.bounds["stimulus"]
        lasts = jnp.minimum(duration_steps(jnp.asarray(params.pulse_ms), self.dt), end - start)
        places = end - start - lasts + 1
        onset = (conditions["pulse_place"] * places.astype(jnp.float32)).astype(jnp.int32)
        onset = jnp.minimum(onset, places - 1)  # float32 may round up to the next place
        first = start + onset
        step = jnp.arange(builder.layout.num_steps, dtype=jnp.int32)
        is_on = (step >= first) & (step < first + lasts)
        shown = jnp.where(is_on[:, None], self.across * conditions["pulse"], 0)
        return builder.add_ob(shown, period="stimulus", where="stimulus").set_conditions(
            pulse_onset=onset.astype(jnp.float32) * self.dt
        )


def _declares(env: Any, condition: str) -> bool:
    """Say whether a task, or one inside of it, declares a condition."""
    while env is not None and condition not in env.CONDITIONS:
        env = env.env if isinstance(env, TrialWrapper) else None
    return env is not None
