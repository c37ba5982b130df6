"""Train an agent on random-dot motion with PPO, and hold it against the ideal observer.

The agent is a gated recurrent network (GRU) that sees the fixation cue and two motion channels, and
must add up the evidence over a trial to tell left from right. All of the training (environments,
network, updates) is one jitted function, see `make_train`. Run::

    python examples/train_ppo.py --seed 0
    python examples/train_ppo.py --task GoNogo-v0 --task-args '{"dt": 50}' --out trained/go_nogo

**The best that anyone can do.** Channel i of the stimulus has the mean
``cos(theta_i - theta) * coh / 200 + 0.5`` and independent Gaussian noise of s.d.
``sigma / sqrt(dt)`` at each step. With two opposite directions,

- the difference between the channels, towards the true side, has at each step the mean
  ``(cos(0) - cos(pi)) * coh / 200 = coh / 100``;
- its noise has the s.d. ``sqrt(2) * sigma / sqrt(dt)``, which is 0.141 by default
  (sigma = 1, dt = 100 ms);
- the sum over the ``n`` steps of the stimulus (2,000 ms / 100 ms = 20) has ``n`` times the mean and
  ``sqrt(n)`` times the noise, and holds all there is to know about the side (it is the log
  likelihood ratio but for a positive factor).

So the ideal observer answers by the sign of the sum, and is right with probability
``Phi(sqrt(n) * (coh / 100) / (sqrt(2) * sigma / sqrt(dt)))``, with Phi the standard normal
distribution function. At coherence 0 nothing can be known: Phi(0) = 0.5. By default this gives
0.5, 0.9785, 0.99997, 1, 1 at coherences 0, 6.4, 12.8, 25.6, 51.2 percent.

**Evaluation.** The trained agent takes the likeliest action at each step (greedy). Its accuracy is
the fraction of all trials, unanswered ones included, that end with the correct choice.
"""

import argparse
import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import serialization
from tqdm import tqdm

import jaxgym_neuro as jgn
from jaxgym_neuro import random
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking


