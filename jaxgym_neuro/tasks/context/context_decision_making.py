"""Context-dependent decisions, after Mante, Sussillo, Shenoy & Newsome (2013)."""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import random, spaces, stimuli
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number

COHERENCES = (5.0, 15.0, 50.0)  # percent


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: jax.Array = COHERENCES  # (n,) percent
    impl_context_modality: jax.Array = 0  # modality that counts, 0 or 1, where no cue tells


class ContextDecisionMaking(TrialEnv):
    """Watch two modalities, and report the direction of the one that the context asks for.

    The other modality is as clear, and must be ignored. The context is either fixed, and must be
    learned (implicit), or drawn per trial and shown (explicit).

    Reference: Mante, Sussillo, Shenoy & Newsome (2013). Context-dependent computation by recurrent
    dynamics in prefrontal cortex. Nature 503, 78-84. https://www.nature.com/articles/nature12742

    Periods:

    ========  ================================================  =====  ========================
    name      default (ms)                                      cue    the subject should
    ========  ================================================  =====  ========================
    fixation  300                                               on     wait (action 0)
    stimulus  750                                               on     wait, and watch
    delay     truncated exponential, mean 600, 300 to 3000      on     wait, and remember
    decision  100                                               off    choose
    ========  ================================================  =====  ========================

    Observation, float32, with d = ``dim_ring``; m is 1 or 2 and the noise has s.d. sigma /
    sqrt(dt):

    ===========  ============  ===============================================================
    index        channel       meaning
    ===========  ============  ===============================================================
    0            fixation      1 until the subject may answer
    1..d         stim{i}_mod1  cos(theta_i - theta_1) * coh_1 / 200 + 0.5 plus noise
    d+1..2d      stim{i}_mod2  cos(theta_i - theta_2) * coh_2 / 200 + 0.5 plus noise
    2d+1, 2d+2   context{m}    only if explicit: 1 throughout the trial if modality m counts
    ===========  ============  ===============================================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1..d    choice    the direction of ring unit i
    ======  ========  ===========================

    Rewards:

    =======  =======  ====================================  =============================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  =============================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the choice is the ground truth        yes; any other choice: 0
    =======  =======  ====================================  =============================

    Conditions:

    ============  =======================================================================
    name          distribution
    ============  =======================================================================
    ground_truth  uniform over 1 to d, int32: direction of the modality that counts
    other_choice  uniform over 1 to d, int32: direction of the other modality
    context       0 (modality 1 counts) or 1, int32: equally likely if explicit, else
                  ``params.impl_context_modality``
    coh_1, coh_2  uniform over ``params.cohs``, float32, percent: of modality 1, of modality 2
    ============  =======================================================================

    Args:
        dt: step in ms. Changes T.
        use_expl_context: whether the context is drawn and shown. Changes channels.
        impl_context_modality: modality that counts if the context is not shown, 0 or 1.
        dim_ring: number of directions, at least 2. Changes channels and actions.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the fixation cue stays on until the decision, so that its going off
    is the signal to answer; 2.3.1 turns it off after fixation.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("ContextDecisionMaking-v0", use_expl_context=True)
        >>> env.new_trial(jax.random.key(0), params, context=1).ob.shape
        (41, 7)
    """

    TIMING = {
        "fixation": 300,
        "stimulus": 750,
        "delay": ("truncated_exponential", [600, 300, 3000]),
        "decision": 100,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0}
    metadata = {
        "paper_name": "Context-dependent computation by recurrent dynamics in prefrontal cortex",
        "paper_link": "https://www.nature.com/articles/nature12742",
        "tags": ("perceptual", "context dependent", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        use_expl_context: bool = False,
        impl_context_modality: int = 0,
        dim_ring: int = 2,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        abort: bool = False,
    ):
        self.theta = stimuli.ring(dim_ring)
        self.use_expl_context = bool(use_expl_context)
        if impl_context_modality not in (0, 1):
            raise ValueError(f"impl_context_modality is 0 or 1, not {impl_context_modality!r}")
        self.impl_context_modality = int(impl_context_modality)
        self.sigma = check_number("sigma", sigma, at_least=0)
        units = range(1, dim_ring + 1)
        self.choices = tuple(units)
        channels = ["fixation", *(f"stim{i}_mod{m}" for m in (1, 2) for i in units)]
        if self.use_expl_context:
            channels += ["context1", "context2"]
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded(channels),
            action_space=spaces.Discrete(1 + dim_ring, name={"fixation": 0, "choice": units}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(
            **self.common_params, sigma=self.sigma, impl_context_modality=self.impl_context_modality
        )

    def sample_conditions(self, key, params, carry):
        """Draw both directions, both coherences, and the context if it is shown."""
        key_sides, key_context, key_coh1, key_coh2 = random.split(key, 4)
        ground_truth, other_choice = random.integer(key_sides, len(self.theta), (2,)) + 1
        drawn = random.integer(key_context, 2)
        context = drawn if self.use_expl_context else params.impl_context_modality
        conditions = {
            "ground_truth": ground_truth,
            "other_choice": other_choice,
            "context": jnp.asarray(context, jnp.int32),
            "coh_1": random.choice(key_coh1, params.cohs),
            "coh_2": random.choice(key_coh2, params.cohs),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; both modalities in the stimulus; the context throughout."""
        truth, other = conditions["ground_truth"], conditions["other_choice"]
        is_counted = np.arange(2, dtype=np.int32) == conditions["context"]  # (2,) modalities
        directions = stimuli.pick(self.theta, jnp.where(is_counted, truth, other) - 1)
        coh = jnp.stack([conditions["coh_1"], conditions["coh_2"]])
        motion = stimuli.coherent_motion(self.theta, directions[:, None], coh[:, None])
        both = range(1, 1 + 2 * len(self.theta))
        sigma = params.sigma / math.sqrt(self.dt)
        builder = (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus", "delay"), where="fixation")
            .add_ob(motion.reshape(-1), period="stimulus", where=both)
            .add_randn(0, sigma, period="stimulus", where=both)
            .set_groundtruth(truth, period="decision")
        )
        if self.use_expl_context:
            cues = ("context1", "context2")
            builder = builder.add_ob(is_counted, period=self.periods, where=cues)
        return builder

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)
