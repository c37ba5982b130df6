"""NeuroGym's core: the classes that tasks and wrappers of one's own derive from."""

from jaxgym_neuro.neurogym.task_env import TaskEnv
from jaxgym_neuro.neurogym.trial_env import BaseEnv, InvalidOperationError, TrialEnv
from jaxgym_neuro.neurogym.trial_wrapper import TrialWrapper

__all__ = ["BaseEnv", "InvalidOperationError", "TaskEnv", "TrialEnv", "TrialWrapper"]
