"""PPO in one file, for those who write their own loop: all of the training is one jitted function.

A recurrent agent learns a task with discrete actions. It is what ``jgn.training.train_ppo`` does,
without its saving, stopping and sweeping, and for tasks without episodes. Run::

    python examples/train_ppo_single_file.py --seed 0
    python examples/train_ppo_single_file.py --task GoNogo-v0 --steps 200000
"""

import argparse
import dataclasses
import time
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

import jaxgym_neuro as jgn
from jaxgym_neuro import random


@dataclasses.dataclass(frozen=True)
class Config:
    """What can be chosen about a training."""

    task: str = "PerceptualDecisionMaking-v0"
    total_steps: int = 900_000  # environment steps, all environments together
    num_envs: int = 128
    hidden: int = 64  # GRU units
    epochs: int = 2
    minibatches: int = 2  # over environments: a sequence is never cut
    learning_rate: float = 4e-3  # falls linearly to 0
    gamma: float = 0.95
    gae_lambda: float = 0.9
    clip: float = 0.2
    value_weight: float = 0.5
    entropy_weight: float = 0.02  # falls linearly to 0
    max_grad_norm: float = 1.0


class Agent(nn.Module):
    """A GRU with two linear readouts: the logits of the actions, and the value."""

    hidden: int
    num_actions: int

    @nn.compact
    def __call__(self, memory, obs):
        """Run over time: (N, hidden) and (T, N, channels) to logits, values and memories."""
        fan_in = nn.initializers.variance_scaling(1.0, "fan_in", "normal")
        recurrent = self.param("recurrent", fan_in, (self.hidden, 3 * self.hidden))
        # What does not depend on the memory is one product for all steps, outside the loop.
        # Tasks show values around 0.5 that differ by a tenth; centred and stretched they are heard.
        inputs = nn.Dense(3 * self.hidden, kernel_init=fan_in)(5.0 * (obs - 0.5))

        def tick(memory, inputs):
            keep_in, reset_in, new_in = jnp.split(inputs, 3, axis=-1)
            keep_mem, reset_mem, new_mem = jnp.split(memory @ recurrent, 3, axis=-1)
            # The offset lets memories last from the start: evidence must be added up.
            keep = nn.sigmoid(keep_in + keep_mem + 1.0)
            new = jnp.tanh(new_in + nn.sigmoid(reset_in + reset_mem) * new_mem)
            memory = keep * memory + (1.0 - keep) * new
            return memory, memory

        _, memories = jax.lax.scan(tick, memory, inputs)
        small = nn.initializers.normal(0.01)
        logits = nn.Dense(self.num_actions, kernel_init=small)(memories)
        return logits, nn.Dense(1, kernel_init=fan_in)(memories)[..., 0], memories


class World(NamedTuple):
    """N environments, and the agents in them, between two steps."""

    env_state: Any
    ob: jax.Array  # (N, channels)
    memory: jax.Array  # (N, hidden); carried from trial to trial


class Step(NamedTuple):
    """One step of N environments; stacked over time, of a rollout."""

    ob: jax.Array
    action: jax.Array
    log_prob: jax.Array  # of the action, when it was taken
    value: jax.Array
    reward: jax.Array
    advantage: jax.Array  # 0 until it is known
    new_trial: jax.Array  # bool
    performance: jax.Array  # of the trial that ended


def begin(key, env, params, num_envs, hidden):
    """Reset the environments; agents start with an empty memory."""
    ob, env_state = jax.vmap(env.reset, in_axes=(0, None))(random.split(key, num_envs), params)
    return World(env_state, ob, jnp.zeros((num_envs, hidden), jnp.float32))


def interact(key, agent, weights, env, params, world, greedy=False):
    """Let every agent act once."""
    key_action, key_env = random.split(key)
    logits, value, memory = agent.apply(weights, world.memory, world.ob[None])
    logits, value, memory = logits[0], value[0], memory[0]
    drawn = jnp.argmax(logits, -1) if greedy else jax.random.categorical(key_action, logits)
    action = drawn.astype(jnp.int32)
    keys = random.split(key_env, action.shape[0])
    ob, env_state, reward, _, _, info = jax.vmap(env.step, in_axes=(0, 0, 0, None))(
        keys, world.env_state, action, params
    )
    step = Step(
        ob=world.ob,
        action=action,
        log_prob=log_prob_of(action, logits),
        value=value,
        reward=reward,
        advantage=jnp.zeros_like(reward),
        new_trial=info["new_trial"],
        performance=info["performance"],
    )
    return World(env_state, ob, memory), step


def log_prob_of(action, logits):
    """Pick the log probability of each action."""
    chosen = jax.nn.one_hot(action, logits.shape[-1], dtype=logits.dtype)
    return jnp.sum(nn.log_softmax(logits) * chosen, axis=-1)


def advantages(rewards, values, last_value, gamma, gae_lambda):
    """Generalized advantage estimates (Schulman et al. 2016); arrays are (T, N), the last (N,)."""
    errors = rewards + gamma * jnp.concatenate([values[1:], last_value[None]]) - values

    def backwards(advantage, error):
        advantage = error + gamma * gae_lambda * advantage
        return advantage, advantage

    return jax.lax.scan(backwards, jnp.zeros_like(last_value), errors, reverse=True)[1]