@dataclasses.dataclass(frozen=True)
class Config:
    """What can be chosen about a training."""

    task: str = "PerceptualDecisionMaking-v0"
    task_args: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # of its constructor
    total_steps: int = 900_000  # environment steps, all environments together
    num_envs: int = 128
    rollout_trials: int = 1  # a rollout is as long as this many of the longest trials
    max_steps_in_episode: int = 0  # truncates episodes; 0: one endless episode, as in the lab
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

    def __post_init__(self):
        if self.num_envs % self.minibatches:
            raise ValueError(
                f"num_envs is a multiple of minibatches ({self.minibatches}), not {self.num_envs}"
            )

    def make_env(self) -> tuple[Any, Any]:
        """Make the task and its params; a ValueError if its actions are not discrete."""
        env, params = jgn.make(self.task, **self.task_args)
        if not isinstance(env.action_space(params), jgn.spaces.Discrete):
            raise ValueError(f"the policy chooses among discrete actions, {self.task} has others")
        return env, params.replace(max_steps_in_episode=self.max_steps_in_episode)

    def num_updates(self, env: Any) -> int:
        """Return how many rollouts make up ``total_steps``; at least one."""
        return max(1, self.total_steps // (self.num_envs * self.rollout_trials * env.T))


# ---------------------------------------------------------------------------------------- network


class RecurrentPolicy(nn.Module):
    """A GRU with two linear readouts: the logits of the actions, and the value."""

    hidden: int
    num_actions: int
    stretch: float = 5.0  # of the observation around 0.5

    @nn.compact
    def __call__(self, memory, obs, starts):
        """Run over a stretch of time.

        Args:
            memory: (N, hidden), the GRU's state before the first step.
            obs: (T, N, channels).
            starts: (T, N) bool, steps at which an episode begins and the memory is wiped.

        Returns:
            logits (T, N, num_actions), values (T, N), memory after each step (T, N, hidden).
        """
        fan_in = nn.initializers.variance_scaling(1.0, "fan_in", "normal")
        recurrent = self.param("recurrent", fan_in, (self.hidden, 3 * self.hidden))
        # What does not depend on the memory is one product for all steps, outside the loop.
        # Tasks show values around 0.5 that differ by a tenth; centred and stretched they are heard.
        stretched = self.stretch * (obs - 0.5)
        inputs = nn.Dense(3 * self.hidden, kernel_init=fan_in, name="inputs")(stretched)

        def tick(memory, now):
            inputs, start = now
            memory = jnp.where(start[:, None], 0.0, memory)
            keep_in, reset_in, new_in = jnp.split(inputs, 3, axis=-1)
            keep_mem, reset_mem, new_mem = jnp.split(memory @ recurrent, 3, axis=-1)
            # The offset lets memories last from the start: evidence must be added up.
            keep = nn.sigmoid(keep_in + keep_mem + 1.0)
            new = jnp.tanh(new_in + nn.sigmoid(reset_in + reset_mem) * new_mem)
            memory = keep * memory + (1.0 - keep) * new
            return memory, memory

        _, memories = jax.lax.scan(tick, memory, (inputs, starts))
        small = nn.initializers.normal(0.01)
        logits = nn.Dense(self.num_actions, kernel_init=small, name="policy")(memories)
        values = nn.Dense(1, kernel_init=fan_in, name="value")(memories)
        return logits, values[..., 0], memories


def make_network(config: Config, env: Any) -> RecurrentPolicy:
    """Return the network for a task."""
    return RecurrentPolicy(hidden=config.hidden, num_actions=env.num_actions)


def init_weights(key: jax.Array, network: RecurrentPolicy, env: Any) -> Any:
    """Draw the weights."""
    obs = jnp.zeros((1, 1, *env.observation_space().shape), jnp.float32)
    return network.init(
        key, jnp.zeros((1, network.hidden), jnp.float32), obs, jnp.zeros((1, 1), jnp.bool_)
    )


def sample_actions(key: jax.Array, logits: jax.Array) -> jax.Array:
    """Draw one action per row of logits, by the inverse of the distribution function."""
    cumulative = jnp.cumsum(nn.softmax(logits), axis=-1)
    drawn = random.uniform(key, logits.shape[:-1])
    # Rounding may leave the last cumulative sum below 1, so it is not asked.
    return jnp.sum(drawn[..., None] >= cumulative[..., :-1], axis=-1, dtype=jnp.int32)


# ---------------------------------------------------------------------------------------- rollout


class Agents(NamedTuple):
    """N environments, and the agents in them, between two steps."""

    env_state: Any
    ob: jax.Array  # (N, channels)
    start: jax.Array  # (N,) bool, does an episode begin with this observation?
    memory: jax.Array  # (N, hidden); carried from trial to trial


class Transition(NamedTuple):
    """One step of N environments; stacked over time, of a rollout."""

    ob: jax.Array  # (N, channels)
    start: jax.Array  # (N,) bool
    action: jax.Array  # (N,) int32
    log_prob: jax.Array  # (N,) of the action, when it was taken
    value: jax.Array  # (N,)
    memory: jax.Array  # (N, hidden), after the observation
    reward: jax.Array  # (N,)
    terminated: jax.Array  # (N,) bool
    truncated: jax.Array  # (N,) bool
    info: dict[str, Any]


def begin(key: jax.Array, env: Any, params: Any, num_envs: int, hidden: int) -> Agents:
    """Reset the environments; agents start with an empty memory."""
    ob, env_state = jax.vmap(env.reset, in_axes=(0, None))(random.split(key, num_envs), params)
    memory = jnp.zeros((num_envs, hidden), jnp.float32)
    return Agents(env_state, ob, jnp.ones(num_envs, jnp.bool_), memory)


def interact(
    key: jax.Array,
    network: RecurrentPolicy,
    weights: Any,
    env: Any,
    params: Any,
    agents: Agents,
    greedy: bool,
) -> tuple[Agents, Transition]:
    """Let every agent act once."""
    key_action, key_env = random.split(key)
    logits, value, memory = network.apply(
        weights, agents.memory, agents.ob[None], agents.start[None]
    )
    logits, value, memory = logits[0], value[0], memory[0]
    if greedy:
        action = jnp.argmax(logits, axis=-1).astype(jnp.int32)
    else:
        action = sample_actions(key_action, logits)
    log_prob = log_prob_of(action, nn.log_softmax(logits))
    keys = random.split(key_env, action.shape[0])
    step = jax.vmap(env.step, in_axes=(0, 0, 0, None))
    ob, env_state, reward, terminated, truncated, info = step(
        keys, agents.env_state, action, params
    )
    transition = Transition(
        ob=agents.ob,
        start=agents.start,
        action=action,
        log_prob=log_prob,
        value=value,
        memory=memory,
        reward=reward,
        terminated=terminated,
        truncated=truncated,
        info=info,
    )
    return Agents(env_state, ob, terminated | truncated, memory), transition


def log_prob_of(action: jax.Array, log_probs: jax.Array) -> jax.Array:
    """Pick the log probability of each action."""
    chosen = jax.nn.one_hot(action, log_probs.shape[-1], dtype=log_probs.dtype)
    return jnp.sum(log_probs * chosen, axis=-1)


# -------------------------------------------------------------------------------------------- GAE


def values_of_next(
    network: RecurrentPolicy, weights: Any, rollout: Transition, agents: Agents
) -> jax.Array:
    """Value of what follows each step, (T, N).

    It is the value found at the next step, except where an episode was truncated: there the next
    step belongs to another episode, and the agent values what it would have seen, with the memory
    that it had.
    """

    def value(memory, ob):
        at_once = jnp.zeros((1, ob.shape[0]), jnp.bool_)
        return network.apply(weights, memory, ob[None], at_once)[1][0]

    def value_if_continued():
        memory = rollout.memory.reshape(-1, network.hidden)
        unseen = rollout.info["final_observation"]
        return value(memory, unseen.reshape(-1, unseen.shape[-1])).reshape(rollout.value.shape)

    last = value(agents.memory, agents.ob)
    following = jnp.concatenate([rollout.value[1:], last[None]])
    continued = jax.lax.cond(
        jnp.any(rollout.truncated), value_if_continued, lambda: jnp.zeros_like(following)
    )
    return jnp.where(rollout.truncated, continued, following)


def generalized_advantages(
    rewards: jax.Array,
    values: jax.Array,
    next_values: jax.Array,
    terminated: jax.Array,
    truncated: jax.Array,
    gamma: float,
    gae_lambda: float,
) -> jax.Array:
    """Generalized advantage estimates of Schulman et al. (2016); all arrays are (T, N).

    Nothing follows a terminated step; after a truncated one the value stands for what was cut off.
    Neither lets the errors of the next episode in.
    """
    errors = rewards + gamma * jnp.where(terminated, 0.0, next_values) - values

    def backwards(advantage, step):
        error, done = step
        advantage = error + gamma * gae_lambda * jnp.where(done, 0.0, advantage)
        return advantage, advantage

    steps = (errors, terminated | truncated)
    return jax.lax.scan(backwards, jnp.zeros_like(errors[0]), steps, reverse=True)[1]


# ------------------------------------------------------------------------------------------- loss


class Batch(NamedTuple):
    """What the loss needs of a rollout; (T, N, ...), but for the memory before it, (1, N, ...)."""

    memory: jax.Array
    ob: jax.Array
    start: jax.Array
    action: jax.Array
    log_prob: jax.Array
    advantage: jax.Array
    target: jax.Array


def ppo_loss(
    weights: Any, network: RecurrentPolicy, batch: Batch, entropy_weight: Any, config: Config
) -> tuple[jax.Array, jax.Array]:
    """Return the loss of Schulman et al. (2017), and the entropy of the policy in nats."""
    logits, values, _ = network.apply(weights, batch.memory[0], batch.ob, batch.start)
    log_probs = nn.log_softmax(logits)
    ratio = jnp.exp(log_prob_of(batch.action, log_probs) - batch.log_prob)
    advantage = batch.advantage - jnp.mean(batch.advantage)
    advantage = advantage / (jnp.std(advantage) + 1e-8)
    clipped = jnp.clip(ratio, 1.0 - config.clip, 1.0 + config.clip)
    policy_loss = -jnp.mean(jnp.minimum(ratio * advantage, clipped * advantage))
    value_loss = 0.5 * jnp.mean((values - batch.target) ** 2)
    entropy = -jnp.mean(jnp.sum(jnp.exp(log_probs) * log_probs, axis=-1))
    loss = policy_loss + config.value_weight * value_loss - entropy_weight * entropy
    return loss, entropy


# ----------------------------------------------------------------------------------------- update


def split_over_envs(key: jax.Array, batch: Batch, num_minibatches: int) -> Batch:
    """Deal the environments into minibatches: (T, N, ...) becomes (M, T, N / M, ...)."""
    order = jax.random.permutation(key, batch.action.shape[1]).reshape(num_minibatches, -1)
    return jax.tree.map(lambda x: jnp.moveaxis(x[:, order], 1, 0), batch)


def make_optimizer(config: Config, env: Any) -> optax.GradientTransformation:
    """Adam with a falling learning rate and a bound on the gradient."""
    num_steps = config.num_updates(env) * config.epochs * config.minibatches
    schedule = optax.linear_schedule(config.learning_rate, 0.0, num_steps)
    return optax.chain(
        optax.clip_by_global_norm(config.max_grad_norm), optax.adam(schedule, eps=1e-5)
    )


def make_train(config: Config, report: Callable[..., None] | None = None) -> Callable[..., Any]:
    """Build the training.

    Args:
        config: what to train, and how.
        report: called on the host after every update with the number of updates done and a dict of
            metrics; None for silence.

    Returns:
        ``train(key) -> (weights, metrics)``, to be jitted; it may be vmapped over keys (seeds).
        ``metrics`` is a dict of arrays (updates,): ``performance`` per trial, ``reward`` per step,
        ``loss``, ``entropy`` in nats.
    """
    env, params = config.make_env()
    network = make_network(config, env)
    optimizer = make_optimizer(config, env)
    num_updates = config.num_updates(env)

    def learn(learner, key, batch, entropy_weight):
        def minibatch_step(learner, batch):
            weights, opt_state = learner
            (loss, entropy), gradient = jax.value_and_grad(ppo_loss, has_aux=True)(
                weights, network, batch, entropy_weight, config
            )
            change, opt_state = optimizer.update(gradient, opt_state, weights)
            return (optax.apply_updates(weights, change), opt_state), (loss, entropy)

        def epoch(learner, key):
            minibatches = split_over_envs(key, batch, config.minibatches)
            return jax.lax.scan(minibatch_step, learner, minibatches)

        learner, (losses, entropies) = jax.lax.scan(
            epoch, learner, random.split(key, config.epochs)
        )
        return learner, jnp.mean(losses), jnp.mean(entropies)

    def update(carry, number):
        key, learner, agents = carry
        key, key_rollout, key_learn = random.split(key, 3)
        weights = learner[0]
        memory = agents.memory

        def act(agents, key):
            return interact(key, network, weights, env, params, agents, greedy=False)

        keys = random.split(key_rollout, config.rollout_trials * env.T)
        agents, rollout = jax.lax.scan(act, agents, keys)
        advantage = generalized_advantages(
            rollout.reward,
            rollout.value,
            values_of_next(network, weights, rollout, agents),
            rollout.terminated,
            rollout.truncated,
            config.gamma,
            config.gae_lambda,
        )
        batch = Batch(
            memory=memory[None],
            ob=rollout.ob,
            start=rollout.start,
            action=rollout.action,
            log_prob=rollout.log_prob,
            advantage=advantage,
            target=advantage + rollout.value,
        )
        remaining = 1.0 - number.astype(jnp.float32) / num_updates
        learner, loss, entropy = learn(learner, key_learn, batch, config.entropy_weight * remaining)
        trials = jnp.sum(rollout.info["new_trial"], dtype=jnp.float32)
        metrics = {
            "performance": jnp.sum(rollout.info["performance"]) / jnp.maximum(trials, 1.0),
            "reward": jnp.mean(rollout.reward),
            "loss": loss,
            "entropy": entropy,
        }
        if report is not None:
            jax.debug.callback(report, number + 1, metrics)
        return (key, learner, agents), metrics

    def train(key):
        key_weights, key_envs, key = random.split(key, 3)
        weights = init_weights(key_weights, network, env)
        learner = (weights, optimizer.init(weights))
        agents = begin(key_envs, env, params, config.num_envs, config.hidden)
        (_, learner, _), metrics = jax.lax.scan(
            update, (key, learner, agents), jnp.arange(num_updates, dtype=jnp.int32)
        )
        return learner[0], metrics

    return train


class Progress:
    """A bar where there is a terminal, ten lines where there is none."""

    def __init__(self, num_updates: int, steps_per_update: int):
        self._num_updates = num_updates
        self._steps_per_update = steps_per_update
        self._every = max(1, num_updates // 10)
        self._is_terminal = sys.stdout.isatty()
        self._bar = tqdm(
            total=num_updates * steps_per_update,
            unit="step",
            unit_scale=True,
            file=sys.stdout,
            disable=not self._is_terminal,
        )

    def __call__(self, number: Any, metrics: dict[str, Any]) -> None:
        """Show that ``number`` updates are done."""
        performance = float(metrics["performance"])
        if self._is_terminal:
            self._bar.set_postfix(performance=f"{performance:.3f}", refresh=False)
            self._bar.update(int(number) * self._steps_per_update - self._bar.n)
        elif int(number) % self._every == 0:
            steps = int(number) * self._steps_per_update
            print(f"{steps:>9,} steps: performance {performance:.3f}", flush=True)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


# ------------------------------------------------------------------------------------- evaluation


def make_evaluate(
    config: Config, num_envs: int = 4096, num_trials: int = 13
) -> Callable[..., dict[str, jax.Array]]:
    """Build the greedy evaluation of trained weights.

    The default numbers give more than 10,000 trials for each of five coherences, so that the
    standard error of an accuracy is below 0.005.

    Returns:
        ``evaluate(key, weights)``, to be jitted, which returns a dict of arrays (coherences,):
        ``coh`` in percent, the number of ``trials``, and the fractions of them ``correct`` and
        ``answered``. Tasks without coherences have one entry, with ``coh`` NaN.
    """
    env, params = config.make_env()
    network = make_network(config, env)
    has_coherence = "coh" in env.conditions and hasattr(params, "cohs")
    cohs = jnp.asarray(params.cohs if has_coherence else [math.nan], jnp.float32)

    def count(info, action):
        if has_coherence:
            belongs = info["conditions"]["coh"][:, None] == cohs
        else:
            belongs = jnp.ones((action.shape[0], 1), jnp.bool_)
        belongs = (belongs & info["new_trial"][:, None]).astype(jnp.float32)
        rows = [jnp.ones_like(info["performance"]), info["performance"], action != 0]
        return jnp.stack([row.astype(jnp.float32) for row in rows]) @ belongs

    def evaluate(key, weights):
        key_begin, key_steps = random.split(key)
        agents = begin(key_begin, env, params, num_envs, config.hidden)

        def act(carry, key):
            agents, counts = carry
            agents, now = interact(key, network, weights, env, params, agents, greedy=True)
            return (agents, counts + count(now.info, now.action)), None

        counts = jnp.zeros((3, cohs.shape[0]), jnp.float32)
        keys = random.split(key_steps, num_trials * env.T)
        (_, counts), _ = jax.lax.scan(act, (agents, counts), keys)
        trials, correct, answered = counts
        seen = jnp.maximum(trials, 1.0)
        return {
            "coh": cohs,
            "trials": trials,
            "correct": correct / seen,
            "answered": answered / seen,
        }

    return evaluate


def ideal_accuracy(coh: Any, num_steps: int, sigma: float, dt: float) -> np.ndarray:
    """Accuracy of the ideal observer, see the top of this file.

    Args:
        coh: coherences in percent.
        num_steps: steps of the stimulus.
        sigma: input noise; its s.d. per step is ``sigma / sqrt(dt)``.
        dt: step in ms.
    """
    noise = math.sqrt(2.0) * sigma / math.sqrt(dt)
    separation = math.sqrt(num_steps) * np.asarray(coh, np.float64) / 100 / noise
    return np.asarray([0.5 * (1 + math.erf(d / math.sqrt(2))) for d in np.atleast_1d(separation)])


def ideal_for(env: Any, params: Any) -> Callable[[Any], np.ndarray]:
    """Return the ideal observer's accuracy as a function of coherence, with the task's numbers."""
    num_steps = env.longest(("stimulus",))
    return partial(ideal_accuracy, num_steps=num_steps, sigma=float(params.sigma), dt=env.dt)


def format_table(result: dict[str, Any], ideal: np.ndarray) -> str:
    """Lay out the agent's and the ideal observer's accuracy by coherence."""
    lines = ["coherence (%)   agent   ideal   difference   answered"]
    rows = zip(result["coh"], result["correct"], ideal, result["answered"], strict=True)
    for coh, agent, best, answered in rows:
        lines.append(f"{coh:13.1f} {agent:7.4f} {best:7.4f} {agent - best:+12.4f} {answered:10.4f}")
    return "\n".join(lines)


def plot_psychometric(
    result: dict[str, Any], ideal: Callable[[Any], np.ndarray], path: str | Path
) -> None:
    """Save the psychometric curve of the agent beside the ideal observer's."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    cohs, correct = np.asarray(result["coh"]), np.asarray(result["correct"])
    fine = np.linspace(0, max(cohs.max(), 1.0), 400)
    axes.plot(fine, ideal(fine), color="0.6", label="ideal observer")
    error = np.sqrt(correct * (1 - correct) / np.maximum(np.asarray(result["trials"]), 1))
    axes.errorbar(cohs, correct, 1.96 * error, fmt="o", color="C0", label="agent, 95% interval")
    axes.axhline(0.5, color="0.85", linewidth=1, zorder=0)
    axes.set(xlabel="motion coherence (%)", ylabel="fraction correct", ylim=(0.45, 1.03))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


# ------------------------------------------------------------------------------------ command line


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    default = Config()
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--task", default=default.task, help="id of a task with discrete actions (%(default)s)"
    )
    parser.add_argument(
        "--task-args", type=json.loads, default={}, metavar="JSON", help="such as '{\"dt\": 20}'"
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument(
        "--steps", type=int, default=default.total_steps, help="environment steps (%(default)s)"
    )
    parser.add_argument(
        "--num-envs", type=int, default=default.num_envs, help="in parallel (%(default)s)"
    )
    parser.add_argument("--out", type=Path, help="folder for weights and picture (trained/TASK)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate, print, plot."""
    began = time.perf_counter()
    args = parse_arguments(arguments)
    config = Config(
        task=args.task, task_args=args.task_args, total_steps=args.steps, num_envs=args.num_envs
    )
    out = args.out or Path("trained") / args.task
    out.mkdir(parents=True, exist_ok=True)
    env, params = config.make_env()
    steps_per_update = config.num_envs * config.rollout_trials * env.T
    num_updates = config.num_updates(env)
    progress = Progress(num_updates, steps_per_update)
    key_train, key_evaluate = random.split(jax.random.key(args.seed))

    train = jax.jit(make_train(config, progress)).lower(key_train).compile()
    compiled = time.perf_counter()
    weights, _ = jax.block_until_ready(train(key_train))
    trained = time.perf_counter()
    jax.effects_barrier()
    progress.close()
    total = num_updates * steps_per_update
    print(f"compiled in {compiled - began:.1f} s")
    print(f"trained in {trained - compiled:.1f} s, {total / (trained - compiled):,.0f} steps/s")

    (out / "weights.msgpack").write_bytes(serialization.to_bytes(weights))
    result = jax.device_get(jax.jit(make_evaluate(config))(key_evaluate, weights))
    print(f"evaluated in {time.perf_counter() - trained:.1f} s")
    if isinstance(env, PerceptualDecisionMaking) and env.num_actions == 3:
        ideal = ideal_for(env, params)
        print(format_table(result, ideal(result["coh"])))
        plot_psychometric(result, ideal, out / "psychometric.png")
    else:
        performance = np.average(result["correct"], weights=result["trials"])
        print(f"performance per trial {performance:.4f}")
    print(f"saved {', '.join(sorted(path.name for path in out.iterdir()))} in {out}")
    print(f"{time.perf_counter() - began:.1f} s in all")


if __name__ == "__main__":
    main()
