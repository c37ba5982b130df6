"""Time the vector environment against Gymnasium's SyncVectorEnv of NeuroGym, in one run.

Run in this package's environment, with NeuroGym's interpreter (see README.md) as the argument::

    python tests/bench/against_neurogym/vector_steps.py .venv-parity/bin/python

Both take the same random actions, from NumPy, in a Python loop, and in turn, so that a busy minute
slows both; the medians are divided.
"""

import argparse
import importlib.metadata
import json
import platform
import statistics
import subprocess
import sys
import time

ID = "PerceptualDecisionMaking-v0"
OTHERS = ("DawTwoStep-v0", "Reaching1D-v0")  # look-ups with notes; a compiled call at every step
NUM_ACTIONS = 3

# Runs in NeuroGym's interpreter: a line with a number of steps in, a line with seconds out.
NEUROGYM = f"""
import sys, time, warnings
warnings.simplefilter("ignore")
import gymnasium, neurogym, numpy
num_envs = int(sys.argv[1])
env = gymnasium.vector.SyncVectorEnv([lambda: neurogym.make("{ID}")] * num_envs)
env.reset(seed=0)
print("ready", flush=True)
for line in sys.stdin:
    actions = numpy.random.default_rng(0).integers(0, {NUM_ACTIONS}, (int(line), num_envs))
    begin = time.perf_counter()
    for action in actions:
        env.step(action)
    print(time.perf_counter() - begin, flush=True)
"""


class NeuroGym:
    """Gymnasium's SyncVectorEnv of NeuroGym's task, in a process of its own."""

    def __init__(self, python, num_envs):
        self._process = subprocess.Popen(
            [python, "-c", NEUROGYM, str(num_envs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        while "ready" not in (line := self._process.stdout.readline()):
            if not line:
                raise RuntimeError(f"{python} has no NeuroGym")

    def seconds(self, num_steps):
        self._process.stdin.write(f"{num_steps}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait()


class Ours:
    """The native vector environment."""

    def __init__(self, id, num_envs, **kwargs):
        import gymnasium
        import numpy as np

        import jaxgym_neuro  # noqa: F401 (registers the ids)

        self._rng = np.random.default_rng(0)
        self._env = gymnasium.make_vec(f"jaxgym_neuro/{id}", num_envs=num_envs, **kwargs)
        self._env.reset(seed=0)
        self.longest = 0.0
        self.seconds(50)
        self.longest = 0.0  # without what it took to compile

    def seconds(self, num_steps):
        shape = (num_steps, self._env.num_envs)
        actions = self._rng.integers(0, self._env.single_action_space.n, shape)
        begin = now = time.perf_counter()
        for action in actions:
            self._env.step(action)
            before, now = now, time.perf_counter()
            self.longest = max(self.longest, now - before)
        return now - begin

    def close(self):
        self._env.close()


def time_in_turn(sides, num_steps, repeats):
    """Median microseconds per step of each side."""
    taken = [[] for _ in sides]
    for _ in range(repeats):
        for side, times in zip(sides, taken, strict=True):
            times.append(side.seconds(num_steps) / num_steps * 1e6)
    return [statistics.median(times) for times in taken]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("python", help="interpreter of NeuroGym's environment")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--steps", type=int, default=500, help="in a repeat")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()

    rows = []

    def add(name, num_envs, us, longest):
        per_s = num_envs / us * 1e6
        row = {"case": name, "num_envs": num_envs, "us_per_step": us, "steps_per_s": per_s}
        rows.append({**row, "longest_ms": longest and longest * 1e3})

    ours, compiled = Ours(ID, 64), Ours(ID, 64, tabulate=False)
    neurogym = NeuroGym(arguments.python, 64)
    sides = (ours, compiled, neurogym)
    times = time_in_turn(sides, arguments.steps, arguments.repeats)
    neurogym.close()
    add(ID, 64, times[0], ours.longest)
    add(f"{ID}, tabulate=False", 64, times[1], compiled.longest)
    add("SyncVectorEnv of NeuroGym", 64, times[2], None)
    for name, num_envs, kwargs in (
        (ID, 1024, {}),
        (ID, 1024, {"tabulate": False}),
        *((id, n, {}) for id in OTHERS for n in (64, 1024)),
    ):
        side = Ours(name, num_envs, **kwargs)
        (us,) = time_in_turn([side], arguments.steps, arguments.repeats)
        add(f"{name}{', tabulate=False' if kwargs else ''}", num_envs, us, side.longest)
    ratios = {"ours": times[2] / times[0], "tabulate=False": times[2] / times[1]}

    if arguments.json:
        packages = ("jax", "gymnasium", "numpy")
        versions = {name: importlib.metadata.version(name) for name in packages}
        machine = {"python": platform.python_version(), **versions}
        json.dump({"machine": machine, "rows": rows, "ratios": ratios}, sys.stdout, indent=2)
        return
    for row in rows:
        speed = f"{row['us_per_step']:>9.0f} us {row['steps_per_s'] / 1e6:>7.2f} M steps/s"
        longest = f", longest {row['longest_ms']:.0f} ms" if row["longest_ms"] else ""
        print(f"{row['case']:46}{row['num_envs']:>5}{speed}{longest}")
    for name, ratio in ratios.items():
        print(f"times as fast as SyncVectorEnv at 64 ({name}): {ratio:.1f}")


if __name__ == "__main__":
    main()
