"""Two transformations of tasks with a response on a ring: by a delay, and in a sequence.

Either makes of a family of tasks another one, and they may be combined. The ground truth of the
task itself stays what it is; what is due at a step is it, moved around the ring.
"""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.collections.yang19.two_rings import TwoRings
from jaxgym_neuro.core.params import Leaf, TrialParams, integer, joined, number
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import Condition
from jaxgym_neuro.core.trial import TrialBuilder
from jaxgym_neuro.support.pytrees import pytree

_SPEED = 0.01  # ring units per ms
_SHARED = "it has ended; each step earns its share"
_REWARDS = {  # of responses that move: what is paid for what
    "correct": {"event": "a response that is right to the end", "ends": _SHARED},
    "fail": {"event": "the first step of the decision that is not as it is due"},
    "withheld": {"event": "having waited to the end, where that is right", "ends": _SHARED},
}


@pytree
class IntegrateParams(TrialParams):
    """Numbers of the transformation that may be swept."""

    integrate: Leaf = integer(
        1, "1 or -1: the way in which the delay moves the response", at_least=-1, at_most=1
    )
    integrate_speed: Leaf = number(_SPEED, "ring units per ms of the delay", at_least=0)


@pytree
class SequenceParams(TrialParams):
    """Numbers of the transformation that may be swept."""

    seq: Leaf = integer(1, "1 or -1: the way in which the response moves", at_least=-1, at_most=1)
    seq_speed: Leaf = number(_SPEED, "ring units per ms of the decision", at_least=0)


class Integrated(TwoRings[Any]):
    """The response is moved around the ring by the duration of the delay."""

    def build_trial(self, builder, conditions, params):
        """Lay out the trial, and move what is due."""
        builder = super().build_trial(builder, conditions, params)
        speed = jnp.asarray(params.integrate_speed, jnp.float32)
        units = jnp.round(speed * builder.period_ms("delay")).astype(jnp.int32)
        shift = jnp.asarray(params.integrate, jnp.int32) * units
        return _moved(builder, shift, len(self.theta)).set_conditions(shift=shift)


class InSequence(TwoRings[Any]):
    """The response moves around the ring while the decision lasts.

    A step of the decision at which another action is taken than is due ends the trial. Each other
    one earns its share of what the task pays, and counts as its share of the performance.
    """

    def build_trial(self, builder, conditions, params):
        """Lay out the trial, and move what is due from step to step."""
        builder = super().build_trial(builder, conditions, params)
        speed = jnp.asarray(params.seq_speed, jnp.float32)
        step = jnp.arange(builder.layout.num_steps, dtype=jnp.int32)
        begin = builder.bounds["decision"][0]
        ms = jnp.maximum(step - begin, 0).astype(jnp.float32) * np.float32(self.dt)
        # Of 100 ms at a hundredth of a unit per ms, one unit, whichever way they are rounded.
        units = jnp.floor(speed * ms + np.float32(1e-4)).astype(jnp.int32)
        return _moved(builder, jnp.asarray(params.seq, jnp.int32) * units, len(self.theta))

    def respond(self, state, action, params):
        """Judge every step of the decision by what is due at it."""
        response = super().respond(state, action, params)
        rewards, due = params.rewards, self.gt_now(state)
        decides = self.in_period(state, self.ANSWERING)
        index = self.periods.index("decision")
        begin, end = state.trial.start[index], state.trial.end[index]
        share = 1 / jnp.maximum(end - begin, 1).astype(jnp.float32)
        right = action == due
        pays = jnp.where(due == 0, rewards.get("withheld", 0.0), rewards["correct"]) * share
        earned = jnp.where(right, pays, rewards["fail"])
        done = (state.t - begin + right.astype(jnp.int32)).astype(jnp.float32) * share
        is_given = decides & (action != 0) & (state.t == begin)
        return dataclasses.replace(
            response,
            reward=jnp.where(decides, earned, response.reward),
            new_trial=jnp.where(decides, ~right, response.new_trial),
            performance=jnp.where(decides, jnp.minimum(done, 1), response.performance),
            answers={"choice": Given(is_given)},
        )


def _moved(builder: TrialBuilder, units: jax.Array, num: int) -> TrialBuilder:
    """Move what is due around a ring by so many units, () or (T,); to wait stays to wait."""
    due = builder.gt
    return builder.set_groundtruth(jnp.where(due > 0, (due - 1 + units) % jnp.int32(num) + 1, 0))


@functools.cache
def integrated(family: Any) -> Any:
    """Return the family of tasks with responses that are moved by the delay."""
    shift = Condition(
        "ring units by which the delay moves the response: ``params.integrate`` times its ms times "
        "``params.integrate_speed``, rounded",
        "int32",
        derived=True,
    )
    attributes = {
        "PARAMS": joined(family.PARAMS, IntegrateParams),
        "CONDITIONS": {**family.CONDITIONS, "shift": shift},
    }
    return _transformed(Integrated, family, attributes)


@functools.cache
def in_sequence(family: Any) -> Any:
    """Return the family of tasks with responses that move while the decision lasts."""
    rewards = {
        name: dataclasses.replace(entry, **_REWARDS.get(name, {}))
        for name, entry in family.REWARDS.items()
        if name != "miss"
    }
    attributes = {"PARAMS": joined(family.PARAMS, SequenceParams), "REWARDS": rewards}
    return _transformed(InSequence, family, attributes)


def _transformed(transformation: Any, family: Any, attributes: dict[str, Any]) -> Any:
    name = f"{transformation.__name__}{family.__name__}"
    made = {"__module__": __name__, "__doc__": family.__doc__, "FAMILY": family.FAMILY}
    return type(family)(name, (transformation, family), {**made, **attributes})
