"""Train a recurrent network on the ground truth of any task, by supervised learning.

The network (a GRU) sees a trial step by step and says at each what to do. A training step draws its
own batch of fresh trials inside the jitted function, so no data is ever loaded or seen twice. Run::

    python examples/train_supervised.py --task DelayMatchSample-v0
    python examples/train_supervised.py --task GoNogo-v0 --task-args '{"dt": 50}'

**Loss.** Cross entropy with the ground truth where it is an action, squared error where it is a
number or several; the mean over all steps of a trial plus the mean over its decision steps, of
which there are few. The decision steps are those of the period ``decision``, or, where a task has
none, those at which the ground truth is not to wait (action 0).

**Accuracy.** The share of new trials in which the action that is likeliest over the decision steps
(by the product of its probabilities) is the ground truth at the last of them. Where the ground
truth is a number: the share of its variance over the decision steps that the network explains.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import serialization
from tqdm import tqdm

import jaxgym_neuro as jgn
from jaxgym_neuro import random


@dataclasses.dataclass(frozen=True)
class Config:
    """What can be chosen about a training."""

    task: str = "PerceptualDecisionMaking-v0"
    task_args: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # of its constructor
    num_updates: int = 300
    batch_size: int = 64  # trials in an update
    hidden: int = 64  # GRU units
    learning_rate: float = 5e-3  # falls to 0 along a cosine
    max_grad_norm: float = 1.0

    def make_dataset(self) -> jgn.Dataset:
        """Return the task's trials, one in each row; the mask is on its decision steps."""
        env, _ = jgn.make(self.task, **self.task_args)
        periods = "decision" if "decision" in env.periods else None
        return jgn.Dataset(
            env, batch_size=self.batch_size, packed=False, output="jax", loss_periods=periods
        )


class Network(nn.Module):
    """A GRU and a linear readout: logits of the actions, or the numbers of the ground truth."""

    hidden: int
    outputs: int
    stretch: float = 5.0  # of the observation around 0.5

    @nn.compact
    def __call__(self, inputs):
        """Run over whole trials, from an empty memory: (T, N, channels) to (T, N, outputs)."""
        orthogonal = nn.initializers.orthogonal()
        recurrent = self.param("recurrent", orthogonal, (self.hidden, 3 * self.hidden))
        # What does not depend on the memory is one product for all steps, outside the loop.
        # Tasks show values around 0.5 that differ by a tenth; centred and stretched they are heard.
        inputs = nn.Dense(3 * self.hidden, name="inputs")(self.stretch * (inputs - 0.5))

        def tick(memory, now):
            keep_in, reset_in, new_in = jnp.split(now, 3, axis=-1)
            keep_mem, reset_mem, new_mem = jnp.split(memory @ recurrent, 3, axis=-1)
            # The offset lets memories last from the start.
            keep = nn.sigmoid(keep_in + keep_mem + 1.0)
            new = jnp.tanh(new_in + nn.sigmoid(reset_in + reset_mem) * new_mem)
            memory = keep * memory + (1.0 - keep) * new
            return memory, memory

        empty = jnp.zeros((inputs.shape[1], self.hidden), jnp.float32)
        _, memories = jax.lax.scan(tick, empty, inputs)
        self.sow("intermediates", "memories", memories)  # for those who ask what units do
        return nn.Dense(self.outputs, name="readout")(memories)


def make_network(config: Config, env: Any) -> Network:
    """Return the network for a task."""
    space = env.ground_truth_space
    if isinstance(space, jgn.spaces.Discrete):
        return Network(hidden=config.hidden, outputs=space.n)
    return Network(hidden=config.hidden, outputs=max(1, sum(space.shape)))


def init_weights(key: jax.Array, network: Network, env: Any) -> Any:
    """Draw the weights."""
    ob = jnp.zeros((1, 1, *env.observation_space().shape), jnp.float32)
    return network.init(key, flat_channels(ob))


