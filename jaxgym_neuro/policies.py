# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""Policies: what chooses the actions, in `rollout`, `plot_env` and everything else that plays.

A policy of your own is a function of one environment, which is traced (and vmapped):

    (key, ob, memory) -> (action, memory)

It may return a third value, its activity: whatever pytree of arrays an analysis needs (hidden
units, values, log-probabilities), which `rollout` keeps if it is told to.

``memory`` is what it remembers: any pytree of arrays, whose structure, shapes and dtypes stay. What
plays the policy takes the first one as its argument ``memory``, keeps it over trials, and begins
with it again at the start of every episode. The default, ``()``, is to remember nothing.

Wherever a policy is taken, it is one of

- None or ``"random"``: random actions (`plot_env` and `animate` take None for the ground truth
  where that is an action);
- ``"ground_truth"``: the action that follows the task's ground truth;
- ``"wait"``: action 0, where the task names it ``fixation``;
- a number, or an array for continuous actions: that action at every step;
- a function as above;
- a `Policy`: one of this module, such as ``policies.constant(1)``, or of yours.
"""

import abc
import dataclasses
import numbers
from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro.core.env import EnvState
from jaxgym_neuro.random import integer, split
from jaxgym_neuro.spaces import is_box, is_discrete
from jaxgym_neuro.support.validation import check_integer, unknown_name

Function = Callable[[jax.Array, jax.Array, Any], tuple[Any, ...]]


class Policy(abc.ABC):
    """Chooses actions from what a subject sees; immutable and hashable, to share compiled code.

    Of a policy with arrays (weights), `split` makes a part that is compared by value and the
    arrays, so that what is compiled for one serves all that differ in their arrays only.
    """

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError unless the policy can act in an environment."""
        del env, params

    def split(self) -> "tuple[Policy, Any]":
        """Return a policy without arrays, and a pytree of them, from which `joined` makes this."""
        return self, ()

    def joined(self, arrays: Any) -> "Policy":
        """Return the policy that has these arrays; they may be traced."""
        del arrays
        return self

    @abc.abstractmethod
    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, ...]:
        """Choose an action of one environment.

        Args:
            key: for random numbers.
            ob: the observation.
            memory: what the policy remembers.
            space: the action space.

        Returns:
            The action, the new memory, and, if there is any, its activity.
        """


