"""Tasks made of other tasks: what is drawn, seen or paid differs. Wrappers stack."""

from jaxgym_neuro.multitask.multi_task import MultiTask
from jaxgym_neuro.wrappers.base import TrialWrapper
from jaxgym_neuro.wrappers.catch_trials import CatchTrials
from jaxgym_neuro.wrappers.feedback import PassAction, PassReward
from jaxgym_neuro.wrappers.minimum_time import MinimumTime
from jaxgym_neuro.wrappers.miss_trial_reward import MissTrialReward
from jaxgym_neuro.wrappers.motion_pulses import MotionPulses
from jaxgym_neuro.wrappers.noise import Noise
from jaxgym_neuro.wrappers.random_ground_truth import RandomGroundTruth
from jaxgym_neuro.wrappers.reaction_time import ReactionTime
from jaxgym_neuro.wrappers.schedule_attr import ScheduleAttr
from jaxgym_neuro.wrappers.self_initiated import SelfInitiated
from jaxgym_neuro.wrappers.side_bias import SideBias
from jaxgym_neuro.wrappers.time_out import TimeOut
from jaxgym_neuro.wrappers.trial_history import TrialHistory

__all__ = [
    "CatchTrials",
    "MinimumTime",
    "MissTrialReward",
    "MotionPulses",
    "MultiTask",
    "Noise",
    "PassAction",
    "PassReward",
    "RandomGroundTruth",
    "ReactionTime",
    "ScheduleAttr",
    "SelfInitiated",
    "SideBias",
    "TimeOut",
    "TrialHistory",
    "TrialWrapper",
]
