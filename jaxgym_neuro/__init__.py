"""Cognitive-neuroscience tasks as pure JAX functions."""

from jaxgym_neuro import plotting, random, spaces, stimuli, testing, timing
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import TrialParams
from jaxgym_neuro.core.trial import Trial, TrialBuilder
from jaxgym_neuro.pytrees import pytree
from jaxgym_neuro.registry import all_tags, make, register, registered_tasks, task_info

__all__ = [
    "EnvState",
    "Response",
    "Trial",
    "TrialBuilder",
    "TrialEnv",
    "TrialParams",
    "all_tags",
    "make",
    "plotting",
    "pytree",
    "random",
    "register",
    "registered_tasks",
    "spaces",
    "stimuli",
    "task_info",
    "testing",
    "timing",
]
__version__ = "0.1.0"
