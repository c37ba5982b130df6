"""What a training returns."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxgym_neuro import policies, random
from jaxgym_neuro.spaces import is_discrete
from jaxgym_neuro.training import sweeps
from jaxgym_neuro.training.actions import POLICY
from jaxgym_neuro.training.learning import Learner, Method
from jaxgym_neuro.training.networks import Network, cell_function, lesion, noise_for
from jaxgym_neuro.training.ppo import PPO


class Agent(NamedTuple):
    """A policy and what it remembers first: ``rollout(env, params, *trained.agent(), ...)``."""

    policy: policies.Policy
    memory: Any


@dataclasses.dataclass(frozen=True)
class Trained:
    """Trained networks, one for each run, and how they were trained."""

    method: Method  # with the task, ``method.env``, and the network, ``method.network``
    params: Any  # of the task; with an axis of runs, where they differ
    sets: int | None  # of params that there are; None for the same in all runs, without an axis
    weights: Any  # with an axis of runs
    metrics: Mapping[str, np.ndarray]  # (updates, runs), of each update before it learns
    runs: Mapping[str, np.ndarray]  # (runs,): seed, rates, which params, and what differs in them
    config: Mapping[str, Any]  # all of it as a flat dict, fit for JSON
    seconds: Mapping[str, float]  # compile, train
    total: int  # updates that were asked for; fewer are done if it was enough before
    learners: Learner  # where the runs are, as they would go on

    @property
    def env(self) -> Any:
        """The task."""
        return self.method.env

    @property
    def network(self) -> Network:
        """The network, whose `apply` is ``(weights, memory, ob) -> (outputs, memory)``."""
        return self.method.network

    @property
    def num_runs(self) -> int:
        """How many runs there are."""
        return len(self.runs["seed"])

    @property
    def num_updates(self) -> int:
        """How many updates were done."""
        return len(next(iter(self.metrics.values())))

    @property
    def num_steps(self) -> int:
        """Environment steps (of whole trials, padding included) that each run has seen."""
        return self.num_updates * self.method.steps_per_update

    @property
    def is_policy(self) -> bool:
        """Is the network a policy: was it trained by PPO, or on a ground truth of actions?"""
        return acts(self.method)

    def weights_of(self, run: int = 0) -> Any:
        """Return the weights of one run.

        Raises:
            ValueError: for a run that there is not.
        """
        self._check_run(run)
        return sweeps.one_of(self.weights, run)

    def params_of(self, run: int = 0) -> Any:
        """Return the task's params of one run.

        Raises:
            ValueError: for a run that there is not.
        """
        self._check_run(run)
        return self.params if self.sets is None else sweeps.one_of(self.params, run)

    def agent(self, run: int = 0, *, greedy: bool = True, lesioned: Any = None) -> Agent:
        """Return a trained network as a policy, and its first memory.

        Its activity is a dict: ``"rates"`` (hidden,) of the units after the observation, their
        ``"state"``, and the network's outputs by name.

        Args:
            run: which one.
            greedy: whether it takes the likeliest action instead of drawing one.
            lesioned: units to silence.

        Raises:
            ValueError: for a run or a unit that there is not; for a network trained supervised
                where the ground truth is not an action.
        """
        weights = self.weights_of(run)
        if lesioned is not None:
            weights = lesion(weights, lesioned)
        memory = jnp.zeros(self.network.cell.hidden, jnp.float32)
        return Agent(TrainedPolicy(self.method, weights, greedy), memory)

    def cell(self) -> Callable[[Any, jax.Array, jax.Array], jax.Array]:
        """Return the cell, ``(weights, h, x) -> h``, for the analysis of its dynamics."""
        return cell_function(self.network)

    def _check_run(self, run: int) -> None:
        if not 0 <= run < self.num_runs:
            raise ValueError(f"runs are numbered from 0 to {self.num_runs - 1}, not {run!r}")

    def __repr__(self):
        performance = ", ".join(f"{x:.3f}" for x in self.metrics["performance"][-1].tolist())
        return (
            f"Trained({type(self.method).__name__} on {self.env.name}, {self.num_runs} runs, "
            f"{self.num_updates} of {self.total} updates, {self.num_steps:,} steps each; "
            f"performance at the last update {performance})"
        )


def acts(method: Method) -> bool:
    """Return whether what a method trains chooses actions."""
    env = method.env
    return isinstance(method, PPO) or env.ground_truth_space == env.action_space()


@dataclasses.dataclass(frozen=True, eq=False)
class TrainedPolicy(policies.Policy):
    """A trained network that acts; itself and no other is equal to it.

    What `rollout` compiles for it serves every network of the same training, whatever its weights.
    """

    method: Method
    weights: Any
    greedy: bool = True

    def __post_init__(self):
        if not acts(self.method):
            raise ValueError(
                f"{self.method.env.name} has a ground truth that is not an action: what is "
                "trained on it, supervised, is no policy"
            )

    def check(self, env: Any, params: Any) -> None:
        """Raise a ValueError unless observations and actions are as in the training."""
        own = self.method.env
        here, there = ((e.observation_space(), e.action_space()) for e in (env, own))
        shapes = [tuple(space.shape for space in spaces) for spaces in (here, there)]
        if shapes[0] != shapes[1] or type(here[1]) is not type(there[1]):
            raise ValueError(
                f"this policy was trained on {own.name}, with observations {there[0].shape} and "
                f"actions {there[1]}; {env.name} has {here[0].shape} and {here[1]}"
            )

    def split(self) -> "tuple[policies.Policy, Any]":
        """Return what acts like this once it has weights, and the weights."""
        return _Weightless(self.method, self.greedy), self.weights

    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, ...]:
        """Choose an action of one environment."""
        method, network = self.method, self.method.network
        key_noise, key_action = random.split(key)
        noise = noise_for(network, key_noise, ())
        outputs, memory = cast(Any, network.apply(self.weights, memory, ob.reshape(-1), noise))
        rates = network.apply(self.weights, memory, method=Network.rates)
        if isinstance(method, PPO):
            actions = method.actions
            drawn = actions.greedy(outputs) if self.greedy else actions.sample(key_action, outputs)
            action = actions.as_action(drawn)
        elif is_discrete(space):
            logits = outputs[POLICY]
            action = (
                jnp.argmax(logits) if self.greedy else jax.random.categorical(key_action, logits)
            ).astype(jnp.int32)
        else:
            action = jnp.clip(outputs[POLICY].reshape(space.shape), space.low, space.high)
        return action, memory, {"rates": rates, "state": memory, **outputs}


@dataclasses.dataclass(frozen=True)
class _Weightless(policies.Policy):
    """A `TrainedPolicy` of any weights, compared by value."""

    method: Method
    greedy: bool

    def joined(self, arrays: Any) -> TrainedPolicy:
        return TrainedPolicy(self.method, arrays, self.greedy)

    def act(self, key: jax.Array, ob: jax.Array, memory: Any, space: Any) -> tuple[Any, ...]:
        raise TypeError("a network has to be joined with its weights before it acts")
