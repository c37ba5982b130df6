"""PPO with a recurrent policy, for any task with discrete or continuous actions.

Schulman et al. 2017, https://doi.org/10.48550/arXiv.1707.06347, with the generalized advantage
estimates of Schulman et al. 2016, https://doi.org/10.48550/arXiv.1506.02438. A sequence is never
cut: a minibatch is all of the rollouts of some environments.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import jax
import jax.numpy as jnp
from typing_extensions import override

from jaxgym_neuro import random
from jaxgym_neuro.support.dividing import ENVS, divided
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.training.actions import Categorical, Gaussian
from jaxgym_neuro.training.learning import Learner, Method
from jaxgym_neuro.training.networks import Network, init_weights, noise_for

VALUE = "value"


@pytree
class Agents:
    """N environments, and the agents in them, between two steps."""

    env_state: Any
    ob: jax.Array  # (N, channels)
    start: jax.Array  # (N,) bool, does an episode begin with this observation?
    memory: jax.Array  # (N, hidden); carried from trial to trial


@pytree
class Steps:
    """Steps of N environments: what is learned from a rollout, (T, N, ...)."""

    ob: jax.Array
    start: jax.Array  # bool
    drawn: jax.Array  # actions, before they are fitted to the space
    noise_key: jax.Array  # (T,), of the private noise
    log_prob: jax.Array  # of what was drawn, when it was
    value: jax.Array
    reward: jax.Array
    terminated: jax.Array  # bool
    truncated: jax.Array  # bool
    continued: jax.Array  # value of what a truncated step cut off, else 0


@pytree
class Minibatch:
    """What the loss needs of some environments: (T, n, ...)."""

    memory: jax.Array  # (1, n, hidden), before the first step
    ob: jax.Array
    start: jax.Array
    drawn: jax.Array
    noise: jax.Array | None  # (T, n, hidden), the same that units had when they acted
    log_prob: jax.Array
    advantage: jax.Array
    target: jax.Array


@dataclasses.dataclass(frozen=True)
class PPO(Method):
    """What is static about a training by PPO; `train_ppo` has what each is."""

    actions: Categorical | Gaussian
    truncates: bool  # may episodes be cut off?
    num_envs: int
    rollout_steps: int
    epochs: int
    minibatches: int
    gamma: float
    gae_lambda: float
    clip: float
    value_weight: float

    @property
    @override
    def steps_per_update(self) -> int:
        return self.num_envs * self.rollout_steps

    @property
    @override
    def rows(self) -> tuple[str, int]:
        return "environments", self.num_envs

    @override
    def held(self, key: jax.Array, learner: Learner, params: Any) -> Any:
        steps = self.rollout(key, learner.weights, learner.world, params)[1]
        batch = self.batch_of(steps, learner.world.memory, jnp.zeros_like(steps.value))
        some = jax.tree.map(lambda x: x[:, : self.num_envs // self.minibatches], batch)

        def loss(learned: Any) -> Any:
            return self.loss(learned, learner.weights["fixed"], some, jnp.float32(0))

        return steps, jax.vjp(loss, learner.weights["params"], has_aux=True)[1]

    @override
    def begin(self, key: jax.Array, params: Any) -> Learner:
        key_weights, key_envs, key = random.split(key, 3)
        weights = init_weights(key_weights, self.network, self.env)
        keys = divided(random.split(key_envs, self.num_envs), self.mesh, ENVS)
        ob, env_state = jax.vmap(self.env.reset, in_axes=(0, None))(keys, params)
        memory = jnp.zeros((self.num_envs, self.network.cell.hidden), jnp.float32)
        start = jnp.ones(self.num_envs, jnp.bool_)
        agents = Agents(env_state=env_state, ob=_flat(ob), start=start, memory=memory)
        opt_state = self.optimizer.init(weights["params"])
        return Learner(key=key, weights=dict(weights), opt_state=opt_state, world=agents)

    @override
    def update(
        self, learner: Learner, rates: Mapping[str, jax.Array], params: Any
    ) -> tuple[Learner, dict[str, jax.Array]]:
        key, key_rollout, key_learn = random.split(learner.key, 3)
        memory = learner.world.memory
        agents, steps, metrics = self.rollout(key_rollout, learner.weights, learner.world, params)
        _, last = self.act_in(learner.weights, agents)
        next_value = jnp.concatenate([steps.value[1:], last[VALUE][None, :, 0]])
        if self.truncates:
            next_value = jnp.where(steps.truncated, steps.continued, next_value)
        advantage = generalized_advantages(
            steps.reward,
            steps.value,
            next_value,
            steps.terminated,
            steps.truncated,
            self.gamma,
            self.gae_lambda,
        )
        batch = self.batch_of(steps, memory, advantage)
        weights, opt_state, losses = self.descend_often(key_learn, learner, batch, rates)
        learner = Learner(key=key, weights=weights, opt_state=opt_state, world=agents)
        return learner, {**metrics, **losses}

    def batch_of(self, steps: Steps, memory: jax.Array, advantage: jax.Array) -> Minibatch:
        """Return what the loss needs of all environments; memory is that before the first step."""
        return Minibatch(
            memory=memory[None],
            ob=steps.ob,
            start=steps.start,
            drawn=steps.drawn,
            noise=self.noise_of(steps.noise_key),
            log_prob=steps.log_prob,
            advantage=advantage,
            target=advantage + steps.value,
        )

    def rollout(
        self, key: jax.Array, weights: Any, agents: Agents, params: Any
    ) -> tuple[Agents, Steps, dict[str, jax.Array]]:
        """Let all agents act for a rollout; return them, what they did, and how well."""
        step = jax.vmap(self.env.step, in_axes=(0, 0, 0, None))

        def act(carry, key):
            agents, sums = carry
            key_action, key_noise, key_env = random.split(key, 3)
            memory, outputs = self.act_in(weights, agents, self.noise_of(key_noise))
            drawn = self.actions.sample(key_action, outputs)
            keys = random.split(key_env, self.num_envs)
            action = self.actions.as_action(drawn)
            ob, env_state, reward, terminated, truncated, info = step(
                keys, agents.env_state, action, params
            )
            continued = jnp.zeros_like(reward)
            if self.truncates:
                # The next step belongs to another episode: what would have been seen is valued,
                # with the memory that there was.
                unseen = _flat(info["final_observation"])
                found, _ = cast(Any, self.network.apply(weights, memory, unseen))
                continued = found[VALUE][:, 0]
            steps = Steps(
                ob=agents.ob,
                start=agents.start,
                drawn=drawn,
                noise_key=key_noise,
                log_prob=self.actions.log_prob(outputs, drawn),
                value=outputs[VALUE][:, 0],
                reward=reward,
                terminated=terminated,
                truncated=truncated,
                continued=continued,
            )
            ended = info["new_trial"].astype(jnp.float32)
            answered = ended
            if self.env.can_wait:
                answered = ended * (action != 0).astype(jnp.float32)
            # Summed over time here, and over environments once, as these may be on many devices.
            now = jnp.stack([ended, info["performance"] * ended, answered], axis=1)
            after = Agents(
                env_state=env_state, ob=_flat(ob), start=terminated | truncated, memory=memory
            )
            return (after, sums + now), steps

        sums = jnp.zeros((self.num_envs, 3), jnp.float32)
        keys = random.split(key, self.rollout_steps)
        (agents, sums), steps = jax.lax.scan(act, (agents, sums), keys)
        trials, performance, answered = jnp.sum(sums, axis=0)
        metrics = {
            "trials": trials,
            "performance": performance / jnp.maximum(trials, 1.0),
            "answered": answered / jnp.maximum(trials, 1.0),
            "reward": jnp.mean(steps.reward),
        }
        return agents, steps, metrics

    def act_in(
        self, weights: Any, agents: Agents, noise: jax.Array | None = None
    ) -> tuple[jax.Array, Any]:
        """Return memory and outputs upon the observations that agents have."""
        before = jnp.where(agents.start[:, None], 0.0, agents.memory)
        outputs, memory = cast(Any, self.network.apply(weights, before, agents.ob, noise))
        return memory, outputs

    def noise_of(self, keys: jax.Array) -> jax.Array | None:
        """Return the private noise of all agents: for one key, or for those (T,) of a rollout."""
        if keys.ndim:
            return jax.vmap(self.noise_of)(keys)
        return noise_for(self.network, keys, (self.num_envs,))

    def descend_often(
        self, key: jax.Array, learner: Learner, batch: Minibatch, rates: Mapping[str, jax.Array]
    ) -> tuple[Any, Any, dict[str, jax.Array]]:
        """Take a step for each minibatch of each epoch; return weights, optimizer, mean losses."""
        size = self.num_envs // self.minibatches
        orders = jax.vmap(lambda key: jax.random.permutation(key, self.num_envs))(
            random.split(key, self.epochs)
        ).reshape(-1, size)

        def step(carry, some):
            weights, opt_state = carry
            mine = divided(jax.tree.map(lambda x: x[:, some], batch), self.mesh, None, ENVS)
            (loss, entropy), gradient = jax.value_and_grad(self.loss, has_aux=True)(
                weights["params"], weights["fixed"], mine, rates["entropy_weight"]
            )
            carry = self.descend(weights, opt_state, gradient, rates["learning_rate"])
            return carry, (loss, entropy)

        start = (learner.weights, learner.opt_state)
        (weights, opt_state), (losses, entropies) = jax.lax.scan(step, start, orders)
        return weights, opt_state, {"loss": jnp.mean(losses), "entropy": jnp.mean(entropies)}

    def loss(
        self, learned: Any, fixed: Any, batch: Minibatch, entropy_weight: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return the loss, and the entropy of the policy in nats."""
        weights, run = {"params": learned, "fixed": fixed}, Network.run
        outputs, _ = cast(
            Any,
            self.network.apply(
                weights, batch.memory[0], batch.ob, batch.start, batch.noise, method=run
            ),
        )
        ratio = jnp.exp(self.actions.log_prob(outputs, batch.drawn) - batch.log_prob)
        advantage = batch.advantage - jnp.mean(batch.advantage)
        advantage = advantage / (jnp.std(advantage) + 1e-8)
        clipped = jnp.clip(ratio, 1.0 - self.clip, 1.0 + self.clip)
        policy_loss = -jnp.mean(jnp.minimum(ratio * advantage, clipped * advantage))
        value_loss = 0.5 * jnp.mean((outputs[VALUE][..., 0] - batch.target) ** 2)
        entropy = jnp.mean(self.actions.entropy(outputs))
        loss = policy_loss + self.value_weight * value_loss - entropy_weight * entropy
        return loss, entropy


def generalized_advantages(
    rewards: jax.Array,
    values: jax.Array,
    next_values: jax.Array,
    terminated: jax.Array,
    truncated: jax.Array,
    gamma: float,
    gae_lambda: float,
) -> jax.Array:
    """Return generalized advantage estimates; all arrays are (T, N).

    Nothing follows a terminated step; after a truncated one the value stands for what was cut off.
    Neither lets the errors of the next episode in.
    """
    errors = rewards + gamma * jnp.where(terminated, 0.0, next_values) - values

    @override
    def backwards(advantage, step):
        error, done = step
        advantage = error + gamma * gae_lambda * jnp.where(done, 0.0, advantage)
        return advantage, advantage

    steps = (errors, terminated | truncated)
    return jax.lax.scan(backwards, jnp.zeros_like(errors[0]), steps, reverse=True)[1]


def _flat(ob: jax.Array) -> jax.Array:
    """Lay out the channels of each observation in a row."""
    return ob.reshape(ob.shape[0], -1)
