"""Train a recurrent network on the ground truth of any task, by supervised learning.

The network (a GRU) sees a trial step by step and says at each what to do. A training step draws its
own batch of fresh trials inside the jitted function, so no data is ever loaded or seen twice. What
the loss is, and what counts as performance, is said in `jaxgym_neuro.training.supervised`. Run::

    python examples/train_supervised.py --task DelayMatchSample-v0
    python examples/train_supervised.py --task GoNogo-v0 --task-args '{"dt": 50}'
"""

import argparse
import json
from pathlib import Path

import numpy as np

import jaxgym_neuro as jgn
from jaxgym_neuro import training


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--task", default="PerceptualDecisionMaking-v0", help="(%(default)s)")
    parser.add_argument(
        "--task-args", type=json.loads, default={}, metavar="JSON", help="such as '{\"dt\": 20}'"
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--updates", type=int, help="default is the task's recipe")
    parser.add_argument("--batch-size", type=int, default=64, help="trials (%(default)s)")
    parser.add_argument("--hidden", type=int, default=64, help="units (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the training (trained/TASK)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate, print."""
    args = parse_arguments(arguments)
    recipe = training.recipe(args.task, "supervised") | {"batch_size": args.batch_size}
    if args.updates is not None:
        recipe["updates"] = args.updates
    env, params = jgn.make(args.task, **args.task_args)
    out = args.out or Path("trained") / args.task
    given = {**recipe, "key": args.seed, "folder": out}
    with training.ProgressBar(recipe["updates"]) as progress:
        trained = training.train_supervised(
            env, params, training.GRU(args.hidden), **given, report=progress
        )
    num_trials = trained.num_updates * args.batch_size
    print(f"compiled in {trained.seconds['compile']:.1f} s")
    print(f"trained on {num_trials:,} trials in {trained.seconds['train']:.1f} s")
    # What a network sees for the first time it has not learned from yet.
    last = np.mean(trained.metrics["performance"][-20:])
    print(f"accuracy on the new trials of the last 20 updates: {last:.3f}")
    if trained.is_policy:
        print(training.evaluate(trained, 4_000))
    print(f"saved {out}")


if __name__ == "__main__":
    main()
