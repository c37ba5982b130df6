"""Time steps from Python: NeuroGym's own, and this package's behind Gymnasium.

Both run in turns, each in an interpreter of its own, on the same machine::

    python tests/bench/against_neurogym/single_steps.py --neurogym .venv-parity/bin/python

Each side makes its environment as its users do (``neurogym.make(id)``, ``gymnasium.make(id)``), and
takes the same random actions. ``--cpu`` counts seconds of CPU time, in all threads, which tell more
where other work takes turns with them. ``--memory`` takes five million steps instead, and prints
how much the memory grows after the first tenth of them.

``A-v0+B-v0`` is a `MultiTask` of both. Beside it are NeuroGym's tasks alone, each with the share of
the steps that it has in ours. ``--several`` times those of `SEVERAL`.
"""

import argparse
import json
import statistics
import subprocess
import sys

# The ids of both packages.
TASKS = (
    "AnnubesEnv-v0",
    "AntiReach-v0",
    "Bandit-v0",
    "ContextDecisionMaking-v0",
    "DawTwoStep-v0",
    "DelayComparison-v0",
    "DelayMatchCategory-v0",
    "DelayMatchSample-v0",
    "DelayMatchSampleDistractor1D-v0",
    "DelayPairedAssociation-v0",
    "DualDelayMatchSample-v0",
    "EconomicDecisionMaking-v0",
    "GoNogo-v0",
    "HierarchicalReasoning-v0",
    "IntervalDiscrimination-v0",
    "MotorTiming-v0",
    "MultiSensoryIntegration-v0",
    "Null-v0",
    "OneTwoThreeGo-v0",
    "PerceptualDecisionMaking-v0",
    "PerceptualDecisionMakingDelayResponse-v0",
    "PostDecisionWager-v0",
    "ProbabilisticReasoning-v0",
    "PulseDecisionMaking-v0",
    "Reaching1D-v0",
    "Reaching1DWithSelfDistraction-v0",
    "ReachingDelayResponse-v0",
    "ReadySetGo-v0",
    "SpatialSuppressMotion-v0",
    "ToneDetection-v0",
    "perceptualdecisionmaking.ibl20-v0",
    "perceptualdecisionmaking.roitman02-v0",
)
SEVERAL = (
    "GoNogo-v0+DelayComparison-v0",
    "GoNogo-v0+DawTwoStep-v0",
    "Reaching1D-v0+Reaching1DWithSelfDistraction-v0",
)
# NeuroGym's has no default session; this is the default of this package's.
ARGUMENTS = {"AnnubesEnv-v0": {"session": {"v": 0.5, "a": 0.5}, "catch_prob": 0.5}}

PROGRAM = """
import json, sys, time, warnings
import gymnasium, numpy
warnings.simplefilter("ignore")
package, id, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if package == "neurogym":
    import neurogym
    env = neurogym.make(id, **arguments)
else:
    import jaxgym_neuro
    ids = id.split("+")
    if len(ids) == 1:
        env = gymnasium.make(f"jaxgym_neuro/{id}")
    else:
        from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
        env = GymnasiumEnv(jaxgym_neuro.wrappers.MultiTask(ids, pad=True))
env.action_space.seed(0)
clock = time.perf_counter
begin = clock()
env.reset(seed=0)
print(json.dumps(clock() - begin), flush=True)
env.step(env.action_space.sample())

def rate(num_steps, clock=clock):
    begin = clock()
    for action in actions:
        env.step(action)
    return len(actions) / (clock() - begin)

def cpu_rate(num_steps):
    return rate(num_steps, time.process_time)

def longest(num_steps):
    most = 0.0
    for action in actions:
        begin = clock()
        env.step(action)
        most = max(most, clock() - begin)
    return most

def shares(num_steps):
    counts = [0] * len(ids)
    for action in actions:
        *_, info = env.step(action)
        counts[info["conditions"].get("task", 0)] += 1
    return [count / len(actions) for count in counts]

def memory(num_steps):
    import resource
    sizes = []
    for part in range(10):
        for _ in range(num_steps // 10 // len(actions)):
            for action in actions:
                env.step(action)
        with open("/proc/self/statm") as file:
            sizes.append(int(file.read().split()[1]) * resource.getpagesize())
    return (max(sizes) - sizes[0]) / 1e6

jobs = {"rate": rate, "cpu_rate": cpu_rate, "longest": longest, "memory": memory, "shares": shares}
actions = []
for line in sys.stdin:
    job, num_steps = json.loads(line)
    if not actions:
        actions = [env.action_space.sample() for _ in range(min(num_steps, 10_000))]
    print(json.dumps(jobs[job](num_steps)), flush=True)
"""


