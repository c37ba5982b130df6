"""Detection of a short signal in noise, as soon as it comes."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number
from jaxgym_neuro.timing import duration_steps

RANDOM_DELAY = -1.0


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    delay: jax.Array = RANDOM_DELAY  # ms from stimulus to signal; negative: drawn per trial
    stim_dur: jax.Array = 100.0  # ms, of the signal; at least one step is shown


class Detection(TrialEnv):
    """Respond when a signal appears in the noise; on half of the trials, it never does.

    Periods:

    ========  ====================================  =====  ========================================
    name      default (ms)                          cue    the subject should
    ========  ====================================  =====  ========================================
    fixation  500                                   on     wait (action 0)
    stimulus  truncated exponential, mean 1000,     off    go once the signal has come; else wait
              500 to 1500
    signal    ``stim_dur``, within the stimulus     off    go
    ========  ====================================  =====  ========================================

    Observation, float32:

    ======  ========  ====================================================================
    index   channel   meaning
    ======  ========  ====================================================================
    0       fixation  1 until the subject may answer
    1       stimulus  noise of s.d. sigma / sqrt(dt) during the stimulus, plus 0.5 in signal
    ======  ========  ====================================================================

    Actions:

    ======  ========  ==================
    index   name      meaning
    ======  ========  ==================
    0       fixation  wait
    1       go        report the signal
    ======  ========  ==================

    Rewards:

    =======  =======  =============================================  ========================
    name     default  event                                          ends the trial?
    =======  =======  =============================================  ========================
    abort    -0.1     an action in fixation                          only if ``params.abort``
    correct  1        going once the signal has come                 yes
    fail     -1       going before the signal, or without one        yes
    miss     -1       having waited to the end in spite of a signal  (it has ended)
    =======  =======  =============================================  ========================

    Having waited to the end without a signal earns 0, and performance 1.

    Conditions:

    ============  ======================================================================
    name          distribution
    ============  ======================================================================
    ground_truth  0 (no signal) or 1, equally likely, int32
    onset         uniform on [0, 1), float32: place of the signal among the steps where it
                  may begin; without effect if ``params.delay`` is given
    delay         derived: ms from the start of the stimulus to the signal, float32
    ============  ======================================================================

    The ground truth per step is 1 from the signal to the end of the stimulus.

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        delay: ms from the start of the stimulus to the signal; None draws it per trial.
        stim_dur: duration of the signal in ms.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym, which does not register this task because it crashes on trials
    without a signal: those have a ground truth (to wait), the same noise as the others, and
    performance 1 for waiting; ``delay`` is in ms; the signal has at least one step.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("Detection-v0", stim_dur=200)
        >>> env.new_trial(jax.random.key(0), params, ground_truth=1).ob.shape
        (20, 2)
    """

    TIMING = {"fixation": 500, "stimulus": ("truncated_exponential", [1000, 500, 1500])}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": -1.0, "miss": -1.0}
    choices = (0, 1)
    metadata = {
        "paper_name": None,
        "paper_link": None,
        "tags": ("perceptual", "reaction time", "go-no-go", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        delay: float | None = None,
        stim_dur: float = 100,
        abort: bool = False,
    ):
        self.sigma = check_number("sigma", sigma, at_least=0)
        self.delay = (
            RANDOM_DELAY if delay is None else check_number("delay (in ms)", delay, at_least=0)
        )
        self.stim_dur = check_number("stim_dur (in ms)", stim_dur, above=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            periods=("fixation", "stimulus", "signal"),
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": 1}),
            action_space=spaces.Discrete(2, name={"fixation": 0, "go": 1}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(
            **self.common_params, sigma=self.sigma, delay=self.delay, stim_dur=self.stim_dur
        )

    def max_steps(self) -> int:
        """Return T: the signal lies within the stimulus."""
        return self.longest(("fixation", "stimulus"))

    def sample_conditions(self, key, params, carry):
        """Draw whether there is a signal, and when."""
        del params
        key_signal, key_onset = random.split(key)
        conditions = {
            "ground_truth": random.integer(key_signal, 2),
            "onset": random.uniform(key_onset),
        }
        return conditions, carry

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
            .add_ob(0.5, period="signal", where="stimulus")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus", where="stimulus")
            .set_groundtruth(has_signal & has_come, period="stimulus")
            .set_conditions(delay=onset.astype(jnp.float32) * self.dt)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge going, and having waited to the end; penalise acting in fixation."""
        return self.choice_response(state, action, params, decision="stimulus")
