"""Train on many devices, of one process or of several: the same program runs on each host.

What is learned is what one device learns. Killed and started again, with another number of
processes too, it goes on from the last checkpoint. Run::

    python examples/train_on_many.py --local 2          # two processes on this machine
    python examples/train_on_many.py --coordinator host0:1234 --processes 4 --number 0
    python examples/train_on_many.py --cluster          # where JAX finds out itself: Slurm, TPUs

Scripts for Slurm and Kubernetes are in ``examples/clusters``.
"""

import argparse
import socket
import subprocess
import sys
from pathlib import Path

import jax

from jaxgym_neuro import training


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--task", default="PerceptualDecisionMaking-v0", help="(%(default)s)")
    parser.add_argument("--updates", type=int, help="default is the task's recipe")
    parser.add_argument("--num-envs", type=int, default=256, help="in all (%(default)s)")
    parser.add_argument("--hidden", type=int, default=64, help="units (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder, seen by all (trained/TASK_on_many)")
    parser.add_argument("--local", type=int, help="start so many processes on this machine")
    parser.add_argument("--cluster", action="store_true", help="JAX knows of the processes")
    parser.add_argument("--coordinator", help="HOST:PORT of process 0")
    parser.add_argument("--processes", type=int, help="how many there are")
    parser.add_argument("--number", type=int, help="of this process")
    return parser.parse_args(arguments)


def start_here(arguments: list[str], count: int) -> int:
    """Start processes of this program on this machine; return 0 if all come to their end."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{server.getsockname()[1]}"
    own = [sys.executable, __file__, *arguments, "--coordinator", coordinator]
    own += ["--processes", str(count)]
    started = [subprocess.Popen([*own, "--number", str(number)]) for number in range(count)]
    return max(abs(process.wait()) for process in started)


def main(arguments: list[str] | None = None) -> None:
    """Train with what devices there are; the first process says what came of it."""
    args = parse_arguments(arguments)
    if args.local and not args.coordinator:
        sys.exit(start_here(sys.argv[1:] if arguments is None else arguments, args.local))
    if args.cluster:
        jax.distributed.initialize()
    elif args.coordinator:
        jax.distributed.initialize(args.coordinator, args.processes, args.number)
    mesh = jax.make_mesh((jax.device_count(),), ("envs",))
    trained = training.train_ppo(
        args.task,
        cell=training.GRU(hidden=args.hidden),
        updates=args.updates,
        num_envs=args.num_envs,
        folder=args.out or Path("trained") / f"{args.task}_on_many",
        resume=True,
        mesh=mesh,
    )
    if jax.process_index() == 0:
        devices = f"{jax.device_count()} devices of {jax.process_count()} processes"
        performance = trained.metrics["performance"][-1].mean()
        print(f"{devices}: performance {performance:.3f} after {trained.num_updates} updates")


if __name__ == "__main__":
    main()
