"""NeuroGym's interface to the tasks: ``import jaxgym_neuro.neurogym as ngym``.

Code written for NeuroGym 2.3.1 that makes tasks, steps through them, plots them or trains on them
runs with this import instead of its own.
"""

from jaxgym_neuro.neurogym import core, envs, utils, wrappers
from jaxgym_neuro.neurogym.core import TaskEnv, TrialEnv, TrialWrapper
from jaxgym_neuro.neurogym.envs import all_envs, all_tags, get_collection, make, register
from jaxgym_neuro.neurogym.utils import info, spaces
from jaxgym_neuro.neurogym.utils.data import Dataset

__all__ = [
    "Dataset",
    "TaskEnv",
    "TrialEnv",
    "TrialWrapper",
    "all_envs",
    "all_tags",
    "core",
    "envs",
    "get_collection",
    "info",
    "make",
    "register",
    "spaces",
    "utils",
    "wrappers",
]
