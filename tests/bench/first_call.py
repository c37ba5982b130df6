"""How long a fresh process takes for the first reset and step (seconds of CPU time).

Each id is taken in turn with gymnax's CartPole, in a process of its own; the medians are printed,
in seconds of CPU time (JAX's backend has been started before).
"""

import argparse
import statistics
import subprocess
import sys

PROGRAM = """
import sys, time
begin = time.process_time()
import jax
if sys.argv[1] == "CartPole-v1":
    import gymnax as package
else:
    import jaxgym_neuro as package
env, params = package.make(sys.argv[1])
imported = time.process_time() - begin
key = jax.block_until_ready(jax.random.key(0))
begin = time.process_time()
_, state = env.reset(key, params)
jax.block_until_ready(env.step(key, state, 0, params))
print(imported, time.process_time() - begin)
"""
IDS = ("PerceptualDecisionMaking-v0", "GoNogo-v0", "DelayMatchSample-v0")


def seconds(id):
    """CPU time of importing and making, and of the first reset and step."""
    command = [sys.executable, "-c", PROGRAM, id]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(x) for x in run.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("ids", nargs="*", default=IDS)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    ids = ["CartPole-v1", *args.ids]
    taken = {id: [] for id in ids}
    for _ in range(args.repeats):
        for id in ids:
            taken[id].append(seconds(id))
    _, cartpole = (statistics.median(x) for x in zip(*taken["CartPole-v1"], strict=True))
    print(f"{'id':32}{'import s':>10}{'first calls s':>15}{'ratio':>7}")
    for id in ids:
        imported, first = (statistics.median(x) for x in zip(*taken[id], strict=True))
        print(f"{id:32}{imported:10.2f}{first:15.2f}{first / cartpole:7.2f}")


if __name__ == "__main__":
    main()
