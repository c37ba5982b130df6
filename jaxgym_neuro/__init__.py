"""Cognitive-neuroscience tasks as pure JAX functions."""

import importlib
from typing import TYPE_CHECKING, Any

from jaxgym_neuro import pictures, policies, random, schedules, spaces, stimuli, timing, wrappers
from jaxgym_neuro.collections.collection import collection
from jaxgym_neuro.core.choice_task import ChoiceTask
from jaxgym_neuro.core.env import EnvState, Response, TrialEnv
from jaxgym_neuro.core.params import NoisyParams, TrialParams, flag, integer, number, probability
from jaxgym_neuro.core.state import Given
from jaxgym_neuro.core.tables import (
    Action,
    Answer,
    Channel,
    Condition,
    Difference,
    Frame,
    Info,
    Paper,
    Period,
    Preset,
    Reward,
)
from jaxgym_neuro.core.trial import Trial, TrialBuilder
from jaxgym_neuro.data.dataset import Dataset
from jaxgym_neuro.data.streams import Batch, StreamState
from jaxgym_neuro.making import make
from jaxgym_neuro.recording.monitor import Monitor
from jaxgym_neuro.recording.rollout import rollout
from jaxgym_neuro.recording.table import TrialTable
from jaxgym_neuro.registry import all_tags, register, registered_tasks, task_info
from jaxgym_neuro.sizes import StateBytes, state_bytes
from jaxgym_neuro.support.pytrees import pytree
from jaxgym_neuro.support.version import VERSION

if TYPE_CHECKING:
    from jaxgym_neuro import analysis, ideal, plotting, references, replications, testing, training
    from jaxgym_neuro.display import show
    from jaxgym_neuro.plotting import animate

__all__ = [
    "Action",
    "Answer",
    "Batch",
    "Channel",
    "ChoiceTask",
    "Condition",
    "Dataset",
    "Difference",
    "EnvState",
    "Frame",
    "Given",
    "Info",
    "Monitor",
    "NoisyParams",
    "Paper",
    "Period",
    "Preset",
    "Response",
    "Reward",
    "StateBytes",
    "StreamState",
    "Trial",
    "TrialBuilder",
    "TrialEnv",
    "TrialParams",
    "TrialTable",
    "all_tags",
    "analysis",
    "animate",
    "collection",
    "flag",
    "ideal",
    "integer",
    "make",
    "number",
    "pictures",
    "plotting",
    "policies",
    "probability",
    "pytree",
    "random",
    "references",
    "register",
    "registered_tasks",
    "replications",
    "rollout",
    "schedules",
    "show",
    "spaces",
    "state_bytes",
    "stimuli",
    "task_info",
    "testing",
    "timing",
    "training",
    "wrappers",
]
__version__ = VERSION
_LAZY = ("analysis", "ideal", "plotting", "references", "replications", "testing", "training")
_LAZY_FUNCTIONS = {"animate": "plotting", "show": "display"}  # each from its package


def __getattr__(name: str) -> Any:
    """Import what not every program uses when it is used (Matplotlib takes half as long as JAX)."""
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LAZY_FUNCTIONS:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
