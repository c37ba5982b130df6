"""Ideal observers of tasks that depend on a context."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal.cued import Seen
from jaxgym_neuro.ideal.perceptual import Motion
from jaxgym_neuro.ideal.rule import IDEAL
from jaxgym_neuro.tasks.context.context_decision_making import ContextDecisionMaking


@dataclasses.dataclass(frozen=True)
class Attended(Motion):
    """Choose by the modality that counts, and ignore the other one."""

    WORDS = "choose the direction that fits the modality that counts best"

    def channels(self, env: Any) -> np.ndarray:
        """Return the channels of both modalities, those of the first one first."""
        return np.arange(1, 1 + 2 * len(env.theta))

    def knowledge(self, env: Any, params: Any) -> dict[str, Any]:
        """Return the modality that counts where no cue tells."""
        return {"modality": np.int32(params.impl_context_modality)}

    def decide(self, env: Any, known: Any, seen: Seen, ob: Any, key: Any) -> jax.Array:
        """Choose the direction."""
        modalities = seen.sums[0].reshape(2, -1)
        second = known["modality"] == 1
        if env.use_expl_context:
            second = ob[env.observation_space().name["context2"]] > 0.5
        counts = jnp.where(second, modalities[1], modalities[0])
        return super().decide(env, known, Seen(counts[None], seen.steps), ob, key)

    def by(self, env: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
        """Return the coherence of the modality that counts."""
        is_second = conditions["context"] == 1
        return {"coh": np.where(is_second, conditions["coh_2"], conditions["coh_1"])}


RULES = {
    ContextDecisionMaking: {IDEAL: Attended()},
}
