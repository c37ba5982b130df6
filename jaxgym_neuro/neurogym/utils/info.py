"""What there is: tasks, tags and wrappers, and what each is about.

NeuroGym writes this to its log; here it is returned, so that a notebook shows it at the end of a
cell, and ``print`` elsewhere.
"""

import inspect
from typing import Any

from jaxgym_neuro.neurogym.envs import all_envs, all_tags
from jaxgym_neuro.neurogym.task_env import TaskEnv
from jaxgym_neuro.neurogym.wrappers import ALL_WRAPPERS, all_wrappers
from jaxgym_neuro.registry import LISTED, TaskInfo, task_info
from jaxgym_neuro.support.validation import unknown_name


def show_all_tasks(tag: str | None = None) -> list[str]:
    """Return the ids of all tasks, or of those with a tag."""
    return all_envs(tag)


def show_all_tags() -> list[str]:
    """Return the tags of all tasks."""
    return all_tags()


def show_all_wrappers() -> list[str]:
    """Return the names of all wrappers."""
    return all_wrappers()


def show_info(obj_: Any) -> TaskInfo | str:
    """Return what a task or wrapper is about.

    Args:
        obj_: an id, the name of a wrapper such as ``"SideBias-v0"``, or an environment.

    Raises:
        ValueError: for anything else, with the closest match.
    """
    known = all_envs(collections=True)
    if isinstance(obj_, str) and obj_ in ALL_WRAPPERS:
        return inspect.getdoc(ALL_WRAPPERS[obj_]) or ""
    id_ = obj_.spec.id if isinstance(obj_, TaskEnv) and obj_.spec is not None else obj_
    if id_ not in known:
        raise unknown_name("task or wrapper", id_, [*known, *ALL_WRAPPERS], LISTED)
    return task_info(str(id_))