def ppo_loss(weights, agent, memory, batch, entropy_weight, config):
    """Return the loss of Schulman et al. (2017) on a minibatch of rollouts."""
    logits, values, _ = agent.apply(weights, memory, batch.ob)
    ratio = jnp.exp(log_prob_of(batch.action, logits) - batch.log_prob)
    advantage = batch.advantage - jnp.mean(batch.advantage)
    advantage = advantage / (jnp.std(advantage) + 1e-8)
    clipped = jnp.clip(ratio, 1.0 - config.clip, 1.0 + config.clip)
    policy_loss = -jnp.mean(jnp.minimum(ratio * advantage, clipped * advantage))
    value_loss = 0.5 * jnp.mean((values - batch.value - batch.advantage) ** 2)
    log_probs = nn.log_softmax(logits)
    entropy = -jnp.mean(jnp.sum(jnp.exp(log_probs) * log_probs, axis=-1))
    return policy_loss + config.value_weight * value_loss - entropy_weight * entropy


def make_train(config):
    """Build ``train(key) -> (weights, performance per trial of each update)``, to be jitted.

    It may be vmapped over keys (seeds).
    """
    env, params = jgn.make(config.task)
    agent = Agent(config.hidden, env.num_actions)
    num_updates = max(1, config.total_steps // (config.num_envs * env.T))
    optimizer = optax.chain(
        optax.clip_by_global_norm(config.max_grad_norm),
        optax.adam(
            optax.linear_schedule(
                config.learning_rate, 0.0, num_updates * config.epochs * config.minibatches
            ),
            eps=1e-5,
        ),
    )

    def update(carry, number):
        key, weights, opt_state, world = carry
        key, key_rollout, key_order = random.split(key, 3)
        memory = world.memory
        entropy_weight = config.entropy_weight * (1.0 - number.astype(jnp.float32) / num_updates)

        def act(world, key):
            return interact(key, agent, weights, env, params, world)

        world, steps = jax.lax.scan(act, world, random.split(key_rollout, env.T))
        last_value = agent.apply(weights, world.memory, world.ob[None])[1][0]
        found = advantages(steps.reward, steps.value, last_value, config.gamma, config.gae_lambda)
        steps = steps._replace(advantage=found)

        def learn(learner, mine):
            weights, opt_state = learner
            batch = jax.tree.map(lambda x: x[:, mine], steps)
            gradient = jax.grad(ppo_loss)(
                weights, agent, memory[mine], batch, entropy_weight, config
            )
            change, opt_state = optimizer.update(gradient, opt_state, weights)
            return (optax.apply_updates(weights, change), opt_state), None

        keys = random.split(key_order, config.epochs)
        orders = jax.vmap(lambda key: jax.random.permutation(key, config.num_envs))(keys)
        orders = orders.reshape(config.epochs * config.minibatches, -1)
        (weights, opt_state), _ = jax.lax.scan(learn, (weights, opt_state), orders)
        ended = jnp.sum(steps.new_trial, dtype=jnp.float32)
        performance = jnp.sum(steps.performance) / jnp.maximum(ended, 1.0)
        return (key, weights, opt_state, world), performance

    def train(key):
        key_weights, key_envs, key = random.split(key, 3)
        world = begin(key_envs, env, params, config.num_envs, config.hidden)
        weights = agent.init(key_weights, world.memory, world.ob[None])
        carry = (key, weights, optimizer.init(weights), world)
        numbers = jnp.arange(num_updates, dtype=jnp.int32)
        (_, weights, _, _), performance = jax.lax.scan(update, carry, numbers)
        return weights, performance

    return train


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate, print."""
    default = Config()
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--task", default=default.task, help="id of a task (%(default)s)")
    parser.add_argument("--steps", type=int, default=default.total_steps, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    args = parser.parse_args(arguments)
    config = Config(task=args.task, total_steps=args.steps)
    began = time.perf_counter()
    train = jax.jit(make_train(config))
    weights, performance = jax.block_until_ready(train(jax.random.key(args.seed)))
    print(f"trained in {time.perf_counter() - began:.1f} s, with compiling")
    print(f"performance per trial of ten updates: first {performance[:10].mean():.3f}, ", end="")
    print(f"last {performance[-10:].mean():.3f}")

    env, params = jgn.make(config.task)
    agent = Agent(config.hidden, env.num_actions)

    def policy(key, ob, memory):
        logits, _, memories = agent.apply(weights, memory[None], ob[None, None])
        return jnp.argmax(logits[0, 0]).astype(jnp.int32), memories[0, 0]

    first = jnp.zeros(config.hidden, jnp.float32)
    table = jgn.rollout(env, params, policy, first, num_envs=512, num_trials=10_000, key=1)
    print(f"greedy, on 10,000 trials: {table.performance.mean():.4f}")


if __name__ == "__main__":
    main()
