"""Train one network on the twenty tasks of Yang et al. (2019), and see which units do what.

The network (a GRU) is told the task by a rule input, a channel for each. The whole training is one
jitted function, which draws its trials itself. Then
the *task variance* of each unit is measured, as in the paper (Nature Neuroscience 22, 297-306,
https://doi.org/10.1038/s41593-018-0310-2): how much its activity differs between the trials of a
task, at the same time since the fixation ended. Units that vary in the same tasks make a cluster;
there are as many clusters as make them most distinct (by their silhouettes). Needs the extras
``train`` and ``analysis``. Run::

    python examples/train_yang19.py
    python examples/train_yang19.py --tasks go anti dlygo dlyanti --updates 500
"""

import argparse
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import jaxgym_neuro as jgn
from jaxgym_neuro import random, training
from jaxgym_neuro.training import supervised

TASKS = jgn.collection("yang19").tasks


def make_measure(trained: training.Trained, num_tasks: int, num_trials: int) -> Any:
    """Build ``measure(key, weights) -> (accuracies, variances)``, to be jitted.

    Accuracies are (tasks,), and task variances (tasks, units).
    """
    env, network = trained.env, trained.network
    fixation, decision = (env.periods.index(name) for name in ("fixation", "decision"))
    steps = jnp.arange(env.T, dtype=jnp.int32)[:, None]

    def measure(key, weights):
        keys = random.split(key, num_trials)
        trials = jax.vmap(env.new_trial, in_axes=(0, None))(keys, env.default_params)
        inputs, targets = (jnp.swapaxes(x, 0, 1) for x in (trials.ob, trials.gt))
        outputs, states = supervised.run_trials(network, weights, inputs)
        rates = network.apply(weights, states, method="rates")
        start, end = (x[:, decision] for x in (trials.start, trials.end))
        batch = jgn.Batch(
            inputs=inputs,
            targets=targets,
            mask=(start <= steps) & (steps < end),
            t=jnp.where(steps < trials.length, steps, -1),
            conditions=trials.conditions,
        )
        # Time is counted from the end of the fixation, which lasts longer in some trials.
        since = steps + trials.end[:, fixation]
        aligned = jnp.take_along_axis(rates, jnp.minimum(since, env.T - 1)[..., None], axis=0)
        is_there = since < trials.length

        def of_task(task):
            own = trials.conditions["task"] == task
            decides = batch.replace(mask=batch.mask & own)
            return supervised.score(env, outputs, decides), task_variance(aligned, is_there & own)

        return jax.lax.map(of_task, jnp.arange(num_tasks, dtype=jnp.int32))

    return measure


def task_variance(activity: jax.Array, is_there: jax.Array) -> jax.Array:
    """Variance over trials, averaged over time: of (T, N, units) and (T, N) to (units,)."""
    weight = is_there[..., None].astype(jnp.float32)
    count = jnp.maximum(jnp.sum(weight, axis=1), 1.0)
    mean = jnp.sum(weight * activity, axis=1) / count
    variance = jnp.sum(weight * (activity - mean[:, None]) ** 2, axis=1) / count
    # Steps that few trials have tell little.
    share = count / jnp.maximum(jnp.max(count), 1.0)
    return jnp.sum(share * variance, axis=0) / jnp.sum(share)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--tasks", nargs="+", default=TASKS, metavar="TASK", help="names (all twenty)"
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--updates", type=int, default=4_000, help="(%(default)s)")
    parser.add_argument("--batch-size", type=int, default=64, help="trials (%(default)s)")
    parser.add_argument("--hidden", type=int, default=128, help="units (%(default)s)")
    parser.add_argument("--trials", type=int, default=8_000, help="measured (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("trained/yang19"), help="(%(default)s)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, measure, draw."""
    began = time.perf_counter()
    args = parse_arguments(arguments)
    tasks = tuple(args.tasks)
    key_train, key_measure = random.split(jax.random.key(args.seed))
    with training.ProgressBar(args.updates) as progress:
        trained = training.train_supervised(
            jgn.collection("yang19").multi_task(tasks=tasks),
            cell=training.GRU(args.hidden),
            updates=args.updates,
            batch_size=args.batch_size,
            learning_rate=3e-3,
            key=key_train,
            report=progress,
        )
    print(f"compiled in {trained.seconds['compile']:.1f} s")
    num_trials = args.updates * args.batch_size
    print(f"trained on {num_trials:,} trials in {trained.seconds['train']:.1f} s")
    measure = jax.jit(make_measure(trained, len(tasks), args.trials))
    measured = measure(key_measure, trained.weights_of())
    accuracies, variances = (np.asarray(x) for x in measured)
    sorted_units = jgn.analysis.TaskVariance.of(tasks, variances, most_clusters=20)
    units, labels = sorted_units.units, sorted_units.cluster
    for task, accuracy, variance in zip(tasks, accuracies, variances, strict=True):
        print(f"{task:>12}  accuracy {accuracy:.3f}  variance {variance.sum():.2f}")
    print(f"accuracy {accuracies.mean():.3f} over all tasks, least {accuracies.min():.3f}")
    print(f"{len(units)} of {args.hidden} units vary, in {labels.max()} clusters:")
    for label in range(1, labels.max() + 1):
        own = variances[:, units[labels == label]]
        profile = (own / own.max(axis=0)).mean(axis=1)
        names = [tasks[i] for i in np.argsort(-profile) if profile[i] > 0.5]
        print(f"{label:>4}: {own.shape[1]:>3} units, most in {', '.join(names) or 'no one task'}")
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez(args.out / "variances.npz", tasks=tasks, variances=variances)
    size = (7, 0.6 + 0.22 * len(tasks))
    axes = Figure(figsize=size, layout="constrained").add_subplot()
    sorted_units.plot(axes).figure.savefig(args.out / "clusters.png", dpi=150)
    print(f"saved {args.out / 'clusters.png'} in {time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
