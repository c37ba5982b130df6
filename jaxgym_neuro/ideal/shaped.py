"""The ideal observer of a task that is learned in stages."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.ideal.perceptual import TwoSides
from jaxgym_neuro.ideal.result import Performance
from jaxgym_neuro.ideal.rule import IDEAL, Rule, rewards_of, shortest_steps
from jaxgym_neuro.tasks.perceptual._shaping import STAGES
from jaxgym_neuro.tasks.perceptual.cv_learning import CVLearning

_IN_TRIAL = TwoSides()


@dataclasses.dataclass(frozen=True)
class InStages(Rule):
    """Choose as `TwoSides` does; without a stimulus, the side that was not chosen last.

    So it earns what there is to earn in every stage, and goes through all of them. Its performance
    is that of a trial of the stage with which an episode begins: of another one it is that of the
    task with ``stages=(3,)``, say.
    """

    WORDS = "choose the side with more summed evidence; without a stimulus, the sides in turn"
    BY = ("stage", "coh")

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError without a fixation, whose cue begins a trial."""
        _IN_TRIAL.check(env, params)
        if shortest_steps(env, params, "fixation") == 0:
            raise ValueError(
                f"the observer of {env.name} sees by the cue that a trial begins, and where there "
                "is no stimulus only fixation has it: timing['fixation'] may be 0"
            )

    def known(self, env: Any, params: Any) -> dict[str, Any]:
        """Return what the rule within a trial needs."""
        return _IN_TRIAL.known(env, params)

    def begin(self, env: Any, known: Any) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Wait for the first cue; no side was chosen."""
        return jnp.int32(0), _IN_TRIAL.begin(env, known)

    def act(self, env: Any, known: Any, held: Any, ob: jax.Array, key: jax.Array) -> Any:
        """Choose when the cue goes off."""
        last, watched = held
        action, watched = _IN_TRIAL.act(env, known, watched, ob, key)
        in_turn = jnp.where(last == 1, jnp.int32(2), jnp.int32(1))
        side = jnp.where(watched["steps"][0] > 0, action, in_turn)
        action = jnp.where(action == 0, 0, side).astype(jnp.int32)
        return action, (jnp.where(action == 0, last, action), watched)

    def answers(self, env: Any, known: Any, trial: Any, key: jax.Array) -> Any:
        """Choose by the sums over the stimulus; without one, the first side of the two."""
        return _IN_TRIAL.answers(env, known, trial, key)

    def exact(self, env: Any, params: Any, rule: str) -> Performance | None:
        """Return 1 where the stimulus is clear, and else what two sides come to, by coherence."""
        stage = int(env.shaping.stage(env.shaping.begin(params)))
        of_sides = _IN_TRIAL.exact(env, params, rule)
        if of_sides is None:
            return None
        cohs, share = of_sides.conditions["coh"], of_sides.share
        is_hard = STAGES[stage].ambiguous
        return Performance.exact(
            env.name,
            rule,
            {"stage": np.full(len(cohs), stage), "coh": cohs},
            share=share,
            performance=of_sides.performance if is_hard else 1.0,
            reward=of_sides.reward if is_hard else rewards_of(params)["correct"],
        )


RULES = {CVLearning: {IDEAL: InStages()}}
