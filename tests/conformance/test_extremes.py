"""At the ends of what params allow, trials are finite, in their spaces, and come to their end."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxgym_neuro as jgn
from jaxgym_neuro.core.params import declared
from jaxgym_neuro.support.xla import COMPILE_QUICKLY

HUGE = 1e6


def extremes(env):
    """Default params with one number at an end of its bounds, or with trials as short as can be."""
    params = env.default_params
    short = jax.tree.map(lambda x: x * np.float32(1e-3), params.timing)
    found = [params, dataclasses.replace(params, timing=short)]
    for name, number in declared(type(params)).items():
        least, most = number.at_least, number.at_most
        ends = (least if least is not None else -HUGE, most if most is not None else HUGE)
        for end in ends if number.dtype is np.float32 else ():
            value = np.asarray(getattr(params, name))
            changed = params.replace(**{name: np.full(value.shape, end, np.float32)})
            try:
                env.validate(changed)
            except ValueError:  # probabilities that sum to 1, or durations beyond T
                continue
            found.append(changed)
    return jax.tree.map(lambda *leaves: np.stack(leaves), *found)


# Angles, closed loops, blocks, chains, durations that follow from others, several senses.
TASKS = [
    "AnnubesEnv-v0",
    "DawTwoStep-v0",
    "HierarchicalReasoning-v0",
    "MotorTiming-v0",
    "PulseDecisionMaking-v0",
    "Reaching1D-v0",
    "SpatialSuppressMotion-v0",
]


@pytest.mark.parametrize("id", TASKS)
def test_at_the_ends_of_its_bounds_a_task_still_has_trials(id):
    env = jgn.make(id)[0]
    params = extremes(env)
    assert len(params.abort) >= 4

    def begin_and_end(key, params):
        ob, state = env.reset(key, params)
        last = state.replace(t=state.trial.length - 1)
        action = jnp.zeros(env.action_space().shape, env.action_space().dtype)
        return ob, state.trial, env.judge(last, action, params)

    over_keys = jax.vmap(begin_and_end, in_axes=(0, None))
    draw = jax.jit(jax.vmap(over_keys, in_axes=(None, 0)), compiler_options=COMPILE_QUICKLY)
    keys = jax.random.split(jax.random.key(0), 16)
    ob, trial, verdict = jax.device_get(draw(keys, params))
    assert np.all((trial.length >= 1) & (trial.length <= env.T))
    assert verdict.ends.all()  # no trial is stuck
    assert np.all(np.isfinite(verdict.reward))
    assert np.all((verdict.performance >= 0) & (verdict.performance <= 1))
    is_real = np.arange(env.T) < trial.length[..., None]
    space, gt_space = env.observation_space(), env.ground_truth_space
    for seen in (ob, trial.ob[is_real]):
        assert np.all(np.isfinite(seen))
        assert np.all((seen >= space.low) & (seen <= space.high))
    low, high = (0, gt_space.n - 1) if hasattr(gt_space, "n") else (gt_space.low, gt_space.high)
    assert np.all((trial.gt[is_real] >= low) & (trial.gt[is_real] <= high))