class Side:
    """An environment in an interpreter of its own."""

    def __init__(self, interpreter, package, id):
        arguments = json.dumps(ARGUMENTS.get(id, {}))
        command = [interpreter, "-c", PROGRAM, package, id, arguments]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.reset = self._answer()

    def ask(self, job, num_steps):
        """Let it do a job, and return what it measured."""
        self.process.stdin.write(json.dumps([job, num_steps]) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def end(self):
        """End the interpreter."""
        self.process.communicate()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith(("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-", "[")):
                return json.loads(line)
        sys.exit(f"{self.process.args[3:]} failed:\n{self.process.stderr.read()}")


def compare(id, interpreters, num_steps, repeats, job):
    """Return steps/s of both, their ratio in turns, and of this package the first reset in s and
    the longest step in s.
    """
    ours = Side(interpreters["ours"], "jaxgym_neuro", id)
    theirs = [Side(interpreters["neurogym"], "neurogym", one) for one in id.split("+")]
    shares = ours.ask("shares", num_steps)

    def rate_of_theirs():
        times = (share / one.ask(job, num_steps) for share, one in zip(shares, theirs, strict=True))
        return 1 / sum(times)

    rates = [(ours.ask(job, num_steps), rate_of_theirs()) for _ in range(repeats)]
    longest = ours.ask("longest", num_steps)
    for side in (ours, *theirs):
        side.end()
    ratio = statistics.median(own / other for own, other in rates)
    own, other = (statistics.median(column) for column in zip(*rates, strict=True))
    return own, other, ratio, ours.reset, longest


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--neurogym", help="interpreter that has NeuroGym 2.3.1")
    parser.add_argument("--ours", default=sys.executable, help="interpreter that has this package")
    parser.add_argument("--steps", type=int, default=10_000, help="of a repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="steps/s of CPU time")
    parser.add_argument("--memory", action="store_true", help="measure memory instead")
    parser.add_argument("--several", action="store_true", help="a MultiTask of each of `SEVERAL`")
    parser.add_argument("tasks", nargs="*")
    arguments = parser.parse_args()
    arguments.tasks = arguments.tasks or (SEVERAL if arguments.several else TASKS)
    if arguments.memory:
        for id in arguments.tasks:
            side = Side(arguments.ours, "jaxgym_neuro", id)
            growth = side.ask("memory", 5_000_000)
            side.end()
            print(f"{id:42}{growth:>8.1f} MB", flush=True)
        return
    if arguments.neurogym is None:
        parser.error("--neurogym is needed, as in --neurogym .venv-parity/bin/python")
    interpreters = {"ours": arguments.ours, "neurogym": arguments.neurogym}
    width = 2 + max(40, *map(len, arguments.tasks))
    print(f"{'id':{width}}{'ours':>10}{'NeuroGym':>10}{'ratio':>7}{'reset s':>9}{'longest ms':>12}")
    ratios, resets, longests = [], [], []
    for id in arguments.tasks:
        own, other, ratio, reset, longest = compare(
            id,
            interpreters,
            arguments.steps,
            arguments.repeats,
            "cpu_rate" if arguments.cpu else "rate",
        )
        ratios.append(ratio)
        resets.append(reset)
        longests.append(1e3 * longest)
        print(
            f"{id:{width}}{own:>10,.0f}{other:>10,.0f}{ratios[-1]:>7.2f}{reset:>9.2f}"
            f"{longests[-1]:>12.1f}",
            flush=True,
        )
    print(
        f"ratio: median {statistics.median(ratios):.2f}, least {min(ratios):.2f}; "
        f"first reset at most {max(resets):.2f} s; longest step {max(longests):.1f} ms"
    )


if __name__ == "__main__":
    main()
