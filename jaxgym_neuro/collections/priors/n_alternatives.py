"""A decision between several alternatives, of which only some are in play."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from jaxgym_neuro import random, spaces
from jaxgym_neuro.core.env import Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.validation import check_integer, check_number, check_numbers

COHERENCES = (0.0, 6.4, 12.8, 25.6, 51.2)  # percent, for two alternatives


@pytree
class Params(NoisyParams):
    """Numbers of the task that may be swept."""

    cohs: jax.Array = COHERENCES  # (n,) percent
    block_nch: jax.Array = 100  # trials with the same number of alternatives in play


class NAlternatives(TrialEnv):
    """Report the strongest of up to ``n_ch`` inputs; see `PriorsV0`, which is made of it."""

    TIMING = {
        "fixation": 500,
        "stimulus": ("truncated_exponential", [330, 80, 1500]),
        "decision": 500,
    }
    REWARDS = {"abort": -0.1, "correct": 1.0, "fail": 0.0}

    def __init__(
        self,
        dt: float = 100,
        rewards: Mapping[str, float] | None = None,
        timing: Mapping[str, Any] | None = None,
        n_ch: int = 3,
        cohs: Sequence[float] | None = None,
        stim_scale: float = 1.0,
        sigma: float = 1.0,
        block_nch: int = 100,
        abort: bool = False,
    ):
        n_ch = check_integer("n_ch (the number of alternatives)", n_ch, at_least=2)
        self.choices = tuple(range(n_ch))
        # Makes the task as hard for more alternatives as it is for two.
        scale = 1.84665761 * math.log(n_ch) - 0.04102044
        scale *= check_number("stim_scale", stim_scale, at_least=0)
        cohs = check_numbers("cohs (percent)", COHERENCES if cohs is None else cohs, at_least=0)
        self.cohs = tuple(coh * scale for coh in cohs)
        self.sigma = check_number("sigma", sigma, at_least=0)
        self.block_nch = check_integer("block_nch (in trials)", block_nch, at_least=1)
        names = range(1, n_ch + 1)
        super().__init__(
            dt=dt,
            timing=timing,
            rewards=rewards,
            abort=abort,
            observation_space=spaces.unbounded({"fixation": 0, "stimulus": names}),
            action_space=spaces.Discrete(1 + n_ch, name={"fixation": 0, "choice": names}),
        )

    @property
    def default_params(self) -> Params:
        """Params with the constructor's numbers."""
        return Params(
            **self.common_params, sigma=self.sigma, cohs=self.cohs, block_nch=self.block_nch
        )

    def init_carry(self, key, params):
        """Return the number of alternatives in play, and that its block is over."""
        return jnp.int32(len(self.choices)), jnp.int32(0)

    def sample_conditions(self, key, params, carry):
        """Draw the number of alternatives, if a block begins; the right one, and the coherence."""
        key_number, key_side, key_coh = random.split(key, 3)
        n_ch, left = carry
        drawn = random.integer(key_number, len(self.choices) - 1) + 2
        n_ch = jnp.where(left <= 0, drawn, n_ch)
        left = jnp.where(left <= 0, jnp.asarray(params.block_nch), left) - 1
        conditions = {
            "ground_truth": _below(key_side, n_ch),
            "coh": random.choice(key_coh, params.cohs),
            "n_ch": n_ch,
        }
        return conditions, (n_ch, left)

    def build_trial(self, builder, conditions, params):
        """Cue until the decision; noisy inputs of the alternatives in play during the stimulus."""
        number = jnp.arange(len(self.choices), dtype=jnp.int32)
        side = jnp.where(number == conditions["ground_truth"], 1, -1)
        is_active = number < conditions["n_ch"]
        strength = (1 + side * conditions["coh"] / 100) / 2
        sigma = jnp.where(is_active, params.sigma / math.sqrt(self.dt), 0)
        return (
            builder.add_period(self.periods)
            .add_ob(1, period=("fixation", "stimulus"), where="fixation")
            .add_ob(jnp.where(is_active, strength, 0), period="stimulus", where="stimulus")
            .add_randn(0, sigma, period="stimulus", where="stimulus")
            .set_groundtruth(conditions["ground_truth"], period="decision", where="choice")
        )

    def respond(self, state: Any, action: jax.Array, params: Any) -> Response:
        """Judge a choice in the decision period; penalise one in fixation."""
        return self.choice_response(state, action, params)


def _below(key, number):
    """Draw a whole number from 0 to ``number`` - 1, where ``number`` is an array."""
    scaled = random.uniform(key) * number.astype(jnp.float32)
    return jnp.minimum(scaled.astype(jnp.int32), number - 1)
