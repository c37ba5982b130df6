"""Train a recurrent network in PyTorch on the ground truth of a task, by supervised learning.

`jaxgym_neuro.Dataset` draws batches of trials in JAX and hands them over as NumPy arrays, which
PyTorch takes without a copy. Run::

    pip install torch
    python examples/train_torch.py --task DelayMatchSample-v0
    python examples/train_torch.py --task GoNogo-v0 --task-args '{"dt": 50}'

The loss is the cross entropy with the ground truth, at every step of a trial, and once more at the
steps at which the subject decides, of which there are few. The accuracy is the share of these at
which the likeliest action is the ground truth, in new trials.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from tqdm import tqdm

import jaxgym_neuro as jgn


class Network(torch.nn.Module):
    """A GRU and a linear readout: from observations (T, N, channels) to logits (T, N, actions)."""

    def __init__(self, channels: int, hidden: int, actions: int):
        super().__init__()
        self.recurrent = torch.nn.GRU(channels, hidden)
        self.readout = torch.nn.Linear(hidden, actions)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Run over whole trials, from an empty memory."""
        # Tasks show values around 0.5 that differ by a tenth; centred and stretched they are heard.
        return self.readout(self.recurrent(5 * (inputs - 0.5))[0])


def make_dataset(id: str, batch_size: int, seed: int, **task_args: Any) -> jgn.Dataset:
    """Return the task's trials, one in each row; the mask is on the steps to decide at."""
    env, _ = jgn.make(id, **task_args)
    if not isinstance(env.ground_truth_space, jgn.spaces.Discrete):
        raise ValueError(f"the network chooses among discrete actions, {id} has others")
    periods = "decision" if "decision" in env.periods else None
    return jgn.Dataset(env, batch_size=batch_size, packed=False, loss_periods=periods, key=seed)


def next_batch(dataset: jgn.Dataset) -> tuple[torch.Tensor, ...]:
    """Return observations, ground truth, which steps are in a trial, and at which to decide."""
    batch = dataset.next()
    inputs, targets, t, mask = (
        torch.from_numpy(x) for x in (batch.inputs, batch.targets, batch.t, batch.mask)
    )
    targets = targets.long()  # as PyTorch's losses want it
    if "decision" not in dataset.env.periods:
        mask = mask & (targets != 0)
    return inputs.flatten(2), targets, t >= 0, mask


def loss_and_accuracy(
    network: Network, batch: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, float]:
    """Return both for a batch of whole trials."""
    inputs, targets, in_trial, decides = batch
    logits = network(inputs)
    error = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    error = error.view(targets.shape)
    accuracy = (logits.argmax(-1) == targets)[decides].float().mean()
    return error[in_trial].mean() + error[decides].mean(), accuracy.item()


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    id = "PerceptualDecisionMaking-v0"
    parser.add_argument("--task", default=id, help="id of a task (%(default)s)")
    parser.add_argument(
        "--task-args", type=json.loads, default={}, metavar="JSON", help="such as '{\"dt\": 20}'"
    )
    parser.add_argument("--updates", type=int, default=300, help="(%(default)s)")
    parser.add_argument("--batch-size", type=int, default=64, help="trials (%(default)s)")
    parser.add_argument("--hidden", type=int, default=64, help="GRU units (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the weights (trained/TASK)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate, print."""
    args = parse_arguments(arguments)
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)  # for networks this small more of them are slower
    dataset = make_dataset(args.task, args.batch_size, args.seed, **args.task_args)
    channels = next_batch(dataset)[0].shape[-1]
    network = Network(channels, args.hidden, dataset.env.ground_truth_space.n)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.updates)

    began = time.perf_counter()
    is_terminal = sys.stdout.isatty()
    bar = tqdm(range(args.updates), unit="update", file=sys.stdout, disable=not is_terminal)
    for number in bar:
        loss, accuracy = loss_and_accuracy(network, next_batch(dataset))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        shown = f"loss {loss.item():.3f}, accuracy {accuracy:.3f}"
        bar.set_postfix_str(shown, refresh=False)
        if not is_terminal and (number + 1) % max(1, args.updates // 10) == 0:
            print(f"{number + 1:>6,} updates: {shown}", flush=True)
    num_trials = args.updates * args.batch_size
    print(f"trained on {num_trials:,} trials in {time.perf_counter() - began:.1f} s")

    with torch.no_grad():
        scores = [loss_and_accuracy(network, next_batch(dataset))[1] for _ in range(32)]
    correct = sum(scores) / len(scores)
    print(f"accuracy in {32 * args.batch_size:,} new trials: {correct:.3f}")
    path = (args.out or Path("trained") / args.task) / "weights.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    print(f"saved {path}")


if __name__ == "__main__":
    main()
