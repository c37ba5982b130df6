"""Tasks by name: make one by its id, register one, list ids, tags and collections."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator

from jaxgym_neuro import registry
from jaxgym_neuro.neurogym.task_env import TaskEnv
from jaxgym_neuro.neurogym.trial_env import TrialEnv
from jaxgym_neuro.support.validation import check_argument

_PIXELS = "pixels"  # tag of NeuroGym's tasks for PsychoPy
# What older versions of NeuroGym called them.
_FORMER = {
    "psychopy.RandomDotMotion-v0": "RandomDotMotion-v0",
    "psychopy.SpatialSuppressMotion-v0": "SpatialSuppressMotionPixels-v0",
    "psychopy.VisualSearch-v0": "VisualSearch-v0",
}


def make(id_: str, **kwargs: Any) -> Any:
    """Make the environment of a registered task.

    Unlike NeuroGym's, it is not in a wrapper, which since Gymnasium 1.0 would hide its attributes.
    What Gymnasium alone knows, such as a class that was registered, is made by Gymnasium.

    Args:
        id_: such as ``"PerceptualDecisionMaking-v0"``; ``"psychopy.RandomDotMotion-v0"`` and its
            like are found without PsychoPy.
        **kwargs: the task's constructor arguments, among them ``dt``, ``timing`` and ``rewards``;
            and ``render_mode``.

    Raises:
        ValueError: for an unknown id or argument, with the closest match, or a bad value. An
            unknown argument is a TypeError as well.
    """
    id_ = _FORMER.get(id_, id_)
    if id_ in gymnasium.registry and id_ not in registry.registered_tasks():
        return _made_by_gymnasium(id_, kwargs)
    env = TaskEnv(id_, **kwargs)
    env.spec = EnvSpec(
        id=id_,
        entry_point="jaxgym_neuro.neurogym.task_env:TaskEnv",
        order_enforce=False,
        disable_env_checker=True,
        kwargs={"task": id_, **kwargs},
    )
    return env


def _made_by_gymnasium(id_, kwargs):
    """Make what Gymnasium knows, without its wrapper that enforces order."""
    creator: Any = gymnasium.registry[id_].entry_point
    creator = load_env_creator(creator) if isinstance(creator, str) else creator
    is_class = isinstance(creator, type)
    known = list(inspect.signature(creator.__init__ if is_class else creator).parameters.values())
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known):
        for name in kwargs:
            check_argument(id_, name, [parameter.name for parameter in known[is_class:]])
    env = gymnasium.make(id_, disable_env_checker=True, **kwargs)
    return env.env if isinstance(env, gymnasium.wrappers.OrderEnforcing) else env


def register(id_: str, entry_point: str | Callable[..., Any], **kwargs: Any) -> None:
    """Register a task under an id, unless there is one of that id already.

    Args:
        id_: name with a version, such as ``"MyTask-v0"``.
        entry_point: a subclass of `TrialEnv` of this package or of ``jaxgym_neuro.TrialEnv``,
            another callable that returns a task made of pure functions, or where to find it, as in
            ``"my_package.my_module:MyTask"``.
        **kwargs: of ``gymnasium.register``, for a class of the former kind.

    Raises:
        ValueError: if the id has no version, or the entry point is none.
    """
    if id_ in registry.registered_tasks() or id_ in gymnasium.registry:
        return
    factory: Any = entry_point
    if isinstance(entry_point, str):
        module, _, name = entry_point.partition(":")
        factory = getattr(importlib.import_module(module), name)
    if isinstance(factory, type) and issubclass(factory, TrialEnv):
        given: Any = {"order_enforce": False, "disable_env_checker": True, **kwargs}
        gymnasium.register(id_, entry_point=entry_point, **given)
    else:
        registry.register(id_, factory)


def all_envs(
    tag: str | None = None,
    psychopy: bool = False,
    contrib: bool = False,
    collections: bool = False,
) -> list[str]:
    """List ids, all or those with a tag; those of collections only on demand.

    With ``psychopy`` those are among them that show pictures, for which NeuroGym needs PsychoPy. Of
    its contributed tasks, which it does not register, most are among the others: ``contrib`` is
    without effect.

    Raises:
        ValueError: for an unknown tag, with the closest match.
    """
    del contrib
    left_out = () if psychopy else registry.registered_tasks(_PIXELS)
    ids = [id for id in registry.registered_tasks(tag) if collections or "." not in id]
    return [id for id in ids if id not in left_out]


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
