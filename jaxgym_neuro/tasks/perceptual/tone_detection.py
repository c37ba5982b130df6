"""Detection of a tone in noise, after Costalupes (1985)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro import timing as timing_module
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    sigma: jax.Array = 0.2  # input noise; its s.d. per step is sigma / sqrt(dt)


class ToneDetection(TrialEnv):
    """Listen to noise, and report at its end which of three short tones was in it, if any.

    Reference: Costalupes (1985). Representation of tones in noise in the responses of auditory
    nerve fibers in cats. Journal of Neuroscience 5(12), 3261-3269.
    https://www.jneurosci.org/content/jneuro/5/12/3261.full.pdf

    Periods:

    ========  =============  ===================================================
    name      default (ms)   the subject should
    ========  =============  ===================================================
    stimulus  2000           listen, and report at the last step
    toneDur   50             listen: the tone sounds, within the stimulus
    ========  =============  ===================================================

    Observation, float32:

    ======  ========  ====================================================================
    index   channel   meaning
    ======  ========  ====================================================================
    0       stimulus  1 during the tone, with noise of s.d. sigma / sqrt(dt) all the time
    ======  ========  ====================================================================

    Actions:

    ======  ========  =======================================
    index   name      meaning
    ======  ========  =======================================
    0       no tone   there was none
    1..n    tone      there was one, at the first ... n-th time
    ======  ========  =======================================

    Rewards:

    =======  =======  ==============================================  ========================
    name     default  event                                           ends the trial?
    =======  =======  ==============================================  ========================
    correct  1        the action of the last step is the condition    (it has ended)
    fail     0        it is another                                   (it has ended)
    =======  =======  ==============================================  ========================

    Conditions:

    ============  ==============================================================
    name          distribution
    ============  ==============================================================
    condition     0 (no tone) to n (time of the tone), equally likely, int32
    ============  ==============================================================

    Args:
        dt: step in ms. Changes T.
        sigma: input noise.
        timing: changes to ``stimulus``, ``toneDur`` and ``toneTiming``, the list of the n times at
            which a tone may begin, by default 500, 1000 and 1500 ms. Changes T and the actions.
        rewards: changes to the table above.

    Differences from NeuroGym: the action of the last step is scored, where 2.3.1 never pays or
    scores; a tone has at least one step, where 2.3.1 raises an error if dt is above its duration.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ToneDetection-v0")
        >>> env.new_trial(jax.random.key(0), params, condition=2).ob.shape
        (40, 1)
    """

    TIMING = {"stimulus": 2000, "toneTiming": (500, 1000, 1500), "toneDur": 50}
    REWARDS = {"correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Representation of Tones in Noise in the Responses of Auditory Nerve Fibers "
        "in Cats",
        "paper_link": "https://www.jneurosci.org/content/jneuro/5/12/3261.full.pdf",
        "tags": ("auditory", "perceptual", "supervised", "decision"),
    }

    def __init__(
        self,
        dt: float = 50,
        sigma: float = 0.2,
        timing: Mapping[str, Any] | None = None,
        rewards: Mapping[str, float] | None = None,
    ):
        self.sigma = check_number("sigma", sigma, at_least=0)
        onsets = timing_module.parse("toneTiming", {**self.TIMING, **(timing or {})}["toneTiming"])
        if not isinstance(onsets, timing_module.Choice):
            raise ValueError(
                "timing['toneTiming'] is the list of times (ms) at which a tone may begin, such as "
                f"[500, 1000, 1500], not {onsets!r}"
            )
        self.num_tones = len(onsets.values)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            periods=("stimulus", "toneDur"),
            observation_space=spaces.unbounded({"stimulus": 0}),
            action_space=spaces.Discrete(
                1 + self.num_tones, name={"no tone": 0, "tone": range(1, 1 + self.num_tones)}
            ),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, sigma=self.sigma)

    def max_steps(self) -> int:
        """Return T: the tone lies within the stimulus."""
        return int(timing_module.duration_steps(self.timing["stimulus"].upper(), self.dt))

    def sample_conditions(self, key, params, carry):
        """Draw whether there is a tone, and which."""
        del params
        return {"condition": random.integer(key, 1 + self.num_tones)}, carry

    def build_trial(self, builder, conditions, params):
        """Noise all the time, and the tone if there is one."""
        condition = conditions["condition"]
        onsets = jnp.asarray(params.timing["toneTiming"].values)
        onset = onsets.at[condition - 1].get(mode="clip")
        builder = builder.add_period("stimulus")
        # Without a tone the period begins where the trial ends, and is empty.
        begin = jnp.where(
            condition > 0,
            timing_module.duration_steps(onset, self.dt),
            builder.period_steps("stimulus"),
        )
        return (
            builder.add_period("toneDur", at=begin)
            .add_ob(1, period="toneDur")
            .add_randn(0, params.sigma / math.sqrt(self.dt), period="stimulus")
            .set_groundtruth(condition, period="stimulus")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge the action of the last step."""
        rewards = params.rewards
        is_right = action == self.gt_now(state)
        earned = jnp.where(is_right, rewards["correct"], rewards["fail"])
        return Response(
            reward=jnp.where(self.is_last_step(state), earned, 0.0),
            performance=is_right.astype(jnp.float32),
        )
