"""Comparison of two frequencies across a delay, after Barak, Tsodyks & Romo (2010)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_number, check_numbers

PAIRS = ((18, 10), (22, 14), (26, 18), (30, 22), (34, 26))  # Hz


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    vpairs: jax.Array = PAIRS  # (n, 2) float32, Hz


class DelayComparison(TrialEnv):
    """Feel two vibrations, a delay apart, and report which had the higher frequency.

    The first frequency must be held in memory as a quantity; most of its values are the higher one
    in some pairs and the lower one in others.

    Reference: Barak, Tsodyks & Romo (2010). Neuronal population coding of parametric working
    memory. Journal of Neuroscience 30(28), 9424-9430. https://www.jneurosci.org/content/30/28/9424

    Periods:

    =========  =============  =========  ===================================
    name       default (ms)   cue        the subject should
    =========  =============  =========  ===================================
    fixation   500            on         wait (action 0)
    stimulus1  500            on         wait, and feel
    delay      1000           on         wait, and remember
    stimulus2  500            on         wait, and compare
    decision   100            off        choose
    =========  =============  =========  ===================================

    Observation, float32; noise of s.d. sigma / sqrt(dt) lies on both channels in the two stimuli:

    ======  ========  =====================================================================
    index   channel   meaning
    ======  ========  =====================================================================
    0       fixation  1 until the subject may answer
    1       stimulus  (1 + (v - vmin) / (vmax - vmin)) / 2, v1 then v2; vmin and vmax are the
                      extremes of all pairs
    ======  ========  =====================================================================

    Actions:

    ======  ========  ==========================================
    index   name      meaning
    ======  ========  ==========================================
    0       fixation  wait
    1, 2    choice    the first, the second frequency was higher
    ======  ========  ==========================================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action in fixation                 only if ``params.abort``
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is the other               yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  ================================================================
    name          distribution
    ============  ================================================================
    ground_truth  1 (the first is higher) or 2, equally likely, int32
    vpair         (2,) float32, Hz, uniform over ``params.vpairs``
    v1, v2        derived: the pair in the order in which it is shown, float32, Hz
    ============  ================================================================

    Args:
        dt: step in ms. Changes T.
        vpairs: pairs of frequencies; their number is static.
        rewards, timing: changes to the tables above. Timing changes T.
        sigma: input noise.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: the ground truth holds for pairs in either order, where 2.3.1 relies
    on the higher frequency being first.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("DelayComparison-v0")
        >>> env.new_trial(jax.random.key(0), params, vpair=(34, 26)).ob.shape
        (26, 2)
    """

    TIMING = {"fixation": 500, "stimulus1": 500, "delay": 1000, "stimulus2": 500, "decision": 100}
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    choices = (1, 2)
    metadata = {
        "paper_name": "Neuronal Population Coding of Parametric Working Memory",
        "paper_link": "https://www.jneurosci.org/content/30/28/9424",
        "tags": ("perceptual", "working memory", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 100,
        vpairs: Sequence[Sequence[float]] | None = None,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        sigma: float = 1.0,
        abort: bool = False,
    ):
        self.vpairs = _read_pairs(PAIRS if vpairs is None else vpairs)
        self.sigma = check_number("sigma", sigma, at_least=0)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": 1}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, sigma=self.sigma, vpairs=self.vpairs)

    def sample_conditions(self, key, params, carry):
        """Draw the pair, and which of it comes first."""
        key_order, key_pair = random.split(key)
        conditions = {
            "ground_truth": random.integer(key_order, 2) + 1,
            "vpair": random.choice(key_pair, params.vpairs),
        }
        return conditions, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; one frequency in each stimulus."""
        low, high = jnp.min(conditions["vpair"]), jnp.max(conditions["vpair"])
        is_first_high = conditions["ground_truth"] == 1
        v1, v2 = jnp.where(is_first_high, high, low), jnp.where(is_first_high, low, high)
        lowest, highest = jnp.min(params.vpairs), jnp.max(params.vpairs)

        def drive(v):
            return (v - lowest) / (highest - lowest) * 0.5 + 0.5

        sigma = params.sigma / math.sqrt(self.dt)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=self.periods[:-1], where="fixation")
            .add_ob(drive(v1), period="stimulus1", where="stimulus")
            .add_ob(drive(v2), period="stimulus2", where="stimulus")
            .add_randn(0, sigma, period=("stimulus1", "stimulus2"))
            .set_groundtruth(conditions["ground_truth"], period="decision")
            .set_conditions(v1=v1, v2=v2)
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)


def _read_pairs(vpairs):
    pairs = tuple(check_numbers("vpairs", pair) for pair in vpairs)
    if not pairs or any(len(pair) != 2 or pair[0] == pair[1] for pair in pairs):
        raise ValueError(
            "vpairs is a list of pairs of different frequencies, such as [(18, 10), (22, 14)], "
            f"not {vpairs!r}"
        )
    return pairs
