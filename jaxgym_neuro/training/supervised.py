"""Supervised learning of the ground truth of any task, from trials that are drawn as they are used.

The loss is cross entropy with the ground truth where it is an action, squared error where it is a
number or several; the mean over all steps of a trial, by its own weight, plus the mean over its
decision steps, of which there are few. The decision steps are those of the period ``decision``;
where a task has none, those at which the ground truth is not to wait (action 0), and, in a trial in
which it is to wait to the end, the last one, at which that turns out to be right.

Who plays remembers the trials before, so a trial begins with the memory with which another one
ended; an eighth of them begin with an empty one. A trial ends after its last step or, where an
action ends it, at one of its decision steps, which is drawn. Errors are carried back to the first
trial of a row. With one trial in each, nothing is learned that only helps the next one: where
nothing shows that a trial begins, to know when the last one ended.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, cast

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from typing_extensions import override

from jaxgym_neuro import random
from jaxgym_neuro.data.dataset import Dataset
from jaxgym_neuro.data.streams import Batch
from jaxgym_neuro.spaces import is_discrete
from jaxgym_neuro.training.actions import POLICY
from jaxgym_neuro.training.learning import Learner, Method
from jaxgym_neuro.training.networks import Network, init_weights, noise_for

_EMPTY = 0.125  # share of trials that begin with an empty memory, as the first of a subject does


@dataclasses.dataclass(frozen=True)
class Supervised(Method):
    """What is static about supervised learning; `train_supervised` has what each is."""

    batch_size: int
    row_trials: int  # of the batch that follow one another
    whole_weight: float
    activity_cost: float
    dataset: Dataset = dataclasses.field(compare=False, repr=False)  # of env and batch_size

    @property
    @override
    def steps_per_update(self) -> int:
        return self.batch_size * self.env.T

    @property
    def num_rows(self) -> int:
        """Rows of trials that follow one another, in a batch."""
        return self.batch_size // self.row_trials

    @property
    @override
    def rows(self) -> tuple[str, int]:
        return "trials of a batch", self.batch_size

    @override
    def held(self, key: jax.Array, learner: Learner, params: Any) -> Any:
        batch = self.dataset.sample_batch(key, params)

        def loss(learned: Any) -> Any:
            fixed, memory = learner.weights["fixed"], learner.world
            return self.loss(learned, fixed, batch, memory, last_steps(key, self.env, batch), key)

        return batch, jax.vjp(loss, learner.weights["params"], has_aux=True)[1]

    @override
    def begin(self, key: jax.Array, params: Any) -> Learner:
        key_weights, key = random.split(key)
        weights = init_weights(key_weights, self.network, self.env)
        opt_state = self.optimizer.init(weights["params"])
        memory = jnp.zeros((self.num_rows, self.network.cell.hidden), jnp.float32)
        return Learner(key=key, weights=dict(weights), opt_state=opt_state, world=memory)

    @override
    def update(
        self, learner: Learner, rates: Mapping[str, jax.Array], params: Any
    ) -> tuple[Learner, dict[str, jax.Array]]:
        key, key_batch, key_empty, key_noise, key_end = random.split(learner.key, 5)
        batch = self.dataset.sample_batch(key_batch, params)
        ends = last_steps(key_end, self.env, batch)
        is_empty = random.uniform(key_empty, (self.num_rows,)) < _EMPTY
        memory = jnp.where(is_empty[:, None], 0.0, learner.world)
        (loss, (performance, memory)), gradient = jax.value_and_grad(self.loss, has_aux=True)(
            learner.weights["params"], learner.weights["fixed"], batch, memory, ends, key_noise
        )
        weights, opt_state = self.descend(
            learner.weights, learner.opt_state, gradient, rates["learning_rate"]
        )
        learner = Learner(key=key, weights=weights, opt_state=opt_state, world=memory)
        trials = jnp.float32(self.batch_size)
        return learner, {"trials": trials, "performance": performance, "loss": loss}

    def loss(
        self,
        learned: Any,
        fixed: Any,
        batch: Batch,
        memory: jax.Array,
        ends: jax.Array,
        key: jax.Array,
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        """Return the loss of a batch of whole trials, the `score` in it, and the memory after it.

        Args:
            learned: the weights that are.
            fixed: those that are not.
            batch: of whole trials.
            memory: before the first trial of each row, (rows, hidden).
            ends: the step at which each trial ends, (trials,).
            key: of private noise.
        """
        weights = {"params": learned, "fixed": fixed}
        noise = noise_for(self.network, key, batch.inputs.shape[:2])

        def run(memory: jax.Array, trials: Any) -> Any:
            inputs, noise, ends = trials
            outputs, states = run_trials(self.network, weights, inputs, noise, memory)
            memory = jnp.take_along_axis(states, ends, axis=0)[0]
            return memory, (outputs, states)

        trials = jax.tree.map(self._in_turn, (batch.inputs, noise, ends[None, :, None]))
        memory, shown = jax.lax.scan(run, memory, trials)
        outputs, states = jax.tree.map(self._side_by_side, shown)
        error = errors(self.env, outputs, batch.targets)
        loss = self.whole_weight * mean_where(batch.t >= 0, error)
        loss = loss + mean_where(decision_steps(self.env, batch), error)
        if self.activity_cost:
            rates = cast(Any, self.network.apply(weights, states, method=Network.rates))
            loss = loss + self.activity_cost * jnp.mean(rates**2)
        return loss, (score(self.env, outputs, batch), memory)

    def _in_turn(self, x: jax.Array) -> jax.Array:
        """Put the trials of a row, neighbours in (T, trials, ...), on an axis before the others."""
        return jnp.moveaxis(x.reshape(x.shape[0], -1, self.row_trials, *x.shape[2:]), 2, 0)

    def _side_by_side(self, x: jax.Array) -> jax.Array:
        """Undo that."""
        x = jnp.moveaxis(x, 0, 2)
        return x.reshape(x.shape[0], -1, *x.shape[3:])


def dataset_for(env: Any, params: Any, batch_size: int, mesh: Mesh | None = None) -> Dataset:
    """Return a task's trials, one in each row; the mask is on its decision steps."""
    periods = "decision" if "decision" in env.periods else None
    return Dataset(
        env,
        params=params,
        batch_size=batch_size,
        packed=False,
        output="jax",
        loss_periods=periods,
        mesh=mesh,
    )


