"""What a step costs where every trial may be of another task, against the tasks alone.

``python -m jaxgym_neuro bench multitask`` prints it; compiling takes minutes.
"""

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

from jaxgym_neuro import registry
from jaxgym_neuro.bench.timing import REPEATS, Case, time_in_turn
from jaxgym_neuro.multitask.multi_task import MultiTask

# NeuroGym's native tasks that ask for one of several actions at a dt of 100 ms, and Detection. The
# list stays as it is, so that what it costs can be compared over time.
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
    "Detection-v0",
    "DualDelayMatchSample-v0",
    "EconomicDecisionMaking-v0",
    "GoNogo-v0",
    "HierarchicalReasoning-v0",
    "MultiSensoryIntegration-v0",
    "PerceptualDecisionMaking-v0",
    "PerceptualDecisionMakingDelayResponse-v0",
    "PostDecisionWager-v0",
    "ProbabilisticReasoning-v0",
)


def multi_task_ratio(
    tasks: Sequence[str] = TASKS,
    num_envs: int = 16_384,
    num_steps: int = 100,
    repeats: int = REPEATS,
) -> dict[str, Any]:
    """Time a `MultiTask` and each of its tasks alone, in turn.

    Args:
        tasks: ids; default are `TASKS`.
        num_envs: environments of each.
        num_steps: steps of a timed run.
        repeats: timed runs of each, of which the median counts.

    Returns:
        The timings, and ``cost_over_mean``: ns per step of the `MultiTask`, over the mean of the
        tasks.
    """
    several = MultiTask(tasks, pad=True)
    cases = [Case("MultiTask", several, several.default_params, num_envs, num_steps)]
    cases += [Case(id, *registry.resolve(id), num_envs, num_steps) for id in tasks]
    timings = time_in_turn(cases, repeats)
    ns = [timing.ns_per_step for timing in timings]
    mean = statistics.mean(ns[1:])
    return {
        "timings": [dataclasses.asdict(timing) for timing in timings],
        "ns_per_step": ns[0],
        "mean_ns_per_step": round(mean, 2),
        "cost_over_mean": round(ns[0] / mean, 2),
    }