class StatePolicy(abc.ABC):
    """Chooses actions from the state, which no subject knows; immutable and hashable.

    It remembers nothing. Only what plays the functional environment can play it.
    """

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError unless the policy can act in an environment."""
        del env, params

    @abc.abstractmethod
    def act(self, key: jax.Array, state: Any, params: Any, env: Any) -> Any:
        """Choose an action of one environment.

        Args:
            key: for random numbers.
            state: of the environment; an `EnvState` where it is made of trials.
            params: of the environment.
            env: the environment.

        Returns:
            The action.
        """


@dataclasses.dataclass(frozen=True)
class _Random(Policy):
    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, Any]:
        return space.sample(key), memory


@dataclasses.dataclass(frozen=True)
class _Constant(Policy):
    action: Any  # a number, or nested tuples of them

    def check(self, env: Any, params: Any) -> None:
        space = env.action_space(params)
        given = np.asarray(self.action)
        _check_shape(given.shape, space)
        if is_discrete(space):
            action = check_integer("a policy's action", self.action, at_least=0)
            if action >= space.n:
                raise ValueError(f"a policy's action is one of {space.n}, from 0, not {action}")
        elif not np.all((given >= np.asarray(space.low)) & (given <= np.asarray(space.high))):
            raise ValueError(f"a policy's action is an element of {space}, not {self.action}")

    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, Any]:
        return jnp.asarray(self.action, space.dtype), memory


@dataclasses.dataclass(frozen=True)
class _Wait(_Constant):
    action: Any = 0

    def check(self, env: Any, params: Any) -> None:
        if not getattr(env, "can_wait", False):
            raise ValueError(
                f"to wait, {env.name} has no action 0 named 'fixation'; give the action itself"
            )


@dataclasses.dataclass(frozen=True)
class _Following(Policy):
    function: Function

    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, ...]:
        returned = self.function(key, ob, memory)
        if not _is_answer(returned):
            raise ValueError(
                "a policy is a function (key, ob, memory) -> (action, memory), or (action, memory, "
                f"activity); this one returns {returned!r}, and no pair"
            )
        return returned


@dataclasses.dataclass(frozen=True)
class _GroundTruth(StatePolicy):
    def check(self, env: Any, params: Any) -> None:
        if not getattr(env, "has_ground_truth_action", False):
            raise ValueError(
                f"{env.name} has no ground truth that is an action; give a policy of your own as "
                "a function"
            )

    def act(self, key: jax.Array, state: Any, params: Any, env: Any) -> Any:
        return env.ground_truth_action(state, params)


random = _Random()
"""Random actions, drawn from the action space."""
wait = _Wait()
"""Action 0 at every step, in tasks that name it ``fixation``."""
ground_truth = _GroundTruth()
"""The action that follows the ground truth: `TrialEnv.ground_truth_action`."""
_NAMED = {"random": random, "ground_truth": ground_truth, "wait": wait}


def constant(action: Any) -> Policy:
    """Return the policy that does the same at every step.

    Args:
        action: a number, or an array of the shape of a continuous action.

    Raises:
        ValueError: if it is not made of numbers.
    """
    try:
        values = np.asarray(action)
    except ValueError:  # rows of different lengths
        values = np.asarray(None)
    if values.dtype.kind not in "iuf":
        raise ValueError(f"a constant action is a number or an array of them, not {action!r}")
    return _Constant(_nested(values.tolist()))


def follow(function: Function) -> Policy:
    """Return the policy that a function ``(key, ob, memory) -> (action, memory)`` is."""
    return _Following(function)


def as_policy(policy: Any) -> Policy | StatePolicy:
    """Turn whatever may be given as a policy (see above) into one.

    Raises:
        ValueError: for anything else; for a name that there is not, with the closest match.
    """
    if policy is None:
        return random
    if isinstance(policy, Policy | StatePolicy):
        return policy
    if isinstance(policy, str):
        if policy not in _NAMED:
            raise unknown_name("policy", policy, _NAMED)
        return _NAMED[policy]
    if callable(policy):
        return follow(cast(Function, policy))
    if isinstance(policy, numbers.Number | np.ndarray | jax.Array | list | tuple):
        return constant(policy)
    raise ValueError(
        f"a policy is None, {', '.join(map(repr, _NAMED))}, an action, a function "
        f"(key, ob, memory) -> (action, memory) or a Policy, not {policy!r}"
    )


@dataclasses.dataclass(frozen=True)
class Actor:
    """A policy in an environment; made by `actor`. Hashable where both are."""

    policy: Policy | StatePolicy
    env: Any
    space: Any

    def __call__(
        self, key: jax.Array, ob: jax.Array, memory: Any, state: Any, params: Any
    ) -> tuple[jax.Array, Any]:
        """Return an action of the shape and dtype that the environment expects, and the memory."""
        return self.play(key, ob, memory, state, params)[:2]

    def play(
        self, key: jax.Array, ob: jax.Array, memory: Any, state: Any, params: Any
    ) -> tuple[jax.Array, Any, Any]:
        """Return what calling it returns, and the policy's activity, () if it returns none.

        Raises:
            ValueError: when it is traced, for an action of another shape, one that is no whole
                number where actions are discrete, or a memory unlike the one before.
        """
        if isinstance(self.policy, StatePolicy):
            action = self.policy.act(key, state_of_task(state), params, self.env)
            return self._as_action(action), memory, ()
        action, new_memory, *activity = self.policy.act(key, ob, memory, self.space)
        _check_memory(memory, new_memory)
        return self._as_action(action), new_memory, activity[0] if activity else ()

    def split(self) -> "tuple[Actor, Any]":
        """Return an actor whose policy is without arrays, and them."""
        if isinstance(self.policy, StatePolicy):
            return self, ()
        policy, arrays = self.policy.split()
        return dataclasses.replace(self, policy=policy), arrays

    def joined(self, arrays: Any) -> "Actor":
        """Return the actor whose policy has these arrays."""
        if isinstance(self.policy, StatePolicy):
            return self
        return dataclasses.replace(self, policy=self.policy.joined(arrays))

    def _as_action(self, action: Any) -> jax.Array:
        action = jnp.asarray(action)
        _check_shape(action.shape, self.space)
        discrete = is_discrete(self.space)
        if discrete and jnp.issubdtype(action.dtype, jnp.inexact):
            raise ValueError(f"a policy's action is a whole number, not {action.dtype}")
        return action.astype(jnp.int32 if discrete else self.space.dtype)


def actor(policy: Any, env: Any, params: Any) -> Actor:
    """Put a policy, in any form in which it may be given, into an environment.

    Raises:
        ValueError: for what is no policy, or one that cannot act there: an action outside the
            space, a ground truth that is no action, waiting where that is none.
    """
    space = env.action_space(params)
    if not (is_discrete(space) or is_box(space)):
        raise ValueError(f"a policy's actions are Discrete or Box, not {type(space).__name__}")
    policy = as_policy(policy)
    policy.check(env, params)
    return Actor(policy, env, space)


def renewed(done: jax.Array, first: Any, memory: Any) -> Any:
    """Return the first memory where an episode is done, and elsewhere the one that there is."""

    def choose(new: Any, old: Any) -> jax.Array:
        return jnp.where(done, new, old)

    return jax.tree.map(choose, first, memory)


def random_actions(space: Any, key: jax.Array, count: int) -> jax.Array:
    """Draw random actions of several environments from one key.

    This costs less than the policy `random`, which has a key of each environment.
    """
    if is_discrete(space):
        return integer(key, space.n, (count,))
    return jax.vmap(space.sample)(split(key, count))


def state_of_task(state: Any) -> Any:
    """Return the `EnvState` in a state, however deep gymnax's wrappers have put it.

    A state without one is returned as it is.
    """
    leaves = jax.tree.leaves(state, is_leaf=lambda node: isinstance(node, EnvState))
    return next((cast(Any, leaf) for leaf in leaves if isinstance(leaf, EnvState)), state)


def _is_answer(value: object) -> bool:
    return isinstance(value, tuple) and len(cast(tuple[Any, ...], value)) in (2, 3)


def _nested(values: Any) -> Any:
    """Turn nested lists into nested tuples, which are hashable."""
    if not isinstance(values, list):
        return values
    return tuple(_nested(value) for value in cast(list[Any], values))


def _check_shape(shape: tuple[int, ...], space: Any) -> None:
    if tuple(shape) != tuple(space.shape):
        raise ValueError(f"a policy's action has the shape {space.shape}, not {tuple(shape)}")


def _check_memory(old: Any, new: Any) -> None:
    if jax.tree.structure(old) != jax.tree.structure(new):
        raise ValueError(
            f"a policy's memory keeps its structure, {jax.tree.structure(old)}; this one returns "
            f"{jax.tree.structure(new)}"
        )
    for before, after in zip(jax.tree.leaves(old), jax.tree.leaves(new), strict=True):
        before, after = (jnp.asarray(leaf) for leaf in (before, after))
        is_weak = before.aval.weak_type  # a Python number: it becomes what it is replaced by
        if before.shape != after.shape or not (is_weak or before.dtype == after.dtype):
            raise ValueError(
                f"a policy's memory keeps its shapes and dtypes: {before.dtype}{before.shape} "
                f"became {after.dtype}{after.shape}"
            )
