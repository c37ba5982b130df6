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

TASK = """
import numpy as np
import {package} as ngym
from {package}.core import TrialEnv

class Motion(TrialEnv):
    def __init__(self, dt=100):
        super().__init__(dt=dt)
        self.cohs = np.array([0, 6.4, 12.8, 25.6, 51.2])
        self.sigma = 1 / np.sqrt(self.dt)
        self.rewards = {{"abort": -0.1, "correct": 1.0, "fail": 0.0}}
        self.timing = {{"fixation": 100, "stimulus": 2000, "delay": 0, "decision": 100}}
        self.abort = False
        self.theta = np.linspace(0, 2 * np.pi, 3)[:-1]
        self.choices = np.arange(2)
        name = {{"fixation": 0, "stimulus": range(1, 3)}}
        self.observation_space = ngym.spaces.Box(
            -np.inf, np.inf, shape=(3,), dtype=np.float32, name=name
        )
        self.action_space = ngym.spaces.Discrete(3, name={{"fixation": 0, "choice": range(1, 3)}})

    def _new_trial(self, **kwargs):
        trial = {{
            "ground_truth": self.rng.choice(self.choices),
            "coh": self.rng.choice(self.cohs),
        }}
        trial.update(kwargs)
        truth = trial["ground_truth"]
        self.add_period(["fixation", "stimulus", "delay", "decision"])
        self.add_ob(1, period=["fixation", "stimulus", "delay"], where="fixation")
        stimulus = np.cos(self.theta - self.theta[truth]) * (trial["coh"] / 200) + 0.5
        self.add_ob(stimulus, "stimulus", where="stimulus")
        self.add_randn(0, self.sigma, "stimulus", where="stimulus")
        self.set_groundtruth(truth, period="decision", where="choice")
        return trial

    def _step(self, action):
        new_trial, reward, gt = False, 0, self.gt_now
        if self.in_period("fixation"):
            if action != 0:
                new_trial = self.abort
                reward += self.rewards["abort"]
        elif self.in_period("decision") and action != 0:
            new_trial = True
            if action == gt:
                reward += self.rewards["correct"]
                self.performance = 1
            else:
                reward += self.rewards["fail"]
        return self.ob_now, reward, False, False, {{"new_trial": new_trial, "gt": gt}}

env = Motion()
"""
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
    sides = {
        "NeuroGym": Side(arguments.neurogym, TASK.format(package="neurogym")),
        "class": Side(sys.executable, TASK.format(package="jaxgym_neuro.neurogym")),
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