def num_outputs(env: Any) -> int:
    """Return the size of the readout: of the ground truth, or the number of actions it may be."""
    space = env.ground_truth_space
    return int(space.n) if is_discrete(space) else math.prod(space.shape)


def run_trials(
    network: Network,
    weights: Any,
    inputs: jax.Array,
    noise: jax.Array | None = None,
    memory: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Run a network over whole trials (T, N, ...).

    Args:
        network: of `train_supervised`.
        weights: of it.
        inputs: what is seen.
        noise: private noise (T, N, hidden); None for none.
        memory: before the first step, (N, hidden); None for an empty one.

    Returns:
        outputs (T, N, size), and the states after each step (T, N, hidden).
    """
    if memory is None:
        memory = jnp.zeros((inputs.shape[1], network.cell.hidden), jnp.float32)
    obs = inputs.reshape(*inputs.shape[:2], -1)
    found = network.apply(weights, memory, obs, None, noise, method=Network.run)
    outputs, states = cast(Any, found)
    return outputs[POLICY], states


def decision_steps(env: Any, batch: Batch) -> jax.Array:
    """Return the decision steps of a batch, (T, N) bool."""
    if "decision" in env.periods or not is_discrete(env.ground_truth_space):
        return batch.mask
    acts = batch.mask & (batch.targets != 0)
    waits = batch.mask & (batch.t == jnp.max(batch.t, axis=0)) & ~jnp.any(acts, axis=0)
    return acts | waits


def last_steps(key: jax.Array, env: Any, batch: Batch) -> jax.Array:
    """Return at which step each trial of a batch ends, (N,) int32.

    It is the last one where a trial lasts whatever is done; elsewhere one of the decision steps,
    at which an action might end it, is drawn.
    """
    if env.lasts_whole:
        return jnp.argmax(batch.t, axis=0).astype(jnp.int32)
    decides = decision_steps(env, batch)
    drawn = jnp.where(decides, random.uniform(key, decides.shape), -1.0)
    return jnp.argmax(drawn, axis=0).astype(jnp.int32)


def errors(env: Any, outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Return the error at each step, (T, N): cross entropy in nats, or squared error."""
    if is_discrete(env.ground_truth_space):
        return optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
    return jnp.sum((outputs - targets.reshape(outputs.shape)) ** 2, axis=-1)


def score(env: Any, outputs: jax.Array, batch: Batch) -> jax.Array:
    """Return how good outputs (T, N, size) are on a batch of whole trials, at most 1.

    The share of trials in which the action that is likeliest over the decision steps (by the
    product of its probabilities) is the ground truth at the last of them. Where the ground truth is
    a number: the share of its variance over the decision steps that is explained.
    """
    decides = decision_steps(env, batch)
    if not is_discrete(env.ground_truth_space):
        targets = batch.targets.reshape(outputs.shape)
        total = jnp.sum(jnp.where(decides[..., None], targets, 0.0), axis=(0, 1))
        mean = total / jnp.maximum(_count(decides), 1.0)
        spread = mean_where(decides, jnp.sum((targets - mean) ** 2, axis=-1))
        return 1.0 - mean_where(decides, errors(env, outputs, batch.targets)) / spread
    log_probs = jnp.where(decides[..., None], jax.nn.log_softmax(outputs), 0.0)
    choice = jnp.argmax(jnp.sum(log_probs, axis=0), axis=-1).astype(jnp.int32)
    steps = jnp.arange(decides.shape[0], dtype=jnp.int32)[:, None]
    last = jnp.max(jnp.where(decides, steps, 0), axis=0)
    truth = jnp.take_along_axis(batch.targets, last[None], axis=0)[0]
    return mean_where(jnp.any(decides, axis=0), (choice == truth).astype(jnp.float32))


def mean_where(mask: jax.Array, values: jax.Array) -> jax.Array:
    """Return the mean of the values where the mask is True; 0 if it nowhere is."""
    return jnp.sum(jnp.where(mask, values, 0.0)) / jnp.maximum(_count(mask), 1.0)


def _count(mask: jax.Array) -> jax.Array:
    return jnp.sum(mask, dtype=jnp.float32)
