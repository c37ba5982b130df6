"""Tasks by name: make one by its id or NeuroGym's class, list ids, tags and collections."""

import importlib
from collections.abc import Callable
from typing import Any

from gymnasium.envs.registration import EnvSpec

from jaxgym_neuro import registry
from jaxgym_neuro.neurogym.core import TrialEnv


def make(id_: str, **kwargs: Any) -> TrialEnv:
    """Make the environment of a registered task.

    Unlike NeuroGym's, it is not in a wrapper, which since Gymnasium 1.0 would hide its attributes.

    Args:
        id_: such as ``"PerceptualDecisionMaking-v0"``.
        **kwargs: the task's constructor arguments, among them ``dt``, ``timing`` and ``rewards``;
            and ``render_mode``.

    Raises:
        ValueError: for an unknown id or argument, with the closest match, or a bad value.
    """
    env = TrialEnv(id_, **kwargs)
    env.spec = EnvSpec(
        id=id_,
        entry_point="jaxgym_neuro.neurogym.core:TrialEnv",
        order_enforce=False,
        disable_env_checker=True,
        kwargs={"task": id_, **kwargs},
    )
    return env


def register(id_: str, entry_point: str | Callable[..., Any]) -> None:
    """Register a task under an id, unless there is one of that id already.

    Args:
        id_: name with a version, such as ``"MyTask-v0"``.
        entry_point: a subclass of ``jaxgym_neuro.TrialEnv``, another callable that returns a task,
            or where to find it, as in ``"my_package.my_module:MyTask"``.

    Raises:
        ValueError: if the id has no version, or the entry point is none.
    """
    if id_ in registry.registered_tasks():
        return
    factory: Any = entry_point
    if isinstance(entry_point, str):
        module, _, name = entry_point.partition(":")
        factory = getattr(importlib.import_module(module), name)
    registry.register(id_, factory)


def all_envs(
    tag: str | None = None,
    psychopy: bool = False,
    contrib: bool = False,
    collections: bool = False,
) -> list[str]:
    """List ids, all or those with a tag; those of collections only on demand.

    NeuroGym's tasks for PsychoPy and its contributed ones, which it does not register, are not
    here: ``psychopy`` and ``contrib`` are without effect.

    Raises:
        ValueError: for an unknown tag, with the closest match.
    """
    del psychopy, contrib
    return [id for id in registry.registered_tasks(tag) if collections or "." not in id]


def all_tags() -> list[str]:
    """List the tags of all tasks."""
    return registry.all_tags()


def get_collection(collection: str) -> list[str]:
    """Return the ids of a collection, such as ``"yang19"``, in its order.

    Raises:
        ValueError: if there is none of that name.
    """
    if not collection:
        return []
    return registry.ids_of(collection)


def __getattr__(name: str) -> Callable[..., TrialEnv]:
    """Return NeuroGym's class of that name: ``from jaxgym_neuro.neurogym.envs import GoNogo``."""
    id_ = f"{name}-v0"
    if id_ not in registry.registered_tasks():
        raise AttributeError(f"there is no task {id_!r}; all_envs() lists those that there are")
    factory = registry.factory_of(id_)
    return lambda *args, **kwargs: TrialEnv(factory(*args, **kwargs))
