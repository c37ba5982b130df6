"""NeuroGym's wrappers.

Around an environment of `make`, each wraps the task as the wrapper of `jaxgym_neuro.wrappers` does,
and returns an environment like any other, so that a `Dataset` has what it shows. Around an
environment of one's own class, it is a wrapper of Gymnasium's kind.
"""

from typing import Any

from jaxgym_neuro.neurogym.wrappers.block import (
    MultiEnvs,
    RandomGroundTruth,
    ScheduleAttr,
    ScheduleEnvs,
    TrialHistoryV2,
)
from jaxgym_neuro.neurogym.wrappers.monitor import Monitor
from jaxgym_neuro.neurogym.wrappers.noise import Noise
from jaxgym_neuro.neurogym.wrappers.pass_action import PassAction
from jaxgym_neuro.neurogym.wrappers.pass_reward import PassReward
from jaxgym_neuro.neurogym.wrappers.reaction_time import ReactionTime
from jaxgym_neuro.neurogym.wrappers.side_bias import SideBias

__all__ = [
    "ALL_WRAPPERS",
    "Monitor",
    "MultiEnvs",
    "Noise",
    "PassAction",
    "PassReward",
    "RandomGroundTruth",
    "ReactionTime",
    "ScheduleAttr",
    "ScheduleEnvs",
    "SideBias",
    "TrialHistoryV2",
    "all_wrappers",
]

#: Wrappers by their names in NeuroGym.
ALL_WRAPPERS: dict[str, Any] = {
    "Monitor-v0": Monitor,
    "Noise-v0": Noise,
    "PassAction-v0": PassAction,
    "PassReward-v0": PassReward,
    "RandomGroundTruth-v0": RandomGroundTruth,
    "ReactionTime-v0": ReactionTime,
    "ScheduleAttr-v0": ScheduleAttr,
    "ScheduleEnvs-v0": ScheduleEnvs,
    "SideBias-v0": SideBias,
    "TrialHistoryV2-v0": TrialHistoryV2,
}


def all_wrappers() -> list[str]:
    """List the names of the wrappers."""
    return sorted(ALL_WRAPPERS)