def flat_channels(inputs: jax.Array) -> jax.Array:
    """Lay out the channels of each observation in a row: (T, N, ...) to (T, N, channels)."""
    return inputs.reshape(*inputs.shape[:2], -1)


def decision_steps(env: Any, batch: jgn.Batch) -> jax.Array:
    """Return the decision steps of a batch, (T, N) bool."""
    is_discrete = isinstance(env.ground_truth_space, jgn.spaces.Discrete)
    if "decision" in env.periods or not is_discrete:
        return batch.mask
    return batch.mask & (batch.targets != 0)


def mean_where(mask: jax.Array, values: jax.Array) -> jax.Array:
    """Mean of the values where the mask is True; 0 if it nowhere is."""
    return jnp.sum(jnp.where(mask, values, 0.0)) / jnp.maximum(count(mask), 1.0)


def count(mask: jax.Array) -> jax.Array:
    """Count the steps at which a mask is True, as float32."""
    return jnp.sum(mask, dtype=jnp.float32)


def errors(env: Any, outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Error at each step, (T, N): cross entropy in nats, or squared error."""
    if isinstance(env.ground_truth_space, jgn.spaces.Discrete):
        return optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
    return jnp.sum((outputs - targets.reshape(outputs.shape)) ** 2, axis=-1)


def accuracy(env: Any, outputs: jax.Array, batch: jgn.Batch) -> jax.Array:
    """Accuracy on a batch, as the top of this file defines it."""
    decides = decision_steps(env, batch)
    if not isinstance(env.ground_truth_space, jgn.spaces.Discrete):
        targets = batch.targets.reshape(outputs.shape)
        total = jnp.sum(jnp.where(decides[..., None], targets, 0.0), axis=(0, 1))
        mean = total / count(decides)
        spread = mean_where(decides, jnp.sum((targets - mean) ** 2, axis=-1))
        return 1.0 - mean_where(decides, errors(env, outputs, batch.targets)) / spread
    log_probs = jnp.where(decides[..., None], nn.log_softmax(outputs), 0.0)
    choice = jnp.argmax(jnp.sum(log_probs, axis=0), axis=-1)
    steps = jnp.arange(decides.shape[0], dtype=jnp.int32)[:, None]
    last = jnp.max(jnp.where(decides, steps, 0), axis=0)
    truth = jnp.take_along_axis(batch.targets, last[None], axis=0)[0]
    return mean_where(jnp.any(decides, axis=0), (choice == truth).astype(jnp.float32))


def loss_and_accuracy(
    weights: Any, network: Network, env: Any, batch: jgn.Batch
) -> tuple[jax.Array, jax.Array]:
    """Return both for a batch of whole trials."""
    outputs = network.apply(weights, flat_channels(batch.inputs))
    error = errors(env, outputs, batch.targets)
    loss = mean_where(batch.t >= 0, error) + mean_where(decision_steps(env, batch), error)
    return loss, accuracy(env, outputs, batch)


def make_train(config: Config, report: Callable[..., None] | None = None) -> Callable[..., Any]:
    """Build the training.

    Args:
        config: what to train on, and how.
        report: called on the host after every update with the number of updates done and a dict of
            metrics; None for silence.

    Returns:
        ``train(key) -> (weights, metrics)``, to be jitted. ``metrics`` is a dict of arrays
        (updates,): ``loss`` and ``accuracy`` on the batch of each update, before it learns from it.
    """
    dataset = config.make_dataset()
    env = dataset.env
    network = make_network(config, env)
    schedule = optax.cosine_decay_schedule(config.learning_rate, config.num_updates)
    optimizer = optax.chain(optax.clip_by_global_norm(config.max_grad_norm), optax.adam(schedule))

    def update(learner, now):
        number, key = now
        weights, opt_state = learner
        batch = dataset.sample_batch(key)
        (loss, correct), gradient = jax.value_and_grad(loss_and_accuracy, has_aux=True)(
            weights, network, env, batch
        )
        change, opt_state = optimizer.update(gradient, opt_state, weights)
        metrics = {"loss": loss, "accuracy": correct}
        if report is not None:
            jax.debug.callback(report, number + 1, metrics)
        return (optax.apply_updates(weights, change), opt_state), metrics

    def train(key):
        key_weights, key_updates = random.split(key)
        weights = init_weights(key_weights, network, env)
        numbers = jnp.arange(config.num_updates, dtype=jnp.int32)
        keys = random.split(key_updates, config.num_updates)
        learner = (weights, optimizer.init(weights))
        (weights, _), metrics = jax.lax.scan(update, learner, (numbers, keys))
        return weights, metrics

    return train


def make_evaluate(config: Config, num_batches: int = 64) -> Callable[..., jax.Array]:
    """Build the evaluation, ``evaluate(key, weights) -> accuracy`` on fresh trials."""
    dataset = config.make_dataset()
    network = make_network(config, dataset.env)

    def evaluate(key, weights):
        def of_batch(key):
            batch = dataset.sample_batch(key)
            return loss_and_accuracy(weights, network, dataset.env, batch)[1]

        return jnp.mean(jax.lax.map(of_batch, random.split(key, num_batches)))

    return evaluate


class Progress:
    """A bar where there is a terminal, ten lines where there is none."""

    def __init__(self, num_updates: int):
        self._every = max(1, num_updates // 10)
        self._is_terminal = sys.stdout.isatty()
        self._bar = tqdm(
            total=num_updates, unit="update", file=sys.stdout, disable=not self._is_terminal
        )

    def __call__(self, number: Any, metrics: dict[str, Any]) -> None:
        """Show that ``number`` updates are done."""
        shown = {name: f"{float(value):.3f}" for name, value in metrics.items()}
        if self._is_terminal:
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update(int(number) - self._bar.n)
        elif int(number) % self._every == 0:
            line = ", ".join(f"{name} {value}" for name, value in shown.items())
            print(f"{int(number):>6,} updates: {line}", flush=True)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    default = Config()
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--task", default=default.task, help="id of a task (%(default)s)")
    parser.add_argument(
        "--task-args", type=json.loads, default={}, metavar="JSON", help="such as '{\"dt\": 20}'"
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--updates", type=int, default=default.num_updates, help="(%(default)s)")
    parser.add_argument(
        "--batch-size", type=int, default=default.batch_size, help="trials (%(default)s)"
    )
    parser.add_argument(
        "--hidden", type=int, default=default.hidden, help="units of the network (%(default)s)"
    )
    parser.add_argument("--out", type=Path, help="folder for the weights (trained/TASK)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate, print."""
    began = time.perf_counter()
    args = parse_arguments(arguments)
    config = Config(
        task=args.task,
        task_args=args.task_args,
        num_updates=args.updates,
        batch_size=args.batch_size,
        hidden=args.hidden,
    )
    progress = Progress(config.num_updates)
    key_train, key_evaluate = random.split(jax.random.key(args.seed))
    train = jax.jit(make_train(config, progress)).lower(key_train).compile()
    compiled = time.perf_counter()
    weights, _ = jax.block_until_ready(train(key_train))
    jax.effects_barrier()
    progress.close()
    trained = time.perf_counter()
    num_trials = config.num_updates * config.batch_size
    print(f"compiled in {compiled - began:.1f} s")
    print(f"trained on {num_trials:,} trials in {trained - compiled:.1f} s")
    num_batches = 64
    evaluate = jax.jit(make_evaluate(config, num_batches))
    correct = float(evaluate(key_evaluate, weights))
    print(f"accuracy on {num_batches * config.batch_size:,} new trials: {correct:.3f}")
    path = (args.out or Path("trained") / args.task) / "weights.msgpack"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(serialization.to_bytes(weights))
    print(f"saved {path}")


if __name__ == "__main__":
    main()
