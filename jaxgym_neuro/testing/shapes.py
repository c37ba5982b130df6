"""What can be told of a task without running it."""

import jax
import numpy as np

from jaxgym_neuro.core.tables import time_of
from jaxgym_neuro.testing.demands import ConformanceError, demand, demand_shape, describe, promise

_INFO_KEYS = {
    "new_trial",
    "performance",
    "gt",
    "conditions",
    "final_observation",
    "terminated",
    "truncated",
}


@promise("__init__")
def _equal_by_value(tested):
    """Equal arguments make equal environments with equal hashes, which share compiled code."""
    env, twin = tested.env, tested.twin
    demand(env == twin, "two instances made in the same way are not equal")
    demand(hash(env) == hash(twin), "two equal instances have different hashes")


@promise()
def _validates(tested):
    """The params suit the task."""
    tested.env.validate(tested.params)


@promise()
def _strict_promotion(tested):
    """Reset and step work under strict dtype promotion."""
    demand(tested.step_shapes is not None, "they do not")


@promise("sample_conditions", "build_trial")
def _keys_used_once(tested):
    """No random key is used twice in drawing a trial."""
    # The library's own threefry works on the words of a key, which hides the key from JAX's
    # checker; keys of another kind go through jax.random.
    key = jax.random.key(tested.seed, impl="unsafe_rbg")
    try:
        with jax.debug_key_reuse(True):
            jax.eval_shape(tested.env.reset, key, tested.params)
    except jax.errors.KeyReuseError as error:
        raise ConformanceError(str(error)) from error


@promise("respond")
def _reward_and_flags(tested):
    """The reward is a float32 scalar, and terminated and truncated are bool scalars."""
    _, (_, _, reward, terminated, truncated, _) = tested.step_shapes
    demand_shape("the reward", reward, (), np.float32)
    demand_shape("terminated", terminated, (), np.bool_)
    demand_shape("truncated", truncated, (), np.bool_)


@promise("observe")
def _observation_shape(tested):
    """Reset and step return observations of the space's shape and dtype."""
    (reset_ob, _), (ob, *_) = tested.step_shapes
    space = tested.observation_space
    demand_shape("the observation of reset", reset_ob, space.shape, space.dtype)
    demand_shape("the observation of step", ob, space.shape, space.dtype)


@promise("init_carry", "sample_conditions", "respond")
def _fixed_point(tested):
    """A step returns a state of the structure, shapes and dtypes of reset's, none weakly typed."""
    (_, before), (_, after, *_) = tested.step_shapes
    demand(jax.tree.structure(before) == jax.tree.structure(after), "the structures differ")
    before, after = (jax.tree_util.tree_leaves_with_path(state) for state in (before, after))
    for (path, old), (_, new) in zip(before, after, strict=True):
        name = f"state{jax.tree_util.keystr(path)}"
        demand(not old.weak_type, f"{name} is weakly typed out of reset")
        is_same = (old.shape, old.dtype, new.weak_type) == (new.shape, new.dtype, False)
        demand(is_same, f"{name} is {describe(old)} out of reset, {describe(new)} out of step")


@promise("respond")
def _info_keys(tested):
    """Info has the keys that every task has, those of its response, and fixed dtypes."""
    info = tested.step_shapes[1][-1]
    answers = {key for name in tested.env.answers for key in (name, time_of(name))}
    expected = _INFO_KEYS | set(tested.response_shape.info) | answers
    missing, extra = sorted(expected - set(info)), sorted(set(info) - expected)
    demand(not missing and not extra, f"missing keys: {missing}, unexpected keys: {extra}")
    demand_shape("info['new_trial']", info["new_trial"], (), np.bool_)
    demand_shape("info['performance']", info["performance"], (), np.float32)
    space = tested.env.ground_truth_space
    demand_shape("info['gt']", info["gt"], space.shape, space.dtype)
