"""Time a task written as a NeuroGym class: under NeuroGym, under this package, and as functions.

All run in turns, each in an interpreter of its own, on the same machine::

    python tests/bench/against_neurogym/class_steps.py .venv-parity/bin/python

The class is the same text, with one import or the other; as pure functions the task is
``PerceptualDecisionMaking-v0``, stepped behind Gymnasium. Actions are random. Seconds are of CPU
time, in all threads. The last lines say what a trial costs in a ``Dataset``.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

# `Motion` there, the class that the tests run.
CLASSES = Path(__file__).parents[2] / "neurogym" / "class_tasks.py"
FUNCTIONS = """
import gymnasium
import jaxgym_neuro
import jaxgym_neuro.neurogym as ngym
env = gymnasium.make("jaxgym_neuro/PerceptualDecisionMaking-v0").unwrapped
"""
PROGRAM = """
import json, sys, time
data = None
env.action_space.seed(0)
env.reset(seed=0)
actions = [env.action_space.sample() for _ in range(10_000)]

def steps():
    begin = time.process_time()
    for action in actions:
        env.step(action)
    return len(actions) / (time.process_time() - begin)

def trials():
    global data
    if data is None:
        whole = env if hasattr(env, "sample_time") else "PerceptualDecisionMaking-v0"
        data = ngym.Dataset(whole, batch_size=16, seq_len=100)
        data()
    begin, count = time.process_time(), 0
    while time.process_time() < begin + 0.5:
        data()
        count += 16 * 100 / 22
    return count / (time.process_time() - begin)

for line in sys.stdin:
    print(json.dumps({"steps": steps, "trials": trials}[line.strip()]()), flush=True)
"""


class Side:
    """A task in an interpreter of its own."""

    def __init__(self, interpreter, text):
        pipe = subprocess.PIPE
        command = [interpreter, "-W", "ignore", "-c", text + PROGRAM]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def ask(self, job):
        """Let it do a job, and return how many it did in a second."""
        self.process.stdin.write(f"{job}\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line[:1].isdigit():
                return json.loads(line)
        return sys.exit(f"it failed:\n{self.process.stderr.read()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("neurogym", help="interpreter that has NeuroGym 2.3.1")
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    own = CLASSES.read_text() + "\nenv = Motion()\n"
    sides = {
        "NeuroGym": Side(arguments.neurogym, own.replace("jaxgym_neuro.neurogym", "neurogym")),
        "class": Side(sys.executable, own),
        "functions": Side(sys.executable, FUNCTIONS),
    }
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for job in ("steps", "trials"):
        for side in sides.values():
            side.ask(job)
        rows = [
            {name: side.ask(job) for name, side in sides.items()} for _ in range(arguments.repeats)
        ]
        for name in sides:
            rate = statistics.median(row[name] for row in rows)
            ratio = statistics.median(row[name] / row["NeuroGym"] for row in rows)
            print(f"{job:8}{name:12}{rate:>12,.0f}/s{ratio:>8.2f} x NeuroGym", flush=True)
    for side in sides.values():
        side.process.communicate()


if __name__ == "__main__":
    main()
