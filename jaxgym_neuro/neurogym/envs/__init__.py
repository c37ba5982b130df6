"""Tasks by name: make one by its id or NeuroGym's class, list ids, tags and collections."""

from collections.abc import Callable

from jaxgym_neuro import registry
from jaxgym_neuro.neurogym.durations import with_distributions
from jaxgym_neuro.neurogym.envs.registration import (
    all_envs,
    all_tags,
    get_collection,
    make,
    register,
)
from jaxgym_neuro.neurogym.task_env import TaskEnv

__all__ = ["all_envs", "all_tags", "get_collection", "make", "register"]


def __getattr__(name: str) -> Callable[..., TaskEnv]:
    """Return NeuroGym's class of that name: ``from jaxgym_neuro.neurogym.envs import GoNogo``."""
    id_ = f"{name}-v0"
    if id_ not in registry.registered_tasks():
        raise AttributeError(f"there is no task {id_!r}; all_envs() lists those that there are")
    factory = registry.factory_of(id_)
    return lambda *args, **kwargs: TaskEnv(
        factory(*map(with_distributions, args), **with_distributions(kwargs))
    )
