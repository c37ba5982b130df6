"""Accumulation of pulses from two sides, after Scott et al. (2015)."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_number

P_PULSE = (0.3, 0.7)


def _timing(n_bin: int) -> dict[str, float]:
    bins = {f"{name}{i}": ms for i in range(n_bin) for name, ms in (("cue", 10), ("bin", 240))}
    return {"fixation": 500, **bins, "decision": 500}


@pytree
class Params(TrialParams):
    """Numbers of the task that may be swept."""

    p_pulse: jax.Array = P_PULSE  # (2,) probability of a pulse in a bin, on either side


class PulseDecisionMaking(TrialEnv):
    """Count pulses on two sides, and choose the side with more.

    Each bin begins with a short cue, in which either side may show a pulse. One side, drawn per
    trial, is richer in pulses. Evidence comes at known times, so that noise of the senses and noise
    of the memory can be told apart.

    Reference: Scott, Constantinople, Erlich, Tank & Brody (2015). Sources of noise during
    accumulation of evidence in unrestrained and voluntarily head-restrained rats. eLife 4:e11308.
    https://elifesciences.org/articles/11308

    Periods, with i from 0 to ``n_bin`` - 1:

    ========  =============  =========  ===================================
    name      default (ms)   cue        the subject should
    ========  =============  =========  ===================================
    fixation  500            on         wait (action 0)
    cue{i}    10             on         wait, and count
    bin{i}    240            on         wait
    decision  500            off        choose
    ========  =============  =========  ===================================

    Observation, float32:

    ======  ========  ===============================================
    index   channel   meaning
    ======  ========  ===============================================
    0       fixation  1 until the subject may answer
    1, 2    stimulus  1 for a pulse on the first, on the second side
    ======  ========  ===============================================

    Actions:

    ======  ========  ===========================
    index   name      meaning
    ======  ========  ===========================
    0       fixation  wait
    1, 2    choice    the first, the second side
    ======  ========  ===========================

    Rewards:

    =======  =======  ====================================  ===========================
    name     default  event                                 ends the trial?
    =======  =======  ====================================  ===========================
    abort    -0.1     an action before decision             only if ``params.abort``
    correct  1        the choice is the ground truth        yes
    fail     0        the choice is the other               yes
    =======  =======  ====================================  ===========================

    Conditions:

    ============  =================================================================
    name          distribution
    ============  =================================================================
    pulse1        (n_bin,) float32, 0 or 1: 1 with one of the two ``params.p_pulse``
    pulse2        (n_bin,) float32, 0 or 1: 1 with the other probability
    tie           0 or 1, equally likely, int32: the ground truth of equal counts
    ground_truth  derived: 1 if the second side has more pulses, else 0, int32;
                  choice i is action i + 1
    ============  =================================================================

    Args:
        dt: step in ms. Changes T.
        rewards, timing: changes to the tables above. Timing changes T.
        p_pulse: two probabilities of a pulse; which side has which is drawn per trial.
        n_bin: number of bins, at least 1. Changes T and the periods.
        abort: whether breaking fixation ends the trial.

    Differences from NeuroGym: pulses given to ``new_trial`` are shown and judged, where 2.3.1
    ignores them; a cue has at least one step, where 2.3.1 shows no evidence if dt is above 10 ms.

    Example:
        >>> import jax, jaxgym_neuro as jgn
        >>> env, params = jgn.make("PulseDecisionMaking-v0")
        >>> env.new_trial(jax.random.key(0), params, pulse1=[1, 1, 0, 0, 0, 0]).ob.shape
        (250, 3)
    """

    TIMING = _timing(6)
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
    metadata = {
        "paper_name": "Sources of noise during accumulation of evidence in unrestrained and "
        "voluntarily head-restrained rats",
        "paper_link": "https://elifesciences.org/articles/11308",
        "tags": ("perceptual", "two-alternative", "supervised"),
    }

    def __init__(
        self,
        dt: float = 10,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        p_pulse: Sequence[float] = P_PULSE,
        n_bin: int = 6,
        abort: bool = False,
    ):
        self.n_bin = check_integer("n_bin (the number of bins)", n_bin, at_least=1)
        if len(p_pulse) != 2:
            raise ValueError(f"p_pulse is two probabilities, not {p_pulse!r}")
        self.p_pulse = tuple(
            check_number("each of p_pulse", p, at_least=0, at_most=1) for p in p_pulse
        )
        self.TIMING = _timing(self.n_bin)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": [1, 2]}),
            action_space=spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(**self.common_params, p_pulse=self.p_pulse)

    def sample_conditions(self, key, params, carry):
        """Draw which side is richer, its pulses and the other's, and how a tie is judged."""
        key_side, key_pulse, key_tie = random.split(key, 3)
        p_first, p_second = jnp.asarray(params.p_pulse)
        is_swapped = random.bernoulli(key_side)
        draws = random.uniform(key_pulse, (2, self.n_bin))
        conditions = {
            "pulse1": draws[0] < jnp.where(is_swapped, p_second, p_first),
            "pulse2": draws[1] < jnp.where(is_swapped, p_first, p_second),
        }
        conditions = {name: pulse.astype(jnp.float32) for name, pulse in conditions.items()}
        return {**conditions, "tie": random.integer(key_tie, 2)}, carry

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; the pulses of each bin at its beginning."""
        del params
        pulses = jnp.stack([conditions["pulse1"], conditions["pulse2"]])
        first, second = jnp.sum(pulses, axis=1)
        has_more = (second > first).astype(jnp.int32)
        ground_truth = jnp.where(first == second, conditions["tie"], has_more)
        builder = builder.add_period(self.periods)
        builder = builder.add_ob(1, period=self.periods[:-1], where="fixation")
        for i in range(self.n_bin):
            builder = builder.add_ob(pulses[:, i], period=f"cue{i}", where="stimulus")
        return builder.set_groundtruth(
            ground_truth, period="decision", where="choice"
        ).set_conditions(ground_truth=ground_truth)

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one before."""
        return self.choice_response(state, action, params, fixation=self.periods[:-1])
